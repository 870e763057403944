"""Stan's NUTS with a dense metric, which adapts to all correlations of the posterior.

Its settings are Stan's defaults except for the target acceptance, which is that of the study.
"""

from __future__ import annotations

from funnel_study.fitting.samplers import stan


class Sampler(stan.Sampler):
    """NUTS of Stan with a dense metric."""

    metric = "dense_e"
