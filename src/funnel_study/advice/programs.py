"""Programs of the model for the user's data, with the advice in them.

Each is complete: copied into an empty file, it runs and prints mu and tau. The tests run them and
compare their draws with the exact posterior. Their texts are in the folder templates.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

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

FILES = {
    "model_pymc.py": "PyMC",
    "model.stan": "Stan",
    "model.data.json": "the data of the Stan program",
    "model_numpyro.py": "NumPyro",
}


class Written(NamedTuple):
    """A prior as it is written in each language; in Stan nothing means uniform."""

    pymc: str
    stan: str
    numpyro: str


_PRIORS: Mapping[type, Written] = {
    Normal: Written(
        'pm.Normal("mu", {mean!r}, {sd!r})',
        "mu ~ normal({mean!r}, {sd!r});",
        "dist.Normal({mean!r}, {sd!r})",
    ),
    Flat: Written('pm.Flat("mu")', "", "dist.ImproperUniform(dist.constraints.real, (), ())"),
    HalfNormal: Written(
        'pm.HalfNormal("tau", {scale!r})',
        "tau ~ normal(0, {scale!r});",
        "dist.HalfNormal({scale!r})",
    ),
    HalfCauchy: Written(
        'pm.HalfCauchy("tau", {scale!r})',
        "tau ~ cauchy(0, {scale!r});",
        "dist.HalfCauchy({scale!r})",
    ),
    HalfT: Written(
        'pm.HalfStudentT("tau", nu={df!r}, sigma={scale!r})',
        "tau ~ student_t({df!r}, 0, {scale!r});",
        # a t distribution restricted to positive values is half-t
        "dist.LeftTruncatedDistribution(dist.StudentT({df!r}, 0.0, {scale!r}), 0.0)",
    ),
    Exponential: Written(
        'pm.Exponential("tau", scale={scale!r})',
        "tau ~ exponential(1 / {scale!r});",
        "dist.Exponential(1 / {scale!r})",
    ),
    Uniform: Written('pm.Uniform("tau", 0.0, {upper!r})', "", "dist.Uniform(0.0, {upper!r})"),
}


def programs(advice: Advice) -> dict[str, str]:
    """Return the text of each of `FILES`."""
    groups, priors = advice.groups, advice.priors
    data = {
        **{"K": groups.K, "y": groups.y.tolist(), "se": groups.se.tolist()},
        "c": advice.centeredness.tolist(),
    }
    values = {
        "name": advice.name,
        "labels": _wrapped(groups.labels),
        **{name: _wrapped(data[name]) for name in ("y", "se", "c")},
        **{"mu": _written(priors.mu), "tau": _written(priors.tau)},
        "upper": priors.tau.upper if isinstance(priors.tau, Uniform) else None,
    }
    return {
        name: f"{json.dumps(data)}\n"
        if name == "model.data.json"
        else render(f"{name}.jinja", **values)
        for name in FILES
    }


def _written(prior: TauPrior | Normal | Flat) -> Written:
    return Written(*(text.format(**vars(prior)) for text in _PRIORS[type(prior)]))


def _wrapped(values: Sequence[object]) -> str:
    """Return a list in Python's syntax, on one line if it is short."""
    # repr escapes what could end the text or change its direction
    texts = [repr(value) for value in values]
    if len(line := f"[{', '.join(texts)}]") <= 80:
        return line
    lines, room = [""], 88
    for text in texts:
        if lines[-1] and len(lines[-1]) + len(text) + 2 > room:
            lines.append("")
        lines[-1] += f"{' ' if lines[-1] else ''}{text},"
    return "[\n" + "".join(f"    {line}\n" for line in lines) + "]"
