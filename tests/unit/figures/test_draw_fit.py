from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import plotnine as p9
import pytest
from matplotlib.path import Path as Border
from numpy.typing import NDArray
from problem_of import LIKELIHOODS, priors_of, small_data_set
from scipy import stats

from funnel import data
from funnel.data import DataSet
from funnel.exact import ExactPosterior
from funnel.inference import exact_posterior_of
from funnel.priors import Priors
from funnel_study.figures import draw_fit
from funnel_study.figures.fit_draws import FitDraws, View
from funnel_study.figures.funnels import REGIONS, _contours
from funnel_study.figures.registry import FIT_FIGURES
from funnel_study.figures.theme import save

PRIORS = Priors(5.0, 5.0)
PARTS = {
    "centered": lambda K: np.ones(K),
    "noncentered": lambda K: np.zeros(K),
    "mixed": lambda K: np.arange(1.0, K + 1) % 2,
}


def fit_of(
    data_set: DataSet,
    parameterization: str,
    chains: int = 2,
    draws: int = 60,
    seed: int = 1,
    priors: Priors = PRIORS,
) -> FitDraws:
    """A fit that explored its posterior and diverged where tau was smallest."""
    exact = exact_posterior_of(data_set.data, priors)
    drawn = exact.draws(chains * draws, np.random.default_rng(seed))
    theta = drawn.pop("theta").reshape(chains, draws, -1)
    of_population = {name: values.reshape(chains, draws) for name, values in drawn.items()}
    mu, tau = of_population["mu"], of_population["tau"]
    c = PARTS[parameterization](theta.shape[-1])
    z = np.where(c == 1, theta, (theta - mu[..., None]) / tau[..., None])
    diverging = tau <= np.quantile(tau, 0.05)
    return FitDraws(parameterization, c, theta=theta, z=z, diverging=diverging, **of_population)


def still(
    data_set: DataSet, parameterization: str, value: float = 3.0, message: str = ""
) -> FitDraws:
    """A fit that diverged in every transition and so never moved; with nan, one that failed."""
    one, theta = np.full((2, 60), value), np.full((2, 60, data_set.K), value)
    c = PARTS[parameterization](data_set.K) + 0 * value
    return FitDraws(parameterization, c, one, one, theta, theta, np.isfinite(one), message)


DRAWN = [name for name in FIT_FIGURES if name != "model"]


def draw(name: str, data_set: DataSet, *fits: FitDraws, priors: Priors = PRIORS) -> p9.ggplot:
    """Draw a figure of as many of the fits as it shows."""
    figure = FIT_FIGURES[name]
    number = {"data set": 0, "fit": 1, "pair": 2, "all": len(fits)}[figure.of]
    view = View("weak", 3, data_set, priors, "nutpie" if number else "", fits[:number])
    return draw_fit.fit_plot(figure.function, figure.title, view, **figure.arguments)


def given(sigma: list[float], y: list[float]) -> DataSet:
    return data.given_data("normal", {"n_per_individual": [1] * len(y), "sigma": sigma}, y)


@pytest.fixture(scope="module")
def two() -> DataSet:
    return data.simulate([1, 2], 3.0, 4.5, 3.5, np.random.default_rng(1))


@pytest.fixture(scope="module")
def cases(two: DataSet) -> dict[str, tuple[DataSet, list[FitDraws]]]:
    """Data sets and their fits; figures of one fit show the first."""
    schools = given([15, 10, 16], [28, 8, -3])
    lone = data.simulate([3], 0.5, 4.5, 3.5, np.random.default_rng(2))
    many = data.simulate([1] * 30, 3.0, 4.5, 3.5, np.random.default_rng(3))
    names = ("centered", "noncentered", "mixed")
    return {
        "an ordinary fit": (two, [fit_of(two, name) for name in names]),
        "a mixed fit of given data": (schools, [fit_of(schools, name) for name in names[::-1]]),
        "one individual, one short chain": (lone, [fit_of(lone, name, 1, 5) for name in names[1:]]),
        "many individuals": (many, [fit_of(many, name, 1) for name in names[:2]]),
        "a fit that never moved": (two, [still(two, name) for name in names]),
    }


@pytest.mark.filterwarnings("ignore:.*Each group consist of only one observation")
@pytest.mark.parametrize("kind", DRAWN)
@pytest.mark.parametrize(
    "case",
    [
        *("an ordinary fit", "a mixed fit of given data", "one individual, one short chain"),
        *("many individuals", "a fit that never moved"),
    ],
)
def test_figures_can_be_drawn_for_any_fit(
    tmp_path: Path, cases: dict[str, tuple[DataSet, list[FitDraws]]], case: str, kind: str
) -> None:
    data_set, fits = cases[case]
    save(draw(kind, data_set, *fits), tmp_path / f"{kind}.png")
    assert (tmp_path / f"{kind}.png").stat().st_size > 2_000


@pytest.mark.parametrize("likelihood", [name for name in LIKELIHOODS if name != "normal"])
def test_figures_can_be_drawn_for_every_likelihood(tmp_path: Path, likelihood: str) -> None:
    data_set, priors = small_data_set(likelihood), priors_of(likelihood)
    fits = [fit_of(data_set, name, priors=priors) for name in ("centered", "noncentered")]
    for kind in ("data", "traces", "funnels_eta", "posterior_predictive"):
        plot = draw(kind, data_set, *fits, priors=priors)
        save(plot, tmp_path / f"{kind}.png")
        assert "nothing to draw" not in str(plot.labels.subtitle)


@pytest.mark.parametrize("kind", ["funnels_eta", "posterior_predictive", "tau"])
def test_failed_fits_say_why_nothing_is_drawn(two: DataSet, kind: str) -> None:
    failed = still(two, "centered", np.nan, "no start " * 100)
    plot = draw(kind, two, failed, fit_of(two, "mixed"))
    assert plot.labels.subtitle == "nothing to draw: a fit failed"
    assert plot.data["why"].item().startswith("centered: no start")


@pytest.fixture
def published_data(default: dict[str, Any]) -> dict[str, DataSet]:
    return {
        each["name"]: data.simulate(
            *(each["n_per_individual"], each["sigma"], 4.5, 3.5),
            np.random.RandomState(each["published_seed"]),
        )
        for each in default["scenarios"]
    }


def test_the_axis_of_log_tau_covers_the_exact_draws(published_data: dict[str, DataSet]) -> None:
    for name, each in published_data.items():
        view = View(name, 0, each, PRIORS)
        below, up_to = view.exact.cdf("log_tau", view.log_tau_limits())
        assert max(below, 1 - up_to) <= 5e-5


@pytest.mark.parametrize("name", ["mu", "theta[2]", "eta[2]"])
@pytest.mark.parametrize("scenario", ["weak", "strong", "unbalanced"])
def test_the_exact_regions_contain_their_probability(
    published_data: dict[str, DataSet], scenario: str, name: str
) -> None:
    exact = ExactPosterior(published_data[scenario].data.means, PRIORS)
    drawn = exact.draws(10_000, np.random.default_rng(1))
    theta = drawn["theta"][:, 2]
    columns = {"mu": drawn["mu"], "theta[2]": theta}
    columns["eta[2]"] = (theta - drawn["mu"]) / drawn["tau"]
    points = np.column_stack([columns[name], np.log(drawn["tau"])])
    contours = _contours(exact, name, (-50.0, 50.0))
    for region in REGIONS:
        borders = contours[contours["path"].str.startswith(f"{name} {region} ")]
        inside = np.zeros(len(points), dtype=bool)
        for _, border in borders.groupby("path"):
            inside ^= Border(border[["x", "y"]].to_numpy()).contains_points(points)
        assert inside.mean() == pytest.approx(region, abs=0.02)


def layers(plot: p9.ggplot, geom: str) -> list[pd.DataFrame]:
    """The tables of the layers of a plot with one geom."""
    return [layer._data for layer in plot.layers if type(layer.geom).__name__ == f"geom_{geom}"]


def test_autocorrelation_of_an_ar1_chain_decays_geometrically(two: DataSet) -> None:
    rng = np.random.default_rng(4)
    mu: NDArray[np.float64] = rng.normal(size=(2, 20_000))
    for i in range(1, mu.shape[1]):
        mu[:, i] = 0.9 * mu[:, i - 1] + np.sqrt(1 - 0.81) * mu[:, i]
    shape = (*mu.shape, 2)
    theta, tau = rng.normal(size=shape), np.ones(mu.shape)
    fit = FitDraws("centered", np.ones(2), mu, tau, theta, theta, tau < 0)
    found = draw("autocorrelation", two, fit).data
    of_mu = found[(found["name"] == "mu") & (found["chain"] == "chain 1")]
    assert of_mu["lag"].tolist() == list(range(61))
    assert of_mu["value"].to_numpy() == pytest.approx(0.9 ** np.arange(61), abs=0.12)
    of_theta = found[(found["name"] == "theta[1]") & (found["lag"] > 0)]
    assert of_theta["value"].abs().max() < 0.05


def test_marginal_densities_are_near_the_exact_ones(two: DataSet) -> None:
    fits = [fit_of(two, name, 4, 2_000, i) for i, name in enumerate(PARTS)]
    plot = draw("mu_and_log_tau_side_by_side", two, *fits)
    assert list(plot.data["column"].cat.categories) == [*PARTS, "density"]
    _, marginal, exact = layers(plot, "path")
    for column, at, density in (("mixed", "x", "y"), ("density", "y", "x")):
        ours = marginal[
            (marginal["column"] == column) & (marginal["parameterization"] == "mixed")
        ].sort_values(at)
        theirs = exact[exact["column"] == column].drop_duplicates(at).sort_values(at)
        found = np.interp(theirs[at], ours[at], ours[density], left=0, right=0)
        assert np.abs(found - theirs[density]).max() < 0.15 * theirs[density].max()


def test_tau_has_its_prior_and_posterior_densities() -> None:
    priors = Priors(5.0, 2.0, "half_cauchy")
    data_set = given([15, 10], [28, 8])
    fit = fit_of(data_set, "centered", 2, 500)
    curves = draw("tau", data_set, fit, priors=priors).data
    prior, exact, ours = (
        curves[curves["curve"] == curve] for curve in ("prior", "exact posterior", "centered")
    )
    assert prior["y"].to_numpy() == pytest.approx(stats.halfcauchy.pdf(prior["x"], scale=2.0))
    density = ExactPosterior(data_set.data.means, priors).density("tau", exact["x"])
    assert exact["y"].to_numpy() == pytest.approx(density)
    assert ours["x"].min() >= 0
    assert np.trapezoid(ours["y"], ours["x"]) == pytest.approx(1, abs=0.05)


def test_data_are_shown_with_their_exact_posterior(two: DataSet) -> None:
    plot, exact = draw("data", two), ExactPosterior(two.data.means, PRIORS)
    for k, row in plot.data.iterrows():
        found = exact.cdf(f"theta[{k}]", [row["low"], row["median"], row["high"]])
        assert found == pytest.approx([0.05, 0.5, 0.95])
