"""The table of faults is made from a run of tests, in several processes."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from faults import COMMITTED, COMPLETE, INTRODUCTION, differences, listed, table

TESTS = """
import pytest

@pytest.mark.parametrize("n", [1, 2])
def test_passes(tried, n):
    tried("Local run", f"a file of {n} bytes", "it is refused")

def test_fails(tried):
    tried("Local run", "a full disk", "it is refused")
    assert False

def test_is_skipped(tried):
    tried("Slurm", "a lost job", "it is run again")
    pytest.skip("no Slurm")

def test_fails_before():
    assert False
"""


def test_the_table_says_what_came_of_each(repository: Path, tmp_path: Path) -> None:
    for name in ("conftest.py", "faults.py"):
        shutil.copy(repository / "tests" / name, tmp_path)
    (tmp_path / "test_some.py").write_text(TESTS)
    pages = []
    for workers in ("0", "2"):
        done = subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-n", workers),
                *(
                    "--rootdir",
                    ".",
                    "-c",
                    os.devnull,
                    "-o",
                    "testpaths=test_some.py",
                    "--faults",
                    "faults.md",
                ),
            ],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(repository / "src")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert "2 failed, 2 passed, 1 skipped" in done.stdout, done.stdout + done.stderr
        pages.append((tmp_path / "faults.md").read_text())
    assert pages[0] == pages[1]
    text, end = pages[0].removeprefix(INTRODUCTION).split(COMPLETE)
    assert end == "\n"
    assert text == (
        "\n## Local run\n\n| What is tried | What happens |\n| --- | --- |\n"
        "| a file of 1 bytes | it is refused |\n| a file of 2 bytes | it is refused |\n"
        "| a full disk | FAILED |\n\n"
        "## Slurm\n\n| What is tried | What happens |\n| --- | --- |\n"
        "| a lost job | not tested here: no Slurm |\n"
    )


def test_what_a_page_lists_is_found_again() -> None:
    rows = {("A", "x | y", "one\nline"), ("A", "z", "FAILED"), ("B", "z", "fine")}
    assert listed(table(rows)) == {("A", r"x \| y"), ("A", "z"), ("B", "z")}
    assert "one line" in table(rows)


def test_a_page_holds_no_place_of_this_machine_and_no_markup(tmp_path: Path) -> None:
    said = f"{tmp_path / 'x.nc'}: <b> and \udcff and a\x00b, `rm *`"
    (line,) = (each for each in table({("A", "it", said)}).splitlines() if each.startswith("| it"))
    assert line == r"| it | x.nc: \<b> and \xdcff and a\x00b, \`rm \*\` |"


def test_a_page_is_compared_with_a_run() -> None:
    one, two, three = (("A", what, "fine") for what in ("x", "y", "z"))
    page, run = table({one, two}), table({two, three})
    assert differences(page, page + COMPLETE) == []
    assert differences(page, run) == ["not on the page: A: z"]
    assert differences(page, f"{run}{COMPLETE}\n") == [
        *("not on the page: A: z", "not tried: A: x")
    ]


def test_docs_list_the_faults_that_the_last_run_tried(request: pytest.FixtureRequest) -> None:
    file = request.config.option.check_faults
    if file is None:
        pytest.skip("needs the table of a run of all tests, as make test does")
    page, run = COMMITTED.read_text(encoding="utf-8"), Path(file).read_text(encoding="utf-8")
    assert differences(page, run) == [], "docs/faults.md differs from the tests: run make faults"
