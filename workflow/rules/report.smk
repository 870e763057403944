# last of all but the page, to count everything before it
rule collate_times:
    input:
        fits=rules.summarise.output.fits,
        blocks=rules.summarise.output.blocks,
        after=[*rules.analyse.output, *rules.figures.output, *rules.draw.input],
    output:
        f"{ROOT}/summary/timing.csv",
    log:
        f"{ROOT}/logs/collate_times.log",
    conda:
        "../envs/main.yaml"
    params:
        benchmarks=f"{ROOT}/benchmarks",
        runs=f"{ROOT}/logs/runs.csv",
        code=fingerprint(f"{SCRIPTS}/collate_times.py"),
    message:
        "Collate what the jobs took"
    shell:
        'python "$SCRIPTS/collate_times.py"'
        " --benchmarks {params.benchmarks:q} --runs {params.runs:q} --blocks {input.blocks:q} "
        "--fits {input.fits:q} --timing {output:q} > {log:q} 2>&1"


TABLES = [
    *rules.summarise.output,
    *rules.analyse.output,
    *rules.collate_times.output,
    *(rules.calibrate.output if design.is_calibration(STUDY) else []),
    *(rules.compare_samplers.output if design.several_samplers(STUDY) else []),
    *(rules.compare_published.output if PUBLISHED else []),
]


TEMPLATES = sorted(glob.glob(f"{SCRIPTS}/funnel/report/templates/*"))


rule page:
    input:
        tables=[path for path in TABLES if str(path).endswith(".csv")],
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
        study=STUDY.model_dump_json(),
        root=subpath(output.page, parent=True),
        templates=digest(*TEMPLATES),
        code=fingerprint(f"{SCRIPTS}/report.py"),
    message:
        "Write the report"
    shell:
        'python "$SCRIPTS/report.py"'
        " --study {params.study:q} --root {params.root:q} --tables {input.tables:q} "
        "--figures {input.figures:q} --drawn {input.drawn:q} --output {output.page:q} "
        "--config {output.config:q} > {log:q} 2>&1"


# one fit, looked into: its figures and numbers on a page
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
        paths.fit_page_path(ROOT, CELL, "{replicate}"),
    log:
        f"{ROOT}/logs/fit_page/{{scenario}}/{{replicate}}/{{sampler}}/{{parameterization}}.log",
    conda:
        "../envs/main.yaml"
    params:
        root=subpath(input.fits, ancestor=2),
        templates=digest(*TEMPLATES),
        code=fingerprint(f"{SCRIPTS}/fit_page.py"),
    message:
        "Write the page of {wildcards.scenario}, {wildcards.parameterization}, {wildcards.sampler}, replicate {wildcards.replicate}"
    shell:
        'python "$SCRIPTS/fit_page.py"'
        " --root {params.root:q} --fits {input.fits:q} --estimates {input.estimates:q} "
        "--fit {wildcards.scenario:q} {wildcards.parameterization:q} {wildcards.sampler:q} "
        "{wildcards.replicate:q} --drawn {input.drawn:q} --output {output:q} > {log:q} 2>&1"
