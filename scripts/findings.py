"""Write the findings of studies into docs/ and README.md, from their tables."""

import argparse
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from funnel_study.advice import gain
from funnel_study.analysis import landscape as landscape_tables
from funnel_study.analysis.score import scores
from funnel_study.figures.samplers import work_by_sampler
from funnel_study.figures.theme import save
from funnel_study.files.formats import read_netcdf
from funnel_study.files.tables import read_table
from funnel_study.files.whole_files import written_whole
from funnel_study.report.docs_pages import (
    findings_page,
    headline,
    settings_page,
)
from funnel_study.report.landscape_section import landscape_page
from funnel_study.report.readme_answer import readme_answer
from funnel_study.report.samplers_page import of_scenarios, ratios, samplers_page
from funnel_study.report.units_page import units_page
from funnel_study.run.job_errors import run
from funnel_study.study.design import has_chosen
from funnel_study.study.read import read_study
from funnel_study.study.schema import Study
from funnel_study.study.yaml_file import read_yaml_file

CHECKOUT = Path(__file__).parents[1]
FIGURES = ("work.svg", "work_by_tau.png", "density_of_log_tau.svg")
TABLES = ("answers", "winners", "performance", "comparisons", "work_by_tail")
UNITS_TABLES = ("fits", "estimates", "errors", "comparisons", "sweep")
LANDSCAPE_TABLES = ("fits", *landscape_tables.TABLES)
SAMPLERS_TABLES = ("fits", "chains", "answers")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name, of in (
        ("study", "of the study of the findings, for example results/many-seeds"),
        ("diagnostics", "of the study of diagnostics"),
        ("landscape", "of the study with a space-filling design"),
        ("units", "of the study that sweeps the unit"),
        ("samplers", "of the study of better samplers"),
    ):
        parser.add_argument(f"--{name}", type=Path, help=f"the folder {of}, if it was run")
    parser.add_argument(
        "--settings",
        type=Path,
        nargs="*",
        default=[],
        help="the folders of the studies that sweep a setting of the sampler, if they were run",
    )
    parser.add_argument("--checkout", type=Path, default=CHECKOUT, help="the folder of README.md")
    arguments = parser.parse_args()
    study, value, landscape, units, samplers = (
        folder if folder and _is_finished(folder) else None
        for folder in (
            *(arguments.study, arguments.diagnostics, arguments.landscape),
            *(arguments.units, arguments.samplers),
        )
    )
    settings = [folder for folder in arguments.settings if _is_finished(folder)]
    if not (study or landscape or units or samplers or settings):
        named = [arguments.study, arguments.landscape, arguments.units]
        named += [arguments.samplers, *arguments.settings]
        sys.exit(f"none of {', '.join(map(str, named))} has a finished study")
    readme, docs = arguments.checkout / "README.md", arguments.checkout / "docs"
    if study:
        tables = _tables(study, TABLES)
        diagnostics = _tables(value, ["diagnostic_value"])["diagnostic_value"] if value else None
        of_study = read_study(read_yaml_file(study / "config.yaml"))
        found = _scores(study, of_study)
        whole = found[found["draws"] == found["draws"].max()]
        tables["scores"] = whole.assign(point=whole["replicate"])
        text, opening = readme.read_text(encoding="utf-8"), headline(tables, of_study.sampling)
        _write(readme, with_text(text, "findings", opening))
        _write(docs / "findings.md", findings_page(study.name, tables, opening, diagnostics))
        for figure in FIGURES:
            shutil.copyfile(study / "figures" / figure, docs / figure)
    if landscape:
        text = readme.read_text(encoding="utf-8")
        tables = _tables(landscape, LANDSCAPE_TABLES)
        shipped = read_study(read_yaml_file(CHECKOUT / f"config/{landscape.name}.yaml"))
        _write(readme, with_text(text, "answer", readme_answer(tables, shipped.sampling)))
        _write(docs / "landscape.md", landscape_page(shipped, tables))
        shutil.copyfile(landscape / "figures/landscape.svg", docs / "landscape.svg")
        of_advice = arguments.checkout / gain.FILE.relative_to(CHECKOUT)
        with written_whole(of_advice) as temporary:
            temporary.write_bytes(gain.shipped(tables["landscape"]))
    if settings:
        sweeps = {folder.name: read_table(folder / "summary/sweep.csv") for folder in settings}
        _write(docs / "settings.md", settings_page(sweeps))
    if units:
        tune = read_study(read_yaml_file(units / "config.yaml")).sampling.tune
        _write(docs / "units.md", units_page(units.name, _tables(units, UNITS_TABLES), tune))
        shutil.copyfile(units / "figures/sweep_units.svg", docs / "units.svg")
    if samplers:
        of_samplers = read_study(read_yaml_file(samplers / "config.yaml"))
        found = ratios(_scores(samplers, of_samplers))
        tables = _tables(samplers, SAMPLERS_TABLES)
        page = samplers_page(samplers.name, tables, found, of_samplers.sampling)
        _write(docs / "samplers.md", page)
        save(work_by_sampler(of_scenarios(found)), docs / "samplers.svg")


def _is_finished(study: Path) -> bool:
    return (study / "summary").exists()


def _tables(study: Path, names: Iterable[str]) -> dict[str, pd.DataFrame]:
    return {name: read_table(study / f"summary/{name}.csv") for name in names}


def _scores(folder: Path, study: Study) -> pd.DataFrame:
    """Return the scores of the fits of random data sets, which a published one is not."""
    errors = folder / "summary/chain_errors.nc"
    return scores(
        {
            each.name: read_netcdf(errors, each.name).sel(
                replicate=slice(int(has_chosen(study, each)), None)
            )
            for each in study.scenarios
        }
    )


def _write(path: Path, content: str) -> None:
    with written_whole(path) as temporary:
        temporary.write_text(content, encoding="utf-8")


def with_text(readme: str, name: str, text: str) -> str:
    """The text of README.md with `text` between its markers `name`.

    Ends the process with one line if the markers are missing.
    """
    first, last = markers(name)
    before, begin, rest = readme.partition(first)
    _, end, after = rest.partition(last)
    if not (begin and end):
        sys.exit(f"README.md: the lines {first.strip()} and {last.strip()} are missing")
    return f"{before}{begin}{text}{end}{after}"


def markers(name: str) -> tuple[str, str]:
    """The lines in README.md before and after the text `name`."""
    return f"<!-- {name} -->\n", f"<!-- /{name} -->\n"


if __name__ == "__main__":
    run(main)
