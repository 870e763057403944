"""The figures of a study: what each shows. `figures` has a function of each name."""

from __future__ import annotations

from typing import NamedTuple


class Figure(NamedTuple):
    """What a figure is called, where the report puts it, and how to read it."""

    title: str
    category: str
    caption: str


_EACH = (
    "Each point is one fit; the bar is the median over replicates, by parameterization, in a "
    "panel for each scenario (and sampler)."
)

FIGURES = {
    "divergences": Figure(
        "Divergent transitions",
        "Diagnostics",
        f"Divergent transitions after tuning, all chains of a fit together. {_EACH}",
    ),
    "bfmi": Figure(
        "Lowest E-BFMI",
        "Diagnostics",
        "Lowest estimated Bayesian fraction of missing information among the chains of a fit. "
        f"Left of the dashed line, 0.3, the energy was explored badly. {_EACH}",
    ),
    "step_size": Figure(
        "Step size",
        "Diagnostics",
        f"Step size that NUTS ended its tuning with, mean over the chains. {_EACH}",
    ),
    "rhat": Figure(
        "Largest R-hat",
        "Diagnostics",
        "Largest rank-normalised split R-hat among mu, tau and all theta. Right of the dashed "
        f"line, 1.01, the chains disagree. {_EACH}",
    ),
    "ess_per_second": Figure(
        "Lowest bulk ESS per second",
        "Cost",
        "Lowest bulk effective sample size among mu, tau and all theta, by each second of "
        f"sampling, tuning included. {_EACH}",
    ),
    "ess_per_leapfrog_step": Figure(
        "Lowest bulk ESS per leapfrog step",
        "Cost",
        "Lowest bulk effective sample size among mu, tau and all theta, by each leapfrog step "
        f"after tuning: the cost that no machine changes. {_EACH}",
    ),
    "estimates_mu": Figure(
        "Estimates of mu",
        "Estimates",
        "Posterior mean and central 90 % interval of mu in every replicate, with its true value "
        "as a black tick.",
    ),
    "estimates_tau": Figure(
        "Estimates of tau",
        "Estimates",
        "Posterior mean and central 90 % interval of tau in every replicate, with its true value "
        "as a black tick.",
    ),
}
