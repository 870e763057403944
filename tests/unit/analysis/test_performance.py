"""Performance measures, their standard errors and comparisons, by hand and by simulation."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy import stats
from statsmodels.stats.multitest import multipletests

from funnel_study.analysis.performance import MEASURES, WORST, comparisons, performance
from funnel_study.analysis.work import TAIL
from funnel_study.diagnosis.columns import QUANTILES
from funnel_study.files.tables import read_table, write_table

Array = NDArray[np.float64]
Tables = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]

FUNCTIONS = ("mu", "tau", TAIL, "tau^2")
CHAINS, STEPS, TUNING = 4, 1_000, 200
Z = [0.5, -1.5, 2.0, 1.0]
DEVIATIONS = np.array([-1.0, 1.0, -1.0, 1.0]) * np.sqrt(0.12)  # standard deviation 0.4
# measures that do not depend on the estimate of a parameter
OF_ERRORS = {
    *("work", "log_work", "efficiency", "bias_squared", "chain_variance", "low_error_gradients"),
}


def tables(
    n: int = 4,
    failed: Sequence[int] = (),
    works: Mapping[str, Mapping[str, Sequence[float]]] | None = None,
    centeredness: Mapping[str, float] | None = None,
    scenario: str = "a",
) -> Tables:
    """The tables of a study with n replicates, of which those that `failed` failed in every cell.

    `works` are by parameterization and function, and 1, 2, ... if they are not given; errors of
    `FUNCTIONS` and estimates of mu and tau are in the tables.
    """
    given = works or {"centered": {}, "noncentered": {}}
    names = {"scenario": [scenario], "parameterization": list(given), "sampler": ["nutpie"]}
    keys = pd.MultiIndex.from_product(
        [*names.values(), range(n)], names=[*names, "replicate"]
    ).to_frame(index=False)
    replicate = keys["replicate"].to_numpy()
    gone = np.isin(replicate, failed)
    fits = keys.assign(
        status=np.where(gone, "failed", "ok"),
        rhat_max=np.where(gone, np.nan, np.where(replicate == 0, 1.5, 1.0)),
        sampling_seconds=2.0,
        leapfrog_steps=np.where(gone, np.nan, STEPS),
        tuning_leapfrog_steps=np.where(gone, np.nan, TUNING),
        choosing_gradients=np.where(gone, np.nan, 0),
        centeredness=keys["parameterization"].map(centeredness or {}).fillna(0.5).astype(float),
    )
    mean = 3.0 + replicate + 0.5 * (keys["parameterization"] == "centered")
    values = {
        "mean": mean,
        "sd": 1.0 + replicate,
        "q05": mean - 2,
        "q25": mean - 1,
        "q75": mean + 1,
        "q95": mean + 2,
        "exact_mean": mean - 0.25,
        "z_score": np.resize(Z, len(keys)),
        "ess_bulk": 400.0 + 100 * (replicate % 2),
        "ess_tail": 300.0,
        "ks": 0.01 * (1 + replicate),
        "wasserstein": 0.1,
        "mass_below_exact_q05": 0.04,
        **{f"error_{name}": 0.01 * i for i, name in enumerate(QUANTILES)},
    }
    values["error_q95"] = 0.01 * replicate
    estimates = pd.concat(
        [keys.assign(estimand=name, truth=4.0, **values) for name in ("mu", "tau")],
        ignore_index=True,
    )
    estimates.loc[estimates["replicate"].isin(failed), list(values)] = np.nan
    parts = []
    for name in FUNCTIONS:
        work = [given[p].get(name, 1.0 + np.arange(n)) for p in given]
        part = keys.assign(estimand=name, work=np.concatenate(work), chains=CHAINS)
        probability_bias = 0.001 * replicate if name in ("mu", "tau") else np.nan
        parts.append(
            part.assign(
                draws=500,
                leapfrog_steps=100.0 + replicate,
                squared_error=0.1,
                bias_squared=0.001 * replicate,
                variance=0.02 + 0.01 * replicate,
                probability_bias=probability_bias,
            )
        )
    errors = pd.concat(parts, ignore_index=True)
    found = ["work", "squared_error", "bias_squared", "variance", "leapfrog_steps"]
    errors.loc[errors["replicate"].isin(failed), [*found, "probability_bias"]] = np.nan
    return fits, estimates, errors


def value(table: pd.DataFrame, **where: str) -> pd.Series:
    for column, wanted in where.items():
        table = table[table[column] == wanted]
    assert len(table) == 1
    return table.iloc[0]


def test_every_measure_exists_for_its_functions_and_empty_tables_have_the_same_columns() -> None:
    table, none = performance(*tables()), [table[:0] for table in tables()]
    found = table.groupby("estimand")["measure"].agg(set).to_dict()
    assert found == {
        "all": {"convergence_rate"},
        "mu": set(MEASURES),
        "tau": set(MEASURES),
        TAIL: OF_ERRORS | {"promised_work", "promise_ratio"},
        "tau^2": OF_ERRORS,
        WORST: OF_ERRORS,
    }
    assert not table.duplicated(["parameterization", "estimand", "measure"]).any()
    for function in (performance, comparisons):
        assert function(*none).empty
        assert list(function(*none).columns) == list(function(*tables()).columns)


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
        # 1200 leapfrog steps over ESS of 400, 500, 400 and 500
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
    # the tail has the tail ESS of tau, 300
    assert measured(table, "promised_work", TAIL)[0] == pytest.approx(4 / 1.2)
    # 1,200 leapfrog steps become 1,800
    table = performance(fits.assign(choosing_gradients=600), estimates, errors)
    assert measured(table, "promised_work")[0] == pytest.approx(2.7 * 1.5)


def test_the_worst_estimand_is_that_of_the_largest_mean_work_of_each_cell() -> None:
    """Squares do not count. The worst estimand of each data set is not sought."""
    works = {
        "centered": {"mu": [1, 9, 1, 1], "tau": [4, 4, 4, 4], TAIL: [1] * 4, "tau^2": [99] * 4},
        "noncentered": {"mu": [2] * 4, "tau": [1] * 4, TAIL: [2, 2, 2, 3], "tau^2": [99] * 4},
    }
    table = performance(*tables(works=works)).set_index(["parameterization", "estimand"])
    for name, worst in (("centered", "tau"), ("noncentered", TAIL)):
        for measure in OF_ERRORS:
            rows = table[table["measure"] == measure].drop(columns=["scenario", "sampler"])
            found, expected = rows.loc[(name, WORST)], rows.loc[(name, worst)]
            assert found.tolist() == expected.tolist()
    # with a failed fit, and without any
    rest = {name: {key: [0.0, *x[1:]] for key, x in one.items()} for name, one in works.items()}
    table = performance(*tables(works=rest, failed=[1])).query("measure == 'work'")
    assert table[table["estimand"] == WORST]["estimate"].tolist() == pytest.approx([8 / 3, 5 / 3])
    table = performance(*tables(works=works, failed=range(4)))
    assert WORST not in set(table["estimand"])


def test_an_estimand_without_moments_is_not_the_worst() -> None:
    """As tau with K = 1 under a half-Cauchy prior."""
    works = {"noncentered": {"tau": [np.nan] * 4, "mu": [5.0] * 4, TAIL: [3.0] * 4}}
    table = performance(*tables(works=works))
    assert measured(table, "work", WORST)[0] == 5
    estimate, mcse, replicates = measured(table, "work", "tau")
    assert np.isnan([estimate, mcse]).all()
    assert replicates == 0


def test_gradients_to_low_error_that_are_infinite_stay_so_in_a_file(tmp_path: Path) -> None:
    """They have no standard error, and differences from them neither."""
    fits, estimates, errors = tables()
    errors.loc[errors["parameterization"] == "noncentered", "bias_squared"] = 0.02
    write_table(performance(fits, estimates, errors), tmp_path / "performance.csv")
    estimate, mcse, replicates = measured(
        read_table(tmp_path / "performance.csv"), "low_error_gradients"
    )
    assert (estimate, replicates) == (np.inf, 4)
    assert np.isnan(mcse)
    write_table(comparisons(fits, estimates, errors), tmp_path / "comparisons.csv")
    read = read_table(tmp_path / "comparisons.csv")
    row = value(read, measure="low_error_gradients", estimand="tau")
    assert row["difference"] == -np.inf
    assert np.isnan(row[["mcse", "replicates_needed", "replicates_needed_low"]].astype(float)).all()
    errors["bias_squared"] = 0.02
    row = value(comparisons(fits, estimates, errors), measure="low_error_gradients", estimand="tau")
    assert np.isnan(row["difference"])
    assert row["replicates"] == 4


def test_failed_fits_count_in_the_convergence_rate_only() -> None:
    table = performance(*tables(failed=[3]))
    for measure in MEASURES:
        assert measured(table, measure)[2] == 3, measure
    assert measured(table, "bias")[0] == pytest.approx(0)
    assert measured(table, "work")[0] == pytest.approx(2)
    rate, _, replicates = measured(table, "convergence_rate", "all")
    assert (rate, replicates) == (0.5, 4)
    nothing = performance(*tables(failed=range(4)))
    rest = nothing[nothing["measure"] != "convergence_rate"]
    assert rest[["estimate", "mcse"]].isna().all(axis=None)
    assert set(rest["replicates"]) == {0}


def test_one_replicate_has_estimates_and_no_errors() -> None:
    table = performance(*tables(n=1))
    of_one = table[table["measure"] != "convergence_rate"]
    assert of_one["mcse"].isna().all()
    unknown = set(of_one.loc[of_one["estimate"].isna(), "measure"])
    assert unknown == {"empirical_se"}
    differences = comparisons(*tables(n=1))
    assert differences[["mcse", "replicates_needed", "p_value"]].isna().all(axis=None)
    assert value(differences, measure="bias", estimand="tau")["difference"] == 0.5


def test_only_replicates_that_both_have_are_compared() -> None:
    fits, estimates, errors = tables(works={"centered": {}, "noncentered": {}, "mixed": {}})
    for table, columns in ((estimates, ["mean"]), (errors, ["work"])):
        one = (table["parameterization"] == "centered") & (table["replicate"] == 0)
        other = (table["parameterization"] == "mixed") & (table["replicate"] == 3)
        table.loc[one | other, columns] = np.nan
    found = comparisons(fits, estimates, errors).set_index(["parameterization", "versus"])
    for measure in ("work", "bias"):
        rows = found[(found["measure"] == measure) & (found["estimand"] == "tau")]
        assert rows["replicates"].to_dict() == {
            ("centered", "noncentered"): 3,
            ("centered", "mixed"): 2,
            ("noncentered", "mixed"): 3,
        }
    work = found[(found["measure"] == "work") & (found["estimand"] == "tau")]["difference"]
    assert work.tolist() == pytest.approx([0, 0, 0])


def difference(one: Array, other: Array, measure: str = "work") -> pd.Series:
    """The row of a measure of tau in the comparison of two parameterizations with these works."""
    found = comparisons(*tables(works={"centered": {"tau": one}, "noncentered": {"tau": other}}))
    return value(found, measure=measure, estimand="tau")


def test_the_errors_of_differences_are_paired_by_replicate() -> None:
    """Of logs: standard deviation of W_rp / W_p - W_rq / W_q, by the root of their number."""
    one, other = np.array([2.0, 8.0, 5.0, 9.0]), np.array([1.0, 2.0, 6.0, 3.0])
    for measure, size, influence in (
        ("work", 3, one - other),
        ("log_work", np.log(6 / 3), one / 6 - other / 3),
        ("efficiency", 1 / 6 - 1 / 3, other / 9 - one / 36),
    ):
        row = difference(one, other, measure)
        assert row["difference"] == pytest.approx(size)
        assert row["mcse"] == pytest.approx(influence.std(ddof=1) / 2)
    work = np.array([1.0, 10.0, 100.0, 1_000.0])
    proportional = difference(3 * work, work, "log_work")
    assert list(proportional[["difference", "mcse"]]) == pytest.approx([np.log(3), 0], abs=1e-12)
    fits, estimates, errors = tables()
    rng = np.random.default_rng(1)
    shuffled = [table.iloc[rng.permutation(len(table))] for table in (estimates, errors)]
    order = ["estimand", "measure", "parameterization"]
    found, expected = (
        comparisons(fits, *each).sort_values(order) for each in (shuffled, (estimates, errors))
    )
    assert found["mcse"].to_list() == pytest.approx(expected["mcse"].to_list(), abs=1e-12)


@pytest.mark.parametrize(("size", "needed"), [(2.0, 4), (1.0, 16), (-1.0, 16), (0.8, 25)])
def test_replicates_needed_bring_the_error_to_a_tenth_of_the_difference(
    size: float, needed: int
) -> None:
    """With 4 replicates, difference 2 and error 0.2: a tenth is 0.2, so 4 are enough."""
    row = difference(5 + size + DEVIATIONS, np.full(4, 5))
    assert list(row[["difference", "mcse"]]) == pytest.approx([size, 0.2])
    assert row["replicates_needed"] in (needed, needed + 1)  # rounded up
    far = abs(size) + stats.t.ppf(0.975, 3) * 0.2
    assert row["replicates_needed_low"] == np.ceil(4 * (2 / far) ** 2)
    assert row["replicates_needed_low"] <= row["replicates_needed"]


@pytest.mark.parametrize(("size", "is_clear"), [(0.64, 1), (0.63, 0), (-0.63, 0), (0.0, 0)])
def test_replicates_needed_are_missing_unless_the_difference_is_clear_of_0(
    size: float, is_clear: int
) -> None:
    """Student's t with 3 degrees of freedom is 3.182, so 0.2 is clear of 0 from 0.637 on."""
    row = difference(5 + size + DEVIATIONS, np.full(4, 5))
    assert row[["replicates_needed", "replicates_needed_low"]].notna().sum() == 2 * is_clear


def test_p_values_are_those_of_t_tests_of_log_work_adjusted_over_the_distinct_pairs() -> None:
    """`mixed` equals centered, so three pairs of the six remain; each scenario is a family."""
    rng = np.random.default_rng(2)
    scale = {"centered": 1.0, "noncentered": 1.5, "mixed": 1.0, "partial": 3.0}
    parts, works = [], {}
    for scenario in ("a", "b"):
        works[scenario] = {
            name: {"tau": 30 * size * rng.exponential(1.0, 12)} for name, size in scale.items()
        }
        parts.append(
            tables(
                n=12,
                works=works[scenario],
                centeredness={"centered": 1.0, "mixed": 1.0, "noncentered": 0.0},
                scenario=scenario,
            )
        )
    joined = [pd.concat(each, ignore_index=True) for each in zip(*parts, strict=True)]
    found = comparisons(*joined)
    primary = found[found["role"] == "primary"]
    assert set(primary["measure"]) == {"log_work"}
    assert set(primary["estimand"]) == {WORST}
    pairs = list(combinations(("centered", "noncentered", "partial"), 2))
    for scenario in ("a", "b"):
        p = []
        for one, other in pairs:
            x, y = works[scenario][one]["tau"], works[scenario][other]["tau"]
            difference = np.log(x.mean() / y.mean())
            error = (x / x.mean() - y / y.mean()).std(ddof=1) / np.sqrt(12)
            p.append(2 * stats.t.sf(abs(difference) / error, 11))
        rows = primary[primary["scenario"] == scenario]
        assert list(zip(rows["parameterization"], rows["versus"], strict=True)) == pairs
        assert rows["p_value"].to_list() == pytest.approx(multipletests(p, method="holm")[1])
    rest = found[found["role"] != "primary"]
    assert set(rest["role"]) == {"descriptive"}
    assert rest["p_value"].isna().all()
    # what equals another one is compared, but not tested
    assert {"mixed"} < set(rest[rest["estimand"] == WORST]["versus"])
