"""Sweeps: scenarios that are made from lists of values.

The name of such a scenario consists of the values, and seeds are derived from names. So a value
that is added to a list changes neither the data nor the fits of the other scenarios. Scenarios
that differ only in the settings of their fits have the same data.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from funnel_study.study.schema import (
    LARGEST,
    MAX_OBSERVATIONS,
    NAME_LENGTH,
    SMALLEST,
    OwnSampling,
    Scenario,
    Study,
    SweptData,
    Truth,
)
from funnel_study.study.yaml_file import ConfigError, short_repr

# each is several jobs, and Snakemake plans all of them before it starts the first one
MOST_SCENARIOS = 5_000
# of `sweep.data`, where it does not say
DEFAULT_K, DEFAULT_N = 9, 1

Values = dict[str, Any]


def expanded(study: Study) -> Study:
    """Return the study with the scenarios of its sweep.

    Every combination of the lists in `sweep.data` is a scenario after those that are written in
    the configuration. Each of these scenarios is replaced by one for every combination of the lists
    in `sweep.sampling`. Raises ConfigError if a scenario is not valid, or if a name is not unique.
    """
    if study.sweep is None:
        return study
    written = study.scenarios
    scenarios = list(written)
    problems: list[str] = []
    if study.sweep.data:
        for values in _combinations(study.sweep.data.model_dump()):
            scenario = _of_data(study, study.sweep.data, values)
            if isinstance(scenario, str):
                problems.append(f"{_name(values)}: {scenario}")
            else:
                scenarios.append(scenario)
    if study.sweep.sampling:
        combinations = _combinations(study.sweep.sampling.model_dump())
        scenarios = [_of_sampling(base, each) for base in scenarios for each in combinations]
    problems += _problems_of_names([scenario.name for scenario in scenarios])
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise ConfigError([f"sweep: scenario {problems[0]}{more}"])
    swept = study.model_copy(update={"scenarios": scenarios})
    swept._written = written
    return swept


def inconsistencies(raw: Mapping[Any, Any]) -> Iterator[str]:
    """Yield one line per error in the sweep that concerns several keys or values together.

    `raw` is the configuration before validation. Values of a wrong type are skipped here.
    """
    sweep = raw.get("sweep")
    if not isinstance(sweep, Mapping):
        return
    if sweep.get("data") is None and sweep.get("sampling") is None:
        yield f"sweep = {short_repr(sweep)}: has neither data nor sampling; give at least one"
    written = raw.get("scenarios")
    written = written if isinstance(written, list) else []
    scenarios = len(written)
    data, sampling = sweep.get("data"), sweep.get("sampling")
    if isinstance(data, Mapping):
        yield from _inconsistencies_of_data(data, raw.get("truth"))
        yield from _faults_of_lists("sweep.data", data)
        scenarios += math.prod(len(each) for each in data.values() if isinstance(each, list))
    if isinstance(sampling, Mapping):
        yield from _faults_of_lists("sweep.sampling", sampling)
        scenarios *= math.prod(len(each) for each in sampling.values() if isinstance(each, list))
        for i, scenario in enumerate(written):
            own = scenario.get("sampling") if isinstance(scenario, Mapping) else None
            for key, value in own.items() if isinstance(own, Mapping) else ():
                if key in sampling:
                    yield (
                        f"scenarios[{i}].sampling.{key} = {short_repr(value)}: not allowed "
                        f"together with sweep.sampling.{key}"
                    )
    if scenarios > MOST_SCENARIOS:
        yield f"sweep: makes {scenarios:,} scenarios; at most {MOST_SCENARIOS:,} are allowed"


def has_swept_data(raw: Mapping[Any, Any]) -> bool:
    """Return whether a configuration makes scenarios, so that it need not list any."""
    sweep = raw.get("sweep")
    return isinstance(sweep, Mapping) and isinstance(sweep.get("data"), Mapping)


def observations(K: int, imbalance: int) -> list[int]:
    """Return the number of observations of each of K individuals.

    They rise geometrically from 1 to `imbalance`, rounded to whole numbers.
    """
    return [round(imbalance ** (k / max(K - 1, 1))) for k in range(K)]


def _combinations(lists: Mapping[str, Any]) -> list[Values]:
    """Return every combination of the values of those keys that have a list."""
    swept = {key: values for key, values in lists.items() if isinstance(values, list)}
    return [dict(zip(swept, each, strict=True)) for each in itertools.product(*swept.values())]


def _of_data(study: Study, data: SweptData, values: Values) -> Scenario | str:
    """Return the scenario with these values of the swept keys, or why there is none."""
    chosen = {**data.model_dump(), **values}
    K = chosen.get("K", DEFAULT_K)
    if "imbalance" in chosen:
        n = observations(K, chosen["imbalance"])
    else:
        n = [chosen.get("n", DEFAULT_N)] * K
    if sum(n) > MAX_OBSERVATIONS:
        return f"has {sum(n):,} observations; at most {MAX_OBSERVATIONS:,} are allowed"
    sigma = chosen.get("sigma")
    if sigma is None:
        tau = chosen.get("tau") or (study.truth.tau if isinstance(study.truth, Truth) else math.nan)
        # the geometric mean of sigma / sqrt(n_k) is the ratio times tau
        sigma = chosen["ratio"] * tau * math.exp(math.fsum(map(math.log, n)) / K / 2)
        # no more digits than all machines agree on
        sigma = float(f"{sigma:.12g}")
    if not SMALLEST <= sigma <= LARGEST:
        return f"sigma = {sigma:g} must lie between {SMALLEST:g} and {LARGEST:g}"
    scenario = Scenario.model_construct(
        name=_name(values), sigma=sigma, n_per_individual=n, tau=chosen.get("tau")
    )
    scenario._swept = values
    return scenario


def _of_sampling(base: Scenario, values: Values) -> Scenario:
    """Return a scenario with the data of `base` and these settings of its fits."""
    own = base.sampling.model_dump() if base.sampling else {}
    scenario = base.model_copy(
        update={
            "name": f"{base.name}-{_name(values)}",
            "sampling": OwnSampling.model_validate({**own, **values}),
        }
    )
    scenario._swept = {**base.swept, **values}
    scenario._base = base
    return scenario


def _name(values: Values) -> str:
    """Return the name of a combination of values, such as ratio-0.25-K-9."""
    return "-".join(f"{key}-{_shortest(value)}" for key, value in values.items())


def _shortest(value: float) -> str:
    """Return the shortest text of a number that no other number has, without a plus sign."""
    if value == int(value) and value < 1e15:
        return str(int(value))
    return repr(float(value)).replace("e+", "e")


def _problems_of_names(names: Iterable[str]) -> Iterator[str]:
    seen = set()
    for name in names:
        if len(name) > NAME_LENGTH:
            yield (
                f"{name}: the name has {len(name)} characters, at most {NAME_LENGTH} are allowed; "
                "give fewer keys a list, or shorter numbers"
            )
        if name.casefold() in seen:
            yield f"{name}: another scenario has this name"
        seen.add(name.casefold())


def _inconsistencies_of_data(data: Mapping[Any, Any], truth: object) -> Iterator[str]:
    given = {key for key, value in data.items() if value is not None}
    for one, other in (("ratio", "sigma"), ("n", "imbalance")):
        if {one, other} <= given:
            yield (
                f"sweep.data.{other} = {short_repr(data[other])}: not allowed together with {one}"
            )
    if not {"ratio", "sigma"} & given:
        yield "sweep.data: has neither ratio nor sigma; give one of them"
    if truth == "prior":
        for key in sorted({"ratio", "tau"} & given):
            yield (
                f"sweep.data.{key} = {short_repr(data[key])}: not allowed with truth = 'prior', "
                "because every replicate has another tau"
            )
    unequal = [each for each in _as_list(data.get("imbalance")) if _is_number(each) and each > 1]
    for place, K in _places("sweep.data.K", data.get("K")):
        if unequal and _is_number(K) and K == 1:
            yield f"{place} = {K}: must be at least 2 with an imbalance above 1"


def _faults_of_lists(place: str, section: Mapping[Any, Any]) -> Iterator[str]:
    """Yield one line per repeated value, and one if no key has a list."""
    lists = {key: values for key, values in section.items() if isinstance(values, list)}
    if not lists:
        yield f"{place} = {short_repr(section)}: no key has a list of values to sweep"
    for key, values in lists.items():
        first: dict[float, int] = {}
        for i, value in enumerate(values):
            if _is_number(value) and (earlier := first.setdefault(value, i)) != i:
                yield (
                    f"{place}.{key}[{i}] = {short_repr(value)}: duplicate of "
                    f"{place}.{key}[{earlier}]"
                )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _as_list(values: object) -> list[Any]:
    return values if isinstance(values, list) else [values]


def _places(place: str, values: object) -> Iterator[tuple[str, Any]]:
    """Yield each value of a key with its place."""
    if isinstance(values, list):
        yield from ((f"{place}[{i}]", value) for i, value in enumerate(values))
    else:
        yield place, values
