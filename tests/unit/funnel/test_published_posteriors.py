"""Probabilities and pooled estimates of the eight schools that others have published.

tests/unit/published/test_audit.py has the published means, standard deviations and quantiles.
"""

import numpy as np
import pytest

from funnel import HalfCauchy, Normal, Uniform, exact_posterior

# with the digits of Rubin (1981), as in bayesmeta
SCHOOLS = [28.39, 7.94, -2.75, 6.82, -0.64, 0.63, 18.01, 12.16]
SCHOOL_ERRORS = [14.9, 10.2, 16.3, 11.0, 9.4, 11.4, 10.4, 17.6]


def test_the_probability_of_a_negative_mean_agrees_with_bayesmeta() -> None:
    """The vignette of the R package bayesmeta (Roever 2020, doi:10.18637/jss.v093.i06)."""
    mu = exact_posterior(SCHOOLS, SCHOOL_ERRORS, tau=HalfCauchy(25), mu=Normal(0, 50)).mu
    assert 1 - mu.cdf(0) == pytest.approx(0.9487521, abs=1e-4)


def test_the_eight_schools_have_the_probabilities_of_section_5_5() -> None:
    """22 of 200 draws of the largest effect are above 28.4, and A is above C in 141.

    Gelman et al. (2013), Bayesian Data Analysis, third edition.
    """
    posterior = exact_posterior(SCHOOLS, SCHOOL_ERRORS, tau=Uniform())
    theta = posterior.draws(100_000, seed=1)["theta"]
    for found, published in (
        ((theta.max(axis=1) > 28.4).mean(), 22 / 200),
        ((theta[:, 0] > theta[:, 2]).mean(), 141 / 200),
    ):
        assert found == pytest.approx(published, abs=4 * np.sqrt(found * (1 - found) / 200))
    tau = posterior.tau
    assert tau.density(10.0) < tau.density(1e-9) / 2
    assert np.argmax(tau.density(np.linspace(1e-9, 30, 301))) == 0
