rule figure:
    input:
        lambda wildcards: [
            f"{ROOT}/summary/{table}.csv" for table in catalogue.FIGURES[wildcards.figure].tables
        ],
    output:
        png=f"{ROOT}/figures/{{figure}}.png",
        svg=report(
            f"{ROOT}/figures/{{figure}}.svg",
            caption="../report/figure.rst",
            category=lambda wildcards: catalogue.FIGURES[wildcards.figure].category,
            labels=lambda wildcards: {"figure": catalogue.FIGURES[wildcards.figure].title},
        ),
    log:
        f"{ROOT}/logs/figures/{{figure}}.log",
    conda:
        "../envs/main.yaml"
    params:
        caption=lambda wildcards: catalogue.FIGURES[wildcards.figure].caption,
        code=fingerprint(f"{SCRIPTS}/figure.py"),
    message:
        "Draw {wildcards.figure}"
    shell:
        'python "$SCRIPTS/figure.py"'
        " {wildcards.figure:q} --tables {input:q} "
        "--output {output:q} > {log:q} 2>&1"


rule figures:
    input:
        expand(rules.figure.output, figure=design.figures(STUDY, PUBLISHED)),
