"""The default sampler: nutpie's NUTS, applied to the PyMC model."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, ClassVar

import arviz_base
import numba.np.arrayobj
import pymc
from numba.extending import overload

from funnel.choice import Choice
from funnel.data import DataSet
from funnel_study.fitting import pymc_model
from funnel_study.fitting.model import Model
from funnel_study.fitting.samplers import Draws, Sampling

# Sampling takes about a second and starting several, so two things are avoided that take long and
# that nutpie does not need. The first is the import of ArviZ, which takes longer than that of PyMC:
# nutpie only calls its function `from_dict`, which is defined in arviz_base.
_arviz = sys.modules.setdefault("arviz", arviz_base)
import nutpie  # noqa: E402

if _arviz is arviz_base:
    del sys.modules["arviz"]


def _raise_briefly(source_shape: object, target_shape: object) -> None:
    """Replace numba's `raise_with_shape_context`, whose message takes long to compile."""


@overload(_raise_briefly)
def _(source_shape: object, target_shape: object) -> Callable[[object, object], None]:
    def raise_briefly(source_shape: object, target_shape: object) -> None:
        raise ValueError("cannot assign slice from input of different size")

    return raise_briefly


# The second is the message of this error, which nutpie's wrappers never raise: compiling the code
# that formats it takes half of the time for compiling a model, in every process. The replacement
# changes nothing but the message.
numba.np.arrayobj.raise_with_shape_context = _raise_briefly


class Sampler:
    """NUTS of nutpie; the model is compiled once and used for all data sets."""

    # the statistics of `Draws`, and their names in nutpie
    stats: ClassVar = {
        "diverging": "diverging",
        "energy": "energy",
        "step_size": "step_size",
        "tree_depth": "depth",
        "reached_max_treedepth": "maxdepth_reached",
        "n_steps": "n_steps",
        "acceptance_rate": "mean_tree_accept",
    }

    def __init__(self, model: Model, sampling: Sampling) -> None:
        self._sampling, self._model = sampling, model
        self._compiled = nutpie.compile_pymc_model(pymc_model.build(model))

    def sample(
        self, data: DataSet, choice: Choice, seed: int, sampling: Sampling | None = None
    ) -> Draws:
        sampling = sampling or self._sampling
        packed = pymc_model.pack(data, choice, self._model)
        result = nutpie.sample(
            self._compiled.with_data(**{pymc_model.DATA: packed}),
            chains=sampling.chains,
            tune=sampling.tune,
            draws=sampling.draws,
            seed=seed,
            cores=1,
            save_warmup=True,
            progress_bar=False,
            **self.options(sampling),
        )
        versions = {"pymc": pymc.__version__, "nutpie": nutpie.__version__}
        return pymc_model.draws_of(result, self._model, self.stats, versions=versions)

    def options(self, sampling: Sampling) -> dict[str, Any]:
        """Return the arguments of `nutpie.sample` in which its samplers differ."""
        return {"target_accept": sampling.target_accept}
