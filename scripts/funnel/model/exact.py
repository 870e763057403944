"""The exact posterior of a data set: mu and theta integrated out, tau by quadrature.

Given tau, ybar_k ~ Normal(mu, v_k) with v_k = tau^2 + s_k^2 and s_k = sigma_k / sqrt(n_k), so mu
given tau is normal with precision P = sum_k 1 / v_k + 1 / mu_sd^2, and theta_k given mu and tau
is normal too (Gelman et al., Bayesian Data Analysis, 3rd ed. 2013, section 5.4). What remains is
the one-dimensional density of t = log tau: Gauss-Legendre on panels that are halved until nothing
changes. Between the nodes of a panel the density is their polynomial, whose integral is known.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.polynomial import legendre
from numpy.typing import ArrayLike
from scipy.special import ndtr

from funnel.model.data import Array, GroupMeans, Priors, estimands

_ORDER = 16
_NODES, _WEIGHTS = legendre.leggauss(_ORDER)
# values at the nodes of a panel to the Legendre series of their polynomial, (_ORDER, _ORDER)
_TO_SERIES = (
    (np.arange(_ORDER)[:, None] + 0.5) * legendre.legvander(_NODES, _ORDER - 1).T * _WEIGHTS
)
# beyond this drop of the log of an integrand below its maximum lies less than 1e-17 of it
_NEGLIGIBLE = 45.0
# beyond which the rounding of a log density is no longer negligible beside the tolerance
_MOST_NATS = 1e6
_SCAN = np.linspace(-80.0, 80.0, 1601)
_TOLERANCE = 1e-10
_FIRST_PANELS, _MOST_PANELS = 16, 4096
_INVERSIONS = 200


class QuadratureError(ArithmeticError):
    """A quadrature over tau, or an inversion of a cdf, did not reach its tolerance."""


class ExactPosterior:
    """The posterior of mu, tau, log tau and all theta, given the group means of one data set.

    Estimands are named as in `data.estimands`; `eta[k]`, (theta_k - mu) / tau, has a density, a cdf
    and quantiles too. Raises QuadratureError if the moments do not settle, to a relative change
    under 1e-10, when the panels are halved, if they are no numbers, or if log tau has mass beyond
    -80 or 80.
    """

    def __init__(self, means: GroupMeans, priors: Priors) -> None:
        self._ybar = np.asarray(means.ybar, dtype=float)
        self._variance = np.asarray(means.standard_error, dtype=float) ** 2
        self._priors = priors
        self._names = estimands(means.K)
        low, high = self._support()
        previous: tuple[Array, Array] | None = None
        panels = _FIRST_PANELS
        while True:
            self._integrate(np.linspace(low, high, panels + 1))
            if not np.all(np.isfinite([*self._mean, self._sd[0], *self._sd[2:]])):
                raise QuadratureError("exact posterior: the moments are no numbers")
            if previous is not None and self._settled(*previous):
                return
            if panels >= _MOST_PANELS:
                raise QuadratureError(
                    f"exact posterior: the moments over log tau in [{low:.3g}, {high:.3g}] do not "
                    f"settle with {panels} panels"
                )
            previous, panels = (self._mean, self._sd), 2 * panels

    def log_density(self, log_tau: ArrayLike) -> Array:
        """Unnormalised log posterior density of t = log tau, at each of `log_tau`."""
        t = np.asarray(log_tau, dtype=float)
        mean, precision, v = self._mu_given(t)
        # the sum of squares about `mean` rather than m^2 P - sum ybar^2 / v: no cancellation
        squares = ((self._ybar - mean[..., None]) ** 2 / v).sum(-1)
        squares += mean**2 / self._priors.mu_sd**2
        log_likelihood = -0.5 * (np.log(v).sum(-1) + np.log(precision) + squares)
        return np.asarray(log_likelihood + self._priors.log_density_of_tau(np.exp(t)) + t)

    def mean(self) -> dict[str, float]:
        """Posterior mean of every estimand."""
        return dict(zip(self._names, self._mean.tolist(), strict=True))

    def sd(self) -> dict[str, float]:
        """Posterior standard deviation of every estimand; infinite where there is none."""
        return dict(zip(self._names, self._sd.tolist(), strict=True))

    def data_weight(self) -> Array:
        """E[tau^2 / (tau^2 + sigma_k^2 / n_k) | y] of every individual, (K,)."""
        return np.asarray(self._w @ self._shrinkage)

    def density(self, estimand: str, x: ArrayLike) -> Array:
        """Posterior density of one estimand at each of `x`."""
        x = np.asarray(x, dtype=float)
        if estimand not in ("tau", "log_tau"):
            return _mixture(x, *self._normals(estimand), self._w)
        with np.errstate(divide="ignore", invalid="ignore"):
            t = np.log(x) if estimand == "tau" else x
            values = np.exp(self.log_density(t) - self._log_norm)
            return np.where(t > -np.inf, values / x, 0.0) if estimand == "tau" else values

    def joint_density(self, estimand: str, x: ArrayLike, log_tau: ArrayLike) -> Array:
        """Posterior density of (estimand, log tau) at each pair of `x` and `log_tau`.

        The estimand is mu, a theta or an eta.
        """
        t = np.asarray(log_tau, dtype=float)
        mean, sd = self._normal_given(estimand, t)
        z = (np.asarray(x, dtype=float) - mean) / sd
        return np.asarray(
            self.density("log_tau", t) * np.exp(-0.5 * z**2) / (sd * np.sqrt(2 * np.pi))
        )

    def predictive_density(self, k: int, sigma: float, y: ArrayLike) -> Array:
        """Posterior predictive density, at each of `y`, of a new observation of individual k.

        `sigma` is the standard deviation of that observation about theta_k.
        """
        mean, sd = self._normals(f"theta[{k}]")
        return _mixture(np.asarray(y, dtype=float), mean, np.hypot(sd, sigma), self._w)

    def cdf(self, estimand: str, x: ArrayLike) -> Array:
        """Posterior probability that the estimand is at most each of `x`."""
        x = np.asarray(x, dtype=float)
        if estimand == "tau":
            with np.errstate(divide="ignore"):
                return self._cdf_of_log_tau(np.log(np.maximum(x, 0.0)))
        if estimand == "log_tau":
            return self._cdf_of_log_tau(x)
        mean, sd = self._normals(estimand)
        return np.asarray(ndtr((x[..., None] - mean) / sd) @ self._w)

    def quantile(self, estimand: str, p: ArrayLike) -> Array:
        """The values below which the estimand lies with probabilities `p`, all in (0, 1).

        Raises QuadratureError if the cdf is not inverted to the last digits.
        """
        p = np.asarray(p, dtype=float)
        if estimand in ("tau", "log_tau"):
            panel = np.clip(np.searchsorted(self._cumulative, p) - 1, 0, len(self._edges) - 2)
            t = _invert(
                self._cdf_of_log_tau,
                lambda at: np.exp(self.log_density(at) - self._log_norm),
                p,
                self._edges[panel],
                self._edges[panel + 1],
            )
            return np.exp(t) if estimand == "tau" else t
        mean, sd = self._normals(estimand)
        reach = 40 * sd
        return _invert(
            lambda at: self.cdf(estimand, at),
            lambda at: self.density(estimand, at),
            p,
            np.full(p.shape, (mean - reach).min()),
            np.full(p.shape, (mean + reach).max()),
        )

    def draws(self, n: int, rng: np.random.Generator) -> dict[str, Array]:
        """`n` independent draws by composition: tau, then mu given tau, then theta (n, K)."""
        t = self.quantile("log_tau", rng.uniform(size=n))
        mean, precision, v = self._mu_given(t)
        mu = rng.normal(mean, precision**-0.5)
        shrinkage = np.exp(2 * t)[:, None] / v
        theta = rng.normal(
            shrinkage * self._ybar + (1 - shrinkage) * mu[:, None],
            np.sqrt(shrinkage * self._variance),
        )
        return {"mu": mu, "tau": np.exp(t), "theta": theta}

    def _mu_given(self, t: Array) -> tuple[Array, Array, Array]:
        """Mean and precision of mu given log tau, each as `t`, and v, with K behind."""
        v = np.exp(2 * t)[..., None] + self._variance
        precision = (1 / v).sum(-1) + self._priors.mu_sd**-2
        return (self._ybar / v).sum(-1) / precision, precision, v

    def _support(self) -> tuple[float, float]:
        """The interval of log tau outside of which the integrands are negligible."""
        with np.errstate(over="ignore", invalid="ignore"):
            log_density = self.log_density(_SCAN)
        if not np.all(np.isfinite(log_density)):
            raise QuadratureError("exact posterior: the density of log tau is no number")
        if abs(log_density.max()) > _MOST_NATS:
            raise QuadratureError(
                "exact posterior: data and priors are too far apart, at a log density of "
                f"{log_density.max():.3g}"
            )
        low = np.flatnonzero(log_density > log_density.max() - _NEGLIGIBLE)[0]
        # the highest moment that exists has the heaviest upper tail
        moment = log_density + (2 if self._has_variance() else 1) * _SCAN
        high = np.flatnonzero(moment > moment.max() - _NEGLIGIBLE)[-1]
        if low == 0 or high == len(_SCAN) - 1:
            raise QuadratureError(
                f"exact posterior: log tau has mass beyond {_SCAN[0]:g} or {_SCAN[-1]:g}"
            )
        return float(_SCAN[low - 1]), float(_SCAN[high + 1])

    def _has_variance(self) -> bool:
        """Whether tau has one: under a half-Cauchy its density falls as tau^-(K + 2)."""
        return self._priors.tau == "half_normal" or len(self._ybar) >= 2

    def _integrate(self, edges: Array) -> None:
        half = np.diff(edges)[:, None] / 2
        t = edges[:-1, None] + half * (1 + _NODES)
        log_density = self.log_density(t)
        shift = log_density.max()
        mass = np.exp(log_density - shift) * half
        total = (mass * _WEIGHTS).sum()
        self._edges, self._log_norm = edges, float(shift + np.log(total))
        # the density in each panel's own coordinate, -1 to 1, as a Legendre series
        series = _TO_SERIES @ (mass / total).T
        self._antiderivative = legendre.legint(series, lbnd=-1)
        self._cumulative = np.append(0.0, np.cumsum(2 * series[0]))
        self._w, t = (mass * _WEIGHTS).ravel() / total, t.ravel()
        self._t = t
        mu_mean, mu_precision, v = self._mu_given(t)
        self._mu_mean, self._mu_sd = mu_mean, mu_precision**-0.5
        self._shrinkage = np.exp(2 * t)[:, None] / v
        rest = 1 - self._shrinkage
        self._theta_mean = self._shrinkage * self._ybar + rest * mu_mean[:, None]
        self._theta_sd = np.sqrt(self._shrinkage * self._variance + rest**2 / mu_precision[:, None])
        tau, nothing = np.exp(t), np.zeros_like(t)
        means = np.column_stack([mu_mean, tau, t, self._theta_mean])
        sds = np.column_stack([self._mu_sd, nothing, nothing, self._theta_sd])
        self._mean = self._w @ means
        self._sd = np.sqrt(self._w @ (sds**2 + (means - self._mean) ** 2))
        if not self._has_variance():
            self._sd[1] = np.inf

    def _settled(self, mean: Array, sd: Array) -> bool:
        # where there is no variance there is nothing to settle
        ours, theirs = (np.where(np.isfinite(each), each, 0.0) for each in (self._sd, sd))
        moved = np.abs(self._mean - mean) > _TOLERANCE * (np.abs(self._mean) + ours)
        return not np.any(moved | (np.abs(ours - theirs) > _TOLERANCE * ours))

    def _normals(self, estimand: str) -> tuple[Array, Array]:
        """Means and sds, at the nodes of tau, of mu, a theta or an eta, normal given tau."""
        if estimand.startswith("eta"):
            return self._normal_given(estimand, self._t)
        k = self._names.index(estimand)
        if estimand == "mu":
            return self._mu_mean, self._mu_sd
        return self._theta_mean[:, k - 3], self._theta_sd[:, k - 3]

    def _normal_given(self, estimand: str, t: Array) -> tuple[Array, Array]:
        """Mean and sd, each as `t`, of mu, a theta or an eta given log tau."""
        mean, precision, v = self._mu_given(t)
        if estimand == "mu":
            return mean, precision**-0.5
        kind, k = estimand.rstrip("]").split("[")
        ybar, variance, v = self._ybar[int(k)], self._variance[int(k)], v[..., int(k)]
        tau = np.exp(t)
        shrinkage = tau**2 / v
        if kind == "eta":  # divided by tau before anything can vanish
            return tau / v * (ybar - mean), np.sqrt(variance / v + (tau / v) ** 2 / precision)
        sd = np.sqrt(shrinkage * variance + (1 - shrinkage) ** 2 / precision)
        return shrinkage * ybar + (1 - shrinkage) * mean, sd

    def _cdf_of_log_tau(self, t: Array) -> Array:
        edges = self._edges
        inside = np.clip(t, edges[0], edges[-1])
        panel = np.clip(np.searchsorted(edges, inside, side="right") - 1, 0, len(edges) - 2)
        at = 2 * (inside - edges[panel]) / (edges[panel + 1] - edges[panel]) - 1
        within = legendre.legval(at, self._antiderivative[:, panel], tensor=False)
        return np.clip(self._cumulative[panel] + within, 0.0, 1.0)


def _mixture(x: Array, mean: Array, sd: Array, weights: Array) -> Array:
    """The density at each of `x` of a mixture of normals."""
    z = (x[..., None] - mean) / sd
    return np.asarray((np.exp(-0.5 * z**2) / sd) @ weights / np.sqrt(2 * np.pi))


def _invert(
    cdf: Callable[[Array], Array],
    density: Callable[[Array], Array],
    p: Array,
    low: Array,
    high: Array,
) -> Array:
    """Where `cdf` is `p`, between `low` and `high`: Newton's steps, halving where they leave."""
    low, high = low.astype(float), high.astype(float)
    x = 0.5 * (low + high)
    for _ in range(_INVERSIONS):
        error = cdf(x) - p
        low, high = np.where(error < 0, x, low), np.where(error < 0, high, x)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            newton = x - error / density(x)
        middle = 0.5 * (low + high)
        following = np.where((newton > low) & (newton < high), newton, middle)
        scale = np.maximum(np.abs(low), np.abs(high))
        done = (np.abs(following - x) <= 4e-16 * scale) | (np.abs(error) <= 1e-15)
        if np.all(done | (high - low <= 1e-15 * scale)):
            return np.where(np.abs(error) <= 1e-15, x, following)
        x = np.where(done, x, following)
    raise QuadratureError("exact posterior: a quantile was not found")
