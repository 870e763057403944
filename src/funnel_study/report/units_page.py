"""What `make findings` writes about the unit of the data, in Markdown for docs/."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from funnel_study.analysis.performance import Values
from funnel_study.analysis.statistics import t_quantile
from funnel_study.analysis.units import COURSE, dependence, log_ratios, works
from funnel_study.report.numbers import number, p_value, ratio, ratio_with_interval
from funnel_study.report.parts import markdown_page

# the same but for the scale tau0
OLD, NEW = "half_unscaled", "half"


def units_page(study: str, tables: Mapping[str, pd.DataFrame], tune: int) -> str:
    """Return what the unit of the data costs, in Markdown.

    `tables` are those of the folder summary by name: fits, estimates, errors, comparisons and
    sweep. `tune` is the number of tuning iterations.
    """
    sweep = tables["sweep"]
    points = sweep[["scenario", "base", "unit"]].drop_duplicates()
    values = Values.from_tables(*(tables[name] for name in ("fits", "estimates", "errors")))
    of_fits = works(points, values)
    found = dependence(of_fits)
    ratios = log_ratios(points, tables["comparisons"], OLD, NEW)
    vip = tables["fits"].query("parameterization == 'vip'").merge(points, on="scenario")
    return markdown_page(
        "units.md",
        study=study,
        fits=len(tables["fits"]),
        data_sets=tables["fits"]["replicate"].nunique(),
        units=sorted(points["unit"].unique()),
        old=OLD,
        new=NEW,
        tune=tune,
        rhat=_largest_rhat(tables["fits"].merge(points, on="scenario")).to_dict("records"),
        samplers=[
            _of_sampler(
                str(sampler),
                of_fits[of_fits["sampler"] == sampler],
                of_it,
                ratios[ratios["sampler"] == sampler],
            )
            for sampler, of_it in found.groupby("sampler", sort=False)
        ],
        centeredness=_by_unit(
            vip.groupby(["base", "unit"], sort=False)["centeredness"].mean().reset_index(),
            ["base"],
            "centeredness",
        ),
    )


def _largest_rhat(fits: pd.DataFrame) -> pd.DataFrame:
    """Return the largest R-hat of `NEW` in the smallest unit, by sampler."""
    chosen = fits[(fits["parameterization"] == NEW) & (fits["unit"] == fits["unit"].min())]
    largest: pd.DataFrame = chosen.groupby("sampler", sort=False)[["rhat_max"]].max().reset_index()
    return largest


def _of_sampler(
    sampler: str, of_fits: pd.DataFrame, found: pd.DataFrame, ratios: pd.DataFrame
) -> dict[str, Any]:
    """Return what a sampler shows: `works`, `dependence` and `log_ratios` as text."""
    by = of_fits.groupby([*COURSE[1:], "unit"], sort=False)["work"]
    texts = by.agg(["median", "mean"]).reset_index()
    pairs = texts[["median", "mean"]].to_numpy().tolist()
    texts["work"] = [f"{number(median)}, {number(mean)}" for median, mean in pairs]
    work = _by_unit(texts, COURSE[1:], "work").merge(
        found.assign(
            spread=[ratio(log) for log in np.log(found["spread"])],
            p_value=[p_value(p) for p in found["p_value"]],
        )[[*COURSE[1:], "spread", "p_value"]]
    )
    # the scenario in which each parameterization depends the most on the unit
    most = found.sort_values("spread", ascending=False).drop_duplicates("parameterization")
    depends = most["parameterization"].isin(found.loc[found["depends"], "parameterization"])
    logs = ratios[["difference", "mcse", "replicates"]].to_numpy(float).tolist()
    texts_of_ratios = ratios.assign(
        ratio=[ratio_with_interval(log, t_quantile(int(n)) * error) for log, error, n in logs]
    )
    return {
        "sampler": sampler,
        "estimates": len(ratios),
        "largest": texts_of_ratios.sort_values("difference").iloc[-1].to_dict(),
        "free": list(most.loc[~depends, "parameterization"]),
        "depends": list(most.loc[depends, "parameterization"]),
        "work": work.rename(
            columns={
                "base": "scenario",
                "spread": "largest / least median",
                "p_value": "adjusted p-value",
            }
        ),
        "ratios": _by_unit(texts_of_ratios, ["base"], "ratio").rename(columns={"base": "scenario"}),
    }


def _by_unit(table: pd.DataFrame, keys: list[str], column: str) -> pd.DataFrame:
    """Return a column of a table with one column for each unit, in ascending order."""
    wide = table.pivot_table(column, keys, "unit", aggfunc="first", sort=False)
    wide = wide[sorted(wide.columns)].rename(columns=lambda unit: f"times {unit:g}")
    return wide.rename_axis(columns=None).reset_index()
