"""What the rules of the workflow ask about a study: inputs, resources and arguments of jobs.

The functions that `StudyRules` returns are called by Snakemake with the wildcards of a job.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from funnel_study.run import environments, resources
from funnel_study.run.fingerprint import CodeFingerprints, digest, hash_of
from funnel_study.run.job_threads import THREADS
from funnel_study.run.json_option import pieces
from funnel_study.study import design, jobs, paths
from funnel_study.study.blocks import Block
from funnel_study.study.design import Cell
from funnel_study.study.schema import Study

Wildcards = Any  # Snakemake's, with an attribute for each
OfWildcards = Callable[[Wildcards], Any]

# what a rule runs; `StudyRules.job` provides its params. The number of threads is no argument, or
# Snakemake would run a job again with other cores.
COMMAND = (
    f"{THREADS}={{threads}} {{params.python}} "
    '"$SCRIPTS/{params.script}.py" {params.files} {params.options} > {log:q} 2>&1'
)


def cell_of(wildcards: Wildcards) -> Cell:
    """The cell of a job."""
    return Cell(wildcards.scenario, wildcards.parameterization, wildcards.sampler)


def fits_of_block(wildcards: Wildcards) -> int:
    """The number of fits in the block of a job."""
    return len(Block.parse(wildcards.block).replicates)


def arguments(values: Iterable[tuple[str, Any]]) -> str:
    """The arguments of an entry script, by option, quoted for the shell.

    A mapping is passed as JSON, in pieces if it is long. An option is left out if its value is None
    or an empty list.
    """
    words: list[str] = []
    for name, value in values:
        several = value if isinstance(value, list) else [] if value is None else [value]
        if several:
            words.append(f"--{name.replace('_', '-')}")
            for one in several:
                words += pieces(one) if isinstance(one, Mapping) else [str(one)]
    return shlex.join(words)


class StudyRules:
    """A study as the rules see it.

    `checkout` is the folder of the Snakefile, `deployed` whether Snakemake itself provides the
    software of jobs (conda); otherwise each sampler has the environment that `make` installed.
    """

    def __init__(self, study: Study, checkout: str | Path, deployed: bool = False) -> None:
        self.study, self.checkout, self.deployed = study, Path(checkout), deployed
        self.scripts = self.checkout / "scripts"
        self.folder = paths.study_folder(study)
        self.code = CodeFingerprints(self.scripts)
        # samplers without their environment, and the reasons: their fits are recorded as failed
        self.unavailable = {
            sampler: why
            for sampler in study.samplers
            if not deployed and (why := environments.unavailable(self.checkout, sampler))
        }

    @property
    def shell_prefix(self) -> str:
        """What the shell of every job does first."""
        exports = {"SCRIPTS": str(self.scripts), "PYTHONPATH": str(self.checkout / "src")}
        prefix = ""
        if not self.deployed:
            exports["VENVS"] = str(self.checkout / ".venvs")
            # the Python that runs Snakemake has the packages, whether or not it is on the PATH
            prefix = f"export PATH={shlex.quote(str(Path(sys.executable).parent))}:$PATH; "
        for name, text in exports.items():
            prefix += f"export {name}={shlex.quote(text)}; "
        # of a job that was killed, or whose log was not written, Snakemake tells the exit code only
        return prefix + "trap '. \"$SCRIPTS/ended.sh\"' EXIT; "

    def wildcards(self) -> dict[str, list[str]]:
        """The values that each wildcard may have."""
        cells = design.cells(self.study)
        parameterizations = list(dict.fromkeys(cell.parameterization for cell in cells))
        return {
            "scenario": [scenario.name for scenario in self.study.scenarios],
            "parameterization": parameterizations,
            "other": parameterizations,
            "sampler": list(self.study.samplers),
        }

    def job(
        self,
        script: str,
        *,
        python: str | OfWildcards = "python",
        reads: Iterable[str | Path] = (),
        without: Sequence[str] = (),
        **options: Any,
    ) -> dict[str, Any]:
        """The params of a rule that runs an entry script, for the shell command `COMMAND`.

        The script gets the rule's input and output files as options, by their names in the rule
        (`--output` for an output without a name) except for those in `without`, and `options`, each
        a value or a function of the wildcards. `reads` are further files that it depends on. The
        params change, so that Snakemake runs the job again, if the options or the code do.
        """

        # apart from the files: Snakemake does not compare params that it derives from them
        def line(wildcards: Wildcards) -> str:
            return arguments(
                (name, value(wildcards) if callable(value) else value)
                for name, value in options.items()
            )

        def files(wildcards: Wildcards, input: Any, output: Any) -> str:  # noqa: A002, ARG001
            named = [*_by_name(input), *_by_name(output)]
            return arguments(each for each in named if each[0] not in without)

        def code(wildcards: Wildcards) -> str:
            names = ("sampler", "parameterization") if script == "fit" else ()
            own = self.code(script, **{name: wildcards[name] for name in names})
            return f"{own} {digest(*reads)}" if reads else own

        reads = tuple(reads)
        return {"script": script, "python": python, "files": files, "options": line, "code": code}

    def simulation_job(self, wildcards: Wildcards) -> dict[str, Any]:
        """The argument `job` of a simulate job."""
        return jobs.simulation_job(self.study, wildcards.scenario, Block.parse(wildcards.block))

    def fit_job(self, wildcards: Wildcards) -> dict[str, Any]:
        """The argument `job` of a fit job."""
        return jobs.fit_job(self.study, cell_of(wildcards))

    def priors(self, wildcards: Wildcards) -> dict[str, Any]:
        """The priors of a job, in the unit of its scenario."""
        return self.study.priors_of(self.study.scenario(wildcards.scenario)).model_dump()

    def made_by(self, wildcards: Wildcards) -> str:
        """A hash of what the fits of a cell depend on besides their data.

        Fits that are removed after their diagnosis would not tell by themselves that they changed.
        """
        code = self.code(
            "fit", sampler=wildcards.sampler, parameterization=wildcards.parameterization
        )
        return hash_of(self.fit_job(wildcards), self.why_unavailable(wildcards), code)

    def why_unavailable(self, wildcards: Wildcards) -> str | None:
        """Why the sampler of a job cannot run; None if it can."""
        return self.unavailable.get(wildcards.sampler)

    def environment(self, wildcards: Wildcards) -> str:
        """The conda environment of a job's sampler, relative to the rules."""
        return f"../envs/{environments.environment(self.checkout, wildcards.sampler)}.yaml"

    def python(self, wildcards: Wildcards) -> str:
        """The interpreter of a job's sampler, as the shell finds it."""
        name = environments.environment(self.checkout, wildcards.sampler)
        own = name != environments.MAIN and not self.deployed
        available = wildcards.sampler not in self.unavailable
        return f'"$VENVS/{name}/bin/python"' if own and available else "python"

    def resources(self, work: str | None, fits: Callable[[Wildcards], int]) -> dict[str, Any]:
        """The memory and time of a job on some `fits`: twice as much if it is tried again.

        `work` is "exact", "diagnose" or "draw"; None for the sampler of the job.
        """

        def of(resource: Callable[..., int]) -> Callable[[Wildcards, int], int]:
            return lambda wildcards, attempt: resource(
                self.study, work or wildcards.sampler, wildcards.scenario, fits(wildcards), attempt
            )

        return {"mem_mb": of(resources.memory_mb), "runtime": of(resources.minutes)}

    def fits_of_data_set(self, wildcards: Wildcards) -> int:
        """The number of fits of one data set by one sampler."""
        return len(self.study.parameterizations_of(self.study.scenario(wildcards.scenario)))

    def blocks_of(self, path: str) -> OfWildcards:
        """The files with the pattern `path` of all blocks of fits in a block of diagnoses."""
        return lambda wildcards: [
            path.format(**{**wildcards, "block": block.name})
            for block in design.blocks_within(self.study, Block.parse(wildcards.block))
        ]

    def diagnoses(self) -> list[str]:
        """The files of all diagnoses of the study."""
        blocks = [block.name for block in design.diagnosis_blocks(self.study)]
        of_all = paths.diagnoses(self.folder, design.cells(self.study), blocks)
        return [path for of_block in of_all for path in of_block]

    def data_of(self, wildcards: Wildcards) -> str:
        """The file with the data of one replicate."""
        block = design.block_of(self.study, int(wildcards.replicate))
        return paths.data_path(self.folder, wildcards.scenario, block.name)

    def fits_of(self, *parameterizations: str) -> OfWildcards:
        """The files with the fits of one replicate by one sampler.

        The parameterizations are those of the named wildcards, or all of the scenario. The function
        raises ValueError if the study has no such fits.
        """

        def files(wildcards: Wildcards) -> list[str]:
            block = design.block_of(self.study, int(wildcards.replicate))
            scenario = self.study.scenario(wildcards.scenario)
            named = [wildcards[name] for name in parameterizations]
            names = named or self.study.parameterizations_of(scenario)
            cells = [Cell(wildcards.scenario, name, wildcards.sampler) for name in names]
            if unknown := set(cells) - set(design.cells(self.study)):
                raise ValueError(f"the study has no fits of {unknown.pop()}")
            return [paths.fit_path(self.folder, cell, block.name) for cell in cells]

        return files


def _by_name(files: Any) -> list[tuple[str, list[str]]]:
    """Snakemake's input or output files by their names; those without one are `output`."""
    named = [(name, _as_list(value)) for name, value in files.items()]
    known = {path for _, paths_ in named for path in paths_}
    unnamed = [path for path in files if path not in known]
    return [*named, *([("output", unnamed)] if unnamed else [])]


def _as_list(value: str | Iterable[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
