"""Write docs/real-data.md: parameterizations on real data, and published posteriors."""

import argparse
from pathlib import Path

import yaml

from funnel.priors import Priors
from funnel_study.analysis.score import scores
from funnel_study.files.formats import read_netcdf
from funnel_study.files.tables import read_table
from funnel_study.files.whole_files import written_whole
from funnel_study.published.audit import audit
from funnel_study.published.meta_analyses import data_table
from funnel_study.report.real_data_page import real_data_page
from funnel_study.run.job_errors import run

CHECKOUT = Path(__file__).parents[1]
TABLES = ("fits", "chains")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "study", type=Path, help="the folder of the study, for example results/meta-analyses"
    )
    parser.add_argument("--checkout", type=Path, default=CHECKOUT, help="the folder of README.md")
    arguments = parser.parse_args()
    resources = CHECKOUT / "workflow/resources"
    entries, posteriors = (
        yaml.safe_load((resources / f"{name}.yaml").read_text(encoding="utf-8"))
        for name in ("meta-analyses", "published-posteriors")
    )
    config = yaml.safe_load((arguments.study / "config.yaml").read_text(encoding="utf-8"))
    tables = {name: read_table(arguments.study / f"summary/{name}.csv") for name in TABLES}
    fitted = set(tables["fits"]["scenario"])
    errors = arguments.study / "summary/chain_errors.nc"
    tables["scores"] = scores({name: read_netcdf(errors, name) for name in sorted(fitted)})
    known = [entry for entry in entries if entry["name"] in fitted]
    tables["data"] = data_table(known, Priors(**config["priors"]))
    text = real_data_page(tables, audit(posteriors))
    with written_whole(arguments.checkout / "docs/real-data.md") as temporary:
        temporary.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    run(main)
