"""Which fits are run again; tests/workflow/test_design_study.py runs some."""

import math
from pathlib import Path

from funnel_study.diagnosis.again import second_runs, unconverged
from funnel_study.files.formats import read_netcdf, write_json, write_netcdf


def test_only_what_did_not_converge_is_run_again(tmp_path: Path) -> None:
    values = [1.01, math.nan, 1.02, 1.0]  # that of a failed fit is missing
    rows = [{"replicate": i, "rhat_max": value} for i, value in enumerate(values)]
    write_json(tmp_path / "rows.json", {"fits": rows})
    assert unconverged(tmp_path / "rows.json", 1.01) == [2]


def test_without_such_fits_nothing_is_read_and_the_file_is_empty(tmp_path: Path) -> None:
    found = second_runs({}, [tmp_path / "missing.nc"], tmp_path / "missing.nc", [])
    write_netcdf(tmp_path / "none.nc", {"/": found})
    assert not read_netcdf(tmp_path / "none.nc").sizes
