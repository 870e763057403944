import os
from collections.abc import Callable
from pathlib import Path

import pytest

from funnel_study.files.formats import write_json
from funnel_study.files.records import (
    ORIGINS,
    OTHER_CODE,
    OTHER_CONFIGURATION,
    Origin,
    UnusableFileError,
    as_environment,
    check,
    record_path,
)
from funnel_study.run.stale import messages, remove_orphaned_records, stale_files
from funnel_study.study.jobs import origins, table_origin
from funnel_study.study.schema import Study

TABLES = {"fits.csv": "summarise", "answers.csv": "analyse"}
DAMAGED = "is cut short, damaged or changed"


class Code:
    """Fingerprints of code, in which a test may change one."""

    def __init__(self) -> None:
        self.changed = ""

    def __call__(self, script: str, *, sampler: str = "", parameterization: str = "") -> str:
        name = " ".join([script, sampler, parameterization]).strip()
        return f"{name}, changed" if name == self.changed else name


@pytest.fixture
def code() -> Code:
    return Code()


def of_data(study: Study, code: Code) -> dict[str, Origin]:
    return origins(study, code)


def of_tables(study: Study, code: Code) -> dict[str, Origin]:
    folder = f"results/{study.study}/summary"
    return {f"{folder}/{name}": table_origin(study, code, rule) for name, rule in TABLES.items()}


def stale(study: Study, code: Code) -> dict[str, str]:
    return stale_files(study, of_data(study, code), of_tables(study, code))


@pytest.fixture
def written(
    study: Callable[..., Study], code: Code, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Study:
    """A study in the current folder, with something in every file."""
    monkeypatch.chdir(tmp_path)
    small = study(replicates=3)
    files = {**of_data(small, code), **of_tables(small, code)}
    with monkeypatch.context() as job:
        job.setenv(ORIGINS, as_environment(files))
        for path in files:
            write_json(path, path)
    return small


def test_files_are_not_stale_as_they_were_written(written: Study, code: Code) -> None:
    assert stale(written, code) == {}
    for path in of_tables(written, code):
        Path(path).unlink()
    assert stale(written, code) == {}, "Snakemake itself sees that a file is missing"


def test_tables_and_diagnostics_are_read_and_draws_only_where_their_diagnostics_are_stale(
    written: Study, code: Code
) -> None:
    broken, other, *_ = (path for path in of_data(written, code) if path.endswith(".json"))
    table, *_ = of_tables(written, code)
    with open(broken, "a") as file:
        file.write(" ")
    Path(table).write_text("")
    fits, not_read = (
        path.replace("diagnostics", "fits").replace("0-2.json", "1.nc") for path in (broken, other)
    )
    record_path(fits).unlink()
    record_path(not_read).unlink()
    assert stale(written, code) == {table: DAMAGED, broken: DAMAGED, fits: OTHER_CONFIGURATION}


@pytest.mark.parametrize(
    "key", [{"seed": 2}, {"study": "other"}, {"priors": {"mu_sd": 1.0, "tau_scale": 1.0}}]
)
def test_the_files_of_another_configuration_are_stale(
    written: Study, study: Callable[..., Study], code: Code, key: dict[str, object]
) -> None:
    other = study(replicates=3, **key)
    Path("results/small").rename(f"results/{other.study}")
    found = stale(other, code)
    assert set(found.values()) == {OTHER_CONFIGURATION}
    every = {*of_data(other, code), *of_tables(other, code)}
    data = {path for path in every if "/data/" in path}
    tables = set() if key == {"study": "other"} else set(of_tables(other, code))
    assert tables <= set(found)
    # data do not depend on the priors where the truth is given
    assert set(found) == (every - data if "priors" in key else every)


@pytest.mark.parametrize(
    ("changed", "kinds"),
    [
        ("simulate", {"data", "fits", "diagnostics", "summary"}),
        ("fit nutpie mixed", {"fits", "diagnostics", "summary"}),
        ("diagnose", {"diagnostics", "summary"}),
        ("summarise", {"summary"}),
        ("analyse", {"summary"}),
    ],
)
def test_the_files_of_other_code_are_stale_and_so_is_what_was_made_of_them(
    written: Study, code: Code, changed: str, kinds: set[str]
) -> None:
    code.changed = changed
    found = stale(written, code)
    assert set(found.values()) == {OTHER_CODE}
    assert {path.split("/")[2] for path in found} == kinds
    if changed == "fit nutpie mixed":
        assert all("/mixed/" in path or "/summary/" in path for path in found)
    if changed == "analyse":
        assert [Path(path).name for path in found] == ["answers.csv"]


def test_more_replicates_leave_the_other_files_as_they_are(
    written: Study, study: Callable[..., Study], code: Code
) -> None:
    assert set(stale(study(replicates=5), code)) == set(of_tables(written, code))


@pytest.mark.parametrize("keys", [{"draw": [{}]}, {"keep_draws": False}])
def test_what_is_drawn_and_kept_changes_no_table(
    written: Study, study: Callable[..., Study], code: Code, keys: dict[str, object]
) -> None:
    found = stale(study(replicates=3, **keys), code)
    assert not [path for path in found if "/summary/" in path]


def test_one_file_in_the_place_of_another_is_stale(written: Study, code: Code) -> None:
    every = of_data(written, code)
    for path in every:
        if "/diagnostics/" in path:
            Path(path).unlink()
    paths = [path for path in every if "/diagnostics/" not in path]
    for path in paths:
        for other in paths:
            if path != other:
                kept = record_path(path).read_text()
                record_path(path).write_text(record_path(other).read_text())
                assert stale(written, code) == {path: OTHER_CONFIGURATION}
                record_path(path).write_text(kept)


def test_times_do_not_matter(written: Study, code: Code) -> None:
    for path in (*of_data(written, code), *of_tables(written, code)):
        os.utime(path, (2**31, 2**31))
    assert stale(written, code) == {}


def test_a_file_that_a_job_refused_is_stale(
    written: Study, code: Code, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = of_data(written, code)
    path = next(path for path in every if "/fits/" in path)
    content = Path(path).read_text()
    Path(path).write_text("")
    assert stale(written, code) == {}, "nobody reads it"
    monkeypatch.setenv(ORIGINS, as_environment(every))
    with pytest.raises(UnusableFileError):
        check(path)
    assert stale(written, code) == {path: DAMAGED}
    write_json(path, content)
    assert stale(written, code) == {}


def test_records_of_draws_that_are_gone_are_removed(written: Study, code: Code) -> None:
    path = next(path for path in of_data(written, code) if "/fits/" in path)
    Path(path).unlink()
    remove_orphaned_records("results/small/fits")
    assert not record_path(path).exists()
    assert len(list(Path("results/small/fits").rglob(".*"))) == 6 * 3 - 1


def test_a_change_is_told_in_one_line_and_damage_in_one_line_per_file() -> None:
    causes = {
        "a": OTHER_CONFIGURATION,
        "b": DAMAGED,
        "c": OTHER_CONFIGURATION,
        "d": OTHER_CODE,
        "e": "is missing",
    }
    assert list(messages(causes)) == [
        "b: is cut short, damaged or changed; it will be regenerated",
        "e: is missing; it will be regenerated",
        "The configuration has changed; affected files will be regenerated: a and 1 more",
        "The code has changed; affected files will be regenerated: d",
    ]
    assert list(messages({})) == []
