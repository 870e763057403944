"""Bad input, as a user gives it: a file, or the command line. One line of answer, and no work."""

import copy
import datetime
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from faults import Tried
from hypothesis import example, given, settings
from hypothesis import strategies as st

import study_info as entry
from funnel.figures.plan import drawings
from funnel.study import design
from funnel.study.paths import data_path, diagnosis_path, fit_page, fit_path, study_folder
from funnel.study.read import read_study
from funnel.study.schema import Study
from funnel.study.yaml_file import MOST_BYTES, ConfigError, check_command_line, read_yaml_file

GOOD = """\
study: good
truth: {mu: 1, tau: 2}
priors: {mu_sd: 5, tau_sd: 5}
scenarios:
  - {name: one, sigma: 1, n_per_individual: [1, 2], mixed: [0]}
  - {name: two, sigma: [1, 2], y: [3, -1], parameterizations: [centered]}
parameterizations: [centered, noncentered]
samplers: [nutpie]
replicates: 3
sampling: {chains: 2, tune: 10, draws: 10}
draw: [{replicates: [0]}]
"""


def spoilt(old: str, new: str) -> bytes:
    assert old in GOOD
    return GOOD.replace(old, new, 1).encode()


LAUGHS = "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10 if i else ['ha'] * 10)}]\n" for i in range(9)
)
# what a file holds, and a part of the one line that answers it
FILES: dict[str, tuple[bytes, str]] = {
    "an empty file": (b"", "a configuration is a mapping of keys, not None"),
    "a file of comments": (b"# nothing\n", "a configuration is a mapping of keys, not None"),
    "a list for a mapping": (b"- study\n", "a mapping of keys, not ['study']"),
    "a word for a mapping": (b"study\n", "a mapping of keys, not 'study'"),
    "two documents": (b"---\nstudy: a\n---\nstudy: b\n", "line 3: expected a single document"),
    "a key given twice": (
        GOOD.encode() + b"replicates: 4\n",
        "'replicates' is given twice",
    ),
    "a key given twice in a scenario": (
        spoilt("sigma: 1,", "sigma: 1, sigma: 2,"),
        "line 5: the key 'sigma' is given twice",
    ),
    "a tab for indentation": (b"study: a\ntruth:\n\tmu: 1\n", "indent with spaces"),
    "a bracket that stays open": (b"study: [a\n", "expected ',' or ']'"),
    "an unknown alias": (b"study: *a\n", "undefined alias"),
    "an alias within itself": (b"study: &a [*a]\n", "the alias *a stands within itself"),
    "a billion laughs": (LAUGHS.encode(), "more than 1,000,000 values"),
    "100,000 brackets": (b"study: " + b"[" * 100_000, "nested more than 20 deep"),
    "aliases nested 30 deep": (
        "".join(f"b{i}: &b{i} [{f'*b{i - 1}' if i else 1}]\n" for i in range(30)).encode(),
        "nested more than 20 deep",
    ),
    "a Python tag": (
        b"study: !!python/object/apply:os.system ['touch pwned']\n",
        "line 1: the tag tag:yaml.org,2002:python/object/apply:os.system",
    ),
    "a tag that does not fit": (b"study: !!int ''\n", "the tag tag:yaml.org,2002:int"),
    "code for Snakemake to run": (
        b"__use_yte__: true\nstudy: ?open('pwned', 'w').name\n",
        "the key '__use_yte__' would have Snakemake run code",
    ),
    "a list as a key": (b"? [a]\n: b\n", "a key is text, not a list"),
    "a number as a key": (GOOD.encode() + b"3: 4\n", "the key 3 is not text"),
    "`no` as a key": (GOOD.encode() + b"no: 4\n", "the key False is not text"),
    "half a character as a key": (GOOD.encode() + b'"\\ud800": 4\n', r"key '\ud800' is not text"),
    "a 13th month": (b"study: 2020-13-45\n", "'2020-13-45' is no timestamp"),
    "an octal number": (spoilt("replicates: 3", "replicates: 010"), "010 is another number"),
    "a sexagesimal number": (spoilt("draws: 10", "draws: 1:30"), "1:30 is another number"),
    "a number of 5,000 digits": (b"seed: " + b"9" * 5_000, "line 1: '9999"),
    "a hexadecimal number of 5,000 digits": (
        GOOD.encode() + b"seed: 0x" + b"f" * 5_000,
        "seed = an integer too long to be written: must be less than",
    ),
    "a file in UTF-16": ("study: a\n".encode("utf-16"), "byte 0xff; a configuration is UTF-8"),
    "a file in Latin-1": (
        "study: a # é\n".encode("latin-1"),
        "byte 0xe9; a configuration is UTF-8",
    ),
    "binary": (bytes(range(256)), "a configuration is UTF-8 text"),
    "a NUL": (b"study: a\0b\n", "unacceptable character #x0000"),
    "a file of 10 MB": (b"#" * (MOST_BYTES + 1), "10,000,001 bytes; at most 10,000,000"),
    "`no` as a name": (
        spoilt("name: one", "name: no"),
        "name = False: a name is text",
    ),
    "a number as a name": (spoilt("study: good", "study: 12"), "study = 12: a name is text"),
    "a date as a name": (spoilt("study: good", "study: 2020-01-01"), "a name is text"),
    "`~` as a name": (spoilt("study: good", "study: ~"), "study = None: a name is text"),
    "`../x` as a name": (spoilt("study: good", "study: ../x"), "study = '../x': a name becomes"),
    "`..` as a name": (spoilt("study: good", "study: .."), "study = '..': a name becomes"),
    "an absolute path as a name": (spoilt("study: good", "study: /etc"), "study = '/etc': a name"),
    "a backslash in a name": (spoilt("study: good", r"study: a\b"), "a name becomes a folder"),
    "a space in a name": (spoilt("name: one", "name: o ne"), "name = 'o ne': a name becomes"),
    "a quote in a name": (spoilt("study: good", "study: 'a''b'"), 'study = "a\'b": a name becomes'),
    "a command in a name": (spoilt("name: one", "name: $(date)"), "name = '$(date)': a name"),
    "markup in a name": (spoilt("name: one", "name: <script>"), "name = '<script>': a name"),
    "a wildcard in a name": (spoilt("name: one", "name: '{x}'"), "name = '{x}': a name becomes"),
    "a line break in a name": (spoilt("study: good", r'study: "a\nb"'), r"study = 'a\nb': a name"),
    "a right-to-left mark in a name": (
        spoilt("study: good", "study: a\u202eb"),
        r"study = 'a\u202eb': a name becomes",
    ),
    "a Cyrillic letter in a name": (spoilt("study: good", "study: g\u043ed"), "a name becomes"),
    "a device of Windows as a name": (spoilt("study: good", "study: CON"), "study = 'CON': a name"),
    "a device with a suffix as a name": (spoilt("name: one", "name: nul.x"), "name = 'nul.x'"),
    "a name with a dot at its end": (spoilt("name: one", "name: one."), "name = 'one.': a name"),
    "the index's file as a name": (spoilt("study: good", "study: index.html"), "study = 'index.ht"),
    "a figure's file as a name": (
        spoilt("name: one", "name: bias.png"),
        "name = 'bias.png': a name",
    ),
    "a name of 65 letters": (spoilt("study: good", "study: " + "x" * 65), "at most 64 characters"),
    "names that differ in case alone": (
        spoilt("name: two", "name: ONE"),
        "scenarios[1].name = 'ONE': already used by scenarios[0]",
    ),
    "an unknown key": (spoilt("replicates: 3", "replicate: 3"), "did you mean 'replicates'?"),
    "a dash for a key": (spoilt("replicates: 3", "'-': 3"), "'-': unknown key"),
    "an unknown key in a scenario": (spoilt("mixed:", "mixd:"), "did you mean 'mixed'?"),
    "a missing key": (spoilt("sigma: 1, ", ""), "scenarios[0].sigma: missing"),
    "no scenario": (GOOD.split("scenarios:")[0].encode() + b"scenarios: []\n", "at least 1 item"),
    "an empty list of individuals": (spoilt("[1, 2], mixed: [0]", "[]"), "at least 1 item"),
    "a mapping for a list": (spoilt("samplers: [nutpie]", "samplers: {a: 1}"), "must be a list"),
    "a word for a list": (spoilt("samplers: [nutpie]", "samplers: nutpie"), "must be a list"),
    "a word for a number": (spoilt("sigma: 1,", "sigma: one,"), "sigma = 'one': must be a number"),
    "a quoted number": (spoilt("replicates: 3", "replicates: '3'"), "must be a whole number"),
    "an exponent for a whole number": (
        spoilt("replicates: 3", "replicates: 1e3"),
        "replicates = '1e3': must be a whole number",
    ),
    "`yes` for a number": (spoilt("replicates: 3", "replicates: yes"), "= True: must be a whole"),
    "not a number": (spoilt("mu: 1,", "mu: .nan,"), "truth.mu = nan: must be a finite number"),
    "infinity": (
        spoilt("sigma: 1,", "sigma: .inf,"),
        "scenarios[0].sigma = inf: must be a finite number",
    ),
    "a number beyond all floats": (
        spoilt("sigma: 1,", "sigma: 1e999,"),
        "sigma = '1e999': must be less than or equal to 1e+100",
    ),
    "a tau of 0": (spoilt("tau: 2}", "tau: 0}"), "truth.tau = 0: must be greater than 0"),
    "a sigma of 1e-300": (
        spoilt("sigma: 1,", "sigma: 1.0e-300,"),
        "sigma = 1e-300: must be greater than or equal to 1e-100",
    ),
    "a negative sigma": (spoilt("sigma: 1,", "sigma: -1,"), "sigma = -1: must be greater"),
    "a seed below 0": (GOOD.encode() + b"seed: -1\n", "seed = -1: must be greater"),
    "a sampler that is unknown": (spoilt("[nutpie]", "[stan]"), "samplers[0] = 'stan': unknown"),
    "a sampler twice": (spoilt("[nutpie]", "[nutpie, nutpie]"), "samplers[1] = 'nutpie': already"),
    "more data than memory": (
        spoilt("[1, 2]", "[10000000, 10000000]"),
        "20000000 observations in all; at most 10000000",
    ),
    "sigmas for other individuals": (
        spoilt("sigma: [1, 2]", "sigma: [1]"),
        "scenarios[1].sigma: 1 values for 2 individuals",
    ),
    "mixed of an individual that is not there": (
        spoilt("mixed: [0]", "mixed: [2]"),
        "mixed[0] = 2: must be the number of an individual, 0 to 1",
    ),
    "fewer draws than diagnostics take": (spoilt("draws: 10}", "draws: 3}"), "draws = 3: must be"),
    "a drawing of no scenario": (
        spoilt("draw: [{", "draw: [{scenarios: [other], "),
        "draw[0].scenarios[0] = 'other': the study has one, two",
    ),
    "a drawing of a parameterization that its scenario lacks": (
        spoilt("draw: [{", "draw: [{scenarios: [two], parameterizations: [noncentered], "),
        "draw[0].parameterizations[0] = 'noncentered': these scenarios have centered",
    ),
    "a drawing named twice": (
        spoilt("draw: [{", "draw: [{scenarios: [one, one], "),
        "draw[0].scenarios[1] = 'one': already used by draw[0].scenarios[0]",
    ),
}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """What `scripts/study_info.py`, which every `make` asks first, says of a bad file."""
    monkeypatch.chdir(tmp_path)

    def refused(*arguments: str) -> str:
        before = sorted(tmp_path.rglob("*"))
        monkeypatch.setattr(sys, "argv", ["study_info.py", *arguments])
        with pytest.raises(SystemExit) as caught:
            entry.main()
        # Python prints a text to stderr and exits with 1
        assert isinstance(caught.value.code, str)
        assert sorted(tmp_path.rglob("*")) == before, "something was written"
        return caught.value.code

    return refused


@pytest.mark.parametrize("fault", FILES)
def test_a_bad_file_is_one_line(
    run: Callable[..., str], tmp_path: Path, tried: Tried, fault: str
) -> None:
    content, part = FILES[fault]
    (tmp_path / "bad.yaml").write_bytes(content)
    (line,) = run("bad.yaml").splitlines()
    assert line.startswith("bad.yaml: ")
    assert part in line
    assert len(line) < 400
    tried("Bad input", fault, f"{line} (exit code 1)")


@pytest.mark.parametrize(
    ("fault", "path", "part"),
    [
        ("a missing file", "missing.yaml", "missing.yaml: No such file or directory"),
        ("a directory for a file", "folder", "folder: not a regular file"),
        ("a device for a file", os.devnull, f"{os.devnull}: not a regular file"),
        ("a path below a file", "good.yaml/x", "good.yaml/x: Not a directory"),
        ("a path with a line break", "a\nb", r"'a\nb': No such file or directory"),
        ("a path of 5,000 letters", "x" * 5_000, "File name too long"),
        ("no path", "", ": not a regular file"),
    ],
)
def test_what_is_no_file_is_one_line(
    run: Callable[..., str], tmp_path: Path, tried: Tried, fault: str, path: str, part: str
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "good.yaml").write_text(GOOD)
    (line,) = run(path).splitlines()
    assert part in line
    tried("Bad input", fault, f"{line[-200:]} (exit code 1)")


@pytest.mark.parametrize(
    ("fit", "part"),
    [
        (("three", "centered", "nutpie", "0"), "SCENARIO = 'three': the study 'good' has one, two"),
        (
            ("two", "noncentered", "nutpie", "0"),
            "PARAMETERIZATION = 'noncentered': the study 'good' has centered",
        ),
        (("one", "centered", "stan", "0"), "SAMPLER = 'stan': the study 'good' has nutpie"),
        (("one", "centered", "nutpie", "3"), "REPLICATE = '3': the study 'good' has 0 to 2"),
        (("one", "centered", "nutpie", "-1"), "REPLICATE = '-1': the study 'good' has 0 to 2"),
        (("one", "centered", "nutpie", "../.."), "REPLICATE = '../..': the study"),
    ],
)
def test_a_fit_that_the_study_lacks_is_one_line(
    run: Callable[..., str], tmp_path: Path, tried: Tried, fit: tuple[str, ...], part: str
) -> None:
    (tmp_path / "good.yaml").write_text(GOOD)
    with_dashes = ["--fit", *fit] if not any(each.startswith("-") for each in fit) else None
    if with_dashes is None:
        study, cell = read_study(yaml.safe_load(GOOD)), design.Cell(*fit[:3])
        with pytest.raises(ConfigError) as caught:
            fit_page(study, cell, fit[3])
        line = str(caught.value)
    else:
        (line,) = run("good.yaml", *with_dashes).splitlines()
    assert line.startswith(part)
    tried("Bad input", f"make inspect of {' '.join(fit)}", line)


def test_the_page_of_a_fit_is_the_rules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.yaml").write_text(GOOD)
    cell = ["one", "centered", "nutpie", "2"]
    monkeypatch.setattr(sys, "argv", ["study_info.py", "good.yaml", "--fit", *cell])
    entry.main()
    assert capsys.readouterr().out == "results/good/figures/one/2/nutpie/centered/index.html\n"


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["--configfile", "missing.yaml"], "missing.yaml: No such file"),
        (["--configfiles=missing.yaml"], "missing.yaml: No such file"),
        (["--configfile", "good.yaml", "missing.yaml", "--", "all"], "missing.yaml: No such"),
        (["--config", "replicates"], "--config 'replicates': must be KEY=VALUE"),
        (["--config", "replicates=3", "=3"], "--config '=3': must be KEY=VALUE"),
        (["-C", "sampling.draws=3"], "--config 'sampling.draws=3': must be KEY=VALUE"),
    ],
)
def test_what_snakemake_cannot_read_is_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    tried: Tried,
    arguments: list[str],
    part: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.yaml").write_text(GOOD)
    with pytest.raises(SystemExit) as caught:
        check_command_line(["--cores", "1", *arguments])
    (line,) = str(caught.value).splitlines()
    assert line.startswith(part)
    tried("Bad input", f"snakemake {' '.join(arguments)}", f"{line} (exit code 1)")


@pytest.mark.parametrize(
    "arguments", [[], ["--configfile"], ["--configfile", "good.yaml", "--config", "replicates=3"]]
)
def test_what_snakemake_can_read_or_refuses_itself_is_left_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.yaml").write_text(GOOD)
    check_command_line(["--cores", "1", "-n", *arguments])


def test_what_yaml_has_to_offer_is_read(tmp_path: Path) -> None:
    """Anchors, aliases and merged mappings, a byte order mark, exponents without a point."""
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


def test_every_shipped_configuration_is_read_as_snakemake_reads_it(repository: Path) -> None:
    for file in (repository / "config").glob("*.yaml"):
        assert read_yaml_file(file) == yaml.safe_load(file.read_text())


def assert_lawful(raw: object) -> None:
    """A study all of whose files lie below its folder, or lines that each name what is wrong."""
    try:
        study = read_study(raw)
    except ConfigError as error:
        assert error.errors
        for line in error.errors:
            assert line.splitlines() == [line]
            assert re.match(r"a configuration is a mapping|[\w'\"(\[].*: .", line), line
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
    yield from drawings(study)


NUMBERS = st.sampled_from(
    [0, -1, 1, 1e-320, 1e308, -1e308, 1e12, 1e-12, 2**31, 2**63, 2**128, 10**400]
)
WORDS = st.sampled_from(
    [
        *("..", "../x", "/", "a/b", "a\\b", "CON", "nul.txt", "index.html", "a.", ".a", "", " "),
        *("one", "ONE", "two", "centered", "prior", "nutpie", "half_cauchy", "y", "1e-3", "1e999"),
        *("a\nb", "a\x85b", "\u202e", "\ud800", "\0", "{x}", "$(x)", "<b>", "x" * 65, "no"),
    ]
)
SCALARS = st.one_of(
    *(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    *(NUMBERS, WORDS, st.binary(max_size=4), st.dates(), st.datetimes()),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(WORDS | st.text(max_size=4) | st.integers(), inner, max_size=3)
    ),
    max_leaves=5,
)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container within `value`, itself included, with each of its keys or indices."""
    if isinstance(value, dict | list):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from places(value[key])


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    """A valid configuration after some changes: values replaced, taken out, added, moved."""
    config = copy.deepcopy(yaml.safe_load(GOOD))
    for _ in range(draw(st.integers(1, 3))):
        found = list(places(config))
        if not found:
            break
        container, key = draw(st.sampled_from(found))
        what = draw(st.sampled_from(["replace", "delete", "insert", "copy"]))
        if what == "replace":
            container[key] = draw(VALUES)
        elif what == "delete":
            del container[key]
        elif what == "copy":
            other, place = draw(st.sampled_from(found))
            container[key] = copy.deepcopy(other.get(place) if isinstance(other, dict) else other)
        elif isinstance(container, list):
            container.insert(key, draw(VALUES))
        else:
            container[draw(WORDS | st.sampled_from(sorted(Study.model_fields)))] = draw(VALUES)
    return config


@settings(max_examples=300, deadline=None)
@given(mutated())
@example({"study": datetime.date(2020, 1, 1), "scenarios": [None]})
@example({"study": "a", "\ud800": 1})
@example({"study": "a", "samplers": ["a\nb"], "draw": [{"samplers": ["pymc"]}]})
def test_a_changed_configuration_is_a_study_within_its_folder_or_lines(config: Any) -> None:
    assert_lawful(config)


@settings(max_examples=150, deadline=None)
@given(VALUES)
def test_any_value_is_a_study_or_lines(value: Any) -> None:
    assert_lawful(value)


@st.composite
def garbled(draw: st.DrawFn) -> bytes:
    """The text of a valid configuration after some changes of its characters."""
    text = bytearray(GOOD.encode())
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        gone = draw(st.integers(0, 6))
        symbols = ["\t", "&a ", "*a", "!!x ", "---\n", "<<: ", "? ", "- ", "{", "]", "0", ":", "é"]
        new = draw(st.sampled_from(symbols).map(str.encode) | st.binary(max_size=3))
        text[start : start + gone] = new
    return bytes(text)


@settings(max_examples=200, deadline=None)
@given(garbled())
def test_any_change_of_the_text_is_a_study_or_lines(text: bytes) -> None:
    with tempfile.NamedTemporaryFile(suffix=".yaml") as file:
        file.write(text)
        file.flush()
        try:
            value = read_yaml_file(file.name)
        except ConfigError as error:
            (line,) = error.errors
            assert line.splitlines() == [line]
            assert line.startswith(f"{file.name}: ")
            return
    assert_lawful(value)


def test_no_shell_command_has_an_unquoted_value(repository: Path) -> None:
    """Each value in a rule's command is quoted by Snakemake or is the name of our interpreter."""
    found = []
    for file in sorted((repository / "workflow/rules").glob("*.smk")):
        for command in re.findall(r"^    shell:\n((?: {8}.*\n)+)", file.read_text(), re.MULTILINE):
            found += re.findall(r"\{([^{}]+)\}", command)
    assert len(found) > 50
    assert {value for value in found if not value.endswith(":q")} <= {"params.python"}
