import numpy as np
import pandas as pd
import pytest

from funnel_study.analysis.sweep import MEASURES, NAMES, sweep_table, swept_keys
from funnel_study.files.tables import CELL_KEYS, FIT_KEYS

SWEPT = {
    "ratio-1-tune-10": {"ratio": 1.0, "tune": 10},
    "ratio-4-tune-10": {"ratio": 4.0, "tune": 10},
    "weak-tune-10": {"tune": 10},
}
OF_TABLE = list(NAMES)


def test_rows_have_the_performance_of_their_cell_and_count_failed_fits() -> None:
    """All fits of one cell failed, and one of another; a scenario is no point of the sweep."""
    rng = np.random.default_rng(1)
    names = [[*SWEPT, "no_point"], ["centered", "mixed"], ["stan"], range(6)]
    fits = pd.MultiIndex.from_product(names, names=FIT_KEYS).to_frame(index=False)
    failed = (fits["scenario"] == "ratio-4-tune-10") & (fits["parameterization"] == "mixed")
    failed |= (fits["scenario"] == "weak-tune-10") & (fits["replicate"] == 2)
    fits["status"] = np.where(failed, "failed", "ok")
    fits["divergences"] = np.where(failed, np.nan, rng.integers(0, 9, len(fits)))
    cells = fits[~failed][CELL_KEYS].drop_duplicates()
    rows = pd.DataFrame({"estimand": [*OF_TABLE, "tau^2"]}).merge(
        pd.DataFrame({"measure": [*MEASURES, "bias"]}), how="cross"
    )
    performance = cells.merge(rows, how="cross")
    # of a scenario in which sigma is known
    is_known = (performance["scenario"] == "weak-tune-10") & (performance["estimand"] == "sigma")
    performance = performance[~is_known]
    performance[["estimate", "mcse"]] = rng.normal(size=(len(performance), 2))
    table = sweep_table(SWEPT, {"weak-tune-10": "weak"}, fits, performance)
    assert swept_keys(table) == ["ratio", "tune"]
    assert len(table) == 3 * 2 * len(OF_TABLE) - 2
    by_row = performance.set_index([*CELL_KEYS, "estimand", "measure"])["estimate"]
    for row in table.to_dict("records"):
        cell = tuple(row[name] for name in CELL_KEYS)
        ok = fits[(fits[CELL_KEYS] == list(cell)).all(axis=1) & (fits["status"] == "ok")]
        assert (row["fits"], row["failed"]) == (6, 6 - len(ok))
        for measure in MEASURES:
            expected = by_row.get((*cell, row["estimand"], measure), np.nan)
            assert row[measure] == pytest.approx(expected, nan_ok=True)
