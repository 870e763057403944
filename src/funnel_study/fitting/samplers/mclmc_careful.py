"""The sampler mclmc with a step size of 0.1 instead of 0.5, for five times as many gradients."""

from __future__ import annotations

from funnel_study.fitting.samplers import mclmc


class Sampler(mclmc.Sampler):
    """Microcanonical Langevin Monte Carlo with a fifth of the usual step size."""

    step_size = 0.1
