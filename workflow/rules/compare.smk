FACTS_FILE = f"{workflow.basedir}/workflow/resources/published.yaml"
with open(FACTS_FILE, encoding="utf-8") as file:
    PUBLISHED = design.published_scenarios(STUDY, yaml.safe_load(file))


rule compare_samplers:
    input:
        estimates=rules.summarise.output.estimates,
    output:
        by_pair=f"{ROOT}/summary/agreement_by_pair.csv",
        agreement=report(
            f"{ROOT}/summary/agreement.csv",
            caption="../report/agreement.rst",
            category="Tables",
            labels={"table": "agreement of samplers", "a row": "an estimand of a fit"},
        ),
    log:
        f"{ROOT}/logs/compare_samplers.log",
    benchmark:
        f"{ROOT}/benchmarks/compare_samplers/all.tsv"
    conda:
        "../envs/main.yaml"
    params:
        code=fingerprint(f"{SCRIPTS}/compare_samplers.py"),
    message:
        "Compare the samplers"
    shell:
        'python "$SCRIPTS/compare_samplers.py"'
        " --estimates {input.estimates:q} --agreement {output.agreement:q} "
        "--by-pair {output.by_pair:q} > {log:q} 2>&1"


rule compare_published:
    input:
        fits=rules.summarise.output.fits,
        chains=rules.summarise.output.chains,
        estimates=rules.summarise.output.estimates,
        facts=FACTS_FILE,
    output:
        published=report(
            f"{ROOT}/summary/published.csv",
            caption="../report/published.rst",
            category="Published study",
            labels={"table": "published and found", "a row": "a number of a fit"},
        ),
        findings=report(
            f"{ROOT}/summary/findings.csv",
            caption="../report/findings.rst",
            category="Published study",
            labels={"table": "findings", "a row": "a finding"},
        ),
        page=f"{ROOT}/summary/published.md",
    log:
        f"{ROOT}/logs/compare_published.log",
    benchmark:
        f"{ROOT}/benchmarks/compare_published/all.tsv"
    conda:
        "../envs/main.yaml"
    params:
        study=STUDY.model_dump_json(),
        code=fingerprint(f"{SCRIPTS}/compare_published.py"),
    message:
        "Compare with what was published"
    shell:
        'python "$SCRIPTS/compare_published.py"'
        " --study {params.study:q} --facts {input.facts:q} --fits {input.fits:q} "
        "--chains {input.chains:q} --estimates {input.estimates:q} "
        "--published {output.published:q} --findings {output.findings:q} --page {output.page:q} "
        "> {log:q} 2>&1"
