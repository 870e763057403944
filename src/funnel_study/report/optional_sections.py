"""The sections that only some reports have, and how to reproduce the study."""

from __future__ import annotations

from collections.abc import Iterator

import yaml

from funnel_study.analysis.criteria import DIFFERS, FAMILY_LEVEL, NOT_DISTINGUISHED
from funnel_study.report.contents import Contents, Part, Section
from funnel_study.report.numbers import number
from funnel_study.report.parts import (
    drawn_figure,
    figure_parts,
    figures_of_category,
    table_part,
    text_part,
)
from funnel_study.study.design import is_shown_by_scenario, several_samplers
from funnel_study.study.schema import Study

_LABELS = {"p_value": "p-value", "p_adjusted": "adjusted p-value"}


def optional_sections(contents: Contents) -> Iterator[Section]:
    """Yield the sections that only some studies have."""
    if several_samplers(contents.study) and is_shown_by_scenario(contents.study):
        yield _samplers(contents)
    if "calibration" in contents.tables:
        table = table_part(
            "calibration-table",
            "Uniformity of the ranks of the true values",
            "The p-value of ArviZ's test of uniformity, the same adjusted by Holm's method over "
            "all tests of the study, and whether the empirical cumulative distribution function "
            "(ECDF) of the ranks stays within its simultaneous 95 % band. One in twenty ECDFs is "
            "expected to leave its band even if the inference is calibrated.",
            contents.tables["calibration"],
            {
                str(name): _LABELS.get(str(name), str(name).replace("_", " "))
                for name in contents.tables["calibration"]
            },
            file="summary/calibration.csv",
        )
        text = text_part(*_calibration_verdict(contents))
        parts = [text, *figures_of_category(contents, "Calibration"), table]
        yield Section("calibration", "Is the inference calibrated?", parts)
    if "published" in contents.tables:
        yield _published(contents)
    if contents.drawn:
        yield Section("fits", "Single fits", list(_drawn(contents)))


def _calibration_verdict(contents: Contents) -> list[str]:
    """Return the verdict on all tests together, and what passing them excludes."""
    adjusted = contents.tables["calibration"]["p_adjusted"].astype(float).dropna()
    curves = contents.tables["calibration_curves"]
    if adjusted.empty:
        return ["There are too few replicates for a test of uniformity."]
    fewest = number(contents.tables["calibration"]["ranks"].min())
    found = "no evidence of miscalibration" if adjusted.min() >= FAMILY_LEVEL else "miscalibration"
    return [
        f"Over all {len(adjusted)} tests of this study, the smallest p-value adjusted by Holm's "
        f"method is {number(adjusted.min(), 2)}: {found} at the family-wise level of "
        f"{FAMILY_LEVEL}.",
        f"With {fewest} replicates the bands reach up to {number(curves['upper'].max(), 2)} from "
        "zero, so passing excludes gross errors only: those that move some probability of the "
        "ranks by more than about that much. The comparison with the exact posterior, in the "
        "section on errors, is far more sensitive.",
    ]


def _samplers(contents: Contents) -> Section:
    agreement, cost = contents.tables["agreement_by_pair"], contents.tables["answers"]
    return Section(
        "samplers",
        "Agreement of the samplers",
        [
            text_part("Every sampler fitted the same data sets with the same parameterizations."),
            table_part(
                "agreement-table",
                "Differences between posterior means",
                "Differences in Monte Carlo standard errors (z), over all estimands and "
                "replicates. The root mean square z is about 1 if both samplers explore the whole "
                "posterior.",
                agreement,
                {
                    "scenario": "scenario",
                    "parameterization": "parameterization",
                    "sampler": "sampler",
                    "versus": "compared with",
                    "compared": "comparisons",
                    "rms_z": "root mean square z",
                    "largest_z": "largest absolute z",
                },
                file="summary/agreement_by_pair.csv",
            ),
            table_part(
                "samplers-cost-table",
                "Cost of each sampler",
                "Medians of seconds and leapfrog steps over the fits that did not fail, and the "
                "work of the worst estimand by exact error.",
                cost,
                {
                    "scenario": "scenario",
                    "parameterization": "parameterization",
                    "sampler": "sampler",
                    "seconds": "seconds of sampling",
                    "leapfrog_steps": "leapfrog steps",
                    "worst_estimand": "worst estimand",
                    "work": "work",
                },
                file="summary/answers.csv",
            ),
            *figures_of_category(contents, "Samplers"),
        ],
    )


def _published(contents: Contents) -> Section:
    numbers, findings = contents.tables["published"], contents.tables["findings"]
    judged = numbers[numbers["verdict"].isin([NOT_DISTINGUISHED, DIFFERS])]
    several = several_samplers(contents.study)
    sampler = {"sampler": "sampler"} if several else {}
    numbers = numbers.assign(fit=numbers["scenario"] + ", " + numbers["parameterization"])
    same = (judged["verdict"] == NOT_DISTINGUISHED).sum()
    holds = (findings["holds"] == "yes").sum()
    known = findings["holds"].isin(["yes", "no"]).sum()
    findings = findings.assign(
        test=findings["relation"] + " " + findings["bound"].map(number),
    )
    return Section(
        "published",
        "Comparison with the published study",
        [
            text_part(
                'A blog post of 2021 (jhrcook, "Mixing centered and non-centered parameterizations '
                'in a hierarchical model with PyMC3") studied this question with seven fits by '
                f"PyMC3. {same} of {len(judged)} published numbers cannot be distinguished from "
                "what was found here. With four chains on each side, the tests detect only large "
                "differences, in particular if a chain is stuck. "
                f"{holds} of {known} published findings hold here.",
                "Another sampler, seed or platform gives other chains, so distributions are "
                "compared and not single values. Step sizes and E-BFMI may differ between "
                "samplers.",
            ),
            *figure_parts(contents, "published"),
            table_part(
                "findings-table",
                "Published findings",
                "Each finding is tested by a statement that the fits could have refuted. The last "
                "two columns are the number of sampler seeds for which the statement holds and the "
                "number for which its value is defined.",
                findings,
                {
                    "scenario": "scenario",
                    **sampler,
                    "finding": "finding",
                    "statement": "statement",
                    "value": "value",
                    "test": "must be",
                    "holds": "holds",
                    "holds_in": "seeds for which it holds",
                    "fits": "seeds with a value",
                },
                file="summary/findings.csv",
            ),
            table_part(
                "published-table",
                "Published numbers and numbers found here",
                "Means over chains, or sums in the case of divergences. Found is the value for the "
                "first sampler seed, lowest and highest are the extremes over all seeds. The file "
                "results/README.md explains the verdicts.",
                numbers,
                {
                    "fit": "fit",
                    **sampler,
                    "quantity": "quantity",
                    "published": "published",
                    "found": "found",
                    "lowest": "lowest",
                    "highest": "highest",
                    "below": "seeds below the published number",
                    "fits": "seeds with a value",
                    "p_value": "p-value",
                    "verdict": "verdict",
                },
                file="summary/published.csv",
            ),
        ],
    )


def _drawn(contents: Contents) -> Iterator[Part]:
    yield text_part(
        "Draws of single fits, compared with the exact posterior. The command make inspect draws "
        "the figures of any other fit."
    )
    groups: dict[str, list[Part]] = {}
    for name, path in contents.drawn.items():
        scenario, replicate, *_ = name.split("/")
        group = f"{scenario}, replicate {replicate}"
        groups.setdefault(group, []).append(drawn_figure(name, path))
    for title, parts in groups.items():
        yield {"kind": "details", "title": f"{title}: {len(parts)} figures", "parts": parts}


def reproduce_section(contents: Contents) -> Section:
    study = contents.study
    config = as_yaml(study)
    commands = (
        f"make study CONFIG=config/{study.study}.yaml   # run or continue the study\n"
        f"make report CONFIG=config/{study.study}.yaml  # rewrite the tables, figures and report\n"
    )
    links = [
        {
            "href": "provenance.html",
            "text": "provenance.html",
            "after": ": how each file was made (written by make provenance)",
        },
        *(
            {"href": f"summary/{name}.csv", "text": f"summary/{name}.csv", "after": ""}
            for name in contents.tables
        ),
    ]
    return Section(
        "reproduce",
        "How to reproduce it",
        [
            text_part(
                "Save the configuration below as a file, for example as "
                f"config/{study.study}.yaml, and run:"
            ),
            {"kind": "commands", "label": "Commands", "text": commands},
            {"kind": "commands", "label": "Configuration", "text": config},
            text_part("The origin of each file, and the tables behind this page:"),
            {"kind": "links", "links": links},
        ],
    )


def as_yaml(study: Study) -> str:
    """Return the whole configuration of a study as YAML."""
    values = study.model_dump(exclude_none=True)
    return yaml.safe_dump(values, sort_keys=False, default_flow_style=None, width=88)
