"""The page and the files of the advice."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from html import unescape
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from faults import Tried

import advise as entry
from funnel_study.advice.advice import Advice, recommendation, terminal_summary
from funnel_study.advice.advice_page import check_parts
from funnel_study.advice.check import Check
from funnel_study.advice.figures import MOST_ROWS, density_of_tau, figures, forest
from funnel_study.advice.files import name_of, write_files
from funnel_study.report.contents import Section
from funnel_study.report.parts import render_template

MANY = "group,y\n" + "".join(f"g{k},{(k * 7) % 11}\ng{k},{(k * 5) % 13}\n" for k in range(150))


@pytest.fixture
def folder(advice: Callable[..., Advice], tmp_path: Path) -> Path:
    write_files(advice(), tmp_path / "schools")
    return tmp_path / "schools"


def test_all_files_are_written(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} == {
        *("index.html", "advice.csv", "population.csv", "figures"),
        *("model_pymc.py", "model.stan", "model.data.json", "model_numpyro.py"),
    }
    assert list(pd.read_csv(folder / "population.csv")["estimand"]) == ["mu", "tau", "log_tau"]
    assert len(pd.read_csv(folder / "advice.csv")) == 8


def test_the_page_opens_with_the_recommendation(
    advice: Callable[..., Advice], folder: Path
) -> None:
    text = (folder / "index.html").read_text()
    assert f'<p class="lead">{recommendation(advice())}</p>' in text
    assert text.index(recommendation(advice())) < text.index("<img")
    for image in re.findall(r"<img [^>]*>", text):
        assert re.search(r'alt="[^"]{40,}"', image)
        assert 'src="data:image/' in image
    # a page that needs no other file and sends nothing
    assert not re.findall(r'(?:src|href)="https?:', text)
    assert "<script" not in text
    assert len(text) < 1_000_000


def test_the_page_has_the_programs_as_they_are_written(folder: Path) -> None:
    blocks = re.findall(
        r'(?s)<pre tabindex="0" aria-label="([^"]*)">(.*?)</pre>',
        (folder / "index.html").read_text(),
    )
    for name in ("model_pymc.py", "model.stan", "model.data.json", "model_numpyro.py"):
        assert unescape(dict(blocks)[name]) == (folder / name).read_text().rstrip()


def test_the_page_is_the_same_each_time(advice: Callable[..., Advice], folder: Path) -> None:
    before = (folder / "index.html").read_bytes()
    write_files(advice(), folder)
    assert (folder / "index.html").read_bytes() == before


def test_labels_are_text_everywhere(
    tried: Tried, advice: Callable[..., Advice], tmp_path: Path
) -> None:
    tried("Bad data for advice", "<script>alert(1)</script> and $x^2$ as labels", "shown as text")
    found = advice(
        'label,y,se\n<script>alert(1)</script>,1,2\n$x^2$,3,4\n"a ""b"" {c}",5,1\n$,2,2\n'
    )
    write_files(found, tmp_path / "out")
    text = (tmp_path / "out/index.html").read_text()
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)" in text
    drawn = ET.parse(tmp_path / "out/figures/forest.svg")
    # the text of a figure is drawn as paths, with the text itself as a comment
    assert drawn.getroot().tag.endswith("svg")
    comments = re.findall(r"<!-- (.*?) -->", (tmp_path / "out/figures/forest.svg").read_text())
    assert {r"\$x^2\$", r"\$"} <= set(comments) or {"$x^2$", "$"} <= set(comments)


def test_many_groups_are_shown_in_part(advice: Callable[..., Advice]) -> None:
    found = advice(MANY)
    figure = forest(found)
    assert figure.plot.data["group"].nunique() == MOST_ROWS
    assert f"Of 150 groups, {MOST_ROWS} are shown" in figure.caption
    shown = figure.plot.data.loc[figure.plot.data["kind"] == "effect in the data", "mean"]
    assert {found.groups.y.min(), found.groups.y.max()} <= set(shown)


def test_the_page_of_many_groups_is_short_and_says_how_sigma_was_estimated(
    advice: Callable[..., Advice], tmp_path: Path
) -> None:
    found = advice(MANY)
    write_files(found, tmp_path / "many")
    text = (tmp_path / "many/index.html").read_text()
    assert "The first 100 of 150 groups are shown." in text
    assert "import pymc" not in text
    assert 'href="model_pymc.py"' in text
    assert "The file has 300 observations of 150 groups." in text
    assert "the pooled standard deviation within groups, which the model takes as known" in text


def test_the_forest_has_the_data_and_the_exact_posterior(advice: Callable[..., Advice]) -> None:
    found = advice()
    data = forest(found).plot.data
    raw = data[data["kind"] == "effect in the data"].sort_values("mean")
    np.testing.assert_allclose(raw["mean"], np.sort(found.groups.y))
    order = np.argsort(found.groups.y)
    np.testing.assert_allclose(
        (raw["high"] - raw["low"]) / 2 / 1.96, found.groups.se[order], rtol=1e-4
    )
    exact = data[data["kind"] == "exact posterior"].set_index("group")
    low, high = found.posterior.theta[0].interval(0.95)
    assert exact.loc["0", ["low", "high"]].tolist() == [low, high]


def test_the_densities_of_tau_are_densities(advice: Callable[..., Advice]) -> None:
    data = density_of_tau(advice(tau="exponential:2")).plot.data
    assert list(data["kind"].cat.categories) == ["prior: Exponential(2)", "exact posterior"]
    posterior = data[data["kind"] == "exact posterior"]
    assert np.trapezoid(posterior["density"], posterior["tau"]) == pytest.approx(0.995, abs=0.01)


@pytest.mark.parametrize("data", ["y,se\n1,1\n1,1\n", "y,se\n1e20,1e20\n2e20,1e20\n3e20,1e20\n"])
def test_extreme_data_are_drawn(advice: Callable[..., Advice], data: str) -> None:
    scale = "1e20" if "e" in data[5:] else "1"
    found = advice(data, tau=f"half_cauchy:{scale}", mu=f"normal:0:{scale}")
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
            "ratio": np.nan,
            "ratio_low": np.nan,
            "ratio_high": np.nan,
        }
    )
    parts = check_parts(Check("The advice held.", table), ["North", "<South>"])
    section = Section("check", "Check", parts)
    values = dict.fromkeys(("title", "study", "heading", "lead", "problems", "footer"), "")
    text = render_template("report.html", sections=[section], **values)
    assert "<p>The advice held.</p>" in text
    assert "12.3" in text
    for name in ("log tau", "effect of &lt;South&gt;", "mu"):
        assert f">{name}</td>" in text
    assert "theta[" not in text


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("a/schools.csv", "schools"),
        ("my data (2).csv", "my-data-2"),
        ("../..", "data"),
        (".csv", "csv"),
        ("é.csv", "data"),
        ("x" * 300 + ".csv", "x" * 50),
    ],
)
def test_the_name_of_the_folder(path: str, name: str) -> None:
    assert name_of(Path(path)) == name


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
    table = text[text.index('id="costs-table"') :]
    table = table[: table.index("</table>")]
    rows = [re.sub("<[^>]+>", " ", row).split() for row in table.split("<tr")]
    of = {row[1]: " ".join(row) for row in rows if len(row) > 1}
    for name in ("noncentered", "mixed", "partial"):
        assert of[name].endswith("nearly the same")
    for name in ("centered", "half", "marginal"):
        assert re.search(r"\d \([\d.,]+ to [\d.,]+\)$", of[name])
    assert "outside of these studies in the ratio of standard errors to tau (" in text
