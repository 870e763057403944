"""The sections that only some reports have, and how to reproduce the study."""

from __future__ import annotations

from collections.abc import Iterator

import yaml

from funnel.report.contents import Contents, Part, Section
from funnel.report.parts import (
    drawn_figure,
    figure_parts,
    figures_of_category,
    table_part,
    text_part,
)
from funnel.study.design import several_samplers
from funnel.study.schema import Study


def optional_sections(contents: Contents) -> Iterator[Section]:
    """The sections that only some studies have."""
    if several_samplers(contents.study):
        yield _samplers(contents)
    if "calibration" in contents.tables:
        table = table_part(
            "calibration-table",
            "Are the ranks of the truth uniform?",
            "ArviZ's test of uniformity, and whether the ECDF stays within its simultaneous 95 % "
            "band.",
            contents.tables["calibration"],
            {str(name): str(name).replace("_", " ") for name in contents.tables["calibration"]},
            file="summary/calibration.csv",
        )
        parts = [*figures_of_category(contents, "Calibration"), table]
        yield Section("calibration", "Is the inference calibrated?", parts)
    if "published" in contents.tables:
        yield _published(contents)
    if contents.drawn:
        yield Section("fits", "Single fits", list(_drawn(contents)))


def _samplers(contents: Contents) -> Section:
    agreement, cost = contents.tables["agreement_by_pair"], contents.tables["answers"]
    return Section(
        "samplers",
        "Do the samplers agree?",
        [
            text_part("The same data and parameterization, fitted by each sampler."),
            table_part(
                "agreement-table",
                "Differences of posterior means",
                "Over all estimands and replicates, in Monte Carlo standard errors: a root mean "
                "square of about 1 where both samplers explore the posterior.",
                agreement,
                {
                    "scenario": "scenario",
                    "parameterization": "parameterization",
                    "sampler": "sampler",
                    "versus": "versus",
                    "compared": "compared",
                    "rms_z": "root mean square z",
                    "largest_z": "largest z",
                },
                file="summary/agreement_by_pair.csv",
            ),
            table_part(
                "samplers-cost-table",
                "What each sampler needs",
                "Medians of the fits that ended.",
                cost,
                {
                    "scenario": "scenario",
                    "parameterization": "parameterization",
                    "sampler": "sampler",
                    "seconds": "seconds of sampling",
                    "leapfrog_steps": "leapfrog steps",
                    "efficiency": "ESS per leapfrog step",
                },
                file="summary/answers.csv",
            ),
            *figures_of_category(contents, "Samplers"),
        ],
    )


def _published(contents: Contents) -> Section:
    numbers, findings = contents.tables["published"], contents.tables["findings"]
    judged = numbers[numbers["verdict"].isin(["agrees", "differs"])]
    several = several_samplers(contents.study)
    sampler = {"sampler": "sampler"} if several else {}
    numbers = numbers.assign(fit=numbers["scenario"] + ", " + numbers["parameterization"])
    holds = (findings["holds"] == "yes").sum()
    known = findings["holds"].isin(["yes", "no"]).sum()
    findings = findings.assign(
        test=findings["relation"] + " " + findings["bound"].map("{:.3g}".format),
    )
    return Section(
        "published",
        "The published study, beside this one",
        [
            text_part(
                'A post of 2021 (jhrcook, "Mixing centered and non-centered parameterizations in a '
                'hierarchical model with PyMC3") showed the question with seven fits by PyMC3. '
                f"Of its numbers, {(judged['verdict'] == 'agrees').sum()} of {len(judged)} cannot "
                "be told from what was found here, which with four chains on a side leaves room "
                "for large differences, most of all where a chain is stuck; of its findings, "
                f"{holds} of {known} hold. Chains of "
                "another sampler, seed or platform are other chains, so distributions are "
                "compared; step sizes and E-BFMI of another sampler may well differ."
            ),
            *figure_parts(contents, "published"),
            table_part(
                "findings-table",
                "Published findings",
                "Each as a statement that the fits could have refuted. In: under how many sampler "
                "seeds it holds, of those that have a value.",
                findings,
                {
                    "scenario": "scenario",
                    **sampler,
                    "finding": "finding",
                    "statement": "statement",
                    "value": "value",
                    "test": "must be",
                    "holds": "holds",
                    "holds_in": "in",
                    "fits": "of",
                },
                file="summary/findings.csv",
            ),
            table_part(
                "published-table",
                "Published and found",
                "Means over chains, sums for divergences; lowest and highest of all sampler seeds. "
                "results/README.md has the rules of the verdicts.",
                numbers,
                {
                    "fit": "fit",
                    **sampler,
                    "quantity": "quantity",
                    "published": "published",
                    "found": "found",
                    "lowest": "lowest",
                    "highest": "highest",
                    "below": "below",
                    "fits": "of",
                    "p_value": "p",
                    "verdict": "verdict",
                },
                file="summary/published.csv",
            ),
        ],
    )


def _drawn(contents: Contents) -> Iterator[Part]:
    yield text_part(
        "The draws themselves, beside the exact posterior. Any other fit is drawn by make inspect."
    )
    groups: dict[str, list[Part]] = {}
    for name, path in contents.drawn.items():
        scenario, replicate, *_ = name.split("/")
        group = f"{scenario}, replicate {replicate}"
        groups.setdefault(group, []).append(drawn_figure(name, path, contents.captions))
    for title, parts in groups.items():
        yield {"kind": "details", "title": f"{title}: {len(parts)} figures", "parts": parts}


def reproduce_section(contents: Contents) -> Section:
    study = contents.study
    config = as_yaml(study)
    commands = (
        f"make study CONFIG=config/{study.study}.yaml     # all of it; goes on where it was\n"
        f"make report CONFIG=config/{study.study}.yaml    # tables, figures and this page anew\n"
    )
    links = [
        {
            "href": "provenance.html",
            "text": "provenance.html",
            "after": ": how each file was made (by make)",
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
            text_part("The tables behind this page, and where each file came from:"),
            {"kind": "links", "links": links},
        ],
    )


def as_yaml(study: Study) -> str:
    """The whole configuration of a study, as a file that describes it."""
    values = study.model_dump(exclude_none=True)
    return yaml.safe_dump(values, sort_keys=False, default_flow_style=None, width=88)
