"""Advise on a user's own data: the exact posterior, and programs for models that grow from it."""

import argparse
import shlex
import sys
from dataclasses import replace
from pathlib import Path

from funnel_study.advice.advice import advise, terminal_summary
from funnel_study.advice.check import REPLICATES, check_configuration
from funnel_study.advice.csv_file import DataError
from funnel_study.advice.files import earlier_check, name_of, run_check, write_files
from funnel_study.advice.gain import gain
from funnel_study.advice.groups import OPTIONS, read_groups
from funnel_study.advice.priors import choose, suited
from funnel_study.run.job_errors import run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="a CSV file, such as one with columns y and se")
    parser.add_argument(
        "options",
        nargs="*",
        metavar="NAME=VALUE",
        help=f"how to read it: {', '.join(OPTIONS)}, most of which name a column",
    )
    parser.add_argument(
        "--tau-prior",
        default="",
        help="half_normal:SCALE, half_cauchy:SCALE, half_t:DF:SCALE, exponential:SCALE or "
        "uniform:UPPER; by default half-normal, with a scale from the data",
    )
    parser.add_argument(
        "--mu-prior",
        default="",
        help="normal:MEAN:SD or flat; by default normal, wide around the data",
    )
    parser.add_argument(
        "--sigma-prior",
        default="",
        help="that of an unknown standard deviation of observations, as for tau",
    )
    parser.add_argument("--check", action="store_true", help="fit the data to check the advice")
    parser.add_argument("--cores", default="all", help="those of the check: a number, or all")
    parser.add_argument(
        "--replicates",
        type=int,
        default=REPLICATES,
        help="the fits of the check by each parameterization (default: %(default)s)",
    )
    arguments = parser.parse_args()
    path = arguments.data
    try:
        options = [each.partition("=")[::2] for each in arguments.options]
        groups = read_groups(path, dict(options))
        priors = choose(groups, arguments.tau_prior, arguments.mu_prior, arguments.sigma_prior)
        advice = advise(name_of(path), path.name, groups, priors)
        if better := suited(groups, priors):
            given = [f"{name}={text}" for name, text in options if text]
            given += [f"MU_PRIOR={arguments.mu_prior}"] if arguments.mu_prior else []
            line = ["make", "advise", f"DATA={path}", *given, better]
            advice = replace(advice, rerun=shlex.join(line))
        else:
            advice = replace(advice, gain=gain(advice))
        configuration = None
        if arguments.check:
            if arguments.replicates < 2:
                raise DataError(f"--replicates = {arguments.replicates}: must be 2 or more")
            configuration = check_configuration(advice, arguments.replicates)
        folder = Path("results/advice", advice.name)
        checked = earlier_check(advice, folder)
        if configuration is not None:
            write_files(advice, folder)
            checked = run_check(configuration, folder, arguments.cores)
        if checked:
            advice = replace(advice, instead=checked.instead)
        write_files(advice, folder, checked)
    except DataError as error:
        sys.exit(str(error))
    print(terminal_summary(advice, checked.sentence if checked else ""))
    print(f"The page is {folder / 'index.html'}")


if __name__ == "__main__":
    run(main)
