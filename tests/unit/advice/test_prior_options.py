"""Priors are read as they are written, and those that do not suit the data are found."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy.integrate import quad

from funnel.priors import Exponential, HalfCauchy, HalfNormal, HalfT, Uniform
from funnel_study.advice.advice import Advice
from funnel_study.advice.priors import prior_of_tau, quantile_of_tau

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


FAR_APART = "y,se\n-90,1\n90,1\n-50,1\n50,1\n"
NOISY = "y,se\n1200,1500\n-800,1400\n2500,1600\n300,1300\n"


def scaled(factor: float, shift: float = 0.0) -> str:
    """Eight effects and standard errors of the scale `factor`."""
    effects = [2.8, 0.8, -0.3, 0.7, -0.1, 0.1, 1.8, 1.2]
    return "y,se\n" + "".join(f"{factor * y + shift},{factor}\n" for y in effects)


def test_no_warning_if_the_scales_agree(advice: Callable[..., Advice]) -> None:
    assert advice(scaled(3.0)).warnings == []
    assert advice(scaled(300.0), tau="half_normal:300", mu="normal:0:500").warnings == []
    assert advice(scaled(0.01), tau="half_cauchy:0.02", mu="flat").warnings == []


@pytest.mark.parametrize(
    ("data", "priors", "said"),
    [
        (
            *(scaled(1.0, shift=100.0), {}),
            ["contradicts the prior of mu, Normal(0, 5): it is 20.2 prior standard deviations"],
        ),
        (FAR_APART, {}, ["implausibly large under the prior of tau, HalfNormal(5)."]),
        # a heavy tail does not exclude it
        (FAR_APART, {"tau": "half_cauchy:5"}, []),
        # effects that agree with the priors only because their standard errors are so large
        (NOISY, {}, ["290 times the standard deviation of", "430 times the median of"]),
        (NOISY, {"tau": "uniform:9000", "mu": "flat"}, []),
        (scaled(0.01), {}, ["The median of the prior of tau, HalfNormal(5), is 3.37, which is"]),
    ],
)
def test_warnings_of_priors_on_another_scale(
    advice: Callable[..., Advice], data: str, priors: dict[str, str], said: list[str]
) -> None:
    found = advice(data, **priors).warnings
    assert len(found) == len(said)
    assert all(part in warning for part, warning in zip(said, found, strict=True))
