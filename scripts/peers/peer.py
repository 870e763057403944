"""The common part of the programs that `make bench` compares: reading a job and storing draws.

    python with_PROGRAM.py JOB.json

Each program fits the model as its users would write it by hand. The programs use the data of Funnel
but not its library, and run on Python 3.10 or later with numpy.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
MAX_MESSAGE_LENGTH = 300  # because the messages of PyStan contain all data


@dataclass(frozen=True)
class Problem:
    """A data set, its parameterization and the priors.

    `y` are the observations, `idx` their individuals, and `sigma` their standard deviations or, of
    binomial data, `trials` their numbers of trials, each (N,). `centered` (K,) says which
    individuals are centered. The priors are mu ~ Normal(0, mu_sd) and tau ~ HalfNormal(tau_scale).
    """

    y: Array | NDArray[np.int64]
    idx: NDArray[np.int64]
    centered: NDArray[np.bool_]
    mu_sd: float
    tau_scale: float
    sigma: Array | None = None
    trials: NDArray[np.int64] | None = None

    @property
    def K(self) -> int:
        return len(self.centered)


@dataclass(frozen=True)
class Sampling:
    """The settings of each fit; its chains may use this number of `cores`."""

    chains: int
    tune: int
    draws: int
    target_accept: float
    cores: int


class Result(NamedTuple):
    """The draws of mu and tau (chain, draw) and of theta (chain, draw, K), and their cost.

    `leapfrog_steps` is the number of leapfrog steps and `sampling_seconds` the time for sampling,
    both including tuning, and `compile_seconds` the time for compiling the model.
    """

    mu: Array
    tau: Array
    theta: Array
    leapfrog_steps: int
    sampling_seconds: float
    compile_seconds: float


Fit = Callable[[Problem, Sampling, int], Result]


def main(fit: Fit, versions: Mapping[str, str]) -> None:
    """Run all fits of the job whose file is the argument of the command line.

    For each fit, a file with the draws, times and versions is written. If the fit raises an
    exception, the file has its message instead of the draws.
    """
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    sampling = Sampling(**job["sampling"])
    for each in job["fits"]:
        start = time.perf_counter()
        data: dict[str, Any]
        kept: dict[str, Any]
        try:
            data = {name: np.array(values) for name, values in each["data"].items()}
            problem = Problem(**data, **job["priors"])
            kept = fit(problem, sampling, each["seed"])._asdict()
        except Exception as error:
            message = " ".join(f"{type(error).__name__}: {error}".split())
            kept = {"message": message[:MAX_MESSAGE_LENGTH]}
        kept["versions"] = [f"{name} {version}" for name, version in versions.items()]
        kept["seconds"] = time.perf_counter() - start
        output = Path(each["output"])
        temporary = output.with_name(f".{output.name}")
        np.savez(temporary, **kept)
        temporary.replace(output)
