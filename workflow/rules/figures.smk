FIGURES = {name: registry.FIGURES[name] for name in plan.figures(STUDY, PUBLISHED)}


# all in one job: importing the plotting library costs as much as drawing two figures
rule figures:
    input:
        tables=sorted(
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
    threads: 4
    params:
        **RULES.job(
            "figures",
            figures={name: registry.recipe(figure) for name, figure in FIGURES.items()},
        ),
    message:
        "Draw the figures"
    shell:
        COMMAND
