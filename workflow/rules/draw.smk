# Figures of single fits, by name or by the key `draw`: one job draws all kinds of a data set, of a
# fit, of two fits of one data set, or of all its fits by one sampler.


rule draw_data:
    input:
        data=data_of,
    output:
        shown("data set"),
    log:
        f"{ROOT}/logs/draw/{{scenario}}/{{replicate}}/data.log",
    benchmark:
        f"{ROOT}/benchmarks/draw/{{scenario}}/{{replicate}}/data.tsv"
    conda:
        "../envs/main.yaml"
    resources:
        **asking("draw", fits_of_data_set),
    params:
        fits=lambda wildcards, input: input.get("fits", []),
        priors=STUDY.priors.model_dump_json(),
        configurations=configurations_of,
        captions=captions("data set"),
        code=fingerprint(f"{SCRIPTS}/draw.py"),
    message:
        "Draw the data of {wildcards.scenario}, replicate {wildcards.replicate}"
    shell:
        'python "$SCRIPTS/draw.py"'
        " --data {input.data:q} --fits {params.fits:q} --priors {params.priors:q} "
        "--scenario {wildcards.scenario:q} --replicate {wildcards.replicate:q} "
        "--configurations {params.configurations:q} --output {output:q} > {log:q} 2>&1"


use rule draw_data as draw_fit with:
    input:
        data=data_of,
        fits=fits_of("parameterization"),
    output:
        shown("fit", "{sampler}", "{parameterization}"),
    log:
        f"{ROOT}/logs/draw/{{scenario}}/{{replicate}}/{{sampler}}/{{parameterization}}.log",
    benchmark:
        f"{ROOT}/benchmarks/draw/{{scenario}}/{{replicate}}/{{sampler}}/{{parameterization}}.tsv"
    params:
        fits=lambda wildcards, input: input.fits,
        priors=STUDY.priors.model_dump_json(),
        configurations=configurations_of,
        captions=captions("fit"),
        code=fingerprint(f"{SCRIPTS}/draw.py"),
    message:
        "Draw {wildcards.scenario}, {wildcards.parameterization}, {wildcards.sampler}, replicate {wildcards.replicate}"


use rule draw_fit as draw_pair with:
    input:
        data=data_of,
        fits=fits_of("parameterization", "other"),
    output:
        shown("pair", "{sampler}", "{parameterization}-{other}"),
    log:
        f"{ROOT}/logs/draw/{{scenario}}/{{replicate}}/{{sampler}}/{{parameterization}}-{{other}}.log",
    benchmark:
        f"{ROOT}/benchmarks/draw/{{scenario}}/{{replicate}}/{{sampler}}/{{parameterization}}-{{other}}.tsv"
    message:
        "Draw {wildcards.scenario}, {wildcards.parameterization} and {wildcards.other}, {wildcards.sampler}, replicate {wildcards.replicate}"


use rule draw_fit as draw_all with:
    input:
        data=data_of,
        fits=fits_of(),
    output:
        shown("all", "{sampler}"),
    log:
        f"{ROOT}/logs/draw/{{scenario}}/{{replicate}}/{{sampler}}/all.log",
    benchmark:
        f"{ROOT}/benchmarks/draw/{{scenario}}/{{replicate}}/{{sampler}}/all.tsv"
    message:
        "Draw {wildcards.scenario}, every parameterization, {wildcards.sampler}, replicate {wildcards.replicate}"


rule draw:
    input:
        plan.drawings(STUDY),
