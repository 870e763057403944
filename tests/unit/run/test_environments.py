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
    (tmp_path / ".venvs/old/bin").mkdir(parents=True)
    return tmp_path


def test_a_sampler_runs_in_its_own_environment_or_in_that_of_the_study(checkout: Path) -> None:
    assert environment(checkout, "new") == MAIN
    assert unavailable(checkout, "new") == ""
    assert environment(checkout, "old") == "old"
    assert python(checkout, "old") == checkout / ".venvs/old/bin/python"


def test_an_environment_is_missing_with_its_reason_until_it_is_installed(checkout: Path) -> None:
    python(checkout, "old").touch()  # half of it
    line = "the environment of old is missing: {}; run make old"
    assert unavailable(checkout, "old") == line.format("it has not been installed")
    (checkout / ".venvs/old.problem").write_text("no Python 3.10 was found\n", encoding="utf-8")
    assert unavailable(checkout, "old") == line.format("no Python 3.10 was found")
    (checkout / ".venvs/old/.installed").touch()
    assert unavailable(checkout, "old") == missing(checkout, "old") == ""


def test_a_package_that_only_one_sampler_needs_may_be_missing(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert unavailable(checkout, "stan") == ""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert unavailable(checkout, "new") == ""
    assert "needs the package stanli" in unavailable(checkout, "stan")


def test_every_environment_is_that_of_a_sampler(repository: Path) -> None:
    own = {path.stem for path in (repository / "workflow/envs").glob("*.yaml")} - {MAIN}
    assert own == {name for name in samplers.names() if environment(repository, name) != MAIN}
    for name in own:
        assert (repository / f"requirements/{name}.in").exists()
        assert f"\n{name}: " in (repository / "Makefile").read_text()
