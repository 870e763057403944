"""NUTS of nutpie with a low-rank metric, which can adapt to some correlations of the posterior.

Its settings are nutpie's defaults except for the target acceptance, which is that of the study.
"""

from __future__ import annotations

from typing import Any

from funnel_study.fitting.samplers import Sampling, nutpie


class Sampler(nutpie.Sampler):
    """NUTS of nutpie with a low-rank metric."""

    def options(self, sampling: Sampling) -> dict[str, Any]:
        return {**super().options(sampling), "adaptation": "low_rank"}
