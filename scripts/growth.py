"""Run one study with more and more replicates, and measure how its time grows with its fits.

The outcome is results/growth/growth.md. Studies of an earlier call are deleted first.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from funnel_study.benchmark import growth
from funnel_study.benchmark.command_cost import Run, run
from funnel_study.files.tables import read_table, write_table
from funnel_study.files.whole_files import written_whole
from funnel_study.study import design
from funnel_study.study.read import read_study
from funnel_study.study.yaml_file import ConfigError, read_yaml_file

CHECKOUT = Path(__file__).parents[1]
FOLDER = Path("results", "growth")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, default=CHECKOUT / "config/growth.yaml")
    parser.add_argument("--replicates", type=int, nargs="+", default=[30, 300, 3_000])
    parser.add_argument(
        "--planned", type=int, default=30_000, help="replicates of a study that is only planned"
    )
    parser.add_argument("--planned-per-job", type=int, default=100)
    parser.add_argument("--cores", default="all", help="a number, or all")
    parser.add_argument(
        "--full", type=Path, help="a study of full length, to estimate its cost on a cluster"
    )
    arguments = parser.parse_args()
    try:
        study = read_study(read_yaml_file(arguments.config))
    except ConfigError as error:
        sys.exit(str(error))
    cells = len(design.cells(study))
    shutil.rmtree(FOLDER, ignore_errors=True)
    planned: dict[int, Run] = {}
    completed: dict[int, Run] = {}
    sizes = [(replicates, study.replicates_per_job) for replicates in arguments.replicates]
    for replicates, per_job in [*sizes, (arguments.planned, arguments.planned_per_job)]:
        fits, name = cells * replicates, f"growth-{replicates}"
        print(f"{fits:,} fits ...", flush=True)
        shutil.rmtree(Path("results", name), ignore_errors=True)
        # --config comes last, since it takes all words that follow it
        snakemake = [
            *(sys.executable, "-m", "snakemake", "--configfile", str(arguments.config)),
            *("--cores", arguments.cores),
        ]
        keys = [f"study={name}", f"replicates={replicates}", f"replicates_per_job={per_job}"]
        planned[fits] = measure(
            [*snakemake, "--dry-run", "--quiet", "all", "--config", *keys], f"{name}.plan.log"
        )
        if replicates in arguments.replicates:
            completed[fits] = measure([*snakemake, "--config", *keys], f"{name}.log")
    table = growth.growth_table(planned, completed)
    cluster = reporting = None
    if arguments.full and (arguments.full / "summary/timing.csv").exists():
        timing = read_table(arguments.full / "summary/timing.csv")
        measured_fits = len(read_table(arguments.full / "summary/fits.csv"))
        cluster = growth.cluster_cost(
            timing, measured_fits, cells * arguments.planned, arguments.planned_per_job
        )
    if len(completed) > 1:
        timings = {
            cells * replicates: read_table(f"results/growth-{replicates}/summary/timing.csv")
            for replicates in arguments.replicates
        }
        reporting = growth.reporting_cost(timings, cells * arguments.planned)
    write_table(table, FOLDER / "growth.csv")
    page = growth.markdown(table, arguments.cores, cluster, reporting)
    with written_whole(FOLDER / "growth.md") as temporary:
        temporary.write_text(page, encoding="utf-8")
    print(page)


def measure(command: list[str], log: str) -> Run:
    """Run a command and return its cost; end this program if it fails."""
    found = run(command, FOLDER / log)
    if found.problem:
        sys.exit(f"growth: {found.problem} (see {FOLDER / log})")
    return found


if __name__ == "__main__":
    main()
