from pathlib import Path

import numpy as np
import pygraphviz
import pytest

from funnel import data
from funnel.priors import Priors
from funnel_study.figures.fit_draws import FitDraws, View
from funnel_study.figures.model_graph import dot, render

OF_CENTERED = {("mu", "theta_centered"), ("tau", "theta_centered"), ("theta_centered", "y")}
OF_NONCENTERED = {
    *(("mu", "theta_noncentered"), ("tau", "theta_noncentered"), ("eta", "theta_noncentered")),
    ("theta_noncentered", "y"),
}


def view_of(centeredness: list[float], priors: Priors, message: str = "") -> View:
    c = np.array(centeredness)
    nothing = np.zeros((1, 1))
    theta = np.zeros((1, 1, len(c)))
    fit = FitDraws("any", c, nothing, nothing, theta, theta, nothing > 0, message)
    ones = [1] * len(c)
    return View("a", 0, data.from_observations(ones, ones, ones), priors, "stub", [fit])


@pytest.mark.parametrize(
    ("centeredness", "edges"),
    [
        ([1.0], OF_CENTERED),
        ([0.0, 0.0], OF_NONCENTERED),
        ([0.0, 1.0, 0.0], OF_CENTERED | OF_NONCENTERED),
    ],
)
def test_arrows_show_what_a_node_depends_on(
    priors: Priors, centeredness: list[float], edges: set[tuple[str, str]]
) -> None:
    assert set(pygraphviz.AGraph(dot(view_of(centeredness, priors))).edges()) == edges


def test_a_node_shows_its_distribution_and_what_becomes_of_it() -> None:
    graph = pygraphviz.AGraph(dot(view_of([1.0, 0.0, 0.0], Priors(2.5, 0.5, "half_cauchy"))))
    assert {node: node.attr["label"].split("\\n")[1] for node in graph.nodes()} == {
        "mu": "Normal(0, 2.5)",
        "tau": "HalfCauchy(0.5)",
        "theta_centered": "Normal(mu, tau)",
        "eta": "Normal(0, 1)",
        "theta_noncentered": "mu + tau eta",
        "y": "Normal(theta, sigma)",
    }
    boxes = [node for node in graph.nodes() if node.attr["shape"] == "box"]
    assert boxes == ["theta_noncentered"]
    assert [node for node in graph.nodes() if "filled" in (node.attr["style"] or "")] == ["y"]
    plates = {plate.graph_attr["label"] for plate in graph.subgraphs()}
    assert plates == {"3 observations", "individual 0", "individuals 1, 2"}


@pytest.mark.parametrize(
    ("centeredness", "message", "why"),
    [
        ([0.5, 1.0], "", "no graph of this parameterization"),
        ([np.nan, np.nan], "ValueError: no start", "the fit failed"),
    ],
)
def test_a_fit_without_a_graph_has_a_message(
    tmp_path: Path, priors: Priors, centeredness: list[float], message: str, why: str
) -> None:
    render(dot(view_of(centeredness, priors, message)), tmp_path / "model.svg")
    assert why in (tmp_path / "model.svg").read_text(encoding="utf-8")


def test_the_same_graph_is_the_same_file(tmp_path: Path, priors: Priors) -> None:
    for name in ("one.svg", "two.svg"):
        render(dot(view_of([1.0, 0.0], priors)), tmp_path / name)
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
