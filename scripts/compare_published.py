"""Compare the fits of the published data with what was published."""

import argparse
from pathlib import Path

import yaml

from funnel_study.files.tables import read_table, write_table
from funnel_study.files.whole_files import written_whole
from funnel_study.published.conclusions import findings
from funnel_study.published.numbers import comparison
from funnel_study.report.parts import filled
from funnel_study.report.problems import stuck_chains
from funnel_study.run.job_errors import run
from funnel_study.run.json_option import add_json_option


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_json_option(parser, "--job", help="the fits to compare, JSON (study.jobs)")
    parser.add_argument("--facts", required=True, help="what was published, YAML")
    parser.add_argument("--fits", required=True, help="the table of fits, CSV")
    parser.add_argument("--chains", required=True, help="the table of chains, CSV")
    parser.add_argument("--estimates", required=True, help="the table of estimates, CSV")
    parser.add_argument("--published", required=True, help="the table of numbers to write, CSV")
    parser.add_argument("--findings", required=True, help="the table of findings to write, CSV")
    parser.add_argument("--page", required=True, help="both, to write as a page, Markdown")
    arguments = parser.parse_args()
    job = arguments.job
    facts = yaml.safe_load(Path(arguments.facts).read_text(encoding="utf-8"))
    fits, chains, estimates = (
        table[
            table["scenario"].isin(job["scenarios"])
            & (job["same_data"] | (table["replicate"] == 0))
        ]
        for table in map(read_table, (arguments.fits, arguments.chains, arguments.estimates))
    )
    fits = fits.assign(draws=job["draws"])
    numbers = comparison(fits, chains, facts)
    found = findings(fits, chains, estimates, facts)
    write_table(numbers, arguments.published)
    write_table(found, arguments.findings)
    stuck = stuck_chains(chains)
    page = filled("published.md.jinja", numbers=numbers, findings=found, stuck=stuck)
    with written_whole(arguments.page) as temporary:
        temporary.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    run(main)
