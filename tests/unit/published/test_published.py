"""The comparison with the published study, on tables made from the published facts."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from funnel_study.published.conclusions import FINDING_COLUMNS, findings
from funnel_study.published.numbers import COMPARISON_COLUMNS, comparison
from funnel_study.report.parts import filled

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


def as_published(facts: Facts, replicates: int = 1, sampler: str = "pymc3") -> Tables:
    """The tables of a study whose chains are the published ones, in every replicate."""
    rows: dict[str, list[Facts]] = {"fits": [], "chains": [], "estimates": []}
    for fact in facts["fits"]:
        cell = (fact["scenario"], fact["parameterization"])
        steps = fact.get("step_size", [0.2] * 4)
        acceptance = [0.96, *fact.get("acceptance", [0.95] * 3)]
        for replicate in range(replicates):
            key = dict(zip(KEYS, (*cell, sampler, replicate), strict=True))
            where = 0.9 if fact["parameterization"] == "noncentered" else 0.1
            results = {
                "divergences": float(sum(fact["divergences"])),
                "step_size": np.mean(steps),
                "ess_bulk_min": 0.9 * fact.get("ess", 0.5) * DRAWS,
                "leapfrog_steps": sum(1e5 / step for step in steps),
                "sampling_seconds": fact["seconds"] / 10,
            }
            rows["fits"].append({**key, "status": "ok", "draws": DRAWS, **results})
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
                {**key, "estimand": name, "mean": 4.0, "sd": 2.0, **GEOMETRY[cell]}
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


def by_key(found: pd.DataFrame) -> pd.DataFrame:
    keys = ("parameterization", "quantity") if "quantity" in found else ("finding",)
    return found.set_index(["scenario", *keys])


def test_the_published_chains_are_not_distinguished_from_themselves(
    published: Facts, tables: Tables
) -> None:
    found = compared(tables, published)
    assert list(found.columns) == list(COMPARISON_COLUMNS)
    others = found[found["quantity"] != "seconds"]
    assert set(others["verdict"]) == {"not distinguished"}
    assert set(found.loc[found["quantity"] == "seconds", "verdict"]) == {"not compared"}
    assert others["p_value"].dropna().to_numpy() == pytest.approx(1)
    assert set(found.loc[found["quantity"] == "bfmi", "same_chains"]) == {4}
    assert found.groupby(["scenario", "parameterization"]).ngroups == 7
    rows = by_key(found)
    divergences = rows.loc[("unbalanced", "noncentered", "divergences")]
    assert (divergences["published"], divergences["found"]) == (63, 63)
    assert divergences["published_by_chain"] == divergences["found_by_chain"] == "5 52 6 0"
    acceptance = rows.loc[("weak", "centered", "acceptance")]
    assert acceptance["found"] == pytest.approx(0.89042, abs=1e-5)
    assert acceptance["found_by_chain"] == "0.8879 0.8895 0.8939"
    assert ("strong", "centered", "relative_seconds") not in rows.index
    assert pd.isna(rows.loc[("weak", "noncentered", "ess"), "published"])


@pytest.mark.parametrize(
    ("quantity", "shift"),
    [
        ("divergences", lambda counts: 1_000 * (counts + 1)),
        ("bfmi", lambda values: values * 2),
        ("step_size", lambda values: values * 3),
        ("acceptance", lambda values: values / 2),
    ],
)
def test_chains_far_from_the_published_ones_differ(
    published: Facts, tables: Tables, quantity: str, shift: Any
) -> None:
    tables["chains"][quantity] = shift(tables["chains"][quantity])
    found = compared(tables, published)
    chosen = found["quantity"] == quantity
    assert set(found.loc[chosen, "verdict"]) == {"differs"}
    assert (found.loc[chosen, "p_value"] < 0.01).all()
    assert "differs" not in set(found.loc[~chosen, "verdict"])


def test_divergences_where_none_was_published(published: Facts, tables: Tables) -> None:
    chains = tables["chains"]
    for diverged, verdict in ((1, "not distinguished"), (4, "differs")):
        which = of(chains, "noncentered", "weak") & (chains["chain"] < diverged)
        chains.loc[which, "divergences"] = 1
        found = by_key(compared(tables, published))["verdict"]
        assert found["weak", "noncentered", "divergences"] == verdict


def test_the_step_size_is_the_one_that_pymc3_reports(published: Facts, tables: Tables) -> None:
    chains = tables["chains"]
    chains["last_tuned_step_size"] = chains["step_size"]
    chains["step_size"] *= 3
    assert set(compared(tables, published)["verdict"]) == {"not distinguished", "not compared"}


def test_effective_sample_sizes_are_compared_by_the_ranges_of_warnings(
    published: Facts, tables: Tables
) -> None:
    for part, bound in ((0.09, 0.1), (0.2, 0.25), (0.3, np.nan)):
        tables["fits"]["ess_bulk_min"] = part * DRAWS
        found = compared(tables, published).query("quantity == 'ess'")
        agree = found["verdict"] == "not distinguished"
        assert agree.tolist() == np.isclose(found["published"], bound, equal_nan=True).tolist()


@pytest.mark.parametrize(("factor", "verdict"), [(1.9, "not distinguished"), (0.4, "differs")])
def test_seconds_are_compared_relative_to_the_centered_fit(
    published: Facts, tables: Tables, factor: float, verdict: str
) -> None:
    fits = tables["fits"]
    fits.loc[~of(fits, "centered"), "sampling_seconds"] *= factor
    found = compared(tables, published).query("quantity == 'relative_seconds'")
    assert found["verdict"].tolist() == [verdict] * 4
    assert (found["found"] / found["published"]).to_numpy() == pytest.approx(factor)


def test_replicates_are_counted_below_the_published_number(published: Facts) -> None:
    tables = as_published(published, replicates=5)
    tables = fail(tables, lambda table: table["replicate"] == 4)
    by_replicate = np.array([1.0, 0.99, 1.01, 0.98, 1.0])
    chains = tables["chains"].sample(frac=1, random_state=1)
    tables["chains"] = chains.assign(bfmi=chains["bfmi"] * by_replicate[chains["replicate"]])
    found = compared(tables, published)
    assert set(found["verdict"]) == {"not distinguished", "not compared"}
    bfmi = found[found["quantity"] == "bfmi"]
    assert set(bfmi["fits"]) == {4}
    assert set(bfmi["below"]) == {2}
    assert (bfmi["lowest"] / bfmi["published"]).to_numpy() == pytest.approx(0.98)
    assert (bfmi["highest"] / bfmi["published"]).to_numpy() == pytest.approx(1.01)
    assert bfmi["found"].to_numpy() == pytest.approx(bfmi["published"])


def test_a_failed_fit_has_no_verdict(published: Facts, tables: Tables) -> None:
    found = compared(fail(tables, lambda table: of(table, "centered"), seconds=0.3), published)
    gone = of(found, "centered") & (found["quantity"] != "seconds")
    gone |= found["quantity"] == "relative_seconds"
    assert set(found.loc[gone, "verdict"]) == {"no fit"}
    assert set(found.loc[gone, "fits"]) == {0}
    assert "no fit" not in set(found.loc[~gone, "verdict"])


def test_every_sampler_is_compared_in_every_scenario_of_the_study(published: Facts) -> None:
    one, other = (as_published(published, 1, sampler) for sampler in ("pymc3", "nutpie"))
    one = fail(one, lambda table: table["replicate"] == 0)
    both = {name: pd.concat([one[name], other[name]]) for name in one}
    both = {name: table[table["scenario"] != "strong"] for name, table in both.items()}
    found, concluding = compared(both, published), concluded(both, published)
    assert set(found["scenario"]) == set(concluding["scenario"]) == {"weak", "unbalanced"}
    expected = {"nutpie": ("not distinguished", "yes"), "pymc3": ("no fit", "")}
    for sampler, (verdict, holds) in expected.items():
        chosen = found[(found["sampler"] == sampler) & (found["quantity"] != "seconds")]
        assert set(chosen["verdict"]) == {verdict}
        assert set(concluding.loc[concluding["sampler"] == sampler, "holds"]) == {holds}


# for each quantity, a table and column, and values that are too low and too high for its bounds
REFUTING = {
    "divergences": ("fits", "divergences", 0, 99),
    "divergent_rank": ("chains", "divergent_log_tau_rank", 0.4, 0.6),
    "lowest_bfmi": ("chains", "bfmi", 0.5, None),
    "highest_bfmi": ("chains", "bfmi", None, 0.9),
    "bfmi_gain": ("chains", "bfmi", 0.85, None),
    "unexplored": ("estimates", "exact_below_lowest", 1e-5, 0.01),
    "relative_unexplored": ("estimates", "exact_below_lowest", None, 0.01),
    "largest_funnel": ("estimates", "funnel", None, 1.0),
    "largest_weak_funnel": ("estimates", "funnel", None, 1.0),
    "funnel_of_theta": ("estimates", "funnel", None, 0.5),
    "funnel_of_eta": ("estimates", "funnel", None, 0.5),
    "largest_tilt": ("estimates", "tilt", 0.2, None),
    "tilt_of_2_and_6": ("estimates", "tilt", 0.2, None),
    "step_size_over_published": ("fits", "step_size", None, 0.65),
    "published_step_sizes": ("fits", "step_size", None, 0.2),
    "relative_step_size": ("fits", "step_size", 0.1, 0.3),
    "relative_steps": ("fits", "leapfrog_steps", 1e6, None),
    "relative_ess": ("fits", "ess_bulk_min", None, 0.3 * DRAWS),
    "predictive": ("estimates", "mean", None, 5.5),
}


def test_every_finding_holds_for_the_published_chains_and_can_be_refuted(
    published: Facts, tables: Tables
) -> None:
    assert set(concluded(tables, published)["holds"]) == {"yes"}
    for i, (scenario, name, _, quantity, relation, _) in enumerate(published["findings"]):
        tables = as_published(published)
        table, column, low, high = REFUTING[quantity]
        chosen = of(tables[table], "noncentered" if name == "all" else name, scenario)
        tables[table].loc[chosen, column] = low if relation == ">" else high
        holds = concluded(tables, published)["holds"]
        assert holds[i] == "no", (scenario, name, quantity)
        assert set(holds.drop(i)) == {"yes"}, (scenario, name, quantity)


def test_individuals_2_and_6_alone_make_the_inverted_funnels(
    published: Facts, tables: Tables
) -> None:
    estimates = tables["estimates"]
    strong = estimates["estimand"].isin(["theta[2]", "theta[6]"])
    unbalanced = estimates["scenario"] == "unbalanced"
    estimates.loc[unbalanced & ~strong, "tilt"] = 0.0
    estimates.loc[unbalanced & of(estimates, "centered") & strong, "funnel"] = 1.0
    assert set(concluded(tables, published)["holds"]) == {"yes"}


def test_values_of_findings_are_computed_from_their_tables(
    published: Facts, tables: Tables
) -> None:
    chains, estimates = tables["chains"], tables["estimates"]
    centered = of(chains, "centered", "unbalanced")
    # the chains have 1, 4, 2 and 0 divergences
    chains.loc[centered, "divergent_log_tau_rank"] = [0.9, 0.3, 0.6, np.nan]
    chosen = of(estimates, "noncentered", "weak") & (estimates["estimand"] == "theta[3]")
    estimates.loc[chosen, ["mean", "sd"]] = 9.0, 7.5
    found = by_key(concluded(tables, published))["value"]
    neck = found["unbalanced", "centered: divergences in the necks of the funnels"]
    assert neck == pytest.approx((0.9 + 4 * 0.3 + 2 * 0.6) / 7)
    alike = found["weak", "the posterior predictive of the parameterizations is alike"]
    # theta has a mean of 4 and an sd of 2 in the other fit, and an observation an sd of 10
    assert alike == pytest.approx(5 / np.hypot(2, 10))


def test_statements_without_a_value_are_empty(published: Facts, tables: Tables) -> None:
    chains = tables["chains"]
    none_diverged = of(chains, "centered", "weak")
    chains.loc[none_diverged, ["divergences", "divergent_log_tau_rank"]] = 0.0, np.nan
    tables["estimates"]["exact_below_lowest"] = 0.0
    found = by_key(concluded(tables, published))
    neck = found.loc[("weak", "centered: divergences at the neck")]
    assert np.isnan(neck["value"])
    assert (neck["holds"], neck["fits"], neck["holds_in"]) == ("", 0, 0)
    name = "mixed: small tau better explored than by the centered fit"
    assert found.loc[("unbalanced", name), "holds"] == ""


def test_statements_on_a_failed_or_missing_fit_are_empty(published: Facts, tables: Tables) -> None:
    failed = concluded(fail(tables, lambda table: of(table, "centered"), 0.3), published)
    absent = {name: table[~of(table, "centered")] for name, table in tables.items()}
    for found in (failed, concluded(absent, published)):
        on_it = found["finding"].str.startswith("centered") | found["statement"].str.contains(
            "over centered|centered over|the highest of another"
        )
        assert set(found.loc[on_it, "holds"]) == {""}
        assert found.loc[on_it, "value"].isna().all()
    assert set(failed.loc[failed["finding"].str.startswith("noncentered: no "), "holds"]) == {"yes"}
    lone = {name: table[of(table, "centered")] for name, table in tables.items()}
    found = concluded(lone, published)
    alike = found[found["finding"].str.startswith("the posterior predictive")]
    assert set(alike["holds"]) == {""}


def test_a_finding_is_counted_over_sampler_seeds(published: Facts) -> None:
    tables = as_published(published, replicates=4)
    fits = tables["fits"]
    fits.loc[of(fits, "noncentered", "weak"), "divergences"] = [0.0, 2.0, 0.0, 1.0]
    tables = fail(tables, lambda table: table["replicate"] == 2)
    found = by_key(concluded(tables, published))
    row = found.loc[("weak", "noncentered: no divergences")]
    assert (row["value"], row["holds"], row["fits"], row["holds_in"]) == (0, "yes", 3, 1)
    assert set(found["fits"]) == {3}


def test_the_page_summarises_its_tables(published: Facts) -> None:
    tables = as_published(published, replicates=3)
    chains = tables["chains"]
    chains.loc[of(chains, "centered", "strong"), "bfmi"] = [0.5, 0.51, 0.52, 0.49] * 3
    tables = fail(tables, lambda table: of(table, "noncentered", "unbalanced"))
    numbers, statements = compared(tables, published), concluded(tables, published)
    text = filled("published.md.jinja", numbers=numbers, findings=statements, stuck=["a chain"])
    verdicts = numbers["verdict"].value_counts()
    same, differ = verdicts["not distinguished"], verdicts["differs"]
    assert differ == 1
    assert f"{same} of {same + 1} published numbers" in text
    holds = (statements["holds"] == "yes").sum()
    assert f"{holds} of {len(statements)} published findings hold" in text
    assert "\n- a chain\n" in text
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("|")]
    assert len(rows) == len(numbers) + len(statements) + 4
    of_mixed = ["pymc3", "divergences", "6", "1 3 1 1", "6", "1 3 1 1", "6 to 6", "0 of 3", "1"]
    assert ["unbalanced, mixed", *of_mixed, "not distinguished"] in rows
    failed = ["pymc3", "divergences", "63", "5 52 6 0", "", "", "", "0 of 0", "", "no fit"]
    assert ["unbalanced, noncentered", *failed] in rows


def test_a_study_without_published_data_has_a_page(published: Facts, tables: Tables) -> None:
    nothing = {name: table[:0] for name, table in tables.items()}
    numbers, statements = compared(nothing, published), concluded(nothing, published)
    assert list(numbers.columns) == list(COMPARISON_COLUMNS)
    assert list(statements.columns) == list(FINDING_COLUMNS)
    text = filled("published.md.jinja", numbers=numbers, findings=statements, stuck=[])
    assert text.count("Nothing to compare.") == 2
    assert "0 of 0 published numbers" in text
