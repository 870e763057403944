"""The graph of the model in the parameterization of a fit, in the DOT language of Graphviz."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from pathlib import Path

import pygraphviz

from funnel.priors import Priors
from funnel_study.files.whole_files import written_whole

_STYLE = """
    graph [fontname="DejaVu Sans", fontsize=11, color="#6b6b6b", fontcolor="#6b6b6b", style=rounded]
    node [fontname="DejaVu Sans", fontsize=12, color="#222222", fontcolor="#222222"]
    edge [color="#222222", arrowsize=0.7]
"""


def dot(centeredness: Sequence[float], observations: int, priors: Priors, failure: str = "") -> str:
    """Return the graph of the model in DOT.

    Ellipses are sampled, boxes are computed, grey nodes are observed and dashed ones are integrated
    out.

    Parameters
    ----------
    centeredness
        The centeredness of each individual. It is nan if theta is integrated out, or if the fit
        failed before it was known.
    observations
        The number of observations of all individuals together.
    priors
        The priors of mu and tau.
    failure
        The message of a failed fit. It is shown instead of the model if a centeredness is nan.
    """
    if failure and any(math.isnan(c) for c in centeredness):
        text = textwrap.fill(f"No model: {failure}", 60).replace('"', "'").replace("\n", "\\n")
        return "digraph model {" + _STYLE + _node("failure", text, "shape=box") + "\n}\n"
    prior_of_tau = {"half_normal": "HalfNormal", "half_cauchy": "HalfCauchy"}[priors.tau]
    lines = [
        _node("mu", f"mu\\nNormal(0, {priors.mu_sd:g})"),
        _node("tau", f"tau\\n{prior_of_tau}({priors.tau_scale:g})"),
        'subgraph cluster_y { labeljust=r; labelloc=b; label="'
        f'{observations:,} observation{"s"[: observations > 1]}"',
        _node("y", "y\\nNormal(theta, sigma)", 'style=filled, fillcolor="#dddddd"'),
        "}",
    ]
    parts = {
        "centered": [k for k, c in enumerate(centeredness) if c == 1],
        "noncentered": [k for k, c in enumerate(centeredness) if c == 0],
        "partial": [k for k, c in enumerate(centeredness) if 0 < c < 1],
        "marginal": [k for k, c in enumerate(centeredness) if math.isnan(c)],
    }
    for part, individuals in parts.items():
        if not individuals:
            continue
        theta = f"theta_{part}"
        lines.append(f'subgraph cluster_{part} {{ label="{_listed(individuals)}"')
        if part == "centered":
            lines += [_node(theta, "theta\\nNormal(mu, tau)"), "}"]
        elif part == "marginal":
            text = "theta\\nNormal(mu, tau)\\nintegrated out"
            lines += [_node(theta, text, "shape=ellipse, style=dashed"), "}"]
        else:
            sampled, law, computed = {
                "noncentered": ("eta", "Normal(0, 1)", "mu + tau eta"),
                "partial": ("z", "Normal(c mu, tau^c)", "mu + tau^(1 - c) (z - c mu)"),
            }[part]
            lines += [
                _node(sampled, f"{sampled}\\n{law}"),
                _node(theta, f"theta\\n{computed}", "shape=box"),
                "}",
                f"{sampled} -> {theta}",
            ]
            if part == "partial":
                lines += [f"mu -> {sampled}", f"tau -> {sampled}"]
        lines += [f"mu -> {theta}", f"tau -> {theta}", f"{theta} -> y"]
    return "digraph model {" + _STYLE + "\n".join(lines) + "\n}\n"


def render(graph: str, path: str | Path) -> None:
    """Draw a graph in DOT, in the format of the suffix of `path`."""
    with written_whole(path) as temporary:
        layout = pygraphviz.AGraph(string=graph)
        layout.draw(str(temporary), prog="dot", format=temporary.suffix.removeprefix("."))


def _node(name: str, label: str, style: str = "shape=ellipse") -> str:
    return f'{name} [label="{label}", {style}]'


def _listed(individuals: Sequence[int]) -> str:
    """Return the label of a plate: its individuals."""
    if len(individuals) > 12:
        return f"{len(individuals)} individuals"
    return f"individual{'s'[: len(individuals) > 1]} {', '.join(map(str, individuals))}"
