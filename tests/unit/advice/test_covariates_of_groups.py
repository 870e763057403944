"""Covariates of groups: the exact posterior, the tables, the page and the programs have them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import stanli
from csv_texts import BCG, SUCCESSES

from funnel import exact_posterior
from funnel_study.advice.advice import Advice, headline
from funnel_study.advice.check import check_configuration
from funnel_study.advice.csv_file import DataError
from funnel_study.advice.files import write_files
from funnel_study.advice.programs import programs


def test_the_posterior_is_that_of_the_regression(advice: Callable[..., Advice]) -> None:
    """Where latitude is 33, and by its degrees."""
    found = advice(BCG, tau="half_normal:0.5", mu="flat", X="Latitude")
    table = found.population.set_index("estimand")
    y, se, latitude = (found.of_groups[name].to_numpy() for name in ("y", "se", "x[latitude]"))
    exact = exact_posterior(y, se, tau=found.priors.tau, x=latitude - 33)
    for name, expected in (("mu", exact.mu), ("beta[latitude]", exact.beta[0])):
        assert table["exact_mean"][name] == pytest.approx(expected.mean, rel=1e-9)
        assert table["exact_sd"][name] == pytest.approx(expected.sd, rel=1e-9)
    # the example of docs/library.md
    assert table["exact_mean"]["beta[latitude]"] == pytest.approx(-0.02887, abs=1e-5)
    assert table["exact_q50"]["I^2"] == pytest.approx(exact.i_squared.quantile(0.5), rel=1e-9)
    # as R's metafor prints it for rma(yi, sei^2, mods = ~ latitude): by weighted least squares
    fitted = np.polyval(np.polyfit(latitude, y, 1, w=1 / se), latitude)
    assert table["exact_mean"]["Q"] == pytest.approx((((y - fitted) / se) ** 2).sum(), rel=1e-9)
    text = headline(found)
    assert "where latitude is 33, is" in text
    assert "per unit of latitude is -0.02" in text


@pytest.mark.parametrize("mu", ["", "flat"])
@pytest.mark.parametrize("x", ["latitude", "latitude,year"])
def test_the_programs_have_the_posterior(
    advice: Callable[..., Advice], tmp_path: Path, mu: str, x: str
) -> None:
    found = advice(BCG, tau="", mu=mu, X=x)
    texts = programs(found)
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    model = stanli.Model(str(tmp_path / "model.stan"), data=str(tmp_path / "model.data.json"))
    # covariates that depend on each other, as these do, would have divergences if z_b were beta
    fit = model.sample(chains=4, seed=1, warmup=1000, samples=2000, delta=0.8, refresh=0)
    beta = fit.draws("beta").reshape(-1, len(found.groups.covariates))
    draws = {"mu": fit.draws("mu"), "tau": fit.draws("tau")}
    draws |= {f"beta[{name}]": values for name, values in zip(found.groups.x, beta.T, strict=True)}
    for name, values in draws.items():
        row = found.population.set_index("estimand").loc[name]
        assert values.mean() == pytest.approx(row["exact_mean"], abs=0.1 * row["exact_sd"])
        assert values.std() == pytest.approx(row["exact_sd"], rel=0.1)
    assert np.sum(fit.divergences) == 0
    program: dict[str, Any] = {"__name__": "model_pymc"}
    exec(texts["model_pymc.py"], program)
    of_pymc, differences = program["model"].compile_logp(), []
    assert [each.name for each in program["model"].free_RVs] == ["tau", "z_b", "z"]
    size = 2 + beta.shape[1]
    for point in np.random.default_rng(1).normal(size=(4, size + 13)):
        values = {"tau_log__": point[0], "z_b": point[1:size], "z": point[size:]}
        of_stan = model.log_prob_grad(point)[0]
        differences.append(of_pymc(values) - of_stan)
    assert np.ptp(differences) < 1e-8 * np.abs(of_stan)


def test_the_page_has_a_plot_of_covariates(advice: Callable[..., Advice], tmp_path: Path) -> None:
    write_files(advice(BCG, tau="", mu="", X="latitude"), tmp_path)
    assert "Effects by covariate" in (tmp_path / "index.html").read_text()
    assert (tmp_path / "figures/regression.svg").exists()


def test_covariates_that_cannot_be_used_are_errors(advice: Callable[..., Advice]) -> None:
    for text, name, message in (
        (SUCCESSES, "hospital", "X: is only for effects with known standard errors"),
        (BCG, "longitude", "X = 'longitude': .* has the columns"),
        (BCG.replace("44,1948", ",1948"), "latitude", "without a value: line 2"),
        (BCG, "study", "must be a finite number"),
    ):
        with pytest.raises(DataError, match=message):
            advice(text, X=name)
    with pytest.raises(DataError, match="run it without CHECK"):
        check_configuration(advice(BCG, X="year"))
