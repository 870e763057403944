"""The rbest_threshold parameterization: NUTS samples all eta_k, or all theta_k of precise data."""

from __future__ import annotations

import numpy as np

from funnel.choice import Choice, Problem

# centered if the guess of tau exceeds this multiple of the largest standard error
RATIO = 20.0


def choose(problem: Problem) -> Choice:
    """Return a centeredness (K,) of 1 if a guess of tau exceeds 20 max s_k, and of 0 if not.

    This is the automatic choice of the R package RBesT for normal data, up to version 1.9 (function
    gMAP, github.com/Novartis/RBesT). Its guess of tau is the standard deviation of the means ybar_k
    (0 for one individual), but at least a tenth of the standard deviation of one observation, which
    is sqrt(sum_k n_k / sum_k s_k^-2).
    """
    ybar, s = problem.means.ybar, problem.means.standard_error
    # relative to the smallest, because the inverse squares may overflow
    sigma = s.min() * np.sqrt(problem.n_observations.sum() / np.sum((s.min() / s) ** 2))
    guess = max(sigma / 10, np.std(ybar, ddof=1) if len(ybar) > 1 else 0.0)
    return Choice(np.full(len(s), float(guess > RATIO * s.max())), tau0=1.0)
