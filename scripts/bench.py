"""Measure Funnel against the programs that its users would run instead, on the same data.

The outcome is results/bench/bench.md; results/bench/run has what was run. Earlier files there are
deleted first.
"""

from __future__ import annotations

import argparse
import platform
import shutil
import sys
from pathlib import Path

import pandas as pd
from snakemake.utils import available_cpu_count

from funnel.parameterizations import names
from funnel_study.benchmark import tables
from funnel_study.benchmark.results_page import figure, markdown
from funnel_study.benchmark.runs import CHECKOUT, measure_funnel, measure_peer
from funnel_study.benchmark.tables import LABELS, OWN, PEERS
from funnel_study.figures.theme import save
from funnel_study.files.tables import write_table
from funnel_study.files.whole_files import written_whole
from funnel_study.study.read import read_study
from funnel_study.study.yaml_file import ConfigError, read_yaml_file

FOLDER = Path("results", "bench")


def main() -> None:
    config = read_yaml_file(CHECKOUT / "config/bench.yaml")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replicates", type=int, default=4, help="data sets per cell of each peer")
    parser.add_argument("--draws", type=int, default=2_000, help="draws per chain")
    parser.add_argument("--cores", default="all", help="a number, or all")
    parser.add_argument("--peers", nargs="*", choices=PEERS, default=list(PEERS))
    parser.add_argument("--samplers", nargs="+", choices=OWN, default=list(OWN), help="of Funnel")
    parser.add_argument(
        "--parameterizations",
        nargs="+",
        choices=names(),
        default=config["parameterizations"],
        help="those of Funnel; each peer runs its own among them",
    )
    arguments = parser.parse_args()
    if arguments.cores != "all" and not (arguments.cores.isdigit() and int(arguments.cores)):
        sys.exit(f"bench: cores = {arguments.cores!r}: must be a number, 1 or more, or all")
    cores = available_cpu_count() if arguments.cores == "all" else int(arguments.cores)
    # Funnel fits more data sets than its peers, since its jobs start once for many fits
    config["replicates"] = max(config["replicates"], arguments.replicates)
    config["sampling"]["draws"] = arguments.draws
    config["parameterizations"] = arguments.parameterizations
    try:
        sampling = read_study(config).sampling
    except ConfigError as error:
        sys.exit(str(error))
    run = FOLDER / "run"
    shutil.rmtree(run, ignore_errors=True)
    measured = []
    for sampler in arguments.samplers:
        print(f"{LABELS[OWN[sampler]]} ...", flush=True)
        own = {**config, "samplers": [sampler]}
        try:
            study, fits = measure_funnel(run / OWN[sampler], own, cores)
        except RuntimeError as error:
            sys.exit(f"bench: {error}")
        measured.append(fits)
    for name in arguments.peers:
        print(f"{LABELS[name]} ...", flush=True)
        peer = PEERS[name]
        fits = measure_peer(name, peer, run / name, study, arguments.replicates, cores)
        measured.append(fits)
    fits = pd.concat(measured, ignore_index=True)
    cells = tables.cells(fits)
    peers = tables.peers(fits, cells)
    fact = (
        f"{platform.system()}, {platform.machine()}, {cores} cores; {sampling.chains} chains, "
        f"{sampling.tune} tuning iterations and {sampling.draws} draws each, target_accept "
        f"{sampling.target_accept}."
    )
    for name, table in {"fits": fits[tables.FIT_COLUMNS], "cells": cells, "peers": peers}.items():
        write_table(table, FOLDER / f"{name}.csv")
    page = markdown(peers, cells, [fact])
    with written_whole(FOLDER / "bench.md") as temporary:
        temporary.write_text(page, encoding="utf-8")
    save(figure(cells), FOLDER / "bench.svg", FOLDER / "bench.png")
    print(page)


if __name__ == "__main__":
    main()
