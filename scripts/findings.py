"""Write the answer and the main figure of a study into README.md and docs/, from its results."""

import argparse
import shutil
import sys
import textwrap
from pathlib import Path

from funnel.report.answer_text import sentences
from funnel.running.job_errors import run
from funnel.storage.tables import read_table
from funnel.storage.whole_files import written_whole

CHECKOUT = Path(__file__).parents[1]
FIGURE = "density_of_log_tau.svg"
WIDTH = 100
BEGIN, END = "<!-- answer -->\n", "<!-- /answer -->\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "study", type=Path, help="the folder of the study, for example results/default"
    )
    parser.add_argument("--checkout", type=Path, default=CHECKOUT, help="the folder of README.md")
    arguments = parser.parse_args()
    readme, figure = arguments.checkout / "README.md", arguments.study / "figures" / FIGURE
    answers = read_table(arguments.study / "summary/answers.csv")
    text = with_answer(readme.read_text(encoding="utf-8"), list(sentences(answers).items()))
    with written_whole(readme) as temporary:
        temporary.write_text(text, encoding="utf-8")
    shutil.copyfile(figure, arguments.checkout / "docs" / FIGURE)


def with_answer(readme: str, answers: list[tuple[tuple[str, str], str]]) -> str:
    """The text of README.md with these answers, by scenario and sampler, between its markers.

    Ends the process with one line if the markers are missing.
    """
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        sys.exit(f"README.md: the lines {BEGIN.strip()} and {END.strip()} are missing")
    wrap = textwrap.TextWrapper(WIDTH, subsequent_indent="  ", break_on_hyphens=False)
    items = (wrap.fill(f"- **{scenario}**: {text}") for (scenario, _), text in answers)
    return "\n".join([before + begin.rstrip(), *items, end + after])


if __name__ == "__main__":
    run(main)
