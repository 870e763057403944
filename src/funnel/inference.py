"""What the likelihood of a data set decides: its exact posterior and its normal approximation.

Normal data with known and with unknown sigma have versions of their own. All others have that for
concave log likelihoods.
"""

from __future__ import annotations

from functools import singledispatch
from typing import Any

import numpy as np

from funnel import working_response
from funnel.exact import ExactPosterior
from funnel.exact_base import ExactBase
from funnel.exact_counts import ExactCounts
from funnel.exact_unknown_sigma import ExactUnknownSigma
from funnel.group_means import Array
from funnel.likelihoods import Likelihood
from funnel.likelihoods.normal import NormalLikelihood
from funnel.likelihoods.normal_unknown_sigma import NormalUnknownSigma
from funnel.priors import Priors
from funnel.working_response import NormalApproximation

Exact = ExactBase


@singledispatch
def exact_posterior_of(data: Any, priors: Priors) -> Exact:
    """Return the exact posterior of data with any likelihood under the priors of a study.

    Raises QuadratureError if it cannot be computed.
    """
    return ExactCounts(data, priors)


@exact_posterior_of.register
def _(data: NormalLikelihood, priors: Priors) -> Exact:
    return ExactPosterior(data.means, priors)


@exact_posterior_of.register
def _(data: NormalUnknownSigma, priors: Priors) -> Exact:
    return ExactUnknownSigma(data, priors, priors.of_sigma)


@singledispatch
def given_rough_sigma(data: Any, priors: Priors) -> tuple[Likelihood, float]:
    """Return the likelihood of theta alone, given a rough sigma where it is a parameter.

    The second value is this sigma, and 1 where sigma is no parameter.
    """
    return data, 1.0


@given_rough_sigma.register
def _(data: NormalUnknownSigma, priors: Priors) -> tuple[Likelihood, float]:
    sigma = data.rough_sigma(priors.of_sigma)
    return data.given(sigma), sigma


def approximation_of(likelihood: Likelihood, priors: Priors) -> NormalApproximation:
    """Return the normal approximation of a likelihood, which is exact for normal data."""
    if isinstance(likelihood, NormalLikelihood):
        return NormalApproximation(likelihood.y, likelihood.se, np.nan, np.nan, 0)
    return working_response.normal_approximation(likelihood, tau=priors.of_tau, mu=priors.of_mu)


def draw_theta(
    data: Any, mu: Array, tau: Array, sigma: Array | None, rng: np.random.Generator
) -> Array:
    """Draw theta (..., K) given normal data, mu, tau and, if it is a parameter, sigma, (...) each.

    Given these, theta_k is normal with mean w_k ybar_k + (1 - w_k) mu and variance w_k s_k^2, where
    s_k is the standard error of ybar_k and w_k = tau^2 / (tau^2 + s_k^2) (Gelman et al. 2013,
    Bayesian Data Analysis, section 5.4).
    """
    mu, tau = mu[..., None], tau[..., None]
    standard_error = data.standard_errors(sigma)
    with np.errstate(divide="ignore", over="ignore"):  # the weight is 0 where tau underflows
        weight = 1 / (1 + (standard_error / tau) ** 2)
    mean = weight * data.ybar + (1 - weight) * mu
    return np.asarray(rng.normal(mean, np.sqrt(weight) * standard_error))
