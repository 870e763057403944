"""The mean-field normal approximation of the posterior, together with the best centeredness.

The variables are mu, log tau and z_k ~ Normal(c_k mu, tau^c_k). They are approximated by
independent normal variables, which are functions of independent standard normal ones:

    mu      = m_mu + s_mu e_mu
    log tau = m_tau + s_tau e_tau
    z_k     = c_k m_mu + exp(c_k m_tau) (m_k + s_k e_k)

Any mean and any standard deviation of z_k can be written so. The optimal m_k and s_k hardly depend
on c_k, nor on the unit of the data. The evidence lower bound (ELBO) is the mean of the log density
of the data and the variables, plus the entropy of the approximation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from scipy.special import expit

from funnel.group_means import Array, GroupMeans
from funnel.likelihoods import Likelihood
from funnel.priors import Priors

# the derivative by log tau of the log prior density of tau, as a function of (tau / tau_scale)^2
_SLOPES: Mapping[str, Callable[[Array], Array]] = {
    "half_normal": lambda square: -square,
    "half_cauchy": lambda square: -2 * square / (1 + square),
}


class MeanField:
    """The ELBO of a data set, as a function of one vector of parameters (4 + 3 K,).

    `means` is the normal approximation of the likelihood, from which the search starts.
    These are m_mu and log s_mu, in terms of a rough mean of the data and its standard error, m_tau,
    log s_tau, and for all individuals m_k, log s_k and logit c_k.
    """

    def __init__(self, likelihood: Likelihood, means: GroupMeans, priors: Priors) -> None:
        self._likelihood, self._means, self._priors = likelihood, means, priors
        spread = float(np.std(means.ybar))
        # a rough tau: as large as the data vary, but not much larger than the prior has it
        self._tau = min(max(spread, float(means.standard_error.min())), priors.tau_scale)
        precision = 1 / (self._tau**2 + means.standard_error**2)
        self._middle = float(np.average(means.ybar, weights=precision))
        self._unit = float(precision.sum() ** -0.5)

    def start(self) -> Array:
        """Return the parameters to start from: c = 1/2, and rough estimates of mu and tau."""
        K = self._means.K
        return np.concatenate([[0.0, 0.0, np.log(self._tau), np.log(0.5)], np.zeros(3 * K)])

    def centeredness(self, parameters: Array) -> Array:
        """Return the centeredness (K,) in a vector of parameters."""
        return np.asarray(expit(parameters[4:].reshape(3, -1)[2]))

    def elbo(self, parameters: Array, draws: Array) -> tuple[float, Array]:
        """Return an unbiased estimate of the ELBO, up to a constant, and its gradient (4 + 3 K,).

        `draws` (draw, 2 + K) are standard normal: those of e_mu, e_tau and every e_k. Each of them
        takes one evaluation of the gradient of the log density.
        """
        priors = self._priors
        at_mu, log_s_mu, m_tau, log_s_tau = parameters[:4]
        m, log_s, logit_c = parameters[4:].reshape(3, -1)
        c = expit(logit_c)
        s_mu, s_tau = self._unit * np.exp(log_s_mu), np.exp(log_s_tau)
        m_mu, scale = self._middle + self._unit * at_mu, np.exp(c * m_tau)
        e_mu, e_tau, e = draws[:, :1], draws[:, 1:2], draws[:, 2:]
        # the variables, of which mu and t = log tau have shape (draw, 1)
        mu, t = m_mu + s_mu * e_mu, m_tau + s_tau * e_tau
        local = m + np.exp(log_s) * e
        z = c * m_mu + scale * local
        # the log density, with eta = (z - c mu) / tau^c
        shrunk, stretched = np.exp(-c * t), np.exp((1 - c) * t)
        away = z - c * mu
        eta = away * shrunk
        theta = mu + stretched * away
        tau = np.exp(t[:, 0])
        of_data = self._likelihood.log_likelihood(theta)
        of_individuals = (-c * t - 0.5 * eta**2 + of_data).sum(axis=1)
        of_mu = -0.5 * ((mu[:, 0] - priors.mu_mean) / priors.mu_sd) ** 2
        log_density = of_individuals + of_mu + priors.of_tau.log_kernel(tau) + t[:, 0]
        entropy = log_s_mu + log_s_tau + np.sum(c * m_tau + log_s)
        # its gradient by mu and t, (draw,), and by z and c, (draw, K)
        r, _ = self._likelihood.derivatives(theta)
        by_mu = (priors.mu_mean - mu[:, 0]) / priors.mu_sd**2
        by_mu = by_mu + (c * eta * shrunk + r * (1 - c * stretched)).sum(axis=1)
        by_t = 1 + _SLOPES[priors.tau]((tau / priors.tau_scale) ** 2)
        by_t = by_t + (-c + c * eta**2 + r * (1 - c) * stretched * away).sum(axis=1)
        by_z = -eta * shrunk + r * stretched
        by_c = -t + t * eta**2 + mu * eta * shrunk - r * stretched * (t * away + mu)
        # the chain rule
        by_m_tau = by_t + (by_z * c * scale * local).sum(axis=1)
        gradient = np.concatenate(
            [
                [
                    self._unit * np.mean(by_mu + (c * by_z).sum(axis=1)),
                    np.mean(by_mu * s_mu * e_mu[:, 0]) + 1,
                    np.mean(by_m_tau) + c.sum(),
                    np.mean(by_t * s_tau * e_tau[:, 0]) + 1,
                ],
                np.mean(by_z * scale, axis=0),
                np.mean(by_z * scale * np.exp(log_s) * e, axis=0) + 1,
                (np.mean(by_c + by_z * (m_mu + m_tau * scale * local), axis=0) + m_tau)
                * (c * (1 - c)),
            ]
        )
        return float(np.mean(log_density) + entropy), gradient


def maximise(gradient: Callable[[Array], Array], start: Array, steps: int, rate: float) -> Array:
    """Return the parameters after this number of steps of Adam.

    `gradient` returns an unbiased estimate of the gradient of what is to be maximised. The step
    size falls from `rate` to 0 along a half cosine. The other constants are those of Kingma and Ba
    (2015, arXiv:1412.6980).
    """
    decay, decay_of_squares, smallest = 0.9, 0.999, 1e-8
    at, mean, square = start.copy(), np.zeros_like(start), np.zeros_like(start)
    for i in range(steps):
        slope = gradient(at)
        mean = decay * mean + (1 - decay) * slope
        square = decay_of_squares * square + (1 - decay_of_squares) * slope**2
        unbiased = mean / (1 - decay ** (i + 1))
        spread = np.sqrt(square / (1 - decay_of_squares ** (i + 1)))
        step = rate * 0.5 * (1 + np.cos(np.pi * i / steps))
        at = at + step * unbiased / (spread + smallest)
    return at
