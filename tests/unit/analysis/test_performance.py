"""Performance measures, their standard errors and comparisons, by hand and by simulation."""

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy import stats
from statsmodels.stats.multitest import multipletests

from funnel_study.analysis.performance import MEASURES, WORST, comparisons, performance
from funnel_study.analysis.work import TAIL
from funnel_study.diagnosis.columns import QUANTILES

Array = NDArray[np.float64]
Tables = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]

FUNCTIONS = ("mu", "tau", TAIL, "tau^2")
CHAINS, STEPS, TUNING = 4, 1_000, 200
Z = [0.5, -1.5, 2.0, 1.0]
DEVIATIONS = np.array([-1.0, 1.0, -1.0, 1.0]) * np.sqrt(0.12)  # standard deviation 0.4


def tables(
    n: int = 4,
    failed: Sequence[int] = (),
    works: Mapping[str, Mapping[str, Sequence[float] | Array]] | None = None,
    centeredness: Mapping[str, float] | None = None,
) -> Tables:
    """The tables of a study with n replicates, of which those that `failed` failed in every cell.

    `works` are by parameterization and function, and 1, 2, ... if they are not given; errors of
    `FUNCTIONS` and estimates of mu and tau are in the tables.
    """
    given = works or {"centered": {}, "noncentered": {}}
    names = {"scenario": ["a"], "parameterization": list(given), "sampler": ["nutpie"]}
    index = pd.MultiIndex.from_product([*names.values(), range(n)], names=[*names, "replicate"])
    keys = index.to_frame(index=False)
    replicate = keys["replicate"].to_numpy()
    fits = keys.assign(
        status=np.where(np.isin(replicate, failed), "failed", "ok"),
        rhat_max=np.where(replicate == 0, 1.5, 1.0),
        sampling_seconds=2.0,
        leapfrog_steps=float(STEPS),
        tuning_leapfrog_steps=float(TUNING),
        choosing_gradients=0.0,
        centeredness=keys["parameterization"].map(centeredness or {}).fillna(0.5).astype(float),
    )
    mean = 3.0 + replicate + 0.5 * (keys["parameterization"] == "centered")
    values = {
        "mean": mean,
        "sd": 1.0 + replicate,
        **{"q05": mean - 2, "q25": mean - 1, "q75": mean + 1, "q95": mean + 2},
        "exact_mean": mean - 0.25,
        "z_score": np.resize(Z, len(keys)),
        "ess_bulk": 400.0 + 100 * (replicate % 2),
        "mcse_mean": (1.0 + replicate) / np.sqrt(400.0 + 100 * (replicate % 2)),
        "ks": 0.01 * (1 + replicate),
        "wasserstein": 0.1,
        "mass_below_exact_q05": 0.04,
        **{f"error_{name}": 0.01 * i for i, name in enumerate(QUANTILES)},
        "error_q95": 0.01 * replicate,
    }
    errors = {
        "chains": CHAINS,
        "leapfrog_steps": 100.0 + replicate,
        "squared_error": 0.1,
        "bias_squared": 0.001 * replicate,
        "variance": 0.02 + 0.01 * replicate,
        "probability_bias": 0.001 * replicate,
    }
    estimates, found = (
        pd.concat([keys.assign(estimand=name, **columns) for name in estimands], ignore_index=True)
        for estimands, columns in ((("mu", "tau"), values), (FUNCTIONS, errors))
    )
    work = [of.get(name, 1.0 + np.arange(n)) for name in FUNCTIONS for of in given.values()]
    found["work"] = np.concatenate(work)
    for table in (fits, estimates, found):
        gone = table["replicate"].isin(failed)
        missing = table.columns.difference([*keys, "estimand", "status", "centeredness", "chains"])
        table.loc[gone, list(missing)] = np.nan
    return fits, estimates.assign(truth=4.0), found


def value(table: pd.DataFrame, **where: str) -> pd.Series:
    for column, wanted in where.items():
        table = table[table[column] == wanted]
    assert len(table) == 1
    return table.iloc[0]


def measured(table: pd.DataFrame, measure: str, estimand: str = "tau") -> tuple[float, float, int]:
    """Return estimate, standard error and number of replicates of the noncentered cell."""
    row = value(table, measure=measure, estimand=estimand, parameterization="noncentered")
    return row["estimate"], row["mcse"], row["replicates"]


def test_measures_of_estimates_by_hand() -> None:
    table = performance(*tables())
    errors = np.array([-1.0, 0.0, 1.0, 2.0])
    expected = {
        "bias": (0.5, errors.std(ddof=1) / 2),
        "empirical_se": (errors.std(ddof=1), errors.std(ddof=1) / np.sqrt(6)),
        "mean_posterior_sd": (2.5, np.std([1, 2, 3, 4], ddof=1) / 2),
        # the root of 7.5, the mean of 1, 4, 9 and 16, whose variance is 43
        "model_se": (np.sqrt(7.5), np.sqrt(43 / (4 * 4 * 7.5))),
        "coverage_50": (0.75, np.sqrt(0.75 * 0.25 / 4)),
        "coverage_90": (1.0, 0.0),
        "mean_error": (0.25, 0.0),
        "ks": (0.025, np.std([1, 2, 3, 4], ddof=1) / 200),
        "wasserstein": (0.1, 0.0),
        "mass_below_exact_q05": (0.04, 0.0),
        "error_q50": (0.02, 0.0),
        "ess_per_second": (225.0, np.std([200, 250], ddof=1) * np.sqrt(2 / 3) / 2),
        "ess_per_leapfrog_step": (0.45, 0.1 * np.sqrt(1 / 3) / 2),
        # from q25 to q75: 0.5 + 0.03 - 0.01; from q05 to q95: 0.9 and the errors of q95
        "content_50": (0.52, 0.0),
        "content_90": (0.915, np.std([0, 1, 2, 3], ddof=1) / 200),
    }
    for measure, (estimate, mcse) in expected.items():
        assert measured(table, measure) == pytest.approx((estimate, mcse, 4), abs=1e-12), measure
    assert measured(table, "rmse")[0] == pytest.approx(np.sqrt(1.5))
    assert measured(table, "rms_z")[0] == pytest.approx(np.sqrt((0.25 + 2.25 + 4 + 1) / 4))
    assert measured(table, "convergence_rate", "all")[0] == 0.75


def test_measures_of_errors_by_hand() -> None:
    """The works 1, 2, 4 and 9 have mean 4 and variance 38 / 3."""
    works = {"noncentered": {"tau": [1.0, 2.0, 4.0, 9.0]}, "centered": {}}
    table = performance(*tables(works=works))
    error = np.sqrt(38 / 3) / 2
    assert error / 4 > np.sqrt(2 / (4 * CHAINS))
    bias = np.array([0.0, 0.001, 0.002, 0.003])
    expected = {
        "work": (4.0, error),
        "log_work": (np.log(4.0), error / 4),
        "efficiency": (0.25, error / 16),
        # 1200 leapfrog steps over ESS of the mean of 400, 500, 400 and 500
        "promised_work": (2.7, np.std([3, 2.4], ddof=1) * np.sqrt(2 / 3) / 2),
        "bias_squared": (0.0015, bias.std(ddof=1) / 2),
        "chain_variance": (0.035, np.std([2, 3, 4, 5], ddof=1) / 200),
        "probability_bias": (0.0015, bias.std(ddof=1) / 2),
    }
    for measure, (estimate, mcse) in expected.items():
        assert measured(table, measure) == pytest.approx((estimate, mcse, 4)), measure
    ratio, mcse, _ = measured(table, "promise_ratio")
    assert ratio == pytest.approx(4 / 2.7)
    promised = np.array([3, 2.4, 3, 2.4])
    without = [np.delete([1, 2, 4, 9], i).mean() / np.delete(promised, i).mean() for i in range(4)]
    assert mcse == pytest.approx(np.sqrt(3 / 4 * np.sum((without - np.mean(without)) ** 2)))
    gradients, mcse, _ = measured(table, "low_error_gradients")
    assert gradients == pytest.approx(0.035 * 101.5 / (0.01 - 0.0015))
    assert 0 < mcse < gradients


def test_the_leapfrog_steps_of_a_chain_and_of_a_fit_are_not_confused() -> None:
    """Errors have those of a chain with its tuning, fits those of all chains without it."""
    fits, estimates, errors = tables()
    table = performance(fits, estimates, errors.assign(leapfrog_steps=7.0))
    assert measured(table, "low_error_gradients")[0] == pytest.approx(0.035 * 7 / 0.0085)
    assert measured(table, "promised_work")[0] == pytest.approx(2.7)
    table = performance(fits.assign(tuning_leapfrog_steps=0), estimates, errors)
    assert measured(table, "promised_work")[0] == pytest.approx(2.7 / 1.2)
    assert measured(table, "ess_per_leapfrog_step")[0] == pytest.approx(0.45)
    # 1,200 leapfrog steps become 1,800, with 150 for each chain
    table = performance(fits.assign(choosing_gradients=150), estimates, errors)
    assert measured(table, "promised_work")[0] == pytest.approx(2.7 * 1.5)


def test_the_worst_estimand_is_that_of_the_largest_mean_work_of_each_cell() -> None:
    """Neither a square, nor one without moments, nor the worst of each data set."""
    none = [np.nan] * 4
    for works, failed, worst, expected in (
        ({"mu": [1, 9, 1, 1], "tau": [4] * 4, TAIL: [1] * 4, "tau^2": [99] * 4}, [], "tau", 4),
        ({"mu": [2] * 4, "tau": [1] * 4, TAIL: [2, 2, 2, 3]}, [1], TAIL, 7 / 3),
        ({"mu": [5.0] * 4, "tau": none, TAIL: [3.0] * 4}, [], "mu", 5),
    ):
        table = performance(*tables(works={"noncentered": works}, failed=failed))
        assert measured(table, "work", WORST)[0] == pytest.approx(expected)
        for measure in ("work", "bias_squared", "low_error_gradients"):
            found, of = (measured(table, measure, name) for name in (WORST, worst))
            assert found == pytest.approx(of)


def test_differences_from_infinite_gradients_have_no_standard_error() -> None:
    fits, estimates, errors = tables()
    errors.loc[errors["parameterization"] == "noncentered", "bias_squared"] = 0.02
    found = performance(fits, estimates, errors)
    estimate, mcse, replicates = measured(found, "low_error_gradients")
    assert (estimate, replicates) == (np.inf, 4)
    assert np.isnan(mcse)
    found = comparisons(fits, estimates, errors)
    row = value(found, measure="low_error_gradients", estimand="tau")
    assert row["difference"] == -np.inf
    assert row[["mcse", "replicates_needed", "replicates_needed_low"]].isna().all()


def test_failed_fits_count_in_the_convergence_rate_only() -> None:
    table = performance(*tables(failed=[3]))
    assert {measured(table, measure)[2] for measure in MEASURES} == {3}
    assert measured(table, "bias")[0] == pytest.approx(0)
    assert measured(table, "work")[0] == pytest.approx(2)
    rate, _, replicates = measured(table, "convergence_rate", "all")
    assert (rate, replicates) == (0.5, 4)
    rest = performance(*tables(failed=range(4))).query("measure != 'convergence_rate'")
    assert rest["estimate"].isna().all()
    assert set(rest["replicates"]) == {0}


def test_one_replicate_has_estimates_and_no_errors() -> None:
    table = performance(*tables(n=1)).query("measure != 'convergence_rate'")
    assert table["mcse"].isna().all()
    assert set(table.loc[table["estimate"].isna(), "measure"]) == {"empirical_se"}
    differences = comparisons(*tables(n=1))
    assert differences[["mcse", "replicates_needed", "p_value"]].isna().all(axis=None)


def test_differences_are_paired_by_the_replicates_that_both_have() -> None:
    """Influence of log work: W_rp / W_p - W_rq / W_q."""
    a, b = np.array([2.0, 8.0, 5.0, 9.0, 99.0]), np.array([1.0, 2.0, 6.0, 3.0, np.nan])
    fits, estimates, errors = tables(n=5, works={"centered": {"tau": a}, "noncentered": {"tau": b}})
    rng = np.random.default_rng(1)
    shuffled = (table.iloc[rng.permutation(len(table))] for table in (estimates, errors))
    found = comparisons(fits, *shuffled)
    one, other = a[:4], b[:4]
    for measure, size, influence in (
        ("work", 3, one - other),
        ("log_work", np.log(6 / 3), one / 6 - other / 3),
        ("efficiency", 1 / 6 - 1 / 3, other / 9 - one / 36),
    ):
        row = value(found, measure=measure, estimand="tau")
        sign = 1 if row["parameterization"] == "centered" else -1
        expected = (sign * size, influence.std(ddof=1) / 2, 4)
        assert (row["difference"], row["mcse"], row["replicates"]) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("size", "needed"), [(2.0, 4), (-1.0, 16), (0.8, 25), (0.64, 40), (-0.63, None), (0.0, None)]
)
def test_replicates_needed_bring_the_error_to_a_tenth_of_a_difference_clear_of_0(
    size: float, needed: int | None
) -> None:
    """With 4 replicates and error 0.2, a difference of 2 needs 4; below 0.637 it is not clear."""
    works = {"centered": {"tau": 5 + size + DEVIATIONS}, "noncentered": {"tau": np.full(4, 5)}}
    row = value(comparisons(*tables(works=works)), measure="work", estimand="tau")
    assert list(row[["difference", "mcse"]]) == pytest.approx([size, 0.2])
    if needed is None:
        assert row[["replicates_needed", "replicates_needed_low"]].isna().all()
    else:
        assert row["replicates_needed"] in (needed, needed + 1)  # rounded up
        far = abs(size) + stats.t.ppf(0.975, 3) * 0.2
        assert row["replicates_needed_low"] == np.ceil(4 * (2 / far) ** 2)


def test_p_values_are_those_of_t_tests_of_log_work_adjusted_over_the_distinct_pairs() -> None:
    """`mixed` equals centered, so three pairs of the six remain; each scenario is a family."""
    scale = {"centered": 1.0, "noncentered": 1.5, "mixed": 1.0, "partial": 3.0}
    rng = np.random.default_rng(2)
    works = {name: {"tau": 30 * size * rng.exponential(1.0, 12)} for name, size in scale.items()}
    c = {"centered": 1.0, "mixed": 1.0, "noncentered": 0.0}
    found = comparisons(
        *(
            pd.concat([table, table.assign(scenario="b")], ignore_index=True)
            for table in tables(n=12, works=works, centeredness=c)
        )
    )
    primary, rest = (found[(found["role"] == "primary") == is_it] for is_it in (True, False))
    assert set(primary["measure"] + primary["estimand"]) == {"log_work" + WORST}
    assert rest["p_value"].isna().all()
    p = []
    for one, other in combinations(("centered", "noncentered", "partial"), 2):
        x, y = works[one]["tau"], works[other]["tau"]
        error = (x / x.mean() - y / y.mean()).std(ddof=1) / np.sqrt(12)
        p.append(2 * stats.t.sf(abs(np.log(x.mean() / y.mean())) / error, 11))
    adjusted = [*multipletests(p, method="holm")[1]]
    assert primary["p_value"].to_list() == pytest.approx(adjusted * 2)
