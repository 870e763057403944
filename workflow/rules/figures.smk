FIGURES = {name: catalogue.FIGURES[name] for name in plan.figures(STUDY, PUBLISHED)}


# all in one job: importing the plotting library costs as much as drawing two figures
rule figures:
    input:
        sorted(
            {
                f"{ROOT}/summary/{table}.csv"
                for figure in FIGURES.values()
                for table in figure.tables
            }
        ),
    output:
        png=[f"{ROOT}/figures/{name}.png" for name in FIGURES],
        svg=[
            report(
                f"{ROOT}/figures/{name}.svg",
                caption="../report/captions.rst",
                category=figure.category,
                labels={"figure": figure.title},
            )
            for name, figure in FIGURES.items()
        ],
    log:
        f"{ROOT}/logs/figures.log",
    benchmark:
        f"{ROOT}/benchmarks/figures/all.tsv"
    conda:
        "../envs/main.yaml"
    params:
        captions=[f"{figure.title}: {figure.caption}" for figure in FIGURES.values()],
        code=fingerprint(f"{SCRIPTS}/figures.py"),
    message:
        "Draw the figures"
    shell:
        'python "$SCRIPTS/figures.py" --tables {input:q} --output {output:q} > {log:q} 2>&1'
