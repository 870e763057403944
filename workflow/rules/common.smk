import functools
import glob
import json
import os
import re
import shlex
import subprocess
import sys
import time

import yaml
from snakemake.exceptions import WorkflowError

# jobs find the package beside their scripts; the workflow has to be told where it is
sys.path.insert(0, f"{workflow.basedir}/scripts")

from funnel.figures import catalogue, plan
from funnel.running import environments, resources, slurm, stale
from funnel.running.fingerprint import digest, fingerprint
from funnel.running.lock import LockedError, hold
from funnel.running.runs import add_run
from funnel.running.session import failed_fits
from funnel.storage.records import CONFIGURATION, FOREIGN
from funnel.study import design, jobs, paths
from funnel.study.design import Block
from funnel.study.read import read_study
from funnel.study.yaml_file import ConfigError, read_yaml_file

SCRIPTS = f"{workflow.basedir}/scripts"
PREFIX = f"export SCRIPTS={shlex.quote(SCRIPTS)}; "
DEPLOYED = bool(workflow.deployment_settings.deployment_method)
if not DEPLOYED:
    PREFIX += f"export VENVS={shlex.quote(f'{workflow.basedir}/.venvs')}; "
    # the Python that runs Snakemake has the packages, whether or not it is on the PATH
    PREFIX += f"export PATH={shlex.quote(os.path.dirname(sys.executable))}:$PATH; "
try:
    for file in workflow.configfiles:
        read_yaml_file(file)  # strictly: Snakemake takes the last of two equal keys
    STUDY = read_study(config)
except ConfigError as error:
    # not a WorkflowError, which would put lines of this file around those of the configuration
    sys.exit(str(error))

ROOT = paths.study_folder(STUDY)
MADE_FOR = jobs.configurations(STUDY)
PREFIX += f"export {CONFIGURATION}={jobs.tables_configuration(STUDY)}; "
# Snakemake says no more than the exit code of a job that was killed, or could not write its log
PREFIX += "trap '. \"$SCRIPTS/ended.sh\"' EXIT; "
shell.prefix(PREFIX)
# samplers without their environment, and why: their fits are recorded as failed
UNAVAILABLE = {
    sampler: why
    for sampler in STUDY.samplers
    if not DEPLOYED and (why := environments.unavailable(workflow.basedir, sampler))
}
CELL = design.Cell("{scenario}", "{parameterization}", "{sampler}")
AFTER_A_FAILURE_ON_SLURM = (
    "What is finished is kept, and the same command goes on from there. If Slurm ended a job for its\n"
    "memory or time, twice, add what it needs: --set-resources fit:mem_mb=8000 fit:runtime=240"
)


PARAMETERIZATION = "|".join(sorted({cell.parameterization for cell in design.cells(STUDY)}))


wildcard_constraints:
    scenario="|".join(re.escape(scenario.name) for scenario in STUDY.scenarios),
    parameterization=PARAMETERIZATION,
    other=PARAMETERIZATION,
    sampler="|".join(STUDY.samplers),
    block=r"\d+(-\d+)?",
    replicate=r"\d+",


def cell_of(wildcards):
    return design.Cell(wildcards.scenario, wildcards.parameterization, wildcards.sampler)


def configurations_of(wildcards, input, output):
    """What each file of a job is made for, as far as it is one of data, draws or diagnostics."""
    return json.dumps({path: MADE_FOR[path] for path in (*input, *output) if path in MADE_FOR})


@functools.cache
def unfit():
    """Files of an earlier run that are damaged, or were made for something else, by path."""
    found = stale.stale_files(STUDY, [path for path in TABLES if path.endswith(".csv")])
    foreign = [path for path, why in found.items() if why == FOREIGN]
    for path in found.keys() - foreign:
        print(f"{path}: {found[path]}; it is made anew", file=sys.stderr)
    if foreign:
        print(
            "The configuration is another than that of earlier results: "
            f"{foreign[0]} and {len(foreign) - 1} more files. What is needed of them is made anew",
            file=sys.stderr,
        )
    return found


def force_unfit(wildcards):
    """No input, but those files are marked as Snakemake itself marks incomplete ones.

    Asked of the first rule, which every job depends on, while Snakemake plans.
    """
    if workflow.is_main_process:
        workflow.dag.forcefiles.update(unfit())
    return []


def blocks_of(path):
    """The files `path` of all blocks of fits in a block of diagnoses."""
    return lambda wildcards: [
        path.format(**{**wildcards, "block": block.name})
        for block in design.blocks_within(STUDY, Block.parse(wildcards.block))
    ]


def environment_of(wildcards):
    return f"../envs/{environments.environment(workflow.basedir, wildcards.sampler)}.yaml"


def python_of(wildcards):
    """The interpreter of a sampler, as the shell of a job finds it."""
    name = environments.environment(workflow.basedir, wildcards.sampler)
    own = name != environments.MAIN and not DEPLOYED and wildcards.sampler not in UNAVAILABLE
    return f"$VENVS/{name}/bin/python" if own else "python"


def asking(work, fits):
    """The resources of a job on `fits(wildcards)` fits: more of both if it is tried again.

    `work` is what `resources` knows it by, the sampler where it is None.
    """

    def of(resource):
        return lambda wildcards, attempt: resource(
            STUDY, work or wildcards.sampler, wildcards.scenario, fits(wildcards), attempt
        )

    return {"mem_mb": of(resources.memory_mb), "runtime": of(resources.minutes)}


def fits_of_block(wildcards):
    return len(Block.parse(wildcards.block).replicates)


# of the rules that draw single fits
PLACE = (ROOT, "{scenario}", "{replicate}")


def fits_of_data_set(wildcards):
    return len(STUDY.parameterizations_of(STUDY.scenario(wildcards.scenario)))


def data_of(wildcards):
    block = design.block_of(STUDY, int(wildcards.replicate))
    return paths.data_path(ROOT, wildcards.scenario, block.name)


def fits_of(*parameterizations):
    """The fits of a data set by those that the wildcards name, or by all of its scenario."""

    def files(wildcards):
        block = design.block_of(STUDY, int(wildcards.replicate))
        names = [wildcards[name] for name in parameterizations]
        names = names or STUDY.parameterizations_of(STUDY.scenario(wildcards.scenario))
        cells = [design.Cell(wildcards.scenario, name, wildcards.sampler) for name in names]
        if unknown := set(cells) - set(design.cells(STUDY)):
            raise ValueError(f"the study has no fits of {unknown.pop()}")
        return [paths.fit_path(ROOT, cell, block.name) for cell in cells]

    return files


def shown(of, *names):
    """The figures of a rule as the report shows them."""
    return report(
        plan.kind_paths(of, *PLACE, *names),
        caption="../report/captions.rst",
        category="Fits",
        subcategory="{scenario}, replicate {replicate}",
        labels={"fit": " ".join(names) or "data"},
    )


def captions(of):
    kinds = (kind for kind in catalogue.KINDS.values() if kind.of == of)
    return [f"{kind.title}: {kind.caption}" for kind in kinds]


def slurm_executor():
    """What submits the jobs, if that is Slurm's."""
    executor = workflow.scheduler._executor
    return executor if hasattr(executor, "run_uuid") else None


onsuccess:
    if os.path.exists(f"{ROOT}/report.html"):
        # of all studies, so no output of this one
        subprocess.run([sys.executable, f"{SCRIPTS}/index.py", "results"], check=False)
    if not STUDY.keep_draws:
        stale.forget_gone(f"{ROOT}/fits")
    failed = failed_fits(f"{ROOT}/summary/fits.csv")
    if failed:
        print(f"{failed} (see status and message in {ROOT}/summary/fits.csv)", file=sys.stderr)


onerror:
    if executor := slurm_executor():
        lines = slurm.last_words(executor.slurm_logdir, since=f"{ROOT}/.slurm")
        print(*lines, AFTER_A_FAILURE_ON_SLURM, sep="\n", file=sys.stderr)


onstart:
    for why in UNAVAILABLE.values():
        print(f"{why}; its fits are recorded as failed", file=sys.stderr)
    # Held by the kernel until this process ends, however it ends: after a kill -9 there is no
    # stale lock to remove, as there would be of Snakemake's own (`nolock` in the profile).
    try:
        if slurm_executor():
            slurm.reach()
        LOCK = hold(f"{ROOT}/.lock")
        if orphans := slurm.end_orphans(f"{ROOT}/.slurm"):
            print(f"cancelled Slurm jobs of a killed run: {' '.join(orphans)}", file=sys.stderr)
            # They may have made files, or removed them, since this run saw which there are: it
            # begins again, in the folder where it began. Its lock goes, and it takes it anew.
            os.chdir(workflow.rundir)
            os.execv(sys.executable, sys.orig_argv)
    except (LockedError, slurm.SlurmError) as error:
        raise WorkflowError(f"study '{STUDY.study}': {error}") from None
    add_run(f"{ROOT}/logs/runs.csv", time.time(), workflow.resource_settings.cores)
    if executor := slurm_executor():
        # it has named its jobs before it knew of any study
        executor.run_uuid = f"{STUDY.study}_{executor.run_uuid}"
        slurm.record(f"{ROOT}/.slurm", executor.run_uuid)
        print(f"Slurm jobs of this run: squeue --name={executor.run_uuid}", file=sys.stderr)
