import math
from pathlib import Path

import pygraphviz
import pytest

from funnel.priors import Priors
from funnel_study.figures.model_graph import dot, render

TO_THETA = {
    "centered": {("mu", "theta_centered"), ("tau", "theta_centered")},
    "noncentered": {
        *(("mu", "theta_noncentered"), ("tau", "theta_noncentered")),
        ("eta", "theta_noncentered"),
    },
    "partial": {
        *(("mu", "theta_partial"), ("tau", "theta_partial"), ("z", "theta_partial")),
        *(("mu", "z"), ("tau", "z")),
    },
    "marginal": {("mu", "theta_marginal"), ("tau", "theta_marginal")},
}


@pytest.mark.parametrize(
    ("centeredness", "parts"),
    [
        ([1.0], ["centered"]),
        ([0.0, 0.0], ["noncentered"]),
        ([0.0, 1.0, 0.0], ["centered", "noncentered"]),
        ([0.5], ["partial"]),
        ([0.25, 0.0, 1.0, 0.75], ["centered", "noncentered", "partial"]),
        ([math.nan, math.nan], ["marginal"]),
    ],
)
def test_arrows_show_what_a_node_depends_on(
    priors: Priors, centeredness: list[float], parts: list[str]
) -> None:
    graph = pygraphviz.AGraph(dot(centeredness, 5, priors))
    expected = {(f"theta_{part}", "y") for part in parts}
    expected = expected.union(*(TO_THETA[part] for part in parts))
    assert set(graph.edges()) == expected


def test_computed_nodes_are_boxes_and_observed_ones_grey(priors: Priors) -> None:
    graph = pygraphviz.AGraph(dot([1.0, 0.0, 0.5], 3, priors))
    square = {node for node in graph.nodes() if node.attr["shape"] == "box"}
    assert square == {"theta_noncentered", "theta_partial"}
    assert [node for node in graph.nodes() if "filled" in (node.attr["style"] or "")] == ["y"]


def test_a_node_shows_its_distribution(priors: Priors) -> None:
    graph = pygraphviz.AGraph(dot([1.0, 0.0, 0.5], 3, priors))
    laws = {node: node.attr["label"].split("\\n")[1] for node in graph.nodes()}
    assert laws == {
        "mu": "Normal(0, 5)",
        "tau": "HalfNormal(5)",
        "theta_centered": "Normal(mu, tau)",
        "eta": "Normal(0, 1)",
        "theta_noncentered": "mu + tau eta",
        "z": "Normal(c mu, tau^c)",
        "theta_partial": "mu + tau^(1 - c) (z - c mu)",
        "y": "Normal(theta, sigma)",
    }
    cauchy = pygraphviz.AGraph(dot([1.0], 3, Priors(2.5, 0.5, "half_cauchy")))
    assert cauchy.get_node("tau").attr["label"] == "tau\\nHalfCauchy(0.5)"
    assert cauchy.get_node("mu").attr["label"] == "mu\\nNormal(0, 2.5)"


@pytest.mark.parametrize(
    ("centeredness", "observations", "labels"),
    [
        ([1.0], 1, {"1 observation", "individual 0"}),
        ([0.0, 1.0, 0.0], 1_146, {"1,146 observations", "individuals 0, 2", "individual 1"}),
        ([0.0] * 13, 13, {"13 observations", "13 individuals"}),
    ],
)
def test_a_plate_names_its_individuals(
    priors: Priors, centeredness: list[float], observations: int, labels: set[str]
) -> None:
    graph = pygraphviz.AGraph(dot(centeredness, observations, priors))
    assert {plate.graph_attr["label"] for plate in graph.subgraphs()} == labels


def test_a_graph_is_drawn_as_svg_and_png(tmp_path: Path, priors: Priors) -> None:
    graph = dot([1.0, 0.0, 0.5], 3, priors)
    for name in ("model.svg", "model.png"):
        render(graph, tmp_path / name)
    assert "HalfNormal(5)" in (tmp_path / "model.svg").read_text(encoding="utf-8")
    assert (tmp_path / "model.png").read_bytes().startswith(b"\x89PNG")
    assert {path.name for path in tmp_path.iterdir()} == {"model.svg", "model.png"}


def test_the_same_graph_is_the_same_file(tmp_path: Path, priors: Priors) -> None:
    for name in ("one.svg", "two.svg"):
        render(dot([1.0, 0.0], 2, priors), tmp_path / name)
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
