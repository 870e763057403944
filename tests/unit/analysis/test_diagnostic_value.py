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


def keys_of(scenarios: int, parameterizations: int, replicates: int) -> pd.DataFrame:
    names = (
        [f"scenario-{i}" for i in range(scenarios)],
        ["centered", "noncentered", "mixed"][:parameterizations],
        ["nutpie"],
        range(replicates),
    )
    return pd.DataFrame(list(itertools.product(*names)), columns=FIT_KEYS)


def with_values(keys: pd.DataFrame, **values: Any) -> Tables:
    """The tables of fits with these diagnostics and errors; all of them are good by default.

    An error of log tau of u is u exact standard deviations of 0.5.
    """
    good = {"divergences": 0, "bfmi_min": 0.9, "rhat_max": 1.0, "ess_bulk_min": 1e3}
    right = {"error_of_log_tau": 0.0, "probability_bias": 0.0, "ks": 0.01}
    others = {"ess_tail_min": 1e3, "status": "ok", "centeredness": 0.5, "choosing_gradients": 0}
    table = keys.assign(**{**good, **others, **right, **values})
    tau = table[[*FIT_KEYS, "ks"]].assign(estimand="tau", mean=99.0, exact_mean=0.0, exact_sd=1.0)
    mean = 2 + 0.5 * table["error_of_log_tau"].astype(float)
    log_tau = tau.assign(estimand="log_tau", mean=mean, exact_mean=2.0, exact_sd=0.5)
    of_tau = table[[*FIT_KEYS, "probability_bias"]].assign(estimand="tau")
    of_mu = of_tau.assign(estimand="mu", probability_bias=9.0)
    return table.drop(columns=list(right)), pd.concat([tau, log_tau]), pd.concat([of_mu, of_tau])


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
    row = found.set_index(["definition", "diagnostic"]).loc[("KS distance", "divergences")]
    assert row["wrong_cells"] == row["compared_cells"] == cells
    limits = [name for name in found if name.endswith(("_low", "_high"))]
    assert len(limits) == 8
    assert row[["auc", "auc_within_cells", "sensitivity", "false_alarm"]].notna().all()
    assert set(row[limits].notna()) == {has_interval}


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


def test_values_by_hand() -> None:
    """Two wrong fits win all 6 pairs, one ties with one right fit, and one with five."""
    keys = keys_of(1, 1, 10)
    tables = with_values(
        keys,
        ks=[0.2, 0.1, 0.08, 0.0501, 0.05, 0.01, 0.02, 0.01, 0.01, 0.01],
        error_of_log_tau=[0.0, 0.099, 0.101, -0.101, -3.0, *[np.nan] * 5],
        probability_bias=[-0.5, 0.0099, 0.0101, 0.3, *[np.nan] * 6],
        divergences=[500, 50, 6, 0, 6, 0, 0, 0, 0, 0],
        ess_tail_min=[1000.0] * 4 + [500.0] * 5 + [np.nan],
    )
    found = diagnostic_value(*tables).set_index(["definition", "diagnostic"]).T
    row = found[("KS distance", "divergences")]
    assert row[["wrong", "wrong_cells", "right", "threshold"]].tolist() == [4, 1, 6, "> 0"]
    values = row[["sensitivity", "false_alarm", "auc", "auc_within_cells"]].tolist()
    assert values == pytest.approx([3 / 4, 1 / 6, 20 / 24, 20 / 24])
    # the ESS of wrong fits is larger, which counts against it; an undefined one is not counted
    row = found[("KS distance", "tail ESS")]
    assert row[["wrong", "right", "auc", "sensitivity"]].tolist() == [4, 5, 0, 0]
    assert found[("bias of log tau", "R-hat")][["wrong", "right"]].tolist() == [3, 2]
    assert found[("probability bias", "R-hat")][["wrong", "right"]].tolist() == [2, 2]
    # without wrong fits there is no AUC
    row = diagnostic_value(*with_values(keys)).iloc[0]
    assert row[["auc", "auc_low", "sensitivity"]].isna().all()
    assert row["false_alarm"] == 0


def test_auc_is_the_mann_whitney_statistic_over_all_pairs_and_within_cells() -> None:
    tables = random_tables(1)
    rows = errors_of_tau(*tables)
    for row in diagnostic_value(*tables).itertuples():
        definition, diagnostic = DEFINITIONS[row.definition], DIAGNOSTICS[row.diagnostic]
        made = rows.assign(
            wrong=rows[definition.error] > definition.limit,
            badness=diagnostic.sign * rows[diagnostic.column],
        )
        found = []
        for groups in ([made], [cell for _, cell in made.groupby(CELL_KEYS)]):
            won, pairs = 0.0, 0
            for group in groups:
                wrong, right = (
                    group.loc[group["wrong"] == is_, "badness"] for is_ in (True, False)
                )
                if len(wrong) and len(right):
                    won += stats.mannwhitneyu(wrong, right).statistic
                    pairs += len(wrong) * len(right)
            found.append(won / pairs)
        assert (row.auc, row.auc_within_cells) == pytest.approx(tuple(found))


def test_regressions_are_those_with_errors_robust_to_clusters() -> None:
    """By the sandwich formula, with an intercept for all fits or for every cell."""
    tables = random_tables(7, n=10)
    rows = errors_of_tau(*tables)
    x = np.log10(1 + rows["divergences"].to_numpy(dtype=float))
    ys = {
        "log10 of the error of log tau": np.log10(rows["error_of_log_tau"]),
        "square root of the probability bias": np.sqrt(rows["probability_bias"].clip(lower=0)),
        "log10 of the KS distance": np.log10(rows["ks"]),
    }
    clusters = pd.get_dummies(rows["scenario"] + rows["replicate"].astype(str)).to_numpy(float)
    cells = pd.get_dummies(rows["scenario"] + rows["parameterization"]).to_numpy(float)
    n, G = clusters.shape
    found = divergences_and_errors(*tables)
    assert len(found) == 6
    for row in found.itertuples():
        y = ys[row.error].to_numpy(dtype=float)
        X = np.column_stack([x, cells if row.cells == "within" else np.ones(n)])
        bread = np.linalg.inv(X.T @ X)
        beta = bread @ X.T @ y
        sums = clusters.T @ ((y - X @ beta)[:, None] * X)
        factor = G / (G - 1) * (n - 1) / (n - X.shape[1])
        error = np.sqrt(factor * (bread @ sums.T @ sums @ bread)[0, 0])
        reach = stats.t.ppf(0.975, G - 1) * error
        expected = (beta[0], error, beta[0] - reach, beta[0] + reach, np.mean(y - beta[0] * x))
        assert tuple(row)[8:] == pytest.approx(expected)
        assert (row.fits, row.data_sets, row.diverging) == (n, G, (x > 0).sum())


def test_what_does_not_count_changes_nothing() -> None:
    """Failed fits, those without an exact posterior, and those that equal another one."""
    fits, estimates, errors = random_tables(4)
    is_gone = np.arange(len(fits)) % 8 == 3
    gone = pd.MultiIndex.from_frame(fits[FIT_KEYS][is_gone])
    rest, spoilt = [fits[~is_gone]], [fits]
    for table in (estimates, errors):
        at = table.set_index(FIT_KEYS).index.isin(gone)
        rest.append(table[~at])
        values = table.columns.intersection(["mean", "exact_mean", "ks", "probability_bias"])
        spoilt.append(table.assign(**{name: table[name].mask(at) for name in values}))
    same = {"parameterization": "mixed", "centeredness": 1.0}
    failed = fits.assign(status=np.where(is_gone, "failed", "ok"))
    copied = [
        pd.concat([each, each.query("parameterization == 'noncentered'").assign(**same)])
        for each in (fits, estimates, errors)
    ]
    for table in TABLES:
        expected = table(*rest)
        pd.testing.assert_frame_equal(table(*spoilt), expected)
        pd.testing.assert_frame_equal(table(failed, estimates, errors), expected)
        whole = table(fits, estimates, errors)
        pd.testing.assert_frame_equal(table(*copied), whole)
        none = table(fits.assign(status="failed"), estimates, errors)
        assert none.empty
        assert list(none) == list(whole)


def test_four_data_sets_have_a_slope_without_a_standard_error() -> None:
    keys, rng = keys_of(2, 2, 2), np.random.default_rng(1)
    by_cell = (keys["parameterization"] == "centered") * 30
    tables = with_values(keys, divergences=by_cell, error_of_log_tau=rng.normal(size=8))
    row = divergences_and_errors(*tables).iloc[0]
    assert row[["slope", "intercept"]].notna().all()
    assert row[["standard_error", "slope_low", "slope_high"]].isna().all()
