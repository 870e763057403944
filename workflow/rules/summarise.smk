rule summarise:
    input:
        diagnoses=RULES.diagnoses(),
    output:
        fits=report(
            f"{ROOT}/summary/fits.csv",
            category="Tables",
            labels={"table": "fits", "one row per": "fit"},
        ),
        chains=f"{ROOT}/summary/chains.csv",
        chain_errors=f"{ROOT}/summary/chain_errors.nc",
        estimates=report(
            f"{ROOT}/summary/estimates.csv",
            category="Tables",
            labels={"table": "estimates", "one row per": "fit and estimand"},
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
        # the job knows the files by itself: their names would be too long for a command line
        **RULES.job("summarise", without=["diagnoses"], job=jobs.summary_job(STUDY), folder=ROOT),
    message:
        "Collate the tables of fits and estimates"
    shell:
        COMMAND
