"""Unadjusted microcanonical Langevin Monte Carlo of nutpie, which calls it experimental.

It moves without a Metropolis step (Robnik, De Luca, Silverstein and Seljak 2023, arXiv:2212.08549),
and so has a bias that depends on the step size. Only the metric adapts during tuning. Step size and
the length in which the momentum is forgotten are nutpie's defaults, 0.5 and 3, and a draw is stored
each time this length has been run. The target acceptance of the study has no effect. Initial values
are those of the sampler nutpie.

The steps that were repeated with half the step size are counted, too. The sampler has neither an
acceptance nor a tree, and E-BFMI of its energy would have no meaning.
"""

from __future__ import annotations

from typing import Any, ClassVar

from funnel_study.fitting.samplers import Sampling, nutpie


class Sampler(nutpie.Sampler):
    """Microcanonical Langevin Monte Carlo of nutpie."""

    step_size = 0.5
    stats: ClassVar = {name: name for name in ("diverging", "step_size", "n_steps")}

    def options(self, sampling: Sampling) -> dict[str, Any]:
        return {"sampler": "mclmc", "step_size": self.step_size}
