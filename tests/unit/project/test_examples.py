"""The examples in docs/library.md and in docstrings give the output that is written there."""

import doctest
from importlib import import_module
from pathlib import Path

import pytest


def test_the_examples_of_the_tutorial(repository: Path) -> None:
    found = doctest.testfile(str(repository / "docs/library.md"), module_relative=False)
    assert found.attempted > 20
    assert found.failed == 0


@pytest.mark.parametrize(
    "module",
    [
        *("funnel", "funnel.posterior", "funnel.count_posterior", "funnel.normal_posterior"),
        "funnel.working_response",
    ],
)
def test_the_examples_of_docstrings(module: str) -> None:
    found = doctest.testmod(import_module(module))
    assert found.attempted > 2
    assert found.failed == 0
