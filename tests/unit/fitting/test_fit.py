from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
import xarray as xr

from funnel import data
from funnel.choice import Choice, PilotDraws, Problem
from funnel.data import DataSet
from funnel.parameterizations import noncentered, theta_from_z, variables
from funnel.priors import Priors
from funnel_study.files import data_sets
from funnel_study.files.formats import read_netcdf, write_netcdf
from funnel_study.fitting import fit, samplers
from funnel_study.fitting.samplers import Draws, Sampling

SPEC = fit.FitSpec(
    seed=1,
    scenario="a",
    parameterization="noncentered",
    sampler="stub",
    priors=Priors(5.0, 5.0),
    sampling=Sampling(chains=2, tune=10, draws=50, target_accept=0.9),
)


class Stub:
    """A sampler that returns random numbers; `raises` maps the index of a call to its exception."""

    def __init__(self, raises: dict[int, BaseException], parameterization: str) -> None:
        self.calls = 0
        self.raises, self.variables = raises, variables(parameterization)

    def sample(
        self, data: DataSet, choice: Choice, seed: int, sampling: Sampling = SPEC.sampling
    ) -> Draws:
        self.calls += 1
        if self.calls - 1 in self.raises:
            raise self.raises[self.calls - 1]
        rng, shape = np.random.default_rng(seed), (sampling.chains, sampling.draws)
        names = ("diverging", "tree_depth", "reached_max_treedepth", "n_steps", "step_size")
        stats = dict.fromkeys((*names, "acceptance_rate"), np.zeros(shape))
        posterior = {
            "mu": rng.normal(size=shape),
            "tau": rng.exponential(size=shape),
            "z": rng.normal(size=(*shape, data.K)),
        }
        return Draws(
            posterior={name: posterior[name] for name in self.variables},
            sample_stats={**stats, "energy": rng.normal(size=shape)},
            tuning_leapfrog_steps=np.array([40, 50])[: sampling.chains],
            versions={"stub": "1.0"},
        )


def block(replicates: Iterable[int]) -> xr.Dataset:
    rngs = {i: np.random.default_rng(i) for i in replicates}
    return data_sets.to_xarray({i: data.simulate([1, 2, 3], 1.0, 0.0, 1.0, rngs[i]) for i in rngs})


@pytest.fixture
def fit_with(monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, xr.Dataset]]:
    def run(
        raises: dict[int, BaseException],
        replicates: Iterable[int] = range(3),
        spec: fit.FitSpec = SPEC,
    ) -> dict[str, xr.Dataset]:
        monkeypatch.setattr(
            samplers, "make", lambda _, model, *__, **___: Stub(raises, model.parameterization)
        )
        return fit.fit_block(spec, block(replicates), report=lambda _: None)

    return run


Run = Callable[..., dict[str, xr.Dataset]]


@pytest.mark.parametrize("error", [MemoryError(), OSError("disk full"), KeyboardInterrupt()])
def test_an_error_of_the_machine_ends_the_job(fit_with: Run, error: BaseException) -> None:
    with pytest.raises(type(error)):
        fit_with({1: error})


def test_the_published_seed_is_used_for_replicate_0_only() -> None:
    published = replace(SPEC, published_seed=345890)
    assert published.seed_of(0) == 345890
    assert published.seed_of(1) == SPEC.seed_of(1)
    assert replace(SPEC, published_seed=0).seed_of(0) == 0


def test_seeds_differ_between_the_fits_of_a_study() -> None:
    specs = [SPEC, *(replace(SPEC, **{name: "b"}) for name in ("scenario", "sampler"))]
    specs += [replace(SPEC, parameterization="mixed"), replace(SPEC, seed=2)]
    assert len({spec.seed_of(replicate) for spec in specs for replicate in range(3)}) == 15


def test_the_recorded_seed_is_that_of_the_sampler(fit_with: Run) -> None:
    groups = fit_with({}, [0, 1], replace(SPEC, published_seed=7))
    assert groups["/"]["seed"].to_numpy().tolist() == [7, SPEC.seed_of(1)]
    expected = np.random.default_rng(7).normal(size=(2, 50))
    assert np.allclose(groups["posterior"]["mu"].sel(replicate=0), expected, atol=1e-6)


def by_pilot(problem: Problem) -> Choice:
    """Take one number from a pilot fit of 7 draws as the centeredness."""
    drawn = problem.pilot(Choice(np.array([0.0, 0.5, 1.0]), 2.0), 3, 7)
    assert drawn.eta.shape == (7, 3)
    return Choice(np.full(3, drawn.tau[0] % 1), drawn.tau[0], drawn.leapfrog_steps)


def test_a_pilot_fit_returns_eta(fit_with: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """In one chain of its own length and with a seed of its own, whatever was sampled."""
    c, tau0 = np.array([0.0, 0.3, 1.0]), 0.7
    found: list[PilotDraws] = []

    def choose(problem: Problem) -> Choice:
        assert problem.n_observations.tolist() == [1, 2, 3]
        found.extend(problem.pilot(Choice(c, tau0), 5, 20) for _ in range(2))
        return Choice(c, tau0)

    monkeypatch.setattr(noncentered, "choose", choose, raising=False)
    fit_with({}, [0])
    drawn, other = found
    assert drawn.mu.shape == (20,)
    theta = drawn.mu[:, None] + drawn.tau[:, None] * drawn.eta
    assert theta == pytest.approx(theta_from_z(drawn.mu, drawn.tau, drawn.z(c, tau0), c, tau0))
    assert drawn.z(1.0, tau0) == pytest.approx(theta)
    assert drawn.z(0.0, tau0) == pytest.approx(tau0 * drawn.eta)
    assert not np.array_equal(drawn.mu, other.mu)


def test_theta_is_drawn_if_it_is_integrated_out(fit_with: Run) -> None:
    marginal = replace(SPEC, parameterization="marginal")
    together, alone = (fit_with({}, some, marginal) for some in (range(3), [2]))
    theta, z = (together["posterior"][name] for name in ("theta", "z"))
    assert bool(together["/"]["centeredness"].isnull().all())
    assert bool(z.isnull().all())
    assert not bool(theta.isnull().any())
    # its seed is that of the fit
    assert np.array_equal(theta.sel(replicate=[2]), alone["posterior"]["theta"])
    assert len(np.unique(theta.isel(chain=0, draw=0, individual=0))) == 3


def test_draws_keep_double_precision_if_single_is_too_coarse() -> None:
    rng = np.random.default_rng(1)
    wide, narrow = rng.normal(4.5, 1.0, (2, 500)), rng.normal(4.5, 1e-6, (2, 500))
    assert np.array_equal(fit._rounded(wide), wide.astype(np.float32).astype(float))
    assert np.array_equal(fit._rounded(narrow), narrow)


def test_a_fit_that_raises_is_recorded_as_failed_and_the_others_are_run(fit_with: Run) -> None:
    groups = fit_with({1: RuntimeError("step size\n too small")})
    root, posterior = groups["/"], groups["posterior"]
    assert root["status"].to_numpy().tolist() == ["ok", "failed", "ok"]
    assert root["message"].to_numpy().tolist() == ["", "RuntimeError: step size too small", ""]
    for name in ("mu", "tau", "theta", "z"):
        missing = posterior[name].isnull().groupby("replicate").mean(...)
        assert missing.to_numpy().tolist() == [0, 1, 0]
    assert root["tuning_leapfrog_steps"].to_numpy().tolist() == [[40, 50], [0, 0], [40, 50]]
    # theta is computed from z, which is eta here
    eta = (posterior["theta"] - posterior["mu"]) / posterior["tau"]
    z = posterior["z"].transpose(*eta.dims)
    assert np.allclose(eta.sel(replicate=[0, 2]), z.sel(replicate=[0, 2]), atol=1e-3)


def test_all_fits_of_an_unavailable_sampler_are_recorded_as_failed_and_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If its environment is missing, or a package of it."""
    groups = fit.fit_block(SPEC, block([0, 4]), "no compiler", lambda _: None)
    write_netcdf(tmp_path / "fits.nc", groups)
    root = read_netcdf(tmp_path / "fits.nc")
    assert root["message"].to_numpy().tolist() == ["no compiler"] * 2
    assert all(bool(values.isnull().all()) for values in groups["posterior"].values())
    assert groups["posterior"].sizes == {"replicate": 2, "chain": 2, "draw": 50, "individual": 3}
    for error in (ModuleNotFoundError("no package"), ImportError("failed to map segment")):
        monkeypatch.setattr(samplers, "make", mock.Mock(side_effect=error))
        if isinstance(error, ModuleNotFoundError):
            root = fit.fit_block(SPEC, block([0]), report=lambda _: None)["/"]
            assert root["status"].to_numpy().tolist() == ["failed"]
        else:  # one that cannot be loaded is a problem of the machine
            with pytest.raises(ImportError, match="failed to map"):
                fit.fit_block(SPEC, block([0]), report=lambda _: None)


def test_a_choice_depends_on_the_names_of_its_fit_only_and_its_cost_is_stored(
    fit_with: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = fit_with({}, [2])
    assert without["/"]["choosing_gradients"].to_numpy().tolist() == [0]
    monkeypatch.setattr(noncentered, "choose", by_pilot, raising=False)
    together, alone = (fit_with({}, some) for some in (range(3), [2]))
    c = together["/"]["centeredness"]
    assert c.sel(replicate=[2]).equals(alone["/"]["centeredness"])
    assert len(np.unique(c)) == 3
    # the stub counts 40 steps of tuning in the first chain, and none of the draws
    assert together["/"]["choosing_gradients"].to_numpy().tolist() == [40, 40, 40]
    assert together["/"]["tuning_leapfrog_steps"].to_numpy().tolist() == [[40, 50]] * 3
    # the sampler then has the seed of the fit, as without a pilot fit
    assert alone["posterior"]["mu"].equals(without["posterior"]["mu"])
    # the pilot fit of replicate 1 is the third call of the sampler
    root = fit_with({2: ValueError("no initial value")})["/"]
    assert root["status"].to_numpy().tolist() == ["ok", "failed", "ok"]
    assert root["choosing_gradients"].to_numpy().tolist() == [40, 0, 40]
