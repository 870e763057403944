"""data_based as a part of models in PyMC, NumPyro and Stan has the density of mu and theta."""

from importlib.resources import files
from typing import Any

import numpy as np
import pymc as pm
import pytest
import stanli
from scipy import stats

import funnel
from funnel import Flat, Normal
from funnel.group_means import Array
from funnel.parameterizations.data_based import place

M, S, PRIORS = np.array([1.0, -2.0, 0.5]), np.array([1e-3, 0.7, 40.0]), [Normal(2.0, 3.0), Flat()]
STAN = """
functions {
#include data_based.stanfunctions
}
data { vector[3] m; vector[3] s; real m0; real s0; vector[4] weights; }
parameters { real log_tau; real z_mu; vector[3] z; }
transformed parameters { vector[4] placed = data_based_lp(m, s, exp(log_tau), m0, s0, z_mu, z); }
model { target += dot_product(weights, placed); }
"""


def points() -> Array:
    """Return log tau, z_mu and z, (point, 5)."""
    return np.random.default_rng(1).normal(0.0, 2.0, size=(8, 5))


def placed(prior: Normal | Flat, point: Array) -> Array:
    """Return mu and theta, (4,)."""
    at = place(np, np.exp(point[:1]), point[1:2], point[2:], prior, m=M, s=S)
    return np.concatenate([at.mu, at.theta])


def assert_of_the_model(prior: Normal | Flat, found: list[tuple[float, float, Array]]) -> None:
    """The log density, mu and theta of each point are those of the model, but for a constant."""
    differences = []
    for point, (log_density, mu, theta) in zip(points(), found, strict=True):
        tau = np.exp(point[0])
        np.testing.assert_allclose([mu, *theta], placed(prior, point), rtol=1e-12)
        # mu and theta are linear in z_mu and z
        moved = [placed(prior, np.array([point[0], *z])) for z in (np.zeros(4), *np.eye(4))]
        jacobian = moved[1:] - moved[0]
        expected = np.linalg.slogdet(jacobian)[1] + stats.norm.logpdf(theta, mu, tau).sum()
        expected += 0.0 if isinstance(prior, Flat) else stats.norm.logpdf(mu, prior.mean, prior.sd)
        differences.append(log_density - expected)
    assert np.ptp(differences) < 1e-10 * np.abs([each[0] for each in found]).max()


@pytest.mark.parametrize("prior", PRIORS)
@pytest.mark.parametrize("dims", [None, "trial"])
def test_in_pymc(prior: Normal | Flat, dims: str | None) -> None:
    from funnel.pymc import data_based

    with pm.Model(coords={"trial": range(3)}) as model:
        log_tau = pm.Flat("log_tau")
        mu, theta = data_based(M, S, tau=pm.math.exp(log_tau), mu=prior, dims=dims)
        values = model.compile_fn([model.logp(), *model.replace_rvs_by_values([mu, theta])])
    found = [values({"log_tau": x[0], "z_mu": x[1], "z": x[2:]}) for x in points()]
    assert_of_the_model(prior, found)
    assert model.named_vars_to_dims.get("theta") == ((dims,) if dims else None)


@pytest.mark.parametrize("prior", PRIORS)
def test_in_numpyro(prior: Normal | Flat) -> None:
    numpyro = pytest.importorskip("numpyro")
    from funnel.numpyro import data_based

    numpyro.enable_x64()

    def density(point: Array) -> tuple[float, float, Array]:
        def model() -> Any:
            return data_based(M, S, tau=np.exp(point[0]), mu=prior)

        known = {"z_mu": point[1], "z": point[2:]}
        log_density, trace = numpyro.infer.util.log_density(model, (), {}, known)
        return log_density, trace["mu"]["value"], trace["theta"]["value"]

    assert_of_the_model(prior, [density(point) for point in points()])


@pytest.mark.parametrize("prior", PRIORS)
def test_in_stan(prior: Normal | Flat) -> None:
    folder = str(files(funnel) / "stan")
    weights = np.array([0.3, -1.0, 0.7, 0.01])
    data = {"m": M, "s": S, "m0": prior.mean, "s0": prior.sd, "weights": weights}
    model = stanli.Model(stan_code=STAN, data=data, include_paths=[folder])
    found = []
    for point in points():
        mu, *theta = at = placed(prior, point)
        found.append((model.log_prob_grad(point)[0] - weights @ at, mu, np.array(theta)))
    assert_of_the_model(prior, found)
