"""The graph of the model in the parameterization of a fit, in the DOT language of Graphviz."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pygraphviz

from funnel_study.figures.fit_draws import View
from funnel_study.files.whole_files import written_whole

# parameterizations in which mu depends on tau, and theta on both
PLACED = ("data_based",)
_STYLE = """
    graph [fontname="DejaVu Sans", fontsize=11, color="#6b6b6b", fontcolor="#6b6b6b", style=rounded]
    node [fontname="DejaVu Sans", fontsize=12, color="#222222", fontcolor="#222222"]
    edge [color="#222222", arrowsize=0.7]
"""


def dot(view: View) -> str:
    """Return the graph of the model of a fit in DOT.

    Ellipses are sampled, boxes are computed, and grey nodes are observed. Each individual must be
    centered, noncentered or `PLACED`; otherwise, the graph is a message.
    """
    (fit,), priors, one = view.fits, view.priors, view.data_set.data
    observations = len(next(iter(one.stored().values())))
    of_mu = f"mu\\nNormal({priors.mu_mean:g}, {priors.mu_sd:g})"
    lines = [
        _node("tau", f"tau\\n{priors.of_tau}"),
        'subgraph cluster_y { labeljust=r; labelloc=b; label="'
        f'{observations:,} observation{"s"[: observations > 1]}"',
        _node("y", f"y\\n{one.DISTRIBUTION}", 'style=filled, fillcolor="#dddddd"'),
        "}",
    ]
    if one.SIGMA:
        lines += [_node("sigma", f"sigma\\n{priors.of_sigma}"), "sigma -> y"]
    if fit.parameterization in PLACED and not fit.message:
        lines += [_node("z_mu", "z_mu"), _node("mu", of_mu, "shape=box"), "z_mu -> mu"]
        nodes = (_node("z", "z"), _node("theta", "theta\\nNormal(mu, tau)", "shape=box"))
        lines += [_plate("all", np.arange(len(fit.centeredness)), *nodes), "z -> theta"]
        lines += ["tau -> mu", *_arrows("theta")]
        if one.SIGMA:  # by which the data are standardised
            lines += ["sigma -> mu", "sigma -> theta"]
        return "digraph model {" + _STYLE + "\n".join(lines) + "\n}\n"
    lines.append(_node("mu", of_mu))
    if not np.isin(fit.centeredness, (0, 1)).all():
        why = "the fit failed" if fit.message else "no graph of this parameterization"
        return "digraph model {" + _STYLE + _node("none", why, "shape=box") + "\n}\n"
    centered, noncentered = (np.flatnonzero(fit.centeredness == c) for c in (1, 0))
    if len(centered):
        node = _node("theta_centered", "theta\\nNormal(mu, tau)")
        lines += [_plate("centered", centered, node), *_arrows("theta_centered")]
    if len(noncentered):
        theta = _node("theta_noncentered", "theta\\nmu + tau eta", "shape=box")
        nodes = (_node("eta", "eta\\nNormal(0, 1)"), theta)
        lines += [_plate("noncentered", noncentered, *nodes), "eta -> theta_noncentered"]
        lines += _arrows("theta_noncentered")
    return "digraph model {" + _STYLE + "\n".join(lines) + "\n}\n"


def render(graph: str, path: str | Path) -> None:
    """Draw a graph in DOT, in the format of the suffix of `path`."""
    with written_whole(path) as temporary:
        layout = pygraphviz.AGraph(string=graph)
        layout.draw(str(temporary), prog="dot", format=temporary.suffix.removeprefix("."))


def _node(name: str, label: str, style: str = "shape=ellipse") -> str:
    return f'{name} [label="{label}", {style}]'


def _arrows(theta: str) -> list[str]:
    return [f"mu -> {theta}", f"tau -> {theta}", f"{theta} -> y"]


def _plate(name: str, individuals: np.ndarray, *nodes: str) -> str:
    """Return nodes in a box that lists their individuals, or counts them if they are many."""
    label = f"individual{'s'[: len(individuals) > 1]} {', '.join(map(str, individuals))}"
    if len(individuals) > 12:
        label = f"{len(individuals)} individuals"
    return f'subgraph cluster_{name} {{ label="{label}"\n' + "\n".join([*nodes, "}"])
