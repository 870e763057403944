"""A likelihood that is added as docs/extending.md says: one file."""

import re
import textwrap
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from conftest import Workflow, copied, finished
from scipy import stats

SCENARIOS = [
    {
        "name": "visits",
        "likelihood": "negative_binomial",
        "exposure": [1.0, 2.0, 10.0, 0.1],
        "dispersion": 3.0,
    }
]
# the log likelihood is that of SciPy up to a constant, and so are its derivatives
PROGRAM = """
import numpy as np
from scipy import stats

from funnel.likelihoods import likelihood_class

data = likelihood_class("negative_binomial").given_data([0, 5], exposure=[1.0, 2.0], dispersion=3.0)
theta, h = np.linspace(-4, 4, 9)[:, None], 1e-4
mean = data.exposure * np.exp(theta)
exact = stats.nbinom.logpmf(data.counts, 3.0, 3.0 / (3.0 + mean))
assert np.ptp(data.log_likelihood(theta) - exact, axis=0).max() < 1e-12
score, information = data.derivatives(theta)
ends = [data.log_likelihood(theta + step) for step in (-h, 0, h)]
assert np.allclose(score, (ends[2] - ends[0]) / (2 * h), atol=1e-5)
assert np.allclose(information, -(ends[2] - 2 * ends[1] + ends[0]) / h**2, atol=1e-5)
n, rng = np.array([1.0, 4.0, 2.0]), np.random.default_rng(1)
sizes = type(data).sizes_for(n, 0.5, 0.3)
assert np.isclose(np.log(type(data).information(0.3, **sizes)).mean() / -2, np.log(0.5))
drawn = type(data).simulate(np.full(100_000, 0.5), rng, exposure=2.0, dispersion=3.0).counts
mean = 2 * np.exp(0.5)
assert np.isclose(drawn.mean(), mean, rtol=0.02)
assert np.isclose(drawn.var(), mean + mean**2 / 3, rtol=0.05)
"""


@pytest.fixture(scope="module")
def checkout(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout with the likelihood of the page."""
    checkout = copied(repository, tmp_path_factory.mktemp("checkout"))
    page = (repository / "docs/extending.md").read_text()
    pattern = r'^    """The negative binomial.*?^    DATA = \w+\n'
    (code,) = re.findall(pattern, page, re.DOTALL | re.MULTILINE)
    module = checkout / "src/funnel/likelihoods/negative_binomial.py"
    module.write_text(textwrap.dedent(code))
    return checkout


@pytest.fixture
def study(checkout: Path, small: dict[str, Any], tmp_path: Path) -> Workflow:
    """A study of the new likelihood, which has not been run."""
    own = {
        "scenarios": SCENARIOS,
        "truth": {"mu": 0.5, "tau": 1.0},
        "priors": {"mu_sd": 2.0, "tau_scale": 2.0},
        "parameterizations": ["noncentered", "data_based"],
        "sampling": {"chains": 4, "tune": 500, "draws": 1_000},
    }
    return Workflow(checkout, tmp_path, {**small, **own})


def assert_exact(study: Workflow, samplers: int) -> None:
    fits = pd.read_csv(study.root / "summary/fits.csv")
    assert len(fits) == 4 * samplers
    assert set(fits["status"]) == {"ok"}
    assert fits["message"].isna().all()
    estimates = pd.read_csv(study.root / "summary/estimates.csv")
    tested = estimates[estimates["estimand"] != "tau"]
    assert tested["z_score"].abs().max() < stats.norm.isf(1e-3 / len(tested))


def test_its_functions_are_those_of_the_distribution(study: Workflow) -> None:
    python, *_ = study.command()
    done = finished([python, "-c", PROGRAM], study.environment(), study.directory)
    assert done.returncode == 0, done.stderr


def test_stan_agrees_with_its_exact_posterior(study: Workflow) -> None:
    study.succeed("summarise")
    assert_exact(study, 1)


@pytest.mark.slow
def test_a_study_of_it_has_a_report_and_figures(study: Workflow) -> None:
    study.config["samplers"] = ["nutpie", "stan"]
    study.succeed()
    assert_exact(study, 2)
    assert (
        "NegativeBinomial(exposure exp(theta), dispersion)"
        in (study.root / "report.html").read_text()
    )
    path = study.root / "figures/visits/0/stan/data_based/index.html"
    study.succeed("--", str(path.relative_to(study.directory)))
    assert path.with_name("traces.png").stat().st_size > 10_000
