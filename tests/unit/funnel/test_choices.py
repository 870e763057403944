"""Test the parameterizations that choose by a pilot fit or by a variational approximation."""

import numpy as np
import pytest
from problem_of import LIKELIHOODS, STEPS, problem_of
from scipy import stats
from scipy.optimize import approx_fprime, minimize

from funnel import data
from funnel.choice import Choice, PilotDraws
from funnel.data import DataSet
from funnel.exact import ExactPosterior
from funnel.inference import exact_posterior_of
from funnel.likelihoods.normal import NormalLikelihood
from funnel.mean_field import MeanField, maximise
from funnel.parameterizations import choose, fits, low_tau, names, pilot, vip
from funnel.priors import Priors
from funnel_study.fitting import fit, samplers
from funnel_study.fitting.model import Model
from funnel_study.fitting.samplers import Sampling

# centered chains do not explore this posterior, and the others are centered here
NOT_HERE = ("centered", "sum_to_zero_centered")
UNBALANCED = [10, 5, 1000, 10, 1, 5, 100, 10, 5]


def simulated(n: list[int], sigma: float, tau: float = 1.0) -> DataSet:
    return data.simulate(n, sigma, 0.5, tau, np.random.default_rng(3))


@pytest.mark.parametrize("name", ["pilot", "vip", "low_tau"])
def test_informative_data_are_centered_and_others_are_not(name: str, priors: Priors) -> None:
    """Of all individuals or of some; the cost of choosing is the same whatever the data."""
    by_pilot = STEPS * (pilot.TUNE + pilot.DRAWS)
    expected = vip.STEPS * vip.DRAWS_PER_STEP if name == "vip" else by_pilot
    informative, uninformative, unbalanced = (
        choose(name, problem_of(simulated(n, sigma), priors))
        for n, sigma in (([1] * 9, 0.02), ([1] * 9, 50.0), ([1] * 4 + [900] * 4, 3.0))
    )
    assert np.all(informative.centeredness > 0.85)
    assert np.all(uninformative.centeredness < 0.1)
    assert unbalanced.centeredness[4:].min() > unbalanced.centeredness[:4].max() + 0.3
    assert {each.gradients for each in (informative, uninformative, unbalanced)} == {expected}


def divergence(drawn: PilotDraws, c: float, tau0: float) -> float:
    """The divergence of z_k and log tau from independent normal variables, up to a constant.

    It is the mean over the draws of the log density of (z, log tau), which changes with c by the
    log of the Jacobian (tau / tau0)^(1 - c) of theta by z, minus that of the normal variables.
    """
    z = drawn.z(c, tau0)[:, 0]
    log_jacobian = (1 - c) * np.log(drawn.tau / tau0)
    log_normal = -0.5 * ((z - z.mean()) / z.std()) ** 2 - np.log(z.std())
    return float(np.mean(log_jacobian - log_normal))


@pytest.mark.parametrize("sigma", [0.3, 1.0, 3.0])
def test_the_criterion_of_pilot_is_a_divergence(sigma: float, priors: Priors) -> None:
    one = simulated([1] * 5, sigma)
    drawn = problem_of(one, priors).pilot(Choice(np.zeros(5), 1.0), 0, 400)
    first = PilotDraws(drawn.mu, drawn.tau, drawn.eta[:, :1], 0)
    by_hand = np.array([divergence(first, c, 2.5) for c in pilot.GRID])
    losses = np.array([pilot.losses(drawn, c, 2.5)[0] for c in pilot.GRID])
    assert losses - losses[0] == pytest.approx(by_hand - by_hand[0])


@pytest.mark.parametrize("value", [np.nan, np.inf, 1.0])
def test_a_useless_pilot_fit_is_an_error(value: float, priors: Priors) -> None:
    problem = problem_of(simulated([1, 2], 1.0), priors)
    useless = PilotDraws(np.ones(300), np.ones(300), np.full((300, 2), value), 9)
    object.__setattr__(problem, "pilot", lambda *_: useless)
    with pytest.raises(ValueError, match="the draws of the pilot fit are not finite, or are all"):
        choose("pilot", problem)


def test_low_tau_is_the_weight_of_the_data_at_a_quantile(priors: Priors) -> None:
    one = simulated(UNBALANCED, 3.0)
    tau = float(ExactPosterior(one.data.means, priors).quantile("tau", low_tau.LOW))
    expected = tau**2 / (tau**2 + one.data.means.standard_error**2)
    found = choose("low_tau", problem_of(one, priors)).centeredness
    assert found == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize("tau_prior", ["half_normal", "half_cauchy"])
@pytest.mark.parametrize("unit", [0.01, 1.0, 100.0])
def test_the_gradient_of_the_elbo_is_that_of_finite_differences(
    tau_prior: str, unit: float
) -> None:
    rng = np.random.default_rng(1)
    y, s = rng.normal(2.0, 3.0, 4), np.array([0.3, 1.0, 2.0, 9.0])
    data = NormalLikelihood(unit * y, unit * s)
    field = MeanField(data, data.means, Priors(5 * unit, 4 * unit, tau_prior))
    at, draws = field.start() + rng.normal(0, 0.3, 16), rng.normal(size=(6, 6))
    expected = approx_fprime(at, lambda x: field.elbo(x, draws)[0], 1e-7)
    assert field.elbo(at, draws)[1] == pytest.approx(expected, rel=1e-4, abs=1e-4)


def test_the_elbo_is_the_log_density_at_the_variables_plus_the_entropy(priors: Priors) -> None:
    """By independent density functions, at the parameters to start from."""
    means = simulated([1, 4, 2], 2.0).data.means
    of_means = NormalLikelihood(means.ybar, means.standard_error)
    field, draws = MeanField(of_means, means, priors), np.random.default_rng(1).normal(size=(3, 5))

    def by_hand(shift: float) -> float:
        at = field.start() + shift
        c = field.centeredness(at)
        m_mu = field._middle + field._unit * at[0]
        s_mu, m_t, s_t = field._unit * np.exp(at[1]), at[2], np.exp(at[3])
        m, s = at[4:7], np.exp(at[7:10])
        total = 0.0
        for e in draws:
            mu, t = m_mu + s_mu * e[0], m_t + s_t * e[1]
            z = c * m_mu + np.exp(c * m_t) * (m + s * e[2:])
            theta = mu + np.exp(t) ** (1 - c) * (z - c * mu)
            total += stats.norm.logpdf(mu, 0, priors.mu_sd)
            total += stats.halfnorm.logpdf(np.exp(t), scale=priors.tau_scale) + t
            total += stats.norm.logpdf(z, c * mu, np.exp(t) ** c).sum()
            total += stats.norm.logpdf(means.ybar, theta, means.standard_error).sum()
        sds = [s_mu, s_t, *(np.exp(c * m_t) * s)]
        return total / len(draws) + sum(float(stats.norm(0, sd).entropy()) for sd in sds)

    first, second = (field.elbo(field.start() + shift, draws)[0] for shift in (0.0, 0.2))
    assert second - first == pytest.approx(by_hand(0.2) - by_hand(0.0))


def test_vip_raises_the_elbo_nearly_as_far_as_it_goes(priors: Priors) -> None:
    """As far as an optimiser of another kind with 400 fixed draws, measured by other draws."""
    one = simulated(UNBALANCED, 3.0)
    field, rng = MeanField(one.data, one.data.means, priors), np.random.default_rng(1)
    fixed, fresh = rng.normal(size=(400, 11)), rng.normal(size=(20_000, 11))
    best = minimize(
        lambda x: tuple(-each for each in field.elbo(x, fixed)),
        field.start(),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": 1_000},
    )
    found = maximise(
        lambda x: field.elbo(x, rng.normal(size=(vip.DRAWS_PER_STEP, 11)))[1],
        field.start(),
        vip.STEPS,
        vip.RATE,
    )
    reached, possible, begun = (field.elbo(x, fresh)[0] for x in (found, best.x, field.start()))
    assert reached > possible - 0.2
    assert reached > begun + 1


# the better part of their individuals are well-informed
SIZES = {
    "normal": {"n_per_individual": UNBALANCED, "sigma": 6.0},
    "normal_unknown_sigma": {"n_per_individual": UNBALANCED},
    "binomial": {"trials": [12, 8, 900, 12, 3, 8, 90, 12, 8]},
    "poisson": {"exposure": [2, 1, 200, 2, 0.3, 1, 20, 2, 1]},
}
ALL = [
    (likelihood, name)
    for likelihood in LIKELIHOODS
    for name in names()
    if fits(name, likelihood) and name not in NOT_HERE
]


@pytest.mark.parametrize(("likelihood", "name"), ALL)
def test_fits_by_every_rule_agree_with_the_exact_posterior(likelihood: str, name: str) -> None:
    """Up to a fifth of a standard deviation."""
    rng, sizes = np.random.default_rng(3), SIZES[likelihood]
    one = data.simulate_data(likelihood, sizes, 0.5, 2.0, rng, sigma=6.0)
    priors = Priors(5.0, 5.0, "half_normal", *(("half_normal", 9.0) if one.data.SIGMA else ()))
    exact = exact_posterior_of(one.data, priors)
    sampling = Sampling(chains=4, tune=500, draws=1_000, target_accept=0.95)
    spec = fit.FitSpec(1, "unbalanced", name, "stan", priors, sampling, likelihood)
    stan = samplers.make("stan", Model(9, priors, name, likelihood), sampling)
    done = fit.fit_one(spec, stan, one, 0)
    assert done.message == ""
    drawn = done.posterior
    found = {"mu": drawn["mu"], "log_tau": np.log(drawn["tau"]), "theta[2]": drawn["theta"][..., 2]}
    found |= {"sigma": drawn["sigma"]} if one.data.SIGMA else {}
    for estimand, draws in found.items():
        error = draws.mean() - exact.mean()[estimand]
        assert abs(error) < 0.2 * exact.sd()[estimand]
    costs = name in ("pilot", "vip", "low_tau")
    assert (done.choice.gradients > 500) == costs
