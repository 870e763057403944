"""Funnel: exact posteriors of hierarchical models, and parameterizations to sample them by.

The exact posterior of the normal hierarchical model serves random-effects meta-analysis:

>>> from funnel import HalfNormal, exact_posterior
>>> posterior = exact_posterior([0.5, 0.1, 0.9], [0.3, 0.2, 0.4], tau=HalfNormal(0.5))
>>> posterior.mu
Marginal(mean=0.4064, sd=0.2952)

It needs numpy and scipy only. The study of parameterizations is the package `funnel_study`.
"""

from funnel.posterior import Marginal, Posterior, exact_posterior
from funnel.priors import Exponential, Flat, HalfCauchy, HalfNormal, HalfT, Normal, Uniform
from funnel.quadrature import QuadratureError

__all__ = [
    "Exponential",
    "Flat",
    "HalfCauchy",
    "HalfNormal",
    "HalfT",
    "Marginal",
    "Normal",
    "Posterior",
    "QuadratureError",
    "Uniform",
    "exact_posterior",
]
