rule summarise:
    input:
        [
            paths.diagnosis_path(ROOT, cell, block.name)
            for cell in design.cells(STUDY)
            for block in design.diagnosis_blocks(STUDY)
        ],
    output:
        fits=report(
            f"{ROOT}/summary/fits.csv",
            caption="../report/fits.rst",
            category="Tables",
            labels={"table": "fits", "a row": "a fit"},
        ),
        chains=f"{ROOT}/summary/chains.csv",
        estimates=report(
            f"{ROOT}/summary/estimates.csv",
            caption="../report/estimates.rst",
            category="Tables",
            labels={"table": "estimates", "a row": "a fit and estimand"},
        ),
        densities=f"{ROOT}/summary/densities.csv",
        versions=f"{ROOT}/summary/versions.csv",
        blocks=f"{ROOT}/summary/blocks.csv",
    log:
        f"{ROOT}/logs/summarise.log",
    benchmark:
        f"{ROOT}/benchmarks/summarise/all.tsv"
    conda:
        "../envs/main.yaml"
    params:
        study=STUDY.model_dump_json(),
        root=subpath(output.fits, ancestor=2),
        code=fingerprint(f"{SCRIPTS}/summarise.py"),
    message:
        "Collate the tables of fits and estimates"
    shell:
        'python "$SCRIPTS/summarise.py"'
        " --study {params.study:q} --root {params.root:q} "
        "--fits {output.fits:q} --chains {output.chains:q} --estimates {output.estimates:q} "
        "--densities {output.densities:q} --versions {output.versions:q} "
        "--blocks {output.blocks:q} > {log:q} 2>&1"
