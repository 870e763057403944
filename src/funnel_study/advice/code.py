"""Programs of the model for the user's data, with the advice in them.

Each is complete: copied into an empty file, it runs and prints mu and tau. The tests run them and
compare their draws with the exact posterior.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

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
from funnel_study.advice.priors import in_words

FILES = {
    "model_pymc.py": "PyMC",
    "model.stan": "Stan",
    "model.data.json": "the data of the Stan program",
    "model_numpyro.py": "NumPyro",
}

_PYMC = '''"""The model of {name} in PyMC, with the centeredness that Funnel recommends."""

import arviz as az
import numpy as np
import pymc as pm

groups = {labels}
y = np.array({y})
se = np.array({se})
# 0 is noncentered and 1 is centered
c = np.array({c})

with pm.Model(coords={{"group": groups}}) as model:
    mu = {mu}
    tau = {tau}
    z = pm.Normal("z", c * mu, tau**c, dims="group")
    theta = pm.Deterministic("theta", mu + tau ** (1 - c) * (z - c * mu), dims="group")
    pm.Normal("y", theta, se, observed=y, dims="group")

if __name__ == "__main__":
    with model:
        draws = pm.sample(draws=2000, tune=1000, chains=4, target_accept=0.9, random_seed=1)
    print(az.summary(draws, var_names=["mu", "tau"], ci_prob=0.95))
'''

_STAN = """// The model of {name} in Stan, with the centeredness that Funnel recommends.
// With CmdStanPy, for example:
//   from cmdstanpy import CmdStanModel
//   fit = CmdStanModel(stan_file="model.stan").sample("model.data.json", adapt_delta=0.9)
//   print(fit.summary().loc[["mu", "tau"]])
// With stanli, which needs no compiler:
//   import stanli
//   fit = stanli.Model("model.stan", data="model.data.json").sample(samples=2000, delta=0.9)
//   print({{name: (fit.draws(name).mean(), fit.draws(name).std()) for name in ("mu", "tau")}})
data {{
  int<lower=1> K;                  // number of groups
  vector[K] y;
  vector<lower=0>[K] se;
  vector<lower=0, upper=1>[K] c;   // centeredness: 0 is noncentered and 1 is centered
}}
parameters {{
  real mu;
  real<lower=0{upper}> tau;
  vector[K] z;
}}
transformed parameters {{
  vector[K] theta = mu + exp((1 - c) * log(tau)) .* (z - c * mu);
}}
model {{{priors}
  z ~ normal(c * mu, exp(c * log(tau)));
  y ~ normal(theta, se);
}}
"""

_NUMPYRO = '''"""The model of {name} in NumPyro, with the centeredness that Funnel recommends."""

import jax
import numpy as np
import numpyro
import numpyro.distributions as dist
from numpyro.infer import MCMC, NUTS
from numpyro.infer.reparam import LocScaleReparam

numpyro.enable_x64()

groups = {labels}
y = np.array({y})
se = np.array({se})
# 0 is noncentered and 1 is centered
c = np.array({c})


@numpyro.handlers.reparam(config={{"theta": LocScaleReparam(c)}})
def model():
    mu = numpyro.sample("mu", {mu})
    tau = numpyro.sample("tau", {tau})
    with numpyro.plate("group", len(y)):
        theta = numpyro.sample("theta", dist.Normal(mu, tau))
        numpyro.sample("y", dist.Normal(theta, se), obs=y)


if __name__ == "__main__":
    sampler = MCMC(
        NUTS(model, target_accept_prob=0.9),
        num_warmup=1000,
        num_samples=2000,
        num_chains=4,
        chain_method="sequential",
        progress_bar=False,
    )
    sampler.run(jax.random.key(1))
    for name in ("mu", "tau"):
        values = sampler.get_samples()[name]
        print(f"{{name}}: mean {{values.mean():.3f}}, sd {{values.std():.3f}}")
'''


def programs(advice: Advice) -> dict[str, str]:
    """Return the text of each of `FILES`."""
    data = _data(advice)
    arrays = {name: _wrapped(data[name]) for name in ("y", "se", "c")}
    common = {"name": advice.name, "labels": _wrapped(advice.groups.labels), **arrays}
    mu, tau = advice.priors.mu, advice.priors.tau
    return {
        "model_pymc.py": _PYMC.format(**common, mu=_mu_in_pymc(mu), tau=_tau_in_pymc(tau)),
        "model.stan": _STAN.format(
            name=advice.name, upper=_upper_in_stan(tau), priors=_priors_in_stan(mu, tau)
        ),
        "model.data.json": json.dumps(data) + "\n",
        "model_numpyro.py": _NUMPYRO.format(
            **common, mu=_mu_in_numpyro(mu), tau=_tau_in_numpyro(tau)
        ),
    }


def _data(advice: Advice) -> dict[str, Any]:
    return {
        "K": advice.groups.K,
        "y": advice.groups.y.tolist(),
        "se": advice.groups.se.tolist(),
        "c": advice.centeredness.tolist(),
    }


def _wrapped(values: Sequence[object]) -> str:
    """Return a list in Python's syntax, on one line if it is short."""
    # repr escapes what could end the text or change its direction
    texts = [repr(value) for value in values]
    line = f"[{', '.join(texts)}]"
    if len(line) <= 80:
        return line
    lines, room = [""], 88
    for text in texts:
        if lines[-1] and len(lines[-1]) + len(text) + 2 > room:
            lines.append("")
        lines[-1] += f"{' ' if lines[-1] else ''}{text},"
    return "[\n" + "".join(f"    {line}\n" for line in lines) + "]"


def _mu_in_pymc(prior: Normal | Flat) -> str:
    if isinstance(prior, Flat):
        return 'pm.Flat("mu")'
    return f'pm.Normal("mu", {prior.mean!r}, {prior.sd!r})'


def _tau_in_pymc(prior: TauPrior) -> str:
    if isinstance(prior, HalfNormal):
        return f'pm.HalfNormal("tau", {prior.scale!r})'
    if isinstance(prior, HalfCauchy):
        return f'pm.HalfCauchy("tau", {prior.scale!r})'
    if isinstance(prior, HalfT):
        return f'pm.HalfStudentT("tau", nu={prior.df!r}, sigma={prior.scale!r})'
    if isinstance(prior, Exponential):
        return f'pm.Exponential("tau", scale={prior.scale!r})'
    return f'pm.Uniform("tau", 0.0, {_upper(prior)!r})'


def _mu_in_numpyro(prior: Normal | Flat) -> str:
    if isinstance(prior, Flat):
        return "dist.ImproperUniform(dist.constraints.real, (), ())"
    return f"dist.Normal({prior.mean!r}, {prior.sd!r})"


def _tau_in_numpyro(prior: TauPrior) -> str:
    if isinstance(prior, HalfNormal):
        return f"dist.HalfNormal({prior.scale!r})"
    if isinstance(prior, HalfCauchy):
        return f"dist.HalfCauchy({prior.scale!r})"
    if isinstance(prior, HalfT):
        # a t distribution restricted to positive values is half-t
        whole = f"dist.StudentT({prior.df!r}, 0.0, {prior.scale!r})"
        return f"dist.LeftTruncatedDistribution({whole}, 0.0)"
    if isinstance(prior, Exponential):
        return f"dist.Exponential(1 / {prior.scale!r})"
    return f"dist.Uniform(0.0, {_upper(prior)!r})"


def _priors_in_stan(mu: Normal | Flat, tau: TauPrior) -> str:
    """Return the statements of the priors, each on a new line; Stan's default is uniform."""
    lines = [] if isinstance(mu, Flat) else [f"mu ~ normal({mu.mean!r}, {mu.sd!r});"]
    if isinstance(tau, HalfNormal):
        lines.append(f"tau ~ normal(0, {tau.scale!r});")
    elif isinstance(tau, HalfCauchy):
        lines.append(f"tau ~ cauchy(0, {tau.scale!r});")
    elif isinstance(tau, HalfT):
        lines.append(f"tau ~ student_t({tau.df!r}, 0, {tau.scale!r});")
    elif isinstance(tau, Exponential):
        lines.append(f"tau ~ exponential(1 / {tau.scale!r});")
    return "".join(f"\n  {line}" for line in lines)


def _upper_in_stan(prior: TauPrior) -> str:
    return f", upper={_upper(prior)!r}" if isinstance(prior, Uniform) else ""


def _upper(prior: TauPrior) -> float:
    """Return the upper limit of a uniform prior, which `priors` requires."""
    if not isinstance(prior, Uniform):
        raise TypeError(f"{in_words(prior)} has no program")
    return prior.upper
