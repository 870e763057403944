"""The landscape: the tables of a study whose replicates are points of a design.

The statistics are those of `analysis.score`, `analysis.arms` and `analysis.regression`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr

from funnel_study.analysis import regression
from funnel_study.analysis.arms import BANDS, band, compare
from funnel_study.analysis.criteria import RHAT_THRESHOLD
from funnel_study.analysis.qualification import deciding, intervals, verdict
from funnel_study.analysis.score import (
    COLUMNS,
    PARTS,
    scores,
    scores_of_halves,
    squared_biases,
    with_reruns,
)
from funnel_study.files.tables import FIT_KEYS

# the lines of the figure: what one can use for every likelihood
LINES = ("centered", "noncentered", "low_tau", "data_based")
REFERENCE = "data_based"
ALL = "all"
LENGTHS = 2  # of chains: the whole ones, and the longest stored prefix
TABLES = (
    *("landscape", "landscape_lines", "landscape_bands", "landscape_arms", "landscape_noise"),
)
# columns of `arms.compare`, and their names where fits are run again
WITH_RERUNS = {
    "ratio": "ratio_with_reruns",
    "ratio_low": "ratio_with_reruns_low",
    "ratio_high": "ratio_with_reruns_high",
    "verdict": "verdict_with_reruns",
    "data_sets": "data_sets_with_reruns",
    "largest_share": "largest_share_with_reruns",
}


def reference_of(parameterizations: Sequence[str]) -> str:
    """Return the parameterization that all others are divided by."""
    return REFERENCE if REFERENCE in parameterizations else parameterizations[0]


def lines_of(parameterizations: Sequence[str]) -> list[str]:
    """Return the parameterizations that the figure shows: those of `LINES`, or all."""
    known = [name for name in LINES if name in parameterizations]
    return known if len(known) > 1 else list(parameterizations)


def tables(
    chain_errors: Mapping[str, xr.Dataset],
    again: Iterable[tuple[str, xr.Dataset]],
    fits: pd.DataFrame,
    points: pd.DataFrame,
    seed: int,
) -> dict[str, pd.DataFrame]:
    """Return the `TABLES` of a study with a design, by name.

    `chain_errors` are the datasets of `diagnosis.chain_errors.join_cells` by scenario, `again` has
    scenarios and such datasets of second runs, `fits` is the table of fits, and `points` has the
    features of every `scenario` and `replicate`. Of `landscape`, one row is a fit and a length of
    its chains; of `landscape_lines`, a place on the line of a parameterization, with whole chains
    and second runs; of `landscape_arms`, a parameterization and its bias; of `landscape_bands` and
    `landscape_noise`, a row is one of `arms.compare`. What it compares is each parameterization
    with `reference_of`, over all points and in each band of s / tau, without and with second runs;
    and, for the noise, both halves of the chains of each parameterization, which are identical
    arms. Only whole chains are run again, because R-hat is theirs.
    """
    known = points.rename(columns={"mu": "true_mu"}).assign(
        point=[f"{name}-{i:04d}" for name, i in points[["scenario", "replicate"]].to_numpy()]
    )
    found = scores(chain_errors).merge(known, on=["scenario", "replicate"])
    lengths = sorted(found["draws"].unique())[-LENGTHS:]
    found = found[found["draws"].isin(lengths)]
    found = found.merge(fits[[*FIT_KEYS, "rhat_max", "divergences"]], on=FIT_KEYS)
    names = list(found["parameterization"].unique())
    second = [scores({name: each}) for name, each in again]
    of_second = pd.concat(second) if second else found[[*COLUMNS]].iloc[:0]
    rerun = with_reruns(
        found[found["draws"] == lengths[-1]], of_second.merge(known, on=["scenario", "replicate"])
    )
    found = found.assign(score_with_reruns=rerun["score"])
    halves = scores_of_halves(chain_errors).merge(known, on=["scenario", "replicate"])
    halves = halves[halves["draws"] == lengths[-1]]
    keys = ["sampler", "draws"]
    lines = {
        key: regression.landscape(_of(group, lines_of(names)), lines_of(names), seed=seed)
        for key, group in rerun.groupby(keys, sort=False)
    }
    by = [*keys, "likelihood"]
    return {
        "landscape": found,
        "landscape_lines": pd.concat(lines, names=keys).reset_index(keys).reset_index(drop=True),
        "landscape_bands": _bands(found, reference_of(names), by, seed),
        "landscape_arms": _arms(found, squared_biases(chain_errors), [*by, "parameterization"]),
        "landscape_noise": compare(halves, "first", [*by, "parameterization"], "half", seed),
    }


def _bands(found: pd.DataFrame, reference: str, by: Sequence[str], seed: int) -> pd.DataFrame:
    banded = pd.concat(
        [found.assign(band=ALL), found.assign(band=band(found["ratio"]).astype(str))]
    )
    keys = [*by, "band", "parameterization"]
    plain = compare(banded, reference, keys[:-1], seed=seed)
    whole = banded[banded["draws"] == banded["draws"].max()]
    again = compare(whole.assign(score=whole["score_with_reruns"]), reference, keys[:-1], seed=seed)
    again = again.rename(columns=WITH_RERUNS)[[*keys, *WITH_RERUNS.values()]]
    order = {name: i for i, name in enumerate([ALL, *BANDS])}
    bands = plain.merge(again, "left", keys).astype({"data_sets_with_reruns": "Int64"})
    return bands.sort_values(
        [*by, "band"], key=lambda of: of.map(order) if of.name == "band" else of, kind="stable"
    )


def _arms(found: pd.DataFrame, biases: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Return the number of unconverged fits of each parameterization, and the verdict on its bias.

    The squared bias is that of the function which the verdict depends on most.
    """
    rows = []
    table = found.drop(columns=[*PARTS]).merge(biases, on=[*FIT_KEYS, "draws"])
    for key, group in table.groupby([*by], sort=False):
        row = {
            **dict(zip(by, key, strict=True)),
            "fits": len(group),
            "failed": int((~np.isfinite(group["score"])).sum()),
            "unconverged": int((group["rhat_max"] > RHAT_THRESHOLD).sum()),
        }
        of_parts = group.melt(value_vars=[*PARTS], var_name="estimand")
        if tested := intervals(of_parts, "value", "{}"):
            bias = deciding(tested)
            row |= {"bias_verdict": verdict(tested), "bias_of": bias.of}
            row |= {"bias_squared": bias.estimate}
            row |= {"bias_squared_low": bias.low, "bias_squared_high": bias.high}
        rows.append(row)
    return pd.DataFrame(rows).sort_values([*by[:-1]], kind="stable")


def _of(table: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    return table[table["parameterization"].isin(names)]
