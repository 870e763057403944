"""Priors are read as they are written, and those that do not suit the data are found."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy.integrate import quad

from funnel.priors import Exponential, Flat, HalfCauchy, HalfNormal, HalfT, Normal, Uniform
from funnel_study.advice.advice import Advice
from funnel_study.advice.priors import in_words, prior_of_mu, prior_of_tau, quantile_of_tau

PRIORS = {
    "half_normal:5": HalfNormal(5.0),
    "half_cauchy:0.5": HalfCauchy(0.5),
    "half_t:4:2.5": HalfT(4.0, 2.5),
    "exponential:1e-2": Exponential(0.01),
    "uniform: 50": Uniform(50.0),
}


@pytest.mark.parametrize("text", PRIORS)
def test_priors_of_tau(text: str) -> None:
    prior = prior_of_tau(text)
    assert prior == PRIORS[text]
    for p in (0.5, 0.95):
        below = quad(lambda tau: float(prior.density(np.array(tau))), 0, quantile_of_tau(prior, p))
        assert below[0] == pytest.approx(p, abs=1e-6)


def test_priors_of_mu() -> None:
    assert prior_of_mu("normal:-1:2") == Normal(-1.0, 2.0)
    assert prior_of_mu("flat") == Flat()


def test_priors_are_written_as_in_the_model() -> None:
    texts = [in_words(prior) for prior in (HalfT(4.0, 2.5), Normal(0.0, 5.0), Flat())]
    assert texts == ["HalfT(4, 2.5)", "Normal(0, 5)", "flat"]


def scaled(factor: float, shift: float = 0.0) -> str:
    """Eight effects and standard errors of the scale `factor`."""
    effects = [2.8, 0.8, -0.3, 0.7, -0.1, 0.1, 1.8, 1.2]
    return "y,se\n" + "".join(f"{factor * y + shift},{factor}\n" for y in effects)


def test_no_warning_if_the_scales_agree(advice: Callable[..., Advice]) -> None:
    assert advice(scaled(3.0)).warnings == []
    assert advice(scaled(300.0), tau="half_normal:300", mu="normal:0:500").warnings == []
    assert advice(scaled(0.01), tau="half_cauchy:0.02", mu="flat").warnings == []


def test_a_prior_of_mu_far_from_the_effects(advice: Callable[..., Advice]) -> None:
    (warning,) = advice(scaled(1.0, shift=100.0)).warnings
    assert warning.startswith(
        "The mean of the effects, 101, contradicts the prior of mu, Normal(0, 5): it is 20.2 prior "
        "standard deviations from the prior mean."
    )
    assert "MU_PRIOR" in warning


def test_a_prior_of_tau_that_is_too_narrow(advice: Callable[..., Advice]) -> None:
    data = "y,se\n-90,1\n90,1\n-50,1\n50,1\n"
    (warning,) = advice(data).warnings
    assert warning.startswith("An estimate of tau from the data alone, 84")
    assert "implausibly large under the prior of tau, HalfNormal(5)." in warning
    # a heavy tail does not exclude it
    assert advice(data, tau="half_cauchy:5").warnings == []


def test_priors_of_another_scale_than_noisy_data(advice: Callable[..., Advice]) -> None:
    """The effects agree with the priors only because their standard errors are so large."""
    data = "y,se\n1200,1500\n-800,1400\n2500,1600\n300,1300\n"
    of_mu, of_tau = advice(data).warnings
    assert of_mu.startswith(
        "The standard errors, 1,450 in the median, are 290 times the standard deviation of the "
        "prior of mu, Normal(0, 5), so the data hardly change it."
    )
    assert of_tau.startswith(
        "The standard errors, 1,450 in the median, are 430 times the median of the prior of tau, "
        "HalfNormal(5), so the data hardly change it."
    )
    assert advice(data, tau="uniform:9000", mu="flat").warnings == []


def test_a_prior_of_tau_that_is_too_wide(advice: Callable[..., Advice]) -> None:
    (warning,) = advice(scaled(0.01)).warnings
    assert warning.startswith("The median of the prior of tau, HalfNormal(5), is 3.37, which is")
