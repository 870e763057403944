"""WALNUTS of walnutpie, applied to the Stan program: NUTS with a step size that follows the energy.

Every leapfrog step is halved until its error of the energy is below a bound (Bou-Rabee, Carpenter,
Kleppe and Liu 2025, arXiv:2506.18746). The settings are walnutpie's defaults, an error of 0.5, at
most 5 doublings of a trajectory and 5 halvings of a step, and the target acceptance of the study.
Initial values are those of the sampler stan. The numbers of iterations are fixed, because draws are
not reproducible if walnutpie may stop early.

Its steps are counted in calls of the gradient, those of rejected steps included. The call with
which every iteration begins is not counted, because it only repeats the last gradient; nor do the
other samplers count it. walnutpie reports neither divergences nor the energy nor an acceptance.
"""

from __future__ import annotations

import contextlib
import ctypes
import io
from collections.abc import Callable
from functools import cache
from typing import Any, ClassVar

import numba
import numpy as np
from numba import types
from numpy.typing import NDArray

from funnel_study.fitting.samplers import Sampling, stan

try:
    import bridgestan  # noqa: F401, which stanli imports only when it is used
    import stanli
    import walnutpie
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        f"WALNUTS needs the packages walnutpie and bridgestan: {error}"
    ) from error

# BridgeStan's function of the model, whether without constants, whether with the Jacobian of the
# transformation, the position, the value, its gradient and an error message
_GRADIENT = ctypes.CFUNCTYPE(
    *(ctypes.c_int, ctypes.c_size_t, ctypes.c_bool, ctypes.c_bool),
    *(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t),
)


class Sampler(stan.Sampler):
    """WALNUTS; a program is compiled once and used for all data sets."""

    max_hamiltonian_error = 0.5
    max_trajectory_doublings = 5
    max_step_halvings = 5
    versions: ClassVar = {**stan.Sampler.versions, "walnutpie": walnutpie.__version__}
    load: Callable[..., Any] = staticmethod(stanli.bridgestan_model)

    def size(self, model: Any) -> int:
        return int(model.param_unc_num())

    def chain(
        self, model: Any, seed: int, initial: NDArray[np.float64], sampling: Sampling
    ) -> stan.Chain:
        record = np.array([model.model, 0], dtype=np.uintp)
        progress = _Progress(record)
        log_density = _log_density(model.lib_path)
        with contextlib.redirect_stdout(progress):
            (draws,) = walnutpie.walnuts_pyfunc(
                (walnutpie.logp_cfunc_type(log_density.address), record.ctypes.data),
                inits=initial,
                num_chains=1,
                seed=seed,
                min_warmup_iter=sampling.tune,
                max_warmup_iter=sampling.tune,
                min_sampling_iter=sampling.draws,
                max_sampling_iter=sampling.draws,
                max_trajectory_doublings=self.max_trajectory_doublings,
                max_step_halvings=self.max_step_halvings,
                max_hamiltonian_error=self.max_hamiltonian_error,
                step_accept_rate_target=sampling.target_accept,
                refresh=1,
            )
        steps = np.diff(progress.calls) - 1
        return np.stack([model.param_constrain(draw) for draw in np.asarray(draws)]), {
            "n_steps": steps,
            "step_size": np.full(len(steps), draws.warmup.stepsize),
        }


class _Progress(io.StringIO):
    """Standard output of walnutpie, which notes the calls until the end of each iteration.

    `calls` begins with 0, so that the calls before the first iteration, which choose the first
    metric and step size, count as steps of this iteration.
    """

    def __init__(self, record: NDArray[np.uintp]) -> None:
        self._record = record
        self.calls = [0]

    def write(self, text: str) -> int:
        if "Iteration" in text:
            self.calls.append(int(self._record[1]))
        return len(text)


@cache
def _log_density(library: str) -> Any:
    """Return the compiled log density of a model in a `library` with the interface of BridgeStan.

    Its last argument points to the model and to the number of calls so far.
    """
    gradient_of = _GRADIENT(("bs_log_density_gradient", ctypes.CDLL(library)))
    carray = numba.carray  # type: ignore[attr-defined]

    @numba.cfunc(types.intc(types.uintp, *[types.voidptr] * 4))
    def log_density(size, position, gradient, value, data):  # type: ignore[no-untyped-def]
        record = carray(data, 2, np.uintp)
        record[1] += 1
        if gradient_of(record[0], True, True, position, value, gradient, 0):
            carray(value, 1, np.float64)[0] = -np.inf
            carray(gradient, size, np.float64)[:] = 0.0
        return 0

    return log_density
