PUBLISHED_PAGE = f"{CHECKOUT}/src/funnel_study/report/templates/published.md.jinja"


rule compare_samplers:
    input:
        estimates=rules.summarise.output.estimates,
    output:
        by_pair=f"{ROOT}/summary/agreement_by_pair.csv",
        agreement=report(
            f"{ROOT}/summary/agreement.csv",
            category="Tables",
            labels={"table": "agreement of samplers", "one row per": "estimand of a fit"},
        ),
    log:
        f"{ROOT}/logs/compare_samplers.log",
    benchmark:
        f"{ROOT}/benchmarks/compare_samplers/all.tsv"
    conda:
        "../envs/main.yaml"
    params:
        **RULES.job("compare_samplers"),
    message:
        "Compare the samplers"
    shell:
        COMMAND


rule compare_published:
    input:
        fits=rules.summarise.output.fits,
        chains=rules.summarise.output.chains,
        estimates=rules.summarise.output.estimates,
        facts=FACTS_FILE,
    output:
        published=report(
            f"{ROOT}/summary/published.csv",
            category="Published study",
            labels={"table": "published and found", "one row per": "number of a fit"},
        ),
        findings=report(
            f"{ROOT}/summary/findings.csv",
            category="Published study",
            labels={"table": "findings", "one row per": "finding"},
        ),
        page=f"{ROOT}/summary/published.md",
    log:
        f"{ROOT}/logs/compare_published.log",
    benchmark:
        f"{ROOT}/benchmarks/compare_published/all.tsv"
    conda:
        "../envs/main.yaml"
    params:
        **RULES.job(
            "compare_published",
            reads=[PUBLISHED_PAGE],
            job=jobs.published_job(STUDY, FACTS),
        ),
    message:
        "Compare with the published study"
    shell:
        COMMAND
