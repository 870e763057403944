"""The table of the faults and bad inputs that the tests try: docs/faults.md is made from a run.

A test that uses the fixture `tried` says with it, as its first step, what it tries and what should
happen. `pytest --faults FILE` writes the table of all such tests that ran: `make faults` runs these
tests only and writes docs/faults.md. After a run of all tests, `make test` compares that page with
what was tried (tests/unit/project/test_faults.py).
"""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

Tried = Callable[[str, str, str], None]
COMMITTED = Path(__file__).parents[1] / "docs/faults.md"
INTRODUCTION = """# Faults and bad inputs that are tested

`make faults` writes this page from a run of the tests. Each row is a test that does what the first
column says and finds what the second column says.
"""
# the end of a page on which no test is missing
COMPLETE = "<!-- complete -->"
ROW = re.compile(r"^\| (.+?) \| (.+) \|$")
# the temporary folder of a test, and the folder of the project
_OF_A_TEST = r"/\S*?/pytest-\d+/(?:popen-gw\d+/)?[^/\s]+/"
PLACES = re.compile(rf"{_OF_A_TEST}|{re.escape(str(COMMITTED.parents[1]))}/")
HEAD = ("What is tried", "What happens")


class Faults:
    """Collects what was tried, over all workers, and writes the table."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.found: dict[tuple[str, str, str], str] = {}
        self.silent = False  # whether a test was skipped before it said what it tries

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        said = any(name == "tried" for name, _ in report.user_properties)
        self.silent |= report.skipped and not said and "fault" in report.keywords
        for name, value in report.user_properties:
            if name == "tried":
                kind, what, outcome = value
                if report.failed:
                    self.found[kind, what, outcome] = "FAILED"
                elif report.skipped:
                    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
                    reason = reason.removeprefix("Skipped: ")
                    self.found[kind, what, outcome] = f"not tested here: {reason}"
                else:
                    self.found.setdefault((kind, what, outcome), outcome)

    @property
    def rows(self) -> set[tuple[str, str, str]]:
        return {(kind, what, came) for (kind, what, _), came in self.found.items()}

    def pytest_sessionfinish(self) -> None:
        path = Path(self.config.option.faults)
        path.parent.mkdir(parents=True, exist_ok=True)
        complete = self.of_all_faults() and not self.silent
        path.write_text(table(self.rows) + complete * f"{COMPLETE}\n", encoding="utf-8")

    def of_all_faults(self) -> bool:
        """Whether no test of a fault was left out by the arguments of this run."""
        option = self.config.option
        chosen = option.keyword or option.collectonly or option.deselect
        chosen = chosen or getattr(option, "lf", False)
        of_faults = option.markexpr in ("", "fault")
        return self.config.args_source == pytest.Config.ArgsSource.TESTPATHS and (
            of_faults and not chosen
        )


def table(rows: set[tuple[str, str, str]]) -> str:
    """The page: one section per kind, in alphabetical order, as are the rows of each."""
    lines = [INTRODUCTION]
    for kind in sorted({kind for kind, _, _ in rows}):
        lines += [f"## {kind}", "", _row(*HEAD), _row("---", "---")]
        lines += [_row(what, came) for each, what, came in sorted(rows) if each == kind]
        lines.append("")
    return "\n".join(lines)


def listed(page: str) -> set[tuple[str, str]]:
    """The kinds and the faults that a page lists."""
    found, kind = set(), ""
    for line in page.splitlines():
        if line.startswith("## "):
            kind = line.removeprefix("## ")
        elif (row := ROW.match(line)) and row[1] not in (HEAD[0], "---"):
            found.add((kind, row[1]))
    return found


def differences(page: str, run: str) -> list[str]:
    """What the page of a `run` of tests has and `page` lacks; the reverse, if it is complete."""
    tried, known = listed(run), listed(page)
    lines = [f"not on the page: {kind}: {what}" for kind, what in sorted(tried - known)]
    if run.rstrip().endswith(COMPLETE):
        lines += [f"not tried: {kind}: {what}" for kind, what in sorted(known - tried)]
    return lines


def _row(*cells: str) -> str:
    return "| " + " | ".join(map(_text, cells)) + " |"


def _text(said: str) -> str:
    """The text of a test on one line, without paths of this machine, escaped for Markdown."""
    said = " ".join(PLACES.sub("", said).split())
    shown = "".join(each if each.isprintable() else f"\\x{ord(each):02x}" for each in said)
    return re.sub(r"([|<`*_])", r"\\\1", shown)
