"""A part of models in PyMC, which must be installed: the data-based parameterization.

See `funnel.parameterizations.data_based` for the formulas.
"""

from __future__ import annotations

from typing import Any

from funnel.parameterizations.data_based import place
from funnel.priors import Flat, Normal


def data_based(
    m: Any, s: Any, *, tau: Any, mu: Normal | Flat | None = None, dims: str | None = None
) -> tuple[Any, Any]:
    """Add mu and theta_k ~ Normal(mu, tau) to the model of the context, and return them.

    The sampler moves in `z_mu` and `z`, which have no prior of their own: the density of mu and
    theta, up to a constant, is the potential `data_based`. So it is a posterior only, and PyMC
    cannot sample from the prior. For a second set of groups, use `with pm.Model(name="clinics"):`
    within the model, which puts this name before those of the variables.

    Parameters
    ----------
    m, s
        What the data say of theta, roughly: Normal(m_k, s_k), (K,) each, numbers or variables of
        the model. Any with s > 0 give the right posterior, and good ones a fast one: y and se of
        effects, the means of groups and sigma / sqrt(n), or `funnel.normal_approximation`.
    tau
        The standard deviation of theta, a variable of the model.
    mu
        The prior of mu: `funnel.Normal`, or `funnel.Flat`, the default.
    dims
        The name of the dimension of theta.

    Returns
    -------
    mu, theta
        Variables of the model, a number and (K,).

    Raises
    ------
    ModuleNotFoundError
        If PyMC is not installed.
    """
    import pymc as pm
    import pytensor.tensor as pt

    m, s = pt.as_tensor_variable(m), pt.as_tensor_variable(s)
    z_mu, z = pm.Flat("z_mu"), pm.Flat("z", shape=None if dims else m.shape, dims=dims)
    at = place(pt, pt.atleast_1d(tau), z_mu[None], z, mu or Flat(), m=m, s=s)
    pm.Potential("data_based", at.log_density[0])
    return pm.Deterministic("mu", at.mu[0]), pm.Deterministic("theta", at.theta, dims=dims)
