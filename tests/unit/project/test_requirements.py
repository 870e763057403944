"""The two roads to an environment, pip and conda, lead to the same packages."""

import re
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def listed(path: Path) -> dict[str, Requirement]:
    """The requirements of a .in file, by name."""
    lines = [line.strip() for line in path.read_text().splitlines()]
    found = [Requirement(line) for line in lines if line and not line.startswith(("#", "-"))]
    return {canonicalize_name(requirement.name): requirement for requirement in found}


def locked(path: Path) -> dict[str, str]:
    pattern = re.compile(r"^([A-Za-z0-9_.-]+)==([^\s;]+)", re.MULTILINE)
    return {canonicalize_name(name): version for name, version in pattern.findall(path.read_text())}


@pytest.mark.parametrize("name", ["main", "pymc3"])
def test_conda_has_the_packages_and_bounds_of_pip(repository: Path, name: str) -> None:
    environment = yaml.safe_load((repository / f"workflow/envs/{name}.yaml").read_text())
    plain = [line for line in environment["dependencies"] if isinstance(line, str)]
    mappings = (line for line in environment["dependencies"] if isinstance(line, dict))
    by_pip = next(mappings, {"pip": []})["pip"]
    conda = {
        canonicalize_name(requirement.name): requirement.specifier
        for requirement in map(Requirement, [*plain, *by_pip])
        if requirement.name not in ("python", "pip")
    }
    pip = {
        name: requirement.specifier
        for name, requirement in listed(repository / f"requirements/{name}.in").items()
    }
    assert conda == pip


def test_one_python_for_all(repository: Path) -> None:
    bounds = ">=3.12,<3.14"
    assert f'requires-python = "{bounds}"' in (repository / "pyproject.toml").read_text()
    assert f"- python{bounds}" in (repository / "environment.yml").read_text()
    assert f"\nPYTHON_VERSION := {bounds}" in (repository / "Makefile").read_text()
    old = ">=3.10,<3.11"
    assert f"- python{old}" in (repository / "workflow/envs/pymc3.yaml").read_text()
    assert f"PYMC3_PYTHON_VERSION := {old}" in (repository / "Makefile").read_text()


@pytest.mark.parametrize("name", ["main", "dev", "uv", "pymc3", "bench"])
def test_locks_pin_what_is_listed_with_hashes(repository: Path, name: str) -> None:
    """No option, no address, no folder: nothing that pip would install without a hash."""
    pin = re.compile(r"[A-Za-z0-9_.-]+(\[[A-Za-z0-9_,-]+\])?==[^\s;@]+( ; [^\\]+)? \\")
    digest = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")
    before = ""
    for line in (repository / f"requirements/{name}.txt").read_text().splitlines():
        assert pin.fullmatch(line) or digest.fullmatch(line), line
        # a line that goes on is followed by a hash, and a hash that does not go on by a version
        assert bool(digest.fullmatch(line)) == before.endswith("\\"), line
        before = line
    assert digest.fullmatch(before)
    versions = locked(repository / f"requirements/{name}.txt")
    for package, requirement in listed(repository / f"requirements/{name}.in").items():
        assert versions[package] in requirement.specifier, package


def test_whatever_is_installed_is_checked_against_its_hash(repository: Path) -> None:
    text = (repository / "requirements/install.sh").read_text()
    assert "--trusted-host" not in text
    code = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    installs = re.findall(r"pip (?:install|sync).*", code)
    assert len(installs) == 2
    assert all("--require-hashes" in line for line in installs)
    for file in ("Makefile", ".ci/run"):
        others = (repository / file).read_text()
        assert not re.search(r"\bpip3? (install|sync)|uv (add|run|tool)|pipx", others), file


@pytest.mark.parametrize("name", ["dev", "bench"])
def test_tests_and_benchmark_run_with_the_studys_own_versions(repository: Path, name: str) -> None:
    main, other = (locked(repository / f"requirements/{each}.txt") for each in ("main", name))
    assert not {each for each in other if each in main and other[each] != main[each]}


def test_the_workflow_asks_for_the_snakemake_that_is_required(repository: Path) -> None:
    (version,) = re.findall(r'min_version\("(.+)"\)', (repository / "Snakefile").read_text())
    required = listed(repository / "requirements/main.in")["snakemake"].specifier
    assert [bound.version for bound in required if bound.operator == ">="] == [version]
