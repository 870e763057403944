"""What `make findings` writes about better samplers, in Markdown for docs/."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from funnel_study.analysis.arms import LESS, NOT_DISTINGUISHABLE, compare
from funnel_study.analysis.criteria import RHAT_THRESHOLD
from funnel_study.analysis.qualification import UNDECIDED, WRONG
from funnel_study.report.numbers import interval
from funnel_study.report.parts import markdown_page
from funnel_study.report.problems import STUCK

REFERENCE = "data_based"
# NUTS as most people run it; the answer is relative to the first
NUTS = ("nutpie", "stan")
# what somebody who does not want to choose would always use
FIXED = ("centered", "noncentered")
CELL = ["sampler", "parameterization"]
# what verdicts say of bias, as columns
STATES = {
    **{WRONG: "bias shown in", UNDECIDED: "undecided in"},
    **dict.fromkeys(("best", "level", "slower"), "shown to be low in"),
}


def ratios(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the work of every sampler and parameterization relative to `REFERENCE` with NUTS.

    `scores` is the table of `analysis.score.scores`. There is a row for each of the two longest
    prefixes of the chains, sampler in `NUTS` (`reference`), scenario, sampler and parameterization.
    The other columns are those of `analysis.arms.compare`. The scenario is empty in rows that are
    about the data sets of all scenarios.
    """
    lengths = sorted(scores["draws"].unique())[-2:]
    table = scores[scores["draws"].isin(lengths)].assign(
        arm=scores["sampler"] + ", " + scores["parameterization"],
        point=scores["scenario"] + ", " + scores["replicate"].astype(str),
    )
    found = [
        compare(of, f"{sampler}, {REFERENCE}", ["draws", "scenario"], "arm").assign(
            reference=sampler
        )
        for sampler in NUTS
        for of in (table, table.assign(scenario=""))
    ]
    both = pd.concat(found, ignore_index=True)
    both[CELL] = both["arm"].str.split(", ", expand=True)
    return both


def after_all_draws(found: pd.DataFrame, reference: str = NUTS[0]) -> pd.DataFrame:
    """Return the `ratios` to one `reference` after all draws."""
    is_whole = found["draws"] == found["draws"].max()
    rows: pd.DataFrame = found[is_whole & (found["reference"] == reference)]
    return rows


def of_scenarios(found: pd.DataFrame, reference: str = NUTS[0]) -> pd.DataFrame:
    """Return the `ratios` in each scenario to one `reference`, after all draws."""
    return after_all_draws(found, reference).query("scenario != ''")


def samplers_page(
    study: str, tables: Mapping[str, pd.DataFrame], found: pd.DataFrame, sampling: Any
) -> str:
    """Return whether a better sampler makes the choice needless, in Markdown.

    `tables` are those of the folder summary by name: fits, chains and answers. `found` are the
    `ratios`, and `sampling` is the section of that name of the configuration.
    """
    fits, overall = tables["fits"], found[found["scenario"] == ""]
    of_nuts = after_all_draws(overall).sort_values("ratio")
    fixed = of_nuts[of_nuts["parameterization"].isin(FIXED)]
    less = after_all_draws(found).query("parameterization == @REFERENCE and verdict == @LESS")
    found_faults = faults(tables)
    by_stuck = found_faults.sort_values("stuck chains", ascending=False)
    wrong = tables["answers"].query("verdict == @WRONG")
    return markdown_page(
        "samplers.md",
        chains=len(tables["chains"]) // len(found_faults),
        stuck_chains=by_stuck[by_stuck["stuck chains"] > 0].to_dict("records"),
        biased=wrong["bias_of"].value_counts().to_dict(),
        study=study,
        sampling=sampling,
        fits=len(fits),
        failed=int((fits["status"] != "ok").sum()),
        scenarios=fits["scenario"].nunique(),
        data_sets=fits["replicate"].nunique(),
        nuts=NUTS,
        reference=REFERENCE,
        fixed=FIXED,
        stuck=STUCK,
        lengths=sorted(found["draws"].unique()),
        sufficient=sufficient(of_scenarios(found), tables["answers"]).to_dict("records"),
        estimates=len(fixed),
        least=_with_text(fixed).to_dict("records")[0],
        less=_with_text(less).to_dict("records"),
        overall=_wide(
            overall.assign(
                column=lambda rows: rows["draws"].map("{:,} draws, to ".format) + rows["reference"]
            )
        ).merge(of_nuts[[*CELL, "median_ratio", "largest_share"]], "left", on=CELL),
        by_scenario={
            sampler: _wide(
                of_scenarios(found, sampler).assign(column=lambda rows: rows["scenario"])
            )
            for sampler in NUTS
        },
        faults=found_faults,
    )


def sufficient(by_scenario: pd.DataFrame, answers: pd.DataFrame) -> pd.DataFrame:
    """Return the samplers with which one parameterization in `FIXED` is as good as `REFERENCE`.

    `by_scenario` is that of `of_scenarios`. In none is it shown to take more work, or to be wrong,
    and no fit failed.
    """
    judged = answers[answers["parameterization"].isin(FIXED)].rename(columns={"verdict": "bias"})
    keys = ["scenario", *CELL]
    cells = judged[[*keys, "bias"]].merge(by_scenario, "left", on=keys)
    is_known = cells["verdict"].isin([LESS, NOT_DISTINGUISHABLE]) & (cells["failed"] == 0)
    cells["bad"] = ~is_known | (cells["bias"] == WRONG)
    is_bad = cells.groupby(CELL, sort=False)["bad"].any()
    return is_bad[~is_bad].reset_index()[CELL]


def faults(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return what is wrong with the fits of each sampler and parameterization, and their speed."""
    fits = tables["fits"].assign(
        unconverged=tables["fits"]["rhat_max"] > RHAT_THRESHOLD,
        rate=lambda rows: (
            rows[["leapfrog_steps", "tuning_leapfrog_steps"]].sum(axis=1) / rows["sampling_seconds"]
        ),
    )
    chains = tables["chains"].assign(stuck=tables["chains"]["moves"] < STUCK)
    answers = tables["answers"]
    states = answers["verdict"].map(STATES).fillna(STATES[UNDECIDED])
    places = answers.pivot_table("scenario", CELL, states, aggfunc=", ".join).replace(
        ", ".join(answers["scenario"].unique()), "all"
    )
    table = pd.DataFrame(
        {
            **places.reindex(columns=list(dict.fromkeys(STATES.values()))),
            f"R-hat above {RHAT_THRESHOLD:g}": fits.groupby(CELL, sort=False)["unconverged"].sum(),
            "stuck chains": chains.groupby(CELL, sort=False)["stuck"].sum(),
            "gradients per second": fits.groupby(CELL, sort=False)["rate"]
            .median()
            .map(lambda rate: float(f"{rate:.2g}")),
        }
    )
    cells = fits[CELL].drop_duplicates()
    cells = cells.sort_values("sampler", key=lambda names: pd.factorize(names)[0], kind="stable")
    return cells.merge(table, on=CELL, how="left")


def _with_text(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(text=interval(rows, "ratio"))


def _wide(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the ratios of each sampler and parameterization with one column per `column`."""
    text = _with_text(rows)
    wide = text.pivot_table("text", CELL, "column", aggfunc="first", sort=False)
    return wide.reset_index().fillna("").rename_axis(columns=None)
