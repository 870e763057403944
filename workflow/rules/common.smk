import json
import os
import re
import shlex
import sys

from snakemake.exceptions import WorkflowError

# jobs find the package beside their scripts; the workflow has to be told where it is
sys.path.insert(0, f"{workflow.basedir}/scripts")

from funnel import catalogue, design
from funnel.blocks import Block
from funnel.config import ConfigError, read_study
from funnel.lock import LockedError, hold
from funnel.files import failed_fits
from funnel.source import fingerprint

SCRIPTS = f"{workflow.basedir}/scripts"
PREFIX = f"export SCRIPTS={shlex.quote(SCRIPTS)}; "
if not workflow.deployment_settings.deployment_method:
    # the Python that runs Snakemake has the packages, whether or not it is on the PATH
    PREFIX += f"export PATH={shlex.quote(os.path.dirname(sys.executable))}:$PATH; "
shell.prefix(PREFIX)

try:
    STUDY = read_study(config)
except ConfigError as error:
    # not a WorkflowError, which would put lines of this file around those of the configuration
    sys.exit(str(error))

ROOT = design.root(STUDY)
CELL = design.Cell("{scenario}", "{parameterization}", "{sampler}")


wildcard_constraints:
    scenario="|".join(re.escape(scenario.name) for scenario in STUDY.scenarios),
    parameterization="|".join(STUDY.parameterizations),
    sampler="|".join(STUDY.samplers),
    figure="|".join(catalogue.FIGURES),
    block=r"\d+(-\d+)?",


def cell_of(wildcards):
    return design.Cell(wildcards.scenario, wildcards.parameterization, wildcards.sampler)


def blocks_of(path):
    """The files `path` of all blocks of fits in a block of diagnoses."""
    return lambda wildcards: [
        path.format(**{**wildcards, "block": block.name})
        for block in design.blocks_within(STUDY, Block.parse(wildcards.block))
    ]


onsuccess:
    failed = failed_fits(f"{ROOT}/summary/fits.csv")
    if failed:
        print(f"{failed} (see status and message in {ROOT}/summary/fits.csv)", file=sys.stderr)


onstart:
    # Held by the kernel until this process ends, however it ends: after a kill -9 there is no
    # stale lock to remove, as there would be of Snakemake's own (`nolock` in the profile).
    try:
        LOCK = hold(f"{ROOT}/.lock")
    except LockedError as error:
        raise WorkflowError(f"study '{STUDY.study}': {error}") from None
