"""PyMC3's own NUTS, the sampler of the published study; it runs on Python 3.10.

As in the published study, the likelihood is that of all observations, and the centered, noncentered
and mixed models are written separately.
"""

from __future__ import annotations

import logging
import warnings

import numpy as np
import pymc3 as pm
import theano.tensor as tt
from numpy.typing import NDArray

from funnel.choice import Choice
from funnel.data import DataSet
from funnel.likelihoods.normal import NormalLikelihood
from funnel.priors import Priors
from funnel_study.fitting.model import Model
from funnel_study.fitting.samplers import Draws, Sampling

# the statistics of `Draws`, and their names in PyMC3
_STATS = {
    "diverging": "diverging",
    "energy": "energy",
    "tree_depth": "depth",
    "n_steps": "tree_size",
    "acceptance_rate": "mean_tree_accept",
    # PyMC3's step_size is the last one tried during tuning, not the one used for the draws
    "step_size": "step_size_bar",
    "last_tuned_step_size": "step_size",
}
_MAX_TREE_DEPTH = 10  # PyMC3's default

logging.getLogger("pymc3").setLevel(logging.ERROR)


class Sampler:
    """NUTS of PyMC3; a model is built for each data set, with compiled code from Theano's cache."""

    def __init__(
        self,
        model: Model,
        sampling: Sampling,
        *,
        literal: bool = True,  # the only model that this sampler has
    ) -> None:
        self._priors, self._sampling = model.priors, sampling

    def sample(
        self, data: DataSet, choice: Choice, seed: int, sampling: Sampling | None = None
    ) -> Draws:
        sampling = sampling or self._sampling
        try:
            return self._sample(data, choice.centeredness, seed, sampling)
        except AssertionError:
            # Theano raises this if two processes write to its cache at once, but not when repeated
            return self._sample(data, choice.centeredness, seed, sampling)

    def _sample(
        self, data: DataSet, centeredness: NDArray[np.float64], seed: int, sampling: Sampling
    ) -> Draws:
        with build(data, centeredness, self._priors), warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            trace = pm.sample(
                draws=sampling.draws,
                tune=sampling.tune,
                chains=sampling.chains,
                target_accept=sampling.target_accept,
                random_seed=seed % 2**32,  # the largest that NumPy's legacy generator takes
                cores=1,
                progressbar=False,
                discard_tuned_samples=False,
                return_inferencedata=False,
                compute_convergence_checks=False,
            )
        seconds = trace.report.t_sampling
        tuning, trace = trace[: sampling.tune], trace[sampling.tune :]
        shape = (sampling.chains, sampling.draws)
        posterior = {name: trace[name].reshape(*shape, -1) for name in ("mu", "tau", "z")}
        stats = {name: trace[source].reshape(shape) for name, source in _STATS.items()}
        return Draws(
            posterior={**posterior, "mu": posterior["mu"][..., 0], "tau": posterior["tau"][..., 0]},
            sample_stats={**stats, "reached_max_treedepth": stats["tree_depth"] >= _MAX_TREE_DEPTH},
            tuning_leapfrog_steps=tuning[_STATS["n_steps"]].reshape(shape[0], -1).sum(axis=1),
            versions={"pymc3": pm.__version__},
            seconds=seconds,
        )


def build(data: DataSet, centeredness: NDArray[np.float64], priors: Priors) -> pm.Model:
    """Return the model of `data` as in the published study, with a centeredness (K,) of 0 or 1.

    Raises ValueError if a centeredness is neither 0 nor 1.
    """
    K, one = len(centeredness), data.data
    assert isinstance(one, NormalLikelihood)
    assert one.observations is not None
    idx, sigma = one.observations.idx, np.asarray(one.sigma)
    centered, noncentered = np.flatnonzero(centeredness == 1), np.flatnonzero(centeredness == 0)
    if len(centered) + len(noncentered) < K:
        raise ValueError("the sampler pymc3 needs a centeredness of 0 or 1 for each individual")
    with pm.Model() as model:
        mu = pm.Normal("mu", priors.mu_mean, priors.mu_sd)
        prior_of_tau = {"half_normal": pm.HalfNormal, "half_cauchy": pm.HalfCauchy}[priors.tau]
        tau = prior_of_tau("tau", priors.tau_scale)
        if len(centered) == K:
            theta = z = pm.Normal("theta", mu, tau, shape=K)
        elif len(noncentered) == K:
            z = pm.Normal("eta", 0, 1, shape=K)
            theta = mu + tau * z
        else:
            # the names are those of the published study
            theta_cp = pm.Normal("theta_cp", mu, tau, shape=len(centered))
            eta_ncp = pm.Normal("eta_ncp", 0, 1, shape=len(noncentered))
            # the permutation that restores the order of the individuals
            order = np.argsort(np.concatenate([centered, noncentered]))
            theta = tt.concatenate([theta_cp, mu + tau * eta_ncp])[order]
            z = tt.concatenate([theta_cp, eta_ncp])[order]
        pm.Deterministic("z", z)
        pm.Normal("y", theta[idx], sigma[idx], observed=one.observations.y)
    return model
