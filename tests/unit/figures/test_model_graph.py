from pathlib import Path

import numpy as np
import pygraphviz
import pytest
from problem_of import priors_of, small_data_set

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
    return View(
        "a",
        0,
        data.given_data("normal", {"n_per_individual": ones, "sigma": 1.0}, ones),
        priors,
        "stub",
        [fit],
    )


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


def test_sigma_is_part_of_the_graph_where_it_is_a_parameter() -> None:
    data_set, nothing = small_data_set("normal_unknown_sigma"), np.zeros((1, 1, 4))
    fit = FitDraws("centered", np.ones(4), *[nothing[0]] * 2, nothing, nothing, nothing[0] > 0)
    view = View("a", 0, data_set, priors_of("normal_unknown_sigma"), "stub", [fit])
    graph = pygraphviz.AGraph(dot(view))
    assert set(graph.edges()) == OF_CENTERED | {("sigma", "y")}
    assert "HalfNormal(3)" in graph.get_node("sigma").attr["label"]


@pytest.mark.parametrize(("c", "message"), [(0.5, ""), (np.nan, "ValueError: no start")])
def test_a_fit_without_a_graph_has_a_message(
    tmp_path: Path, priors: Priors, c: float, message: str
) -> None:
    render(dot(view_of([c, 1.0], priors, message)), tmp_path / "model.svg")
    why = "the fit failed" if message else "no graph of this parameterization"
    assert why in (tmp_path / "model.svg").read_text(encoding="utf-8")
