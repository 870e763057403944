AGAIN = f"{ROOT}/again"


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


# fits whose R-hat is high, once more; in the environment of the study, which diagnosis needs
rule fit_again:
    input:
        data=RULES.blocks_of(rules.simulate.output[0]),
        exact=rules.exact.output[0],
        tables=rules.diagnose.output.tables,
    output:
        paths.chain_errors_path(AGAIN, CELL, "{block}"),
    log:
        f"{ROOT}/logs/fit_again/{{scenario}}/{{parameterization}}/{{sampler}}/{{block}}.log",
    benchmark:
        f"{ROOT}/benchmarks/fit_again/{{scenario}}/{{parameterization}}/{{sampler}}/{{block}}.tsv"
    conda:
        "../envs/main.yaml"
    resources:
        **RULES.resources(None, fits_of_block),
    params:
        **RULES.job("fit_again", job=RULES.fit_job),
    message:
        "Fit again what did not converge of {wildcards.scenario}, {wildcards.parameterization}, {wildcards.sampler}, replicates {wildcards.block}"
    shell:
        COMMAND
