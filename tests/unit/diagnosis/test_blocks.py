from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from funnel_study.diagnosis import blocks
from funnel_study.files.formats import open_netcdf, write_netcdf

OF_ONE = 8 * (4 * 6 + 1)  # the bytes of one fit


@pytest.mark.parametrize("limit", [1, 2 * OF_ONE - 1, 3 * OF_ONE, 10 * OF_ONE])
def test_fits_that_are_read_a_few_at_a_time_are_the_fits_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    draws = np.random.default_rng(1).normal(size=(7, 4, 6))
    dims = ("replicate", "chain", "draw")
    group = xr.Dataset({"mu": (dims, draws)}, {"replicate": range(50, 57)})
    write_netcdf(tmp_path / "fits.nc", {"posterior": group})
    monkeypatch.setattr(blocks, "BYTES_AT_ONCE", limit)
    with open_netcdf(tmp_path / "fits.nc", "posterior") as posterior:
        found = list(blocks.each_fit(posterior))
    assert [int(fit["replicate"]) for fit in found] == list(range(50, 57))
    np.testing.assert_array_equal([fit["mu"].to_numpy() for fit in found], draws)
