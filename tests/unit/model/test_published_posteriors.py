"""Posteriors of random-effects meta-analyses that others have published.

The eight schools of Rubin (1981, Journal of Educational Statistics 6:377):

- the vignette "An introduction to meta-analysis using the bayesmeta package" of the R package
  bayesmeta (Roever 2020, Journal of Statistical Software 93(6), doi:10.18637/jss.v093.i06),
  versions 2.3 and later. It computes tau by quadrature, and approximates mu and theta by a mixture
  of normals over a grid of tau, so that these have about three digits;
- tables 5.2 and 5.3 of Gelman, Carlin, Stern, Dunson, Vehtari and Rubin (2013), Bayesian Data
  Analysis, third edition, from 200 draws.

The 22 trials of beta-blockers after a heart attack of Yusuf et al. (1985): tables 5.4 and 5.5 of
the same book, from 5,000 draws. The tails of tau and of a new effect in table 5.5 are not compared,
because section 5.6 does not quite follow from table 5.4: the standard deviation of mu given
tau = 0.13 is 0.062 by its formula (5.20), and 0.060 in its text.
"""

import numpy as np
import pytest

from funnel import HalfCauchy, Marginal, Normal, Posterior, Uniform, exact_posterior

# with the digits of Rubin (1981), as in bayesmeta
SCHOOLS = [28.39, 7.94, -2.75, 6.82, -0.64, 0.63, 18.01, 12.16]
SCHOOL_ERRORS = [14.9, 10.2, 16.3, 11.0, 9.4, 11.4, 10.4, 17.6]
# log odds ratios and their standard errors: table 5.4
TRIALS = [
    (0.028, 0.850),
    (-0.741, 0.483),
    (-0.541, 0.565),
    (-0.246, 0.138),
    (0.069, 0.281),
    (-0.584, 0.676),
    (-0.512, 0.139),
    (-0.079, 0.204),
    (-0.424, 0.274),
    (-0.335, 0.117),
    (-0.213, 0.195),
    (-0.039, 0.229),
    (-0.593, 0.425),
    (0.282, 0.205),
    (-0.321, 0.298),
    (-0.135, 0.261),
    (0.141, 0.364),
    (0.322, 0.553),
    (0.444, 0.717),
    (-0.218, 0.260),
    (-0.591, 0.257),
    (-0.608, 0.272),
]
P = np.array([0.025, 0.25, 0.5, 0.75, 0.975])


def assert_estimated_quantiles(
    marginal: Marginal, printed: list[float], unit: float, draws: int
) -> None:
    """Assert that quantiles estimated from draws and rounded to `unit` fit the exact posterior.

    The exact probability of values below an estimated quantile has the standard error of a
    proportion of the draws; at most four of them are allowed.
    """
    error = 4 * np.sqrt(P * (1 - P) / draws)
    assert np.all(marginal.cdf(np.array(printed) - unit / 2) <= P + error)
    assert np.all(marginal.cdf(np.array(printed) + unit / 2) >= P - error)


@pytest.fixture(scope="module")
def schools() -> Posterior:
    return exact_posterior(SCHOOLS, SCHOOL_ERRORS, tau=HalfCauchy(25), mu=Normal(0, 50))


@pytest.fixture(scope="module")
def schools_with_flat_priors() -> Posterior:
    return exact_posterior(SCHOOLS, SCHOOL_ERRORS, tau=Uniform())


@pytest.fixture(scope="module")
def trials() -> Posterior:
    y, se = zip(*TRIALS, strict=True)
    return exact_posterior(y, se, tau=Uniform())


def test_tau_of_the_eight_schools_has_the_digits_of_bayesmeta(schools: Posterior) -> None:
    assert schools.tau.quantile(0.5) == pytest.approx(4.758539, abs=5e-7)
    assert schools.tau.mean == pytest.approx(5.884511, abs=5e-7)
    assert schools.tau.sd == pytest.approx(4.869904, abs=6e-7)
    assert schools.tau.quantile(0.95) == pytest.approx(15.165894, abs=5e-7)
    assert schools.tau.interval() == pytest.approx((0.2199559, 18.0531718), abs=1e-7)


def test_mu_and_a_new_theta_of_the_eight_schools_agree_with_bayesmeta(schools: Posterior) -> None:
    assert schools.mu.quantile(0.5) == pytest.approx(7.962961, abs=2e-3)
    assert schools.mu.mean == pytest.approx(7.985729, abs=2e-3)
    assert schools.mu.sd == pytest.approx(4.995762, abs=2e-3)
    assert 1 - schools.mu.cdf(0) == pytest.approx(0.9487521, abs=1e-4)
    assert schools.mu.quantile(0.95) == pytest.approx(16.11009, abs=2e-3)
    new = schools.predictive()
    assert new.quantile(0.5) == pytest.approx(7.926819, abs=2e-3)
    assert new.mean == pytest.approx(7.985729, abs=2e-3)
    assert new.sd == pytest.approx(9.126767, abs=2e-3)


@pytest.mark.parametrize(
    ("school", "median", "mean", "sd"),
    [
        (0, 10.093581, 11.095255, 7.901084),
        (6, 9.786985, 10.336032, 6.631039),
        (7, 8.266594, 8.474644, 7.456906),
    ],
)
def test_effects_of_schools_agree_with_bayesmeta(
    schools: Posterior, school: int, median: float, mean: float, sd: float
) -> None:
    theta = schools.theta[school]
    assert theta.quantile(0.5) == pytest.approx(median, abs=0.02)
    assert theta.mean == pytest.approx(mean, abs=0.02)
    assert theta.sd == pytest.approx(sd, abs=0.02)


def test_flat_priors_of_the_eight_schools_agree_with_bayesmeta(
    schools_with_flat_priors: Posterior,
) -> None:
    tau, mu = schools_with_flat_priors.tau, schools_with_flat_priors.mu
    assert tau.quantile(0.5) == pytest.approx(5.227732, abs=5e-7)
    assert tau.mean == pytest.approx(6.585992, abs=5e-7)
    assert tau.sd == pytest.approx(5.685974, abs=5e-7)
    assert tau.quantile(0.95) == pytest.approx(17.265797, abs=1e-6)
    assert mu.quantile(0.5) == pytest.approx(8.055861, abs=0.01)
    assert mu.mean == pytest.approx(8.092138, abs=0.01)
    assert mu.sd == pytest.approx(5.246683, abs=0.01)
    new = schools_with_flat_priors.predictive()
    assert new.quantile(0.5) == pytest.approx(8.008111, abs=0.02)
    assert new.sd == pytest.approx(10.148132, abs=0.02)


@pytest.mark.parametrize(
    ("school", "printed"),
    [
        (0, [-2, 7, 10, 16, 31]),
        (1, [-5, 3, 8, 12, 23]),
        (2, [-11, 2, 7, 11, 19]),
        (3, [-7, 4, 8, 11, 21]),
        (4, [-9, 1, 5, 10, 18]),
        (5, [-7, 2, 6, 10, 28]),
        (6, [-1, 7, 10, 15, 26]),
        (7, [-6, 3, 8, 13, 33]),
    ],
)
def test_effects_of_schools_agree_with_table_5_3(
    schools_with_flat_priors: Posterior, school: int, printed: list[float]
) -> None:
    assert_estimated_quantiles(schools_with_flat_priors.theta[school], printed, 1.0, 200)


def test_the_eight_schools_have_the_probabilities_of_section_5_5(
    schools_with_flat_priors: Posterior,
) -> None:
    """22 of 200 draws of the largest effect are above 28.4, and A is above C in 141."""
    theta = schools_with_flat_priors.draws(100_000, seed=1)["theta"]
    for found, published in (
        ((theta.max(axis=1) > 28.4).mean(), 22 / 200),
        ((theta[:, 0] > theta[:, 2]).mean(), 141 / 200),
    ):
        assert found == pytest.approx(published, abs=4 * np.sqrt(found * (1 - found) / 200))
    tau = schools_with_flat_priors.tau
    assert tau.density(10.0) < tau.density(1e-9) / 2
    assert np.argmax(tau.density(np.linspace(1e-9, 30, 301))) == 0


def test_the_pooled_estimate_of_the_schools_is_that_of_section_5_5() -> None:
    """With tau = 0 the effect is 7.7 with standard error 4.1, given the data of table 5.2."""
    y, se = [28, 8, -3, 7, -1, 1, 18, 12], [15, 10, 16, 11, 9, 11, 10, 18]
    mu = exact_posterior(y, se, tau=Uniform(1e-6)).mu
    assert mu.mean == pytest.approx(7.7, abs=0.05)
    assert mu.sd == pytest.approx(4.1, abs=0.05)


@pytest.mark.parametrize(
    ("trial", "printed"),
    [
        (1, [-0.57, -0.33, -0.24, -0.16, 0.12]),
        (2, [-0.64, -0.37, -0.28, -0.20, -0.00]),
        (4, [-0.45, -0.31, -0.25, -0.19, -0.05]),
        (7, [-0.61, -0.43, -0.36, -0.28, -0.17]),
        (10, [-0.48, -0.35, -0.29, -0.23, -0.13]),
        (14, [-0.34, -0.22, -0.12, 0.00, 0.27]),
        (19, [-0.53, -0.31, -0.23, -0.14, 0.15]),
        (22, [-0.65, -0.40, -0.31, -0.23, -0.07]),
    ],
)
def test_effects_of_trials_agree_with_table_5_4(
    trials: Posterior, trial: int, printed: list[float]
) -> None:
    assert_estimated_quantiles(trials.theta[trial - 1], printed, 0.01, 5_000)


def test_mu_and_the_medians_of_the_trials_agree_with_table_5_5(trials: Posterior) -> None:
    assert_estimated_quantiles(trials.mu, [-0.37, -0.29, -0.25, -0.20, -0.11], 0.01, 5_000)
    assert trials.tau.quantile(0.5) == pytest.approx(0.13, abs=0.005)
    assert trials.predictive().quantile(0.5) == pytest.approx(-0.25, abs=0.005)
