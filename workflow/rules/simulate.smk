@functools.cache
def unfit():
    """Files of an earlier run that are damaged, or were made for something else, by path."""
    found = cached.unfit(STUDY, [path for path in TABLES if path.endswith(".csv")])
    foreign = [path for path, why in found.items() if why == FOREIGN]
    for path in found.keys() - foreign:
        print(f"{path}: {found[path]}; it is made anew", file=sys.stderr)
    if foreign:
        print(
            f"{foreign[0]} and {len(foreign) - 1} more files were made for another configuration; "
            "what is needed of them is made anew",
            file=sys.stderr,
        )
    return found


def force_unfit(wildcards):
    """No input, but those files are marked as Snakemake itself marks incomplete ones.

    Asked of the first rule, which every job depends on, while Snakemake plans.
    """
    if workflow.is_main_process:
        workflow.dag.forcefiles.update(unfit())
    return []


rule simulate:
    input:
        force_unfit,
    output:
        design.data_path(ROOT, "{scenario}", "{block}"),
    log:
        f"{ROOT}/logs/simulate/{{scenario}}/{{block}}.log",
    benchmark:
        f"{ROOT}/benchmarks/simulate/{{scenario}}/{{block}}.tsv"
    conda:
        "../envs/main.yaml"
    params:
        spec=lambda wildcards: json.dumps(
            design.simulation(STUDY, wildcards.scenario, Block.parse(wildcards.block))
        ),
        configurations=configurations_of,
        code=fingerprint(f"{SCRIPTS}/simulate.py"),
    message:
        "Simulate {wildcards.scenario}, replicates {wildcards.block}"
    shell:
        'python "$SCRIPTS/simulate.py"'
        " --spec {params.spec:q} --block {wildcards.block:q} "
        "--configurations {params.configurations:q} --output {output:q} > {log:q} 2>&1"
