"""Programs of the model for the user's data, by the data-based parameterization.

Each is complete: copied into an empty file, it runs and prints mu and tau. The tests run them and
compare their draws with the exact posterior. Their texts are in the folder templates.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from funnel.priors import (
    Exponential,
    HalfCauchy,
    HalfNormal,
    HalfT,
    Normal,
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


# each prior of tau in PyMC, in Stan, where nothing means uniform, and in NumPyro
_PRIORS: Mapping[type, tuple[str, str, str]] = {
    HalfNormal: (
        *('pm.HalfNormal("tau", {scale!r})', "tau ~ normal(0, {scale!r});"),
        "dist.HalfNormal({scale!r})",
    ),
    HalfCauchy: (
        *('pm.HalfCauchy("tau", {scale!r})', "tau ~ cauchy(0, {scale!r});"),
        "dist.HalfCauchy({scale!r})",
    ),
    HalfT: (
        'pm.HalfStudentT("tau", nu={df!r}, sigma={scale!r})',
        "tau ~ student_t({df!r}, 0, {scale!r});",
        # a t distribution restricted to positive values is half-t
        "dist.LeftTruncatedDistribution(dist.StudentT({df!r}, 0.0, {scale!r}), 0.0)",
    ),
    Exponential: (
        *('pm.Exponential("tau", scale={scale!r})', "tau ~ exponential(1 / {scale!r});"),
        "dist.Exponential(1 / {scale!r})",
    ),
    Uniform: ('pm.Uniform("tau", 0.0, {upper!r})', "", "dist.Uniform(0.0, {upper!r})"),
}


def programs(advice: Advice) -> dict[str, str]:
    """Return the text of each of `FILES`."""
    groups, mu, tau = advice.groups, advice.priors.mu, advice.priors.tau
    data = {"y": groups.y.tolist(), "se": groups.se.tolist()}
    priors = (text.format(**vars(tau)) for text in _PRIORS[type(tau)])
    values = {
        **{"name": advice.name, "labels": _wrapped(groups.labels)},
        **{name: _wrapped(column) for name, column in data.items()},
        # a flat prior has no numbers
        "mu": mu if isinstance(mu, Normal) else None,
        "tau": dict(zip(("pymc", "stan", "numpyro"), priors, strict=True)),
        "upper": tau.upper if isinstance(tau, Uniform) else None,
    }
    texts = {name: render(f"{name}.jinja", **values) for name in FILES if name != _DATA}
    return {**texts, _DATA: f"{json.dumps({'K': groups.K, **data})}\n"}


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
