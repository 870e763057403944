"""Small studies that Snakemake runs, each in its own folder."""

import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml


def finished(
    command: Sequence[str | Path],
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a command and return its exit code and output."""
    return subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, text=True, check=False
    )


def copied(repository: Path, checkout: Path) -> Path:
    """Copy what a study needs of a checkout into a folder, where it can be changed."""
    for name in ("workflow", "scripts", "src", "config"):
        shutil.copytree(repository / name, checkout / name, symlinks=True)
    for name in ("Snakefile", "environment.yml"):
        shutil.copy(repository / name, checkout)
    (checkout / "profiles").symlink_to("workflow/profiles")
    return checkout


# the variables that a make in a test keeps of the environment: a `make test` around it exports
# its flags, and variables of the Makefile such as CONFIG
KEPT = ("PATH", "HOME", "LANG", "TMPDIR")


class Make:
    """The Makefile in a folder of its own, with the environment of the tests for that of a study.

    Nothing is installed, whichever targets are made.
    """

    def __init__(self, repository: Path, folder: Path) -> None:
        self.folder = folder
        parts = ("Makefile", "src", "scripts", "config", "Snakefile", "workflow", "profiles")
        for name in (*parts, "requirements"):
            (folder / name).symlink_to(repository / name)
        (folder / "main").mkdir()
        for name in ("bin", "lib", "pyvenv.cfg"):
            (folder / "main" / name).symlink_to(Path(sys.prefix, name))
        # newer than requirements/, so that it counts as installed
        (folder / "main/.installed").touch()

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {name: os.environ[name] for name in KEPT if name in os.environ}
        return finished(["make", "MAIN=main", *arguments], environment, self.folder)


@dataclass
class Workflow:
    """The workflow of a checkout, which is run in the folder `directory`."""

    checkout: Path
    directory: Path
    config: dict[str, Any] = field(default_factory=dict)
    snakefile: str = "Snakefile"

    def command(self, *arguments: str) -> list[str]:
        file = self.directory / "config.yaml"
        file.write_text(yaml.safe_dump(self.config))
        snakefile = self.checkout / self.snakefile
        return [
            *(sys.executable, "-m", "snakemake", "--snakefile", str(snakefile)),
            *("--directory", str(self.directory), "--configfile", str(file)),
            *arguments,
        ]

    def environment(self) -> dict[str, str]:
        # the interpreter's folder is not on the PATH: the workflow must find its Python by itself
        # and the packages are those of the checkout, which may be an edited copy
        packages = str(self.checkout / "src")
        return {**os.environ, "PATH": "/usr/local/bin:/usr/bin:/bin", "PYTHONPATH": packages}

    def run(self, *arguments: str, cores: int = 2) -> subprocess.CompletedProcess[str]:
        return finished(self.command("--cores", str(cores), *arguments), self.environment())

    def succeed(self, *arguments: str, cores: int = 2) -> str:
        done = self.run(*arguments, cores=cores)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command("--cores", "2", *arguments),
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            # in the background of a script, Ctrl-C is ignored, and its children inherit that
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    def planned(self, *arguments: str) -> Counter[str]:
        """The number of jobs of each rule in a dry run."""
        output = self.succeed("--dry-run", *arguments)
        table = re.search(r"^job +count\n[- ]+\n(.*?)\n\n", output, re.MULTILINE | re.DOTALL)
        if table is None:
            assert "Nothing to be done" in output, output
            return Counter()
        rows = (line.split() for line in table[1].splitlines())
        return Counter({rule: int(n) for rule, n in rows if rule not in ("all", "total")})

    @property
    def root(self) -> Path:
        return self.directory / "results" / self.config["study"]


def numbers(workflow: Workflow) -> dict[str, str]:
    """Every table of a study as the text of its file, without measured times."""
    tables = {}
    for path in sorted((workflow.root / "summary").glob("*.csv")):
        if path.stem != "timing":
            table = pd.read_csv(path, dtype=str, keep_default_na=False)
            table = table.drop(columns=[name for name in table if name.endswith("seconds")])
            if "measure" in table:
                table = table[table["measure"] != "ess_per_second"]
            tables[path.stem] = table.to_csv(index=False)
    return tables


@pytest.fixture(scope="session")
def small() -> dict[str, Any]:
    """A study of two scenarios, two parameterizations, one sampler and two replicates.

    The sampler is the one that starts fastest; other tests run studies with the default one.
    """
    return {
        "study": "small",
        "scenarios": [
            {"name": "few", "sigma": 3.0, "n_per_individual": [1, 4, 2]},
            {"name": "lone", "sigma": 0.5, "n_per_individual": [3]},
        ],
        "parameterizations": ["noncentered", "mixed"],
        "samplers": ["stan"],
        "replicates": 2,
        "sampling": {"chains": 2, "tune": 100, "draws": 100},
    }


@pytest.fixture(scope="session")
def repository() -> Path:
    return Path(__file__).parents[2]


@pytest.fixture(scope="session")
def done(
    repository: Path, small: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Workflow:
    """The small study after a whole run; tests must not change it.

    The first worker that needs it runs it, and each has a copy of its own.
    """
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "shared"
    shared.mkdir(exist_ok=True)
    ended = shared / "ended"
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ended.exists():
            shutil.rmtree(shared / "done", ignore_errors=True)
            (shared / "done").mkdir()
            Workflow(repository, shared / "done", small).succeed()
            ended.touch()
    own = tmp_path_factory.mktemp("own") / "done"
    shutil.copytree(shared / "done", own)
    return Workflow(repository, own, small)


@pytest.fixture
def copy(done: Workflow, tmp_path: Path) -> Workflow:
    """A copy of the small study after a whole run, which a test may change."""
    directory = tmp_path / "copy"
    shutil.copytree(done.directory, directory)
    return Workflow(done.checkout, directory, dict(done.config))
