"""Figures of single fits, from their draws: what was explored, beside the exact posterior.

Each function of `KINDS` takes a `View`: one data set and the fits of it that the figure shows. They
hold for any number of individuals, chains and parameterizations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import plotnine as p9
from arviz_stats.base import array_stats
from contourpy import contour_generator
from mizani.breaks import breaks_extended
from numpy.typing import NDArray

from funnel.catalogue import KINDS as CATALOGUE
from funnel.data import DataSet, Priors
from funnel.exact import ExactPosterior, QuadratureError
from funnel.theme import HIGHLIGHT, INK, MUTED, TRUTH, colours, theme, tints

Array = NDArray[np.float64]

MOST_INDIVIDUALS = 24  # that a figure has panels for
SHOWN_DRAWS = 1_000  # of a chain's trace
OVERLAID_DRAWS = 2_000  # of each parameterization
LAGS = 60
REGIONS = (0.5, 0.95)  # of the exact posterior, by its highest density
_BINS = 60
_GRID = 160
_LONGEST_NECK = -2.0  # log tau axes reach down to here at least

SHADES = "shade: draws (log scale); lines: exact 50 and 95 % regions; yellow: divergent draws"


@dataclass(frozen=True)
class FitDraws:
    """The draws of one fit: mu, tau and diverging (chain, draw), z and theta (chain, draw, K)."""

    parameterization: str
    centeredness: Array
    mu: Array
    tau: Array
    theta: Array
    z: Array
    diverging: NDArray[np.bool_]
    message: str = ""  # why it failed, empty if it did not

    def values(self, name: str) -> Array:
        """The draws (chain, draw) of mu, tau, log_tau, a theta or an eta."""
        if name in ("mu", "tau"):
            return self.mu if name == "mu" else self.tau
        with np.errstate(divide="ignore", invalid="ignore"):
            if name == "log_tau":
                return np.log(self.tau)
            kind, k = name.rstrip("]").split("[")
            theta = self.theta[..., int(k)]
            # what was sampled itself keeps its digits, however small tau was
            sampled = kind == "eta" and self.centeredness[int(k)] == 0
            eta = self.z[..., int(k)] if sampled else (theta - self.mu) / self.tau
        return theta if kind == "theta" else eta

    def sampled(self) -> list[str]:
        """What NUTS moved in place of each individual: its theta or, if noncentered, its eta."""
        return [
            f"{'eta' if c == 0 else 'theta'}[{k}]" for k, c in enumerate(self.centeredness.tolist())
        ]


@dataclass(frozen=True)
class View:
    """What a figure shows: a data set, the priors, and the fits of it by one sampler."""

    scenario: str
    replicate: int
    data_set: DataSet
    priors: Priors
    sampler: str = ""
    fits: Sequence[FitDraws] = ()

    @cached_property
    def exact(self) -> ExactPosterior:
        return ExactPosterior(self.data_set.group_means(), self.priors)

    @property
    def names(self) -> list[str]:
        return [fit.parameterization for fit in self.fits]

    def title(self, kind: str) -> p9.labs:
        """The title of a figure: what it is, and of what."""
        cell = [self.scenario, *self.names[:1]] if len(self.fits) == 1 else [self.scenario]
        if self.sampler:
            cell.append(self.sampler)
        what = ", ".join([*cell, f"replicate {self.replicate}"])
        return p9.labs(title=f"{CATALOGUE[kind].title}: {what}")

    def log_tau_limits(self) -> tuple[float, float]:
        """Down to where one of 20,000 exact draws lies, and to -2 at least."""
        low, high = self.exact.quantile("log_tau", [5e-5, 1 - 5e-5])
        return min(float(np.floor(low)), _LONGEST_NECK), float(np.ceil(high))


def data(view: View) -> p9.ggplot:
    """The observations, the truth behind them, and what the exact posterior makes of them."""
    one = view.data_set
    K = len(one.sigma)
    order = [str(k) for k in range(K)]
    individuals = pd.Categorical(order, order)
    quantiles = np.array([view.exact.quantile(f"theta[{k}]", [0.05, 0.5, 0.95]) for k in range(K)])
    theta = pd.DataFrame(
        {"individual": individuals, "theta": one.theta}
        | dict(zip(("low", "median", "high"), quantiles.T, strict=True))
    )
    owners = pd.Categorical(one.idx.astype(str), order)
    observed = pd.DataFrame({"individual": owners, "y": one.y})
    few = len(one.y) <= 3 * K
    return (
        p9.ggplot(theta, p9.aes("individual"))
        + p9.geom_jitter(
            p9.aes(y="y"),
            observed,
            width=0.0 if few else 0.15,
            height=0,
            random_state=1,
            colour=MUTED,
            alpha=0.8 if few else 0.25,
            size=1.8 if few else 0.8,
        )
        + p9.geom_linerange(
            p9.aes(ymin="low", ymax="high"), colour=INK, size=0.9, position=_beside()
        )
        + p9.geom_point(p9.aes(y="median"), colour=INK, size=2, position=_beside())
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
            y="y",
            subtitle="grey: observations; purple: true theta; "
            "black: exact posterior median of theta and 90 % interval",
        )
        + view.title("data")
        + theme(max(6.0, min(1.5 + 0.6 * K, 24.0)), 3.6)
    )


def traces(view: View) -> p9.ggplot:
    """Traces by chain and, sideways, marginal densities; divergent draws below the traces."""
    (fit,) = view.fits
    names = ["mu", "tau", *_chosen(fit.sampled())]
    chains, draws = fit.mu.shape
    step = max(1, draws // SHOWN_DRAWS)
    shown = np.arange(0, draws, step)
    lines, densities, exact = [], [], []
    for name in names:
        values = fit.values(name)
        low = 0.0 if name == "tau" else -np.inf
        for chain in range(chains):
            of = {"name": name, "chain": str(chain)}
            traced = {"part": "trace", "x": shown, "y": values[chain, shown]}
            lines.append(pd.DataFrame({**of, **traced}))
            at, density = _density(values[chain], low)
            densities.append(pd.DataFrame({**of, "part": "density", "x": density, "y": at}))
        at = np.linspace(*_reach(view.exact, name), 300)
        density = view.exact.density(name, at)
        exact.append(pd.DataFrame({"name": name, "part": "density", "x": density, "y": at}))
    _, diverged = np.nonzero(fit.diverging)
    rug = pd.concat(
        [pd.DataFrame({"name": name, "part": "trace", "x": diverged}) for name in names]
    )
    parts = _ordered("part", ["trace", "density"]), _ordered("name", names)
    line, marginal, truth = (_typed(pd.concat(each), *parts) for each in (lines, densities, exact))
    every = "" if step == 1 else f"every {_ordinal(step)} draw; "
    return (
        p9.ggplot(line, p9.aes("x", "y"))
        + p9.geom_line(p9.aes(colour="chain"), size=0.2, alpha=0.7)
        + p9.geom_path(p9.aes(colour="chain"), marginal, size=0.5)
        + p9.geom_path(data=truth, colour=INK, size=0.5)
        + p9.geom_rug(
            p9.aes("x"),
            _typed(rug, *parts),
            inherit_aes=False,
            sides="b",
            colour=INK,
            size=0.3,
            alpha=0.6,
        )
        + p9.facet_grid("name", "part", scales="free", space={"x": [3, 1], "y": [1] * len(names)})
        + p9.scale_colour_manual(values=tints(fit.parameterization, chains))
        + view.title("traces")
        + p9.labs(
            x="draw, or density",
            y="",
            colour="chain",
            subtitle=f"{every}ticks below: {fit.diverging.sum():,} divergent draws; "
            "black: exact density",
            caption=_left_out(fit),
        )
        + theme(8.5, 1.4 + 0.95 * len(names))
        + p9.theme(axis_text=p9.element_text(size=7))
    )


def autocorrelation(view: View) -> p9.ggplot:
    """Autocorrelation of every chain of mu, tau and what was sampled of each individual."""
    (fit,) = view.fits
    names = ["mu", "tau", *_chosen(fit.sampled())]
    chains, draws = fit.mu.shape
    lags = np.arange(min(LAGS + 1, draws))
    rows = []
    for name in names:
        # a chain that never moved repeats itself at every lag
        found = np.nan_to_num(array_stats.autocorr(fit.values(name))[:, lags], nan=1.0)
        for chain in range(chains):
            of = {"name": name, "chain": f"chain {chain}"}
            rows.append(pd.DataFrame({**of, "lag": lags, "value": found[chain]}))
    order = (
        _ordered("name", names),
        _ordered("chain", [f"chain {chain}" for chain in range(chains)]),
    )
    table = _typed(pd.concat(rows), *order)
    values = table["value"].to_numpy(dtype=float)
    lowest = float(np.min(values, where=np.isfinite(values), initial=0.0))
    return (
        p9.ggplot(table, p9.aes("lag"))
        + p9.geom_ribbon(p9.aes(ymin=0, ymax="value"), fill=_colour(fit), alpha=0.75)
        + p9.geom_hline(yintercept=0, colour=INK, size=0.4)
        + p9.facet_grid("name", "chain")
        + p9.scale_y_continuous(breaks=[0, 0.5, 1], limits=(min(-0.25, lowest), 1))
        + view.title("autocorrelation")
        + p9.labs(
            x="lag, draws",
            y="autocorrelation",
            subtitle="independent draws of the exact posterior would have 0 at every lag but 0",
            caption=_left_out(fit),
        )
        + theme(max(6.0, 1.6 + 1.75 * chains), 1.4 + 0.75 * len(names))
        + p9.theme(axis_text=p9.element_text(size=7))
    )


def funnels_theta(view: View) -> p9.ggplot:
    """Theta against log tau, of the individuals that were centered, or of all if none was."""
    return _funnels("funnels_theta", "theta", view)


def funnels_eta(view: View) -> p9.ggplot:
    """Eta against log tau, of the individuals that were noncentered, or of all if none was."""
    return _funnels("funnels_eta", "eta", view)


def overlaid_funnels(view: View) -> p9.ggplot:
    """Theta against log tau of several parameterizations, in each other's way."""
    names = _chosen([f"theta[{k}]" for k in range(len(view.data_set.sigma))])
    order = _ordered("name", names), _ordered("parameterization", view.names)
    limits = view.log_tau_limits()
    points = []
    for fit in view.fits:
        log_tau = fit.values("log_tau").ravel()
        some = np.linspace(0, log_tau.size - 1, min(OVERLAID_DRAWS, log_tau.size)).astype(int)
        for name in names:
            of = {"name": name, "parameterization": fit.parameterization}
            drawn = {"x": fit.values(name).ravel()[some], "log_tau": log_tau[some]}
            points.append(pd.DataFrame({**of, **drawn}))
    # shuffled, so that no parameterization lies on top
    table = _typed(pd.concat(points).sample(frac=1, random_state=1), *order)
    contours = _typed(pd.concat(_contours(view.exact, name, limits) for name in names), order[0])
    return (
        p9.ggplot(table, p9.aes("x", "log_tau"))
        + p9.geom_point(
            p9.aes(colour="parameterization", group=1), size=0.9, alpha=0.5, stroke=0, raster=True
        )
        + p9.geom_path(p9.aes(group="path"), contours, colour=INK, size=0.5)
        + p9.facet_wrap("name", ncol=3, scales="free_x")
        + p9.scale_colour_manual(values=colours(view.names))
        + p9.guides(colour=p9.guide_legend(override_aes={"size": 3, "alpha": 1}))
        + p9.coord_cartesian(ylim=limits)
        + view.title("overlaid_funnels")
        + p9.labs(
            x="theta",
            y="log tau",
            colour="",
            subtitle=f"{min(OVERLAID_DRAWS, view.fits[0].mu.size):,} draws of each; "
            "lines: exact 50 and 95 % regions",
        )
        + theme(8, 1.6 + 2.0 * -(-len(names) // 3))
    )


def mu_and_log_tau(view: View) -> p9.ggplot:
    """Mu against log tau with their marginal densities."""
    return _mu_and_log_tau("mu_and_log_tau", view)


def mu_and_log_tau_side_by_side(view: View) -> p9.ggplot:
    """Mu against log tau with their marginal densities, a column for each parameterization."""
    return _mu_and_log_tau("mu_and_log_tau_side_by_side", view)


def _mu_and_log_tau(figure: str, view: View) -> p9.ggplot:
    low, high = view.log_tau_limits()
    shades, divergent, marginals = [], [], []
    at_mu = np.linspace(*_reach(view.exact, "mu"), 300)
    at_log_tau = np.linspace(low, high, 300)
    exact_mu = pd.DataFrame({"x": at_mu, "y": view.exact.density("mu", at_mu), "row": "density"})
    exact_log_tau = pd.DataFrame(
        {"x": view.exact.density("log_tau", at_log_tau), "y": at_log_tau, "row": "joint"}
    ).assign(column="density")
    contours, lines = _contours(view.exact, "mu", (low, high)), [exact_log_tau]
    regions = []
    for fit in view.fits:
        column = fit.parameterization
        lines.append(exact_mu.assign(column=column))
        regions.append(contours.assign(column=column, row="joint"))
        shade, points = _shades(fit, "mu", (low, high))
        shades.append(shade.assign(column=column, row="joint"))
        divergent.append(points.assign(column=column, row="joint"))
        of = {"parameterization": column}
        at, density = _density(fit.mu.ravel())
        top = {"x": at, "y": density, "row": "density", "column": column}
        marginals.append(pd.DataFrame({**of, **top}))
        at, density = _density(np.maximum(fit.values("log_tau").ravel(), low))
        right = {"x": density, "y": at, "row": "joint", "column": "density"}
        marginals.append(pd.DataFrame({**of, **right}))
    names = view.names
    order = _ordered("row", ["density", "joint"]), _ordered("column", [*names, "density"])
    lines_, regions_, shade_, points_, marginal = (
        _typed(pd.concat(each), *order) for each in (lines, regions, shades, divergent, marginals)
    )
    columns = len(names)
    return (
        p9.ggplot(shade_, p9.aes("x", "y"))
        + p9.geom_tile(
            p9.aes(width="width", height="height", fill="parameterization", alpha="shade"),
            raster=True,
        )
        + p9.geom_path(p9.aes(group="path"), regions_, colour=INK, size=0.5)
        + p9.geom_point(data=points_, fill=HIGHLIGHT, colour=INK, size=1, stroke=0.15)
        + p9.geom_path(p9.aes(colour="parameterization"), marginal, size=0.8)
        + p9.geom_path(data=lines_, colour=INK, size=0.5)
        + p9.facet_grid(
            "row", "column", scales="free", space={"x": [4] * columns + [1.3], "y": [1, 3]}
        )
        + p9.scale_fill_manual(values=colours(names), guide=None)
        + p9.scale_colour_manual(values=colours(names), guide=None)
        + p9.scale_alpha_continuous(range=(0.12, 1), guide=None)
        + p9.scale_x_continuous(breaks=breaks_extended(n=3))
        + view.title(figure)
        + p9.labs(x="mu", y="log tau", subtitle=f"{SHADES}\nblack: exact densities")
        + theme(2.2 + 3.2 * columns, 4.8)
        + p9.theme(strip_text_y=p9.element_blank())
    )


def tau(view: View) -> p9.ggplot:
    """Tau's prior, its posterior by every parameterization, the exact one, and the truth."""
    top = max(view.exact.quantile("tau", 0.999).item(), 2.5 * view.priors.tau_sd)
    at = np.linspace(1e-6 * top, top, 500)
    curves = [
        pd.DataFrame({"x": at, "y": view.priors.density_of_tau(at), "curve": "prior"}),
        pd.DataFrame({"x": at, "y": view.exact.density("tau", at), "curve": "exact posterior"}),
    ]
    for fit in view.fits:
        x, y = _density(fit.tau.ravel(), 0.0)
        curves.append(pd.DataFrame({"x": x, "y": y, "curve": fit.parameterization}))
    table = pd.concat(curves)
    names = [*view.names, "exact posterior", "prior"]
    dashes = dict.fromkeys(names, "solid") | {"prior": "dashed"}
    truth = view.data_set.tau
    plot = (
        p9.ggplot(
            _typed(table[table["x"] <= top], _ordered("curve", names)),
            p9.aes("x", "y", colour="curve", linetype="curve"),
        )
        + p9.geom_line(size=0.9)
        + p9.scale_colour_manual(
            values=colours(view.names) | {"prior": MUTED, "exact posterior": INK}
        )
        + p9.scale_linetype_manual(values=dashes)
        + view.title("tau")
        + p9.labs(x="tau", y="density", colour="", linetype="")
        + theme(7, 3.6)
    )
    if np.isfinite(truth):
        plot += p9.geom_vline(xintercept=truth, colour=TRUTH, linetype="dotted", size=0.9)
        plot += p9.labs(subtitle=f"dotted line: the true tau, {truth:g}")
    return plot


def posterior_predictive(view: View) -> p9.ggplot:
    """Two posterior predictive densities an individual, one a side, with its observations."""
    one, K = view.data_set, len(view.data_set.sigma)
    individuals = range(min(K, MOST_INDIVIDUALS))
    rng = np.random.default_rng(1)
    sides, outlines = [], []
    for k in individuals:
        sigma, middle = one.sigma[k], float(k)
        mean, sd = view.exact.mean()[f"theta[{k}]"], view.exact.sd()[f"theta[{k}]"]
        at = mean + np.hypot(sd, sigma) * np.linspace(-4, 4, 200)
        exact = view.exact.predictive_density(k, sigma, at)
        scale = 0.45 / exact.max()
        for side, fit in zip((-1, 1), view.fits, strict=True):
            theta = fit.theta[..., k].ravel()
            x, y = _density(theta + sigma * rng.standard_normal(theta.shape))
            x, y = np.concatenate([x[:1], x, x[-1:]]), np.concatenate([[0.0], y, [0.0]])
            half = {"y": x, "x": middle + side * scale * y, "group": f"{k} {side}"}
            sides.append(pd.DataFrame({**half, "parameterization": fit.parameterization}))
            half = {"y": at, "x": middle + side * scale * exact, "group": f"{k} {side}"}
            outlines.append(pd.DataFrame(half))
    observed = pd.DataFrame({"x": one.idx.astype(float), "y": one.y})
    observed = observed[observed["x"] <= individuals[-1]]
    few = len(observed) <= 3 * len(individuals)
    return (
        p9.ggplot(
            _typed(pd.concat(sides), _ordered("parameterization", view.names)), p9.aes("x", "y")
        )
        + p9.geom_polygon(p9.aes(group="group", fill="parameterization"), alpha=0.75)
        + p9.geom_path(p9.aes(group="group"), pd.concat(outlines), colour=INK, size=0.4)
        + p9.geom_jitter(
            data=observed,
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
        + view.title("posterior_predictive")
        + p9.labs(
            x="individual",
            y="y",
            fill="",
            subtitle="points: observations; black outline: exact posterior predictive density",
            caption=_left_out(view.fits[0]),
        )
        + theme(max(6.0, 1.5 + 0.75 * len(individuals)), 4.2)
    )


def failed(kind: str, view: View) -> p9.ggplot | None:
    """What stands for the figure `kind` where a fit that it needs has no draws; else None."""
    messages = [f"{fit.parameterization}: {fit.message}" for fit in view.fits if fit.message]
    return _nothing(kind, view, "the fit failed", messages) if messages else None


def _nothing(kind: str, view: View, reason: str, messages: Iterable[str]) -> p9.ggplot:
    why = pd.DataFrame({"x": [0.0], "y": [0.0], "why": ["\n".join(_wrapped(messages))]})
    return (
        p9.ggplot(why)
        + p9.geom_text(p9.aes("x", "y", label="why"), size=9, colour=INK)
        + view.title(kind)
        + p9.labs(x="", y="", subtitle=f"nothing to draw: {reason}")
        + theme(8, 2.4)
        + p9.theme(axis_text=p9.element_blank(), panel_grid=p9.element_blank())
    )


KINDS: dict[str, Callable[[View], p9.ggplot]] = {
    function.__name__: function
    for function in (
        *(data, traces, autocorrelation, funnels_theta, funnels_eta, mu_and_log_tau),
        *(overlaid_funnels, posterior_predictive, tau, mu_and_log_tau_side_by_side),
    )
}


def draw(kind: str, view: View) -> p9.ggplot:
    """The figure `kind` of `view`; where a fit that it needs failed, what it says instead.

    So too where the exact posterior, which nearly every figure shows, is not found.
    """
    try:
        return failed(kind, view) or KINDS[kind](view)
    except QuadratureError as error:
        return _nothing(kind, view, "there is no exact posterior", [str(error)])


def _funnels(figure: str, kind: str, view: View) -> p9.ggplot:
    (fit,) = view.fits
    part = [name for name in fit.sampled() if name.startswith(kind)]
    K = len(fit.centeredness)
    names = _chosen(part or [f"{kind}[{k}]" for k in range(K)])
    limits = view.log_tau_limits()
    shades, points = zip(*(_shades(fit, name, limits) for name in names), strict=True)
    order = _ordered("name", names)
    table, divergent = (_typed(pd.concat(each), order) for each in (shades, points))
    contours = _typed(pd.concat(_contours(view.exact, name, limits) for name in names), order)
    below = float(np.mean(fit.values("log_tau") < limits[0]))
    notes = [] if part else [f"No {kind} was sampled: these are computed from the draws."]
    notes += [f"{below:.1%} of the draws lie below the axis."] if below >= 0.0005 else []
    columns = min(3, len(names))
    return (
        p9.ggplot(table, p9.aes("x", "y"))
        + p9.geom_tile(p9.aes(width="width", height="height", alpha="shade"), fill=_colour(fit))
        + p9.geom_path(p9.aes(group="path"), contours, colour=INK, size=0.5)
        + p9.geom_point(data=divergent, fill=HIGHLIGHT, colour=INK, size=1.1, stroke=0.2)
        + p9.facet_wrap("name", ncol=columns, scales="free_x")
        + p9.scale_alpha_continuous(range=(0.1, 1), guide=None)
        + p9.coord_cartesian(ylim=limits)
        + view.title(figure)
        + p9.labs(
            x=kind,
            y="log tau",
            subtitle=f"{SHADES} ({fit.diverging.sum():,} of {fit.diverging.size:,})",
            caption="\n".join(filter(None, [*notes, _left_out(fit)])),
        )
        + theme(1.4 + 2.3 * max(columns, 2.5), 1.5 + 2.0 * -(-len(names) // columns))
    )


def _shades(
    fit: FitDraws, name: str, limits: tuple[float, float]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The draws of a quantity against log tau: counted in tiles, and the divergent ones."""
    x, log_tau = fit.values(name).ravel(), fit.values("log_tau").ravel()
    diverging = fit.diverging.ravel()
    known = np.isfinite(x)  # eta of a draw whose tau is 0 is not
    x, log_tau, diverging = x[known], log_tau[known], diverging[known]
    # all but the outermost draws, which would stretch the axis
    low, high = np.quantile(x, [0.0005, 0.9995])
    x_edges = np.linspace(low, high, _BINS + 1) if high > low else np.array([low - 0.5, low + 0.5])
    y_edges = np.linspace(*limits, _BINS + 1)
    counts, _, _ = np.histogram2d(x, log_tau, [x_edges, y_edges])
    i, j = np.nonzero(counts)
    tiles = {
        "name": name,
        "parameterization": fit.parameterization,
        "x": (x_edges[i] + x_edges[i + 1]) / 2,
        "y": (y_edges[j] + y_edges[j + 1]) / 2,
        "width": np.diff(x_edges)[i],
        "height": np.diff(y_edges)[j],
        # a scale of its own: a log10 of alpha would make every constant alpha of 1 invisible
        "shade": np.log10(counts[i, j]),
    }
    seen = diverging & (x >= low) & (x <= high) & (log_tau >= limits[0])
    points = {"name": name, "x": x[seen], "y": log_tau[seen]}
    return pd.DataFrame(tiles), pd.DataFrame(points)


def _contours(exact: ExactPosterior, name: str, limits: tuple[float, float]) -> pd.DataFrame:
    """The borders of the exact posterior's regions of highest density, of `name` and log tau."""
    lowest, highest = exact.quantile("log_tau", [1e-5, 1 - 1e-5])
    x = np.linspace(*_reach(exact, name), _GRID)
    t = np.linspace(lowest, highest, _GRID)
    density = exact.joint_density(name, *np.meshgrid(x, t))
    falling = np.sort(density, axis=None)[::-1]
    mass = np.cumsum(falling) / falling.sum()
    lines = contour_generator(x, t, density)
    paths = []
    for region in REGIONS:
        level = falling[np.searchsorted(mass, region)]
        for i, line in enumerate(lines.lines(level)):
            inside = np.where(line[:, 1] >= limits[0], line[:, 1], np.nan)
            path = {"name": name, "x": line[:, 0], "y": inside, "path": f"{name} {region} {i}"}
            paths.append(pd.DataFrame(path))
    return pd.concat(paths).assign(log_tau=lambda table: table["y"])


def _density(values: Array, low: float = -np.inf) -> tuple[Array, Array]:
    """Where, and how dense `values` are: ArviZ's kernel density, corrected at its borders."""
    values = values[np.isfinite(values)]
    if np.ptp(values) == 0:
        return values[:1], np.zeros(1)
    at, density, _ = array_stats.kde(values, grid_len=256)
    inside = at >= low
    return np.asarray(at[inside]), np.asarray(density[inside])


def _reach(exact: ExactPosterior, name: str) -> tuple[float, float]:
    low, high = exact.quantile(name, [1e-4, 1 - 1e-4])
    return float(low), float(high)


def _chosen(names: list[str]) -> list[str]:
    return names[:MOST_INDIVIDUALS]


def _left_out(fit: FitDraws) -> str:
    K = len(fit.centeredness)
    return f"The first {MOST_INDIVIDUALS} of {K} individuals." if K > MOST_INDIVIDUALS else ""


def _colour(fit: FitDraws) -> str:
    return colours([fit.parameterization])[fit.parameterization]


def _ordered(column: str, names: Iterable[str]) -> tuple[str, list[str]]:
    return column, list(names)


def _typed(table: pd.DataFrame, *orders: tuple[str, list[str]]) -> pd.DataFrame:
    """`table` with its columns of names in their order."""
    columns: dict[str, Any] = {
        column: pd.Categorical(table[column], names) for column, names in orders if column in table
    }
    return table.assign(**columns)


def _beside() -> p9.position_nudge:
    return p9.position_nudge(x=0.28)


def _ordinal(number: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{'th' if number % 100 in (11, 12, 13) else ending}"


def _wrapped(messages: Iterable[str]) -> list[str]:
    return [
        message[i : i + 90] for message in messages for i in range(0, min(len(message), 360), 90)
    ]
