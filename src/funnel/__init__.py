"""Funnel: exact posteriors of hierarchical models, and parameterizations to sample them by.

The exact posterior of the normal hierarchical model serves random-effects meta-analysis:

>>> from funnel import HalfNormal, exact_posterior
>>> posterior = exact_posterior([0.5, 0.1, 0.9], [0.3, 0.2, 0.4], tau=HalfNormal(0.5))
>>> posterior.mu
Marginal(mean=0.4064, sd=0.2952)

It needs numpy and scipy only. The study of parameterizations is the package `funnel_study`.
"""

from funnel.count_posterior import CountPosterior, binomial_posterior, poisson_posterior
from funnel.likelihoods.binomial import BinomialLikelihood
from funnel.likelihoods.poisson import PoissonLikelihood
from funnel.marginal import Marginal
from funnel.normal_posterior import NormalPosterior, normal_posterior
from funnel.posterior import Posterior, exact_posterior
from funnel.priors import Exponential, Flat, HalfCauchy, HalfNormal, HalfT, Normal, Uniform
from funnel.quadrature import QuadratureError
from funnel.working_response import normal_approximation

__all__ = [
    "BinomialLikelihood",
    "CountPosterior",
    "Exponential",
    "Flat",
    "HalfCauchy",
    "HalfNormal",
    "HalfT",
    "Marginal",
    "Normal",
    "NormalPosterior",
    "PoissonLikelihood",
    "Posterior",
    "QuadratureError",
    "Uniform",
    "binomial_posterior",
    "exact_posterior",
    "normal_approximation",
    "normal_posterior",
    "poisson_posterior",
]
