from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr
from numpy.typing import NDArray
from sample_stats import exact_draws

from funnel.data import DataSet, given_data
from funnel.exact import ExactPosterior
from funnel.group_means import estimands
from funnel.priors import Priors
from funnel_study.diagnosis.chain_errors import (
    PROBABILITIES,
    chain_errors,
    empty_chain_errors,
    join_cells,
    prefixes,
)
from funnel_study.diagnosis.exact_values import ExactValues, exact_values
from funnel_study.files.formats import join_replicates, read_netcdf, write_netcdf
from funnel_study.files.whole_files import UnusableFileError

Array = NDArray[np.float64]


@pytest.fixture
def exact(weak: DataSet, priors: Priors) -> ExactPosterior:
    return ExactPosterior(weak.data.means, priors)


@pytest.fixture
def draws(exact: ExactPosterior) -> Array:
    return exact_draws(exact, 4, 1_200, seed=1)


@pytest.fixture
def found(weak: DataSet, priors: Priors, draws: Array) -> xr.Dataset:
    steps = np.arange(draws[0].size).reshape(4, 1_200)
    return chain_errors(
        ExactValues(exact_values(weak, priors)), draws, steps, np.array([5.0, 6.0, 7.0, 8.0])
    )


def test_every_number_is_that_of_the_first_draws(
    exact: ExactPosterior, draws: Array, found: xr.Dataset
) -> None:
    for i, name in enumerate(estimands(9)):
        for end in prefixes(1_200):
            one = found.sel(estimand=name, prefix=end)
            for chain in range(4):
                x = draws[i, chain, :end]
                assert float(one["mean"][chain]) == pytest.approx(x.mean(), rel=1e-12)
                assert float(one["mean_of_square"][chain]) == pytest.approx((x**2).mean())
    for name, i in (("mu", 0), ("tau", 1)):
        for p in PROBABILITIES:
            below = found["below"].sel(quantity=name, probability=p, prefix=300)
            expected = (draws[i, :, :300] < float(exact.quantile(name, p))).mean(axis=1)
            assert below.to_numpy() == pytest.approx(expected)
    steps = np.arange(draws[0].size).reshape(4, 1_200)
    assert found["leapfrog_steps"].sel(prefix=100).to_numpy() == pytest.approx(
        steps[:, :100].sum(axis=1)
    )
    assert found["tuning_leapfrog_steps"].to_numpy().tolist() == [5, 6, 7, 8]


def test_moments_that_do_not_exist_and_an_unknown_posterior_are_missing() -> None:
    draws = np.random.default_rng(2).exponential(size=(4, 2, 50))
    one = given_data("normal", {"n_per_individual": [1], "sigma": 1.0}, [1.0])
    stored = exact_values(one, Priors(5.0, 5.0, "half_cauchy"))
    found = chain_errors(ExactValues(stored), draws, np.ones((2, 50)), np.zeros(2))
    assert np.isnan(found["exact_sd"].sel(estimand="tau"))
    assert np.isnan(found["exact_sd_of_square"].sel(estimand="tau"))
    assert np.isfinite(found["exact_sd"].sel(estimand="log_tau"))
    nothing = ExactValues(stored.drop_vars("message").where(False).assign(message="unknown"))
    unknown = chain_errors(nothing, draws, np.ones((2, 50)), np.zeros(2))
    assert np.isnan(unknown["exact_mean"]).all()
    assert np.isnan(unknown["below"]).all()
    assert np.isfinite(unknown["mean"]).all()
    assert unknown["leapfrog_steps"].to_numpy().tolist() == [[50], [50]]


def test_a_failed_fit_has_the_same_shape_and_no_values(found: xr.Dataset) -> None:
    empty = empty_chain_errors(estimands(9), 4, 1_200)
    assert empty.sizes == found.sizes
    assert all(np.isnan(values).all() for values in empty.data_vars.values())
    assert set(empty.data_vars) == set(found.data_vars)


@pytest.fixture
def block(found: xr.Dataset) -> Callable[[int, int], xr.Dataset]:
    """The block with replicates from `first` to `last`; the mean of mu is the replicate."""

    def make(first: int, last: int) -> xr.Dataset:
        fits = {}
        for replicate in range(first, last + 1):
            fits[replicate] = found.copy(deep=True)
            fits[replicate]["mean"].loc[{"estimand": "mu"}] = replicate
        return join_replicates(fits)

    return make


def test_cells_are_joined_by_name_and_replicates_by_number(
    block: Callable[[int, int], xr.Dataset], tmp_path: "object"
) -> None:
    cells = [
        (parameterization, sampler, [block(2, 3), block(0, 1)])
        for parameterization in ("noncentered", "centered")
        for sampler in ("pymc", "nutpie")
    ]
    joined = join_cells(cells, 4)
    path = f"{tmp_path}/chain_errors.nc"
    write_netcdf(path, {"few": joined, "b.c": joined})
    for group in ("few", "b.c"):
        read = read_netcdf(path, group)
        assert read["parameterization"].to_numpy().tolist() == ["noncentered", "centered"]
        assert read["sampler"].to_numpy().tolist() == ["pymc", "nutpie"]
        assert read["estimand"].to_numpy().tolist() == estimands(9)
        one = read["mean"].sel(parameterization="centered", sampler="pymc", estimand="mu")
        assert one.isel(chain=0, prefix=0).to_numpy().tolist() == [0, 1, 2, 3]
        xr.testing.assert_equal(read, joined)


@pytest.mark.parametrize("blocks", [[(0, 1)], [(0, 1), (1, 2)], [(0, 1), (2, 4)]])
def test_missing_double_and_foreign_replicates_are_errors(
    block: Callable[[int, int], xr.Dataset], blocks: list[tuple[int, int]]
) -> None:
    with pytest.raises(UnusableFileError, match="not those of replicates 0 to 3"):
        join_cells([("centered", "pymc", [block(*ends) for ends in blocks])], 4)
