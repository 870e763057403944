"""The regression of the score of each arm on the features of data sets, one at each point.

The mean score of an arm is the exponential of a linear function of natural splines of the logs of
the features: a generalised linear model of the gamma family with a log link. Intervals are from a
bootstrap over the points, of random halves (`statistics.random_halves`), in each of which all arms
have the same points. Resamples of the full size gave intervals that were too short: with 300 points
and scores whose log has a standard deviation of 1.2, 95 % intervals contained the truth in 87 % of
simulated studies, and those of halves in 95 %.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from formulaic import ModelSpec, model_matrix

from funnel.group_means import Array
from funnel_study.analysis.arms import by_point
from funnel_study.analysis.statistics import random_halves

RATIO = "ratio"
FEATURES = (RATIO, "K", "kind", "imbalance", "prior_scale", "unit")
PAIRS = 250  # of a random half of the points and its complement
MANY = 100  # points that bear splines of every feature
_FEW = 5  # values of a category
_STEPS = 200
_FAR = 50
_TOLERANCE = 1e-5


def formula(points: pd.DataFrame) -> str:
    """Return the formula of the regression for `points`, which have the columns `FEATURES`.

    It has those features that vary: text and numbers with few values as categories, other numbers
    as natural splines of their log to base 2. From `MANY` points on, the slope along log s / tau
    depends on log K; with fewer, the logs of the other features are linear.
    """
    many = len(points) >= MANY
    terms = [_spline(RATIO, 4 if many else 3)]
    for name in [name for name in FEATURES[1:] if name in points]:
        values = points[name].nunique()
        if not pd.api.types.is_numeric_dtype(points[name]) or values <= _FEW:
            terms += [f"C({name})"] if values > 1 else []
        else:
            terms.append(_spline(name, 2) if many else f"log2({name})")
    if many and points["K"].nunique() > _FEW:
        terms.append(f"log2({RATIO}):log2(K)")
    return " + ".join(terms)


def _spline(name: str, df: int) -> str:
    return f"cr(log2({name}), df={df}, constraints='center')"


def gamma_regression(X: Array, y: Array, weights: Array) -> Array:
    """Return the coefficients of gamma regressions with a log link, (resample, coefficient).

    `X` (n, coefficient) is the design, `y` (n,) are positive, and `weights` (resample, n) are those
    of each resample. A step solves weighted least squares in which an observation of mean m weighs
    max(1, y / m). This bounds the curvature on the way to the solution, so no step goes beyond it,
    which Fisher scoring may do if a score is far out.
    """
    products = (X[:, :, None] * X[:, None, :]).reshape(len(X), -1)
    size = X.shape[1]

    def solved(weights: Array, target: Array) -> Array:
        normal = (weights @ products).reshape(-1, size, size)
        # where a resample leaves a coefficient open, it stays near 0
        normal += 1e-9 * np.trace(normal, axis1=1, axis2=2)[:, None, None] * np.eye(size)
        right = (weights * target) @ X
        return np.asarray(np.linalg.solve(normal, right[..., None])[..., 0])

    found = solved(weights, np.log(y))
    for _ in range(_STEPS):
        # bounded, since a resample may be far off at an observation that it leaves out
        excess = np.exp(np.clip(np.log(y) - found @ X.T, -_FAR, _FAR))
        curvature = np.maximum(1, excess)
        step = solved(weights * curvature, (excess - 1) / curvature)
        found += step
        if np.abs((step @ X.T) * (weights > 0)).max() < _TOLERANCE:
            break
    return found


def _nearest(values: pd.Series, known: pd.Series) -> Array:
    if known.nunique() > _FEW:
        return values.clip(known.min(), known.max()).to_numpy()
    options = known.unique()
    nearest = np.abs(np.log2(values.to_numpy()[:, None] / options)).argmin(axis=1)
    return np.asarray(options[nearest])


@dataclass(frozen=True)
class Regression:
    """The regressions of all arms of one likelihood.

    `coefficients` are (resample, coefficient) by arm, those of the data themselves first. `points`
    have the features of the points, and `spec` turns features into a design.
    """

    spec: ModelSpec
    coefficients: dict[str, Array]
    points: pd.DataFrame

    def design(self, features: pd.DataFrame) -> Array:
        """Return the design at the rows of `features`, each within the range of the points.

        Of a number with few values, which is a category, the nearest of them is taken.
        """
        inside = {
            str(name): _nearest(features[name], known)
            for name, known in self.points.select_dtypes("number").items()
        }
        return np.asarray(self.spec.get_model_matrix(features.assign(**inside)), dtype=float)

    def relative(self, design: Array, arms: Sequence[str], reference: str | None) -> pd.DataFrame:
        """Return the mean score of each arm, divided by that of `reference` or of the best arm.

        The table has a row per arm and row of the `design`, of which `row` is the number. `low` and
        `high` are the ends of the 95 % interval, which contains `relative`. The best of `arms` is
        chosen anew in every resample; nothing is below it, so no end is below 1.
        """
        logs = {name: self.coefficients[name] @ design.T for name in arms}
        others = arms if reference is None else [reference]
        base = np.min([self.coefficients[name] @ design.T for name in others], axis=0)
        tables = []
        for name in arms:
            ratio = np.exp(logs[name] - base)
            low, high = np.quantile(ratio[1:], [0.025, 0.975], axis=0)
            tables.append(
                pd.DataFrame(
                    {
                        **{"parameterization": name, "row": range(len(design))},
                        **{"relative": ratio[0], "low": np.minimum(low, ratio[0])},
                        "high": np.maximum(high, ratio[0]),
                    }
                )
            )
        return pd.concat(tables, ignore_index=True)


def regress(scores: pd.DataFrame, pairs: int = PAIRS, seed: int = 0) -> Regression:
    """Return the regressions of the arms of one likelihood, sampler and number of draws.

    `scores` has the columns `point`, `parameterization`, `score`, `ratio` and K, and others of
    `FEATURES`. A score that is not finite, such as that of a failed fit, is left out.

    Raises ValueError if a point has two scores of an arm.
    """
    wide = by_point(scores)
    present = [name for name in FEATURES if name in scores]
    points = scores.drop_duplicates("point").set_index("point")[present].loc[wide.index]
    design = model_matrix(formula(points), points)
    rng = np.random.default_rng(seed)
    weights = np.vstack([np.ones(len(points)), random_halves(len(points), pairs, rng)])
    coefficients = {}
    for name, column in wide.items():
        known = np.isfinite(column.to_numpy(dtype=float))
        X, y = np.asarray(design, dtype=float)[known], column.to_numpy(dtype=float)[known]
        coefficients[str(name)] = gamma_regression(X, y, weights[:, known])
    return Regression(design.model_spec, coefficients, points)


def along_ratio(
    regression: Regression, arms: Sequence[str], reference: str | None = None, values: int = 60
) -> pd.DataFrame:
    """Return the mean score along s / tau, divided by that of `reference` or of the best arm.

    The logs of the mean scores are averaged over the other features of all points, as if every data
    set had had this s / tau. The columns are those of `Regression.relative` and `ratio`, which has
    so many `values`, evenly spaced on a log scale.
    """
    points = regression.points
    ratios = np.geomspace(points[RATIO].min(), points[RATIO].max(), values)
    rows = pd.DataFrame({RATIO: ratios}).merge(points.drop(columns=RATIO), how="cross")
    design = regression.design(rows).reshape(values, len(points), -1).mean(axis=1)
    table = regression.relative(design, arms, reference)
    return table.assign(ratio=ratios[table["row"]])


def landscape(
    scores: pd.DataFrame, arms: Sequence[str], reference: str | None = None, seed: int = 0
) -> pd.DataFrame:
    """Return the rows of `along_ratio` for every likelihood, whose column comes first.

    `scores` are those of `regress`, with the column `likelihood`.
    """
    tables = {
        name: along_ratio(regress(group, seed=seed), arms, reference)
        for name, group in scores.groupby("likelihood", sort=False)
    }
    return pd.concat(tables, names=["likelihood"]).reset_index("likelihood").reset_index(drop=True)


def at_data_set(
    regression: Regression,
    features: Mapping[str, float | str],
    arms: Sequence[str],
    reference: str | None = None,
) -> pd.DataFrame:
    """Return the mean score of data sets with these features, divided by that of `reference`.

    Without a reference, it is divided by that of the best arm. A feature outside the range of the
    points is taken to be at its end, and then `inside` is false.
    """
    row = pd.DataFrame([features])
    numbers = regression.points.select_dtypes("number")
    inside = all(
        numbers[name].min() <= row[name].iloc[0] <= numbers[name].max() for name in numbers
    )
    table = regression.relative(regression.design(row), arms, reference)
    return table.drop(columns="row").assign(inside=inside)
