"""The exact posterior of groups, as users see it, whatever the likelihood is."""

from __future__ import annotations

from functools import partial
from operator import index

import numpy as np

from funnel.exact_base import ExactBase
from funnel.group_means import Array
from funnel.marginal import Marginal
from funnel.priors import Flat, Normal, TauPrior

_QUANTILES = {"q025": 0.025, "q25": 0.25, "q50": 0.5, "q75": 0.75, "q975": 0.975}


class GroupPosterior:
    """The exact posterior of a model theta_k ~ Normal(mu, tau) of groups k.

    Attributes
    ----------
    mu, tau, log_tau
        The `Marginal` of the mean of the population, of its standard deviation, and of its log.
    theta
        The `Marginal` of the effect of each group: a list of length K.
    data_weight
        The expected weight of the data, as opposed to mu, in the mean of each theta, (K,). One
        minus this weight is the shrinkage of the group.
    """

    def __init__(self, exact: ExactBase) -> None:
        self._of = exact
        mean, sd = exact.mean(), exact.sd()
        self._named = {name: self._marginal(name, mean[name], sd[name]) for name in mean}
        self.mu, self.tau, self.log_tau = (self._named[name] for name in ("mu", "tau", "log_tau"))
        self.theta = [each for name, each in self._named.items() if name.startswith("theta")]
        self.data_weight = exact.data_weight()

    def __repr__(self) -> str:
        kind = type(self).__name__
        return f"{kind}(groups={len(self.theta)}, mu={self.mu!r}, tau={self.tau!r})"

    def draws(self, n: int, seed: int | np.random.Generator) -> dict[str, Array]:
        """Return independent draws from the joint posterior.

        Parameters
        ----------
        n
            The number of draws.
        seed
            A seed, or a generator of random numbers.

        Returns
        -------
        dict
            `mu` (n,), `tau` (n,), `theta` (n, K), and `theta_new` (n,), the effect of a new group.
        """
        rng = np.random.default_rng(seed)
        draws = self._of.draws(n, rng)
        return {**draws, "theta_new": rng.normal(draws["mu"], draws["tau"])}

    def summary(self) -> dict[str, dict[str, float]]:
        """Return mean, sd and five quantiles of mu, tau, every theta and the theta of a new group.

        The keys are `mu`, `tau`, `theta[0]`, ..., `theta[new]`, and within each `mean`, `sd`,
        `q025`, `q25`, `q50`, `q75` and `q975`. Other quantities of the model follow.
        """
        return {
            name: {
                "mean": each.mean,
                "sd": each.sd,
                **dict(
                    zip(_QUANTILES, each.quantile([*_QUANTILES.values()]).tolist(), strict=True)
                ),
            }
            for name, each in self._in_summary().items()
        }

    def _theta_of(self, group: int | None) -> tuple[str, Marginal]:
        """Return name and posterior of the theta of a group, or of a new one.

        Raises ValueError if there is no such group.
        """
        if group is None:
            return "theta[new]", self._new_theta()
        if not 0 <= index(group) < len(self.theta):
            raise ValueError(f"group = {group}: must be between 0 and {len(self.theta) - 1}")
        return f"theta[{group}]", self.theta[group]

    def _in_summary(self) -> dict[str, Marginal]:
        """Return what the summary has, by name."""
        marginals = {"mu": self.mu, "tau": self.tau}
        marginals |= {f"theta[{k}]": theta for k, theta in enumerate(self.theta)}
        return {**marginals, "theta[new]": self._new_theta()}

    def _new_theta(self) -> Marginal:
        """Return the posterior of the theta of a group without data."""
        mean = self.mu.mean if np.isfinite(self.tau.mean) else np.nan
        # infinite or nan where the sd of tau is
        sd = float(np.sqrt(self.mu.sd**2 + self.tau.sd**2 + self.tau.mean**2))
        return self._marginal("theta[new]", mean, sd)

    def _marginal(self, name: str, mean: float, sd: float) -> Marginal:
        exact = self._of
        return Marginal(
            mean,
            sd,
            partial(exact.density, name),
            partial(exact.cdf, name),
            partial(exact.quantile, name),
        )


def check_priors(tau: TauPrior, mu: Normal | Flat | None) -> Normal | Flat:
    """Return the prior of mu, `Flat` by default. Raises TypeError if one is not a prior."""
    if not isinstance(tau, TauPrior):
        raise TypeError(f"tau = {tau!r}: must be a prior of tau, such as HalfNormal(1)")
    mu = Flat() if mu is None else mu
    if not isinstance(mu, (Normal, Flat)):
        raise TypeError(f"mu = {mu!r}: must be Normal(mean, sd) or Flat()")
    return mu
