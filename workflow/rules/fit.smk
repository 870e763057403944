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
        environment_of
    resources:
        **asking(None, fits_of_block),
    params:
        python=python_of,
        unavailable=lambda wildcards: UNAVAILABLE.get(wildcards.sampler, ""),
        spec=lambda wildcards: json.dumps(jobs.fit_job(STUDY, cell_of(wildcards))),
        configurations=configurations_of,
        code=lambda wildcards: fingerprint(
            f"{SCRIPTS}/fit.py",
            f"fitting.samplers.{wildcards.sampler}",
            f"model.parameterizations.{wildcards.parameterization}",
        ),
    message:
        "Fit {wildcards.scenario}, {wildcards.parameterization}, {wildcards.sampler}, replicates {wildcards.block}"
    shell:
        '"{params.python}" "$SCRIPTS/fit.py"'
        " --spec {params.spec:q} --data {input.data:q} "
        "--configurations {params.configurations:q} "
        "--unavailable={params.unavailable:q} --output {output:q} > {log:q} 2>&1"
