"""What every peer of `make bench` does around its fits: reads what to fit, keeps the draws.

    python with_PEER.py JOB.json

A peer is a program as its users would write it by hand. It shares nothing with Funnel but the data,
and runs on Python 3.10 or later with numpy.
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
LONGEST = 300  # characters of a message: PyStan's hold all data


@dataclass(frozen=True)
class Problem:
    """A data set and how to move in it.

    Observations y with their sigma and their individual idx, each (N,); which of the K individuals
    are centered, (K,); the priors mu ~ Normal(0, mu_sd) and tau ~ HalfNormal(tau_sd).
    """

    y: Array
    sigma: Array
    idx: NDArray[np.int64]
    centered: NDArray[np.bool_]
    mu_sd: float
    tau_sd: float

    @property
    def K(self) -> int:
        return len(self.centered)


@dataclass(frozen=True)
class Sampling:
    """What every fit is run with; `cores` are those that its chains may use."""

    chains: int
    tune: int
    draws: int
    target_accept: float
    cores: int


class Result(NamedTuple):
    """Draws of mu and tau, (chain, draw), of theta, (chain, draw, K), and what they took.

    `leapfrog_steps` are those of the draws. `sampling_seconds` include tuning; `compile_seconds`
    are nan where the library does not say.
    """

    mu: Array
    tau: Array
    theta: Array
    leapfrog_steps: int
    sampling_seconds: float
    compile_seconds: float


Fit = Callable[[Problem, Sampling, int], Result]


def main(fit: Fit, versions: Mapping[str, str]) -> None:
    """Runs every fit of the job that the command line names, one after the other.

    Each leaves a file of its draws, seconds and versions; one that raises, of its message.
    """
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    sampling = Sampling(**job["sampling"])
    for each in job["fits"]:
        start = time.perf_counter()
        kept: dict[str, Any]
        try:
            with np.load(each["data"], allow_pickle=False) as data:
                problem = Problem(
                    y=data["y"],
                    sigma=data["sigma"],
                    idx=data["idx"],
                    centered=np.array(each["centered"], dtype=bool),
                    **job["priors"],
                )
            kept = fit(problem, sampling, each["seed"])._asdict()
        except Exception as error:
            message = " ".join(f"{type(error).__name__}: {error}".split())
            kept = {"message": message[:LONGEST]}
        kept["versions"] = [f"{name} {version}" for name, version in versions.items()]
        kept["seconds"] = time.perf_counter() - start
        output = Path(each["output"])
        temporary = output.with_name(f".{output.name}")
        np.savez(temporary, **kept)
        temporary.replace(output)
