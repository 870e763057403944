"""The programs run as they are, and their draws agree with the exact posterior."""

import importlib.util
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import stanli
from csv_texts import KINDS
from scipy import stats
from scipy.special import expit

from funnel.group_means import Array
from funnel.likelihoods.binomial import BinomialLikelihood
from funnel.likelihoods.normal_unknown_sigma import NormalUnknownSigma
from funnel.likelihoods.poisson import PoissonLikelihood
from funnel_study.advice.advice import Advice
from funnel_study.advice.programs import programs

PRIORS = [
    ("half_normal:5", "normal:0:5"),
    ("half_cauchy:3", "normal:2:10"),
    ("half_t:4:5", "flat"),
    ("exponential:4", "normal:-1:20"),
    ("uniform:30", "flat"),
    ("", ""),
]
PROGRAMS = [*(("normal", *each) for each in PRIORS[:5]), *((kind, "", "") for kind in KINDS)]
SCALARS = ("mu", "tau")
NUMBER = r"-?\d+\.?\d*(?:e[+-]?\d+)?"


def write(advice: Advice, folder: Path) -> None:
    for name, text in programs(advice).items():
        (folder / name).write_text(text, encoding="utf-8")


def loaded(advice: Advice, folder: Path) -> tuple[Any, stanli.Model]:
    """The programs of PyMC and Stan."""
    write(advice, folder)
    spec = importlib.util.spec_from_file_location("model_pymc", folder / "model_pymc.py")
    assert spec is not None
    assert spec.loader is not None
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)
    return program, stanli.Model(str(folder / "model.stan"), data=str(folder / "model.data.json"))


def printed(program: str, folder: Path) -> str:
    """What a program prints in a process of its own, without the modules of Funnel."""
    command = [sys.executable, "-I", program]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def assert_near(advice: Advice, found: dict[str, tuple[float, float]]) -> None:
    """Means and sds agree within the error of some hundred independent draws."""
    for name in ("mu", "tau"):
        exact = getattr(advice.posterior, name)
        mean, sd = found[name]
        assert mean == pytest.approx(exact.mean, abs=0.15 * exact.sd)
        assert sd == pytest.approx(exact.sd, rel=0.2)


def test_the_program_of_pymc(advice: Callable[..., Advice], tmp_path: Path) -> None:
    found = advice()
    write(found, tmp_path)
    output = printed("model_pymc.py", tmp_path)
    rows = dict(re.findall(rf"(?m)^(mu|tau) +({NUMBER} +{NUMBER}) ", output))
    summary = {name: tuple(map(float, row.split())) for name, row in rows.items()}
    assert_near(found, {name: (row[0], row[1]) for name, row in summary.items()})


def of_the_model(advice: Advice, tau: float, sigma: float, z_mu: float, z: Array) -> float:
    """The log density of (log tau, log sigma, z_mu, z) by definition, but for constants.

    It is that of the model, with the Jacobian of mu and theta by differences.
    """
    data, priors = advice.groups.likelihood, advice.priors
    m, s = advice.approximation.ybar, advice.approximation.standard_error
    if isinstance(data, NormalUnknownSigma):
        s = sigma / np.sqrt(data.n)

    def placed(at: Array) -> Array:
        v, m0, s0 = tau**2 + s**2, priors.mu.mean, priors.mu.sd
        precision = (1 / v).sum() + s0**-2
        mu = ((m / v).sum() + m0 * s0**-2) / precision + at[0] / precision**0.5
        return np.array([mu, *(mu + tau * (tau * (m - mu) / v + s / np.sqrt(v) * at[1:]))])

    at = np.array([z_mu, *z])
    steps = 1e-4 * np.eye(len(at))
    jacobian = np.array([(placed(at + h) - placed(at - h)) / 2e-4 for h in steps])
    mu, theta = placed(at)[0], placed(at)[1:]
    return density(advice, tau, sigma, mu, theta) + float(np.linalg.slogdet(jacobian)[1])


def density(advice: Advice, tau: float, sigma: float, mu: float, theta: Array) -> float:
    """The log density of log tau, log sigma, mu and theta, but for constants."""
    data, priors = advice.groups.likelihood, advice.priors
    log = stats.norm.logpdf(theta, mu, tau).sum()
    log += priors.tau.log_kernel(np.array(tau)) + np.log(tau)
    log -= 0.5 * ((mu - priors.mu.mean) / priors.mu.sd) ** 2
    if isinstance(data, NormalUnknownSigma):
        assert priors.sigma is not None
        log += priors.sigma.log_kernel(np.array(sigma)) + np.log(sigma)
        log += stats.norm.logpdf(data.y, theta, sigma / np.sqrt(data.n)).sum()
        return float(
            log
            + stats.chi2.logpdf(data.within / sigma**2, data.degrees_of_freedom)
            - 2 * np.log(sigma)
        )
    if isinstance(data, BinomialLikelihood):
        return float(log + stats.binom.logpmf(data.successes, data.trials, expit(theta)).sum())
    if isinstance(data, PoissonLikelihood):
        return float(log + stats.poisson.logpmf(data.counts, data.exposure * np.exp(theta)).sum())
    return float(log + stats.norm.logpdf(data.y, theta, data.se).sum())


@pytest.mark.parametrize(("kind", "tau", "mu"), PROGRAMS)
def test_the_programs_have_the_density_of_the_model(
    advice: Callable[..., Advice], tmp_path: Path, kind: str, tau: str, mu: str
) -> None:
    """The log densities differ by a constant; log tau, log sigma, z_mu and z are free."""
    found = advice(KINDS[kind], tau=tau, mu=mu)
    program, stan = loaded(found, tmp_path)
    log_density = program.model.compile_logp()
    free = [each.name for each in program.model.value_vars]
    scales = [name.partition("_")[0] for name in free[:-2]]
    assert [*scales, *free[-2:]] == [
        *(["tau", "sigma"] if found.priors.sigma else ["tau"]),
        "z_mu",
        "z",
    ]
    unit = {"tau": found.tau0, "sigma": 1.0}
    if found.priors.sigma:
        unit["sigma"] = found.groups.pooled_sd
    differences = []
    for point in np.random.default_rng(1).normal(size=(5, len(scales) + 1 + found.groups.K)):
        point[: len(scales)] += [np.log(unit[name]) for name in scales]
        values = dict(zip(free, [*point[: len(scales) + 1], point[len(scales) + 1 :]], strict=True))
        of_stan = stan.log_prob_grad(point)[0]
        differences.append([float(log_density(values)) - of_stan])
        if not tau.startswith("uniform"):  # whose log tau is transformed in another way
            known = {name: np.exp(x) for name, x in zip(scales, point, strict=False)}
            z_mu, z = point[len(scales)], point[len(scales) + 1 :]
            exact = of_the_model(found, known["tau"], known.get("sigma", 1.0), z_mu, z)
            differences[-1].append(exact - of_stan)
    expected = np.broadcast_to(differences[0], np.shape(differences))
    np.testing.assert_allclose(differences, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("instead", ["centered", "noncentered", "low_tau"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_programs_with_what_a_check_found_have_the_density_of_the_model(
    advice: Callable[..., Advice], tmp_path: Path, kind: str, instead: str
) -> None:
    found = replace(advice(KINDS[kind], tau="", mu=""), instead=instead)
    program, stan = loaded(found, tmp_path)
    c = {"centered": np.ones, "noncentered": np.zeros}.get(instead, lambda _: found.centeredness)
    c, tau0 = c(found.groups.K), float(f"{found.tau0:.6g}") if instead == "low_tau" else 1.0
    scales = ["tau", "sigma"] if found.priors.sigma else ["tau"]
    log_density, differences = program.model.compile_logp(), []
    for point in np.random.default_rng(1).normal(size=(5, len(scales) + 1 + found.groups.K)):
        tau, sigma = np.exp(point[0]), np.exp(point[len(scales) - 1])
        mu, z = point[len(scales)], point[len(scales) + 1 :]
        theta = mu + (tau / tau0) ** (1 - c) * (z - c * mu)
        expected = density(found, tau, sigma, mu, theta) + ((1 - c) * np.log(tau)).sum()
        values = {f"{name}_log__": x for name, x in zip(scales, point, strict=False)}
        of_pymc = float(log_density({**values, "mu": mu, "z": z}))
        of_stan = stan.log_prob_grad([*point[: len(scales)], mu, *z])[0]
        differences.append([of_pymc - expected, of_stan - expected])
    np.testing.assert_allclose(np.ptp(differences, axis=0), 0.0, atol=1e-6)


@pytest.mark.parametrize(("kind", "tau", "mu"), PROGRAMS)
def test_the_program_of_stan(
    advice: Callable[..., Advice], tmp_path: Path, kind: str, tau: str, mu: str
) -> None:
    found = advice(KINDS[kind], tau=tau, mu=mu)
    write(found, tmp_path)
    model = stanli.Model(str(tmp_path / "model.stan"), data=str(tmp_path / "model.data.json"))
    fit = model.sample(chains=4, seed=1, warmup=1000, samples=2000, delta=0.95, refresh=0)
    draws = {name: fit.draws(name) for name in ("mu", "tau", "theta")}
    assert_near(found, {name: (draws[name].mean(), draws[name].std()) for name in ("mu", "tau")})
    means = draws["theta"].reshape(-1, found.groups.K).mean(axis=0)
    exact = found.of_groups["exact_mean"]
    assert (np.abs(means - exact) < 0.1 * found.of_groups["exact_sd"]).all()


def in_unit(factor: float) -> str:
    """One group that outweighs all others, and effects far from 0."""
    y, se = [1005.0, 1006.0, 1000.0, 1003.0, 1001.0], [0.02, 2.0, 3.0, 1.0, 2.0]
    return "y,se\n" + "".join(f"{factor * a},{factor * b}\n" for a, b in zip(y, se, strict=True))


EXTREMES = {
    **{f"unit {factor:g}": in_unit(factor) for factor in (1e-4, 1e-3, 1e6)},
    "two groups": "y,se\n1,0.5\n2,0.4\n",
    "four orders": "y,se\n1,0.001\n1.2,0.01\n0.9,0.1\n1.1,1\n0.8,10\n",
    "no success": "r,n\n0,10\n0,20\n0,30\n0,12\n",
    "separated": "r,n\n0,10\n0,20\n15,15\n9,9\n",
    "one count": "count,exposure\n100000,1\n0,1\n2,1\n1,1\n",
    "unknown sigma": "mean,sd,n\n5,1,10000\n6,1.2,3\n4.5,.9,4\n5.1,1,2\n",
}


@pytest.mark.parametrize("data", EXTREMES.values(), ids=EXTREMES)
def test_the_program_of_stan_samples_extreme_data_without_divergences(
    advice: Callable[..., Advice], tmp_path: Path, data: str
) -> None:
    found = advice(data, tau="", mu="")
    write(found, tmp_path)
    model = stanli.Model(str(tmp_path / "model.stan"), data=str(tmp_path / "model.data.json"))
    fit = model.sample(chains=4, seed=1, warmup=1000, samples=2000, delta=0.95, refresh=0)
    assert_near(found, {name: (fit.draws(name).mean(), fit.draws(name).std()) for name in SCALARS})
    low = (fit.draws("tau") < found.posterior.tau.quantile(0.025)).mean()
    assert low == pytest.approx(0.025, abs=0.015)
    assert np.sum(fit.divergences) == 0


@pytest.mark.parametrize(("kind", "tau", "mu"), PROGRAMS)
def test_the_program_of_numpyro(
    advice: Callable[..., Advice], tmp_path: Path, kind: str, tau: str, mu: str
) -> None:
    pytest.importorskip("numpyro")
    found = advice(KINDS[kind], tau=tau, mu=mu)
    write(found, tmp_path)
    rows = re.findall(
        rf"(mu|tau): mean ({NUMBER}), sd ({NUMBER})", printed("model_numpyro.py", tmp_path)
    )
    assert_near(found, {name: (float(mean), float(sd)) for name, mean, sd in rows})


@pytest.mark.parametrize("name", ["model_pymc.py", "model_numpyro.py"])
def test_programs_in_python_have_the_data(advice: Callable[..., Advice], name: str) -> None:
    labels = ['"""', "it's {0}\\", "\u202eé"]
    rows = "".join(
        f'"{label.replace(chr(34), chr(34) * 2)}",{k},1\n' for k, label in enumerate(labels)
    )
    found = advice(f"label,y,se\n{rows}")
    text = programs(found)[name]
    lines = re.findall(r"(?m)^(?:groups|y|se) = .*$", text)
    values: dict[str, object] = {"np": np}
    exec("\n".join(lines), values)
    assert values["groups"] == labels
    np.testing.assert_array_equal(values["y"], found.groups.means.ybar)
    np.testing.assert_array_equal(values["se"], found.groups.means.standard_error)
    assert "\u202e" not in text
