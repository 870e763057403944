"""The data_based parameterization: NUTS samples mu and theta_k as standardised by data and tau.

With the approximation Normal(m_k, s_k^2) of the likelihood of individual k as a function of
theta_k, and v_k = tau^2 + s_k^2, mu is normal given tau, with

    precision P = sum_k 1 / v_k + 1 / mu_sd^2  and
    mean M = (sum_k m_k / v_k + mu_mean / mu_sd^2) / P.

NUTS moves in tau, z_mu and z, and mu = M + z_mu / sqrt(P), theta_k = mu + tau eta_k with

    eta_k = tau (m_k - mu) / v_k + s_k / sqrt(v_k) z_k.

If the approximation is exact, as for normal data with known sigma, z_mu and z are independent
standard normal variables given the data, whatever tau is. If it is not, the posterior is still that
of the model, because the density is that of mu and eta and the log of the Jacobian.

Christensen, Roberts and Skold (2006, Journal of Computational and Graphical Statistics 15:1-17)
call it the data-based parameterization, for spatial models and other samplers. That eta is computed
without theta keeps the digits that a difference of theta and mu would lose where tau is small.
"""

from __future__ import annotations

from typing import Any

from funnel.placement import Placement, log_prior, mu_given_tau
from funnel.priors import Flat, Normal

# the normal approximation of the likelihood
CONSTANTS = ("m", "s")


def place(
    math: Any, tau: Any, z_mu: Any, z: Any, prior: Normal | Flat, *, m: Any, s: Any
) -> Placement:
    """Return where mu and theta are; see `funnel.placement`."""
    v = tau**2 + s**2
    mean, precision = mu_given_tau(m, v, prior)
    mu = mean + z_mu / math.sqrt(precision)
    eta = tau * (m - mu) / v + s / math.sqrt(v) * z
    log_jacobian = (math.log(s) - math.log(v) / 2).sum(-1, keepdims=True) - math.log(precision) / 2
    return Placement(mu, mu + tau * eta, log_prior(mu, eta, prior) + log_jacobian)


STAN = """
  vector[K] v = square(tau) + square(s);
  real precision = sum(inv(v)) + inv_square(mu_sd);
  real mean_mu = (sum(m ./ v) + mu_mean * inv_square(mu_sd)) / precision;
  real mu = mean_mu + z_mu / sqrt(precision);
  vector[K] eta = tau * (m - mu) ./ v + s ./ sqrt(v) .* z;
  vector[K] theta = mu + tau * eta;
  mu ~ normal(mu_mean, mu_sd);
  eta ~ std_normal();
  target += sum(log(s) - log(v) / 2) - log(precision) / 2;
"""
