rule exact:
    input:
        data=RULES.blocks_of(rules.simulate.output[0]),
    output:
        paths.exact_path(ROOT, "{scenario}", "{block}"),
    log:
        f"{ROOT}/logs/exact/{{scenario}}/{{block}}.log",
    benchmark:
        f"{ROOT}/benchmarks/exact/{{scenario}}/{{block}}.tsv"
    conda:
        "../envs/main.yaml"
    resources:
        **RULES.resources("exact", fits_of_block),
    params:
        **RULES.job("exact", priors=RULES.priors),
    message:
        "Compute the exact posteriors of {wildcards.scenario}, replicates {wildcards.block}"
    shell:
        COMMAND
