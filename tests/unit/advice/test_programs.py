"""The programs run as they are, and their draws agree with the exact posterior."""

import importlib.util
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import stanli

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
SCALARS = ("mu", "tau")
NUMBER = r"-?\d+\.?\d*(?:e[+-]?\d+)?"


def write(advice: Advice, folder: Path) -> None:
    for name, text in programs(advice).items():
        (folder / name).write_text(text, encoding="utf-8")


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


@pytest.mark.parametrize(("tau", "mu"), PRIORS)
def test_the_program_of_pymc_has_the_density_of_that_of_stan(
    advice: Callable[..., Advice], tmp_path: Path, tau: str, mu: str
) -> None:
    """Both log densities differ by a constant; log tau, z_mu and z are the free parameters."""
    write(advice(tau=tau, mu=mu), tmp_path)
    spec = importlib.util.spec_from_file_location("model_pymc", tmp_path / "model_pymc.py")
    assert spec is not None
    assert spec.loader is not None
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)
    log_density = program.model.compile_logp()
    stan = stanli.Model(str(tmp_path / "model.stan"), data=str(tmp_path / "model.data.json"))
    free = [each.name for each in program.model.value_vars]
    assert free[1:] == ["z_mu", "z"]
    rng = np.random.default_rng(1)
    differences = []
    for point in rng.normal(size=(5, 10)):
        values = dict(zip(free, (point[0], point[1], point[2:]), strict=True))
        differences.append(float(log_density(values)) - stan.log_prob_grad(point)[0])
    # the transformation of tau to the real line is the same in both
    np.testing.assert_allclose(differences, differences[0], rtol=1e-9)


@pytest.mark.parametrize(("tau", "mu"), PRIORS)
def test_the_program_of_stan(
    advice: Callable[..., Advice], tmp_path: Path, tau: str, mu: str
) -> None:
    found = advice(tau=tau, mu=mu)
    write(found, tmp_path)
    model = stanli.Model(str(tmp_path / "model.stan"), data=str(tmp_path / "model.data.json"))
    fit = model.sample(chains=4, seed=1, warmup=1000, samples=2000, delta=0.95, refresh=0)
    draws = {name: fit.draws(name) for name in ("mu", "tau", "theta")}
    assert_near(found, {name: (draws[name].mean(), draws[name].std()) for name in ("mu", "tau")})
    means = draws["theta"].reshape(-1, found.groups.K).mean(axis=0)
    exact = [each.mean for each in found.posterior.theta]
    np.testing.assert_allclose(means, exact, atol=0.5)


@pytest.mark.parametrize("factor", [1e-4, 1e-3, 1e3, 1e6])
def test_the_program_of_stan_works_in_any_unit(
    advice: Callable[..., Advice], tmp_path: Path, factor: float
) -> None:
    """With the default priors, one group that outweighs all others, and effects far from 0."""
    y = [1005.0, 1006.0, 1000.0, 1003.0, 1001.0]
    rows = "".join(
        f"{factor * a},{factor * b}\n" for a, b in zip(y, [0.02, 2, 3, 1, 2], strict=True)
    )
    found = advice(f"y,se\n{rows}", tau="", mu="")
    write(found, tmp_path)
    model = stanli.Model(str(tmp_path / "model.stan"), data=str(tmp_path / "model.data.json"))
    fit = model.sample(chains=4, seed=1, warmup=1000, samples=2000, delta=0.95, refresh=0)
    assert_near(found, {name: (fit.draws(name).mean(), fit.draws(name).std()) for name in SCALARS})
    assert np.sum(fit.divergences) == 0


@pytest.mark.parametrize(("tau", "mu"), PRIORS)
def test_the_program_of_numpyro(
    advice: Callable[..., Advice], tmp_path: Path, tau: str, mu: str
) -> None:
    pytest.importorskip("numpyro")
    found = advice(tau=tau, mu=mu)
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
    np.testing.assert_array_equal(values["y"], found.groups.y)
    np.testing.assert_array_equal(values["se"], found.groups.se)
    assert "\u202e" not in text
