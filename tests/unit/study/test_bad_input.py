"""Test that bad input, in a file or on the command line, is refused with one line per error."""

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
import snakemake.cli
import yaml
from faults import Tried
from hypothesis import example, given, settings
from hypothesis import strategies as st

import study_info as entry
from funnel_study.figures.plan import drawings
from funnel_study.run.rules import COMMAND
from funnel_study.study import design, yaml_file
from funnel_study.study.paths import data_path, diagnosis_path, fit_page, fit_path, study_folder
from funnel_study.study.read import read_study
from funnel_study.study.schema import Study
from funnel_study.study.yaml_file import MAX_BYTES, ConfigError, check_command_line, read_yaml_file

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


def changed(old: str, new: str) -> bytes:
    """Return the text of `GOOD` with one part replaced."""
    assert old in GOOD
    return GOOD.replace(old, new, 1).encode()


LAUGHS = "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10 if i else ['ha'] * 10)}]\n" for i in range(9)
)
# the content of a file, and a part of the error message, by the description of the error
FILES: dict[str, tuple[bytes, str]] = {
    "an empty file": (b"", "must be a mapping of keys, but this is empty"),
    "a file of comments": (b"# nothing\n", "must be a mapping of keys, but this is empty"),
    "a list instead of a mapping": (b"- study\n", "a mapping of keys, but this is ['study']"),
    "a word instead of a mapping": (b"study\n", "a mapping of keys, but this is 'study'"),
    "two documents": (b"---\nstudy: a\n---\nstudy: b\n", "line 3: expected a single document"),
    "a key given twice": (
        GOOD.encode() + b"replicates: 4\n",
        "'replicates' is given twice",
    ),
    "a key given twice in a scenario": (
        changed("sigma: 1,", "sigma: 1, sigma: 2,"),
        "line 5: the key 'sigma' is given twice",
    ),
    "a tab for indentation": (b"study: a\ntruth:\n\tmu: 1\n", "indent with spaces"),
    "a bracket that is not closed": (b"study: [a\n", "expected ',' or ']'"),
    "an unknown alias": (b"study: *a\n", "undefined alias"),
    "an alias that contains itself": (
        b"study: &a [*a]\n",
        "the alias *a is part of the value it refers to",
    ),
    "aliases that expand to a billion values": (LAUGHS.encode(), "more than 1,000,000 values"),
    "100,000 opening brackets": (b"study: " + b"[" * 100_000, "more than 20 levels of nesting"),
    "aliases nested in 30 levels": (
        "".join(f"b{i}: &b{i} [{f'*b{i - 1}' if i else 1}]\n" for i in range(30)).encode(),
        "more than 20 levels of nesting",
    ),
    "a Python tag": (
        b"study: !!python/object/apply:os.system ['touch pwned']\n",
        "line 1: the tag tag:yaml.org,2002:python/object/apply:os.system",
    ),
    "a tag that does not match the value": (b"study: !!int ''\n", "the tag tag:yaml.org,2002:int"),
    "code for Snakemake to run": (
        b"__use_yte__: true\nstudy: ?open('pwned', 'w').name\n",
        "the key '__use_yte__' is not allowed, because Snakemake would run code",
    ),
    "a list as a key": (b"? [a]\n: b\n", "a key must be text, not a list"),
    "a number as a key": (GOOD.encode() + b"3: 4\n", "the key 3 must be valid text"),
    "`no` as a key": (GOOD.encode() + b"no: 4\n", "the key False must be valid text"),
    "half of a surrogate pair as a key": (
        GOOD.encode() + b'"\\ud800": 4\n',
        r"key '\ud800' must be valid text",
    ),
    "a date in a 13th month": (b"study: 2020-13-45\n", "'2020-13-45' cannot be read as a date"),
    "an octal number, 010": (
        changed("replicates: 3", "replicates: 010"),
        "YAML reads 010 as 8; write the decimal value",
    ),
    "a sexagesimal number, 1:30": (
        changed("draws: 10", "draws: 1:30"),
        "YAML reads 1:30 as 90; write the decimal value",
    ),
    "a number of 5,000 digits": (b"seed: " + b"9" * 5_000, "line 1: '9999"),
    "a hexadecimal number of 5,000 digits": (
        GOOD.encode() + b"seed: 0x" + b"f" * 5_000,
        "seed = an integer of more than 4,300 digits: must be less than",
    ),
    "a file in UTF-16": ("study: a\n".encode("utf-16"), "byte 0xff is not valid; use UTF-8 text"),
    "a file in Latin-1": (
        "study: a # é\n".encode("latin-1"),
        "byte 0xe9 is not valid; use UTF-8 text",
    ),
    "binary data": (bytes(range(256)), "is not valid; use UTF-8 text"),
    "a NUL character": (b"study: a\0b\n", "unacceptable character #x0000"),
    "a file of more than 10 MB": (b"#" * (MAX_BYTES + 1), "10,000,001 bytes; at most 10,000,000"),
    "`no` as a name": (
        changed("name: one", "name: no"),
        "name = False: must be text; put the name in quotes",
    ),
    "a number as a name": (
        changed("study: good", "study: 12"),
        "study = 12: must be text; put the name in quotes",
    ),
    "a date as a name": (
        changed("study: good", "study: 2020-01-01"),
        "study = 2020-01-01: must be text",
    ),
    "`~` as a name": (
        changed("study: good", "study: ~"),
        "study = None: must be text; put the name in quotes",
    ),
    "`../x` as a name": (
        changed("study: good", "study: ../x"),
        "study = '../x': must be a valid folder name",
    ),
    "`..` as a name": (
        changed("study: good", "study: .."),
        "study = '..': must be a valid folder name",
    ),
    "an absolute path as a name": (
        changed("study: good", "study: /etc"),
        "study = '/etc': must be a valid folder name",
    ),
    "a backslash in a name": (changed("study: good", r"study: a\b"), "must be a valid folder name"),
    "a space in a name": (
        changed("name: one", "name: o ne"),
        "name = 'o ne': must be a valid folder name",
    ),
    "a quote in a name": (
        changed("study: good", "study: 'a''b'"),
        'study = "a\'b": must be a valid folder name',
    ),
    "a command in a name": (
        changed("name: one", "name: $(date)"),
        "name = '$(date)': must be a valid folder name",
    ),
    "markup in a name": (
        changed("name: one", "name: <script>"),
        "name = '<script>': must be a valid folder name",
    ),
    "a wildcard in a name": (
        changed("name: one", "name: '{x}'"),
        "name = '{x}': must be a valid folder name",
    ),
    "a line break in a name": (
        changed("study: good", r'study: "a\nb"'),
        r"study = 'a\nb': must be a valid folder name",
    ),
    "a right-to-left mark in a name": (
        changed("study: good", "study: a\u202eb"),
        r"study = 'a\u202eb': must be a valid folder name",
    ),
    "a Cyrillic letter in a name": (
        changed("study: good", "study: g\u043ed"),
        "must be a valid folder name",
    ),
    "the name of a device on Windows as a name": (
        changed("study: good", "study: CON"),
        "study = 'CON': must be a valid folder name",
    ),
    "the name of a device with a suffix as a name": (
        changed("name: one", "name: nul.x"),
        "name = 'nul.x'",
    ),
    "a name that ends in a dot": (
        changed("name: one", "name: one."),
        "name = 'one.': must be a valid folder name",
    ),
    "the file name index.html as a name": (
        changed("study: good", "study: index.html"),
        "study = 'index.ht",
    ),
    "the file name of a figure as a name": (
        changed("name: one", "name: bias.png"),
        "name = 'bias.png': must be a valid folder name",
    ),
    "a name of 65 letters": (changed("study: good", "study: " + "x" * 65), "at most 64 letters"),
    "names that differ only in case": (
        changed("name: two", "name: ONE"),
        "scenarios[1].name = 'ONE': duplicate of scenarios[0].name (case is ignored)",
    ),
    "an unknown key": (changed("replicates: 3", "replicate: 3"), "(did you mean 'replicates'?)"),
    "a dash as a key": (changed("replicates: 3", "'-': 3"), "'-': unknown key"),
    "an unknown key in a scenario": (changed("mixed:", "mixd:"), "(did you mean 'mixed'?)"),
    "a missing key": (changed("sigma: 1, ", ""), "scenarios[0].sigma: missing"),
    "an empty list of scenarios": (
        GOOD.split("scenarios:")[0].encode() + b"scenarios: []\n",
        "at least 1 item",
    ),
    "an empty list of individuals": (changed("[1, 2], mixed: [0]", "[]"), "at least 1 item"),
    "a mapping instead of a list": (
        changed("samplers: [nutpie]", "samplers: {a: 1}"),
        "must be a list",
    ),
    "a word instead of a list": (
        changed("samplers: [nutpie]", "samplers: nutpie"),
        "must be a list",
    ),
    "a word instead of a number": (
        changed("sigma: 1,", "sigma: one,"),
        "sigma = 'one': must be a number",
    ),
    "a quoted number": (changed("replicates: 3", "replicates: '3'"), "must be a whole number"),
    "a number with an exponent instead of a whole number": (
        changed("replicates: 3", "replicates: 1e3"),
        "replicates = '1e3': must be a whole number",
    ),
    "`yes` instead of a number": (
        changed("replicates: 3", "replicates: yes"),
        "= True: must be a whole",
    ),
    "nan instead of a number": (
        changed("mu: 1,", "mu: .nan,"),
        "truth.mu = nan: must be a finite number",
    ),
    "an infinite number": (
        changed("sigma: 1,", "sigma: .inf,"),
        "scenarios[0].sigma = inf: must be a finite number",
    ),
    "a number beyond the range of floats": (
        changed("sigma: 1,", "sigma: 1e999,"),
        "sigma = '1e999': must be at most 1e+100",
    ),
    "a tau of 0": (changed("tau: 2}", "tau: 0}"), "truth.tau = 0: must be greater than 0"),
    "a sigma of 1e-300": (
        changed("sigma: 1,", "sigma: 1.0e-300,"),
        "sigma = 1e-300: must be at least 1e-100",
    ),
    "a negative sigma": (changed("sigma: 1,", "sigma: -1,"), "sigma = -1: must be greater"),
    "a negative seed": (GOOD.encode() + b"seed: -1\n", "seed = -1: must be at least 0"),
    "a parameterization that the sampler cannot fit": (
        changed(
            "noncentered]\nsamplers: [nutpie]", "partial, marginal]\nsamplers: [nutpie, pymc3]"
        ),
        "parameterizations: the sampler pymc3 cannot fit partial, marginal",
    ),
    "a scenario's parameterization that the sampler cannot fit": (
        changed("[centered]}", "[marginal]}").replace(b"[nutpie]", b"[pymc3]"),
        "scenarios[1].parameterizations: the sampler pymc3 cannot fit marginal",
    ),
    "an unknown sampler": (changed("[nutpie]", "[jags]"), "samplers[0] = 'jags': unknown"),
    "a sampler without the published model": (
        changed("[nutpie]", "[nutpie]\nliteral: true"),
        "samplers[0] = 'nutpie': not allowed with literal = True",
    ),
    "a sampler listed twice": (
        changed("[nutpie]", "[nutpie, nutpie]"),
        "samplers[1] = 'nutpie': duplicate of samplers[0]",
    ),
    "more than 10,000,000 observations": (
        changed("[1, 2]", "[10000000, 10000000]"),
        "adds up to 20,000,000 observations; at most 10,000,000",
    ),
    "a list of sigma of another length than the number of individuals": (
        changed("sigma: [1, 2]", "sigma: [1]"),
        "scenarios[1].sigma: has length 1, but the number of individuals is 2",
    ),
    "an individual in mixed that does not exist": (
        changed("mixed: [0]", "mixed: [2]"),
        "mixed[0] = 2: must be the index of an individual, from 0 to 1",
    ),
    "fewer draws than the diagnostics need": (
        changed("draws: 10}", "draws: 3}"),
        "draws = 3: must be at least 4",
    ),
    "an unknown scenario in draw": (
        changed("draw: [{", "draw: [{scenarios: [other], "),
        "draw[0].scenarios[0] = 'other': not part of the study; allowed: one, two",
    ),
    "a parameterization in draw that the scenario does not use": (
        changed("draw: [{", "draw: [{scenarios: [two], parameterizations: [noncentered], "),
        "'noncentered': not used in the selected scenarios; allowed: centered",
    ),
    "a scenario listed twice in draw": (
        changed("draw: [{", "draw: [{scenarios: [one, one], "),
        "draw[0].scenarios[1] = 'one': duplicate of draw[0].scenarios[0]",
    ),
}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Return a function that returns what `scripts/study_info.py` says of a bad file.

    The commands of make run this script first.
    """
    monkeypatch.chdir(tmp_path)

    def refused(*arguments: str) -> str:
        before = sorted(tmp_path.rglob("*"))
        monkeypatch.setattr(sys, "argv", ["study_info.py", *arguments])
        with pytest.raises(SystemExit) as caught:
            entry.main()
        # Python prints a text to stderr and exits with 1
        assert isinstance(caught.value.code, str)
        assert sorted(tmp_path.rglob("*")) == before, "a file was written"
        return caught.value.code

    return refused


@pytest.mark.parametrize("fault", FILES)
def test_a_bad_file_is_refused_with_one_line(
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
        ("a directory instead of a file", "folder", "folder: not a regular file"),
        ("a device instead of a file", os.devnull, f"{os.devnull}: not a regular file"),
        ("a path below a file", "good.yaml/x", "good.yaml/x: Not a directory"),
        ("a path with a line break", "a\nb", r"'a\nb': No such file or directory"),
        ("a path of 5,000 letters", "x" * 5_000, "File name too long"),
        ("an empty path", "", ": not a regular file"),
    ],
)
def test_a_path_that_is_not_a_readable_file_is_refused_with_one_line(
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
        (
            ("three", "centered", "nutpie", "0"),
            "SCENARIO = 'three': not part of the study 'good'; allowed: one, two",
        ),
        (
            ("two", "noncentered", "nutpie", "0"),
            "PARAMETERIZATION = 'noncentered': not part of the study 'good'; allowed: centered",
        ),
        (
            ("one", "centered", "stan", "0"),
            "SAMPLER = 'stan': not part of the study 'good'; allowed: nutpie",
        ),
        (
            ("one", "centered", "nutpie", "3"),
            "REPLICATE = '3': not part of the study 'good'; allowed: 0 to 2",
        ),
        (
            ("one", "centered", "nutpie", "-1"),
            "REPLICATE = '-1': not part of the study 'good'; allowed: 0 to 2",
        ),
        (("one", "centered", "nutpie", "../.."), "REPLICATE = '../..': not part of the study"),
    ],
)
def test_a_fit_that_is_not_in_the_study_is_refused_with_one_line(
    run: Callable[..., str], tmp_path: Path, tried: Tried, fit: tuple[str, ...], part: str
) -> None:
    (tmp_path / "good.yaml").write_text(GOOD)
    (line,) = run("good.yaml", "--fit", *fit).splitlines()
    assert line.startswith(part)
    tried("Bad input", f"make inspect of a fit that is not in the study: {', '.join(fit)}", line)


@pytest.mark.parametrize(
    ("names", "part"),
    [
        ("nutpie stam", "samplers[1] = 'stam': unknown sampler (did you mean 'stan'?)"),
        ("stan nutpie stan", "samplers[2] = 'stan': duplicate of samplers[0]"),
        ("stan,nutpie", "samplers[0] = 'stan,nutpie': unknown sampler"),
        ("stan\tnutpie", "samplers[0] = 'stan\\tnutpie': unknown sampler"),
        ("stan\xa0nutpie", "samplers[0] = 'stan\\xa0nutpie': unknown sampler"),
        (" ", "samplers = []: must have at least 1 item"),
    ],
)
def test_names_in_samplers_are_refused_with_one_line(
    run: Callable[..., str], tmp_path: Path, tried: Tried, names: str, part: str
) -> None:
    (tmp_path / "good.yaml").write_text(GOOD)
    (line,) = run("good.yaml", "--samplers", names).splitlines()
    assert line.startswith(f"good.yaml with SAMPLERS = {names!r}: {part}")
    tried("Bad input", f"make study SAMPLERS={names!r}", line)


def test_samplers_replace_those_of_the_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The environment of PyMC3 is needed only if it is among them."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.yaml").write_bytes(changed("[nutpie]", "[pymc3]"))
    for names, needed in [("", "pymc3\n"), ("stan", "\n"), ("stan  pymc3 ", "pymc3\n")]:
        arguments = ["study_info.py", "--samplers", names, "good.yaml", "--environments"]
        monkeypatch.setattr(sys, "argv", arguments)
        entry.main()
        assert capsys.readouterr().out == needed


def test_the_path_of_the_page_of_a_fit_is_printed(
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
def test_options_that_snakemake_cannot_read_are_refused_with_one_line(
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
    ("arguments", "files"),
    [
        ([], []),
        (["--config", "replicates=3"], []),
        (["--configfile", "good.yaml", "--config", "replicates=3"], ["good.yaml"]),
        (["--configfiles", "good.yaml", "more.yaml", "--", "all"], ["good.yaml", "more.yaml"]),
    ],
)
def test_valid_options_pass_after_each_file_is_read(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    files: list[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in files:
        Path(name).write_text(GOOD)
    read = []

    def record(path: str) -> Any:
        read.append(path)
        return read_yaml_file(path)

    monkeypatch.setattr(yaml_file, "read_yaml_file", record)
    check_command_line(["--cores", "1", "-n", *arguments])
    assert read == files
    assert capsys.readouterr() == ("", "")


def test_an_option_without_a_value_is_left_to_snakemake_which_refuses_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    arguments = ["--cores", "1", "--configfile"]
    check_command_line(arguments)
    assert capsys.readouterr() == ("", "")
    with pytest.raises(SystemExit) as caught:
        snakemake.cli.parse_args(arguments)
    assert caught.value.code == 2
    assert "--configfile" in capsys.readouterr().err


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


def test_every_shipped_configuration_is_read_as_snakemake_reads_it(repository: Path) -> None:
    for file in (repository / "config").glob("*.yaml"):
        assert read_yaml_file(file) == yaml.safe_load(file.read_text())


def assert_study_or_errors(raw: object) -> None:
    """Assert that `raw` is a study with all files in its folder, or has errors of one line each."""
    try:
        study = read_study(raw)
    except ConfigError as error:
        assert error.errors
        for line in error.errors:
            assert line.splitlines() == [line]
            assert re.match(r"a configuration must be a mapping|[\w'\"(\[].*: .", line), line
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
    """Yield each container in `value`, including itself, with each of its keys or indices."""
    if isinstance(value, dict | list):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from places(value[key])


@st.composite
def changed_configurations(draw: st.DrawFn) -> Any:
    """Draw a valid configuration with random changes: values replaced, deleted, added or copied."""
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
@given(changed_configurations())
@example({"study": datetime.date(2020, 1, 1), "scenarios": [None]})
@example({"study": "a", "\ud800": 1})
@example({"study": "a", "samplers": ["a\nb"], "draw": [{"samplers": ["pymc"]}]})
def test_a_changed_configuration_is_a_study_or_has_error_lines(config: Any) -> None:
    assert_study_or_errors(config)


@settings(max_examples=150, deadline=None)
@given(VALUES)
def test_any_value_is_a_study_or_has_error_lines(value: Any) -> None:
    assert_study_or_errors(value)


@st.composite
def changed_texts(draw: st.DrawFn) -> bytes:
    """Draw the text of a valid configuration with random changes of its characters."""
    text = bytearray(GOOD.encode())
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        gone = draw(st.integers(0, 6))
        symbols = ["\t", "&a ", "*a", "!!x ", "---\n", "<<: ", "? ", "- ", "{", "]", "0", ":", "é"]
        new = draw(st.sampled_from(symbols).map(str.encode) | st.binary(max_size=3))
        text[start : start + gone] = new
    return bytes(text)


@settings(max_examples=200, deadline=None)
@given(changed_texts())
def test_a_changed_text_is_a_study_or_has_error_lines(text: bytes) -> None:
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
    assert_study_or_errors(value)


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
    assert unquoted == {"threads", "params.python", "params.script", "params.arguments"}
