"""A change reruns what depends on it, and nothing else; told by dry runs of a finished study."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from conftest import Workflow

AFTER_DIAGNOSIS = {"summarise", "analyse", "figures", "collate_times", "page"}


@pytest.mark.parametrize(
    ("keys", "jobs"),
    [
        ({"replicates": 3}, {"simulate": 2, "exact": 2, "fit": 4, "diagnose": 4}),
        (
            {"truth": {"mu": 0.0, "tau": 1.0}},
            {"simulate": 4, "exact": 2, "fit": 8, "diagnose": 4},
        ),
        (
            {"sampling": {"chains": 2, "tune": 100, "draws": 150}},
            {"simulate": 0, "exact": 0, "fit": 8, "diagnose": 4},
        ),
        (
            {"parameterizations": ["centered", "noncentered", "mixed"]},
            {"simulate": 0, "exact": 0, "fit": 4, "diagnose": 2},
        ),
        # blocks of diagnoses are smaller where draws are not kept
        ({"keep_draws": False}, {"simulate": 0, "exact": 4, "fit": 0, "diagnose": 8}),
    ],
    ids=lambda keys: "-".join(keys),
)
def test_a_change_of_the_configuration(
    done: Workflow, keys: dict[str, Any], jobs: dict[str, int]
) -> None:
    plan = Workflow(done.checkout, done.directory, {**done.config, **keys}).planned()
    assert {rule: plan.pop(rule, 0) for rule in jobs} == jobs
    assert set(plan) == AFTER_DIAGNOSIS


def test_what_is_drawn_of_single_fits_concerns_no_table(done: Workflow) -> None:
    config = {**done.config, "draw": [{"scenarios": ["lone"], "parameterizations": ["mixed"]}]}
    drawn = {"draw_data": 1, "draw_fit": 1, "draw_all": 1}
    # the page shows the configuration
    planned = Workflow(done.checkout, done.directory, config).planned()
    assert planned == {**drawn, "collate_times": 1, "page": 1}


@pytest.fixture
def edited(done: Workflow, tmp_path: Path) -> Workflow:
    """The finished study with a copy of the checkout, to be edited."""
    checkout = tmp_path / "checkout"
    for name in ("src", "scripts", "workflow", "config"):
        shutil.copytree(done.checkout / name, checkout / name, symlinks=True)
    (checkout / "profiles").symlink_to("workflow/profiles")
    shutil.copy(done.checkout / "Snakefile", checkout)
    return Workflow(checkout, done.directory, done.config)


@pytest.mark.parametrize(
    ("file", "rules"),
    [
        ("fitting/stan_program.py", {"fit", "diagnose", *AFTER_DIAGNOSIS}),
        ("diagnosis/diagnostics.py", {"diagnose", *AFTER_DIAGNOSIS}),
        ("figures/theme.py", {"figures", "collate_times", "page"}),
        ("report/templates/report.html", {"page"}),
    ],
)
def test_a_change_of_the_code(edited: Workflow, file: str, rules: set[str]) -> None:
    with (edited.checkout / "src/funnel_study" / file).open("a") as code:
        code.write("\nADDED = 1\n")
    assert set(edited.planned()) == rules


def test_a_change_of_a_caption_redoes_the_page_alone(edited: Workflow) -> None:
    figures = edited.checkout / "src/funnel_study/figures/figures.yaml"
    text = figures.read_text()
    assert "intervals over data sets" in text
    figures.write_text(text.replace("intervals over data sets", "intervals over some data sets"))
    assert edited.planned() == {"page": 1}


@pytest.mark.slow
def test_a_deleted_table_and_figure_are_made_again(copy: Workflow) -> None:
    figure, table = copy.root / "figures/bias.svg", copy.root / "summary/divergences.csv"
    figure.unlink()
    table.unlink()
    assert set(copy.planned()) == {"analyse", "figures", "collate_times", "page"}
    copy.succeed()
    assert figure.exists()
    assert table.exists()
    assert not copy.planned()


@pytest.mark.slow
def test_another_study_touches_no_file_of_this_one(done: Workflow) -> None:
    other = Workflow(done.checkout, done.directory, {**done.config, "study": "other"})
    assert other.planned()["fit"] == 8
    assert not done.planned()
