import pytest

from funnel_study.run.job_threads import THREADS, threads


def test_a_job_has_the_threads_that_snakemake_gives_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(THREADS, "3")
    assert threads() == 3


def test_outside_of_the_workflow_a_job_has_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(THREADS, raising=False)
    assert threads() == 1
