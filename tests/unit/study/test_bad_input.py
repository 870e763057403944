"""Bad input, in a file or on the command line, is refused with one line per error."""

import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import study_info as entry
from funnel_study.figures.plan import chosen_fit_figures
from funnel_study.run.rules import COMMAND
from funnel_study.study import design
from funnel_study.study.paths import data_path, diagnosis_path, fit_page, fit_path, study_folder
from funnel_study.study.read import read_study
from funnel_study.study.scenario import Scenario
from funnel_study.study.schema import Study
from funnel_study.study.yaml_file import ConfigError, check_command_line, read_yaml_file

GOOD = """\
study: good
truth: {mu: 1, tau: 2}
priors: {mu_sd: 5, tau_scale: 5}
scenarios:
  - {name: one, sigma: 1, n_per_individual: [1, 2], mixed: [0]}
  - {name: two, sigma: [1, 2], y: [3, -1], parameterizations: [centered]}
parameterizations: [centered, noncentered]
samplers: [nutpie]
replicates: 3
sampling: {chains: 2, tune: 10, draws: 10}
draw: [{replicates: [0]}]
"""
# the content of a file, and a part of the only line of the answer
FILES: list[tuple[str | bytes, str]] = [
    ("", "must be a mapping of keys, but this is empty"),
    ("- study\n", "must be a mapping of keys, but this is ['study']"),
    (GOOD + "replicates: 4\n", "line 12: the key 'replicates' is given twice"),
    ("study: a\ntruth:\n\tmu: 1\n", "indent with spaces"),
    ("study: [a\n", "expected ',' or ']'"),
    ("study: !!python/object/apply:os.system ['touch pwned']\n", "line 1: could not determine"),
    ("__use_yte__: true\nstudy: ?open('pwned', 'w').name\n", "'__use_yte__' is not allowed"),
    ("? [a]\n: b\n", "unhashable key"),
    ("study: " + "[" * 100_000, "not valid YAML"),
    ("study: a\n".encode("utf-16"), "byte 0xff is not valid; use UTF-8 text"),
    # YAML 1.1 and 1.2 read these differently
    *(
        (f"study: {text}\n", f"line 1: '{text}' has two meanings in YAML; quote text")
        for text in ("no", "010", "0b1", "1:30", "1_000", "2020-01-01")
    ),
]
# a part of GOOD, what replaces it, and a part of the only line of the answer
CHANGES = [
    ("good", "12", "study = 12: must be text; put it in quotes"),
    *(
        ("good", f'"{name}"', f"study = '{name[:50]}")
        for name in ("../x", ".a", "o ne", "$(date)", "g\u043ed", "CON", "one.", "a.html", "x" * 65)
    ),
    ("good", r'"a\nb"', r"study = 'a\nb': must be a valid folder name"),
    ("name: two", "name: ONE", "scenarios[1].name = 'ONE': duplicate of item 0 (case is ignored)"),
    ("replicates: 3", "replicate: 3", "replicate: unknown key (did you mean 'replicates'?)"),
    ("mu_sd: 5", "mu: 5", "priors.mu: unknown key; allowed: mu_sd, mu_mean, tau_scale, tau"),
    ("replicates: 3", "3: 3", "[3]"),
    ("study: good\n", "", "study: missing; this key is required"),
    ("[nutpie]", "{a: 1}", "samplers = {'a': 1}: must be a list"),
    ("{mu_sd: 5, tau_scale: 5}", "~", "priors = None: must be a mapping of keys"),
    ("{mu: 1, tau: 2}", "priors", "truth = 'priors': must be 'prior' or a mapping"),
    ("tau_scale: 5", "tau: x", "priors.tau = 'x': must be 'half_normal' or 'half_cauchy'"),
    ("tau_scale: 5", "tau_sd: 5", "priors.tau_sd: this key is now called tau_scale"),
    ("sigma: 1,", "sigma: one,", "scenarios[0].sigma = 'one': must be a number"),
    ("sigma: 1,", "sigma: 1e999,", "scenarios[0].sigma = inf: must be a finite number"),
    ("sigma: [1, 2]", "sigma: [1, 0]", "scenarios[1].sigma[1] = 0: must be at least"),
    ("replicates: 3", "replicates: 1e3", "replicates = '1e3': must be a whole number"),
    ("replicates: 3", "keep_draws: 1", "keep_draws = 1: must be true or false"),
    ("chains: 2", "target_accept: 1", "sampling.target_accept = 1: must be less than 1"),
    ("chains: 2", f"published_seed: {2**32}", "published_seed = 4294967296: must be less than"),
    ("[1, 2]", "[10000000, 10000000]", "adds up to 20,000,000 observations; at most 10,000,000"),
    ("sigma: [1, 2]", "sigma: [1]", "scenarios[1].sigma: has length 1, but the number of indiv"),
    ("y: [3, -1]", "y: [3, 1], tau: 2", "scenarios[1].tau = 2.0: not allowed together with y"),
    ("y: [3, -1]", "y: [3, 1], published_seed: 2", "published_seed = 2: not allowed together with"),
    ("mixed: [0]", "mixed: [2]", "mixed[0] = 2: must be the index of an individual, from 0 to 1"),
    ("mixed: [0]", "mixed: [0, 0]", "scenarios[0].mixed[1] = 0: duplicate of item 0"),
    ("[nutpie]", "[jags]", "samplers[0] = 'jags': unknown sampler; allowed: mclmc, "),
    (", noncentered]", ", noncentred]", "parameterizations[1] = 'noncentred': unknown param"),
    ("noncentered]\nsamplers: [nutpie]", "vip]\nsamplers: [pymc3]", "'pymc3': cannot fit vip"),
    ("[centered]}\n", "[vip]}\nliteral: true\n", "the sampler nutpie cannot fit the model as"),
    ("noncentered]\nsamplers: [nutpie]", "vip]\nsamplers: [stan]\nliteral: true", "cannot fit vip"),
    ("{mu: 1, tau: 2}", "prior\nsame_data: true", "same_data = True: not allowed with truth = 'p"),
    ("[{rep", "[{scenarios: [x], rep", "draw[0].scenarios[0] = 'x': not among the fits of the"),
    ("replicates: [0]", "replicates: [2, 3]", "draw[0].replicates[1] = 3: not among the fits"),
]


@pytest.fixture
def info(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """Return a function that returns what `scripts/study_info.py` prints, or ends with.

    The commands of make run this script first. The folder has the file good.yaml.
    """
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.yaml").write_text(GOOD)

    def answer(*arguments: str) -> str:
        before = sorted(tmp_path.rglob("*"))
        monkeypatch.setattr(sys, "argv", ["study_info.py", *arguments])
        try:
            entry.main()
        except SystemExit as end:
            # Python prints a text to stderr and exits with 1
            assert isinstance(end.code, str)
            return f"refused: {end.code}"
        finally:
            assert sorted(tmp_path.rglob("*")) == before, "a file was written"
        return capsys.readouterr().out

    return answer


@pytest.mark.parametrize(
    ("content", "part"),
    [*FILES, *((GOOD.replace(old, new, 1), part) for old, new, part in CHANGES)],
    ids=[str(i) for i in range(len(FILES))] + [new[:40] for _, new, _ in CHANGES],
)
def test_a_bad_file_is_refused_with_one_line(
    info: Callable[..., str], tmp_path: Path, content: str | bytes, part: str
) -> None:
    assert content != GOOD
    content = content if isinstance(content, bytes) else content.encode()
    (tmp_path / "bad.yaml").write_bytes(content)
    (line,) = info("bad.yaml").splitlines()
    assert line.startswith("refused: bad.yaml: ")
    assert part in line
    assert len(line) < 400


def test_the_errors_of_all_keys_are_reported_at_once() -> None:
    config = yaml.safe_load(GOOD)
    config.update(replicats=3, truth={"mu": "x"}, literal=1)
    config["scenarios"][0].update(sigma=-1, n_per_indivdual=[1])
    config["scenarios"][1].update(mixed=[12])
    with pytest.raises(ConfigError) as caught:
        read_study(config)
    assert str(caught.value).splitlines() == list(caught.value.errors)
    assert {line.split(" = ")[0].split(":")[0] for line in caught.value.errors} == {
        *("replicats", "truth.mu", "scenarios[0].n_per_indivdual", "scenarios[0].sigma"),
        *("scenarios[1].mixed[0]", "literal"),
    }


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("missing.yaml",), "missing.yaml: No such file or directory"),
        ((".",), ".: Is a directory"),
        (
            ("good.yaml", "--fit", "two", "noncentered", "nutpie", "0"),
            "PARAMETERIZATION = 'noncentered': not part of the study 'good'; allowed: centered",
        ),
        (("good.yaml", "--fit", "one", "centered", "nutpie", "3"), "allowed: 0 to 2"),
        (
            ("good.yaml", "--samplers", "nutpie stam"),
            "good.yaml with SAMPLERS = 'nutpie stam': samplers[1] = 'stam': unknown sampler (did",
        ),
        (("good.yaml", "--samplers", " "), "samplers = []: must have at least 1 item"),
        (("good.yaml", "--keys", "replicates=x"), "good.yaml: replicates = 'x': must be a whole"),
        (("good.yaml", "--keys", "replicates"), "KEYS = 'replicates': must be KEY=VALUE"),
    ],
)
def test_bad_arguments_are_refused_with_one_line(
    info: Callable[..., str], arguments: tuple[str, ...], part: str
) -> None:
    (line,) = info(*arguments).splitlines()
    assert line.startswith("refused: ")
    assert part in line


def test_make_is_told_the_folder_the_environments_and_the_page_of_a_fit(
    info: Callable[..., str],
) -> None:
    assert info("good.yaml", "--keys", "replicates=9 study=x") == "results/x\n"
    environments = info("good.yaml", "--environments", "--samplers", "stan  pymc3 ")
    assert environments == "results/good pymc3\n"
    page = "results/good/figures/one/2/nutpie/centered/index.html\n"
    assert info("good.yaml", "--fit", "one", "centered", "nutpie", "2") == page
    # the first of each, where none is named
    assert info("good.yaml", "--fit", "", "", "", "2") == page


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ("--configfile missing.yaml", "missing.yaml: No such file"),
        ("--configfile good.yaml missing.yaml -- all", "missing.yaml: No such"),
        ("--config replicates=3 =3", "--config '=3': must be KEY=VALUE"),
        ("-n --configfile good.yaml --config replicates=3", ""),
    ],
)
def test_options_that_snakemake_cannot_read_are_refused_with_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: str, part: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.yaml").write_text(GOOD)
    line = ""
    try:
        check_command_line(["--cores", "1", *arguments.split(" ")])
    except SystemExit as end:
        (line,) = str(end).splitlines()
    assert line.startswith(part)
    assert bool(line) == bool(part)


def test_convenient_features_of_yaml_are_supported(tmp_path: Path) -> None:
    """Read anchors, aliases, merged mappings, a byte order mark, and 1e-3 as a number."""
    text = """\
study: good
scenarios:
  - &one {name: one, sigma: 1e-3, n_per_individual: &n [1, 2]}
  - {<<: *one, name: two}
  - {name: three, sigma: 1.5E+2, n_per_individual: *n}
"""
    path = tmp_path / "good.yaml"
    path.write_text(text, encoding="utf-8-sig")
    study = read_study(read_yaml_file(path))
    assert [scenario.sigma for scenario in study.scenarios] == [0.001, 0.001, 150]
    assert [scenario.name for scenario in study.scenarios] == ["one", "two", "three"]
    assert {tuple(scenario.n_per_individual) for scenario in study.scenarios} == {(1, 2)}


def assert_study_or_errors(raw: object) -> None:
    """Assert that `raw` is a study with all files in its folder, or has errors of one line each."""
    try:
        study = read_study(raw)
    except ConfigError as error:
        assert error.errors
        for line in error.errors:
            assert line.splitlines() == [line]
            assert re.match(r"a configuration must be a mapping|[\w'\"(\[{-].*: .", line), line
            assert len(line) < 1_000
        return
    folder = f"results/{study.study}"
    assert os.path.normpath(folder) == folder
    names = [scenario.name.casefold() for scenario in study.scenarios]
    assert len(set(names)) == len(names)
    for path in paths_of(study):
        assert os.path.normpath(path) == path
        assert path.startswith(f"{folder}/")
        assert all(len(part) <= 255 for part in path.split("/"))


def paths_of(study: Study) -> Iterator[str]:
    folder, block = study_folder(study), design.block_of(study, 0).name
    for cell in design.cells(study):
        yield data_path(folder, cell.scenario, block)
        yield fit_path(folder, cell, block)
        yield diagnosis_path(folder, cell, block)
        yield fit_page(study, cell, "0")
    yield from chosen_fit_figures(study)


NUMBERS = st.sampled_from([0, -1, 1, 1e-320, 1e308, 1e12, 2**63, 2**128, 10**400])
PATHS = ["..", "../x", "/", "a\\b", "nul.txt", "index.html", "a.", "", " ", "x" * 65, "a\nb", "{x}"]
NAMES = "one ONE two centered prior nutpie half_cauchy y 1e-3 1e999"
WORDS = st.sampled_from([*PATHS, *NAMES.split()])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | NUMBERS | WORDS | st.dates()
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(WORDS | st.integers(), inner, max_size=3)
    ),
    max_leaves=5,
)


KEYS = WORDS | st.sampled_from(sorted(Study.model_fields) + sorted(Scenario.model_fields))


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(KEYS, VALUES, max_size=2), st.dictionaries(KEYS, VALUES, max_size=2))
def test_any_values_give_a_study_or_error_lines(
    keys: dict[Any, Any], of_scenario: dict[Any, Any]
) -> None:
    config = yaml.safe_load(GOOD)
    config["scenarios"][0].update(of_scenario)
    assert_study_or_errors({**config, **keys})


def test_all_values_in_shell_commands_are_quoted(repository: Path) -> None:
    """All rules run `COMMAND`, whose only unquoted values are safe.

    They are the number of threads, names of the interpreter and of the script, and the arguments
    that the function `arguments` has quoted.
    """
    text = "".join(file.read_text() for file in (repository / "workflow/rules").glob("*.smk"))
    shells = re.findall(r"^ +shell:((?:.*\n)(?: {8}.*\n)*)", text, re.MULTILINE)
    assert len(shells) > 10
    assert {shell.strip() for shell in shells} == {"COMMAND"}
    assert not re.search(r"^ +(?:run|script|notebook|wrapper|cwl):", text, re.MULTILINE)
    values = re.findall(r"\{([^{}]+)\}", COMMAND)
    unquoted = {value for value in values if not value.endswith(":q")}
    assert unquoted == {
        "threads",
        "params.python",
        "params.script",
        "params.files",
        "params.options",
    }
