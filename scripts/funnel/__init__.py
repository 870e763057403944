"""Funnel: which parameterization of a hierarchical model NUTS can explore, measured.

Data flow one way: config, design, data, fit, diagnostics, summary, figures. No module imports a
later stage, and those that a fit needs import neither pydantic nor plotnine.

The exact posterior of the model is also a library for random-effects meta-analysis, which needs
only numpy and scipy:

>>> from funnel import HalfNormal, exact_posterior
>>> posterior = exact_posterior([0.5, 0.1, 0.9], [0.3, 0.2, 0.4], tau=HalfNormal(0.5))
>>> posterior.mu
Marginal(mean=0.4064, sd=0.2952)
"""

from importlib import import_module

# the names of the library and their modules, in `__init__.pyi` for the type checker. A module is
# imported when a name of it is first used: an import at the top would add the exact posterior to
# the fingerprint of every job.
_MODULES = {
    "Exponential": "funnel.model.priors",
    "Flat": "funnel.model.priors",
    "HalfCauchy": "funnel.model.priors",
    "HalfNormal": "funnel.model.priors",
    "HalfT": "funnel.model.priors",
    "Marginal": "funnel.model.posterior",
    "Normal": "funnel.model.priors",
    "Posterior": "funnel.model.posterior",
    "QuadratureError": "funnel.model.quadrature",
    "Uniform": "funnel.model.priors",
    "exact_posterior": "funnel.model.posterior",
}
__all__ = sorted(_MODULES)


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module 'funnel' has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return [*globals(), *_MODULES]
