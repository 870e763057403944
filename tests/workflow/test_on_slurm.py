"""A study on a real Slurm cluster on this machine, whose jobs are killed in various ways."""

import json
import os
import re
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import slurm
from conftest import Workflow, numbers

pytestmark = pytest.mark.slow

STUDY = {
    "study": "tiny",
    "scenarios": [{"name": "lone", "sigma": 0.5, "n_per_individual": [3]}],
    "parameterizations": ["centered", "noncentered", "mixed"],
    "replicates": 2,
    "replicates_per_job": 2,
    "sampling": {"chains": 2, "tune": 100, "draws": 100},
}
# nearly every table, and no figure: they are drawn without Slurm
TABLES = "analyse"


class OnSlurm(Workflow):
    """A workflow whose jobs Slurm runs; Snakemake gets almost no environment variables."""

    def command(self, *arguments: str) -> list[str]:
        profile = str(self.checkout / "workflow/profiles/slurm")
        at_once = ("--slurm-init-seconds-before-status-checks", "1")
        # cores are the cluster's affair
        _, _, *others = arguments
        return super().command("--profile", profile, *at_once, *others)

    def environment(self) -> dict[str, str]:
        # the last digit of a matrix product depends on the kernels that OpenBLAS is told to use
        kernels = {name: text for name, text in os.environ.items() if name.startswith("OPENBLAS_")}
        return {"PATH": "/usr/bin:/bin", **kernels}

    def process(self, parameterization: str) -> int | None:
        """The process on the node that runs the fit with this parameterization."""
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                words = (folder / "cmdline").read_bytes().decode().split("\0")
                here = (folder / "cwd").resolve() == self.directory.resolve()
            except OSError:
                continue
            if here and len(words) > 3 and words[1].endswith("/fit.py"):
                job = json.loads(words[words.index("--job") + 1])
                if job["parameterization"] == parameterization:
                    return int(folder.name)
        return None

    def freeze(self, parameterization: str) -> None:
        """Suspend a fit as soon as it runs, so that it neither ends nor fails."""
        slurm.wait_until(f"{parameterization} is fitted", lambda: self.process(parameterization))
        process = self.process(parameterization)
        assert process is not None
        os.kill(process, signal.SIGSTOP)


@pytest.fixture(scope="module")
def cluster() -> Iterator[slurm.Cluster]:
    if reason := slurm.missing():
        # .ci/run has installed it
        pytest.fail(reason) if "SLURM_IS_HERE" in os.environ else pytest.skip(reason)
    with slurm.started() as cluster:
        yield cluster


@pytest.fixture(scope="module")
def local(
    cluster: slurm.Cluster, repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """The tables of an undisturbed run on this machine, without Slurm."""
    workflow = Workflow(repository, tmp_path_factory.mktemp("local"), STUDY)
    workflow.succeed(TABLES)
    return numbers(workflow)


@pytest.fixture
def remote(cluster: slurm.Cluster, repository: Path, tmp_path: Path) -> OnSlurm:
    return OnSlurm(repository, tmp_path, dict(STUDY))


def assert_same(ours: dict[str, str], theirs: dict[str, str]) -> None:
    assert ours.keys() == theirs.keys()
    assert len(ours) > 5
    for name, table in ours.items():
        assert table == theirs[name], name


def said(pattern: str, output: str) -> str:
    """The first line of `output` that contains `pattern`."""
    lines = [line.strip() for line in output.splitlines() if re.search(pattern, line)]
    assert lines, f"nothing says {pattern!r}:\n{output}"
    return lines[0]


def job_of(cluster: slurm.Cluster, parameterization: str, *states: str) -> str | None:
    """The id of the newest job in any of `states` that runs a fit with this parameterization."""
    numbers = sorted(cluster.queue(*states), key=int)
    of_it = (f"rule_fit_wildcards_lone_{parameterization}_nutpie_0-1",)
    found = [number for number in numbers if cluster.job(number)["Comment"] in of_it]
    return found[-1] if found else None


def test_slurm_runs_the_jobs_and_the_numbers_are_those_of_a_local_run(
    cluster: slurm.Cluster, local: dict[str, str], remote: OnSlurm
) -> None:
    output = remote.succeed(TABLES)
    assert_same(numbers(remote), local)
    jobs = [job for job in cluster.ended() if job["WorkDir"] == str(remote.directory)]
    assert {job["JobState"] for job in jobs} == {"COMPLETED"}
    # rules that take seconds run beside Snakemake
    assert all(job["Name"].startswith("funnel_") for job in jobs)
    assert f"squeue --name={jobs[0]['Name']}" in output
    comments = [cluster.job(job["JobId"])["Comment"] for job in jobs]
    expected = {"exact": 1, "fit": 3, "diagnose": 3}
    assert Counter(comment.split("_")[1] for comment in comments) == expected
    for rule, count in expected.items():
        for folder, suffix in (("logs", "log"), ("benchmarks", "tsv")):
            assert len(list((remote.root / folder / rule).rglob(f"*.{suffix}"))) == count
    assert not remote.planned(TABLES)


def test_jobs_that_slurm_ends_are_tried_again_with_more_and_another_run_completes_the_study(
    cluster: slurm.Cluster, local: dict[str, str], remote: OnSlurm
) -> None:
    """One job exceeds its memory twice, one exceeds its time, and one is cancelled."""
    too_little = '300 if wildcards.parameterization == "centered" else 1000 * attempt'
    process = remote.start(TABLES, "--set-resources", f"fit:mem_mb={too_little}")
    slow = stopped = None

    def both_ended() -> bool:
        """Disturb two jobs in the order in which they start; two of the three run at once."""
        nonlocal slow, stopped
        if slow is None and remote.process("mixed"):
            remote.freeze("mixed")
            slow = job_of(cluster, "mixed", "RUNNING")
            cluster.ask("scontrol", "update", f"JobId={slow}", "TimeLimit=1")
        if stopped is None and (stopped := job_of(cluster, "noncentered", "RUNNING")):
            cluster.ask("scancel", stopped)
        return bool(slow and stopped)

    try:
        slurm.wait_until("a job is over its time and one cancelled", both_ended)
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    finally:
        output = process.communicate()[0]
    assert process.returncode == 1, output
    for first in (slow, stopped):
        assert first is not None
        name = cluster.job(first)["Comment"].split("_")[4]
        jobs = cluster.job(first), cluster.job(job_of(cluster, name, "COMPLETED") or "")
        before, after = (int(job["MinMemoryNode"].removesuffix("M")) for job in jobs)
        assert after == 2 * before
    assert cluster.job(job_of(cluster, "mixed", "COMPLETED") or "")["TimeLimit"] == "00:20:00"
    assert not (remote.root / "summary/fits.csv").exists()
    for words in (
        "exceeded memory limit",
        "status is: 'TIMEOUT'",
        "status is: 'CANCELLED'",
        "--set-resources fit:mem_mb",
    ):
        said(words, output)
    remote.succeed(TABLES)
    assert_same(numbers(remote), local)


def test_jobs_of_a_killed_run_are_told_by_the_next_with_the_command_that_cancels_them(
    cluster: slurm.Cluster, local: dict[str, str], remote: OnSlurm
) -> None:
    process = remote.start(TABLES)
    try:
        # one job hangs, one runs and one waits for a core
        remote.freeze("mixed")
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        output = process.communicate()[0]
    orphan = job_of(cluster, "mixed", "RUNNING")
    assert orphan, output

    refused = remote.run(TABLES)
    assert refused.returncode == 1
    line = said("study 'tiny': jobs of an earlier run are still", refused.stdout + refused.stderr)
    command = line[line.index("scancel ") :].split()
    assert orphan in cluster.queue("RUNNING")

    cluster.ask(*command)
    slurm.wait_until("the jobs have ended", lambda: not cluster.queue())
    remote.succeed(TABLES)
    assert cluster.job(orphan)["JobState"] == "CANCELLED"
    assert_same(numbers(remote), local)
    assert not list(remote.root.rglob(".unfinished*")), "half-written files are left behind"
