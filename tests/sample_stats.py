"""What a sampler says of its draws, made up, and whole fits."""

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from funnel.exact import ExactPosterior


def sample_stats(
    rng: np.random.Generator, shape: tuple[int, int], diverging: NDArray[np.int8] | None = None
) -> xr.Dataset:
    """The group sample_stats of one fit of `shape` (chain, draw), all alike but the energy."""
    dims, zeros = ("chain", "draw"), np.zeros(shape, dtype=np.int8)
    return xr.Dataset(
        {
            "diverging": (dims, zeros if diverging is None else diverging),
            "energy": (dims, rng.normal(size=shape)),
            "step_size": (dims, np.full(shape, 0.25)),
            "last_tuned_step_size": (dims, np.full(shape, np.nan)),
            "reached_max_treedepth": (dims, zeros),
            "n_steps": (dims, np.full(shape, 7, dtype=np.int32)),
            "acceptance_rate": (dims, np.full(shape, 0.9)),
        }
    )


def groups_of_fit(
    rng: np.random.Generator, chains: int = 4, draws: int = 2_000, K: int = 2, status: str = "ok"
) -> tuple[xr.Dataset, xr.Dataset, xr.Dataset]:
    """The groups of one fit, of which the first chain diverges in its first seven draws."""
    dims, shape = ("chain", "draw"), (chains, draws)
    diverging = np.zeros(shape, dtype=np.int8)
    diverging[0, :7] = 1
    info = xr.Dataset({"status": status, "message": "" if status == "ok" else "the reason"})
    info["sampling_seconds"] = 1.5
    info["centeredness"] = "individual", np.linspace(1.0, 0.5, K)
    info["tuning_leapfrog_steps"] = "chain", np.arange(chains) + 10
    info["choosing_gradients"] = 0
    posterior = xr.Dataset(
        {
            "mu": (dims, rng.normal(1.0, 3.0, shape)),
            "tau": (dims, rng.exponential(2.0, shape)),
            "theta": ((*dims, "individual"), rng.normal(size=(*shape, K))),
            "z": ((*dims, "individual"), rng.normal(size=(*shape, K))),
        }
    )
    return info, posterior, sample_stats(rng, shape, diverging)


def exact_draws(exact: ExactPosterior, chains: int, draws: int, seed: int) -> NDArray[np.float64]:
    """Return independent draws from the exact posterior, (estimand, chain, draw)."""
    drawn = exact.draws(chains * draws, np.random.default_rng(seed))
    rows = [drawn["mu"], drawn["tau"], np.log(drawn["tau"]), *drawn["theta"].T]
    return np.stack(rows).reshape(len(rows), chains, draws)
