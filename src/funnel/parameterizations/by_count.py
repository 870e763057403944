"""The by_count parameterization: NUTS samples theta_k of individuals with many observations."""

from __future__ import annotations

from funnel.choice import Choice, Problem

# the individuals with at least this number of observations are centered
MANY = 10


def choose(problem: Problem) -> Choice:
    """Return a centeredness (K,) of 1 for individuals with at least `MANY` observations, else 0.

    This is a rule of thumb. It knows neither sigma nor tau: observations are as informative as the
    rule supposes where sigma is about three times tau, so that ten of them weigh as much as the
    population.
    """
    return Choice((problem.n_observations >= MANY).astype(float), tau0=1.0)
