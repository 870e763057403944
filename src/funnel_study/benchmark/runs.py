"""The runs of `make bench`: Funnel and the other programs on the same data.

Every program has its own folder and its own caches. A warm-up, which is a first run of every
parameterization with very few draws, fills the caches before the runs that are measured.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from funnel.choice import Problem
from funnel.data import DataSet
from funnel.inference import Exact, exact_posterior_of
from funnel.likelihoods.binomial import BinomialLikelihood
from funnel.parameterizations import centeredness
from funnel.priors import Priors
from funnel.seeds import fit_seed
from funnel_study.benchmark import tables
from funnel_study.benchmark.command_cost import Run, run
from funnel_study.benchmark.tables import DIAGNOSED, FUNNEL, OWN, Peer, with_costs
from funnel_study.diagnosis.diagnostics import versions
from funnel_study.files import data_sets
from funnel_study.files.formats import read_netcdf
from funnel_study.run import environments
from funnel_study.study import design
from funnel_study.study.paths import data_path, diagnosis_path, fit_path, study_folder
from funnel_study.study.read import read_study

CHECKOUT = Path(__file__).resolve().parents[3]
WARM_UP = {"tune": 10, "draws": 10}
# the last ones: in config/bench.yaml, the normal and the binomial data whose individuals differ, so
# that mixed is neither centered nor noncentered
WARM_UP_SCENARIOS = 2
# the files of each stage and its blocks of replicates
STAGES = {"fits": (fit_path, design.blocks), "diagnoses": (diagnosis_path, design.diagnosis_blocks)}
# what peers write for a fit that is a column of its row
_KEPT = ("message", "seconds", "sampling_seconds", "compile_seconds", "leapfrog_steps")

Row = dict[str, Any]


class FunnelStudy:
    """A study that Snakemake runs in `folder`; raises ConfigError if `config` is not valid."""

    def __init__(self, folder: Path, config: Mapping[str, Any], cores: int) -> None:
        self.study = read_study(dict(config))
        self.priors = Priors(**self.study.priors.model_dump())
        self._config, self._folder, self._cores = config, folder, cores
        self._root = study_folder(self.study)
        self._exact: dict[tuple[str, int], Exact] = {}

    def make(self, stage: str, caches: Path) -> Run:
        """Make all files of a stage of `STAGES`; raise RuntimeError if Snakemake fails."""
        self._folder.mkdir(parents=True, exist_ok=True)
        file = self._folder / "config.yaml"
        file.write_text(yaml.safe_dump(dict(self._config)), encoding="utf-8")
        path, blocks = STAGES[stage]
        pairs = product(design.cells(self.study), blocks(self.study))
        command: list[str | Path] = [
            *(sys.executable, "-m", "snakemake", "--snakefile", CHECKOUT / "Snakefile"),
            *("--directory", self._folder, "--configfile", file),
            *("--cores", str(self._cores), "--"),
            *(path(self._root, cell, block.name) for cell, block in pairs),
        ]
        log = self._folder / f"{stage}.log"
        done = run(command, log, _with_caches(caches))
        if done.problem:
            raise RuntimeError(f"{log}: Snakemake did not complete all {stage}; {done.problem}")
        return done

    def data_set(self, row: Row) -> DataSet:
        """Return the simulated data set of a fit."""
        block = design.block_of(self.study, row["replicate"])
        path = self._folder / data_path(self._root, row["scenario"], block.name)
        return data_sets.from_xarray(read_netcdf(path), row["replicate"])

    def quality(self, row: Row, draws: Mapping[Any, Any]) -> dict[str, float]:
        """Return `tables.quality` of the draws of mu, tau and theta of a fit."""
        of = row["scenario"], row["replicate"]
        if of not in self._exact:
            self._exact[of] = exact_posterior_of(self.data_set(row).data, self.priors)
        mu, tau, theta = (np.asarray(draws[name]) for name in ("mu", "tau", "theta"))
        return tables.quality(mu, tau, theta, self._exact[of])

    def fits(self) -> pd.DataFrame:
        """Return one row per fit; `peer` is the name of Funnel with the sampler of the fit."""
        rows: list[Row] = []
        for cell, block in product(design.cells(self.study), design.blocks(self.study)):
            path = Path(fit_path(self._root, cell, block.name))
            groups = ("/", "posterior", "sample_stats")
            root, posterior, stats = (read_netcdf(self._folder / path, each) for each in groups)
            file = path.relative_to(f"{self._root}/fits").with_suffix(".tsv")
            job = pd.read_csv(self._folder / self._root / "benchmarks/fit" / file, sep="\t")
            used = [f"{each['package']} {each['version']}" for each in versions(root.attrs)]
            known = {
                **vars(cell),
                "peer": OWN[cell.sampler],
                # jobs run on all cores at the same time, each on one core
                "seconds": job["s"].iloc[0] / len(block.replicates) / self._cores,
                "compile_seconds": root.attrs["preparing_seconds"] / len(block.replicates),
                "cores": self._cores,
                "cores_per_fit": 1,
                "versions": ", ".join(sorted([*used, f"snakemake {version('snakemake')}"])),
            }
            fits = root[["status", "message", "sampling_seconds"]].to_dataframe()
            before = root["tuning_leapfrog_steps"] + root["choosing_gradients"]
            steps = stats["n_steps"].sum("draw") + before
            for replicate, fit in fits.iterrows():
                row: Row = {**known, "replicate": replicate, **fit}
                if row["status"] == "ok":
                    # all chains wait for the choice of the parameterization
                    row["leapfrog_steps"] = int(steps.sel(replicate=replicate).sum())
                    row |= self.quality(row, posterior.sel(replicate=replicate))
                rows.append(row)
        return pd.DataFrame(rows).sort_values("peer", kind="stable")


def measure_funnel(
    folder: Path, config: Mapping[str, Any], cores: int
) -> tuple[FunnelStudy, pd.DataFrame]:
    """Run Funnel with one sampler; return its study and a table of its fits.

    The table has the columns `tables.FIT_COLUMNS`, and those of peers.csv that do not depend on
    single fits. With the default sampler, the fits are also diagnosed, and measured again as those
    of `DIAGNOSED`. Raises ConfigError if `config` is not valid, and RuntimeError if Snakemake
    fails.
    """
    caches = folder / "caches"
    small = {**config, "replicates": 1, "sampling": {**config["sampling"], **WARM_UP}}
    small["scenarios"] = config["scenarios"][-WARM_UP_SCENARIOS:]
    warm_up = FunnelStudy(folder / "warm-up", small, cores).make("fits", caches)
    study = FunnelStudy(folder, config, cores)
    fitting = study.make("fits", caches)
    fits = study.fits().assign(build_seconds=warm_up.seconds)
    measured = [with_costs(fits, fitting)]
    if FUNNEL in set(fits["peer"]):
        diagnosed = with_costs(fits, fitting, study.make("diagnoses", caches))
        measured.append(diagnosed.assign(peer=DIAGNOSED))
    return study, pd.concat(measured)


def measure_peer(
    name: str, peer: Peer, folder: Path, funnel: FunnelStudy, replicates: int, cores: int
) -> pd.DataFrame:
    """Run a peer on the first `replicates` data sets of every cell of Funnel's study.

    Returns a table like that of `measure_funnel`, of the parameterizations of the peer.
    """
    sampling = funnel.study.sampling.model_dump(exclude={"published_seed"})
    why = environments.missing(CHECKOUT, peer.environment)
    known = {
        "peer": name,
        "status": "failed",
        "message": f"the environment {peer.environment} is missing: {why}" if why else "",
        "seconds": np.nan,
        "cores": cores,
        # its chains share the cores
        "cores_per_fit": min(cores, sampling["chains"]),
    }
    rows: list[Row] = [
        {**known, **vars(cell), "replicate": replicate}
        for cell, replicate in product(design.cells(funnel.study), range(replicates))
        if cell.parameterization in peer.parameterizations
    ]
    if why or not rows:
        return pd.DataFrame(rows)
    folder = folder.resolve()

    def run_process(chosen: Sequence[Row], part: str, **settings: int) -> Run:
        """Run one process for the chosen fits, with its files in a part of the folder."""
        (folder / part).mkdir(parents=True, exist_ok=True)
        job = {
            "sampling": {**sampling, "cores": cores, **settings},
            "priors": {"mu_sd": funnel.priors.mu_sd, "tau_scale": funnel.priors.tau_scale},
            "fits": [_fit_job(folder / part, funnel, row) for row in chosen],
        }
        file = folder / part / "job.json"
        file.write_text(json.dumps(job), encoding="utf-8")
        program = CHECKOUT / "scripts" / "peers" / peer.program
        command = [environments.python(CHECKOUT, peer.environment), program, file]
        # in its own folder, as PyStan writes what it builds to the working directory
        return run(command, file.with_suffix(".log"), _with_caches(folder / "caches"), folder)

    last = [scenario.name for scenario in funnel.study.scenarios[-WARM_UP_SCENARIOS:]]
    first = [row for row in rows if row["scenario"] in last and row["replicate"] == 0]
    warm_up = run_process(first, "warm-up", **WARM_UP)
    measured = run_process(rows, "fits")
    for row in rows:
        row |= _outcome(folder / "fits" / f"{_file_name(row)}.npz", measured, funnel, row)
    return with_costs(pd.DataFrame(rows), measured).assign(build_seconds=warm_up.seconds)


def _outcome(file: Path, process: Run, funnel: FunnelStudy, row: Row) -> Row:
    """Return what a peer wrote to the file of a fit, as columns of its row."""
    if not file.exists():
        return {"message": process.problem or "the program wrote no draws"}
    with np.load(file, allow_pickle=False) as kept:
        known = {key: kept[key].item() for key in _KEPT if key in kept}
        known["versions"] = ", ".join(sorted(kept["versions"].tolist()))
        if "message" in kept:
            return known
        return {**known, "status": "ok", **funnel.quality(row, kept)}


def _fit_job(folder: Path, funnel: FunnelStudy, row: Row) -> Row:
    """Return the description of a fit that peers read, with its data."""
    scenario, parameterization, replicate = (row[key] for key in (*tables.CELL, "replicate"))
    likelihood = funnel.data_set(row).data
    if isinstance(likelihood, BinomialLikelihood):
        counts = {"y": likelihood.successes, "trials": likelihood.trials}
        data = {name: values.astype(int) for name, values in counts.items()}
        data["idx"] = np.arange(likelihood.K)
    else:
        y, idx, sigma = likelihood.stored().values()
        data = {"y": y, "sigma": sigma[idx], "idx": idx}
    mixed = funnel.study.scenario(scenario).mixed
    none: Any = None  # these parameterizations need neither random numbers nor a pilot fit
    problem = Problem.of(likelihood, funnel.priors, mixed, none, none)
    data["centered"] = centeredness(parameterization, problem) == 1
    return {
        "data": {name: values.tolist() for name, values in data.items()},
        "seed": fit_seed(funnel.study.seed, scenario, parameterization, row["peer"], replicate),
        "output": str(folder / f"{_file_name(row)}.npz"),
    }


def _file_name(row: Row) -> str:
    return f"{row['scenario']}-{row['parameterization']}-{row['replicate']}"


def _with_caches(folder: Path) -> dict[str, str]:
    """Return environment variables that make libraries keep compiled code in `folder`."""
    folder = folder.resolve()
    kept = {
        name: ",".join(filter(None, [os.environ.get(name), f"base_compiledir={folder}"]))
        for name in ("PYTENSOR_FLAGS", "THEANO_FLAGS")
    }
    folders = {"XDG_CACHE_HOME": "", "NUMBA_CACHE_DIR": "numba", "MPLCONFIGDIR": "matplotlib"}
    return kept | {name: str(folder / part) for name, part in folders.items()}
