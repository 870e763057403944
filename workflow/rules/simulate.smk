rule simulate:
    input:
        # none, but Snakemake asks this function while it plans, before it trusts any file
        lambda wildcards: session.refuse_foreign(workflow, STUDY),
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
