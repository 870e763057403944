import os
from collections.abc import Callable
from pathlib import Path

import pytest

from funnel.running.stale import forget_gone, stale_files
from funnel.storage.formats import write_json
from funnel.storage.records import CONFIGURATION, UnusableFileError, check, record_path
from funnel.study.jobs import configurations, tables_configuration
from funnel.study.schema import Study

TABLES = ("results/small/summary/fits.csv", "results/small/summary/answers.csv")


@pytest.fixture
def written(study: Callable[..., Study], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Study:
    """A study, with something in every file, in the current folder."""
    monkeypatch.chdir(tmp_path)
    small = study(replicates=3)
    for path, configuration in configurations(small).items():
        write_json(path, path, configuration)
    for path in TABLES:
        write_json(path, path, tables_configuration(small))
    return small


def wrong(study: Study) -> dict[str, str]:
    return stale_files(study, TABLES)


def test_what_was_written_is_fit(written: Study) -> None:
    assert wrong(written) == {}
    for path in TABLES:
        Path(path).unlink()
    assert wrong(written) == {}, "what is missing, Snakemake sees by itself"


def test_tables_and_diagnostics_are_read_and_draws_where_theirs_are_wrong(
    written: Study,
) -> None:
    broken, other, *_ = (path for path in configurations(written) if path.endswith(".json"))
    with open(broken, "a") as file:
        file.write(" ")
    Path(TABLES[0]).write_text("")
    fits, not_read = (
        path.replace("diagnostics", "fits").replace("0-2.json", "1.nc") for path in (broken, other)
    )
    record_path(fits).unlink()
    record_path(not_read).unlink()
    assert wrong(written) == {
        TABLES[0]: "is cut short, damaged or changed",
        broken: "is cut short, damaged or changed",
        fits: "was made for another configuration",
    }


@pytest.mark.parametrize(
    "key", [{"seed": 2}, {"study": "other"}, {"priors": {"mu_sd": 1.0, "tau_sd": 1.0}}]
)
def test_the_folder_of_another_study_is_of_no_use(
    written: Study, study: Callable[..., Study], key: dict[str, object]
) -> None:
    other = study(replicates=3, **key)
    Path("results/small").rename(f"results/{other.study}")
    tables = [path.replace("small", other.study) for path in TABLES]
    found = stale_files(other, tables)
    assert set(found.values()) == {"was made for another configuration"}
    data = {path for path in configurations(other) if "/data/" in path}
    every = {*configurations(other), *tables}
    # data do not depend on the priors where the truth is given
    assert set(found) == (every - data if "priors" in key else every)


def test_more_replicates_leave_the_others_fit(written: Study, study: Callable[..., Study]) -> None:
    found = wrong(study(replicates=5))
    assert set(found) == {*TABLES}


def test_one_file_in_the_place_of_another_is_seen(written: Study) -> None:
    paths = [path for path in configurations(written) if path.endswith(".nc")]
    for path in configurations(written):
        if path.endswith(".json"):
            Path(path).unlink()
    for path in paths:
        for other in paths:
            if path != other:
                kept = record_path(path).read_text()
                record_path(path).write_text(record_path(other).read_text())
                assert wrong(written) == {path: "was made for another configuration"}
                record_path(path).write_text(kept)


def test_times_do_not_matter(written: Study) -> None:
    for path in (*configurations(written), *TABLES):
        os.utime(path, (2**31, 2**31))
    assert wrong(written) == {}


def test_what_a_job_refused_is_made_anew(written: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    path = next(path for path in configurations(written) if "/fits/" in path)
    content = Path(path).read_text()
    Path(path).write_text("")
    assert wrong(written) == {}, "nobody reads it"
    monkeypatch.setenv(CONFIGURATION, "")
    with pytest.raises(UnusableFileError):
        check({path: None})
    assert wrong(written) == {path: "is cut short, damaged or changed"}
    write_json(path, content, configurations(written)[path])
    assert wrong(written) == {}


def test_records_go_with_the_draws(written: Study) -> None:
    path = next(path for path in configurations(written) if "/fits/" in path)
    Path(path).unlink()
    forget_gone("results/small/fits")
    assert not record_path(path).exists()
    assert len(list(Path("results/small/fits").rglob(".*"))) == 6 * 3 - 1
