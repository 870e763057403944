"""The page on real data: every number is that of a table."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from chain_errors_of import chain_errors_of

import real_data
from funnel.priors import Priors
from funnel_study.files.formats import write_netcdf
from funnel_study.files.tables import write_table
from funnel_study.published.audit import COLUMNS as AUDIT_COLUMNS
from funnel_study.published.meta_analyses import DATA_COLUMNS, data_table
from funnel_study.report.real_data_page import real_data_page

REPOSITORY = Path(__file__).parents[3]
ENTRIES = yaml.safe_load((REPOSITORY / "workflow/resources/meta-analyses.yaml").read_text())
NAMES = ("statins", "schools", "stroke-care")
Tables = dict[str, pd.DataFrame]


def study_tables() -> Tables:
    """The tables of a study of three data sets, each fitted with five seeds."""
    names = pd.DataFrame({"parameterization": ["noncentered", "centered", "data_based", "rule"]})
    cells = pd.DataFrame({"scenario": NAMES}).merge(names, how="cross").assign(sampler="nutpie")
    fits = cells.merge(pd.DataFrame({"replicate": range(5)}), how="cross")
    fits = fits.assign(status="ok", rhat_max=1.001, centeredness=0.5)
    rng = np.random.default_rng(1)
    rows = [
        (name, f"Someone ({2000 + k})", 4 + k, "log odds ratio", 0.1, 0.05, weight)
        for k, (name, weight) in enumerate(zip(NAMES, (0.8, 0.2, 0.5), strict=True))
    ]
    return {
        "fits": fits,
        "chains": fits.merge(pd.DataFrame({"chain": range(2)}), how="cross").assign(moves=0.9),
        "scores": fits.assign(draws=1_000, score=rng.gamma(2, 50, len(fits))),
        "data": pd.DataFrame(rows, columns=DATA_COLUMNS),
    }


def page(tables: Tables, agrees: bool = True) -> str:
    """The page, with each paragraph on one line."""
    audit = [
        ("schools", "someone", "mu", "mean", 7.99, 2, 7.9857, 7.9807, 7.9907, True),
        ("schools", "someone", "mu", "q50", 7.0, 0, 7.123, 5.1, np.inf, True),
        ("schools", "someone", "mu", "q975", 17.0, 0, 20.0, 19.5, 20.5, agrees),
    ]
    text = real_data_page(tables, pd.DataFrame(audit, columns=AUDIT_COLUMNS))
    return re.sub(r"(?<!\n)\n(?![\n|])", " ", text)


def row_of(text: str, name: str, first: str) -> list[str]:
    """The cells of a row of the table whose heading begins with `first`."""
    table = text[text.index(f"| {first} |") :].split("\n\n")[0]
    (line,) = (each for each in table.splitlines() if each.startswith(f"| {name} |"))
    return [each.strip() for each in line.strip("|").split("|")]


def test_failed_fits_those_that_did_not_converge_and_stuck_chains_are_counted() -> None:
    tables = study_tables()
    text = page(tables)
    assert "60 fits of 3 published data sets with 4 to 6 groups" in text
    assert "No fit failed. R-hat is above 1.01 in no fit." in text
    assert "hardly moved" not in text
    fits, chains = tables["fits"], tables["chains"]
    rhat = fits["rhat_max"].mask(fits["parameterization"] == "centered", 1.02)
    rhat = rhat.mask(fits["scenario"] == "schools", 1.01)
    tables["fits"] = fits.assign(rhat_max=rhat, status=["failed"] * 2 + ["ok"] * 58)
    tables["chains"] = chains.assign(moves=chains["moves"].where(chains.index > 0, 0.001))
    text = page(tables)
    assert "2 fits failed. R-hat is above 1.01 in 10 fits" in text
    assert [row_of(text, name, "parameterization")[-1] for name in ("centered", "rule")] == [
        *("10", "0")
    ]
    assert "- statins, noncentered, nutpie, replicate 0: chain 0 hardly moved" in text


def test_every_parameterization_has_its_numbers() -> None:
    tables = study_tables()
    text = page(tables)
    work = tables["scores"].pivot_table("score", "scenario", "parameterization")
    for name in ("noncentered", "centered", "rule"):
        shown = row_of(text, name, "parameterization")
        ratio = work[name].mean() / work["data_based"].mean()
        assert float(shown[1].partition(" ")[0]) == pytest.approx(ratio, rel=0.005)
        assert int(shown[-2]) == (work.idxmin(axis=1) == name).sum()
    first = (work.idxmin(axis=1) == "data_based").sum()
    assert f"data_based takes the least work in {first} of 3 data sets" in text
    # a data set with a failed fit has no winner
    unknown = tables["scores"]["score"].mask(tables["scores"].index == 0)
    text = page({**tables, "scores": tables["scores"].assign(score=unknown)})
    assert "nan" not in text


def test_every_data_set_is_there_in_the_order_of_data_weight() -> None:
    tables = study_tables()
    shuffled = {name: table.iloc[::-1].reset_index(drop=True) for name, table in tables.items()}
    work = tables["scores"].pivot_table("score", "scenario", "parameterization")
    for some in (tables, shuffled):
        text = page(some)
        table = text[text.index("| data | groups |") : text.index("## The data")]
        found = re.findall(r"^\| ([a-z-]+) \| \d", table, re.MULTILINE)
        assert found == ["schools", "stroke-care", "statins"]
        for name in NAMES:
            shown = row_of(table, name, "data | groups")
            relative = work.loc[name] / work.loc[name, "data_based"]
            assert float(shown[3]) == pytest.approx(relative["centered"], rel=0.005)
            assert float(shown[4]) == pytest.approx(relative["noncentered"], rel=0.005)
            assert shown[-1] == relative.idxmin()


def test_a_rule_that_centers_nothing_is_called_the_same_as_noncentered() -> None:
    tables = study_tables()
    fits = tables["fits"]
    is_rule = fits["parameterization"] == "rule"
    assert "On these data" not in page(tables)
    for cells, is_same in ((is_rule, True), (is_rule & (fits["scenario"] == "schools"), False)):
        other = fits.assign(centeredness=fits["centeredness"].mask(cells, 0.0))
        said = "rule centers no group, so it is the same as noncentered."
        assert (said in page({**tables, "fits": other})) is is_same


def test_published_numbers_have_their_digits_and_those_that_differ_are_shown() -> None:
    text = page(study_tables())
    assert "3 of 3 published numbers agree" in text
    assert "| schools | someone | mu | mean | 7.99 | 7.986 | 7.981 | 7.991 | yes |" in text
    assert "| schools | someone | mu | median | 7 | 7.1 | 5.1 |  | yes |" in text
    assert "q975" not in text
    text = page(study_tables(), agrees=False)
    assert "2 of 3 published numbers agree" in text
    assert "| schools | someone | mu | q975 | 17 | 20.0 | 19.5 | 20.5 | no |" in text


def test_two_samplers_have_sections_of_their_own() -> None:
    tables = study_tables()
    both = {
        name: pd.concat([table, table.assign(sampler="stan")])
        for name, table in tables.items()
        if name != "data"
    }
    text = page({**both, "data": tables["data"]})
    for sampler in ("stan", "nutpie"):
        assert f"## Which parameterization on real data ({sampler})" in text
    assert text.count("\n| rule |") == 2
    assert not re.search(r"\bnan\b|\bNone\b|<NA>|\binf\b", text)


def test_the_script_writes_the_page_with_the_exact_posterior_of_tau(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    errors = chain_errors_of(
        np.random.default_rng(1).normal(size=(4, 5, 2, 5)),
        parameterizations=("noncentered", "centered", "data_based", "rule"),
    )
    write_netcdf(tmp_path / "meta-analyses/summary/chain_errors.nc", dict.fromkeys(NAMES, errors))
    for name in real_data.TABLES:
        write_table(study_tables()[name], tmp_path / f"meta-analyses/summary/{name}.csv")
    config = yaml.safe_dump({"priors": {"mu_sd": 4.0, "tau_scale": 1.0, "tau": "half_normal"}})
    (tmp_path / "meta-analyses/config.yaml").write_text(config)
    (tmp_path / "docs").mkdir()
    folder = str(tmp_path / "meta-analyses")
    monkeypatch.setattr("sys.argv", ["real_data.py", folder, "--checkout", str(tmp_path)])
    real_data.main()
    text = (tmp_path / "docs/real-data.md").read_text()
    assert [row_of(text, name, "data | source")[2] for name in NAMES] == ["4", "8", "9"]
    for link in re.findall(r"\]\((\.\./[^)]+)\)", text):
        assert (REPOSITORY / "docs" / link).exists()
    table = data_table(ENTRIES, Priors(mu_sd=4, tau_scale=1)).set_index("scenario")
    assert table.loc["bcg-vaccine", "groups"] == 13
    # the estimate by restricted likelihood is 0.56
    assert table.loc["bcg-vaccine", "tau_mean"] == pytest.approx(0.61, abs=0.03)
    assert table["data_weight"].between(0, 1).all()
