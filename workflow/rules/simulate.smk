rule simulate:
    input:
        force_unfit,
    output:
        paths.data_path(ROOT, "{scenario}", "{block}"),
    log:
        f"{ROOT}/logs/simulate/{{scenario}}/{{block}}.log",
    benchmark:
        f"{ROOT}/benchmarks/simulate/{{scenario}}/{{block}}.tsv"
    conda:
        "../envs/main.yaml"
    params:
        spec=lambda wildcards: json.dumps(
            jobs.simulation_job(STUDY, wildcards.scenario, Block.parse(wildcards.block))
        ),
        configurations=configurations_of,
        code=fingerprint(f"{SCRIPTS}/simulate.py"),
    message:
        "Simulate {wildcards.scenario}, replicates {wildcards.block}"
    shell:
        'python "$SCRIPTS/simulate.py"'
        " --spec {params.spec:q} --block {wildcards.block:q} "
        "--configurations {params.configurations:q} --output {output:q} > {log:q} 2>&1"
