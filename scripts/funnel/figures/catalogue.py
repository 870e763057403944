"""The figures of a study and of its fits: what each shows.

`figures` has a function for every name in FIGURES, drawn from tables; `fit_figures` one for every
name in KINDS, drawn from the draws of single fits.
"""

from __future__ import annotations

from typing import Literal, NamedTuple


class Figure(NamedTuple):
    """What a figure is called, where the report puts it, and how to read it."""

    title: str
    category: str
    caption: str
    tables: tuple[str, ...] = ("fits",)  # what it is drawn from, in the order of its arguments
    # what the study must have: truth from the prior, several samplers, published data
    needs: Literal["", "calibration", "samplers", "published"] = ""


class Kind(NamedTuple):
    """A figure of single fits; `of` says of what: a data set, a fit, two fits, or all fits."""

    title: str
    of: Literal["data set", "fit", "pair", "all"]
    caption: str
    format: Literal["png", "svg"] = "png"  # thousands of draws make no good vectors


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
        f"Step size that the draws were made with, mean over the chains. {_EACH}",
    ),
    "rhat": Figure(
        "Largest R-hat",
        "Diagnostics",
        "Largest rank-normalised split R-hat among mu, tau, log tau and all theta. Right of the "
        f"dashed line, 1.01, the chains disagree. {_EACH}",
    ),
    "ess_per_second": Figure(
        "Lowest bulk ESS per second",
        "Cost",
        "Lowest bulk effective sample size among mu, tau, log tau and all theta, by each second of "
        f"sampling, tuning included. {_EACH}",
    ),
    "ess_per_leapfrog_step": Figure(
        "Lowest bulk ESS per leapfrog step",
        "Cost",
        "Lowest bulk effective sample size among mu, tau, log tau and all theta, by each leapfrog "
        f"step after tuning: the cost that no machine changes. {_EACH}",
    ),
    "estimates_mu": Figure(
        "Estimates of mu",
        "Estimates",
        "Posterior mean and central 90 % interval of mu in every replicate, with its true value "
        "as a black tick.",
        ("fits", "estimates"),
    ),
    "estimates_tau": Figure(
        "Estimates of tau",
        "Estimates",
        "Posterior mean and central 90 % interval of tau in every replicate, with its true value "
        "as a black tick.",
        ("fits", "estimates"),
    ),
    "bias": Figure(
        "Bias against the truth",
        "Performance",
        "Mean over replicates of posterior mean less truth, with 95 % Monte Carlo intervals. With "
        "a fixed truth an exact posterior is biased too, towards its prior: see the exact errors "
        "for what a fit adds.",
        ("performance",),
    ),
    "coverage": Figure(
        "Coverage of central intervals",
        "Performance",
        "How often central 50 % and 90 % intervals hold the truth, with 95 % Wilson intervals; the "
        "dashed lines are 50 and 90 %. Exact posterior intervals, too, have that coverage only "
        "where the truth is drawn from the prior.",
        ("performance",),
    ),
    "mean_error": Figure(
        "Error of posterior means against the exact posterior",
        "Exact errors",
        "Mean over replicates of estimated less exact posterior mean, with 95 % Monte Carlo "
        "intervals: what the sampler adds to the statistics of the model.",
        ("performance",),
    ),
    "z_tau": Figure(
        "Error of the mean of log tau, in Monte Carlo standard errors",
        "Exact errors",
        "z of the posterior mean of log tau: its error against the exact posterior over the Monte "
        "Carlo standard error that the fit itself reports. Most of those of a fit that explores "
        f"its posterior lie between the dashed lines, -2 and 2. {_EACH}",
        ("fits", "estimates"),
    ),
    "ks_tau": Figure(
        "Distance of the draws of tau to the exact posterior",
        "Exact errors",
        "Kolmogorov-Smirnov distance: the largest error of any probability statement of the form "
        f"tau < x. Right of the dashed line, 0.05, a fit is called wrong about tau. {_EACH}",
        ("fits", "estimates"),
    ),
    "lost_mass": Figure(
        "Mass at small tau",
        "Exact errors",
        "The part of the draws below the exact 5 % quantile of tau, mean over replicates with 95 % "
        "Monte Carlo intervals. A mean below 0.05, the dashed line, by more than its interval says "
        "that the funnel's neck is missed; a chain that sticks in the neck adds to it, so read it "
        "beside R-hat.",
        ("performance",),
    ),
    "density_of_log_tau": Figure(
        "Draws of log tau and their exact density",
        "Exact errors",
        "Replicate 0 of every scenario: the draws' histogram (filled) and the exact posterior "
        "density (black line).",
        ("densities",),
    ),
    "diagnostic_value": Figure(
        "What diagnostics are worth",
        "Diagnostics",
        "How often each diagnostic fires among the fits that are wrong about tau by more than 0.05 "
        "(Kolmogorov-Smirnov distance to the exact posterior), its sensitivity, and among the "
        "others, its false alarms, with 95 % Wilson intervals, which take fits as independent: "
        "those of one data set or cell are not.",
        ("diagnostic_value",),
    ),
    "rank_histograms": Figure(
        "Ranks of the truth",
        "Calibration",
        "Ranks of mu and tau, drawn from their priors, among 99 posterior draws, in ten bins. If a "
        "sampler works they are uniform: 95 % of single bars within the grey band.",
        ("estimates",),
        needs="calibration",
    ),
    "rank_ecdfs": Figure(
        "ECDF of the ranks of the truth, less the uniform one",
        "Calibration",
        "With the simultaneous 95 % band: a curve that leaves it is not uniform.",
        ("calibration_curves",),
        needs="calibration",
    ),
    "agreement": Figure(
        "Agreement of samplers",
        "Samplers",
        "Differences of posterior means between samplers on the same data, in Monte Carlo standard "
        "errors, a point an estimand; of those of samplers that explore the same posterior, 95 of "
        "100 lie between the dashed lines, -2 and 2. Points of one fit are correlated.",
        ("agreement",),
        needs="samplers",
    ),
    "sampling_seconds": Figure(
        "Sampling time",
        "Samplers",
        f"Seconds of sampling on one core, tuning included, compiling not. {_EACH}",
        needs="samplers",
    ),
    "leapfrog_steps": Figure(
        "Leapfrog steps",
        "Samplers",
        f"Leapfrog steps after tuning, all chains of a fit together. {_EACH}",
        needs="samplers",
    ),
    "published": Figure(
        "Published and found",
        "Published study",
        "What a post of 2021 printed of each chain (open diamonds) and what the chains gave here "
        "(circles), for the sampler seed of replicate 0: divergences, E-BFMI and step size, which "
        "is the last that tuning tried where the sampler tells it, as printed.",
        ("published",),
        needs="published",
    ),
}

_REGIONS = (
    "The black lines hold 50 and 95 % of the exact posterior, by its highest density; yellow "
    "points are divergent draws."
)

KINDS = {
    "data": Kind(
        "Data",
        "data set",
        "Observations of every individual (grey), the true theta (purple), and the exact posterior "
        "median and central 90 % interval of theta (black).",
    ),
    "traces": Kind(
        "Traces and densities",
        "fit",
        "Draws of mu, tau and of what NUTS moved for each individual, theta or eta, by chain, with "
        "their densities sideways; the exact density is black. Ticks below a trace are divergent "
        "draws.",
    ),
    "autocorrelation": Kind(
        "Autocorrelation",
        "fit",
        "Autocorrelation of every chain, by lag. Where it falls slowly, draws repeat one another; "
        "a chain that never moved is drawn at 1.",
    ),
    "funnels_theta": Kind(
        "Theta against log tau",
        "fit",
        "Draws of theta against log tau, a panel for each centered individual "
        f"(each of all, if none is). {_REGIONS}",
    ),
    "funnels_eta": Kind(
        "Eta against log tau",
        "fit",
        "Draws of eta = (theta - mu) / tau against log tau, a panel for each noncentered "
        f"individual (each of all, if none is). {_REGIONS}",
    ),
    "mu_and_log_tau": Kind(
        "Mu against log tau",
        "fit",
        f"Draws of mu against log tau, with the densities of both. {_REGIONS}",
    ),
    "overlaid_funnels": Kind(
        "Theta against log tau, overlaid",
        "pair",
        "Draws of theta against log tau by two parameterizations. The black lines hold 50 and 95 % "
        "of the exact posterior, by its highest density.",
    ),
    "posterior_predictive": Kind(
        "Posterior predictive",
        "pair",
        "Density of a new observation of every individual by two parameterizations, one a side, "
        "with the observations; the exact one is outlined in black.",
    ),
    "tau": Kind(
        "Prior and posteriors of tau",
        "all",
        "Density of tau under its prior, by every parameterization and exactly, with the true tau.",
    ),
    "mu_and_log_tau_side_by_side": Kind(
        "Mu against log tau",
        "all",
        f"Draws of mu against log tau by every parameterization, with the densities. {_REGIONS}",
    ),
    "model": Kind(
        "Model",
        "fit",
        "The model, parameterized as this fit has it: round are what NUTS moves, square what "
        "follows from it, grey what was observed.",
        "svg",
    ),
}
