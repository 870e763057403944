import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from funnel.running import fingerprint

AFTER = ("analyse", "calibrate", "figures")  # what reads tables


@pytest.fixture
def fingerprints(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], dict[str, str]]:
    """The fingerprints of all jobs, of a copy of the code that a test may edit."""
    scripts = tmp_path / "scripts"
    shutil.copytree(repository / "scripts", scripts)
    monkeypatch.setattr(fingerprint, "PACKAGE", scripts / "funnel")

    def all_jobs() -> dict[str, str]:
        fingerprint.fingerprint.cache_clear()
        fingerprint._meaning.cache_clear()
        fingerprint._imports.cache_clear()
        jobs = {
            name: fingerprint.fingerprint(scripts / f"{name}.py")
            for name in ("simulate", "diagnose", "summarise", "analyse", "calibrate", "figures")
        }
        for sampler, parameterization in (("nutpie", "mixed"), ("pymc", "centered")):
            jobs[sampler] = fingerprint.fingerprint(
                scripts / "fit.py",
                f"fitting.samplers.{sampler}",
                f"model.parameterizations.{parameterization}",
            )
        return jobs

    return all_jobs


@pytest.mark.parametrize(
    ("module", "jobs"),
    [
        ("funnel/fitting/pymc_model.py", {"nutpie", "pymc"}),
        ("funnel/fitting/samplers/nutpie.py", {"nutpie"}),
        ("funnel/figures/of_study.py", {"figures"}),
        ("funnel/figures/theme.py", {"figures"}),
        ("funnel/diagnosis/diagnostics.py", {"diagnose", "summarise"}),
        ("funnel/study/schema.py", {"summarise"}),
        ("funnel/model/exact.py", {"nutpie", "diagnose", "summarise", *AFTER}),
        ("funnel/model/parameterizations/mixed.py", {"nutpie"}),
        ("simulate.py", {"simulate"}),
    ],
)
def test_a_changed_module_changes_the_jobs_that_use_it(
    fingerprints: Callable[[], dict[str, str]], tmp_path: Path, module: str, jobs: set[str]
) -> None:
    before = fingerprints()
    with (tmp_path / "scripts" / module).open("a") as file:
        file.write("\nADDED = 1\n")
    after = fingerprints()
    assert {name for name in before if before[name] != after[name]} == jobs


def test_comments_and_docstrings_change_nothing(
    fingerprints: Callable[[], dict[str, str]], tmp_path: Path
) -> None:
    before = fingerprints()
    for module in (tmp_path / "scripts").rglob("*.py"):
        text = module.read_text()
        module.write_text("# a comment\n" + text.replace('"""', '"""Other words. ', 1))
    assert fingerprints() == before
