"""The figures of a study and of its fits.

`of_study` has a function for every name in FIGURES, which draws tables; `of_fit` has one for every
name in KINDS, which draws the draws of single fits. The caption of the figure NAME is in
workflow/report/figures/NAME.rst, apart from the code, so that no figure is redrawn for its caption.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

DPI = 200  # pixels per inch of PNG files


class Figure(NamedTuple):
    """A figure of a study: its title, its section of the report, and what it is drawn from."""

    title: str
    category: str
    tables: tuple[str, ...] = ("fits",)  # in the order of the arguments of its function
    # what the study must have: true values drawn from the prior, several samplers, published data,
    # a sweep, a sweep of two keys, constants to compare rules with, or the last two
    needs: Literal[
        "", "calibration", "samplers", "published", "sweep", "map", "contest", "contest map"
    ] = ""
    # whether it has a panel for every scenario, which are too many in a sweep
    by_scenario: bool = True


class Kind(NamedTuple):
    """A figure of single fits; `of` is what it shows: a data set, a fit, two fits, or all fits."""

    title: str
    of: Literal["data set", "fit", "pair", "all"]
    format: Literal["png", "svg"] = "png"  # SVG files of thousands of draws would be huge


FIGURES = {
    "contest_map": Figure(
        "Best constant centeredness for the worst estimand",
        "Contest",
        ("contest_best", "contest"),
        "contest map",
        by_scenario=False,
    ),
    "contest_cost": Figure(
        "Cost of the worst constant centeredness",
        "Contest",
        ("contest_best",),
        "contest map",
        by_scenario=False,
    ),
    "contest_regret": Figure(
        "Work of each rule relative to the best constant",
        "Contest",
        ("contest",),
        "contest",
        by_scenario=False,
    ),
    "contest_map_by_estimand": Figure(
        "Best constant centeredness by estimand",
        "Contest",
        ("contest_best",),
        "contest map",
        by_scenario=False,
    ),
    "sweep_best": Figure(
        "The parameterization with the least work", "Sweep", ("sweep",), "map", by_scenario=False
    ),
    "sweep_map": Figure(
        "Work of each parameterization over the sweep",
        "Sweep",
        ("sweep",),
        "map",
        by_scenario=False,
    ),
    "sweep_work": Figure("Work at each point", "Sweep", ("sweep",), "sweep", by_scenario=False),
    "sweep_bias": Figure(
        "Squared bias at each point", "Sweep", ("sweep",), "sweep", by_scenario=False
    ),
    "sweep_content": Figure(
        "Content of 90 % intervals at each point", "Sweep", ("sweep",), "sweep", by_scenario=False
    ),
    "sweep_divergences": Figure(
        "Divergences at each point", "Sweep", ("sweep",), "sweep", by_scenario=False
    ),
    "work": Figure("Work by exact error", "Work", ("performance",)),
    "work_by_tau": Figure(
        "Which parameterization takes less work, by the lower tail of tau",
        "Work",
        ("fits", "estimates", "errors"),
    ),
    "work_by_data_weight": Figure(
        "Which parameterization takes less work, by the weight of the data",
        "Work",
        ("fits", "errors"),
    ),
    "error_by_length": Figure("Squared error by length of the chain", "Work", ("lengths",)),
    "divergences": Figure("Divergent transitions", "Diagnostics"),
    "bfmi": Figure("Lowest E-BFMI", "Diagnostics"),
    "step_size": Figure("Step size", "Diagnostics"),
    "rhat": Figure("Largest R-hat", "Diagnostics"),
    "ess_per_second": Figure("Lowest bulk ESS per second", "Cost"),
    "ess_per_leapfrog_step": Figure("Lowest bulk ESS per leapfrog step", "Cost"),
    "estimates_mu": Figure("Estimates of mu", "Estimates", ("fits", "estimates")),
    "estimates_tau": Figure("Estimates of tau", "Estimates", ("fits", "estimates")),
    "bias": Figure("Bias with respect to the true value", "Performance", ("performance",)),
    "coverage": Figure("Coverage of central intervals", "Performance", ("performance",)),
    "mean_error": Figure(
        "Error of posterior means against the exact posterior", "Exact errors", ("performance",)
    ),
    "z_tau": Figure(
        "Error of the mean of log tau, in Monte Carlo standard errors",
        "Exact errors",
        ("fits", "estimates"),
    ),
    "ks_tau": Figure(
        "Distance between the draws of tau and the exact posterior",
        "Exact errors",
        ("fits", "estimates"),
    ),
    "lost_mass": Figure("Fraction of draws at small tau", "Exact errors", ("performance",)),
    "density_of_log_tau": Figure(
        "Draws of log tau and their exact density", "Exact errors", ("densities",)
    ),
    "diagnostic_value": Figure(
        "How well diagnostics detect wrong fits",
        "Diagnostics",
        ("diagnostic_value",),
        by_scenario=False,
    ),
    "roc": Figure(
        "ROC curves of diagnostics",
        "Diagnostics",
        ("roc", "diagnostic_value"),
        by_scenario=False,
    ),
    "divergences_and_error": Figure(
        "Errors about tau against divergences",
        "Diagnostics",
        ("divergences", "fits", "estimates", "errors"),
        by_scenario=False,
    ),
    "rank_histograms": Figure(
        "Ranks of the true values", "Calibration", ("estimates",), needs="calibration"
    ),
    "rank_ecdfs": Figure(
        "ECDF of the ranks of the true values, minus the uniform one",
        "Calibration",
        ("calibration_curves",),
        needs="calibration",
    ),
    "agreement": Figure("Agreement of samplers", "Samplers", ("agreement",), needs="samplers"),
    "sampling_seconds": Figure("Sampling time", "Samplers", needs="samplers"),
    "leapfrog_steps": Figure("Leapfrog steps", "Samplers", needs="samplers"),
    "published": Figure(
        "Published values and values found here",
        "Published study",
        ("published",),
        needs="published",
    ),
}

KINDS = {
    "data": Kind("Data", "data set"),
    "traces": Kind("Traces and densities", "fit"),
    "autocorrelation": Kind("Autocorrelation", "fit"),
    "funnels_theta": Kind("Theta against log tau", "fit"),
    "funnels_eta": Kind("Eta against log tau", "fit"),
    "mu_and_log_tau": Kind("Mu against log tau", "fit"),
    "overlaid_funnels": Kind("Theta against log tau, overlaid", "pair"),
    "posterior_predictive": Kind("Posterior predictive", "pair"),
    "tau": Kind("Prior and posteriors of tau", "all"),
    "mu_and_log_tau_side_by_side": Kind("Mu against log tau", "all"),
    "model": Kind("Model", "fit", "svg"),
}
