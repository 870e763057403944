"""The page and the files of the advice."""

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import advise as entry
from funnel_study.advice.advice import Advice, recommendation, terminal_summary
from funnel_study.advice.advice_page import check_parts
from funnel_study.advice.check import Check
from funnel_study.advice.figures import MOST_ROWS, density_of_tau, figures, forest
from funnel_study.advice.files import write_files
from funnel_study.advice.programs import FILES

MANY = "group,y\n" + "".join(f"g{k},{(k * 7) % 11}\ng{k},{(k * 5) % 13}\n" for k in range(150))


@pytest.fixture
def folder(advice: Callable[..., Advice], tmp_path: Path) -> Path:
    write_files(advice(), tmp_path / "schools")
    return tmp_path / "schools"


def test_the_page_has_the_advice_and_the_programs_and_needs_no_other_file(
    advice: Callable[..., Advice], folder: Path
) -> None:
    assert list(pd.read_csv(folder / "population.csv")["estimand"]) == ["mu", "tau", "log_tau"]
    assert len(pd.read_csv(folder / "advice.csv")) == 8
    text = (folder / "index.html").read_text()
    assert f'<p class="lead">{recommendation(advice())}</p>' in text
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


def test_many_groups_are_shown_in_part(advice: Callable[..., Advice], tmp_path: Path) -> None:
    found = advice(MANY)
    data = forest(found).plot.data
    assert data["group"].nunique() == MOST_ROWS
    shown = data.loc[data["kind"] == "effect in the data", "mean"]
    assert {found.groups.y.min(), found.groups.y.max()} <= set(shown)
    write_files(found, tmp_path / "many")
    text = (tmp_path / "many/index.html").read_text()
    assert "The first 100 of 150 groups are shown." in text
    assert "import pymc" not in text
    assert 'href="model_pymc.py"' in text
    assert "The file has 300 observations of 150 groups." in text


def test_the_forest_has_the_data_and_the_exact_posterior(advice: Callable[..., Advice]) -> None:
    found = advice()
    data = forest(found).plot.data
    raw = data[data["kind"] == "effect in the data"].set_index("group")
    raw = raw.loc[[str(k) for k in range(8)]]
    np.testing.assert_allclose(raw["mean"], found.groups.y)
    np.testing.assert_allclose((raw["high"] - raw["low"]) / 2 / 1.96, found.groups.se, rtol=1e-4)
    exact = data[data["kind"] == "exact posterior"].set_index("group")
    low, high = found.posterior.theta[0].interval(0.95)
    assert exact.loc["0", ["low", "high"]].tolist() == [low, high]


def test_the_densities_of_tau_are_densities(advice: Callable[..., Advice]) -> None:
    data = density_of_tau(advice(tau="exponential:2")).plot.data
    for _, rows in data.groupby("kind", observed=True):
        assert np.trapezoid(rows["density"], rows["tau"]) == pytest.approx(0.99, abs=0.02)


def test_extreme_data_are_drawn(advice: Callable[..., Advice]) -> None:
    data = "y,se\n1e20,1e20\n2e20,1e20\n3e20,1e20\n"
    found = advice(data, tau="half_cauchy:1e20", mu="normal:0:1e20")
    for figure in figures(found).values():
        figure.plot.draw()
    assert terminal_summary(found)


def test_the_outcome_of_a_check_is_on_the_page() -> None:
    table = pd.DataFrame(
        {
            "parameterization": ["low_tau", "half", "mixed", "partial"],
            "verdict": ["best", "slower", "slower", "no fit"],
            "worst_estimand": ["log_tau", "theta[1]", "mu", np.nan],
            "work": [12.3456, 20.0, 30.0, np.nan],
            **dict.fromkeys(("ratio", "ratio_low", "ratio_high"), np.nan),
        }
    )
    _, found = check_parts(Check("The advice held.", table), ["North", "South"])
    text = str(found)
    assert "12.3" in text
    for name in ("log tau", "effect of South", "mu"):
        assert f">{name}</td>" in text
    assert "theta[" not in text


def test_the_entry_script_prints_a_summary(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("far.csv").write_text("y;se\n101,5;1\n102,5;1\n")
    monkeypatch.setattr("sys.argv", ["advise.py", "far.csv"])
    entry.main()
    output = capsys.readouterr().out.splitlines()
    assert output[0] == "far.csv: 2 groups"
    assert output[1].split()[:2] == ["mu", "median"]
    assert output[-3].startswith("Warning: The mean of the effects, 102, contradicts the prior")
    assert output[-2].startswith("Use a centeredness")
    assert output[-1] == "The page is results/advice/far/index.html"
    assert "Read this first" in Path("results/advice/far/index.html").read_text()


def test_an_alternative_that_is_the_recommendation_has_no_other_cost(
    advice: Callable[..., Advice], tmp_path: Path
) -> None:
    """Such noisy data are noncentered by every rule, and lie outside of the studies."""
    write_files(advice("y,se\n1,4000\n2,5000\n3,3000\n"), tmp_path / "noisy")
    text = (tmp_path / "noisy/index.html").read_text()
    rows = dict(re.findall(r"(?s)>(\w+)</t.>((?:(?!</tr>).)*)</tr>", text.split("costs-table")[-1]))
    for name in ("noncentered", "mixed", "partial"):
        assert "nearly the same" in rows[name]
    assert " to " in rows["centered"]
    assert "outside of these studies in the ratio of standard errors to tau (" in text
