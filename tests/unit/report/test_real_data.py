"""The page on real data: every number is that of a table."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

import real_data
from funnel.priors import Priors
from funnel_study.analysis.contest import BEST_COLUMNS, COLUMNS, SUMMARY_COLUMNS
from funnel_study.analysis.sweep import ESTIMANDS
from funnel_study.files.tables import write_table
from funnel_study.published.audit import COLUMNS as AUDIT_COLUMNS
from funnel_study.published.meta_analyses import DATA_COLUMNS, data_table
from funnel_study.report.real_data_page import real_data_page

REPOSITORY = Path(__file__).parents[3]
ENTRIES = yaml.safe_load((REPOSITORY / "workflow/resources/meta-analyses.yaml").read_text())
WEIGHTS = {"statins": 0.2, "schools": 0.5, "stroke-care": 0.9}
# the work of each parameterization for each data set
WORK = {
    "noncentered": (10.0, 30.0, 90.0),
    "centered": (80.0, 40.0, 10.0),
    "partial": (12.0, 15.0, 11.0),
    "by_count": (11.0, 31.0, 91.0),
}
KINDS = {"noncentered": "constant", "centered": "constant", "partial": "rule", "by_count": "rule"}
CENTEREDNESS = {"noncentered": 0.0, "centered": 1.0, "partial": 0.4, "by_count": 0.0}


def made_up(sampler: str = "stan") -> dict[str, pd.DataFrame]:
    """The tables of a study of three data sets with four parameterizations and five seeds."""
    names = list(WEIGHTS)
    cells = [(name, rule, k) for k, name in enumerate(names) for rule in WORK]
    least = {name: min(WORK["noncentered"][k], WORK["centered"][k]) for k, name in enumerate(names)}
    contest: list[dict[str, Any]] = [
        {
            **{"scenario": name, "sampler": sampler, "parameterization": rule, "kind": KINDS[rule]},
            **{"estimand": estimand, "data_sets": 5, "work": WORK[rule][k]},
            **{"regret": np.log(WORK[rule][k] / least[name]), "regret_mcse": 0.1},
            "centeredness": CENTEREDNESS[rule],
        }
        for name, rule, k in cells
        for estimand in ESTIMANDS
    ]
    best = [
        {
            **{"scenario": name, "sampler": sampler, "estimand": estimand, "data_sets": 5},
            **{"best_constant": "centered", "best_centeredness": WEIGHTS[name] - 0.1},
            **{"best_centeredness_low": 0.05, "best_centeredness_high": 0.95},
            **{"cost_of_worst_constant": np.log(8.0), "cost_of_worst_constant_mcse": 0.1},
        }
        for name in names
        for estimand in ESTIMANDS
    ]
    regrets = pd.DataFrame(contest).set_index(["parameterization", "estimand"])["regret"]
    summary = [
        {
            **{"sampler": sampler, "parameterization": rule, "kind": KINDS[rule]},
            **{"estimand": estimand, "points": 3},
            **{"mean": own.mean(), "mean_mcse": 0.1, "median": own.median(), "largest": own.max()},
            **{"largest_low": own.max() - 0.2, "largest_high": own.max() + 0.2},
            **{"largest_at": names[int(own.to_numpy().argmax())], "within_a_quarter": 2 / 3},
            **dict.fromkeys(["best", "best_rule"], float(rule == "partial")),
        }
        for rule in WORK
        for estimand in ESTIMANDS
        for own in [regrets.loc[(rule, estimand)]]
    ]
    fits = [
        {"scenario": name, "parameterization": rule, "sampler": sampler, "replicate": r}
        for name, rule, _ in cells
        for r in range(5)
    ]
    chains = [{**fit, "chain": chain, "moves": 0.9} for fit in fits for chain in range(2)]
    data = [
        (name, f"Someone ({2000 + k})", 4 + k, "log odds ratio", 0.1, 0.05, weight)
        for k, (name, weight) in enumerate(WEIGHTS.items())
    ]
    return {
        "fits": pd.DataFrame(fits).assign(status="ok", rhat_max=1.001),
        "chains": pd.DataFrame(chains),
        "contest": pd.DataFrame(contest, columns=[*COLUMNS, "centeredness"]),
        "contest_best": pd.DataFrame(best, columns=BEST_COLUMNS),
        "contest_summary": pd.DataFrame(summary, columns=SUMMARY_COLUMNS),
        "data": pd.DataFrame(data, columns=DATA_COLUMNS),
    }


def audit_table(agrees: bool = True) -> pd.DataFrame:
    rows = [
        ("schools", "someone", "mu", "mean", 7.99, 2, 7.9857, 7.9807, 7.9907, True),
        ("schools", "someone", "mu", "q50", 7.0, 0, 7.123, 5.1, np.inf, True),
        ("schools", "someone", "mu", "q975", 17.0, 0, 20.0, 19.5, 20.5, agrees),
    ]
    return pd.DataFrame(rows, columns=AUDIT_COLUMNS)


def page(*tables: Any) -> str:
    """The page, with each paragraph on one line."""
    return re.sub(r"(?<!\n)\n(?![\n|])", " ", real_data_page(*tables))


def row_of(text: str, name: str) -> list[str]:
    (line,) = (each for each in text.splitlines() if each.startswith(f"| {name} |"))
    return [each.strip() for each in line.strip("|").split("|")]


def test_failed_fits_those_that_did_not_converge_and_stuck_chains_are_counted() -> None:
    tables = made_up()
    text = page(tables, audit_table())
    assert "60 fits of 3 published data sets with 4 to 6 groups" in text
    assert "No fit failed. R-hat is above 1.01 in no fit." in text
    assert "hardly moved" not in text
    rhat = tables["fits"]["rhat_max"].mask(tables["fits"]["parameterization"] == "centered", 1.02)
    rhat = rhat.mask(tables["fits"]["scenario"] == "schools", 1.01)
    moves = tables["chains"]["moves"].where(tables["chains"].index > 0, 0.001)
    found = {
        "fits": tables["fits"].assign(rhat_max=rhat, status=["failed"] * 2 + ["ok"] * 58),
        "chains": tables["chains"].assign(moves=moves),
    }
    text = page({**tables, **found}, audit_table())
    assert "2 fits failed. R-hat is above 1.01 in 10 fits" in text
    table = text[text.index("| parameterization |") :]
    assert (row_of(table, "centered")[-1], row_of(table, "partial")[-1]) == ("10", "0")
    assert "- statins, noncentered, stan, replicate 0: chain 0 hardly moved" in text


def test_every_parameterization_has_its_numbers() -> None:
    tables = made_up()
    text = page(tables, audit_table())
    assert "partial takes at most 1.20 times (0.982 to 1.47)" in text
    mean = np.exp(np.mean(np.log([12 / 10, 15 / 30, 11 / 10])))
    limits = (mean * np.exp(-0.196), mean * np.exp(0.196))
    expected = f"{mean:.3g} ({limits[0]:.3g} to {limits[1]:.3g})"
    # the least work of partial is that for one data set
    table = text[text.index("| parameterization |") :]
    assert row_of(table, "partial") == [
        *("partial", expected, "1.1", "1.2", "statins", "0.667", "1", "0")
    ]
    assert [row_of(table, name)[-2] for name in ("centered", "by_count")] == ["1", "0"]
    # a data set without known work has no winner
    contest = tables["contest"]
    unknown = contest["work"].mask(contest["scenario"] == "schools")
    text = page({**tables, "contest": contest.assign(work=unknown)}, audit_table())
    assert row_of(text[text.index("| parameterization |") :], "partial")[-2] == "0"
    assert "nan" not in text


def test_every_data_set_has_its_best_centeredness_in_the_order_of_data_weight() -> None:
    tables = made_up()
    shuffled = {name: table.iloc[::-1].reset_index(drop=True) for name, table in tables.items()}
    for some in (tables, shuffled):
        text = page(some, audit_table())
        table = text[text.index("| data | groups | data weight |") : text.index("## The data")]
        assert re.findall(r"^\| ([a-z-]+) \| \d", table, re.MULTILINE) == list(WEIGHTS)
        assert row_of(table, "schools") == [
            *("schools", "5", "0.5", "0.4 (0.05 to 0.95)", "8", "partial", "0.5")
        ]
        assert row_of(table, "stroke-care")[-2:] == ["centered", "1"]


def test_the_rank_correlation_of_weight_and_centeredness_is_said() -> None:
    tables = made_up()
    best = tables["contest_best"]
    for centeredness, said in (
        (best["best_centeredness"], "centeredness is 1.0 over"),
        (1 - best["best_centeredness"], "centeredness is -1.0 over"),
    ):
        other = best.assign(best_centeredness=centeredness)
        assert said in page({**tables, "contest_best": other}, audit_table())
    same = best.assign(best_centeredness=0.5)
    assert "rank correlation" not in page({**tables, "contest_best": same}, audit_table())


def test_a_rule_that_centers_nothing_is_called_the_same_as_noncentered() -> None:
    tables = made_up()
    said = "On these data, by_count centers no group, so it is the same as noncentered."
    text = page(tables, audit_table())
    assert said in text
    assert "partial centers" not in text
    contest = tables["contest"]
    once = (contest["scenario"] == "statins") & (contest["parameterization"] == "by_count")
    other = contest.assign(centeredness=contest["centeredness"].mask(once, 0.1))
    assert said not in page({**tables, "contest": other}, audit_table())


def test_published_numbers_have_their_digits_and_those_that_differ_are_shown() -> None:
    text = page(made_up(), audit_table())
    assert "3 of 3 published numbers agree" in text
    line = "| schools | someone | mu | mean | 7.99 | 7.986 | 7.981 | 7.991 | yes |"
    assert line in text
    assert "| schools | someone | mu | median | 7 | 7.1 | 5.1 |  | yes |" in text
    assert "q975" not in text
    text = page(made_up(), audit_table(agrees=False))
    assert "2 of 3 published numbers agree" in text
    assert "| schools | someone | mu | q975 | 17 | 20.0 | 19.5 | 20.5 | no |" in text


def test_two_samplers_have_sections_of_their_own() -> None:
    stan, nutpie = made_up(), made_up("nutpie")
    both = {name: pd.concat([table, nutpie[name]]) for name, table in stan.items()}
    text = page({**both, "data": stan["data"]}, audit_table())
    for sampler in ("stan", "nutpie"):
        assert f"## Which parameterization on real data ({sampler})" in text
    assert text.count("\n| partial |") == 2
    assert not re.search(r"\bnan\b|\bNone\b|<NA>|\binf\b", text)


def test_the_table_of_data_has_the_exact_posterior_of_tau() -> None:
    table = data_table(ENTRIES, Priors(mu_sd=4, tau_scale=1))
    assert list(table.columns) == DATA_COLUMNS
    rows = table.set_index("scenario")
    assert rows.loc["bcg-vaccine", "groups"] == 13
    assert rows.loc["bcg-vaccine", "source"].startswith("Colditz, Brewer, Berkey")
    assert rows["source"].str.endswith(")").all()
    # the estimate by restricted likelihood is 0.56
    assert rows.loc["bcg-vaccine", "tau_mean"] == pytest.approx(0.61, abs=0.03)
    assert rows["data_weight"].between(0, 1).all()


def test_the_script_writes_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tables = made_up()
    for name in real_data.TABLES:
        write_table(tables[name], tmp_path / f"meta-analyses/summary/{name}.csv")
    config = yaml.safe_dump({"priors": {"mu_sd": 4.0, "tau_scale": 1.0, "tau": "half_normal"}})
    (tmp_path / "meta-analyses/config.yaml").write_text(config)
    (tmp_path / "docs").mkdir()
    folder = str(tmp_path / "meta-analyses")
    monkeypatch.setattr("sys.argv", ["real_data.py", folder, "--checkout", str(tmp_path)])
    real_data.main()
    text = (tmp_path / "docs/real-data.md").read_text()
    table = text[text.index("| data | source |") :]
    assert [row_of(table, name)[2] for name in WEIGHTS] == ["4", "8", "9"]
    for link in re.findall(r"\]\((\.\./[^)]+)\)", text):
        assert (REPOSITORY / "docs" / link).exists()
