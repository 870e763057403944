"""Second runs of fits whose R-hat says that their chains disagree, as a careful user makes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import xarray as xr

from funnel_study.files.formats import read_json, read_netcdf


def unconverged(diagnosis: str | Path, threshold: float) -> list[int]:
    """Return the replicates whose R-hat is above `threshold`, from the rows of `diagnose_blocks`.

    A fit that failed, or has a single chain, has no R-hat.
    """
    fits = read_json(diagnosis)["fits"]
    return [fit["replicate"] for fit in fits if (fit["rhat_max"] or 0) > threshold]


def second_runs(
    job: Mapping[str, Any],
    blocks: Iterable[str | Path],
    exact: str | Path,
    replicates: Sequence[int],
) -> xr.Dataset:
    """Fit some replicates once more and return what each chain found, as `diagnose_blocks` does.

    `job` is that of the first fits (`study.jobs.fit_job`); the seeds are others. `blocks` are files
    with data, and `exact` is that with their exact posteriors. Without replicates, the dataset is
    empty, and neither the sampler nor the code of the diagnosis is imported.
    """
    if not replicates:
        return xr.Dataset()
    import numpy as np

    from funnel.seeds import seed_sequence
    from funnel_study.diagnosis.blocks import diagnose_blocks
    from funnel_study.files.formats import write_netcdf
    from funnel_study.fitting.fit import FitSpec, fit_block

    seed = seed_sequence(job["seed"], "again").generate_state(1, np.uint64)[0]
    spec = FitSpec.from_json({**job, "seed": int(seed), "published_seed": None})
    fits: list[str] = []
    with TemporaryDirectory() as folder:
        for data in map(read_netcdf, blocks):
            if chosen := [i for i in data["replicate"].to_numpy().tolist() if i in replicates]:
                fits.append(f"{folder}/{len(fits)}.nc")
                write_netcdf(fits[-1], fit_block(spec, data.sel(replicate=chosen)))
        return diagnose_blocks(fits, exact)[1]
