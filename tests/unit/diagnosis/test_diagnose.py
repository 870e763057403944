from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import diagnose
from funnel_study.files.formats import open_netcdf, write_netcdf

OF_ONE = 8 * (4 * 6 + 1)  # the bytes of one fit


@pytest.mark.parametrize(
    ("limit", "reads"),
    [(1, [1] * 7), (2 * OF_ONE - 1, [1] * 7), (3 * OF_ONE, [3, 3, 1]), (10 * OF_ONE, [7])],
)
def test_fits_are_read_a_few_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int, reads: list[int]
) -> None:
    draws = np.random.default_rng(1).normal(size=(7, 4, 6))
    dims = ("replicate", "chain", "draw")
    group = xr.Dataset({"mu": (dims, draws)}, {"replicate": range(50, 57)})
    write_netcdf(tmp_path / "fits.nc", {"posterior": group})
    found: list[int] = []
    load = xr.Dataset.load

    def counted(self: xr.Dataset) -> xr.Dataset:
        found.append(self.sizes["replicate"])
        return load(self)

    monkeypatch.setattr(xr.Dataset, "load", counted)
    monkeypatch.setattr(diagnose, "BYTES_AT_ONCE", limit)
    with open_netcdf(tmp_path / "fits.nc", "posterior") as posterior:
        for i, fit in enumerate(diagnose.each_fit(posterior)):
            assert int(fit["replicate"]) == 50 + i
            np.testing.assert_array_equal(fit["mu"].to_numpy(), draws[i])
    assert i == 6
    assert found == reads
