rule diagnose:
    input:
        fits=blocks_of(FITS),
        data=blocks_of(rules.simulate.output[0]),
    output:
        paths.diagnosis_path(ROOT, CELL, "{block}"),
    log:
        f"{ROOT}/logs/diagnose/{{scenario}}/{{parameterization}}/{{sampler}}/{{block}}.log",
    benchmark:
        f"{ROOT}/benchmarks/diagnose/{{scenario}}/{{parameterization}}/{{sampler}}/{{block}}.tsv"
    conda:
        "../envs/main.yaml"
    resources:
        **asking("diagnose", fits_of_block),
    params:
        priors=STUDY.priors.model_dump_json(),
        configurations=configurations_of,
        code=fingerprint(f"{SCRIPTS}/diagnose.py"),
    message:
        "Diagnose {wildcards.scenario}, {wildcards.parameterization}, {wildcards.sampler}, replicates {wildcards.block}"
    shell:
        'python "$SCRIPTS/diagnose.py"'
        " --priors {params.priors:q} --fits {input.fits:q} --data {input.data:q} "
        "--configurations {params.configurations:q} --output {output:q} > {log:q} 2>&1"
