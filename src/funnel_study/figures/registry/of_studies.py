"""The figures of a study that show its scenarios, or its fits together."""

from functools import partial
from typing import Any

from funnel_study.analysis.criteria import LARGE_KS
from funnel_study.figures.registry.figure import Figure


def by_fit(title: str, caption: str, category: str, **options: Any) -> Figure:
    """Return a figure of one value per fit."""
    each = (
        "Each point is one fit and each bar is the median over replicates, with one panel per "
        "scenario (and per sampler, if there are several)."
    )
    return Figure("by_fit.value_by_fit", title, f"{caption} {each}", category, **options)


by_cell = partial(Figure, "by_cell.performance", tables=("performance",))

OF_STUDIES = {
    "work": Figure(
        "work.work",
        "Work by exact error",
        "The number of leapfrog steps, tuning included, that a parameterization needs to be as "
        "precise as one independent draw from the posterior. It is measured by the error of each "
        "chain against the exact posterior, and not by effective sample sizes. P(tau < q05) is "
        "the probability of values of tau below its exact 5 % quantile. The worst estimand is "
        "the one with the largest work, by which parameterizations are ranked. Lines are 95 % "
        "intervals over data sets.",
        "Work",
        ("performance",),
    ),
    "work_by_tau": Figure(
        "work.ratio_by_data_set",
        "Which parameterization takes less work, by the lower tail of tau",
        "The ratio of the work of two parameterizations in each data set, against the exact 5 % "
        "quantile of tau. If a line crosses 1, the order of the two parameterizations depends on "
        "how far down the posterior of tau reaches. With few chains per data set, single ratios "
        "are noisy, so look at the trend.",
        "Work",
        ("fits", "errors", "estimates"),
        arguments={
            "x": "exact_q05",
            "label": "exact 5 % quantile of tau of the data set",
            "log": True,
        },
    ),
    "work_by_data_weight": Figure(
        "work.ratio_by_data_set",
        "Which parameterization takes less work, by the weight of the data",
        "The same ratios against the weight of the data: the posterior mean of tau^2 / (tau^2 + "
        "sigma_k^2 / n_k), averaged over individuals. A weight near 1 means that the data of an "
        "individual outweigh the population.",
        "Work",
        ("fits", "errors"),
        arguments={
            "x": "data_weight",
            "label": "weight of the data in the posterior means of theta, mean over individuals",
        },
    ),
    "error_by_length": Figure(
        "work.error_by_length",
        "Squared error by length of the chain",
        "The mean squared error of single chains after 100, 300, 1,000, ... draws, in exact "
        "posterior variances. Without bias it decreases in proportion to the number of leapfrog "
        "steps once tuning is paid for. A curve that becomes flat shows chains that are stuck or "
        "that miss a part of the posterior. A cross is where the error would be low (0.01) "
        "according to the variance and the bias of the whole chains.",
        "Work",
        ("lengths",),
    ),
    "divergences": by_fit(
        "Divergent transitions",
        "Number of divergent transitions after tuning, summed over the chains of a fit.",
        "Diagnostics",
        arguments={"value": "divergences", "label": "divergent draws", "scale": "counts"},
    ),
    "bfmi": by_fit(
        "Lowest E-BFMI",
        "Estimated Bayesian fraction of missing information (E-BFMI), the lowest among the "
        "chains of a fit. Values below 0.3 (dashed line) indicate that the energy was explored "
        "poorly.",
        "Diagnostics",
        arguments={
            "value": "bfmi_min",
            "label": "lowest E-BFMI",
            "scale": "linear",
            "thresholds": [0.3],
        },
    ),
    "step_size": by_fit(
        "Step size",
        "Step size used for the draws after tuning, averaged over the chains of a fit.",
        "Diagnostics",
        arguments={"value": "step_size", "label": "step size"},
    ),
    "rhat": by_fit(
        "Largest R-hat",
        "Largest rank-normalised split R-hat among mu, tau, log tau and all theta. Values above "
        "1.01 (dashed line) indicate that the chains have not mixed.",
        "Diagnostics",
        arguments={
            "value": "rhat_max",
            "label": "largest R-hat",
            "scale": "log of R-hat - 1",
            "thresholds": [0.01],
        },
    ),
    "ess_per_second": by_fit(
        "Lowest bulk ESS per second",
        "Bulk effective sample size per second of sampling, tuning included, for the parameter "
        "with the lowest value among mu, tau, log tau and all theta.",
        "Cost",
        arguments={
            "value": "ess_bulk_min",
            "per": "sampling_seconds",
            "label": "lowest bulk ESS per second of sampling",
        },
    ),
    "ess_per_leapfrog_step": by_fit(
        "Lowest bulk ESS per leapfrog step",
        "Bulk effective sample size per leapfrog step after tuning, for the parameter with the "
        "lowest value among mu, tau, log tau and all theta. Unlike seconds, leapfrog steps do "
        "not depend on the machine.",
        "Cost",
        arguments={
            "value": "ess_bulk_min",
            "per": "leapfrog_steps",
            "label": "lowest bulk ESS per leapfrog step",
        },
    ),
    "estimates_mu": Figure(
        "by_fit.estimate_by_replicate",
        "Estimates of mu",
        "Posterior mean (point) and central 90 % interval (line) of mu in every replicate. The "
        "black ticks mark the true value.",
        "Estimates",
        ("fits", "estimates"),
        arguments={"estimand": "mu"},
    ),
    "estimates_tau": Figure(
        "by_fit.estimate_by_replicate",
        "Estimates of tau",
        "Posterior mean (point) and central 90 % interval (line) of tau in every replicate. The "
        "black ticks mark the true value.",
        "Estimates",
        ("fits", "estimates"),
        arguments={"estimand": "tau"},
    ),
    "bias": by_cell(
        "Bias with respect to the true value",
        "Posterior mean minus true value, averaged over replicates, with 95 % Monte Carlo "
        "intervals. When the true value is fixed, even the exact posterior mean is biased "
        "towards the prior; the errors against the exact posterior show what the sampler adds to "
        "that.",
        "Performance",
        arguments={"measures": {"bias": 0.0}, "label": "posterior mean - true value"},
    ),
    "coverage": by_cell(
        "Coverage of central intervals",
        "Proportion of replicates in which the central 50 % or 90 % posterior interval contains "
        "the true value, with 95 % Wilson intervals. The dashed lines mark the nominal 50 % and "
        "90 %. Intervals of the exact posterior have nominal coverage only when the true values "
        "are drawn from the prior.",
        "Performance",
        arguments={
            "measures": {"coverage_50": 0.5, "coverage_90": 0.9},
            "label": "proportion of intervals that contain the true value",
            "estimands": ["mu", "tau"],
        },
    ),
    "mean_error": by_cell(
        "Error of posterior means against the exact posterior",
        "Posterior mean estimated by the fit minus exact posterior mean, averaged over "
        "replicates, with 95 % Monte Carlo intervals. This is the error that the sampler adds to "
        "that of the model.",
        "Exact errors",
        arguments={
            "measures": {"mean_error": 0.0},
            "label": "posterior mean - exact posterior mean",
        },
    ),
    "z_tau": by_fit(
        "Error of the mean of log tau, in Monte Carlo standard errors",
        "Error of the posterior mean of log tau against the exact posterior, divided by the "
        "Monte Carlo standard error that the fit itself reports (z). For fits that explore the "
        "whole posterior, about 95 % of the values lie between the dashed lines at -2 and 2.",
        "Exact errors",
        tables=("fits", "estimates"),
        arguments={
            "value": "z_score",
            "estimand": "log_tau",
            "label": "z of the posterior mean of log tau",
            "scale": "z",
            "thresholds": [-2.0, 2.0],
        },
    ),
    "ks_tau": by_fit(
        "Distance between the draws of tau and the exact posterior",
        "Kolmogorov-Smirnov distance between the draws of tau and their exact posterior, which "
        "is the largest error of any probability of the form P(tau < x). The dashed line is a "
        "tolerance of five percentage points. Monte Carlo error alone can exceed it in a short "
        "or slow fit.",
        "Exact errors",
        tables=("fits", "estimates"),
        arguments={
            "value": "ks",
            "estimand": "tau",
            "label": "Kolmogorov-Smirnov distance",
            "thresholds": [LARGE_KS],
        },
    ),
    "lost_mass": by_cell(
        "Fraction of draws at small tau",
        "Fraction of the draws of tau below the exact 5 % quantile, averaged over replicates, "
        "with 95 % Monte Carlo intervals. Correct fits have a mean of 0.05 (dashed line). An "
        "interval entirely below 0.05 shows that the sampler misses the neck of the funnel. A "
        "chain that gets stuck in the neck raises the fraction, so read this figure together "
        "with R-hat.",
        "Exact errors",
        arguments={
            "measures": {"mass_below_exact_q05": 0.05},
            "label": "fraction of draws below the exact 5 % quantile of tau",
            "estimands": ["tau"],
        },
    ),
    "density_of_log_tau": Figure(
        "by_fit.density_of_log_tau",
        "Draws of log tau and their exact density",
        "Histogram of the draws of log tau (filled) and their exact posterior density (black "
        "line) for replicate 0 of every scenario.",
        "Exact errors",
        ("densities",),
    ),
    "diagnostic_value": Figure(
        "by_cell.diagnostic_value",
        "How well diagnostics detect wrong fits",
        "Probability that a wrong fit looks worse than a right one (AUC) by each diagnostic, for "
        "three definitions of a wrong fit, with 95 % intervals from a bootstrap of data sets. "
        "Circles compare all pairs of a wrong and a right fit, diamonds those of the same cell "
        "(combination of scenario, parameterization and sampler). An interval is missing where "
        "wrong fits come from fewer than five cells. The dashed line marks 0.5, a diagnostic "
        "that knows nothing.",
        "Diagnostics",
        ("diagnostic_value",),
        by_scenario=False,
    ),
    "roc": Figure(
        "by_cell.roc",
        "ROC curves of diagnostics",
        "ROC curves of the diagnostics, for three definitions of a wrong fit: the proportion of "
        "the wrong fits that a diagnostic flags (sensitivity) against that of the right fits "
        "(false alarm rate), at all thresholds. Points mark the customary thresholds: any "
        "divergence, E-BFMI below 0.3, R-hat above 1.01, and effective sample sizes below 400. A "
        "diagnostic that knows nothing follows the dashed diagonal.",
        "Diagnostics",
        ("roc", "diagnostic_value"),
        by_scenario=False,
    ),
    "divergences_and_error": Figure(
        "by_cell.divergences_and_error",
        "Errors about tau against divergences",
        "Errors about tau against the number of divergent transitions of a fit, both on "
        "logarithmic scales: the error of the mean of log tau in exact posterior standard "
        "deviations, and the Kolmogorov-Smirnov distance between the draws of tau and the exact "
        "posterior. Parameterizations that equal another one are left out. The solid line is the "
        "regression over all fits. The dashed line has the slope within cells (combinations of "
        "scenario, parameterization and sampler), drawn through the mean of all fits. Data sets "
        "that were chosen, such as the published ones, are shown but are not part of the "
        "regressions.",
        "Diagnostics",
        ("divergences", "fits", "estimates", "errors"),
        by_scenario=False,
    ),
    "rank_histograms": Figure(
        "by_fit.rank_histograms",
        "Ranks of the true values",
        "Ranks of the true mu and tau, drawn from their priors, among 99 posterior draws, in ten "
        "bins. If the sampler is correct, the ranks are uniform and 95 % of the bars end within "
        "the grey band.",
        "Calibration",
        ("estimates",),
        needs="calibration",
    ),
    "rank_ecdfs": Figure(
        "by_fit.rank_ecdfs",
        "ECDF of the ranks of the true values, minus the uniform one",
        "Empirical cumulative distribution function of the ranks of the true mu and tau among 99 "
        "posterior draws, minus that of the uniform distribution, with a simultaneous 95 % band. "
        "A curve that leaves the band indicates that the ranks are not uniform.",
        "Calibration",
        ("calibration_curves",),
        needs="calibration",
    ),
    "agreement": Figure(
        "by_fit.agreement",
        "Agreement of samplers",
        "Difference between the posterior means of two samplers for the same data set and "
        "parameterization, divided by its Monte Carlo standard error (z). Each point is one "
        "estimand. If both samplers explore the whole posterior, about 95 % of the points lie "
        "between the dashed lines at -2 and 2. Points from the same fit are correlated.",
        "Samplers",
        ("agreement",),
        needs="samplers",
    ),
    "sampling_seconds": by_fit(
        "Sampling time",
        "Seconds of sampling on one core, including tuning but not compilation.",
        "Samplers",
        arguments={"value": "sampling_seconds", "label": "seconds of sampling"},
        needs="samplers",
    ),
    "leapfrog_steps": by_fit(
        "Leapfrog steps",
        "Number of leapfrog steps after tuning, summed over the chains of a fit.",
        "Samplers",
        arguments={"value": "leapfrog_steps", "label": "leapfrog steps", "scale": "log of counts"},
        needs="samplers",
    ),
    "published": Figure(
        "by_fit.published",
        "Published values and values found here",
        "Divergences, E-BFMI and step size of every chain, as printed in a blog post of 2021 "
        "(diamonds) and as found here (circles), for the sampler seed of replicate 0. The step "
        "size is the last one tried during tuning, as in the post, for samplers that report it. "
        "Divergences are plotted as their number plus 1.",
        "Published study",
        ("published",),
        needs="published",
    ),
}
