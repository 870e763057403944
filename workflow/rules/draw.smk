# Figures of single fits, by name or by the key `draw`: one job draws all figures of a data
# set, of a fit, of two fits of one data set, or of all its fits by one sampler.


rule draw_data:
    input:
        data=RULES.data_of,
    output:
        fit_figures("data set"),
    log:
        f"{ROOT}/logs/draw/{{scenario}}/{{replicate}}/data.log",
    benchmark:
        f"{ROOT}/benchmarks/draw/{{scenario}}/{{replicate}}/data.tsv"
    conda:
        "../envs/main.yaml"
    resources:
        **RULES.resources("draw", RULES.fits_of_data_set),
    params:
        **RULES.job(
            "draw",
            figures={
                name: registry.recipe(figure) for name, figure in registry.FIT_FIGURES.items()
            },
            priors=RULES.priors,
            scenario=lambda wildcards: wildcards.scenario,
            replicate=lambda wildcards: wildcards.replicate,
        ),
    message:
        "Draw the data of {wildcards.scenario}, replicate {wildcards.replicate}"
    shell:
        COMMAND


use rule draw_data as draw_fit with:
    input:
        data=RULES.data_of,
        fits=RULES.fits_of("parameterization"),
    output:
        fit_figures("fit", "{sampler}", "{parameterization}"),
    log:
        f"{ROOT}/logs/draw/{{scenario}}/{{replicate}}/{{sampler}}/{{parameterization}}.log",
    benchmark:
        f"{ROOT}/benchmarks/draw/{{scenario}}/{{replicate}}/{{sampler}}/{{parameterization}}.tsv"
    message:
        "Draw {wildcards.scenario}, {wildcards.parameterization}, {wildcards.sampler}, replicate {wildcards.replicate}"


use rule draw_data as draw_pair with:
    input:
        data=RULES.data_of,
        fits=RULES.fits_of("parameterization", "other"),
    output:
        fit_figures("pair", "{sampler}", "{parameterization}-{other}"),
    log:
        f"{ROOT}/logs/draw/{{scenario}}/{{replicate}}/{{sampler}}/{{parameterization}}-{{other}}.log",
    benchmark:
        f"{ROOT}/benchmarks/draw/{{scenario}}/{{replicate}}/{{sampler}}/{{parameterization}}-{{other}}.tsv"
    message:
        "Draw {wildcards.scenario}, {wildcards.parameterization} and {wildcards.other}, {wildcards.sampler}, replicate {wildcards.replicate}"


use rule draw_data as draw_all with:
    input:
        data=RULES.data_of,
        fits=RULES.fits_of(),
    output:
        fit_figures("all", "{sampler}"),
    log:
        f"{ROOT}/logs/draw/{{scenario}}/{{replicate}}/{{sampler}}/all.log",
    benchmark:
        f"{ROOT}/benchmarks/draw/{{scenario}}/{{replicate}}/{{sampler}}/all.tsv"
    message:
        "Draw {wildcards.scenario}, every parameterization, {wildcards.sampler}, replicate {wildcards.replicate}"


rule draw:
    input:
        plan.chosen_fit_figures(STUDY),
