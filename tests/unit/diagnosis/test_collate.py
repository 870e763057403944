from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from funnel.group_means import estimands
from funnel_study.diagnosis.collate import ExpectedCell, IncompleteError
from funnel_study.diagnosis.collate import collate as collate_rows
from funnel_study.diagnosis.diagnostics import CHAIN_COLUMNS, ESTIMATE_COLUMNS, FIT_COLUMNS
from funnel_study.files.tables import read_table, write_table
from funnel_study.study.design import cells
from funnel_study.study.schema import Study

Rows = dict[str, list[dict[str, Any]]]


def diagnoses(study: Study) -> list[Rows]:
    """What the diagnose jobs of a study would hand over, the last cell first."""
    jobs: list[Rows] = []
    for cell in reversed(cells(study)):
        for replicate in range(study.replicates):
            key = {**asdict(cell), "replicate": replicate}
            of_chain = {**key, **dict.fromkeys(CHAIN_COLUMNS, 1)}
            of_estimand = {**key, **dict.fromkeys(ESTIMATE_COLUMNS, 0.5)}
            K = study.scenario(cell.scenario).K
            jobs.append(
                {
                    "fits": [{**key, **dict.fromkeys(FIT_COLUMNS, 1), "status": "ok"}],
                    "chains": [{**of_chain, "chain": i} for i in range(study.sampling.chains)],
                    "estimates": [{**of_estimand, "estimand": name} for name in estimands(K)],
                    "densities": [],
                }
            )
    return jobs


def collate(study: Study, jobs: list[Rows]) -> dict[str, pd.DataFrame]:
    names = [(each.scenario, each.parameterization, each.sampler) for each in cells(study)]
    expected = [ExpectedCell(*each, K=study.scenario(each[0]).K) for each in names]
    return collate_rows(expected, study.replicates, study.sampling.chains, jobs)


def test_tables_hold_every_fit_in_the_order_of_the_design(study: Callable[..., Study]) -> None:
    one = study()
    tables = collate(one, diagnoses(one))
    fits, estimates, chains = tables["fits"], tables["estimates"], tables["chains"]
    assert len(fits) == 2 * 3 * 1 * 3
    assert len(chains) == 4 * len(fits)
    assert chains["chain"].head(5).tolist() == [0, 1, 2, 3, 0]
    assert chains["replicate"].head(5).tolist() == [0, 0, 0, 0, 1]
    assert len(estimates) == 3 * 3 * (6 + 4)
    assert fits["scenario"].unique().tolist() == ["few", "lone"]
    assert fits["parameterization"].unique().tolist() == ["centered", "noncentered", "mixed"]
    assert fits["replicate"].head(3).tolist() == [0, 1, 2]


def test_counts_stay_whole_beside_failed_fits(study: Callable[..., Study]) -> None:
    one = study()
    jobs = diagnoses(one)
    for row in (*jobs[0]["fits"], *jobs[0]["chains"]):
        row.update(divergences=None, leapfrog_steps=None)
    tables = collate(one, jobs)
    for table, missing in ((tables["fits"], 1), (tables["chains"], 4)):
        assert str(table["divergences"].dtype) == "Int64"
        assert "1.0" not in table["divergences"].to_csv()
        assert table["divergences"].isna().sum() == missing


def test_sigma_has_a_row_of_its_own_where_it_is_a_parameter(study: Callable[..., Study]) -> None:
    one = study(parameterizations=["centered"])
    jobs = [rows for rows in diagnoses(one) if rows["fits"][0]["scenario"] == "lone"]
    expected = [ExpectedCell("lone", "centered", "nutpie", K=1, has_sigma=True)]
    with pytest.raises(IncompleteError, match=r"3 missing, the first .*'sigma'"):
        collate_rows(expected, one.replicates, one.sampling.chains, jobs)
    for rows in jobs:
        rows["estimates"].append({**rows["estimates"][-1], "estimand": "sigma"})
    found = collate_rows(expected, one.replicates, one.sampling.chains, jobs)["estimates"]
    assert found["estimand"].tolist() == 3 * estimands(1, sigma=True)


@pytest.mark.parametrize("what", ["fits", "chains", "estimates"])
def test_a_missing_a_double_and_a_foreign_row_are_errors(
    study: Callable[..., Study], what: str
) -> None:
    one = study()
    for spoil, word in (
        (lambda rows: rows.pop(), "1 missing"),
        (lambda rows: rows.append(rows[0]), "1 duplicated"),
        (lambda rows: rows.append({**rows[0], "replicate": 99}), "1 not of this study"),
    ):
        jobs = diagnoses(one)
        spoil(jobs[2][what])
        with pytest.raises(IncompleteError, match=word):
            collate(one, jobs)


def test_names_that_look_like_numbers_or_missing_values_stay_names(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    table = pd.DataFrame({"scenario": ["1", "NA", "01"], "mean": [1.0, None, 2.0]})
    write_table(table, path)
    assert read_table(path)["scenario"].tolist() == ["1", "NA", "01"]
    assert read_table(path)["mean"].isna().tolist() == [False, True, False]
