from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import settings

from funnel.data import DataSet, given_data
from funnel.priors import Priors
from funnel_study.study.read import read_study
from funnel_study.study.schema import Study

REPOSITORY = Path(__file__).parents[1]


# the same examples in every run; --hypothesis-profile=default draws new ones
settings.register_profile("repeatable", derandomize=True)
settings.load_profile("repeatable")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # whole studies first, or the last of them would keep one worker busy and the other idle
    items.sort(key=lambda item: "workflow" not in item.path.parts)


@pytest.fixture
def repository() -> Path:
    return REPOSITORY


@pytest.fixture
def default() -> dict[str, Any]:
    """The configuration of the default study, as in its file."""
    config: dict[str, Any] = yaml.safe_load((REPOSITORY / "config/config.yaml").read_text())
    return config


@pytest.fixture
def study() -> Callable[..., Study]:
    """A small study, with any key overridden."""

    def make(**keys: Any) -> Study:
        scenarios = [
            {"name": "few", "sigma": 3.0, "n_per_individual": [1, 4, 2]},
            {"name": "lone", "sigma": 0.5, "n_per_individual": [3]},
        ]
        return read_study({"study": "small", "scenarios": scenarios, "replicates": 3, **keys})

    return make


@pytest.fixture
def priors() -> Priors:
    return Priors(mu_sd=5.0, tau_scale=5.0)


@pytest.fixture
def published() -> dict[str, Any]:
    file = REPOSITORY / "workflow/resources/published.yaml"
    facts: dict[str, Any] = yaml.safe_load(file.read_text())
    return facts


@pytest.fixture
def weak(published: dict[str, Any]) -> DataSet:
    """The published data set of weak likelihoods."""
    y = np.array(published["scenarios"]["weak"]["y"])
    theta = np.array(published["scenarios"]["weak"]["theta"])
    sizes = {"n_per_individual": [1] * 9, "sigma": 10.0}
    return replace(given_data("normal", sizes, y), theta=theta, mu=4.5, tau=3.5)
