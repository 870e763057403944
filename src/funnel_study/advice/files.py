"""Writing the files of the advice, and running its check."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from funnel_study.advice.advice import Advice
from funnel_study.advice.advice_page import page
from funnel_study.advice.check import Check, check, check_configuration, table_of
from funnel_study.advice.csv_file import DataError
from funnel_study.advice.figures import figures
from funnel_study.advice.programs import programs
from funnel_study.figures.theme import save
from funnel_study.files.tables import read_table, write_table
from funnel_study.files.whole_files import written_whole

_CHECKOUT = Path(__file__).resolve().parents[3]
# the folder of the check has a longer name, of at most 64 characters
_LONGEST_NAME = 50
# of the check
_CONFIGURATION, _OUTCOME = "check.yaml", "check.csv"


def name_of(path: Path) -> str:
    """Return the name of the folder for a file: its own, with - for what a name may not have."""
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", path.stem).strip("-_")[:_LONGEST_NAME]
    return name or "data"


def write_files(advice: Advice, folder: Path, checked: Check | None = None) -> None:
    """Write the tables, programs, figures and page of the advice."""
    tables = {"advice.csv": advice.of_groups, "population.csv": advice.population}
    texts = {name: table.to_csv(index=False) for name, table in tables.items()}
    for name, text in {**texts, **programs(advice)}.items():
        _write(folder / name, text)
    drawn = {}
    for name, figure in figures(advice).items():
        path = folder / f"figures/{name}.svg"
        save(figure.plot, path)
        drawn[name] = (figure, path)
    _write(folder / "index.html", page(advice, drawn, checked))


def run_check(configuration: Mapping[str, Any], folder: Path, cores: str) -> Check:
    """Run the study of `check.check_configuration`; it and the outcome become files of `folder`.

    Raises DataError, with one line, if Snakemake fails.
    """
    file, outcome = folder / _CONFIGURATION, folder / _OUTCOME
    outcome.unlink(missing_ok=True)
    _write(file, yaml.safe_dump(dict(configuration), sort_keys=False))
    summary = Path("results", configuration["study"], "summary")
    tables = [summary / "answers.csv", summary / "comparisons.csv"]
    command = [
        *(sys.executable, "-m", "snakemake", "--snakefile", str(_CHECKOUT / "Snakefile")),
        *("--configfile", str(file), "--cores", cores, "--", *map(str, tables)),
    ]
    # at Ctrl-C, Snakemake ends first and says how to continue
    before = signal.signal(signal.SIGINT, lambda *_: None)
    code = subprocess.run(command, check=False).returncode
    signal.signal(signal.SIGINT, before)
    if code:
        raise DataError(f"CHECK: Snakemake ended with exit code {code}; its messages are above")
    answers, comparisons = map(read_table, tables)
    table = table_of(answers, comparisons, date.today().isoformat())
    write_table(table, outcome)
    return check(table)


def earlier_check(advice: Advice, folder: Path) -> Check | None:
    """Return the outcome of an earlier check of the same data with the same priors, if any."""
    try:
        stored = yaml.safe_load((folder / _CONFIGURATION).read_text(encoding="utf-8"))
        replicates = stored["replicates"]
        same = stored == check_configuration(advice, replicates)
        return check(read_table(folder / _OUTCOME)) if same else None
    except (OSError, DataError):
        return None


def _write(path: Path, text: str) -> None:
    with written_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
