"""Figures of the draws of single fits: theta, eta or mu against log tau."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotnine as p9
from contourpy import contour_generator
from mizani.breaks import breaks_extended

from funnel.inference import Exact
from funnel_study.figures.fit_draws import (
    MOST_INDIVIDUALS,
    FitDraws,
    View,
    exact_range,
    fit_colour,
    kernel_density,
    left_out_note,
)
from funnel_study.figures.panels import as_categories
from funnel_study.figures.theme import HIGHLIGHT, INK, colours, theme

OVERLAID_DRAWS = 2_000  # per parameterization
REGIONS = (0.5, 0.95)  # probabilities of the regions of highest exact posterior density
_BINS = 60
_GRID = 160

LEGEND = "shade: draws (log scale); lines: exact 50 % and 95 % regions; yellow: divergent draws"


def overlaid_funnels(view: View) -> p9.ggplot:
    """Plot theta against log tau for several parameterizations in the same panels."""
    K = view.data_set.K
    names = [f"theta[{k}]" for k in range(min(K, MOST_INDIVIDUALS))]
    limits = view.log_tau_limits()
    points = []
    for fit in view.fits:
        log_tau = fit.values("log_tau").ravel()
        chosen = np.linspace(0, log_tau.size - 1, min(OVERLAID_DRAWS, log_tau.size)).astype(int)
        for name in names:
            of = {"name": name, "parameterization": fit.parameterization}
            drawn = {"x": fit.values(name).ravel()[chosen], "log_tau": log_tau[chosen]}
            points.append(pd.DataFrame({**of, **drawn}))
    # in random order, so that no parameterization covers another
    table = pd.concat(points).sample(frac=1, random_state=1)
    table = as_categories(table, name=names, parameterization=view.names)
    contours = pd.concat(_contours(view.exact, name, limits) for name in names)
    contours = as_categories(contours, name=names)
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
        + p9.labs(
            x=view.label("theta"),
            y="log tau",
            colour="",
            subtitle=f"points: {min(OVERLAID_DRAWS, view.fits[0].mu.size):,} draws per "
            "parameterization; lines: exact 50 % and 95 % regions",
        )
        + theme(8, 1.6 + 2.0 * -(-len(names) // 3))
    )


def mu_and_log_tau(view: View) -> p9.ggplot:
    """Plot mu against log tau, with a column per parameterization and marginal densities."""
    low, high = view.log_tau_limits()
    shades, divergent, marginals = [], [], []
    at_mu = np.linspace(*exact_range(view.exact, "mu"), 300)
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
        at, density = kernel_density(fit.mu.ravel())
        top = {"x": at, "y": density, "row": "density", "column": column}
        marginals.append(pd.DataFrame({**of, **top}))
        at, density = kernel_density(np.maximum(fit.values("log_tau").ravel(), low))
        right = {"x": density, "y": at, "row": "joint", "column": "density"}
        marginals.append(pd.DataFrame({**of, **right}))
    names = view.names
    lines_, regions_, shade_, points_, marginal = (
        as_categories(pd.concat(each), row=["density", "joint"], column=[*names, "density"])
        for each in (lines, regions, shades, divergent, marginals)
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
        + p9.labs(
            x=view.label("mu"), y="log tau", subtitle=f"{LEGEND}\nblack curves: exact densities"
        )
        + theme(2.2 + 3.2 * columns, 4.8)
        + p9.theme(strip_text_y=p9.element_blank())
    )


def funnels(view: View, *, kind: str) -> p9.ggplot:
    """Plot theta or eta against log tau for the individuals whose `kind` NUTS sampled.

    It is for all individuals if there is none.
    """
    (fit,) = view.fits
    sampled = fit.sampled(kind)
    every = [f"{kind}[{k}]" for k in range(len(fit.centeredness))]
    names = (sampled or every)[:MOST_INDIVIDUALS]
    limits = view.log_tau_limits()
    shades, points = zip(*(_shades(fit, name, limits) for name in names), strict=True)
    contours = [_contours(view.exact, name, limits) for name in names]
    table, divergent, regions = (
        as_categories(pd.concat(each), name=names) for each in (shades, points, contours)
    )
    below = float(np.mean(fit.values("log_tau") < limits[0]))
    notes = [] if sampled else [f"NUTS did not sample {kind}; it follows from the draws."]
    if below >= 0.0005:
        notes.append(f"{100 * below:.1f} % of the draws are below the range of the axis.")
    columns = min(3, len(names))
    return (
        p9.ggplot(table, p9.aes("x", "y"))
        + p9.geom_tile(p9.aes(width="width", height="height", alpha="shade"), fill=fit_colour(fit))
        + p9.geom_path(p9.aes(group="path"), regions, colour=INK, size=0.5)
        + p9.geom_point(data=divergent, fill=HIGHLIGHT, colour=INK, size=1.1, stroke=0.2)
        + p9.facet_wrap("name", ncol=columns, scales="free_x")
        + p9.scale_alpha_continuous(range=(0.1, 1), guide=None)
        + p9.coord_cartesian(ylim=limits)
        + p9.labs(
            x=view.label(kind) if kind == "theta" else kind,
            y="log tau",
            subtitle=f"{LEGEND} ({fit.divergences} of {fit.diverging.size:,})",
            caption="\n".join(filter(None, [*notes, left_out_note(fit)])),
        )
        + theme(1.4 + 2.3 * max(columns, 2.5), 1.5 + 2.0 * -(-len(names) // columns))
    )


def _shades(
    fit: FitDraws, name: str, limits: tuple[float, float]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the numbers of draws in tiles of a quantity and log tau, and the divergent draws."""
    x, log_tau = fit.values(name).ravel(), fit.values("log_tau").ravel()
    diverging = fit.diverging.ravel()
    known = np.isfinite(x)  # eta is undefined if tau is 0
    x, log_tau, diverging = x[known], log_tau[known], diverging[known]
    # leave out the outermost draws, which would stretch the axis
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
        # log10 here, because a log scale of alpha would make every constant alpha of 1 invisible
        "shade": np.log10(counts[i, j]),
    }
    seen = diverging & (x >= low) & (x <= high) & (log_tau >= limits[0])
    points = {"name": name, "x": x[seen], "y": log_tau[seen]}
    return pd.DataFrame(tiles), pd.DataFrame(points)


def _contours(exact: Exact, name: str, limits: tuple[float, float]) -> pd.DataFrame:
    """Return the borders of the exact regions of highest density of `name` and log tau."""
    lowest, highest = exact.quantile("log_tau", [1e-5, 1 - 1e-5])
    x = np.linspace(*exact_range(exact, name), _GRID)
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
