rule analyse:
    input:
        fits=rules.summarise.output.fits,
        estimates=rules.summarise.output.estimates,
    output:
        answers=report(
            f"{ROOT}/summary/answers.csv",
            caption="../report/answers.rst",
            category="Tables",
            labels={"table": "answers", "one row per": "parameterization"},
        ),
        performance=report(
            f"{ROOT}/summary/performance.csv",
            caption="../report/performance.rst",
            category="Tables",
            labels={"table": "performance", "one row per": "measure of an estimand"},
        ),
        comparisons=report(
            f"{ROOT}/summary/comparisons.csv",
            caption="../report/comparisons.rst",
            category="Tables",
            labels={"table": "comparisons", "one row per": "pair of parameterizations"},
        ),
        diagnostic_value=report(
            f"{ROOT}/summary/diagnostic_value.csv",
            caption="../report/diagnostic_value.rst",
            category="Tables",
            labels={"table": "value of diagnostics", "one row per": "diagnostic"},
        ),
        divergences=report(
            f"{ROOT}/summary/divergences.csv",
            caption="../report/divergences.rst",
            category="Tables",
            labels={"table": "divergences and errors", "one row per": "range of counts"},
        ),
    log:
        f"{ROOT}/logs/analyse.log",
    benchmark:
        f"{ROOT}/benchmarks/analyse/all.tsv"
    conda:
        "../envs/main.yaml"
    params:
        **RULES.job("analyse"),
    message:
        "Measure performance and the value of diagnostics"
    shell:
        COMMAND


rule calibrate:
    input:
        estimates=rules.summarise.output.estimates,
    output:
        calibration=report(
            f"{ROOT}/summary/calibration.csv",
            caption="../report/calibration.rst",
            category="Tables",
            labels={"table": "calibration", "one row per": "estimand"},
        ),
        curves=f"{ROOT}/summary/calibration_curves.csv",
    log:
        f"{ROOT}/logs/calibrate.log",
    benchmark:
        f"{ROOT}/benchmarks/calibrate/all.tsv"
    conda:
        "../envs/main.yaml"
    params:
        **RULES.job("calibrate"),
    message:
        "Test the ranks of the truth for uniformity"
    shell:
        COMMAND
