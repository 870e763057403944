"""Sweeps: scenarios that are made from lists of values.

The name of such a scenario consists of the values, and seeds are derived from names. So a value
that is added to a list changes neither the data nor the fits of the other scenarios. Scenarios
that differ only in the settings of their fits have the same data, and those that differ only in the
unit have proportional data.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import TypeAdapter
from pydantic_core import InitErrorDetails

from funnel_study.study.scenario import Scenario, Truth
from funnel_study.study.section import (
    LEFT_OUT,
    Individuals,
    Iterations,
    Observations,
    OneOrSeveral,
    Positive,
    Section,
    Several,
    TargetAccept,
    Unit,
    problem,
    refuse,
)

# each is several jobs, and Snakemake plans all of them before it starts the first one
MOST_SCENARIOS = 5_000

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


class SweptData(_Swept):
    """The values of which every combination is a scenario; a single number is that of all."""

    ratio: Annotated[OneOrSeveral[Positive] | None, LEFT_OUT] = None
    """the geometric mean of sigma / sqrt(n_k), divided by the true tau; sigma follows from it"""
    sigma: Annotated[OneOrSeveral[Positive] | None, LEFT_OUT] = None
    """the standard deviation of an observation, instead of ratio"""
    K: Annotated[OneOrSeveral[Individuals] | None, LEFT_OUT] = None
    """the number of individuals, by default 9"""
    n: Annotated[OneOrSeveral[Observations] | None, LEFT_OUT] = None
    """the number of observations of every individual, by default 1"""
    imbalance: Annotated[OneOrSeveral[Observations] | None, LEFT_OUT] = None
    """instead of n: the largest number of observations; they rise geometrically from 1"""
    tau: Annotated[OneOrSeveral[Positive] | None, LEFT_OUT] = None
    """the true tau, by default that of truth"""

    def _problems(self) -> Iterator[InitErrorDetails]:
        yield from super()._problems()
        for one, other in (("ratio", "sigma"), ("n", "imbalance")):
            if getattr(self, one) is not None and (value := getattr(self, other)) is not None:
                yield problem(f"not allowed together with {one}", other, value=value)
        if self.ratio is None and self.sigma is None:
            yield problem("has neither ratio nor sigma; give one of them")
        if 1 in _as_list(self.K) and max(_as_list(self.imbalance or 1)) > 1:
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


def observations(K: int, imbalance: int) -> list[int]:
    """Return numbers of observations (K,) that rise geometrically from 1 to `imbalance`."""
    return [round(imbalance ** (k / max(K - 1, 1))) for k in range(K)]


def _of_data(data: SweptData, truth: Truth | str, values: Values) -> Scenario:
    chosen = {**data.model_dump(), **values}
    K = chosen.get("K", 9)
    n = [chosen.get("n", 1)] * K
    if "imbalance" in chosen:
        n = observations(K, chosen["imbalance"])
    sigma = chosen.get("sigma")
    if sigma is None:
        tau = chosen.get("tau") or (truth.tau if isinstance(truth, Truth) else math.nan)
        # the geometric mean of sigma / sqrt(n_k) is the ratio times tau
        sigma = chosen["ratio"] * tau * math.exp(math.fsum(map(math.log, n)) / K / 2)
        # no more digits than all machines agree on
        sigma = float(f"{sigma:.12g}")
    keys = {"sigma": sigma, "n_per_individual": n, "tau": chosen.get("tau")}
    return _point(_name(values), keys, values)


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
    """Return the name of a combination of values, such as ratio-0.25-K-9."""
    return "-".join(f"{key}-{_shortest(value)}" for key, value in values.items())


def _shortest(value: float) -> str:
    """Return the shortest text of a number that no other number has, without a plus sign."""
    if value == int(value) and value < 1e15:
        return str(int(value))
    return repr(float(value)).replace("e+", "e")


def _as_list(values: object) -> list[Any]:
    return values if isinstance(values, list) else [values]
