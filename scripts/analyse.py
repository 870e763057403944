"""Compute the answers, the performance measures and the value of diagnostics of a study."""

import argparse

from funnel_study.analysis.answer import answers, winners
from funnel_study.analysis.criteria import random_data_sets
from funnel_study.analysis.diagnostic_value import diagnostic_value, roc_curves
from funnel_study.analysis.divergences import divergences_and_errors
from funnel_study.analysis.lengths import lengths
from funnel_study.analysis.performance import comparisons, performance
from funnel_study.analysis.sweep import ESTIMANDS
from funnel_study.analysis.tail import work_by_tail
from funnel_study.analysis.work import errors_of_fits
from funnel_study.files.formats import read_netcdf
from funnel_study.files.tables import read_table, write_table
from funnel_study.run.job_errors import run
from funnel_study.run.json_option import add_json_option

TABLES = (
    *("errors", "answers", "winners", "performance", "comparisons", "lengths", "work_by_tail"),
    *("diagnostic_value", "roc", "divergences"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_json_option(parser, "--job", required=True, help="the scenarios, JSON (study.jobs)")
    parser.add_argument("--fits", required=True, help="the table of fits, CSV")
    parser.add_argument("--estimates", required=True, help="the table of estimates, CSV")
    parser.add_argument("--chain-errors", required=True, help="what each chain found, netCDF")
    for name in TABLES:
        option = f"--{name.replace('_', '-')}"
        parser.add_argument(option, required=True, help=f"the table {name} to write, CSV")
    arguments = parser.parse_args()
    job = arguments.job
    fits, estimates = read_table(arguments.fits), read_table(arguments.estimates)
    of_prefixes = errors_of_fits(
        {name: read_netcdf(arguments.chain_errors, name) for name in job["scenarios"]}
    )
    errors = of_prefixes[of_prefixes["draws"] == of_prefixes["draws"].max()]
    is_chosen = (errors["replicate"] == 0) & errors["scenario"].isin(job["chosen"])
    # errors of all data sets, averages over those that are a random sample
    found = {"errors": errors.assign(chosen=is_chosen)}
    fits, estimates, errors, of_prefixes = (
        random_data_sets(table, job["chosen"]) for table in (fits, estimates, errors, of_prefixes)
    )
    found["answers"] = answers(fits, estimates, errors)
    found["winners"] = winners(fits, estimates, errors, found["answers"])
    # a sweep has too many scenarios for tables of every theta
    chosen = ESTIMANDS if job.get("sweep") else None
    found["performance"] = performance(fits, estimates, errors, chosen)
    found["comparisons"] = comparisons(fits, estimates, errors, chosen)
    shown, of_prefixes = (
        table if chosen is None else table[table["estimand"].isin(chosen)]
        for table in (errors, of_prefixes)
    )
    found["lengths"] = lengths(of_prefixes)
    found["work_by_tail"] = work_by_tail(fits, estimates, shown)
    found["diagnostic_value"] = diagnostic_value(fits, estimates, errors)
    found["roc"] = roc_curves(fits, estimates, errors)
    found["divergences"] = divergences_and_errors(fits, estimates, errors)
    for name in TABLES:
        write_table(found[name], getattr(arguments, name))


if __name__ == "__main__":
    run(main)
