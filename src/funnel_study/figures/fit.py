"""Figures of a data set and of the draws of its fits: traces, densities and predictions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotnine as p9
from arviz_stats.base import array_stats

from funnel.inference import given_rough_sigma
from funnel.working_response import empirical
from funnel_study.figures.fit_draws import (
    MOST_INDIVIDUALS,
    View,
    exact_range,
    fit_colour,
    kernel_density,
    left_out_note,
)
from funnel_study.figures.panels import as_categories
from funnel_study.figures.theme import INK, MUTED, TRUTH, colours, theme, tints

SHOWN_DRAWS = 1_000  # per chain in a trace, about
LAGS = 60


def observed(view: View) -> tuple[pd.DataFrame, str, str]:
    """Return the data on the scale of theta, what they are, and the label of their axis.

    The table has the `individual`, `y`, and the limits `low` and `high` of a standard error.
    """
    one = view.data_set.data
    if one.observations is not None:
        y, individual = one.observations.y, one.observations.idx
        ends, names = (y, y), ("observations", "y")
    else:
        found = empirical(given_rough_sigma(one, view.priors)[0])
        y, individual = found.ybar, np.arange(one.K)
        ends = (y - found.standard_error, y + found.standard_error)
        names = (f"empirical {one.SCALE}s with standard errors", view.label("theta"))
    columns = {"individual": individual, "y": y, "low": ends[0], "high": ends[1]}
    return pd.DataFrame(columns), *names


def data(view: View) -> p9.ggplot:
    """Plot the data, the true theta and the exact posterior of theta."""
    one, K = view.data_set, view.data_set.K
    shown, what, label = observed(view)
    order = [str(k) for k in range(K)]
    individuals = pd.Categorical(order, order)
    quantiles = np.array([view.exact.quantile(f"theta[{k}]", [0.05, 0.5, 0.95]) for k in range(K)])
    theta = pd.DataFrame(
        {"individual": individuals, "theta": one.theta}
        | dict(zip(("low", "median", "high"), quantiles.T, strict=True))
    )
    shown = shown.assign(individual=pd.Categorical(shown["individual"].astype(str), order))
    few = len(shown) <= 3 * K
    right = p9.position_nudge(x=0.28)
    return (
        p9.ggplot(theta, p9.aes("individual"))
        + p9.geom_jitter(
            p9.aes(y="y"),
            shown,
            width=0.0 if few else 0.15,
            height=0,
            random_state=1,
            colour=MUTED,
            alpha=0.8 if few else 0.25,
            size=1.8 if few else 0.8,
        )
        + p9.geom_linerange(p9.aes(ymin="low", ymax="high"), shown, colour=MUTED, size=0.5)
        + p9.geom_linerange(p9.aes(ymin="low", ymax="high"), colour=INK, size=0.9, position=right)
        + p9.geom_point(p9.aes(y="median"), colour=INK, size=2, position=right)
        + p9.geom_point(
            p9.aes(y="theta"),
            theta.dropna(subset=["theta"]),
            shape="_",
            colour=TRUTH,
            size=7,
            stroke=1.4,
        )
        + p9.labs(
            x="individual",
            y=label,
            subtitle=f"grey: {what}; purple: true theta;\n"
            "black: exact median and 90 % interval of theta",
        )
        + theme(max(6.0, min(1.5 + 0.6 * K, 24.0)), 3.6)
    )


def traces(view: View) -> p9.ggplot:
    """Plot traces by chain with ticks at divergent draws, and marginal densities sideways."""
    (fit,) = view.fits
    names = [*fit.of_population, *fit.shown()[:MOST_INDIVIDUALS]]
    chains, draws = fit.mu.shape
    step = max(1, draws // SHOWN_DRAWS)
    shown = np.arange(0, draws, step)
    lines, densities, exact = [], [], []
    for name in names:
        values = fit.values(name)
        low = 0.0 if name in ("tau", "sigma") else -np.inf
        for chain in range(chains):
            of = {"name": name, "chain": str(chain)}
            traced = {"part": "trace", "x": shown, "y": values[chain, shown]}
            lines.append(pd.DataFrame({**of, **traced}))
            at, density = kernel_density(values[chain], low)
            densities.append(pd.DataFrame({**of, "part": "density", "x": density, "y": at}))
        at = np.linspace(*exact_range(view.exact, name), 300)
        density = view.exact.density(name, at)
        exact.append(pd.DataFrame({"name": name, "part": "density", "x": density, "y": at}))
    _, diverged = np.nonzero(fit.diverging)
    rug = [pd.DataFrame({"name": name, "part": "trace", "x": diverged}) for name in names]
    line, marginal, exact_density, ticks = (
        as_categories(pd.concat(each), part=["trace", "density"], name=names)
        for each in (lines, densities, exact, rug)
    )
    every = "" if step == 1 else f"shows 1 of every {step} draws; "
    return (
        p9.ggplot(line, p9.aes("x", "y"))
        + p9.geom_line(p9.aes(colour="chain"), size=0.2, alpha=0.7)
        + p9.geom_path(p9.aes(colour="chain"), marginal, size=0.5)
        + p9.geom_path(data=exact_density, colour=INK, size=0.5)
        + p9.geom_rug(
            p9.aes("x"), ticks, inherit_aes=False, sides="b", colour=INK, size=0.3, alpha=0.6
        )
        + p9.facet_grid("name", "part", scales="free", space={"x": [3, 1], "y": [1] * len(names)})
        + p9.scale_colour_manual(values=tints(fit.parameterization, chains))
        + p9.labs(
            x="draw (left) or density (right)",
            y="",
            colour="chain",
            subtitle=f"{every}ticks: divergent draws, {fit.divergences}; "
            "black curves: exact densities",
            caption=left_out_note(fit),
        )
        + theme(8.5, 1.4 + 0.95 * len(names))
        + p9.theme(axis_text=p9.element_text(size=7))
    )


def autocorrelation(view: View) -> p9.ggplot:
    """Plot the autocorrelation of mu, tau, sigma and every sampled theta or eta, by chain."""
    (fit,) = view.fits
    names = [*fit.of_population, *fit.shown()[:MOST_INDIVIDUALS]]
    chains, draws = fit.mu.shape
    lags = np.arange(min(LAGS + 1, draws))
    rows = []
    for name in names:
        # the autocorrelation of a chain that never moved is undefined, and drawn at 1
        found = np.nan_to_num(array_stats.autocorr(fit.values(name))[:, lags], nan=1.0)
        for chain in range(chains):
            of = {"name": name, "chain": f"chain {chain}"}
            rows.append(pd.DataFrame({**of, "lag": lags, "value": found[chain]}))
    labels = [f"chain {chain}" for chain in range(chains)]
    table = as_categories(pd.concat(rows), name=names, chain=labels)
    values = table["value"].to_numpy(dtype=float)
    lowest = float(np.min(values, where=np.isfinite(values), initial=0.0))
    return (
        p9.ggplot(table, p9.aes("lag"))
        + p9.geom_ribbon(p9.aes(ymin=0, ymax="value"), fill=fit_colour(fit), alpha=0.75)
        + p9.geom_hline(yintercept=0, colour=INK, size=0.4)
        + p9.facet_grid("name", "chain")
        + p9.scale_y_continuous(breaks=[0, 0.5, 1], limits=(min(-0.25, lowest), 1))
        + p9.labs(
            x="lag (draws)",
            y="autocorrelation",
            subtitle="independent draws have an autocorrelation of 0 at all lags above 0",
            caption=left_out_note(fit),
        )
        + theme(max(6.0, 1.6 + 1.75 * chains), 1.4 + 0.75 * len(names))
        + p9.theme(axis_text=p9.element_text(size=7))
    )


def tau(view: View) -> p9.ggplot:
    """Plot the prior of tau, its posterior by parameterization and exactly, and its true value."""
    top = max(view.exact.quantile("tau", 0.999).item(), 2.5 * view.priors.tau_scale)
    at = np.linspace(1e-6 * top, top, 500)
    curves = [
        pd.DataFrame({"x": at, "y": view.priors.of_tau.density(at), "curve": "prior"}),
        pd.DataFrame({"x": at, "y": view.exact.density("tau", at), "curve": "exact posterior"}),
    ]
    for fit in view.fits:
        x, y = kernel_density(fit.tau.ravel(), 0.0)
        curves.append(pd.DataFrame({"x": x, "y": y, "curve": fit.parameterization}))
    table = pd.concat(curves)
    names = [*view.names, "exact posterior", "prior"]
    dashes = dict.fromkeys(names, "solid") | {"prior": "dashed"}
    truth = view.data_set.tau
    plot = (
        p9.ggplot(
            as_categories(table[table["x"] <= top], curve=names),
            p9.aes("x", "y", colour="curve", linetype="curve"),
        )
        + p9.geom_line(size=0.9)
        + p9.scale_colour_manual(
            values=colours(view.names) | {"prior": MUTED, "exact posterior": INK}
        )
        + p9.scale_linetype_manual(values=dashes)
        + p9.labs(x="tau", y="density", colour="", linetype="")
        + theme(7, 3.6)
    )
    if np.isfinite(truth):
        plot += p9.geom_vline(xintercept=truth, colour=TRUTH, linetype="dotted", size=0.9)
        plot += p9.labs(subtitle=f"dotted line: true tau = {truth:g}")
    return plot


def posterior_predictive(view: View) -> p9.ggplot:
    """Plot the posterior predictive density of each individual by two fits, one on each side.

    It is that of an observation, or that of theta where observations are not on its scale.
    """
    one, individuals = view.data_set.data, range(min(view.data_set.K, MOST_INDIVIDUALS))
    points, what, label = observed(view)
    rng = np.random.default_rng(1)
    sides, outlines = [], []
    for k in individuals:
        middle, drawn = float(k), {}
        for fit in view.fits:
            theta = fit.theta[..., k]
            drawn[fit.parameterization] = one.new_observation(k, theta, fit.sigma, rng).ravel()
        every = np.concatenate(list(drawn.values()))
        mean, sd = view.exact.mean()[f"theta[{k}]"], view.exact.sd()[f"theta[{k}]"]
        at = mean + np.hypot(sd, every.std()) * np.linspace(-4, 4, 200)
        exact = one.predictive_density(view.exact, k, at)
        scale = 0.45 / exact.max()
        for side, fit in zip((-1, 1), view.fits, strict=True):
            x, y = kernel_density(drawn[fit.parameterization])
            x, y = np.concatenate([x[:1], x, x[-1:]]), np.concatenate([[0.0], y, [0.0]])
            half = {"y": x, "x": middle + side * scale * y, "group": f"{k} {side}"}
            sides.append(pd.DataFrame({**half, "parameterization": fit.parameterization}))
            half = {"y": at, "x": middle + side * scale * exact, "group": f"{k} {side}"}
            outlines.append(pd.DataFrame(half))
    points = points.assign(x=points["individual"].astype(float))
    points = points[points["x"] <= individuals[-1]]
    few = len(points) <= 3 * len(individuals)
    return (
        p9.ggplot(as_categories(pd.concat(sides), parameterization=view.names), p9.aes("x", "y"))
        + p9.geom_polygon(p9.aes(group="group", fill="parameterization"), alpha=0.75)
        + p9.geom_path(p9.aes(group="group"), pd.concat(outlines), colour=INK, size=0.4)
        + p9.geom_linerange(p9.aes("x", ymin="low", ymax="high"), points, colour=INK, size=0.4)
        + p9.geom_jitter(
            data=points,
            width=0.0 if few else 0.12,
            height=0,
            random_state=1,
            colour=INK,
            fill="white" if few else INK,
            size=2 if few else 0.8,
            stroke=0.5 if few else 0,
            alpha=1 if few else 0.3,
        )
        + p9.scale_fill_manual(values=colours(view.names))
        + p9.scale_x_continuous(breaks=list(individuals), minor_breaks=[])
        + p9.labs(
            x="individual",
            y=label,
            fill="",
            subtitle=f"points: {what}; black outline: exact posterior density",
            caption=left_out_note(view.fits[0]),
        )
        + theme(max(6.0, 1.5 + 0.75 * len(individuals)), 4.2)
    )
