from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from faults import Faults, Tried
from hypothesis import settings

from funnel.data import DataSet
from funnel.priors import Priors
from funnel_study.study.read import read_study
from funnel_study.study.schema import Study

REPOSITORY = Path(__file__).parents[1]


# the same examples in every run; --hypothesis-profile=default draws new ones
settings.register_profile("repeatable", derandomize=True)
settings.load_profile("repeatable")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--faults", metavar="FILE", help="write the table of faults that were tried")
    parser.addoption("--check-faults", metavar="FILE", help="compare docs/faults.md with a table")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "fault: tries a fault or a bad input (the fixture tried)")
    # the reports of all workers come together in the process that started them
    if config.option.faults and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Faults(config), "faults")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tried" in getattr(item, "fixturenames", ()):
            item.add_marker("fault")
    # whole studies first, or the last of them would keep one worker busy and the other idle
    items.sort(key=lambda item: "workflow" not in item.path.parts)


@pytest.fixture
def tried(record_property: Callable[[str, object], None]) -> Tried:
    """Add a row to the table of faults: its kind, what is tried, and what should happen.

    To be called first, so that the row is there whether or not the test passes.
    """

    def record(kind: str, what: str, outcome: str) -> None:
        record_property("tried", (kind, what, outcome))

    return record


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
    return DataSet(y=y, idx=np.arange(9), sigma=np.full(9, 10.0), theta=theta, mu=4.5, tau=3.5)
