"""The table of a sweep, against a direct computation from the errors of the fits."""

import numpy as np
import pandas as pd
import pytest

from funnel_study.analysis.performance import comparisons, performance
from funnel_study.analysis.sweep import ESTIMANDS, sweep_table, swept_keys
from funnel_study.analysis.work import TAIL, WORST, is_ranked
from funnel_study.diagnosis.columns import QUANTILES
from funnel_study.files.tables import CELL_KEYS, FIT_KEYS

SWEPT = {
    "ratio-1-tune-10": {"ratio": 1.0, "tune": 10},
    "ratio-4-tune-10": {"ratio": 4.0, "tune": 10},
    "weak-tune-10": {"tune": 10},
}
BASES = {"weak-tune-10": "weak"}
REPLICATES = 6


@pytest.fixture
def tables() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Fits, estimates and errors of random numbers; one fit failed, and all of one cell."""
    rng = np.random.default_rng(1)
    keys = pd.MultiIndex.from_product(
        [[*SWEPT, "no_point"], ["centered", "mixed"], ["stan"], range(REPLICATES)],
        names=FIT_KEYS,
    ).to_frame(index=False)
    failed = (keys["scenario"] == "ratio-4-tune-10") & (keys["parameterization"] == "mixed")
    failed |= (keys["scenario"] == "weak-tune-10") & (keys["replicate"] == 2)
    fits = keys.assign(
        status=np.where(failed, "failed", "ok"),
        rhat_max=1.0,
        sampling_seconds=1.0,
        leapfrog_steps=100.0,
        tuning_leapfrog_steps=10.0,
        choosing_gradients=5.0,
        divergences=np.where(failed, np.nan, rng.integers(0, 9, len(keys))),
    )
    ok = fits.loc[~failed, FIT_KEYS]
    columns = (
        "mean",
        "sd",
        "q05",
        "q25",
        "q75",
        "q95",
        "exact_mean",
        "z_score",
        "ess_bulk",
        "ess_tail",
    )
    others = ("ks", "wasserstein", "mass_below_exact_q05")
    estimates = ok.merge(pd.DataFrame({"estimand": ["mu", "tau", "log_tau"]}), how="cross").assign(
        truth=1.0, **dict.fromkeys((*columns, *others), 1.0)
    )
    for name in QUANTILES:
        estimates[f"error_{name}"] = rng.normal(0, 0.01, len(estimates))
    names = ["mu", "tau", "log_tau", "theta[0]", TAIL, "tau^2"]
    errors = ok.merge(pd.DataFrame({"estimand": names}), how="cross").assign(
        draws=1_000, chains=4, leapfrog_steps=27.5, squared_error=0.1, variance=0.1
    )
    errors["work"] = rng.exponential(10, len(errors))
    errors["bias_squared"] = rng.normal(0, 0.01, len(errors))
    errors["probability_bias"] = 0.0
    return fits, estimates, errors


def test_every_row_is_that_of_a_direct_computation(
    tables: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame],
) -> None:
    fits, estimates, errors = tables
    table = sweep_table(SWEPT, BASES, fits, performance(*tables))
    assert swept_keys(table) == ["ratio", "tune"]
    assert len(table) == 3 * 2 * len(ESTIMANDS)
    for row in table.to_dict("records"):
        cell = [row[name] for name in CELL_KEYS]
        mine, own, rows = (
            each[(each[CELL_KEYS] == cell).all(axis=1)] for each in (fits, errors, estimates)
        )
        ok = mine[mine["status"] == "ok"]
        assert (row["fits"], row["failed"]) == (REPLICATES, REPLICATES - len(ok))
        assert row["divergences"] == pytest.approx(ok["divergences"].mean(), nan_ok=True)
        if row["estimand"] == WORST:
            ranked = own[own["estimand"].map(is_ranked).astype(bool)]
            work = ranked.groupby("estimand")["work"].mean()
            name = work.idxmax() if len(work) else ""
        else:
            name = row["estimand"]
        own = own[own["estimand"] == name]
        for measure in ("work", "bias_squared"):
            assert row[measure] == pytest.approx(own[measure].mean(), nan_ok=True)
        n = max(len(own), 1)
        squared = own["bias_squared"].std() / np.sqrt(n)
        assert row["bias_squared_mcse"] == pytest.approx(squared, nan_ok=True)
        least = own["work"].mean() * np.sqrt(2 / (4 * n))
        error = max(own["work"].std() / np.sqrt(n), least) if len(own) else np.nan
        assert row["work_mcse"] == pytest.approx(error, nan_ok=True)
        rows = rows[rows["estimand"] == row["estimand"]]
        content = 0.9 + (rows["error_q95"] - rows["error_q05"])
        assert row["content_90"] == pytest.approx(content.mean(), nan_ok=True)
        error = content.std() / np.sqrt(max(len(rows), 1))
        assert row["content_90_mcse"] == pytest.approx(error, nan_ok=True)


def test_a_study_whose_fits_all_failed_has_its_rows(
    tables: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame],
) -> None:
    fits, estimates, errors = tables
    fits = fits.assign(status="failed", divergences=np.nan)
    found = sweep_table(SWEPT, BASES, fits, performance(fits, estimates[:0], errors[:0]))
    assert (found["failed"] == REPLICATES).all()
    assert found[["work", "content_90", "divergences"]].isna().all(axis=None)


def test_tables_of_chosen_estimands_have_the_same_numbers(
    tables: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame],
) -> None:
    tables[0]["centeredness"] = 0.5
    for function in (performance, comparisons):
        whole, part = function(*tables), function(*tables, ESTIMANDS)
        is_part = whole["estimand"].isin([*ESTIMANDS, "all"])
        assert 0 < len(part) < len(whole)
        pd.testing.assert_frame_equal(part, whole[is_part].reset_index(drop=True))
