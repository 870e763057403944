import itertools
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from funnel_study.analysis import diagnostic_value as module
from funnel_study.analysis.diagnostic_value import (
    DEFINITIONS,
    DIAGNOSTICS,
    diagnostic_value,
    errors_of_tau,
    roc_curves,
)
from funnel_study.analysis.divergences import divergences_and_errors
from funnel_study.analysis.statistics import wilson
from funnel_study.files.tables import CELL_KEYS, FIT_KEYS

Tables = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]

COLUMNS = {name: each.column for name, each in DIAGNOSTICS.items()}
TABLES = (diagnostic_value, roc_curves, divergences_and_errors)


def keys_of(
    scenarios: int, parameterizations: int, replicates: int, samplers: tuple[str, ...] = ("nutpie",)
) -> pd.DataFrame:
    names = (
        [f"scenario-{i}" for i in range(scenarios)],
        ["centered", "noncentered", "mixed", "other"][:parameterizations],
        samplers,
        range(replicates),
    )
    return pd.DataFrame(list(itertools.product(*names)), columns=FIT_KEYS)


def with_values(keys: pd.DataFrame, **values: Any) -> Tables:
    """The tables of fits with these diagnostics and errors; all of them are good by default."""
    defaults: dict[str, Any] = {
        "divergences": 0,
        "bfmi_min": 0.9,
        "rhat_max": 1.0,
        "ess_bulk_min": 1000.0,
        "ess_tail_min": 1000.0,
        "status": "ok",
        "centeredness": 0.5,
        "choosing_gradients": 0,
        "error_of_log_tau": 0.0,
        "probability_bias": 0.0,
        "ks": 0.01,
    }
    table = keys.assign(**{**defaults, **values})
    errors = ["error_of_log_tau", "probability_bias", "ks"]
    # an error of 2 + 0.5 u is u exact standard deviations of 0.5
    log_tau = table[FIT_KEYS].assign(
        estimand="log_tau",
        mean=2 + 0.5 * table["error_of_log_tau"].astype(float),
        exact_mean=2.0,
        exact_sd=0.5,
        ks=table["ks"],
    )
    tau = table[FIT_KEYS].assign(
        estimand="tau", mean=99.0, exact_mean=0.0, exact_sd=1.0, ks=table["ks"]
    )
    mu = tau.assign(estimand="mu", ks=np.nan)
    of_tau = table[FIT_KEYS].assign(estimand="tau", probability_bias=table["probability_bias"])
    others = of_tau.assign(estimand="mu", probability_bias=9.0)
    return (
        table.drop(columns=errors),
        pd.concat([mu, tau, log_tau], ignore_index=True),
        pd.concat([others, of_tau], ignore_index=True),
    )


def of_definition(table: pd.DataFrame, definition: str = "KS distance") -> pd.DataFrame:
    return table[table["definition"] == definition].set_index("diagnostic")


def random_tables(seed: int, n: int = 8, parameterizations: int = 2) -> Tables:
    """Six or more cells with diagnostics that know something of the errors, and many ties."""
    rng = np.random.default_rng(seed)
    keys = keys_of(3, parameterizations, n)
    error = rng.normal(size=len(keys))
    noisy = {name: error + rng.normal(size=len(keys)) for name in COLUMNS}
    return with_values(
        keys,
        divergences=np.maximum(noisy["divergences"].round() * 3, 0),
        bfmi_min=0.5 - 0.2 * noisy["E-BFMI"].round(),
        rhat_max=1.01 + 0.01 * noisy["R-hat"].round(1),
        ess_bulk_min=400 - 100 * noisy["bulk ESS"],
        ess_tail_min=400 - 100 * noisy["tail ESS"].round(),
        error_of_log_tau=0.1 * error,
        probability_bias=0.02 * error,
        ks=0.05 * np.exp(error),
    )


def joined(tables: Tables) -> pd.DataFrame:
    """Fits with their errors, by other means than the library."""
    fits, estimates, errors = tables
    keyed = [table.set_index([*FIT_KEYS, "estimand"]) for table in (estimates, errors)]
    of_log_tau = keyed[0].xs("log_tau", level="estimand")
    shift = (of_log_tau["mean"] - of_log_tau["exact_mean"]) / of_log_tau["exact_sd"]
    return fits.set_index(FIT_KEYS).assign(
        error_of_log_tau=shift.abs(),
        probability_bias=keyed[1].xs("tau", level="estimand")["probability_bias"],
        ks=keyed[0].xs("tau", level="estimand")["ks"],
    )


def test_fits_are_wrong_by_three_definitions() -> None:
    keys = keys_of(1, 1, 6)
    tables = with_values(
        keys,
        error_of_log_tau=[0.0, 0.099, 0.101, -0.101, -3.0, np.nan],
        probability_bias=[-0.5, 0.0099, 0.0101, 0.3, np.nan, np.nan],
        ks=[0.001, 0.0501, 0.05, 0.9, 0.2, np.nan],
    )
    found = errors_of_tau(*tables)
    assert found["error_of_log_tau"].tolist() == pytest.approx(
        [0.0, 0.099, 0.101, 0.101, 3.0, np.nan], nan_ok=True
    )
    counts = diagnostic_value(*tables).groupby("definition", sort=False)[["wrong", "right"]]
    assert counts.max().to_dict("index") == {
        "bias of log tau": {"wrong": 3, "right": 2},
        "probability bias": {"wrong": 2, "right": 2},
        "KS distance": {"wrong": 3, "right": 2},
    }


def test_value_by_hand() -> None:
    ks = [0.2, 0.1, 0.08, 0.06, 0.01, 0.01, 0.02, 0.01, 0.01, 0.01]
    tables = with_values(
        keys_of(1, 1, 10),
        ks=ks,
        divergences=[500, 50, 6, 0, 6, 0, 0, 0, 0, 0],
        bfmi_min=[0.1] * 4 + [0.9] * 6,
        rhat_max=[1.0] * 9 + [np.nan],
        ess_bulk_min=[100.0] * 10,
        ess_tail_min=[1000.0] * 4 + [500.0] * 6,
    )
    found = of_definition(diagnostic_value(*tables))
    assert found["threshold"].to_dict() == {
        "divergences": "> 0",
        "E-BFMI": "< 0.3",
        "R-hat": "> 1.01",
        "bulk ESS": "< 400",
        "tail ESS": "< 400",
    }
    divergences = found.loc["divergences"]
    assert divergences[["wrong", "wrong_cells", "right", "compared_cells"]].tolist() == [4, 1, 6, 1]
    assert divergences["sensitivity"] == 0.75
    assert divergences["false_alarm"] == pytest.approx(1 / 6)
    # two fits win all 6 pairs, one ties with one right fit, and one ties with five
    assert divergences["auc"] == pytest.approx((6 + 6 + 5.5 + 2.5) / 24)
    assert found.loc["E-BFMI", ["auc", "sensitivity", "false_alarm"]].tolist() == [1.0, 1.0, 0.0]
    assert found.loc["bulk ESS", ["auc", "sensitivity", "false_alarm"]].tolist() == [0.5, 1.0, 1.0]
    # the ESS of wrong fits is larger, which counts against it
    assert found.loc["tail ESS", ["auc", "sensitivity"]].tolist() == [0.0, 0.0]
    # one undefined value is not counted
    assert found.loc["R-hat", "right"] == 5
    assert found["auc_within_cells"].tolist() == found["auc"].tolist()


def auc_by_pairs(rows: pd.DataFrame, error: str, limit: float, column: str, sign: int) -> Any:
    """The AUC and the AUC within cells, by counting pairs one by one."""
    won = {True: [], False: []}
    records = rows.reset_index().to_dict("records")
    for one, other in itertools.product(records, records):
        if one[error] > limit >= other[error]:
            difference = sign * (one[column] - other[column])
            points = 1.0 if difference > 0 else 0.5 if difference == 0 else 0.0
            same_cell = all(one[name] == other[name] for name in CELL_KEYS)
            won[same_cell].append(points)
    return np.mean(won[True] + won[False]), np.mean(won[True])


@pytest.mark.parametrize("seed", range(3))
def test_auc_is_that_of_all_pairs(seed: int) -> None:
    tables = random_tables(seed)
    rows = joined(tables)
    found = diagnostic_value(*tables)
    assert len(found) == 15
    for row in found.itertuples():
        definition, diagnostic = DEFINITIONS[row.definition], DIAGNOSTICS[row.diagnostic]
        expected = auc_by_pairs(
            rows, definition.error, definition.limit, diagnostic.column, diagnostic.sign
        )
        assert (row.auc, row.auc_within_cells) == pytest.approx(expected)
        is_wrong = rows[definition.error] > definition.limit
        badness = diagnostic.sign * rows[diagnostic.column]
        u = stats.mannwhitneyu(badness[is_wrong], badness[~is_wrong]).statistic
        assert row.auc == pytest.approx(u / (is_wrong.sum() * (~is_wrong).sum()))


def test_copies_of_fits_in_their_data_sets_add_no_certainty() -> None:
    tables = random_tables(2, n=20)
    copies = [
        pd.concat([table, table.assign(parameterization=table["parameterization"] + "-copy")])
        for table in tables
    ]
    once, twice = diagnostic_value(*tables), diagnostic_value(*copies)
    for name in ("auc", "auc_within_cells", "sensitivity", "false_alarm"):
        for suffix in ("", "_low", "_high"):
            assert twice[name + suffix].to_numpy() == pytest.approx(
                once[name + suffix].to_numpy(), nan_ok=True
            )
    assert (twice["wrong"] == 2 * once["wrong"]).all()


def clustered(rng: np.random.Generator, n: int) -> Tables:
    """Six cells of `n` data sets each, whose effects make all fits of a data set alike."""
    keys = keys_of(2, 3, n)
    effects = rng.normal(size=(2, 2, n))
    scenario = keys["scenario"].str[-1].astype(int)
    place = (scenario, keys["replicate"])
    noise = 0.5 * rng.normal(size=(2, len(keys)))
    hard = 0.7 * (keys["parameterization"] == "centered")
    error = hard + effects[0][place] + noise[0]
    badness = hard + 0.7 * effects[0][place] + 0.7 * effects[1][place] + noise[1]
    return with_values(keys, ks=0.05 * np.exp(error - 1), divergences=np.exp(badness))


def test_intervals_cover_the_value_of_endless_data_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "DEFINITIONS", {"KS distance": DEFINITIONS["KS distance"]})
    monkeypatch.setattr(module, "DIAGNOSTICS", {"divergences": DIAGNOSTICS["divergences"]})
    monkeypatch.setattr(module, "RESAMPLES", 400)
    rng = np.random.default_rng(3)
    names = ("auc", "auc_within_cells")
    many = [diagnostic_value(*clustered(rng, 200)).iloc[0] for _ in range(5)]
    truth = {name: np.mean([row[name] for row in many]) for name in names}
    times = 100
    rows = [diagnostic_value(*clustered(rng, 30)).iloc[0] for _ in range(times)]
    for name in names:
        hits = sum(row[f"{name}_low"] <= truth[name] <= row[f"{name}_high"] for row in rows)
        assert wilson(hits, times)[1] >= 0.95, (name, hits)
        width = np.mean([row[f"{name}_high"] - row[f"{name}_low"] for row in rows])
        assert width == pytest.approx(2 * 1.96 * np.std([row[name] for row in rows]), rel=0.25)


@pytest.mark.parametrize(("cells", "has_interval"), [(4, False), (5, True)])
def test_wrong_fits_of_fewer_than_five_cells_have_no_interval(
    cells: int, has_interval: bool
) -> None:
    keys = keys_of(6, 1, 10)
    number, odd = keys["scenario"].str[-1].astype(int), keys["replicate"] % 2
    divergences = keys["replicate"] % 5
    wrong = (number < cells) & (odd == 1)
    found = diagnostic_value(*with_values(keys, ks=0.2 * wrong, divergences=divergences))
    row = of_definition(found).loc["divergences"]
    assert row["wrong_cells"] == row["compared_cells"] == cells
    limits = [name for name in found if name.endswith(("_low", "_high"))]
    assert len(limits) == 8
    assert row[["auc", "auc_within_cells", "sensitivity", "false_alarm"]].notna().all()
    assert set(row[limits].notna()) == {has_interval}


@pytest.mark.parametrize(("ks", "known"), [(0.001, "false_alarm"), (0.2, "sensitivity")])
def test_without_wrong_or_right_fits_there_is_no_auc(ks: float, known: str) -> None:
    tables = with_values(keys_of(6, 1, 4), ks=ks)
    found = of_definition(diagnostic_value(*tables))
    assert found[["auc", "auc_low", "auc_within_cells"]].isna().all(axis=None)
    assert (found[known] == 0).all()
    assert found[["sensitivity", "false_alarm"]].notna().sum().sum() == len(found)
    assert roc_curves(*tables).empty


def test_no_fits_give_empty_tables() -> None:
    failed = with_values(keys_of(1, 1, 3), status="failed", ks=np.nan)
    none = tuple(table[:0] for table in failed)
    for table in TABLES:
        for tables in (failed, none):
            assert table(*tables).empty
            assert len(table(*tables).columns) > 5


def test_roc_curves_have_the_area_and_the_customary_point() -> None:
    tables = random_tables(6, n=12)
    curves, values = roc_curves(*tables), diagnostic_value(*tables)
    names = ["sampler", "definition", "diagnostic"]
    for key, curve in curves.groupby(names, sort=False):
        row = values.set_index(names).loc[key]
        x, y = curve["false_alarm"].to_numpy(), curve["sensitivity"].to_numpy()
        assert (x[0], y[0], x[-1], y[-1]) == (0, 0, 1, 1)
        assert np.isnan(curve["threshold"].iloc[0])
        assert (np.diff(x) >= 0).all()
        assert (np.diff(y) >= 0).all()
        assert np.trapezoid(y, x) == pytest.approx(row["auc"])
        points = set(zip(x.round(12), y.round(12), strict=True))
        assert (round(row["false_alarm"], 12), round(row["sensitivity"], 12)) in points


def sandwich(x: np.ndarray, y: np.ndarray, groups: np.ndarray, clusters: np.ndarray) -> Any:
    """The slope and its cluster-robust standard error with an intercept for every group."""
    X = np.column_stack([x, *(groups == g for g in np.unique(groups))]).astype(float)
    bread = np.linalg.inv(X.T @ X)
    beta = bread @ X.T @ y
    scores = (y - X @ beta)[:, None] * X
    sums = np.array([scores[clusters == c].sum(axis=0) for c in np.unique(clusters)])
    (n, k), G = X.shape, len(sums)
    factor = G / (G - 1) * (n - 1) / (n - k)
    return beta[0], np.sqrt(factor * (bread @ sums.T @ sums @ bread)[0, 0]), G


def test_regressions_by_hand() -> None:
    tables = random_tables(7, n=10)
    rows = joined(tables)
    x = np.log10(1 + rows["divergences"].to_numpy(dtype=float))
    ys = {
        "log10 of the error of log tau": np.log10(rows["error_of_log_tau"]),
        "square root of the probability bias": np.sqrt(rows["probability_bias"].clip(lower=0)),
        "log10 of the KS distance": np.log10(rows["ks"]),
    }
    index = rows.reset_index()
    clusters = index.groupby(["scenario", "replicate"]).ngroup().to_numpy()
    cells = index.groupby(CELL_KEYS).ngroup().to_numpy()
    found = divergences_and_errors(*tables)
    assert found["error"].tolist() == [name for name in ys for _ in range(2)]
    assert found["cells"].tolist() == ["pooled", "within"] * 3
    for row in found.itertuples():
        y = ys[row.error].to_numpy(dtype=float)
        groups = cells if row.cells == "within" else np.zeros_like(cells)
        slope, error, G = sandwich(x, y, groups, clusters)
        assert row.slope == pytest.approx(slope)
        assert row.standard_error == pytest.approx(error)
        reach = stats.t.ppf(0.975, G - 1) * error
        assert (row.slope_low, row.slope_high) == pytest.approx((slope - reach, slope + reach))
        assert row.intercept == pytest.approx(np.mean(y - slope * x))
        assert (row.fits, row.data_sets) == (60, G)
        assert row.diverging == (x > 0).sum()
        assert row.diverging_cells == len(set(cells[x > 0]))


def test_a_parameterization_that_equals_another_one_is_left_out() -> None:
    keys = keys_of(2, 3, 4)
    mixed = keys["parameterization"] == "mixed"
    gone = mixed & (keys["scenario"] == "scenario-0")
    centeredness = np.where(mixed & ~gone, 0.5, keys["parameterization"] == "centered")
    ks, divergences = np.linspace(0.01, 0.1, len(keys)), np.arange(len(keys)) % 7
    whole = with_values(keys, ks=ks, divergences=divergences, centeredness=centeredness)
    left = with_values(
        keys[~gone],
        ks=ks[~gone],
        divergences=divergences[~gone],
        centeredness=centeredness[~gone],
    )
    assert len(errors_of_tau(*whole)) == (~gone).sum()
    for table in TABLES:
        pd.testing.assert_frame_equal(table(*whole), table(*left))


def test_failed_fits_and_those_without_an_exact_posterior_are_not_counted() -> None:
    whole = random_tables(4)
    gone = pd.MultiIndex.from_frame(whole[0][FIT_KEYS][np.arange(len(whole[0])) % 8 == 3])
    rest, spoilt = [], []
    for table in whole:
        is_gone = table.set_index(FIT_KEYS).index.isin(gone)
        rest.append(table[~is_gone])
        values = table.columns.intersection(["mean", "exact_mean", "ks", "probability_bias"])
        spoilt.append(table.assign(**{name: table[name].mask(is_gone) for name in values}))
    failed = whole[0].assign(status=np.where(np.arange(len(whole[0])) % 8 == 3, "failed", "ok"))
    for table in TABLES:
        expected = table(*rest)
        pd.testing.assert_frame_equal(table(*spoilt), expected)
        pd.testing.assert_frame_equal(table(failed, *whole[1:]), expected)


def test_a_regression_that_cannot_be_computed_is_missing() -> None:
    numbers = ["slope", "standard_error", "slope_low", "slope_high", "intercept"]
    keys, rng = keys_of(2, 2, 5), np.random.default_rng(1)
    without = divergences_and_errors(*with_values(keys, error_of_log_tau=0.1))
    assert without[numbers].isna().all(axis=None)
    # divergences that do not vary within cells, and an error that is unknown for all fits
    by_cell = (keys["parameterization"] == "centered") * 30
    values = {"error_of_log_tau": rng.normal(size=20), "probability_bias": np.nan}
    values["ks"] = rng.uniform(0, 1, 20)
    found = divergences_and_errors(*with_values(keys, divergences=by_cell, **values))
    found = found.set_index(["error", "cells"])
    missing = found[numbers].isna()
    assert missing.loc["square root of the probability bias"].all(axis=None)
    assert missing.xs("within", level="cells").all(axis=None)
    assert found.loc[("log10 of the KS distance", "pooled"), numbers].notna().all()
    # four data sets have a slope without a standard error
    few = keys["replicate"] < 2
    tables = with_values(keys[few], divergences=by_cell[few], error_of_log_tau=rng.normal(size=8))
    row = divergences_and_errors(*tables).iloc[0]
    assert row[numbers].notna().tolist() == [True, False, False, False, True]


def test_an_error_of_zero_has_no_logarithm_and_a_negative_bias_is_none() -> None:
    error = [0, 0, 1, 2, 3, 4, 5, 6]
    tables = with_values(
        keys_of(1, 1, 8), divergences=range(8), error_of_log_tau=error, probability_bias=-1.0
    )
    found = divergences_and_errors(*tables).set_index(["error", "cells"])
    assert found.loc[("log10 of the error of log tau", "pooled"), "fits"] == 6
    bias = found.loc[("square root of the probability bias", "pooled")]
    assert bias[["fits", "slope", "intercept"]].tolist() == [8, 0, 0]
