"""The comparison with the published study, on tables made from the published facts."""

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from funnel_study.files.tables import read_table, write_table
from funnel_study.published.findings import FINDING_COLUMNS, FINDINGS, findings
from funnel_study.published.numbers import COMPARISON_COLUMNS, comparison
from funnel_study.published.page import page

Facts = dict[str, Any]
Tables = dict[str, pd.DataFrame]

DRAWS = 40_000
KEYS = ["scenario", "parameterization", "sampler", "replicate"]
# numbers for what the post says only in words
GEOMETRY = {
    ("weak", "centered"): {"funnel": 0.4, "tilt": 0.0, "exact_below_lowest": 0.01},
    ("weak", "noncentered"): {"funnel": 1.0, "tilt": 0.0, "exact_below_lowest": 1e-5},
    ("strong", "centered"): {"funnel": 1.0, "tilt": 0.0, "exact_below_lowest": 1e-5},
    ("strong", "noncentered"): {"funnel": 1.5, "tilt": -0.9, "exact_below_lowest": 1e-5},
    ("unbalanced", "centered"): {"funnel": 0.6, "tilt": 0.0, "exact_below_lowest": 1e-3},
    ("unbalanced", "noncentered"): {"funnel": 1.2, "tilt": -0.8, "exact_below_lowest": 1e-4},
    ("unbalanced", "mixed"): {"funnel": 1.0, "tilt": 0.0, "exact_below_lowest": 1e-4},
}


def as_published(
    facts: Facts,
    replicates: int = 1,
    sampler: str = "pymc3",
    geometry: Mapping[Any, Any] = GEOMETRY,
) -> Tables:
    """The tables of a study whose chains are the published ones, in every replicate."""
    rows: dict[str, list[Facts]] = {"fits": [], "chains": [], "estimates": []}
    for fact in facts["fits"]:
        cell = (fact["scenario"], fact["parameterization"])
        steps = fact.get("step_size", [0.2] * 4)
        acceptance = [0.96, *fact.get("acceptance", [0.95] * 3)]
        for replicate in range(replicates):
            key = dict(zip(KEYS, (*cell, sampler, replicate), strict=True))
            where = 0.9 if fact["parameterization"] == "noncentered" else 0.1
            rows["fits"].append(
                {
                    **key,
                    "status": "ok",
                    "divergences": float(sum(fact["divergences"])),
                    "step_size": np.mean(steps),
                    "ess_bulk_min": 0.9 * fact.get("ess", 0.5) * DRAWS,
                    "leapfrog_steps": sum(1e5 / step for step in steps),
                    "sampling_seconds": fact["seconds"] / 10,
                    "draws": DRAWS,
                }
            )
            rows["chains"] += [
                {
                    **{**key, "chain": chain, "divergences": float(fact["divergences"][chain])},
                    "bfmi": fact["bfmi"][chain],
                    "step_size": steps[chain],
                    "last_tuned_step_size": np.nan,
                    "acceptance": acceptance[chain],
                    "divergent_log_tau_rank": where if fact["divergences"][chain] else np.nan,
                }
                for chain in range(4)
            ]
            rows["estimates"] += [
                {**key, "estimand": name, "mean": 4.0, "sd": 2.0, **geometry[cell]}
                for name in ("tau", *(f"theta[{k}]" for k in range(9)))
            ]
    return {name: pd.DataFrame(table) for name, table in rows.items()}


@pytest.fixture
def tables(published: Facts) -> Tables:
    return as_published(published)


def compared(tables: Tables, facts: Facts) -> pd.DataFrame:
    return comparison(tables["fits"], tables["chains"], facts)


def concluded(tables: Tables, facts: Facts) -> pd.DataFrame:
    return findings(tables["fits"], tables["chains"], tables["estimates"], facts)


def of(table: pd.DataFrame, parameterization: str, *scenario: str) -> "pd.Series[bool]":
    """Whether each row belongs to a parameterization (and scenario)."""
    chosen = table["parameterization"] == parameterization
    return chosen & table["scenario"].isin(scenario or table["scenario"].unique())


def fail(tables: Tables, which: Any, seconds: float = np.nan) -> Tables:
    """The tables of a study in which the chosen fits failed after `seconds`."""
    failed = {}
    for name, table in tables.items():
        gone = which(table)
        values = table.columns.difference([*KEYS, "chain", "estimand", "status", "draws"])
        failed[name] = table.copy()
        failed[name].loc[gone, values] = np.nan
        if name == "fits":
            failed[name].loc[gone, "status"] = "failed"
            failed[name].loc[gone, "sampling_seconds"] = seconds
    return failed


def test_the_published_chains_are_not_distinguished_from_themselves(
    published: Facts, tables: Tables
) -> None:
    found = compared(tables, published)
    assert list(found.columns) == list(COMPARISON_COLUMNS)
    others = found[found["quantity"] != "seconds"]
    assert set(others["verdict"]) == {"not distinguished"}
    assert set(found.loc[found["quantity"] == "seconds", "verdict"]) == {"not compared"}
    assert others["p_value"].dropna().to_numpy() == pytest.approx(1)
    assert found.groupby(["scenario", "parameterization"]).ngroups == 7


def test_a_row_has_the_published_and_the_found_number(published: Facts, tables: Tables) -> None:
    found = compared(tables, published).set_index(["scenario", "parameterization", "quantity"])
    divergences = found.loc[("unbalanced", "noncentered", "divergences")]
    assert (divergences["published"], divergences["found"]) == (63, 63)
    assert divergences["published_by_chain"] == divergences["found_by_chain"] == "5 52 6 0"
    acceptance = found.loc[("weak", "centered", "acceptance")]
    assert acceptance["found"] == pytest.approx(0.89042, abs=1e-5)
    assert acceptance["found_by_chain"] == "0.8879 0.8895 0.8939"
    relative = found.loc[("strong", "noncentered", "relative_seconds")]
    assert (relative["published"], relative["found"]) == pytest.approx((313 / 75, 313 / 75))
    assert ("strong", "centered", "relative_seconds") not in found.index
    assert pd.isna(found.loc[("weak", "noncentered", "ess"), "published"])
    assert pd.isna(found.loc[("weak", "noncentered", "ess"), "below"])


@pytest.mark.parametrize(
    ("quantity", "table", "shift"),
    [
        ("divergences", "chains", lambda counts: 1_000 * (counts + 1)),
        ("bfmi", "chains", lambda values: values / 2),
        ("bfmi", "chains", lambda values: values * 2),
        ("step_size", "chains", lambda values: values * 3),
        ("acceptance", "chains", lambda values: values / 2),
    ],
)
def test_chains_far_from_the_published_ones_differ(
    published: Facts, tables: Tables, quantity: str, table: str, shift: Any
) -> None:
    tables[table][quantity] = shift(tables[table][quantity])
    found = compared(tables, published)
    chosen = found["quantity"] == quantity
    assert set(found.loc[chosen, "verdict"]) == {"differs"}
    assert (found.loc[chosen, "p_value"] < 0.01).all()
    assert "differs" not in set(found.loc[~chosen, "verdict"])


def test_p_values_of_chains_of_one_distribution_are_uniform(published: Facts) -> None:
    rng = np.random.default_rng(1)
    names = [f"scenario-{i}" for i in range(100)]
    fact = {"parameterization": "centered", "divergences": [0] * 4, "seconds": 1}
    facts = [
        {**fact, "scenario": name, "bfmi": np.exp(rng.normal(0, 0.3, 4)).tolist()} for name in names
    ]
    tables = as_published(published | {"fits": facts}, geometry=defaultdict(dict))
    chains = tables["chains"].assign(bfmi=np.exp(rng.normal(0, 0.3, 400)))
    found = comparison(tables["fits"], chains, {"fits": facts})
    p_values = found.loc[found["quantity"] == "bfmi", "p_value"]
    assert stats.kstest(p_values, "uniform").pvalue > 1e-3


def test_one_divergence_where_none_was_published_does_not_differ(
    published: Facts, tables: Tables
) -> None:
    chains = tables["chains"]
    first = of(chains, "noncentered", "weak") & (chains["chain"] == 0)
    chains.loc[first, "divergences"] = 1
    assert set(compared(tables, published)["verdict"]) == {"not distinguished", "not compared"}
    chains.loc[of(chains, "noncentered", "weak"), "divergences"] = 1
    found = compared(tables, published).set_index(["scenario", "parameterization", "quantity"])
    assert found.loc[("weak", "noncentered", "divergences"), "verdict"] == "differs"


def test_the_step_size_is_the_one_that_pymc3_reports(published: Facts, tables: Tables) -> None:
    chains = tables["chains"]
    chains["last_tuned_step_size"] = chains["step_size"]
    chains["step_size"] *= 3
    found = compared(tables, published)
    assert set(found["verdict"]) == {"not distinguished", "not compared"}


@pytest.mark.parametrize(
    ("part", "agreeing"),
    [
        (0.09, [("strong", "noncentered"), ("weak", "centered")]),
        (0.2, [("unbalanced", "noncentered")]),
        (
            0.3,
            [
                *(("strong", "centered"), ("unbalanced", "centered"), ("unbalanced", "mixed")),
                ("weak", "noncentered"),
            ],
        ),
    ],
)
def test_effective_sample_sizes_are_compared_by_the_ranges_of_warnings(
    published: Facts, tables: Tables, part: float, agreeing: list[tuple[str, str]]
) -> None:
    tables["fits"]["ess_bulk_min"] = part * DRAWS
    found = compared(tables, published)
    found = found[(found["quantity"] == "ess") & (found["verdict"] == "not distinguished")]
    cells = found[["scenario", "parameterization"]].to_numpy().tolist()
    assert sorted(map(tuple, cells)) == agreeing


@pytest.mark.parametrize(
    ("factor", "verdict"),
    [
        (1.9, "not distinguished"),
        (1 / 1.9, "not distinguished"),
        (2.1, "differs"),
        (0.4, "differs"),
    ],
)
def test_seconds_are_compared_relative_to_the_centered_fit(
    published: Facts, tables: Tables, factor: float, verdict: str
) -> None:
    fits = tables["fits"]
    fits.loc[~of(fits, "centered"), "sampling_seconds"] *= factor
    found = compared(tables, published)
    relative = found[found["quantity"] == "relative_seconds"]
    assert relative["verdict"].tolist() == [verdict] * 4
    assert (relative["found"] / relative["published"]).to_numpy() == pytest.approx(factor)


def test_replicates_are_counted_below_the_published_number(published: Facts) -> None:
    tables = as_published(published, replicates=4)
    by_replicate = np.array([1.0, 0.99, 1.01, 0.98])
    chains = tables["chains"].sample(frac=1, random_state=1)
    tables["chains"] = chains.assign(bfmi=chains["bfmi"] * by_replicate[chains["replicate"]])
    found = compared(tables, published)
    bfmi = found[found["quantity"] == "bfmi"]
    assert set(bfmi["fits"]) == {4}
    assert set(bfmi["below"]) == {2}
    assert (bfmi["lowest"] / bfmi["published"]).to_numpy() == pytest.approx(0.98)
    assert (bfmi["highest"] / bfmi["published"]).to_numpy() == pytest.approx(1.01)
    assert bfmi["found"].to_numpy() == pytest.approx(bfmi["published"])


@pytest.mark.parametrize("seconds", [np.nan, 0.3], ids=["unavailable", "raised"])
def test_a_failed_fit_has_no_verdict(published: Facts, tables: Tables, seconds: float) -> None:
    tables = fail(tables, lambda table: of(table, "noncentered"), seconds)
    found = compared(tables, published)
    gone = of(found, "noncentered") & (found["quantity"] != "seconds")
    assert set(found.loc[gone, "verdict"]) == {"no fit"}
    assert set(found.loc[gone, "fits"]) == {0}
    assert found.loc[gone, "found"].isna().all()
    assert "no fit" not in set(found.loc[~of(found, "noncentered"), "verdict"])


@pytest.mark.parametrize("seconds", [np.nan, 0.3], ids=["unavailable", "raised"])
def test_relative_seconds_have_no_verdict_if_the_centered_fit_failed(
    published: Facts, tables: Tables, seconds: float
) -> None:
    tables = fail(tables, lambda table: of(table, "centered"), seconds)
    found = compared(tables, published)
    relative = found[found["quantity"] == "relative_seconds"]
    assert relative["verdict"].tolist() == ["no fit"] * 4


def test_a_failed_replicate_is_left_out(published: Facts) -> None:
    tables = as_published(published, replicates=3)
    tables = fail(tables, lambda table: table["replicate"] == 1)
    found = compared(tables, published)
    assert set(found["fits"]) - {0} == {2}
    assert set(found["verdict"]) == {"not distinguished", "not compared"}


def test_every_sampler_is_compared(published: Facts) -> None:
    one, other = (as_published(published, 1, sampler) for sampler in ("pymc3", "nutpie"))
    one = fail(one, lambda table: table["replicate"] == 0)
    both = {name: pd.concat([one[name], other[name]]) for name in one}
    found = compared(both, published)
    assert set(found.loc[found["sampler"] == "nutpie", "verdict"]) == {
        "not distinguished",
        "not compared",
    }
    assert set(found.loc[found["sampler"] == "pymc3", "verdict"]) == {"no fit", "not compared"}
    concluding = concluded(both, published)
    assert set(concluding.loc[concluding["sampler"] == "nutpie", "holds"]) == {"yes"}
    assert set(concluding.loc[concluding["sampler"] == "pymc3", "holds"]) == {""}


def test_a_study_of_some_scenarios_has_only_their_rows(published: Facts, tables: Tables) -> None:
    part = {name: table[table["scenario"] == "weak"] for name, table in tables.items()}
    assert set(compared(part, published)["scenario"]) == {"weak"}
    assert set(concluded(part, published)["scenario"]) == {"weak"}
    nothing = {name: table[:0] for name, table in tables.items()}
    assert list(compared(nothing, published).columns) == list(COMPARISON_COLUMNS)
    assert list(concluded(nothing, published).columns) == list(FINDING_COLUMNS)


def test_tables_read_from_files_give_the_same_result(
    tmp_path: Path, published: Facts, tables: Tables
) -> None:
    tables = fail(tables, lambda table: of(table, "mixed"))
    for name, table in tables.items():
        write_table(table, tmp_path / f"{name}.csv")
    read = {name: read_table(tmp_path / f"{name}.csv") for name in tables}
    assert compared(read, published).equals(compared(tables, published))
    assert concluded(read, published).equals(concluded(tables, published))


def test_the_findings_hold_for_the_published_chains(published: Facts, tables: Tables) -> None:
    found = concluded(tables, published)
    assert len(found) == len(FINDINGS)
    assert found.loc[found["holds"] != "yes", ["scenario", "finding"]].empty
    assert set(found["fits"]) == set(found["holds_in"]) == {1}


# for each finding, a table, parameterization, column and value that refute it
REFUTATIONS = {
    ("weak", "centered: a funnel in every individual"): ("estimates", "centered", "funnel", 1.0),
    ("weak", "centered: many divergences"): ("fits", "centered", "divergences", 99),
    ("weak", "centered: divergences at the neck"): (
        *("chains", "centered", "divergent_log_tau_rank", 0.5),
    ),
    ("weak", "centered: E-BFMI under or near 0.3"): ("chains", "centered", "bfmi", 0.9),
    ("weak", "centered: small tau under-explored"): (
        *("estimates", "centered", "exact_below_lowest", 1e-5),
    ),
    ("weak", "noncentered: no divergences"): ("fits", "noncentered", "divergences", 1),
    ("weak", "noncentered: E-BFMI near 0.9"): ("chains", "noncentered", "bfmi", 0.5),
    ("weak", "noncentered: no funnel of eta"): ("estimates", "noncentered", "funnel", 0.5),
    ("weak", "noncentered: small tau explored"): (
        *("estimates", "noncentered", "exact_below_lowest", 0.01),
    ),
    ("strong", "centered: no divergences"): ("fits", "centered", "divergences", 1),
    ("strong", "centered: E-BFMI near 1"): ("chains", "centered", "bfmi", 0.5),
    ("strong", "centered: step size near 0.4"): ("fits", "centered", "step_size", 0.65),
    ("strong", "centered: no funnel"): ("estimates", "centered", "funnel", 0.5),
    ("strong", "noncentered: no divergences"): ("fits", "noncentered", "divergences", 1),
    ("strong", "noncentered: an inverted funnel"): ("estimates", "noncentered", "tilt", 0.2),
    ("strong", "noncentered: step size about 20 times smaller"): (
        *("fits", "noncentered", "step_size", 0.2),
    ),
    ("strong", "noncentered: several times the sampling"): (
        *("fits", "noncentered", "leapfrog_steps", 1e6),
    ),
    ("strong", "noncentered: high autocorrelation, ESS under 10 %"): (
        *("fits", "noncentered", "ess_bulk_min", 0.3 * DRAWS),
    ),
    ("unbalanced", "centered: funnels of the weakly informed individuals"): (
        *("estimates", "centered", "funnel", 1.0),
    ),
    ("unbalanced", "centered: a few divergences"): ("fits", "centered", "divergences", 0),
    ("unbalanced", "centered: divergences in the necks of the funnels"): (
        *("chains", "centered", "divergent_log_tau_rank", 0.6),
    ),
    ("unbalanced", "noncentered: inverted funnels of individuals 2 and 6"): (
        *("estimates", "noncentered", "tilt", 0.2),
    ),
    ("unbalanced", "noncentered: divergences at the top of the inverted funnels"): (
        *("chains", "noncentered", "divergent_log_tau_rank", 0.4),
    ),
    ("unbalanced", "noncentered: divergences"): ("fits", "noncentered", "divergences", 0),
    ("unbalanced", "noncentered: small step size"): ("fits", "noncentered", "step_size", 0.3),
    ("unbalanced", "mixed: higher E-BFMI in every chain than either"): (
        *("chains", "mixed", "bfmi", 0.85),
    ),
    ("unbalanced", "mixed: step size back to that of the centered fit"): (
        *("fits", "mixed", "step_size", 0.1),
    ),
    ("unbalanced", "mixed: small tau better explored than by the centered fit"): (
        *("estimates", "mixed", "exact_below_lowest", 0.01),
    ),
    **{
        (scenario, "the posterior predictive of the parameterizations is alike"): (
            *("estimates", "noncentered", "mean", 5.5),
        )
        for scenario in ("weak", "strong", "unbalanced")
    },
}


@pytest.mark.parametrize(
    ("scenario", "finding"), [(finding.scenario, finding.finding) for finding in FINDINGS]
)
def test_a_finding_can_be_refuted(
    published: Facts, tables: Tables, scenario: str, finding: str
) -> None:
    name, parameterization, column, value = REFUTATIONS[scenario, finding]
    tables[name].loc[of(tables[name], parameterization, scenario), column] = value
    found = concluded(tables, published).set_index(["scenario", "finding"])
    assert found.loc[(scenario, finding), "holds"] == "no"
    assert set(found.drop(index=[(scenario, finding)])["holds"]) == {"yes"}


def test_individuals_2_and_6_alone_make_the_inverted_funnels(
    published: Facts, tables: Tables
) -> None:
    estimates = tables["estimates"]
    strong = estimates["estimand"].isin(["theta[2]", "theta[6]"])
    unbalanced = estimates["scenario"] == "unbalanced"
    estimates.loc[unbalanced & ~strong, "tilt"] = 0.0
    estimates.loc[unbalanced & of(estimates, "centered") & strong, "funnel"] = 1.0
    assert set(concluded(tables, published)["holds"]) == {"yes"}


def test_the_mean_rank_weights_chains_by_their_divergences(
    published: Facts, tables: Tables
) -> None:
    chains = tables["chains"]
    centered = of(chains, "centered", "unbalanced")
    chains.loc[centered, "divergent_log_tau_rank"] = [0.9, 0.3, 0.6, np.nan]
    found = concluded(tables, published).set_index(["scenario", "finding"])
    neck = found.loc[("unbalanced", "centered: divergences in the necks of the funnels")]
    assert neck["value"] == pytest.approx((0.9 + 4 * 0.3 + 2 * 0.6) / 7)


def test_a_statement_without_a_value_is_missing(published: Facts, tables: Tables) -> None:
    chains = tables["chains"]
    centered = of(chains, "centered", "weak")
    chains.loc[centered, ["divergences", "divergent_log_tau_rank"]] = 0.0, np.nan
    found = concluded(tables, published).set_index(["scenario", "finding"])
    neck = found.loc[("weak", "centered: divergences at the neck")]
    assert np.isnan(neck["value"])
    assert (neck["holds"], neck["fits"], neck["holds_in"]) == ("", 0, 0)


def test_statements_on_a_failed_fit_are_missing(published: Facts, tables: Tables) -> None:
    failed = concluded(fail(tables, lambda table: of(table, "centered"), 0.3), published)
    absent = {name: table[~of(table, "centered")] for name, table in tables.items()}
    missing = concluded(absent, published)
    for found in (failed, missing):
        on_it = found["finding"].str.startswith("centered") | found["statement"].str.contains(
            "over centered|centered over|the highest of another"
        )
        assert set(found.loc[on_it, "holds"]) == {""}
        assert found.loc[on_it, "value"].isna().all()
    assert set(failed.loc[failed["finding"].str.startswith("noncentered: no "), "holds"]) == {"yes"}


def test_one_parameterization_has_no_predictive_difference(
    published: Facts, tables: Tables
) -> None:
    lone = {name: table[of(table, "centered")] for name, table in tables.items()}
    found = concluded(lone, published)
    alike = found[found["finding"].str.startswith("the posterior predictive")]
    assert set(alike["holds"]) == {""}


def test_two_fits_that_missed_nothing_have_no_ratio(published: Facts, tables: Tables) -> None:
    tables["estimates"]["exact_below_lowest"] = 0.0
    found = concluded(tables, published).set_index(["scenario", "finding"])
    name = "mixed: small tau better explored than by the centered fit"
    assert found.loc[("unbalanced", name), "holds"] == ""


def test_a_finding_is_counted_over_sampler_seeds(published: Facts) -> None:
    tables = as_published(published, replicates=4)
    fits = tables["fits"]
    fits.loc[of(fits, "noncentered", "weak"), "divergences"] = [0.0, 2.0, 0.0, 1.0]
    tables = fail(tables, lambda table: table["replicate"] == 2)
    found = concluded(tables, published).set_index(["scenario", "finding"])
    row = found.loc[("weak", "noncentered: no divergences")]
    assert (row["value"], row["holds"], row["fits"], row["holds_in"]) == (0, "yes", 3, 1)
    assert set(found["fits"]) == {3}


def test_predictive_means_differ_in_their_standard_deviations(
    published: Facts, tables: Tables
) -> None:
    estimates = tables["estimates"]
    chosen = of(estimates, "noncentered", "weak") & (estimates["estimand"] == "theta[3]")
    estimates.loc[chosen, ["mean", "sd"]] = 9.0, 7.5
    found = concluded(tables, published).set_index(["scenario", "finding"])
    name = "the posterior predictive of the parameterizations is alike"
    assert found.loc[("weak", name), "value"] == pytest.approx(5 / np.hypot(2, 10))


def test_the_page_summarises_its_tables(published: Facts) -> None:
    tables = as_published(published, replicates=3)
    chains = tables["chains"]
    chains.loc[of(chains, "centered", "strong"), "bfmi"] = [0.5, 0.51, 0.52, 0.49] * 3
    numbers, statements = compared(tables, published), concluded(tables, published)
    text = page(numbers, statements)
    judged = numbers[numbers["verdict"] != "not compared"]
    assert (
        f"{len(judged) - 1} of {len(judged)} published numbers cannot be distinguished from" in text
    )
    assert "The number of sampler\nseeds is 3." in text
    assert f"{len(FINDINGS) - 1} of {len(FINDINGS)} published findings hold" in text
    lines = text.splitlines()
    (divergences,) = (line for line in lines if "unbalanced, mixed | pymc3 | divergences" in line)
    assert divergences.endswith(
        "| 6 | 1 3 1 1 | 6 | 1 3 1 1 | 6 to 6 | 0 of 3 | 1 | not distinguished |"
    )
    (energy,) = (line for line in lines if "| centered: E-BFMI near 1 |" in line)
    assert energy.endswith("| lowest E-BFMI of a chain > 0.9 | 0.49 | no | 0 of 3 |")
    rows = [line for line in lines if line.startswith("|")]
    assert len(rows) == len(numbers) + len(statements) + 4
    assert {line.count(" | ") for line in rows} == {10, 6}


def test_the_page_leaves_what_is_missing_empty(published: Facts, tables: Tables) -> None:
    tables = fail(tables, lambda table: of(table, "mixed"))
    text = page(compared(tables, published), concluded(tables, published))
    assert "nan" not in text.split()
    (bfmi,) = (line for line in text.splitlines() if "unbalanced, mixed | pymc3 | bfmi" in line)
    cells = [cell.strip() for cell in bfmi.split("|")[1:-1]]
    assert cells[5:] == ["", "", "", "0 of 0", "", "no fit"]


def test_a_study_without_published_data_has_a_page(published: Facts, tables: Tables) -> None:
    nothing = {name: table[:0] for name, table in tables.items()}
    text = page(compared(nothing, published), concluded(nothing, published))
    assert text.count("Nothing to compare.") == 2
    assert "0 of 0 published numbers cannot be distinguished from" in text
