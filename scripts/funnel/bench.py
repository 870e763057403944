"""Funnel against what its users would run instead: from raw measurements to tables and a figure.

A *peer* is a program that does the fits of the same data by other means, or this project itself. A
*run* is what was started and measured as a whole: a process with all fits of a peer, or with one.
What it took beyond its fits (starting, importing, writing) is shared out among them evenly, so that
the fits of a run add up to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import plotnine as p9
from numpy.typing import NDArray

from funnel.data import DataSet, Priors
from funnel.diagnostic_value import LARGE
from funnel.diagnostics import estimate
from funnel.errors import kolmogorov_smirnov
from funnel.exact import ExactPosterior
from funnel.theme import INK, MUTED, colours, theme

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Peer:
    """A program in scripts/peers, the environment it runs in, and its processes.

    `a_process_a_fit` starts it anew for each fit; otherwise one process does them all.
    """

    label: str
    program: str
    environment: str
    a_process_a_fit: bool = False


PEERS = {
    "pymc3": Peer("PyMC3", "with_pymc3.py", "pymc3"),
    "pymc": Peer("PyMC", "with_pymc.py", "bench"),
    "pystan": Peer("PyStan", "with_pystan.py", "bench"),
    "nutpie": Peer("nutpie, a process a fit", "with_nutpie.py", "bench", a_process_a_fit=True),
    "nutpie-loop": Peer("nutpie, one process", "with_nutpie.py", "bench"),
}
OURS, DIAGNOSED, OLDEST = "funnel", "funnel-diagnosed", "pymc3"
LABELS = {
    OURS: "Funnel",
    DIAGNOSED: "Funnel, diagnosed too",
    **{name: peer.label for name, peer in PEERS.items()},
}

PLACE = ["peer", "scenario", "parameterization"]
FIT_COLUMNS = [
    *(*PLACE, "replicate", "status", "message", "seconds", "cpu_seconds"),
    *("sampling_seconds", "compile_seconds", "leapfrog_steps", "ess_bulk", "z_tau", "ks"),
]
CELL_COLUMNS = [
    *(*PLACE, "fits", "failed", "fits_per_minute", "seconds", "cpu_seconds", "sampling_seconds"),
    *("compile_seconds", "leapfrog_steps", "leapfrog_steps_per_core_second", "ess_bulk"),
    *("ess_per_cpu_second", "z_tau", "ks", "explored", "funnel_times_as_fast"),
    "times_as_fast_as_pymc3",
]
PEER_COLUMNS = [
    *("peer", "status", "cells", "fits", "failed", "fits_per_minute", "funnel_times_as_fast"),
    *("times_as_fast_as_pymc3", "cpu_seconds", "ess_per_cpu_second"),
    *("leapfrog_steps_per_core_second", "sampling_seconds", "compile_seconds", "build_seconds"),
    *("largest_memory_mb", "z_tau", "cores", "versions", "message"),
]
_MEANS = ["seconds", "cpu_seconds", "sampling_seconds", "compile_seconds", "leapfrog_steps"]
# the root mean square of z over a cell's fits; above, a cell is not explored, or a peer is wrong
_EXPLORED, _WRONG = 2.0, 5.0


def quality(tau: Array, data_set: DataSet, priors: Priors) -> dict[str, float]:
    """How good the draws of tau (chain, draw) are, by ArviZ and by the exact posterior.

    `ess_bulk` is theirs, `z_tau` the error of their mean in Monte Carlo standard errors, `ks` their
    Kolmogorov-Smirnov distance.
    """
    exact = ExactPosterior(data_set.group_means(), priors)
    summary = {name: float(values[0]) for name, values in estimate(tau[None]).items()}
    return {
        "ess_bulk": summary["ess_bulk"],
        "z_tau": (summary["mean"] - exact.mean()["tau"]) / summary["mcse_mean"],
        "ks": kolmogorov_smirnov(exact.cdf("tau", np.sort(tau, axis=None))),
    }


def shared_out(whole: float, parts: Sequence[float]) -> Array:
    """The seconds of a run by fit: those of its own, and an even share of what is left.

    A fit without seconds of its own (nan) has the share alone.
    """
    own = np.nan_to_num(np.asarray(parts, dtype=float))
    return np.asarray(own + (whole - own.sum()) / len(own))


def with_costs(
    fits: Sequence[Mapping[str, Any]], seconds: float, cpu_seconds: float
) -> list[dict[str, Any]]:
    """The fits of one run, which took so much, with the `seconds` and `cpu_seconds` of each.

    CPU seconds are shared out as the wall seconds are.
    """
    each = shared_out(seconds, [fit["seconds"] for fit in fits])
    return [
        {**fit, "seconds": own, "cpu_seconds": own / seconds * cpu_seconds if seconds else 0.0}
        for fit, own in zip(fits, each.tolist(), strict=True)
    ]


def cells(fits: pd.DataFrame, cores: Mapping[str, int]) -> pd.DataFrame:
    """A row a peer, scenario and parameterization: means over its fits that ended.

    `cores` are those that a fit of each peer may use. `leapfrog_steps_per_core_second` are the
    steps of the draws over the seconds of sampling, tuning included, times those cores. `z_tau` is
    the root mean square over fits, `ks` the mean. A cell is `explored` if this project's fits are
    right: none has a ks over 0.05, nor their z_tau a size over 2; elsewhere ESS means nothing. The
    last two columns are ratios of fits a minute.
    """
    rows = []
    for place, group in fits.groupby(PLACE, sort=False):
        ended = group[group["status"] == "ok"]
        row = dict(zip(PLACE, place, strict=True))
        row |= {"fits": len(ended), "failed": len(group) - len(ended)}
        row |= {name: ended[name].astype(float).mean() for name in [*_MEANS, "ess_bulk", "ks"]}
        row["z_tau"] = np.sqrt((ended["z_tau"].astype(float) ** 2).mean())
        row["largest_ks"] = ended["ks"].astype(float).max()
        row["cores"] = cores[str(row["peer"])]
        rows.append(row)
    table = pd.DataFrame(rows)
    core_seconds = table["sampling_seconds"] * table["cores"]
    table = table.assign(
        fits_per_minute=60 / table["seconds"],
        leapfrog_steps_per_core_second=table["leapfrog_steps"] / core_seconds,
        ess_per_cpu_second=table["ess_bulk"] / table["cpu_seconds"],
    )
    right = (table["largest_ks"] <= LARGE) & (table["z_tau"] <= _EXPLORED)
    ours = table.assign(right=right)[table["peer"] == OURS].set_index(PLACE[1:])
    oldest = table[table["peer"] == OLDEST].set_index(PLACE[1:])
    where = pd.MultiIndex.from_frame(table[PLACE[1:]])
    seconds = table["seconds"].to_numpy()
    table["explored"] = ours["right"].reindex(where, fill_value=False).to_numpy()
    table["funnel_times_as_fast"] = seconds / ours["seconds"].reindex(where).to_numpy()
    table["times_as_fast_as_pymc3"] = oldest["seconds"].reindex(where).to_numpy() / seconds
    return table[CELL_COLUMNS]


def peers(cells: pd.DataFrame, about: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """A row a peer, in the order of `about`, which has what is known of it beside its fits.

    A cell counts alike however many fits it has. Ratios are over the cells that both have. ESS per
    CPU second and `z_tau` (root mean square) are over the explored cells. `status` is ok, failed
    (no fit ended), incomplete (some did not) or wrong: z_tau is over 5 in an explored cell.
    """
    rows = []
    for peer, known in about.items():
        own = cells[cells["peer"] == peer]
        ended = own[own["fits"] > 0]
        explored = ended[ended["explored"]]
        wrong = explored[explored["z_tau"] > _WRONG]
        failed = int(own["failed"].sum())
        status, message = "ok", known["message"]
        if ended.empty:
            status = "failed"
        elif len(wrong):
            status = "wrong"
            where = wrong["scenario"] + ", " + wrong["parameterization"]
            message = f"tau is not that of the exact posterior: {'; '.join(where)}"
        elif failed:
            status = "incomplete"
        row = {
            **known,
            "peer": peer,
            "status": status,
            "message": message if status != "ok" else "",
            "cells": len(ended),
            "fits": int(ended["fits"].sum()),
            "failed": failed,
            "fits_per_minute": 60 / ended["seconds"].mean(),
            "funnel_times_as_fast": _times_as_fast(cells, OURS, peer),
            "times_as_fast_as_pymc3": _times_as_fast(cells, peer, OLDEST),
            "cpu_seconds": ended["cpu_seconds"].mean(),
            "ess_per_cpu_second": explored["ess_bulk"].sum() / explored["cpu_seconds"].sum()
            if len(explored)
            else np.nan,
            "leapfrog_steps_per_core_second": ended["leapfrog_steps"].sum()
            / (ended["leapfrog_steps"] / ended["leapfrog_steps_per_core_second"]).sum()
            if len(ended)
            else np.nan,
            "sampling_seconds": ended["sampling_seconds"].mean(),
            "compile_seconds": ended["compile_seconds"].mean(),
            "z_tau": np.sqrt((explored["z_tau"] ** 2).mean()),
        }
        rows.append(row)
    return pd.DataFrame(rows, columns=PEER_COLUMNS)


def _times_as_fast(cells: pd.DataFrame, one: str, other: str) -> float:
    """How many times the fits a minute of `other` those of `one` are, over the cells of both."""
    seconds = cells.set_index(PLACE)["seconds"].dropna()
    by_peer = [
        seconds.xs(peer) if peer in seconds.index.get_level_values(0) else seconds.iloc[:0]
        for peer in (one, other)
    ]
    if any(each.empty for each in by_peer):
        return np.nan
    both = pd.concat(by_peer, axis=1, join="inner", keys=["one", "other"])
    return float(both["other"].sum() / both["one"].sum())


_SHOWN = {
    "peer": "",
    "status": "status",
    "fits": "fits",
    "cells": "cells",
    "fits_per_minute": "fits a minute",
    "funnel_times_as_fast": "how many times as fast Funnel is",
    "times_as_fast_as_pymc3": "times as fast as PyMC3",
    "cpu_seconds": "CPU s a fit",
    "ess_per_cpu_second": "ESS of tau a CPU s",
    "leapfrog_steps_per_core_second": "leapfrog steps a core s",
    "build_seconds": "build s",
    "largest_memory_mb": "memory, MB",
    "z_tau": "z of tau",
    "versions": "versions",
}


_NOTES = (
    "Fits a minute have everything from the start of a process to its end: importing, compiling, "
    "sampling, writing; Funnel's have its data and Snakemake too. Of all cells: 60 over the mean "
    "seconds of a fit. Ratios are of the cells that both have. One run, so no interval.",
    "Each ran by itself, with caches of its own that a first run of every parameterization had "
    "filled: build s is what that took.",
    "A peer has the likelihood of all observations, Funnel that of the group means: the same where "
    "each individual has one observation.",
    "What a run takes once (starting, importing, compiling) is shared out among its fits, of which "
    "Funnel's has more, as its studies do: part of its lead on nutpie, the same sampler, is that; "
    "the rest is one core a fit, group means, and lean imports.",
    "CPU seconds have all processes. Leapfrog steps are those of the draws, over the seconds of "
    "sampling, tuning included, times the cores that a fit had: one of Funnel's, all of a peer's.",
    "z of tau is the error of its posterior mean in Monte Carlo standard errors, root mean square "
    "over cells: near 1 where a program is right.",
)


def markdown(peers: pd.DataFrame, cells: pd.DataFrame, facts: Sequence[str]) -> str:
    """The tables as a page: peers, how they were measured (`facts`), and ratios by cell."""
    shown = peers.assign(peer=peers["peer"].map(LABELS))[list(_SHOWN)].rename(columns=_SHOWN)
    ratios = cells[cells["peer"] != OURS].pivot_table(
        index=["scenario", "parameterization"],
        columns="peer",
        values="funnel_times_as_fast",
        sort=False,
    )
    by_cell = ratios.rename(columns=LABELS).reset_index()
    explored = cells[cells["explored"]].drop_duplicates(PLACE[1:])[PLACE[1:]].agg(", ".join, axis=1)
    messages = peers.loc[peers["message"] != "", ["peer", "message"]].itertuples(index=False)
    return "\n".join(
        [
            "# Funnel and what would be run instead",
            "",
            *_table(shown),
            "",
            *(f"- {LABELS[str(peer)]}: {message}" for peer, message in messages),
            *(f"- {fact}" for fact in (*facts, *_NOTES)),
            f"- ESS and z are of the cells that Funnel's own fits explore (elsewhere ESS means "
            f"nothing): {'; '.join(explored) or 'none'}.",
            "",
            "## How many times as fast Funnel is, by cell",
            "",
            *_table(by_cell),
            "",
        ]
    )


def _table(table: pd.DataFrame) -> list[str]:
    rows = [[_text(value) for value in row] for row in table.itertuples(index=False)]
    lines = [list(table.columns), ["---"] * len(table.columns), *rows]
    return [f"| {' | '.join(line)} |" for line in lines]


def _text(value: object) -> str:
    if isinstance(value, float):
        if not np.isfinite(value):
            return ""
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return str(value)


def figure(peers: pd.DataFrame, cells: pd.DataFrame) -> p9.ggplot:
    """What every peer does in a minute or second: all its cells (bar) and each (point)."""
    measures = {
        "fits_per_minute": "fits a minute",
        "ess_per_cpu_second": "ESS of tau a CPU second",
        "leapfrog_steps_per_core_second": "leapfrog steps a core second",
    }
    order = [LABELS[name] for name in peers["peer"]][::-1]
    names = list(cells["parameterization"].unique())

    def long(table: pd.DataFrame, *keys: str) -> pd.DataFrame:
        melted = table.melt(["peer", *keys], list(measures), "measure").dropna(subset=["value"])
        return melted.assign(
            peer=pd.Categorical(melted["peer"].map(LABELS), order),
            measure=pd.Categorical(melted["measure"].map(measures), list(measures.values())),
        )

    meaningful = cells.assign(
        ess_per_cpu_second=cells["ess_per_cpu_second"].where(cells["explored"])
    )
    points = long(meaningful, "scenario", "parameterization")
    points["parameterization"] = pd.Categorical(points["parameterization"], names)
    points["scenario"] = pd.Categorical(points["scenario"], cells["scenario"].unique())
    whole = long(peers)
    whole["text"] = [_text(float(value)) for value in whole["value"]]
    failed = peers.loc[peers["status"] == "failed", ["peer"]].assign(
        text="failed", measure=next(iter(measures))
    )
    without = long(failed.assign(**dict.fromkeys(measures, 1.0)), "text")
    lowest = whole.groupby("measure", observed=True)["value"].min()
    without["value"] = without["measure"].map(lowest).astype(float)
    return (
        p9.ggplot(whole, p9.aes("value", "peer"))
        + p9.geom_point(
            p9.aes(colour="parameterization", shape="scenario"), data=points, size=2, alpha=0.8
        )
        + p9.geom_point(shape="|", size=8, colour=INK, stroke=1.2)
        + p9.geom_text(p9.aes(label="text"), nudge_y=0.34, size=8, colour=INK)
        + p9.geom_text(p9.aes(label="text"), data=without, size=8, colour=MUTED)
        + p9.facet_wrap("measure", scales="free_x", nrow=1)
        # room at both ends for the text of a bar
        + p9.scale_x_log10(
            expand=(0.1, 0), labels=lambda shown: [f"{each:,.10g}" for each in shown]
        )
        + p9.scale_colour_manual(values=colours(names))
        + p9.labs(
            title="Funnel and what would be run instead",
            subtitle="a bar is all cells, a point one of them",
            x="",
            y="",
        )
        + theme(11.0, 1.6 + 0.55 * len(order))
    )
