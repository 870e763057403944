import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from funnel_study.study.read import read_study
from funnel_study.study.schema import Drawing, OwnSampling, Sweep, SweptData, SweptSampling
from funnel_study.study.yaml_file import ConfigError

Config = dict[str, Any]


def errors(config: object) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read_study(config)
    assert str(caught.value).splitlines() == list(caught.value.errors)
    return list(caught.value.errors)


def test_every_shipped_configuration_is_valid(repository: Path) -> None:
    files = sorted((repository / "config").glob("*.yaml"))
    names = [read_study(yaml.safe_load(file.read_text())).study for file in files]
    assert {"default", "many-seeds"} <= set(names)
    assert len(set(names)) == len(names), "two configurations have the same output folder"


def test_the_default_study_has_the_published_settings(default: Config) -> None:
    study = read_study(default)
    assert study.sampling.model_dump() == {
        "chains": 4,
        "tune": 1_000,
        "draws": 10_000,
        "target_accept": 0.95,
        "published_seed": None,
    }
    assert [scenario.published_seed for scenario in study.scenarios] == [1234, 1235, 345890]


def test_only_the_name_and_the_scenarios_are_required() -> None:
    scenarios = [{"name": "one", "sigma": 1, "n_per_individual": [1]}]
    study = read_study({"study": "least", "scenarios": scenarios})
    assert study.samplers == ["nutpie"]
    assert study.parameterizations == ["centered", "noncentered", "mixed"]


def test_an_old_key_is_told_its_new_name(default: Config) -> None:
    default["priors"] = {"mu_sd": 5, "tau_sd": 5}
    assert errors(default) == ["priors.tau_sd: this key is now called tau_scale"]


def test_every_key_is_documented(repository: Path, default: Config) -> None:
    text = (repository / "config/README.md").read_text()
    study = read_study(default)
    sections = [study, study.truth, study.priors, study.sampling, Drawing(), *study.scenarios]
    sections += [Sweep(), SweptData(), SweptSampling(), OwnSampling()]
    keys = {key for section in sections for key in type(section).model_fields}
    assert not [key for key in keys if f"`{key}`" not in text]


BAD: list[tuple[Callable[[Config], object], str]] = [
    (
        lambda c: c.update(replicate=3),
        "replicate: unknown key (did you mean 'replicates'?); allowed: study,",
    ),
    (lambda c: c.update(list=3), "list: unknown key; allowed: study,"),
    (lambda c: c["truth"].update(section=3), "truth.section: unknown key; allowed: mu, tau"),
    (lambda c: c["sampling"].update(word=3), "sampling.word: unknown key; allowed: chains,"),
    (lambda c: c.update(replicates=0), "replicates = 0: must be at least 1"),
    (lambda c: c.update(replicates="10"), "replicates = '10': must be a whole number"),
    (lambda c: c.update(replicates=True), "replicates = True: must be a whole number"),
    (lambda c: c.update(replicates=None), "replicates = None: must be a whole number"),
    (lambda c: c.update(replicates_per_job=0), "replicates_per_job = 0: must be at least 1"),
    (lambda c: c.update(seed=-1), "seed = -1: must be at least 0"),
    (lambda c: c.update(keep_draws="yes"), "keep_draws = 'yes': must be true or false"),
    (lambda c: c.pop("study"), "study: missing"),
    (lambda c: c.pop("scenarios"), "scenarios: missing"),
    (lambda c: c.update(scenarios=[]), "scenarios = []: must have at least 1 item"),
    (lambda c: c.update(scenarios={"weak": 1}), "scenarios = {'weak': 1}: must be a list"),
    (
        lambda c: c["scenarios"].append(3),
        "scenarios[3] = 3: must be a mapping with keys among name,",
    ),
    (lambda c: c.update(study="../x"), "study = '../x': must be a valid folder name"),
    (lambda c: c.update(study=""), "study = '': must be a valid folder name"),
    (lambda c: c.update(study=".hidden"), "study = '.hidden': must be a valid folder name"),
    (lambda c: c.update(study="x" * 65), "study = 'xxx"),
    (lambda c: c["scenarios"][1].update(name="a/b"), "scenarios[1].name = 'a/b': must be a valid"),
    (lambda c: c["scenarios"][1].update(name="a\n"), "scenarios[1].name = 'a\\n': must be a valid"),
    (
        lambda c: c["scenarios"][1].update(name="sträng"),
        "scenarios[1].name = 'sträng': must be a valid",
    ),
    (lambda c: c["scenarios"][1].update(name=False), "scenarios[1].name = False: must be text"),
    (
        lambda c: c["scenarios"][1].update(name="weak"),
        "scenarios[1].name = 'weak': duplicate of scenarios[0].name",
    ),
    (
        lambda c: c["scenarios"][1].update(name="Weak"),
        "scenarios[1].name = 'Weak': duplicate of scenarios[0].name (case is ignored)",
    ),
    (lambda c: c["scenarios"][1].update(sigma=0), "scenarios[1].sigma = 0: must be greater"),
    (lambda c: c["scenarios"][1].update(sigma=-1.5), "scenarios[1].sigma = -1.5: must be greater"),
    (lambda c: c["scenarios"][1].update(sigma="ten"), "scenarios[1].sigma = 'ten': must be a"),
    (
        lambda c: c["scenarios"][1].update(sigma=float("nan")),
        "scenarios[1].sigma = nan: must be a finite number",
    ),
    (
        lambda c: c["scenarios"][1].update(sigma=float("inf")),
        "scenarios[1].sigma = inf: must be a finite number",
    ),
    (lambda c: c["scenarios"][1].pop("sigma"), "scenarios[1].sigma: missing"),
    (lambda c: c["scenarios"][1].update(sgima=1), "scenarios[1].sgima: unknown key (did you"),
    (lambda c: c["scenarios"][1].update(n_per_individual=[]), "scenarios[1].n_per_individual = []"),
    (lambda c: c["scenarios"][1].update(n_per_individual=3), "scenarios[1].n_per_individual = 3"),
    (
        lambda c: c["scenarios"][1].update(n_per_individual=[1, 0]),
        "scenarios[1].n_per_individual[1] = 0: must be at least 1",
    ),
    (
        lambda c: c["scenarios"][1].update(n_per_individual=[1.5]),
        "scenarios[1].n_per_individual[0] = 1.5: must be a whole number",
    ),
    (
        lambda c: c["scenarios"][1].update(n_per_individual=[10**12]),
        "scenarios[1].n_per_individual[0] = 1000000000000: must be at most 10000000",
    ),
    (
        lambda c: c["scenarios"][2].update(mixed=[9]),
        "scenarios[2].mixed[0] = 9: must be the index",
    ),
    (
        lambda c: c["scenarios"][2].update(mixed=[-1]),
        "scenarios[2].mixed[0] = -1: must be at least 0",
    ),
    (lambda c: c["scenarios"][2].update(mixed=[2, 2]), "scenarios[2].mixed[1] = 2: duplicate of"),
    (
        lambda c: c.update(parameterizations=["centred"]),
        "parameterizations[0] = 'centred': unknown",
    ),
    (lambda c: c.update(parameterizations=[]), "parameterizations = []: must have at least 1"),
    (
        lambda c: c.update(samplers=["jags"]),
        "samplers[0] = 'jags': unknown sampler; allowed: nutpie",
    ),
    (lambda c: c.update(samplers=["nutpie", "nutpie"]), "samplers[1] = 'nutpie': duplicate of"),
    (lambda c: c.update(truth="priors"), "truth = 'priors': must be 'prior' or a mapping"),
    (lambda c: c.update(truth=3), "truth = 3: must be 'prior' or a mapping"),
    (lambda c: c.update(truth={"mu": 1, "tau": 0}), "truth.tau = 0: must be greater"),
    (
        lambda c: c.update(truth="prior"),
        "scenarios[0].published_seed = 1234: not allowed with truth",
    ),
    (lambda c: c.update(priors={"mu_sd": 0}), "priors.mu_sd = 0: must be greater"),
    (
        lambda c: c.update(priors=None),
        "priors = None: must be a mapping with keys among mu_sd, tau_scale, tau",
    ),
    (lambda c: c["sampling"].update(target_accept=1), "sampling.target_accept = 1: must be less"),
    (lambda c: c["sampling"].update(chains=0), "sampling.chains = 0: must be at least 1"),
    (
        lambda c: c["sampling"].update(published_seed=-1),
        "sampling.published_seed = -1: must be at least 0",
    ),
    (
        lambda c: c["sampling"].update(published_seed=2**32),
        "sampling.published_seed = 4294967296: must be less",
    ),
    (
        lambda c: c["sampling"].update(published_seed=1.5),
        "sampling.published_seed = 1.5: must be a whole number",
    ),
    (lambda c: c.update(same_data="yes"), "same_data = 'yes': must be true or false"),
    (lambda c: c.update(literal="yes"), "literal = 'yes': must be true or false"),
    (
        lambda c: c.update(literal=True, samplers=["stan", "pymc"]),
        "samplers[1] = 'pymc': not allowed with literal = True, because it cannot fit the model as "
        "published; allowed: pymc3, stan",
    ),
    (
        lambda c: c.update(literal=True) or c.pop("samplers"),
        "samplers[0] = 'nutpie': not allowed with literal = True",
    ),
    (
        lambda c: c.update(literal=True, samplers=["stan"], parameterizations=["marginal"]),
        "parameterizations: the sampler stan cannot fit marginal with literal = True",
    ),
    (
        lambda c: c["scenarios"][0].update(parameterizations=[]),
        "scenarios[0].parameterizations = []: must have at least 1",
    ),
    (
        lambda c: c["scenarios"][0].update(parameterizations=1),
        "scenarios[0].parameterizations = 1: must be a list",
    ),
    (
        lambda c: c["scenarios"][0].update(parameterizations="mixed"),
        "scenarios[0].parameterizations = 'mixed': must be a list",
    ),
    (
        lambda c: c["scenarios"][0].update(parameterizations=["centred"]),
        "scenarios[0].parameterizations[0] = 'centred': unknown parameterization (did you mean",
    ),
    (
        lambda c: c["scenarios"][0].update(parameterizations=["mixed", "mixed"]),
        "scenarios[0].parameterizations[1] = 'mixed': duplicate of scenarios[0]",
    ),
    (lambda c: c.update(draw={"replicates": [0]}), "draw = {'replicates': [0]}: must be a list"),
    (lambda c: c.update(draw=[3]), "draw[0] = 3: must be a mapping with keys among scenarios,"),
    (
        lambda c: c.update(draw=[{"replicate": [0]}]),
        "draw[0].replicate: unknown key (did you mean 'replicates'?)",
    ),
    (
        lambda c: c.update(draw=[{"scenarios": "weak"}]),
        "draw[0].scenarios = 'weak': must be a list",
    ),
    (
        lambda c: c.update(draw=[{}, {"scenarios": ["weak", "wek"]}]),
        "draw[1].scenarios[1] = 'wek': not part of the study; allowed: weak, strong, unbalanced",
    ),
    (
        lambda c: c.update(draw=[{"samplers": ["pymc"]}]),
        "draw[0].samplers[0] = 'pymc': not part of the study; allowed: nutpie",
    ),
    (
        lambda c: c.update(parameterizations=["centered"], draw=[{"parameterizations": ["mixed"]}]),
        "draw[0].parameterizations[0] = 'mixed': not part of the study; allowed: centered",
    ),
    (
        lambda c: c.update(draw=[{"replicates": [9, 10]}]),
        "draw[0].replicates[1] = 10: must be the number of a replicate, from 0 to 9",
    ),
    (
        lambda c: c.update(draw=[{"replicates": [-1]}]),
        "draw[0].replicates[0] = -1: must be at least 0",
    ),
    (lambda c: c.update(draw=[{"replicates": []}]), "draw[0].replicates = []: must have at least"),
    (
        lambda c: c["sampling"].update(drawz=1),
        "sampling.drawz: unknown key (did you mean 'draws'?)",
    ),
]


@pytest.mark.parametrize(("spoil", "line"), BAD, ids=[line[:50] for _, line in BAD])
def test_an_error_is_one_line_with_key_and_value(
    default: Config, spoil: Callable[[Config], object], line: str
) -> None:
    spoil(default)
    assert any(error.startswith(line) for error in errors(default)), errors(default)


@pytest.mark.parametrize(
    ("drawing", "line"),
    [
        ({"samplers": ["jags"]}, "draw[0].samplers[0] = 'jags': unknown sampler"),
        ({"parameterizations": ["mixd"]}, "draw[0].parameterizations[0] = 'mixd': unknown"),
        ({"scenarios": [3]}, "draw[0].scenarios[0] = 3: must be text"),
    ],
)
def test_an_error_in_draw_is_reported_once(default: Config, drawing: Config, line: str) -> None:
    (found,) = errors(default | {"draw": [drawing]})
    assert found.startswith(line)


def test_an_error_in_draw_is_reported_with_its_place(default: Config) -> None:
    found = errors(default | {"draw": [3, {"scenarios": ["wek"]}]})
    assert [line.split(" = ")[0] for line in found] == ["draw[0]", "draw[1].scenarios[0]"]


def test_draw_may_be_missing_empty_or_complete(default: Config) -> None:
    default.pop("draw", None)
    assert read_study(default).draw == []
    assert read_study(default | {"draw": [{}]}).draw[0].replicates == [0]
    chosen = {
        "scenarios": ["strong", "weak"],
        "parameterizations": ["mixed"],
        "samplers": ["nutpie"],
        "replicates": [0, 9],
    }
    assert read_study(default | {"draw": [chosen]}).draw[0].model_dump() == chosen


def test_parameterizations_of_a_single_scenario_can_be_drawn(default: Config) -> None:
    default.update(parameterizations=["centered"], draw=[{"parameterizations": ["mixed"]}])
    default["scenarios"][1]["parameterizations"] = ["mixed"]
    study = read_study(default)
    found = [study.parameterizations_of(scenario) for scenario in study.scenarios]
    assert found == [["centered"], ["mixed"], ["centered"]]


def test_all_errors_are_reported_at_once(default: Config) -> None:
    default["scenarios"][0]["sigma"] = -1
    default["scenarios"][1]["name"] = "weak"
    default["scenarios"][2]["mixed"] = [12]
    default["replicats"] = 3
    assert len(errors(default)) == 4


@pytest.mark.parametrize("config", [None, [], "text", 3, [1]])
def test_a_configuration_that_is_not_a_mapping_is_refused(config: object) -> None:
    assert len(errors(config)) == 1


def test_a_number_with_exponent_that_yaml_reads_as_text_is_a_number(default: Config) -> None:
    default["scenarios"][0]["sigma"] = yaml.safe_load("1e-3")
    assert read_study(default).scenarios[0].sigma == 0.001


def test_given_data_have_one_observation_per_individual_by_default() -> None:
    scenario = {"name": "schools", "y": [28, 8, -3], "sigma": [15, 10, 16]}
    study = read_study({"study": "given", "scenarios": [scenario]})
    assert study.scenarios[0].n_per_individual == [1, 1, 1]
    assert errors({"study": "a", "scenarios": [{**scenario, "n_per_individual": [2, 1]}]}) == [
        "scenarios[0].sigma: has length 3, but the number of individuals is 2; give one number for "
        "all or one per individual"
    ]
    assert errors({"study": "a", "scenarios": [{**scenario, "n_per_individual": [2, 1, 1]}]}) == [
        "scenarios[0].y: has length 3, but n_per_individual adds up to 4"
    ]
    assert errors({"study": "a", "scenarios": [{**scenario, "sigma": [1, 0, 2]}]}) == [
        "scenarios[0].sigma[1] = 0: must be greater than 0"
    ]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@settings(deadline=None)
@given(data=st.data())
def test_any_value_of_any_key_gives_a_study_or_error_lines(data: st.DataObject) -> None:
    config = copy.deepcopy(
        {
            "study": "fuzzed",
            "truth": {"mu": 1, "tau": 1},
            "scenarios": [{"name": "one", "sigma": 1, "n_per_individual": [1, 2], "mixed": [0]}],
            "sampling": {"draws": 10},
            "draw": [{"scenarios": ["one"], "replicates": [0]}],
        }
    )
    sections = [config, config["truth"], config["scenarios"][0], config["sampling"]]
    section = data.draw(st.sampled_from([*sections, config["draw"][0]]))
    section[data.draw(st.sampled_from(sorted(section)) | st.text())] = data.draw(json_values)
    try:
        read_study(config)
    except ConfigError as error:
        assert error.errors
        assert all(line and "\n" not in line for line in error.errors)
