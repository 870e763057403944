"""Compare the PyMC model with densities by scipy."""

import numpy as np
import pymc as pm
import pytest
from numpy.typing import NDArray
from scipy import stats

from funnel import data
from funnel.choice import Choice
from funnel.data import DataSet
from funnel.exact import ExactPosterior
from funnel.parameterizations import theta_from_z
from funnel.priors import Priors
from funnel_study.fitting import pymc_model
from funnel_study.fitting.model import Model

Array = NDArray[np.float64]
PRIORS = Priors(mu_sd=5.0, tau_scale=3.0, mu_mean=-1.5)


@pytest.fixture(scope="module")
def data_set() -> DataSet:
    return data.simulate([1, 4, 30], 2.0, 1.0, 2.0, np.random.default_rng(3))


def literal_log_density(one: DataSet, mu: float, tau: float, theta: Array) -> float:
    """Return the joint log density of all observations, mu, log tau and theta."""
    y, idx, sigma = one.data.stored().values()
    return float(
        stats.norm.logpdf(mu, PRIORS.mu_mean, PRIORS.mu_sd)
        + stats.halfnorm.logpdf(tau, scale=PRIORS.tau_scale)
        + np.log(tau)
        + stats.norm.logpdf(theta, mu, tau).sum()
        + stats.norm.logpdf(y, theta[idx], sigma[idx]).sum()
    )


@pytest.mark.parametrize("tau0", [1.0, 0.3])
@pytest.mark.parametrize(
    "c",
    [[1, 1, 1], [0, 0, 0], [0, 1, 0], [0.3, 0.8, 0.5]],
    ids=["centered", "noncentered", "mixed", "partial"],
)
def test_each_parameterization_has_the_posterior_density_of_the_model(
    data_set: DataSet, c: list[float], tau0: float
) -> None:
    """The densities of theta are equal up to a constant, which the group means leave out."""
    centeredness, model = np.array(c, dtype=float), Model(3, PRIORS, "low_tau")
    built = pymc_model.build(model)
    choice = Choice(centeredness, tau0)
    with built:
        pm.set_data({pymc_model.DATA: pymc_model.pack(data_set, choice, model)})
    log_density = built.compile_logp()
    rng = np.random.default_rng(1)
    differences = []
    for _ in range(20):
        mu, tau, z = rng.normal(0, 3), np.exp(rng.normal(0, 1.5)), rng.normal(0, 2, size=3)
        theta = theta_from_z(np.array(mu), np.array(tau), z, centeredness, tau0)
        # because theta_k = mu + (tau / tau0)^(1 - c_k) (z_k - c_k mu)
        jacobian = ((1 - centeredness) * np.log(tau / tau0)).sum()
        found = float(log_density({"mu": mu, "tau_log__": np.log(tau), "z": z})) - jacobian
        differences.append(found - literal_log_density(data_set, mu, tau, theta))
    assert np.ptp(differences) < 1e-8 * np.abs(differences).max()


@pytest.mark.parametrize("tau_prior", ["half_normal", "half_cauchy"])
def test_the_marginal_model_has_the_exact_posterior_density_of_mu_and_tau(
    data_set: DataSet, tau_prior: str
) -> None:
    priors = Priors(mu_sd=5.0, tau_scale=3.0, tau=tau_prior)
    exact, model = ExactPosterior(data_set.data.means, priors), Model(3, priors, "marginal")
    built = pymc_model.build(model)
    choice = Choice(np.full(3, np.nan), 1.0, constants={})
    with built:
        pm.set_data({pymc_model.DATA: pymc_model.pack(data_set, choice, model)})
    assert [variable.name for variable in built.free_RVs] == ["mu", "tau"]
    log_density = built.compile_logp()
    rng = np.random.default_rng(1)
    differences = []
    for _ in range(20):
        mu, log_tau = rng.normal(0, 3), rng.normal(0, 1.5)
        found = float(log_density({"mu": mu, "tau_log__": log_tau}))
        differences.append(found - np.log(float(exact.joint_density("mu", mu, log_tau))))
    assert np.ptp(differences) < 1e-8 * np.abs(differences).max()
