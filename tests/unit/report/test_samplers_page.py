"""The page on better samplers: its numbers are those of tables, and its answer follows."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from funnel_study.figures.samplers import work_by_sampler
from funnel_study.fitting.samplers import Sampling
from funnel_study.report.samplers_page import of_scenarios, ratios, samplers_page

SAMPLERS, ARMS = ("nutpie", "stan", "mclmc"), ("centered", "noncentered", "data_based")
SCENARIOS, DATA_SETS = ("weak", "strong"), 8
KEYS = ["scenario", "parameterization", "sampler", "replicate"]
FITS = pd.DataFrame(product(SCENARIOS, ARMS, SAMPLERS, range(DATA_SETS)), columns=KEYS)
# relative to data_based with nutpie
FACTORS = {("weak", "centered"): 50.0, ("strong", "noncentered"): 7.0, "mclmc": 0.25, "stan": 1.25}


def score_of(scenario: str, arm: str, sampler: str, replicate: int) -> float:
    return (1 + replicate) * FACTORS.get((scenario, arm), 1.0) * FACTORS.get(sampler, 1.0)


def page(
    factor: float = 1.0, biased: tuple[str, ...] = ("centered",), stuck: int = 0
) -> tuple[str, pd.DataFrame]:
    """The page if MCLMC takes `factor` times the work, and is `biased` with some arms."""
    scores = [score_of(*row) for row in FITS.to_numpy().tolist()]
    score = np.array(scores) * np.where(FITS["sampler"] == "mclmc", factor, 1.0)
    of_prefixes = [
        FITS.assign(draws=draws, score=score * by)
        for draws, by in ((100, 9.0), (300, 1 + (FITS["sampler"] == "stan")), (1_000, 1.0))
    ]
    wrong = (FITS["sampler"] == "mclmc") & FITS["parameterization"].isin(biased)
    steps = {"leapfrog_steps": 30_000, "tuning_leapfrog_steps": 15_000, "sampling_seconds": 0.5}
    rhat = np.where(wrong, 1.2, 1.001)
    is_open = FITS[KEYS[:3]].eq(["strong", "centered", "stan"]).all(axis=1)
    verdict = np.select([wrong, is_open], ["wrong", "undecided"], "slower")
    answers = FITS.assign(verdict=verdict).query("replicate == 0")
    tables = {
        "fits": FITS.assign(status="ok", rhat_max=rhat, **steps),
        "chains": FITS.assign(chain=0, moves=np.where(FITS.index < stuck, 0.001, 0.9)),
        "answers": answers[[*KEYS[:3], "verdict"]].assign(bias_of="log_tau"),
    }
    found = ratios(pd.concat(of_prefixes, ignore_index=True))
    text = samplers_page("better-samplers", tables, found, Sampling(4, 500, 1_000, 0.8))
    return " ".join(text.split()), found


def test_the_page_shows_ratios_by_scenario_and_length_and_what_is_wrong() -> None:
    text, found = page(stuck=3)
    assert "No. No sampler makes" in text
    for scenario, arm in product(SCENARIOS, ARMS):
        for sampler, reference in product(SAMPLERS, ("nutpie", "stan")):
            rows = found.query(
                "scenario == @scenario and parameterization == @arm and sampler == @sampler "
                "and reference == @reference and draws == 1_000"
            )
            if (sampler, arm) != (reference, "data_based"):
                expected = score_of(scenario, arm, sampler, 0) / (
                    1.25 if reference == "stan" else 1
                )
                assert rows["ratio"].tolist() == [pytest.approx(expected)]
    # half of the ratios are 50 / 4, half of them 1 / 4; the largest score is 8 of 36
    expected_of_all = [f"{(12.5 * 0.25) ** 0.5:.3g}", f"{50 * 8 / (51 * 36):.3g}"]
    # over all data, 50 and 1 give 25.5; after 300 draws, stan takes twice the work
    assert "| nutpie | centered | 25.5 (" in text
    row = text.split("| mclmc | centered | ")[1].split("|")[:6]
    assert [cell.split()[0] for cell in row] == ["6.38", "6.38", "2.55", "5.1", *expected_of_all]
    # 8 data sets in each of 2 scenarios
    assert "| mclmc | centered | all | | | 16 | 0 | 90,000 |" in text
    assert "| nutpie | centered | | | all | 0 | 3 | 90,000 |" in text
    assert "| stan | centered | | strong | weak | 0 | 0 | 90,000 |" in text
    # of 8 chains of this cell in each scenario, the first 3 are stuck
    assert "nutpie with `centered` (3 of 16)" in text
    assert "that of log tau (2)" in text
    least = text.split("the least of the 6 estimates is ")[1]
    assert float(least.split()[0]) == pytest.approx((1 + 7) / 2 * 0.25)
    assert "`noncentered` with mclmc" in least.split(". ")[0]
    assert "With `data_based` itself, mclmc at 0.25 (" in text
    assert "nan" not in text
    drawn = work_by_sampler(of_scenarios(found)).data
    assert len(drawn) == 2 * (len(SAMPLERS) * len(ARMS) - 1)


@pytest.mark.parametrize(
    ("factor", "biased", "answer"),
    [
        (1.0, ("centered",), "No. No sampler"),  # noncentered takes 7 / 4 times the work
        (0.5, ("centered",), "is `noncentered` with mclmc shown to take more"),
        (0.5, ("centered", "noncentered"), "No. No sampler"),
        (0.01, (), "is `centered` with mclmc or `noncentered` with mclmc shown to take more"),
    ],
)
def test_the_answer_follows_from_work_and_bias(
    factor: float, biased: tuple[str, ...], answer: str
) -> None:
    assert answer in page(factor, biased)[0]
