"""Programs of the model for the user's data, by the parameterization that is advised.

Each is complete: copied into an empty file, it runs and prints mu and tau. The tests run them and
compare their draws with the exact posterior. Their texts are in the folder templates.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from funnel.likelihoods.normal_unknown_sigma import NormalUnknownSigma
from funnel.priors import (
    Exponential,
    HalfCauchy,
    HalfNormal,
    HalfT,
    Normal,
    TauPrior,
    Uniform,
)
from funnel_study.advice.advice import Advice
from funnel_study.advice.wording import render

_DATA = "model.data.json"
FILES = {
    "model_pymc.py": "PyMC",
    "model.stan": "Stan",
    _DATA: "the data of the Stan program",
    "model_numpyro.py": "NumPyro",
}
# of Stan, as they may also be included
_FUNCTIONS = files("funnel") / "stan" / "data_based.stanfunctions"
# the centeredness of all groups and its scale, of parameterizations where these are constant
CONSTANTS: Mapping[str, tuple[Any, float]] = {"centered": (1.0, 1.0), "noncentered": (0.0, 1.0)}
# the names of the data in the programs, and those that are whole numbers
_NAMES = {"successes": "y", "trials": "n", "counts": "y"}
_WHOLE = {
    **{"binomial": ("y", "n"), "poisson": ("y",)},
    "normal_unknown_sigma": ("n", "group", "freedom"),
}
# each prior of tau or sigma in PyMC, in Stan, where nothing means uniform, and in NumPyro
_PRIORS: Mapping[type, tuple[str, str, str]] = {
    HalfNormal: (
        *('pm.HalfNormal("{name}", {scale!r})', "{name} ~ normal(0, {scale!r});"),
        "dist.HalfNormal({scale!r})",
    ),
    HalfCauchy: (
        *('pm.HalfCauchy("{name}", {scale!r})', "{name} ~ cauchy(0, {scale!r});"),
        "dist.HalfCauchy({scale!r})",
    ),
    HalfT: (
        'pm.HalfStudentT("{name}", nu={df!r}, sigma={scale!r})',
        "{name} ~ student_t({df!r}, 0, {scale!r});",
        # a t distribution restricted to positive values is half-t
        "dist.LeftTruncatedDistribution(dist.StudentT({df!r}, 0.0, {scale!r}), 0.0)",
    ),
    Exponential: (
        *('pm.Exponential("{name}", scale={scale!r})', "{name} ~ exponential(1 / {scale!r});"),
        "dist.Exponential(1 / {scale!r})",
    ),
    Uniform: ('pm.Uniform("{name}", 0.0, {upper!r})', "", "dist.Uniform(0.0, {upper!r})"),
}


def programs(advice: Advice) -> dict[str, str]:
    """Return the text of each of `FILES`."""
    groups, priors = advice.groups, advice.priors
    mu, tau = priors.mu, priors.tau
    data, instead = _data(advice), advice.instead
    c, tau0 = CONSTANTS.get(instead, (advice.centeredness.tolist(), _rounded(advice.tau0, 6)))
    values = {
        **{"instead": instead, "c": _in_python(c) if instead else None, "tau0": tau0},
        **{"name": advice.name, "labels": _wrapped(groups.labels), "kind": groups.kind},
        "data": {name: _in_python(column) for name, column in data.items()},
        # a flat prior has no numbers
        "mu": mu if isinstance(mu, Normal) else None,
        "tau": _in_languages("tau", tau),
        "sigma": _in_languages("sigma", priors.sigma) if priors.sigma else None,
        "data_based": _FUNCTIONS.read_text(encoding="utf-8"),
        "x": {name: _in_python(_rounded(each, 15)) for name, each in groups.x.items()},
        # their prior mean is 0, and a flat prior has no sd
        "beta": [each.sd for each in priors.beta.values() if isinstance(each, Normal)],
        "upper": tau.upper if isinstance(tau, Uniform) else None,
    }
    if groups.x:
        data |= {"p": len(groups.x), "x": np.column_stack([*groups.x.values()]).tolist()}
    texts = {name: render(f"{name}.jinja", **values) for name in FILES if name != _DATA}
    if "group" in data:  # counted from 1 in Stan
        data |= {"N": len(data["y"]), "group": [k + 1 for k in data["group"]]}
    if instead:
        data |= {"c": np.broadcast_to(c, groups.K).tolist(), "tau0": tau0}
    return {**texts, _DATA: f"{json.dumps({'K': groups.K, **data})}\n"}


def _data(advice: Advice) -> dict[str, Any]:
    """Return the data of the programs, without artefacts of floating-point arithmetic."""
    groups, means = advice.groups, advice.approximation
    data: dict[str, Any] = {_NAMES.get(name, name): each for name, each in groups.data.items()}
    if not isinstance(groups.likelihood, NormalUnknownSigma):
        if groups.kind != "normal":
            data |= {"m": _rounded(means.ybar, 6), "s": _rounded(means.standard_error, 6)}
    elif groups.observations is not None:
        data = {"m": data["y"], "n": data["n"], **groups.observations._asdict()}
    else:
        likelihood = groups.likelihood
        data |= {"within": likelihood.within, "freedom": likelihood.degrees_of_freedom}
    whole = _WHOLE.get(groups.kind, ())
    return {
        name: np.asarray(each, dtype=int).tolist() if name in whole else _rounded(each, 15)
        for name, each in data.items()
    }


def _rounded(values: ArrayLike, digits: int) -> Any:
    """Return numbers to so many digits, as a list."""
    return np.vectorize(lambda value: float(f"{value:.{digits}g}"))(values).tolist()


def _in_languages(name: str, prior: TauPrior) -> dict[str, str]:
    texts = (text.format(name=name, **vars(prior)) for text in _PRIORS[type(prior)])
    return dict(zip(("pymc", "stan", "numpyro"), texts, strict=True))


def _in_python(values: Any) -> str:
    return f"np.array({_wrapped(values)})" if isinstance(values, list) else repr(values)


def _wrapped(values: Sequence[object]) -> str:
    """Return a list in Python's syntax, on one line if it is short."""
    # repr escapes what could end the text or change its direction
    texts = [repr(value) for value in values]
    if len(line := f"[{', '.join(texts)}]") <= 80:
        return line
    lines = [""]
    for text in texts:
        if lines[-1] and len(lines[-1]) + len(text) > 87:
            lines.append("")
        lines[-1] += f" {text},"
    return "[\n" + "".join(f"   {line}\n" for line in lines) + "]"
