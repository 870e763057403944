"""Programs of the model for the user's data, with the advice in them.

Each is complete: copied into an empty file, it runs and prints mu and tau. The tests run them and
compare their draws with the exact posterior. Their texts are in the folder templates.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from funnel.priors import (
    Exponential,
    Flat,
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


# each prior in PyMC, in Stan, where nothing means uniform, and in NumPyro
_PRIORS: Mapping[type, tuple[str, str, str]] = {
    Normal: (
        *('pm.Normal("mu", {mean!r}, {sd!r})', "mu ~ normal({mean!r}, {sd!r});"),
        "dist.Normal({mean!r}, {sd!r})",
    ),
    Flat: ('pm.Flat("mu")', "", "dist.ImproperUniform(dist.constraints.real, (), ())"),
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
    groups, priors = advice.groups, advice.priors
    data = {"y": groups.y.tolist(), "se": groups.se.tolist(), "c": advice.centeredness.tolist()}
    values = {
        **{"name": advice.name, "labels": _wrapped(groups.labels)},
        **{name: _wrapped(column) for name, column in data.items()},
        **{"mu": _written(priors.mu), "tau": _written(priors.tau)},
        "upper": priors.tau.upper if isinstance(priors.tau, Uniform) else None,
    }
    texts = {name: render(f"{name}.jinja", **values) for name in FILES if name != _DATA}
    return {**texts, _DATA: f"{json.dumps({'K': groups.K, **data})}\n"}


def _written(prior: TauPrior | Normal | Flat) -> dict[str, str]:
    texts = (text.format(**vars(prior)) for text in _PRIORS[type(prior)])
    return dict(zip(("pymc", "stan", "numpyro"), texts, strict=True))


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
