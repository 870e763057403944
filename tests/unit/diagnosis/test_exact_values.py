"""Stored exact posteriors tell what the exact posteriors themselves do."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from problem_of import LIKELIHOODS, priors_of, small_data_set
from scipy import stats

from funnel.data import given_data
from funnel.inference import Exact, exact_posterior_of
from funnel.priors import Priors
from funnel.quadrature import QuadratureError
from funnel_study.diagnosis import exact_values as module
from funnel_study.diagnosis.diagnostics import estimate, sort_each
from funnel_study.diagnosis.exact_errors import QUANTILES, compare, log_tau_densities
from funnel_study.diagnosis.exact_values import MOMENTS, ExactValues, exact_values
from funnel_study.diagnosis.interpolated import PROBABILITIES, Interpolated, interpolate
from funnel_study.files.formats import join_replicates, read_netcdf, write_netcdf

Array = NDArray[np.float64]


@pytest.fixture(scope="module", params=LIKELIHOODS)
def both(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Exact, ExactValues]:
    """The exact posterior of a data set, and what a file with other data sets says of it."""
    data_set, priors = small_data_set(request.param), priors_of(request.param)
    exact, path = exact_values(data_set, priors), tmp_path_factory.mktemp("files") / "exact.nc"
    write_netcdf(path, {"/": join_replicates({3: exact.isel(point=[0]), 4: exact})})
    stored = read_netcdf(path).sel(replicate=4)
    return exact_posterior_of(data_set.data, priors), ExactValues(stored)


def test_moments_and_distributions_are_those_of_the_exact_posterior(
    both: tuple[Exact, ExactValues],
) -> None:
    exact, stored = both
    assert stored.message == ""
    assert stored.estimands[:3] == ["mu", "tau", "log_tau"]
    assert len(stored.estimands) == 3 + 4 + (stored.estimands[-1] == "sigma")
    for moment in MOMENTS:
        assert dict(zip(stored.estimands, stored.moments[moment], strict=True)) == (
            getattr(exact, moment)()
        )
    assert stored.data_weight == pytest.approx(exact.data_weight())
    p = np.append(np.random.default_rng(1).uniform(size=30), [2e-6, 1e-4, 1 - 1e-4, 1 - 2e-6])
    for name in stored.estimands:
        x = exact.quantile(name, p)
        assert stored.cdf(name, x) == pytest.approx(p, abs=2e-6)
        assert exact.cdf(name, stored.quantile(name, p)) == pytest.approx(p, abs=2e-6)
        # a hundredth of a tail at most
        assert stored.cdf(name, x[-4:-2]) == pytest.approx(p[-4:-2], rel=0.02)
        exactly = exact.quantile(name, PROBABILITIES)
        assert stored.quantile(name, PROBABILITIES) == pytest.approx(exactly, rel=1e-12)


def test_errors_of_draws_are_those_by_the_exact_posterior(both: tuple[Exact, ExactValues]) -> None:
    exact, stored = both
    drawn = exact.draws(400, np.random.default_rng(2))
    tau = drawn["tau"] * 1.3
    rows = [drawn["mu"], tau, np.log(tau), *drawn["theta"].T]
    draws = np.stack([*rows, drawn["sigma"]] if "sigma" in drawn else rows)[:, None]
    summary = estimate(draws)
    found = compare(stored, sort_each(draws), summary)
    for i, name in enumerate(stored.estimands):
        for quantile, p in QUANTILES.items():
            error = float(exact.cdf(name, summary[quantile][i])) - p
            assert found[f"error_{quantile}"][i] == pytest.approx(error, abs=2e-6)
            value = float(exact.quantile(name, p))
            assert found[f"exact_{quantile}"][i] == pytest.approx(value, rel=1e-12)
    ks = stats.kstest(tau, lambda x: exact.cdf("tau", x)).statistic
    assert found["ks"][1:3] == pytest.approx(ks, abs=2e-6)
    lowest = float(exact.cdf("tau", tau.min()))
    assert found["exact_below_lowest"][1:3] == pytest.approx(lowest, abs=2e-6)
    levels = (np.arange(1_000) + 0.5) / 1_000
    for i, name in ((1, "tau"), (2, "log_tau")):
        away = np.abs(np.quantile(draws[i], levels) - exact.quantile(name, levels)).mean()
        assert found["wasserstein"][i] == pytest.approx(away, rel=1e-4)
    bins = log_tau_densities(stored, draws[2])
    density = exact.density("log_tau", bins["log_tau"])
    assert bins["exact"] == pytest.approx(density, rel=3e-3)


class Known:
    """Some distribution, as an exact posterior has it."""

    def __init__(self, cdf: Callable[[Array], Array], pdf: Callable[[Array], Array]) -> None:
        self.cdf = lambda _, x: cdf(x)
        self.density = lambda _, x: pdf(x)

    def quantile(self, name: str, p: Array) -> Array:
        low, high = np.full(len(p), -1e9), np.full(len(p), 1e9)
        for _ in range(200):
            middle = (low + high) / 2
            below = self.cdf(name, middle) < p
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        return low


def mixed(first: stats.rv_continuous, second: stats.rv_continuous) -> Known:
    return Known(
        lambda x: 0.7 * first.cdf(x) + 0.3 * second.cdf(x),
        lambda x: 0.7 * first.pdf(x) + 0.3 * second.pdf(x),
    )


@pytest.mark.parametrize(
    "known",
    [
        Known(stats.t(2).cdf, stats.t(2).pdf),
        Known(stats.uniform.cdf, stats.uniform.pdf),
        mixed(stats.norm(0, 1), stats.norm(8, 0.5)),
        mixed(stats.norm(5, 1e-3), stats.norm(5, 1)),
        mixed(stats.expon, stats.norm(-1, 0.5)),
    ],
    ids=["heavy tails", "uniform", "two modes", "a spike", "a kink"],
)
def test_distributions_of_other_shapes_are_interpolated_as_well(known: Known) -> None:
    x, cdf, density = interpolate(known, "x")
    distribution = Interpolated(x, cdf, density)
    p = np.linspace(1e-5, 1 - 1e-5, 5_001)
    assert known.cdf("x", distribution.quantile(p)) == pytest.approx(p, abs=1e-5)
    at = np.linspace(*known.quantile("x", np.array([1e-5, 1 - 1e-5])), 5_001)
    assert distribution.cdf(at) == pytest.approx(known.cdf("x", at), abs=1e-5)
    assert len(x) < 1_000


def test_what_cannot_be_computed_is_missing_and_the_rest_is_there(
    monkeypatch: pytest.MonkeyPatch, priors: Priors
) -> None:
    def fail(exact: Exact, estimand: str) -> tuple[Array, Array, Array]:
        if estimand == "theta[0]":
            raise QuadratureError("no such cdf")
        return interpolate(exact, estimand)

    monkeypatch.setattr(module, "interpolate", fail)
    data_set = given_data("normal", {"n_per_individual": [1, 1], "sigma": 1.0}, [0.0, 1.0])
    stored = ExactValues(exact_values(data_set, priors))
    assert stored.message == "QuadratureError: no such cdf"
    assert np.isfinite(stored.moments["mean"]).all()
    assert np.isnan(stored.quantile("theta[0]", [0.1, 0.5])).all()
    assert np.isfinite(stored.quantile("theta[1]", [0.1, 0.5])).all()
    assert np.isnan(stored.truth).all()
