import importlib.util
from pathlib import Path

import pytest

from funnel_study.fitting import samplers
from funnel_study.run.environments import MAIN, environment, missing, python, unavailable


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout in which the sampler `old` has an environment of its own, not yet made."""
    (tmp_path / "workflow/envs").mkdir(parents=True)
    (tmp_path / "workflow/envs/old.yaml").touch()
    (tmp_path / ".venvs").mkdir()
    return tmp_path


def test_a_sampler_without_an_environment_of_its_own_runs_in_the_studys(checkout: Path) -> None:
    assert environment(checkout, "new") == MAIN
    assert unavailable(checkout, "new") == ""


def test_a_sampler_runs_in_its_own_environment(checkout: Path) -> None:
    assert environment(checkout, "old") == "old"
    assert python(checkout, "old") == checkout / ".venvs/old/bin/python"


def test_an_environment_that_was_never_made_is_told(checkout: Path) -> None:
    assert unavailable(checkout, "old") == (
        "the environment of old is missing: it has not been installed; run make old"
    )


def test_an_environment_of_no_sampler_is_missing_until_it_is_made(checkout: Path) -> None:
    assert missing(checkout, "other") == "it has not been installed"
    (checkout / ".venvs/other").mkdir()
    (checkout / ".venvs/other/.installed").touch()
    assert missing(checkout, "other") == ""


def test_an_environment_that_could_not_be_made_says_why(checkout: Path) -> None:
    (checkout / ".venvs/old.problem").write_text("no Python 3.10 was found\n", encoding="utf-8")
    assert unavailable(checkout, "old") == (
        "the environment of old is missing: no Python 3.10 was found; run make old"
    )


def test_half_an_environment_is_none(checkout: Path) -> None:
    python(checkout, "old").parent.mkdir(parents=True)
    python(checkout, "old").touch()
    assert unavailable(checkout, "old")
    (checkout / ".venvs/old/.installed").touch()
    assert unavailable(checkout, "old") == ""


def test_an_old_problem_does_not_matter_once_the_environment_is_there(checkout: Path) -> None:
    (checkout / ".venvs/old.problem").write_text("no compiler", encoding="utf-8")
    (checkout / ".venvs/old").mkdir()
    (checkout / ".venvs/old/.installed").touch()
    assert unavailable(checkout, "old") == ""


def test_a_package_that_only_one_sampler_needs_may_be_missing(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert unavailable(checkout, "stan") == ""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert unavailable(checkout, "new") == ""
    assert unavailable(checkout, "stan") == (
        "the sampler stan needs the package stanli, which is not installed"
    )


def test_every_environment_is_that_of_a_sampler(repository: Path) -> None:
    own = {path.stem for path in (repository / "workflow/envs").glob("*.yaml")} - {MAIN}
    assert own == {name for name in samplers.names() if environment(repository, name) != MAIN}
    for name in own:
        assert (repository / f"requirements/{name}.in").exists()
        assert f"\n{name}: " in (repository / "Makefile").read_text()
