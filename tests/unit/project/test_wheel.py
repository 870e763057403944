"""The wheel of the project has the library, and needs numpy and scipy only."""

import os
import shutil
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from test_requirements import listed

BUILD = "import sys; from setuptools.build_meta import build_wheel; build_wheel(sys.argv[1])"
USE = """
import sys
sys.path[:0] = [sys.argv[1]]
import funnel
posterior = funnel.exact_posterior([1.0, 2.0], [1.0, 1.0], tau=funnel.HalfNormal(1.0))
print(funnel.__file__, round(posterior.mu.mean, 6))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, unpacked, built from a copy of the files that it is made of."""
    repository, folder = Path(__file__).parents[3], tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    for name in ("src", "requirements"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(repository / name, source / name, ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(repository / name, source)
    subprocess.run([sys.executable, "-c", BUILD, str(folder)], cwd=source, check=True)
    (archive,) = folder.glob("*.whl")
    with zipfile.ZipFile(archive) as file:
        file.extractall(folder / "unpacked")
    return folder / "unpacked"


def test_the_wheel_has_every_file_of_the_library(repository: Path, wheel: Path) -> None:
    def files(folder: Path) -> set[Path]:
        found = (path for path in (folder / "funnel").rglob("*") if path.is_file())
        return {path.relative_to(folder) for path in found if path.suffix != ".pyc"}

    assert files(wheel) == files(repository / "src")


def test_the_library_is_used_from_the_wheel(wheel: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", USE, str(wheel)],
        cwd=tmp_path,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [str(wheel / "funnel/__init__.py"), "1.5"]


def test_the_packages_of_a_study_are_optional(repository: Path, wheel: Path) -> None:
    (metadata,) = wheel.glob("*.dist-info/METADATA")
    named = Parser().parsestr(metadata.read_text()).get_all("Requires-Dist")
    assert named is not None
    requirements = [Requirement(str(each)) for each in named]
    always = {each.name for each in requirements if each.marker is None}
    assert always == {"numpy", "scipy"}
    study = {each.name: each.specifier for each in requirements if each.marker is not None}
    main = listed(repository / "requirements/main.in")
    assert study == {name: each.specifier for name, each in main.items()}
