import argparse
import json
import shlex
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funnel_study.run.json_option import add_json_option
from funnel_study.run.rules import StudyRules, arguments
from funnel_study.study.schema import Study


class Files(dict[str, Any]):
    """Input or output files as Snakemake hands them over: iterated by file, not by name."""

    def __init__(self, *unnamed: str, **named: str | list[str]) -> None:
        super().__init__(named)
        self.unnamed = unnamed

    def __iter__(self) -> Any:
        yield from self.unnamed
        for files in self.values():
            yield from [files] if isinstance(files, str) else files


class Wildcards(SimpleNamespace):
    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)

    def keys(self) -> Any:
        return vars(self).keys()


@pytest.fixture
def rules(study: Callable[..., Study], repository: Path) -> Callable[..., StudyRules]:
    return lambda **keys: StudyRules(study(**keys), repository)


@given(st.lists(st.text().filter(lambda text: "\0" not in text)), st.text(), st.integers())
def test_arguments_reach_the_script_as_they_are(files: list[str], text: str, n: int) -> None:
    text = text.replace("\0", "")
    job = {"name": text, "n": [n, None, True]}
    values = {"fits": files, "some_text": text, "n": n, "job": job, "none": None}
    line = arguments(values.items())
    words = shlex.split(line)
    expected = ["--fits", *files] if files else []
    expected += ["--some-text", text, "--n", str(n), "--job"]
    assert words[:-1] == expected
    assert json.loads(words[-1]) == job


def test_a_job_is_told_its_files_by_their_names_in_the_rule(
    rules: Callable[..., StudyRules],
) -> None:
    params = rules().job(
        "diagnose",
        without=["after"],
        priors={"mu_sd": 5},
        scenario=lambda wildcards: wildcards.scenario,
        fit=["a", "b c"],
        missing=None,
    )
    few = Wildcards(scenario="few")
    read = Files(fits=["1.nc", "2.nc"], data="a b.nc", after=["x", "y"])
    assert shlex.split(params["files"](few, read, Files("out.json"))) == [
        *("--fits", "1.nc", "2.nc", "--data", "a b.nc", "--output", "out.json")
    ]
    assert shlex.split(params["options"](few)) == [
        *("--priors", '{"mu_sd": 5}', "--scenario", "few", "--fit", "a", "b c")
    ]
    assert (params["script"], params["python"]) == ("diagnose", "python")


def test_the_code_of_a_fit_is_that_of_its_sampler_and_parameterization(
    rules: Callable[..., StudyRules],
) -> None:
    code = rules().job("fit")["code"]
    found = {
        code(Wildcards(sampler=sampler, parameterization=parameterization))
        for sampler in ("nutpie", "pymc")
        for parameterization in ("centered", "mixed")
    }
    assert len(found) == 4
    assert code(Wildcards(sampler="pymc", parameterization="mixed")) in found


def test_files_that_a_job_reads_are_part_of_its_code(
    rules: Callable[..., StudyRules], tmp_path: Path
) -> None:
    (tmp_path / "a").write_text("one")
    before = rules().job("page", reads=[tmp_path / "a"])["code"](Wildcards())
    assert rules().job("page")["code"](Wildcards()) != before
    (tmp_path / "b").write_text("two")
    assert rules().job("page", reads=[tmp_path / "b"])["code"](Wildcards()) != before


def test_a_diagnosis_reads_the_blocks_within_its_own(rules: Callable[..., StudyRules]) -> None:
    one = rules(replicates=7, replicates_per_job=2)
    files = one.blocks_of("{sampler}/{block}.nc")
    assert files(Wildcards(sampler="nutpie", block="0-6")) == [
        *("nutpie/0-1.nc", "nutpie/2-3.nc", "nutpie/4-5.nc", "nutpie/6.nc")
    ]
    assert one.diagnoses()[0] == "results/small/diagnostics/few/centered/nutpie/0-6.json"


def test_a_figure_reads_the_block_of_its_replicate(rules: Callable[..., StudyRules]) -> None:
    one = rules(replicates=7, replicates_per_job=2)
    names = {"scenario": "few", "replicate": "3", "sampler": "nutpie"}
    cell = Wildcards(**names, parameterization="mixed", other="centered")
    assert one.data_of(cell) == "results/small/data/few/2-3.nc"
    place = "results/small/fits/few/{}/nutpie/2-3.nc"
    assert one.fits_of("parameterization", "other")(cell) == [
        *(place.format("mixed"), place.format("centered"))
    ]
    assert one.fits_of()(cell) == [
        place.format(name) for name in ("centered", "noncentered", "mixed")
    ]
    assert one.fits_of_data_set(cell) == 3
    with pytest.raises(ValueError, match="the study has no fits of"):
        one.fits_of("parameterization")(Wildcards(**names, parameterization="partial"))


def test_a_job_that_is_tried_again_asks_for_twice_as_much(rules: Callable[..., StudyRules]) -> None:
    asked = rules().resources(None, lambda _: 10)
    cell = Wildcards(scenario="few", sampler="nutpie")
    for resource in ("mem_mb", "runtime"):
        assert asked[resource](cell, 2) == 2 * asked[resource](cell, 1) > 0


def test_a_sampler_with_its_own_environment_has_its_own_python(
    study: Callable[..., Study], tmp_path: Path
) -> None:
    for name in ("workflow/envs", ".venvs/pymc3"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "workflow/envs/pymc3.yaml").touch()
    both = study(samplers=["nutpie", "pymc3"])
    old, new = Wildcards(sampler="pymc3"), Wildcards(sampler="nutpie")

    without = StudyRules(both, tmp_path)
    assert without.unavailable == {
        "pymc3": "the environment of pymc3 is missing: it has not been installed; run make pymc3"
    }
    # the fit is recorded as failed by the Python of the others
    assert without.python(old) == "python"
    assert without.why_unavailable(old) == without.unavailable["pymc3"]

    (tmp_path / ".venvs/pymc3/.installed").touch()
    made = StudyRules(both, tmp_path)
    assert made.unavailable == {}
    assert made.python(old) == '"$VENVS/pymc3/bin/python"'
    assert (made.python(new), made.why_unavailable(new)) == ("python", None)
    assert made.environment(old) == "../envs/pymc3.yaml"
    assert made.environment(new) == "../envs/main.yaml"
    assert f"export VENVS={tmp_path}/.venvs; " in made.shell_prefix

    deployed = StudyRules(both, tmp_path, deployed=True)
    assert deployed.python(old) == "python"
    assert "VENVS" not in deployed.shell_prefix


def test_a_diagnosis_tells_how_its_fits_were_made(rules: Callable[..., StudyRules]) -> None:
    """Fits that are removed after their diagnosis cannot tell it themselves."""
    cell = Wildcards(scenario="few", parameterization="mixed", sampler="nutpie")
    longer = {"chains": 2, "tune": 100, "draws": 101}
    found = [
        rules().made_by(cell),
        rules(sampling=longer).made_by(cell),
        rules().made_by(Wildcards(**{**vars(cell), "sampler": "pymc"})),
    ]
    assert len(set(found)) == 3
    assert rules(replicates=9).made_by(cell) == found[0]


def test_a_long_mapping_is_passed_in_pieces_that_linux_allows() -> None:
    job = {"scenarios": {f"ratio-{i}": {"K": 9, "text": "it's"} for i in range(5_000)}}
    words = shlex.split(arguments([("job", job), ("folder", "a")]))
    assert len(words) == 5
    assert max(map(len, words)) < 128 * 1024
    parser = argparse.ArgumentParser()
    add_json_option(parser, "--job", required=True)
    parser.add_argument("--folder")
    assert vars(parser.parse_args(words)) == {"job": job, "folder": "a"}
    with pytest.raises(SystemExit):
        parser.parse_args(["--job", "{"])
