"""The page and the files of the advice."""

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pandas as pd
import pytest

import advise as entry
from funnel_study.advice.advice import Advice, terminal_summary
from funnel_study.advice.figures import figures
from funnel_study.advice.files import write_files
from funnel_study.advice.programs import FILES


@pytest.fixture
def folder(advice: Callable[..., Advice], tmp_path: Path) -> Path:
    write_files(advice(), tmp_path / "schools")
    return tmp_path / "schools"


def test_the_page_has_the_advice_and_the_programs_and_needs_no_other_file(
    folder: Path,
) -> None:
    estimands = list(pd.read_csv(folder / "population.csv")["estimand"])
    assert estimands == ["mu", "tau", "log_tau", "theta[new]", "I^2"]
    assert len(pd.read_csv(folder / "advice.csv")) == 8
    text = (folder / "index.html").read_text()
    assert (
        "and 'se' its standard error; 8 groups, named by 'label'. First row: A, y = 28"
        in unescape(text)
    )
    assert "No sampling is needed" in text
    assert not re.findall(r'<script|(?:src|href)="https?:', text)
    blocks = dict(re.findall(r'(?s)<pre tabindex="0" aria-label="([^"]*)">(.*?)</pre>', text))
    for name in FILES:
        assert unescape(blocks[name]) == (folder / name).read_text().rstrip()


def test_labels_are_text_everywhere(advice: Callable[..., Advice], tmp_path: Path) -> None:
    found = advice(
        'label,y,se\n<script>alert(1)</script>,1,2\n$x^2$,3,4\n"a ""b"" {{c}}",5,1\n$,2,2\n'
    )
    write_files(found, tmp_path / "out")
    text = (tmp_path / "out/index.html").read_text()
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert "{{c}}" in text
    # the text of a figure is drawn as paths, with the text itself as a comment
    drawn = (tmp_path / "out/figures/forest.svg").read_text()
    comments = set(re.findall(r"<!-- (.*?) -->", drawn))
    assert {r"\$x^2\$", r"\$"} <= comments or {"$x^2$", "$"} <= comments


def test_extreme_data_are_drawn(advice: Callable[..., Advice]) -> None:
    data = "y,se\n1e20,1e20\n2e20,1e20\n3e20,1e20\n"
    found = advice(data, tau="half_cauchy:1e20", mu="normal:0:1e20")
    for figure in figures(found).values():
        figure.plot.draw()
    assert terminal_summary(found)


def test_the_entry_script_prints_a_summary(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("far.csv").write_text("y;se\n101,5;1\n102,5;1\n")
    monkeypatch.setattr("sys.argv", ["advise.py", "far.csv", "--mu-prior", "normal:0:5"])
    entry.main()
    output = capsys.readouterr().out.splitlines()
    assert output[0].startswith("far.csv: 'y' is the effect of each group, and 'se' its standard")
    assert output[0].endswith("First row: y = 101.5, se = 1.")
    assert "tau ~ HalfNormal(2.5), whose scale is 2.5 times the spread" in output[-4]
    assert output[-3].startswith("Warning: The mean of the effects, 102, contradicts the prior")
    assert output[-1] == "The page is results/advice/far/index.html"
    assert Path("results/advice/far/index.html").exists()
