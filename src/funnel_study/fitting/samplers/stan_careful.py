"""The sampler stan with a target acceptance of 0.99, whatever that of the study is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from funnel_study.fitting.samplers import Sampling, stan


class Sampler(stan.Sampler):
    """NUTS of Stan with small steps."""

    target_accept = 0.99

    def chain(
        self, model: Any, seed: int, initial: NDArray[np.float64], sampling: Sampling
    ) -> stan.Chain:
        sampling = replace(sampling, target_accept=self.target_accept)
        return super().chain(model, seed, initial, sampling)
