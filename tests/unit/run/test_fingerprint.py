import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from funnel_study.run import fingerprint
from funnel_study.run.fingerprint import CodeFingerprints

AFTER = ("analyse", "calibrate", "figures")  # scripts that read tables


def forget() -> None:
    for function in (fingerprint.fingerprint, fingerprint.digest, fingerprint._read):
        function.cache_clear()


@pytest.fixture
def fingerprints(repository: Path, tmp_path: Path) -> Callable[[], dict[str, str]]:
    """The fingerprints of all jobs, of a copy of the code that a test may edit."""
    for folder in ("src", "scripts"):
        shutil.copytree(repository / folder, tmp_path / folder)
    code = CodeFingerprints(tmp_path / "scripts")

    def all_jobs() -> dict[str, str]:
        forget()
        names = ("simulate", "exact", "diagnose", "summarise", *AFTER, "page")
        jobs = {name: code(name) for name in names}
        for sampler, parameterization in (("nutpie", "mixed"), ("pymc", "centered")):
            jobs[sampler] = code("fit", sampler=sampler, parameterization=parameterization)
        return jobs

    return all_jobs


@pytest.mark.parametrize(
    ("module", "jobs"),
    [
        ("src/funnel_study/fitting/pymc_model.py", {"nutpie", "pymc"}),
        ("src/funnel_study/fitting/samplers/nutpie.py", {"nutpie"}),
        ("src/funnel_study/figures/draw_study.py", {"figures"}),
        ("src/funnel_study/figures/theme.py", {"figures"}),
        ("src/funnel_study/diagnosis/diagnostics.py", {"diagnose"}),
        (
            "src/funnel_study/diagnosis/exact_values.py",
            {"exact", "diagnose", "summarise", "calibrate", "figures"},
        ),
        ("src/funnel_study/diagnosis/columns.py", {"diagnose", "summarise", *AFTER}),
        ("src/funnel_study/analysis/__init__.py", {"analyse", "calibrate", "figures", "page"}),
        (
            "src/funnel/exact.py",
            {"simulate", "exact", "nutpie", "pymc", "diagnose", "summarise", *AFTER, "page"},
        ),
        ("src/funnel/parameterizations/mixed.py", {"nutpie"}),
        ("src/funnel_study/report/sections.py", {"page"}),
        ("scripts/simulate.py", {"simulate"}),
    ],
)
def test_a_changed_module_changes_the_jobs_that_use_it(
    fingerprints: Callable[[], dict[str, str]], tmp_path: Path, module: str, jobs: set[str]
) -> None:
    before = fingerprints()
    with (tmp_path / module).open("a") as file:
        file.write("\nADDED = 1\n")
    after = fingerprints()
    assert {name for name in before if before[name] != after[name]} == jobs


def test_comments_and_docstrings_change_nothing(
    fingerprints: Callable[[], dict[str, str]], tmp_path: Path
) -> None:
    before = fingerprints()
    for module in tmp_path.rglob("*.py"):
        text = module.read_text()
        module.write_text("# a comment\n" + text.replace('"""', '"""Other words. ', 1))
    assert fingerprints() == before


MODULES = {
    "own/__init__.py": "",
    "own/inner/__init__.py": "",
    "own/inner/deep/__init__.py": "",
    "own/inner/deep/last.py": "VALUE = 1\n",
    "own/inner/sibling.py": "VALUE = 1\n",
    "own/unused.py": "VALUE = 1\n",
}
IMPORTS = [
    "import own.inner.deep.last as other",
    "from own.inner.deep import last",
    "from own.inner.deep.last import *",
    "class Some:\n    def method(self):\n        from own.inner.deep import last",
    "from own import through",
]
THROUGH = ["from own.inner.deep import last", "from .inner.deep import last"]


@pytest.mark.parametrize("statement", IMPORTS)
@pytest.mark.parametrize("through", THROUGH)
def test_every_form_of_import_is_followed(tmp_path: Path, statement: str, through: str) -> None:
    for name, text in {**MODULES, "own/through.py": through, "job.py": statement}.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def changes(module: str) -> bool:
        forget()
        before = fingerprint.fingerprint(tmp_path / "job.py")
        with (tmp_path / module).open("a") as file:
            file.write("\nADDED = 1\n")
        forget()
        return fingerprint.fingerprint(tmp_path / "job.py") != before

    for used in ("own/inner/deep/last.py", "own/inner/deep/__init__.py", "own/inner/__init__.py"):
        assert changes(used), used
    assert changes("own/__init__.py")
    assert changes("job.py")
    assert not changes("own/unused.py")
    assert not changes("own/inner/sibling.py")


def test_a_module_imported_by_name_must_exist(tmp_path: Path) -> None:
    (tmp_path / "job.py").write_text("")
    with pytest.raises(ImportError, match="absent"):
        fingerprint.fingerprint(tmp_path / "job.py", "absent")


def test_the_same_code_elsewhere_has_the_same_fingerprint(repository: Path, tmp_path: Path) -> None:
    for folder in ("src", "scripts"):
        shutil.copytree(repository / folder, tmp_path / folder)
    scripts = tmp_path / "scripts"
    for script in ("diagnose", "page"):
        assert CodeFingerprints(scripts)(script) == CodeFingerprints(repository / "scripts")(script)
