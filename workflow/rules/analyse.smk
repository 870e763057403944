rule analyse:
    input:
        fits=rules.summarise.output.fits,
        estimates=rules.summarise.output.estimates,
        chain_errors=rules.summarise.output.chain_errors,
    output:
        errors=report(
            f"{ROOT}/summary/errors.csv",
            category="Tables",
            labels={"table": "errors", "one row per": "fit and function"},
        ),
        lengths=f"{ROOT}/summary/lengths.csv",
        work_by_tail=f"{ROOT}/summary/work_by_tail.csv",
        winners=report(
            f"{ROOT}/summary/winners.csv",
            category="Tables",
            labels={"table": "winners", "one row per": "estimand and parameterization"},
        ),
        roc=f"{ROOT}/summary/roc.csv",
        answers=report(
            f"{ROOT}/summary/answers.csv",
            category="Tables",
            labels={"table": "answers", "one row per": "parameterization"},
        ),
        performance=report(
            f"{ROOT}/summary/performance.csv",
            category="Tables",
            labels={"table": "performance", "one row per": "measure of an estimand"},
        ),
        comparisons=report(
            f"{ROOT}/summary/comparisons.csv",
            category="Tables",
            labels={"table": "comparisons", "one row per": "pair of parameterizations"},
        ),
        diagnostic_value=report(
            f"{ROOT}/summary/diagnostic_value.csv",
            category="Tables",
            labels={"table": "value of diagnostics", "one row per": "definition and diagnostic"},
        ),
        divergences=report(
            f"{ROOT}/summary/divergences.csv",
            category="Tables",
            labels={"table": "divergences and errors", "one row per": "regression"},
        ),
    log:
        f"{ROOT}/logs/analyse.log",
    benchmark:
        f"{ROOT}/benchmarks/analyse/all.tsv"
    conda:
        "../envs/main.yaml"
    params:
        **RULES.job("analyse", job=jobs.analysis_job(STUDY)),
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


rule tabulate_sweep:
    input:
        fits=rules.summarise.output.fits,
        performance=rules.analyse.output.performance,
    output:
        sweep=report(
            f"{ROOT}/summary/sweep.csv",
            category="Tables",
            labels={"table": "sweep", "one row per": "point, parameterization and estimand"},
        ),
    log:
        f"{ROOT}/logs/tabulate_sweep.log",
    benchmark:
        f"{ROOT}/benchmarks/tabulate_sweep/all.tsv"
    conda:
        "../envs/main.yaml"
    params:
        **RULES.job("tabulate_sweep", job=jobs.sweep_job(STUDY)),
    message:
        "Tabulate the sweep"
    shell:
        COMMAND


rule landscape:
    input:
        fits=rules.summarise.output.fits,
        chain_errors=rules.summarise.output.chain_errors,
        again=RULES.second_runs(AGAIN),
    output:
        landscape=report(
            f"{ROOT}/summary/landscape.csv",
            category="Tables",
            labels={"table": "landscape", "one row per": "fit and length of its chains"},
        ),
        landscape_lines=f"{ROOT}/summary/landscape_lines.csv",
        landscape_arms=report(
            f"{ROOT}/summary/landscape_arms.csv",
            category="Tables",
            labels={"table": "bias in the landscape", "one row per": "parameterization"},
        ),
        landscape_bands=report(
            f"{ROOT}/summary/landscape_bands.csv",
            category="Tables",
            labels={"table": "landscape in bands", "one row per": "parameterization and band"},
        ),
        landscape_noise=f"{ROOT}/summary/landscape_noise.csv",
    log:
        f"{ROOT}/logs/landscape.log",
    benchmark:
        f"{ROOT}/benchmarks/landscape/all.tsv"
    conda:
        "../envs/main.yaml"
    params:
        # the job knows the files of second runs by itself, as `summarise` does those it reads
        **RULES.job("landscape", without=["again"], job=jobs.landscape_job(STUDY), again=AGAIN),
    message:
        "Compare the parameterizations at the points of the design"
    shell:
        COMMAND
