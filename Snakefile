from snakemake.utils import min_version

min_version("9.20")

# A configuration file given on the command line replaces the default study whole;
# merged into it, it would silently run parts of both.
if not workflow.overwrite_configfiles:

    configfile: "config/config.yaml"


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/simulate.smk"
include: "workflow/rules/exact.smk"
include: "workflow/rules/fit.smk"
include: "workflow/rules/diagnose.smk"
include: "workflow/rules/summarise.smk"
include: "workflow/rules/analyse.smk"
include: "workflow/rules/compare.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/draw.smk"
include: "workflow/rules/report.smk"


# seconds each, from tables and small data: on a cluster not worth a job
localrules:
    all,
    simulate,
    summarise,
    analyse,
    tabulate_sweep,
    collate_times,
    calibrate,
    compare_samplers,
    compare_published,
    figures,
    draw,
    page,
    fit_page,


rule all:
    default_target: True
    input:
        rules.page.output,
        # or Snakemake would not regenerate one that was deleted
        TABLES,
        rules.figures.output,
        rules.draw.input,
