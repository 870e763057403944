# after everything but the page, whose jobs it counts
rule collate_times:
    input:
        fits=rules.summarise.output.fits,
        blocks=rules.summarise.output.blocks,
        after=[*rules.analyse.output, *rules.figures.output, *rules.draw.input],
    output:
        timing=f"{ROOT}/summary/timing.csv",
    log:
        f"{ROOT}/logs/collate_times.log",
    conda:
        "../envs/main.yaml"
    params:
        **RULES.job(
            "collate_times",
            without=["after"],
            benchmarks=f"{ROOT}/benchmarks",
            runs=f"{ROOT}/logs/runs.csv",
        ),
    message:
        "Collate the times of all jobs"
    shell:
        COMMAND


# every table of the study
TABLES = [
    path
    for rule in (
        *(rules.summarise, rules.analyse, rules.collate_times),
        *([rules.tabulate_sweep] if design.has_sweep(STUDY) else []),
        *([rules.landscape] if design.has_design(STUDY) else []),
        *([rules.calibrate] if design.is_calibration(STUDY) else []),
        *([rules.compare_samplers] if design.several_samplers(STUDY) else []),
        *([rules.compare_published] if PUBLISHED else []),
    )
    for path in rule.output
    if path.endswith((".csv", ".nc"))
]
PAGE_FILES = [
    *sorted(Path(CHECKOUT, "src/funnel_study/report/templates").iterdir()),
    registry.FILE,
]


rule page:
    input:
        tables=[path for path in TABLES if path.endswith(".csv")],
        figures=rules.figures.output,
        drawn=rules.draw.input,
    output:
        page=f"{ROOT}/report.html",
        config=f"{ROOT}/config.yaml",
    log:
        f"{ROOT}/logs/page.log",
    conda:
        "../envs/main.yaml"
    params:
        **RULES.job(
            "page",
            reads=PAGE_FILES,
            study=STUDY.model_dump(mode="json"),
            folder=ROOT,
        ),
    message:
        "Write the report"
    shell:
        COMMAND


# the figures and numbers of one fit on a page
rule fit_page:
    input:
        fits=rules.summarise.output.fits,
        estimates=rules.summarise.output.estimates,
        drawn=[
            *rules.draw_data.output,
            *rules.draw_fit.output,
            *rules.draw_all.output,
        ],
    output:
        page=paths.fit_page_path(ROOT, CELL, "{replicate}"),
    log:
        f"{ROOT}/logs/fit_page/{{scenario}}/{{replicate}}/{{sampler}}/{{parameterization}}.log",
    conda:
        "../envs/main.yaml"
    params:
        **RULES.job(
            "fit_page",
            reads=PAGE_FILES,
            folder=ROOT,
            fit=lambda wildcards: [
                wildcards.scenario,
                wildcards.parameterization,
                wildcards.sampler,
                wildcards.replicate,
            ],
        ),
    message:
        "Write the page of {wildcards.scenario}, {wildcards.parameterization}, {wildcards.sampler}, replicate {wildcards.replicate}"
    shell:
        COMMAND
