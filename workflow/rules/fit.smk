FITS = paths.fit_path(ROOT, CELL, "{block}")


rule fit:
    input:
        data=rules.simulate.output[0],
    output:
        FITS if STUDY.keep_draws else temp(FITS),
    log:
        f"{ROOT}/logs/fit/{{scenario}}/{{parameterization}}/{{sampler}}/{{block}}.log",
    benchmark:
        f"{ROOT}/benchmarks/fit/{{scenario}}/{{parameterization}}/{{sampler}}/{{block}}.tsv"
    conda:
        RULES.environment
    resources:
        **RULES.resources(None, fits_of_block),
    params:
        **RULES.job(
            "fit", python=RULES.python, job=RULES.fit_job, unavailable=RULES.why_unavailable
        ),
    message:
        "Fit {wildcards.scenario}, {wildcards.parameterization}, {wildcards.sampler}, replicates {wildcards.block}"
    shell:
        COMMAND
