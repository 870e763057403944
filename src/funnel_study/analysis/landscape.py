"""The landscape: the tables of a study whose replicates are points of a design.

The statistics are those of `analysis.score`, `analysis.arms` and `analysis.regression`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import xarray as xr

from funnel_study.analysis import regression
from funnel_study.analysis.arms import BANDS, band, compare
from funnel_study.analysis.score import scores, scores_of_halves
from funnel_study.files.tables import FIT_KEYS

# the lines of the figure: what one can use for every likelihood
LINES = ("centered", "noncentered", "low_tau", "data_based")
REFERENCE = "data_based"
ALL = "all"
LENGTHS = 2  # of chains: the whole ones, and the longest stored prefix
TABLES = ("landscape", "landscape_lines", "landscape_bands", "landscape_noise")


def reference_of(parameterizations: Sequence[str]) -> str:
    """Return the parameterization that all others are divided by."""
    return REFERENCE if REFERENCE in parameterizations else parameterizations[0]


def lines_of(parameterizations: Sequence[str]) -> list[str]:
    """Return the parameterizations that the figure shows: those of `LINES`, or all."""
    known = [name for name in LINES if name in parameterizations]
    return known if len(known) > 1 else list(parameterizations)


def tables(
    chain_errors: Mapping[str, xr.Dataset], fits: pd.DataFrame, points: pd.DataFrame, seed: int
) -> dict[str, pd.DataFrame]:
    """Return the `TABLES` of a study with a design, by name.

    `chain_errors` are the datasets of `diagnosis.chain_errors.join_cells` by scenario, `fits` is
    the table of fits, and `points` has the features of every `scenario` and `replicate`. Of
    `landscape`, one row is a fit and a length of its chains; of `landscape_lines`, a place on the
    line of a parameterization; of `landscape_bands` and `landscape_noise`, a row is one of
    `arms.compare`. What it compares is each parameterization with `reference_of`, over all points
    and in each band of s / tau; and, for the noise, both halves of the chains of each
    parameterization, which are identical arms.
    """
    known = points.assign(
        point=[f"{name}-{i:04d}" for name, i in points[["scenario", "replicate"]].to_numpy()]
    )
    found = scores(chain_errors).merge(known, on=["scenario", "replicate"])
    lengths = sorted(found["draws"].unique())[-LENGTHS:]
    found = found[found["draws"].isin(lengths)]
    found = found.merge(fits[[*FIT_KEYS, "rhat_max", "divergences"]], on=FIT_KEYS)
    names = list(found["parameterization"].unique())
    halves = scores_of_halves(chain_errors).merge(known, on=["scenario", "replicate"])
    halves = halves[halves["draws"] == lengths[-1]]
    keys = ["sampler", "draws"]
    lines = {
        key: regression.landscape(_of(group, lines_of(names)), lines_of(names), seed=seed)
        for key, group in found.groupby(keys, sort=False)
    }
    banded = pd.concat(
        [found.assign(band=ALL), found.assign(band=band(found["ratio"]).astype(str))]
    )
    by = [*keys, "likelihood"]
    bands = compare(banded, reference_of(names), [*by, "band"], seed=seed)
    order = {name: i for i, name in enumerate([ALL, *BANDS])}
    return {
        "landscape": found,
        "landscape_lines": pd.concat(lines, names=keys).reset_index(keys).reset_index(drop=True),
        "landscape_bands": bands.sort_values(
            [*by, "band"], key=lambda of: of.map(order) if of.name == "band" else of, kind="stable"
        ),
        "landscape_noise": compare(halves, "first", [*by, "parameterization"], "half", seed),
    }


def _of(table: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    return table[table["parameterization"].isin(names)]
