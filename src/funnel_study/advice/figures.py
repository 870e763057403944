"""Figures of the advice: functions of the advice that return a plot."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
import plotnine as p9
from scipy.stats import chi2

from funnel.group_means import Array
from funnel.likelihoods.normal_unknown_sigma import NormalUnknownSigma
from funnel.posterior import Posterior
from funnel_study.advice.advice import Advice, short
from funnel_study.advice.groups import Groups
from funnel_study.advice.priors import in_words
from funnel_study.advice.wording import said
from funnel_study.figures.theme import INK, MUTED, colour_bar, colours, theme

# more groups would not be legible in the forest plot
MOST_ROWS = 40
_RAW, _SHRUNK = "data", "exact posterior"
_LIGHT = "#8a8a8a"
_LEVEL = 0.95
# of a regression line
_STEPS = 41
# in approximate standard errors, where the ends of an interval are searched, and how often
_REACH, _BISECTIONS = 40.0, 60


class Figure(NamedTuple):
    """A figure of the page: its plot, title and caption."""

    plot: p9.ggplot
    title: str
    caption: str


def figures(advice: Advice) -> dict[str, Figure]:
    """Return the figures by the name of their files."""
    found = {"forest": forest(advice), "tau": density_of_tau(advice)}
    if advice.groups.covariates:
        return {**found, "regression": regression(advice)}
    return {**found, "shrinkage": shrinkage(advice)}


def forest(advice: Advice) -> Figure:
    """Draw the effect of each group, in the data and by the exact posterior."""
    groups, table = advice.groups, advice.of_groups
    value, low, high = raw_effects(groups)
    order = np.argsort(value, kind="stable")
    rows = order[np.linspace(0, groups.K - 1, min(groups.K, MOST_ROWS)).round().astype(int)]
    names = {int(k): _label(groups.labels[k]) for k in rows}
    response = advice.response
    columns = [f"{response or 'exact'}_{name}" for name in ("mean", "q025", "q975")]
    exact = table[columns].to_numpy()
    table = pd.DataFrame(
        [
            *((str(k), _RAW, value[k], low[k], high[k]) for k in rows),
            *((str(k), _SHRUNK, *exact[k]) for k in rows),
        ],
        columns=["group", "kind", "mean", "low", "high"],
    )
    table["group"] = pd.Categorical(table["group"], [str(k) for k in rows])
    table["kind"] = pd.Categorical(table["kind"], [_RAW, _SHRUNK])
    dodge = p9.position_dodge(width=0.6)
    mu = [] if groups.covariates else [_middle(advice)]
    plot = (
        p9.ggplot(table, p9.aes("group", "mean", colour="kind", shape="kind"))
        + [p9.geom_hline(yintercept=each, linetype="dashed", colour=MUTED, size=0.5) for each in mu]
        + p9.geom_linerange(p9.aes(ymin="low", ymax="high"), position=dodge, size=0.8)
        + p9.geom_point(position=dodge, size=2)
        + p9.coord_flip()
        + p9.scale_x_discrete(labels=lambda keys: [names[int(key)] for key in keys])
        + p9.scale_colour_manual(values={_RAW: _LIGHT, _SHRUNK: INK})
        + p9.scale_shape_manual(values={_RAW: "s", _SHRUNK: "o"})
        + p9.labs(title="Effects of the groups", x="", y=response or "effect", colour="", shape="")
        + theme(7.5, 1.6 + 0.27 * len(rows))
    )
    caption = said(
        "forest", groups.K, MOST_ROWS, response, groups.kind == "normal", groups.covariates
    )
    return Figure(plot, "Effects of the groups", caption)


def raw_effects(groups: Groups) -> tuple[Array, Array, Array]:
    """Return the effect, probability or rate of each group in the data, with its 95 % interval.

    (K,) each. The interval has the values whose log likelihood is less than 1.92 below its largest,
    half of the 95 % quantile of a chi-squared distribution; for effects, it is y +- 1.96 se.
    """
    likelihood, near = groups.likelihood, groups.means
    if isinstance(likelihood, NormalUnknownSigma):
        likelihood = likelihood.given(groups.pooled_sd)
    far = _REACH * near.standard_error
    peak = np.clip(likelihood.peak, near.ybar - far, near.ybar + far)
    least = likelihood.log_likelihood(peak) - chi2.ppf(_LEVEL, 1) / 2
    ends = []
    for outside in (near.ybar - far, near.ybar + far):
        inside = peak
        for _ in range(_BISECTIONS):
            middle = (inside + outside) / 2
            above = likelihood.log_likelihood(middle) > least
            inside, outside = np.where(above, middle, inside), np.where(above, outside, middle)
        ends.append(likelihood.response(inside))
    return likelihood.response(likelihood.peak), ends[0], ends[1]


def _middle(advice: Advice) -> float:
    """Return the median of mu, or of its probability or rate."""
    table = advice.population.set_index("estimand")
    return float(table["exact_q50"][advice.response or "mu"])


def density_of_tau(advice: Advice) -> Figure:
    """Draw the prior and the posterior density of tau."""
    tau, prior = advice.posterior.tau, advice.priors.tau
    x = np.linspace(0.0, tau.quantile(0.995), 401)[1:]
    densities = {f"prior: {in_words(prior)}": prior.density(x), _SHRUNK: tau.density(x)}
    names = list(densities)
    table = pd.concat(
        pd.DataFrame({"tau": x, "density": values, "kind": name})
        for name, values in densities.items()
    )
    table["kind"] = pd.Categorical(table["kind"], names)
    plot = (
        p9.ggplot(table, p9.aes("tau", "density", colour="kind", linetype="kind"))
        + p9.geom_line(size=0.9)
        + p9.scale_colour_manual(values=dict(zip(names, (_LIGHT, INK), strict=True)))
        + p9.scale_linetype_manual(values=dict(zip(names, ("dashed", "solid"), strict=True)))
        + p9.labs(title="Density of tau", x="tau", y="density", colour="", linetype="")
        + theme(7.5, 3.6)
    )
    caption = said("density_of_tau", tau.quantile(0.5), *tau.interval(_LEVEL))
    return Figure(plot, "Density of tau", caption)


def regression(advice: Advice) -> Figure:
    """Draw the effects against each covariate, with the posterior of their mean."""
    groups, posterior, points, bands = advice.groups, advice.posterior, [], []
    assert isinstance(posterior, Posterior)
    effects = groups.means
    for name, each in groups.covariates.items():
        x = each.x
        columns = {"covariate": name, "x": x, "y": effects.ybar, "se": effects.standard_error}
        points.append(pd.DataFrame(columns))
        for at in np.linspace(x.min(), x.max(), _STEPS):
            where = dict.fromkeys(groups.covariates, 0.0) | {name: at - each.centre}
            mean = posterior.mean_at(where).quantile([0.025, 0.5, 0.975])
            new = posterior.predictive(x=where).interval(_LEVEL)
            bands.append((name, at, *mean, *new))
    names = ["covariate", "x", "low", "y", "high", "low_new", "high_new"]
    band = pd.DataFrame(bands, columns=names)
    plot = (
        p9.ggplot(band, p9.aes("x", "y"))
        + p9.geom_ribbon(p9.aes(ymin="low_new", ymax="high_new"), fill=_LIGHT, alpha=0.2)
        + p9.geom_ribbon(p9.aes(ymin="low", ymax="high"), fill=_LIGHT, alpha=0.4)
        + p9.geom_line(colour=INK, size=0.9)
        + p9.geom_point(
            p9.aes(size="1 / se"), pd.concat(points), shape="o", fill="white", colour=INK
        )
        + p9.scale_size(range=(1.5, 8), guide=None)
        + p9.facet_wrap("covariate", scales="free_x")
        + p9.labs(title="Effects by covariate", x="covariate", y="effect")
        + theme(7.5, 4.2)
    )
    return Figure(plot, "Effects by covariate", said("regression", len(groups.covariates) > 1))


def shrinkage(advice: Advice) -> Figure:
    """Draw the posterior mean of each group's effect against its effect in the data."""
    name = advice.response or "effect"
    table = pd.DataFrame(
        {
            "y": raw_effects(advice.groups)[0],
            "mean": advice.of_groups[f"{advice.response or 'exact'}_mean"],
            "centeredness": advice.centeredness,
        }
    )
    ends = colours(["noncentered", "centered"])
    values = table[["y", "mean"]].to_numpy()
    limits = (float(values.min()), float(values.max()))
    plot = (
        p9.ggplot(table, p9.aes("y", "mean", fill="centeredness"))
        + p9.geom_abline(slope=1, intercept=0, colour=MUTED, size=0.5)
        + p9.geom_hline(yintercept=_middle(advice), linetype="dashed", colour=MUTED)
        + p9.geom_point(size=3, colour=INK, stroke=0.3)
        + p9.scale_fill_gradient(
            low=ends["noncentered"],
            high=ends["centered"],
            limits=(0, 1),
            breaks=(0, 0.5, 1),
            guide=colour_bar(),
        )
        + p9.labs(
            title="Shrinkage and centeredness",
            x=f"{name} in the data",
            y="exact posterior mean",
            fill="centeredness",
        )
        # one scale, so that the line of no shrinkage is a diagonal
        + p9.coord_fixed(xlim=limits, ylim=limits)
        + theme(6.4, 5.6)
    )
    return Figure(plot, "Shrinkage and centeredness", said("shrinkage"))


def _label(label: str) -> str:
    """Return the label of a group for a plot, without the signs that start a formula."""
    return short(label).replace("$", r"\$")
