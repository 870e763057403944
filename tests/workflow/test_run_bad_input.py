"""Bad input to Snakemake and `make`: the same line as in the unit tests, and no work."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import Make, Workflow, finished

NOISE = ("Using workflow specific profile", "make: ***", "make[1]: ***")


def only_line(done: subprocess.CompletedProcess[str]) -> str:
    lines = [line for line in (done.stdout + done.stderr).splitlines() if line]
    (line,) = [line for line in lines if not line.startswith(NOISE)]
    return line


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        # of two equal keys, Snakemake itself takes the last
        (["--configfile", "bad.yaml"], "bad.yaml: line 2: the key 'study' is given twice"),
        (["--configfile", "good.yaml", "--config", "replicate=3"], "replicate: unknown key (did"),
        pytest.param(
            # without the check in the profile
            ["--configfile", "bad.yaml", "--workflow-profile", "none"],
            "bad.yaml: line 2: the key",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_snakemake_answers_with_one_line(
    repository: Path, small: dict[str, Any], tmp_path: Path, arguments: list[str], part: str
) -> None:
    (tmp_path / "bad.yaml").write_text("study: a\nstudy: b\n")
    (tmp_path / "good.yaml").write_text(yaml.safe_dump(small))
    snakefile = str(repository / "Snakefile")
    command = [sys.executable, "-m", "snakemake", "--snakefile", snakefile, "--cores", "1"]
    ended = finished([*command, *arguments], folder=tmp_path)
    line = only_line(ended)
    assert (ended.returncode, part in line) == (1, True), line
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize(
    ("target", "part"),
    [
        (["study", "CONFIG=a b' \".yaml"], "a b' \".yaml: No such file or directory"),
        (["study", "SAMPLERS=$$(id)"], "SAMPLERS = '$(id)': samplers[0] = '$(id)': unknown"),
        (["published", "SEEDS=many"], "SEEDS = many: must be a whole number, 0 or more"),
        *(
            pytest.param(*case, marks=pytest.mark.slow)
            for case in (
                (
                    ["study", "SAMPLERS=stan", "OPTIONS=--config replicates=2"],
                    "OPTIONS: --config is not allowed with SAMPLERS or with make published",
                ),
                (["inspect", "SAMPLERS=stan"], "SAMPLERS = stan: make inspect needs SAMPLER=NAME"),
                (["inspect", "STUDY=no such"], "results/no such has no finished study"),
                (["report", "STUDY=no such"], "results/no such has no finished study"),
                (["report", "STUDY=small"], "results/small has no finished study"),
                (
                    ["inspect", "CONFIG=results/small/config.yaml", "REPLICATE=7"],
                    "REPLICATE = '7': not part of",
                ),
                (["inspect", "STUDY=small", "SAMPLER=$$(id)"], "SAMPLER = '$(id)': not part of"),
            )
        ),
    ],
)
def test_make_answers_with_one_line(
    repository: Path, small: dict[str, Any], tmp_path: Path, target: list[str], part: str
) -> None:
    make = Make(repository, tmp_path)
    (tmp_path / "results/small").mkdir(parents=True)
    (tmp_path / "results/small/config.yaml").write_text(yaml.safe_dump(small))
    before = set(tmp_path.rglob("*"))
    made = make.run("SCENARIO=few", "PARAMETERIZATION=mixed", *target)
    assert made.returncode
    assert part in only_line(made)
    assert set(tmp_path.rglob("*")) == before


def test_folders_may_have_any_name(repository: Path, small: dict[str, Any], tmp_path: Path) -> None:
    """Paths of the checkout and of the working folder with quotes, spaces and commands."""
    checkout = tmp_path / "the 'check' \"out\" $(touch pwned); &"
    directory = tmp_path / "the 'work' \"folder\" $(touch pwned); &"
    checkout.mkdir()
    directory.mkdir()
    for name in ("src", "scripts", "config", "Snakefile", "workflow", "profiles"):
        (checkout / name).symlink_to(repository / name)
    workflow = Workflow(checkout, directory, small)
    workflow.succeed("--", "results/small/diagnostics/lone/noncentered/stan/0-1.json")
    assert not list(tmp_path.rglob("pwned"))
    assert (
        len(list(workflow.root.rglob("*.nc"))) == 2 + 2 + 2
    )  # data, draws, exact posterior, errors of chains
