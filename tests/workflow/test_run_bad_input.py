"""Bad input to Snakemake and `make`: the same line as in the unit tests, and no work."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import Make, Workflow, finished
from faults import Tried

NOISE = ("Using workflow specific profile", "make: ***", "make[1]: ***")


def only_line(done: subprocess.CompletedProcess[str]) -> str:
    lines = [line for line in (done.stdout + done.stderr).splitlines() if line]
    (line,) = [line for line in lines if not line.startswith(NOISE)]
    return line


@pytest.mark.parametrize(
    ("fault", "arguments", "content", "part"),
    [
        ("a missing file", ["--configfile", "missing.yaml"], b"", "missing.yaml: No such file"),
        ("a directory", ["--configfile", "."], b"", ".: not a regular file"),
        ("Latin-1", ["--configfile", "bad.yaml"], b"study: \xe9\n", "bad.yaml: line 1: byte 0xe9"),
        (
            "a key given twice",
            ["--configfile", "bad.yaml"],
            b"study: a\nstudy: b\n",
            "bad.yaml: line 2: the key 'study' is given twice",
        ),
        (
            "a key given twice, without the profile",
            ["--configfile", "bad.yaml", "--workflow-profile", "none"],
            b"study: a\nstudy: b\n",
            "bad.yaml: line 2: the key 'study' is given twice",
        ),
        (
            "code for Snakemake to run",
            ["--configfile", "bad.yaml"],
            b"__use_yte__: true\nstudy: ?open('pwned', 'w').name\n",
            "bad.yaml: the key '__use_yte__' is not allowed, because Snakemake would run code",
        ),
        (
            "--config with a word for a number",
            ["--configfile", "good.yaml", "--config", "replicates=x"],
            b"",
            "replicates = 'x': must be a whole number",
        ),
        (
            "--config without a value",
            ["--configfile", "good.yaml", "--config", "replicates"],
            b"",
            "--config 'replicates': must be KEY=VALUE",
        ),
    ],
)
def test_snakemake_answers_with_one_line(
    repository: Path,
    small: dict[str, Any],
    tmp_path: Path,
    tried: Tried,
    fault: str,
    arguments: list[str],
    content: bytes,
    part: str,
) -> None:
    (tmp_path / "bad.yaml").write_bytes(content)
    (tmp_path / "good.yaml").write_text(yaml.safe_dump(small))
    before = set(tmp_path.rglob("*"))
    snakefile = str(repository / "Snakefile")
    command = [sys.executable, "-m", "snakemake", "--snakefile", snakefile, "--cores", "1"]
    done = finished([*command, *arguments], folder=tmp_path)
    line = only_line(done)
    assert (done.returncode, part in line) == (1, True), line
    written = set(tmp_path.rglob("*")) - before
    assert not [path for path in written if ".snakemake" not in path.parts]
    tried("Bad input", f"snakemake: {fault}", f"{line} (exit code 1)")


@pytest.mark.parametrize(
    ("target", "part"),
    [
        (["study", "CONFIG=missing.yaml"], "missing.yaml: No such file or directory"),
        (["study", "CONFIG=a b' \".yaml"], "a b' \".yaml: No such file or directory"),
        (["figures", "CONFIG=missing.yaml"], "missing.yaml: No such file or directory"),
        (["published", "SEEDS=many"], "SEEDS = many: must be a whole number, 0 or more"),
        (
            ["study", "SAMPLERS=pymc3 stam"],
            "SAMPLERS = 'pymc3 stam': samplers[1] = 'stam': unknown",
        ),
        (
            ["study", "SAMPLERS=stan stan"],
            "SAMPLERS = 'stan stan': samplers[1] = 'stan': duplicate",
        ),
        (["study", "SAMPLERS=$$(id)"], "SAMPLERS = '$(id)': samplers[0] = '$(id)': unknown"),
        (["study", "SAMPLERS=*"], "SAMPLERS = '*': samplers[0] = '*': unknown"),
        (["figures", "SAMPLERS=stam"], "SAMPLERS = 'stam': samplers[0] = 'stam': unknown sampler"),
        (["report", "SAMPLERS=stam"], "SAMPLERS = 'stam': samplers[0] = 'stam': unknown sampler"),
        (
            ["published", "SAMPLERS=stan nutpie"],
            "SAMPLERS = 'stan nutpie': samplers[1] = 'nutpie': not allowed with literal = True",
        ),
        (
            ["study", "SAMPLERS=stan", "OPTIONS=--config replicates=2"],
            "OPTIONS: --config is not allowed with SAMPLERS or with make published",
        ),
        (["inspect", "SAMPLERS=stan"], "SAMPLERS = stan: make inspect needs SAMPLER=NAME instead"),
        (["inspect", "STUDY=no such"], "results/no such has no finished study"),
        (
            ["inspect", "STUDY=small", "SAMPLER=stan", "SCENARIO=many"],
            "SCENARIO = 'many': not part of the study 'small'",
        ),
        (
            ["inspect", "STUDY=small", "SAMPLER=stan", "SCENARIO=few", "REPLICATE=7"],
            "REPLICATE = '7': not part of the study",
        ),
        (
            ["inspect", "STUDY=small", "SCENARIO=few", "SAMPLER=$$(id)"],
            "SAMPLER = '$(id)': not part",
        ),
    ],
)
def test_make_answers_with_one_line(
    repository: Path, done: Workflow, tmp_path: Path, tried: Tried, target: list[str], part: str
) -> None:
    make = Make(repository, tmp_path)
    (tmp_path / "results/small").mkdir(parents=True)
    text = (done.root / "config.yaml").read_text()
    (tmp_path / "results/small/config.yaml").write_text(text)
    before = set(tmp_path.rglob("*"))
    # the small study has no fits with the default of PARAMETERIZATION
    made = make.run("PARAMETERIZATION=mixed", *target)
    assert made.returncode
    line = only_line(made)
    assert part in line
    assert set(tmp_path.rglob("*")) == before
    tried("Bad input", f"make {' '.join(target)}", line)


def test_folders_may_have_any_name(
    repository: Path, small: dict[str, Any], tmp_path: Path, tried: Tried
) -> None:
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
    assert len(list(workflow.root.rglob("*.nc"))) == 2 + 2 + 1  # data, draws, errors of chains
    tried("Bad input", f"a checkout called {checkout.name}", "works, and runs none of it")
