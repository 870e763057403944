"""Run one study with more and more replicates, and measure how its time grows with its fits.

The outcome is results/growth/growth.md. Studies of an earlier call are deleted first.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from funnel_study.benchmark.command_cost import Run, run
from funnel_study.benchmark.growth import cluster_cost, growth_table, markdown, reporting_cost
from funnel_study.files.tables import read_table, write_table
from funnel_study.files.whole_files import written_whole
from funnel_study.study import design
from funnel_study.study.read import read_study
from funnel_study.study.yaml_file import read_yaml_file

CONFIG = Path(__file__).parents[1] / "config/growth.yaml"
FOLDER = Path("results", "growth")
REPLICATES = (30, 300, 3_000)
PLANNED = 30_000  # replicates of a study that is only planned


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cores", default="all", help="a number, or all")
    parser.add_argument(
        "--full", type=Path, required=True, help="a study of full length, for the cost on a cluster"
    )
    arguments = parser.parse_args()
    study = read_study(read_yaml_file(CONFIG))
    cells = len(design.cells(study))
    shutil.rmtree(FOLDER, ignore_errors=True)
    studies, timings = [], {}
    for replicates in (*REPLICATES, PLANNED):
        fits, name = cells * replicates, f"growth-{replicates}"
        print(f"{fits:,} fits ...", flush=True)
        shutil.rmtree(Path("results", name), ignore_errors=True)
        snakemake = [sys.executable, "-m", "snakemake", "--configfile", str(CONFIG)]
        snakemake += ["--cores", arguments.cores]
        # --config comes last, since it takes all words that follow it
        keys = ["--config", f"study={name}", f"replicates={replicates}"]
        planning = measure([*snakemake, "--dry-run", "--quiet", "all", *keys], f"{name}.plan.log")
        row = {"fits": fits, "planning_seconds": planning.seconds}
        if replicates != PLANNED:
            row |= measure([*snakemake, *keys], f"{name}.log")._asdict()
            timings[fits] = read_table(f"results/{name}/summary/timing.csv")
        studies.append(row)
    table = growth_table(studies)
    cluster = None
    if (arguments.full / "summary/timing.csv").exists():
        timing = read_table(arguments.full / "summary/timing.csv")
        measured_fits = len(read_table(arguments.full / "summary/fits.csv"))
        fits = cells * PLANNED
        cluster = {
            **cluster_cost(timing, measured_fits, fits, study.replicates_per_job),
            **reporting_cost(timings, fits),
        }
    write_table(table, FOLDER / "growth.csv")
    page = markdown(table, arguments.cores, cluster)
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
