"""Advice on a user's own data by `make`, and its check by a study."""

from pathlib import Path

import pytest
import yaml
from conftest import Make, finished

from funnel_study.files.tables import read_table

DATA = "label,y,se\nA,28,15\nB,8,10\nC,-3,1\nD,7,1\n"


@pytest.fixture(scope="module")
def make(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Make:
    """The Makefile in a folder with a file of data."""
    made = Make(repository, tmp_path_factory.mktemp("advise"))
    (made.folder / "my data.csv").write_text(DATA)
    return made


def test_make_advises(make: Make) -> None:
    done = make.run("advise", "DATA=my data.csv", "TAU_PRIOR=half_cauchy:2")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("The page is results/advice/my-data/index.html\n")
    assert "cauchy(0, 2.0)" in (make.folder / "results/advice/my-data/model.stan").read_text()


def test_make_reads_columns_of_any_name_and_numbers_of_any_country(make: Make) -> None:
    (make.folder / "de.csv").write_text("Ort;Treffer;Versuche\nA;3;1.500\nB;5;2.000\n")
    options = ("Y=treffer", "TRIALS=Versuche", "GROUP=Ort", "DECIMAL=,", "MU_PRIOR=normal:-6:2")
    done = make.run("advise", "DATA=de.csv", *options)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "First row: A, Treffer = 3, Versuche = 1500.\n" in done.stdout


@pytest.mark.slow
def test_a_study_checks_the_advice(make: Make) -> None:
    folder = make.folder / "results"
    command = ["scripts/advise.py", "--check", "--replicates=2", "--cores=2", "my data.csv"]
    done = finished([make.folder / "main/bin/python", *command], folder=make.folder)
    assert done.returncode == 0, done.stdout + done.stderr
    configuration = yaml.safe_load((folder / "advice/my-data/check.yaml").read_text())
    fits = read_table(folder / "advice-my-data/summary/fits.csv")
    assert set(fits["status"]) == {"ok"}
    assert set(fits["parameterization"]) == set(configuration["parameterizations"])
    estimates = read_table(folder / "advice-my-data/summary/estimates.csv")
    assert estimates["exact_mean"].notna().all()
    text = (folder / "advice/my-data/index.html").read_text()
    assert "This was not checked" not in text
    assert done.stdout.splitlines()[-2].replace("'", "&#39;") in text


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["DATA=my data.csv", "TAU_PRIOR=half_normal:x"], "TAU_PRIOR = 'half_normal:x', SCALE:"),
        ([], "DATA: must be a CSV file, as in make advise DATA=my.csv"),
    ],
)
def test_make_refuses_bad_options_with_one_line(make: Make, options: list[str], line: str) -> None:
    done = make.run("advise", *options)
    assert done.returncode == 2
    assert done.stderr.startswith(line)
