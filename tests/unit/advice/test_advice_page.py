"""The page and the files of the advice."""

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from csv_texts import KINDS
from scipy import stats
from scipy.special import expit

import advise as entry
from funnel_study.advice.advice import PROBABILITIES, Advice, terminal_summary
from funnel_study.advice.figures import figures, raw_effects
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
    assert estimands == [*("mu", "tau", "log_tau", "theta[new]", "I^2"), "tau^2", "H^2", "Q"]
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


@pytest.mark.parametrize("kind", KINDS)
def test_the_tables_have_the_exact_posterior_of_every_likelihood(
    advice: Callable[..., Advice], tmp_path: Path, kind: str
) -> None:
    """Against draws, which are made in another way than quantiles and moments."""
    found = advice(KINDS[kind], tau="", mu="")
    write_files(found, tmp_path / "out")
    draws = found.posterior.draws(100_000, seed=1)
    values = {"mu": draws["mu"], "tau": draws["tau"], "theta[new]": draws["theta_new"]}
    values["log_tau"] = np.log(draws["tau"])
    if kind in ("observations", "summaries"):
        values["sigma"] = draws["sigma"]
    theta, name = draws["theta"], found.response
    if name:
        response = {"probability": expit, "rate": np.exp}[name]
        values |= {name: response(draws["mu"]), f"{name}[new]": response(draws["theta_new"])}
    population = pd.read_csv(tmp_path / "out/population.csv").set_index("estimand")
    of_meta_analysis = {"I^2", "H^2", "Q"}
    if "I^2" in population.index:
        values["tau^2"] = draws["tau"] ** 2
        assert population["exact_mean"]["tau^2"] == pytest.approx(values["tau^2"].mean(), rel=0.05)
    assert {*population.index} - of_meta_analysis == {*values}
    groups = pd.read_csv(tmp_path / "out/advice.csv")
    for q, p in PROBABILITIES.items():
        for estimand, draw in values.items():
            assert (draw < population[f"exact_{q}"][estimand]).mean() == pytest.approx(p, abs=0.01)
        below = (theta < groups[f"exact_{q}"].to_numpy()).mean(axis=0)
        np.testing.assert_allclose(below, p, atol=0.01)
        if name:
            below = (response(theta) < groups[f"{name}_{q}"].to_numpy()).mean(axis=0)
            np.testing.assert_allclose(below, p, atol=0.01)
    np.testing.assert_allclose(groups["exact_mean"], theta.mean(axis=0), atol=0.03 * theta.std())
    np.testing.assert_allclose(groups["data_weight"] + groups["shrinkage"], 1.0)


def test_the_intervals_of_the_data_are_those_of_the_likelihood(
    advice: Callable[..., Advice],
) -> None:
    effects, counts = advice().groups, advice("r,n\n0,47\n5,5\n8,119\n", tau="", mu="").groups
    y, low, high = raw_effects(effects)
    np.testing.assert_allclose(low, y - 1.959964 * effects.data["se"], rtol=1e-6)
    np.testing.assert_allclose(high, y + 1.959964 * effects.data["se"], rtol=1e-6)
    p, low, high = raw_effects(counts)
    np.testing.assert_allclose(p, [0, 1, 8 / 119])
    # of no success, n log(1 - p) = -1.92
    np.testing.assert_allclose([low[0], high[0]], [0, -np.expm1(-1.920729 / 47)], atol=1e-7)
    np.testing.assert_allclose([low[1], high[1]], [np.exp(-1.920729 / 5), 1], rtol=1e-6)
    deviance = [stats.binom.logpmf(8, 119, at) for at in (low[2], high[2], 8 / 119)]
    np.testing.assert_allclose(deviance[2] - np.array(deviance[:2]), 1.920729, rtol=1e-6)


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
