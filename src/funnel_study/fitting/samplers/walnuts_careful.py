"""The sampler walnuts with a smaller error of the energy, and longer trajectories.

The error is at most 0.1 instead of 0.5. A trajectory can be doubled 10 times, as in NUTS, instead
of 5 times, and a step halved 10 times instead of 5 times.
"""

from __future__ import annotations

from funnel_study.fitting.samplers import walnuts


class Sampler(walnuts.Sampler):
    """WALNUTS with a fifth of the usual error of the energy."""

    max_hamiltonian_error = 0.1
    max_trajectory_doublings = 10
    max_step_halvings = 10
