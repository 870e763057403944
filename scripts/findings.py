"""Write the findings of a study into docs/findings.md and README.md, from its tables."""

import argparse
import shutil
import sys
import textwrap
from pathlib import Path

from funnel.report.findings import headline, page
from funnel.running.job_errors import run
from funnel.storage.tables import read_table
from funnel.storage.whole_files import written_whole

CHECKOUT = Path(__file__).parents[1]
FIGURES = ("work.svg", "work_by_tau.svg", "density_of_log_tau.svg")
TABLES = ("answers", "winners", "performance", "comparisons", "work_by_tail")
WIDTH = 100
BEGIN, END = "<!-- findings -->\n", "<!-- /findings -->\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "study", type=Path, help="the folder of the study, for example results/many-seeds"
    )
    parser.add_argument(
        "--diagnostics", type=Path, help="the folder of the study of diagnostics, if it was run"
    )
    parser.add_argument("--checkout", type=Path, default=CHECKOUT, help="the folder of README.md")
    arguments = parser.parse_args()
    summary = arguments.study / "summary"
    tables = {name: read_table(summary / f"{name}.csv") for name in TABLES}
    value = None
    if arguments.diagnostics and arguments.diagnostics.exists():
        value = read_table(arguments.diagnostics / "summary/diagnostic_value.csv")
    readme, docs = arguments.checkout / "README.md", arguments.checkout / "docs"
    text = with_findings(readme.read_text(encoding="utf-8"), headline(tables))
    for path, content in (
        (docs / "findings.md", wrapped(page(arguments.study.name, tables, value))),
        (readme, text),
    ):
        with written_whole(path) as temporary:
            temporary.write_text(content, encoding="utf-8")
    for figure in FIGURES:
        shutil.copyfile(arguments.study / "figures" / figure, docs / figure)


def wrapped(markdown: str) -> str:
    """Wrap the paragraphs of a page, but neither tables, headings nor images."""
    blocks = markdown.rstrip("\n").split("\n\n")
    wrap = textwrap.TextWrapper(WIDTH, break_on_hyphens=False, break_long_words=False)
    return (
        "\n\n".join(
            block if block.startswith(("|", "#", "![")) else wrap.fill(block) for block in blocks
        )
        + "\n"
    )


def with_findings(readme: str, findings: list[tuple[str, str]]) -> str:
    """The text of README.md with these findings, each with its name, between its markers.

    Ends the process with one line if the markers are missing.
    """
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        sys.exit(f"README.md: the lines {BEGIN.strip()} and {END.strip()} are missing")
    wrap = textwrap.TextWrapper(WIDTH, subsequent_indent="  ", break_on_hyphens=False)
    items = (wrap.fill(f"- **{name}**: {text}") for name, text in findings)
    return "\n".join([before + begin.rstrip(), *items, end + after])


if __name__ == "__main__":
    run(main)
