"""A part of models in NumPyro, which must be installed: the data-based parameterization.

See `funnel.parameterizations.data_based` for the formulas.
"""

from __future__ import annotations

from typing import Any

from funnel.parameterizations.data_based import place
from funnel.priors import Flat, Normal


def data_based(m: Any, s: Any, *, tau: Any, mu: Normal | Flat | None = None) -> tuple[Any, Any]:
    """Add mu and theta_k ~ Normal(mu, tau) to the model that calls it, and return them.

    Arguments and the two values are those of `funnel.pymc.data_based`, as numbers and arrays of
    JAX, and so are the names of the sites. For a second set of groups, call it within
    `numpyro.handlers.scope`. Use it with `numpyro.enable_x64()`. Raises ModuleNotFoundError if
    NumPyro is not installed.
    """
    import jax.numpy as jnp
    import numpyro
    from numpyro.distributions import ImproperUniform, constraints

    m, s = jnp.asarray(m), jnp.asarray(s)
    z_mu = numpyro.sample("z_mu", ImproperUniform(constraints.real, (), ()))
    z = numpyro.sample("z", ImproperUniform(constraints.real_vector, (), m.shape))
    at = place(jnp, jnp.atleast_1d(tau), jnp.atleast_1d(z_mu), z, mu or Flat(), m=m, s=s)
    numpyro.factor("data_based", at.log_density[0])
    return numpyro.deterministic("mu", at.mu[0]), numpyro.deterministic("theta", at.theta)
