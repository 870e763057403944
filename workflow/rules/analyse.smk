rule analyse:
    input:
        fits=rules.summarise.output.fits,
        estimates=rules.summarise.output.estimates,
    output:
        answers=report(
            f"{ROOT}/summary/answers.csv",
            caption="../report/answers.rst",
            category="Tables",
            labels={"table": "answers", "a row": "a parameterization"},
        ),
        performance=report(
            f"{ROOT}/summary/performance.csv",
            caption="../report/performance.rst",
            category="Tables",
            labels={"table": "performance", "a row": "a measure of an estimand"},
        ),
        comparisons=report(
            f"{ROOT}/summary/comparisons.csv",
            caption="../report/comparisons.rst",
            category="Tables",
            labels={"table": "comparisons", "a row": "two parameterizations"},
        ),
        diagnostic_value=report(
            f"{ROOT}/summary/diagnostic_value.csv",
            caption="../report/diagnostic_value.rst",
            category="Tables",
            labels={"table": "value of diagnostics", "a row": "a diagnostic"},
        ),
        divergences=report(
            f"{ROOT}/summary/divergences.csv",
            caption="../report/divergences.rst",
            category="Tables",
            labels={"table": "divergences and errors", "a row": "a range of counts"},
        ),
    log:
        f"{ROOT}/logs/analyse.log",
    benchmark:
        f"{ROOT}/benchmarks/analyse/all.tsv"
    conda:
        "../envs/main.yaml"
    params:
        code=fingerprint(f"{SCRIPTS}/analyse.py"),
    message:
        "Measure performance and what diagnostics are worth"
    shell:
        'python "$SCRIPTS/analyse.py"'
        " --fits {input.fits:q} --estimates {input.estimates:q} --answers {output.answers:q} "
        "--performance {output.performance:q} --comparisons {output.comparisons:q} "
        "--diagnostic-value {output.diagnostic_value:q} --divergences {output.divergences:q} "
        "> {log:q} 2>&1"


rule calibrate:
    input:
        estimates=rules.summarise.output.estimates,
    output:
        calibration=report(
            f"{ROOT}/summary/calibration.csv",
            caption="../report/calibration.rst",
            category="Tables",
            labels={"table": "calibration", "a row": "an estimand"},
        ),
        curves=f"{ROOT}/summary/calibration_curves.csv",
    log:
        f"{ROOT}/logs/calibrate.log",
    benchmark:
        f"{ROOT}/benchmarks/calibrate/all.tsv"
    conda:
        "../envs/main.yaml"
    params:
        code=fingerprint(f"{SCRIPTS}/calibrate.py"),
    message:
        "Test the ranks of the truth for uniformity"
    shell:
        'python "$SCRIPTS/calibrate.py"'
        " --estimates {input.estimates:q} --calibration {output.calibration:q} "
        "--curves {output.curves:q} > {log:q} 2>&1"
