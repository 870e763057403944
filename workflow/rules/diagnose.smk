rule diagnose:
    input:
        fits=RULES.blocks_of(FITS),
        exact=rules.exact.output[0],
    output:
        tables=paths.diagnosis_path(ROOT, CELL, "{block}"),
        chain_errors=paths.chain_errors_path(ROOT, CELL, "{block}"),
    log:
        f"{ROOT}/logs/diagnose/{{scenario}}/{{parameterization}}/{{sampler}}/{{block}}.log",
    benchmark:
        f"{ROOT}/benchmarks/diagnose/{{scenario}}/{{parameterization}}/{{sampler}}/{{block}}.tsv"
    conda:
        "../envs/main.yaml"
    resources:
        **RULES.resources("diagnose", fits_of_block),
    params:
        **RULES.job("diagnose"),
        fits_made_by=RULES.made_by,
    message:
        "Diagnose {wildcards.scenario}, {wildcards.parameterization}, {wildcards.sampler}, replicates {wildcards.block}"
    shell:
        COMMAND
