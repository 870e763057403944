"""Sweeps: scenarios that are made from lists of values.

The name of such a scenario consists of the values, and seeds are derived from names. So a value
that is added to a list changes neither the data nor the fits of the other scenarios. Scenarios
that differ only in the settings of their fits have the same data, and those that differ only in the
unit have proportional data.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from typing import Annotated, Any

import numpy as np
from pydantic import TypeAdapter
from pydantic_core import InitErrorDetails

from funnel.likelihoods import likelihood_class
from funnel_study.study.points import observations
from funnel_study.study.scenario import (
    NORMAL,
    UNKNOWN,
    PriorOfSigma,
    Scenario,
    Truth,
    needed,
    standard_error,
)
from funnel_study.study.section import (
    LEFT_OUT,
    Individuals,
    Iterations,
    Likelihood,
    Observations,
    OneOrSeveral,
    OneOrSeveralOrSection,
    Positive,
    Section,
    Several,
    TargetAccept,
    Unit,
    as_list,
    problem,
    refuse,
)

# each is several jobs, and Snakemake plans all of them before it starts the first one
MOST_SCENARIOS = 5_000

# the ratio of a scenario may be wrong by this factor, where sizes are whole numbers
PRECISION_OF_RATIO = 1.1

Values = dict[str, Any]
# pydantic puts the name into the place of an error
_POINT = TypeAdapter(dict[str, Scenario])


class _Swept(Section):
    def lists(self) -> dict[str, list[Any]]:
        """The values of each key that has a list."""
        return {key: values for key, values in self if isinstance(values, list)}

    def combinations(self) -> list[Values]:
        """Every combination of the values of those keys that have a list."""
        lists = self.lists()
        return [dict(zip(lists, each, strict=True)) for each in itertools.product(*lists.values())]

    def _problems(self) -> Iterator[InitErrorDetails]:
        if not self.lists():
            yield problem("no key has a list of values to sweep")


class SweptSigma(Section):
    """The prior of an unknown sigma in a sweep."""

    prior: PriorOfSigma = "half_normal"
    """that of a scenario"""
    scale: Annotated[Positive | None, LEFT_OUT] = None
    """that of a scenario; by default, with a ratio, twice the true sigma of each scenario"""


class SweptData(_Swept):
    """The values of which every combination is a scenario; a single value is that of all."""

    likelihood: Annotated[OneOrSeveral[Likelihood] | None, LEFT_OUT] = None
    """likelihoods, by default normal"""
    ratio: Annotated[OneOrSeveral[Positive] | None, LEFT_OUT] = None
    """the geometric mean of the individuals' expected standard errors at the true mu, divided by
    the true tau; sigma, the trials or the exposures follow from it"""
    sigma: Annotated[OneOrSeveralOrSection[Positive, SweptSigma] | None, LEFT_OUT] = None
    """the standard deviation of an observation, instead of ratio; or the prior of an unknown one"""
    K: Annotated[OneOrSeveral[Individuals] | None, LEFT_OUT] = None
    """the number of individuals, by default 9"""
    n: Annotated[OneOrSeveral[Observations] | None, LEFT_OUT] = None
    """the number of observations, trials or units of exposure of every individual, by default 1"""
    imbalance: Annotated[OneOrSeveral[Observations] | None, LEFT_OUT] = None
    """instead of n: the largest number of observations; they rise geometrically from 1"""
    tau: Annotated[OneOrSeveral[Positive] | None, LEFT_OUT] = None
    """the true tau, by default that of truth"""

    @property
    def likelihoods(self) -> list[str]:
        """The likelihoods: normal by default, whose sigma is unknown if it has a prior."""
        known = not isinstance(self.sigma, SweptSigma)
        return as_list(self.likelihood or (NORMAL if known else f"{NORMAL}{UNKNOWN}"))

    def _problems(self) -> Iterator[InitErrorDetails]:
        yield from super()._problems()
        known = self.sigma if not isinstance(self.sigma, SweptSigma) else None
        for one, other, value in (("ratio", "sigma", known), ("n", "imbalance", self.imbalance)):
            if getattr(self, one) is not None and value is not None:
                yield problem(f"not allowed together with {one}", other, value=value)
        kinds = {name: likelihood_class(name) for name in self.likelihoods}
        if isinstance(self.sigma, SweptSigma) and not any(kind.SIGMA for kind in kinds.values()):
            message = f"sigma is known with {', '.join(kinds)}"
            yield problem(message, "sigma", value=self.sigma)
        for name, kind in kinds.items():
            takes = "sigma" in needed(name) and not kind.SIGMA
            if known is not None and not takes:
                yield problem(f"not allowed with the likelihood {name}", "sigma", value=known)
            elif self.ratio is None and known is None and takes:
                yield problem("has neither ratio nor sigma; give one of them")
        if 1 in as_list(self.K) and max(as_list(self.imbalance or 1)) > 1:
            yield problem("must be at least 2 with an imbalance above 1", "K", value=self.K)


class SweptSampling(_Swept):
    """The settings of fits of which every combination is a scenario, for every scenario."""

    target_accept: Annotated[Several[TargetAccept] | None, LEFT_OUT] = None
    """target acceptance rates"""
    tune: Annotated[Several[Iterations] | None, LEFT_OUT] = None
    """numbers of tuning iterations per chain"""


class Sweep(Section):
    """Scenarios that are made from lists of values."""

    data: Annotated[SweptData | None, LEFT_OUT] = None
    """makes scenarios from every combination of values"""
    sampling: Annotated[SweptSampling | None, LEFT_OUT] = None
    """fits every scenario with every combination of settings"""
    unit: Annotated[Several[Unit] | None, LEFT_OUT] = None
    """has every scenario in every unit: its data, sigma, truth and priors times each number"""

    def _problems(self) -> Iterator[InitErrorDetails]:
        if not (self.data or self.sampling or self.unit):
            yield problem("has neither data, sampling nor unit; give at least one")

    def variants(self) -> list[Values]:
        """Every combination of the settings of fits and the units; empty if none are swept."""
        settings = self.sampling.combinations() if self.sampling else [{}]
        units: list[Values] = [{"unit": unit} for unit in self.unit or ()] or [{}]
        pairs = [{**one, **other} for one, other in itertools.product(settings, units)]
        return [each for each in pairs if each]


def expanded(written: list[Scenario], sweep: Sweep, truth: Truth | str) -> list[Scenario]:
    """Return the scenarios of a study with a sweep.

    Those of `sweep.data` follow those that are `written`, and each is replaced by one for every
    combination of settings in `sweep.sampling` and unit in `sweep.unit`. Raises ValidationError for
    the first scenario that is not valid, and for names that are not unique.
    """
    of_data = sweep.data.combinations() if sweep.data else []
    variants = sweep.variants()
    number = (len(written) + len(of_data)) * (len(variants) or 1)
    if number > MOST_SCENARIOS:
        message = f"the sweep makes {number:,} scenarios; at most {MOST_SCENARIOS:,} are allowed"
        refuse([problem(message)])
    refuse(
        problem(f"not allowed together with sweep.{'.'.join(place)}", i, *place, value=value)
        for i, each in enumerate(written)
        for place, value in (
            *((("sampling", key), value) for key, value in each.sampling or ()),
            (("unit",), each.unit),
        )
        if value is not None and variants and place[-1] in variants[0]
    )
    scenarios = list(written)
    if sweep.data:
        scenarios += [_of_data(sweep.data, truth, values) for values in of_data]
    if variants:
        scenarios = [_variant(base, each) for base in scenarios for each in variants]
    times = Counter(scenario.name.casefold() for scenario in scenarios)
    refuse(problem(f"{name} is the name of two scenarios") for name in times if times[name] > 1)
    return scenarios


def _of_data(data: SweptData, truth: Truth | str, values: Values) -> Scenario:
    chosen = {**data.model_dump(), **values}
    likelihood = chosen.get("likelihood", data.likelihoods[0])
    kind = likelihood_class(likelihood)
    first = kind.SIZES[0].key
    K = chosen.get("K", 9)
    n = [chosen.get("n", 1)] * K
    if "imbalance" in chosen:
        n = observations("geometric", K, chosen["imbalance"]).astype(int).tolist()
    name, prior = _name(values), chosen.get("sigma")
    own = {"sigma": prior} if "sigma" in needed(likelihood) else {}
    keys = {"likelihood": likelihood, "tau": chosen.get("tau"), first: n, **own}
    if "ratio" not in chosen or not isinstance(truth, Truth):
        return _point(name, keys, values)
    ratio, tau = chosen["ratio"], chosen.get("tau", truth.tau)
    try:
        with np.errstate(all="raise"):
            sizes = kind.sizes_for(np.array(n), ratio * tau, truth.mu)
    except ArithmeticError:
        message = f"no numbers give the ratio {ratio:g} at theta = {truth.mu:g}, the true mu"
        refuse([problem(message, name, first)])
    keys |= sizes
    if kind.SIGMA:
        sigma = sizes["sigma"]
        keys["sigma"] = {"scale": 2 * sigma, **(prior or {}), "truth": sigma}
    scenario = _point(name, keys, values)
    found = standard_error(likelihood, truth.mu, sizes) / tau
    if not 1 / PRECISION_OF_RATIO <= found / ratio <= PRECISION_OF_RATIO:
        message = f"whole numbers cannot give the ratio {ratio:g}; the nearest is {found:.3g}"
        refuse([problem(message, name, first)])
    return scenario


def _variant(base: Scenario, values: Values) -> Scenario:
    own = base.sampling.model_dump() if base.sampling else {}
    own |= {key: value for key, value in values.items() if key != "unit"}
    keys = {**dict(base), "sampling": own or None, "unit": values.get("unit", base.unit)}
    return _point(f"{base.name}-{_name(values)}", keys, {**base.swept, **values}, base)


def _point(name: str, keys: Values, swept: Values, base: Scenario | None = None) -> Scenario:
    scenario = _POINT.validate_python({name: {**keys, "name": name}})[name]
    scenario._swept, scenario._base = swept, base
    return scenario


def _name(values: Values) -> str:
    """Return the name of a combination of values, such as binomial-ratio-0.25-K-9."""
    return "-".join(
        value if isinstance(value, str) else f"{key}-{_shortest(value)}"
        for key, value in values.items()
    )


def _shortest(value: float) -> str:
    """Return the shortest text of a number that no other number has, without a plus sign."""
    if value == int(value) and value < 1e15:
        return str(int(value))
    return repr(float(value)).replace("e+", "e")
