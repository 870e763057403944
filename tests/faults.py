"""The table of the faults and bad inputs that the tests try: docs/faults.md is made of their run.

A test says by the fixture `tried`, as its first step, what it tries and what should come of it.
`pytest --faults FILE` writes the table of all tests that ran. A run of all tests fails if what it
tried is not what docs/faults.md lists.
"""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

Tried = Callable[[str, str, str], None]
COMMITTED = Path(__file__).parents[1] / "docs/faults.md"
INTRODUCTION = """# Faults and bad inputs that were tried

Written by `make faults` from a run of the tests: each row is a test that did what the first column
says, and found what the second says.
"""
ROW = re.compile(r"^\| (.+?) \| (.+) \|$")
# the folders of tests, and the project's own
_OF_A_TEST = r"/\S*?/pytest-\d+/(?:popen-gw\d+/)?[^/\s]+/"
PLACES = re.compile(rf"{_OF_A_TEST}|{re.escape(str(COMMITTED.parents[1]))}/")
HEAD = ("Tried", "What came of it")


class Faults:
    """Collects what was tried, over all workers, and writes or checks the table."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.found: dict[tuple[str, str, str], str] = {}
        self.silent = False  # whether a test was skipped before it said what it tries

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        said = any(name == "tried" for name, _ in report.user_properties)
        self.silent |= report.skipped and not said
        for name, value in report.user_properties:
            if name == "tried":
                kind, what, outcome = value
                if report.failed:
                    self.found[kind, what, outcome] = "FAILED"
                elif report.skipped:
                    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
                    reason = reason.removeprefix("Skipped: ")
                    self.found[kind, what, outcome] = f"not tried here: {reason}"
                else:
                    self.found.setdefault((kind, what, outcome), outcome)

    @property
    def rows(self) -> set[tuple[str, str, str]]:
        return {(kind, what, came) for (kind, what, _), came in self.found.items()}

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        option = self.config.option
        if option.faults:
            Path(option.faults).write_text(table(self.rows), encoding="utf-8")
        elif self.of_all_tests():
            committed = COMMITTED.read_text(encoding="utf-8") if COMMITTED.exists() else ""
            found = listed(table(self.rows))
            self.difference = found - listed(committed)
            if not self.silent:
                self.difference |= listed(committed) - found
            if self.difference and session.exitstatus == pytest.ExitCode.OK:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for kind, what in sorted(getattr(self, "difference", ())):
            terminalreporter.write_line(
                f"docs/faults.md is not of this run (make faults): {kind}: {what}", red=True
            )

    def of_all_tests(self) -> bool:
        option = self.config.option
        chosen = option.keyword or option.markexpr or option.lf or option.collectonly
        return self.config.args_source == pytest.Config.ArgsSource.TESTPATHS and not chosen


def table(rows: set[tuple[str, str, str]]) -> str:
    """The page: a section a kind, in the order of the alphabet, as are the rows of each."""
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


def _row(*cells: str) -> str:
    return "| " + " | ".join(map(_text, cells)) + " |"


def _text(said: str) -> str:
    """What a test said, on one line, without the places of this machine, as Markdown shows it."""
    said = " ".join(PLACES.sub("", said).split())
    shown = "".join(each if each.isprintable() else f"\\x{ord(each):02x}" for each in said)
    return re.sub(r"([|<`*_])", r"\\\1", shown)
