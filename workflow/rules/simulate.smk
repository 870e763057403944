rule simulate:
    input:
        lambda wildcards: RULES.force_stale(workflow, TABLES),
    output:
        paths.data_path(ROOT, "{scenario}", "{block}"),
    log:
        f"{ROOT}/logs/simulate/{{scenario}}/{{block}}.log",
    benchmark:
        f"{ROOT}/benchmarks/simulate/{{scenario}}/{{block}}.tsv"
    conda:
        "../envs/main.yaml"
    params:
        **RULES.job("simulate", job=RULES.simulation_job, block=lambda wildcards: wildcards.block),
    message:
        "Simulate {wildcards.scenario}, replicates {wildcards.block}"
    shell:
        COMMAND
