"""The runs of the benchmark, of a small study."""

import sys
from pathlib import Path
from typing import Any

import pytest

from funnel_study.benchmark.runs import FunnelStudy, measure_funnel, measure_peer
from funnel_study.benchmark.tables import DIAGNOSED, FUNNEL, Peer
from funnel_study.run import environments

pytestmark = pytest.mark.slow


def test_this_project_and_its_peers_fit_the_same_data(
    small: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = {"name": "counts", "likelihood": "binomial", "trials": [3, 40, 12]}
    config = {**small, "scenarios": [small["scenarios"][0], counts], "samplers": ["nutpie"]}
    config["parameterizations"] = ["noncentered", "data_based"]
    config["sampling"] = {"chains": 2, "tune": 200, "draws": 200}
    config["replicates_per_job"] = 2
    ours, fits = measure_funnel(tmp_path / "ours", config, cores=2)
    assert list(fits["peer"].unique()) == [FUNNEL, DIAGNOSED]
    fitted, diagnosed = (fits[fits["peer"] == name] for name in (FUNNEL, DIAGNOSED))
    assert fitted["replicate"].tolist() == [0, 1] * 4
    assert (fits["status"] == "ok").all()
    assert (fits["squared_error"] < 1).all()
    assert (fits["ess_bulk"] > 0).all()
    assert (fits["build_seconds"] > 0).all()
    assert diagnosed["seconds"].sum() > fitted["seconds"].sum() > fitted["sampling_seconds"].max()

    # nutpie is in this environment too
    monkeypatch.setattr(environments, "missing", lambda *_: "")
    monkeypatch.setattr(environments, "python", lambda *_: Path(sys.executable))
    for name in ("nutpie", "pymc"):
        form = Peer(name, f"with_{name}.py", ("noncentered", "mixed"))
        done = measure_peer(name, form, tmp_path / name, ours, replicates=1, cores=2)
        assert done["scenario"].tolist() == ["few", "counts"]
        for fit in done.to_dict("records"):
            assert (fit["status"], fit["message"]) == ("ok", "")
            assert fit["leapfrog_steps"] >= 800  # with tuning
            assert fit["seconds"] > fit["sampling_seconds"] + fit["compile_seconds"]
            assert fit["cpu_seconds"] > 0
            assert fit["largest_memory_mb"] > 50
            assert abs(fit["z_tau"]) < 6  # of the same data, or it would not be near
            assert fit["squared_error"] < 1
            assert name in [each.split()[0] for each in fit["versions"].split(", ")]

    program = tmp_path / "broken.py"
    program.write_text("raise SystemExit('no compiler')")
    broken = Peer("broken", str(program), ("noncentered",))
    failed = measure_peer("broken", broken, tmp_path / "broken", ours, replicates=2, cores=2)
    assert failed["status"].tolist() == ["failed"] * 4
    assert set(failed["message"]) == {"exit code 1: no compiler"}


def test_a_peer_without_its_environment_is_shown_as_failed(
    small: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environments, "missing", lambda *_: "no Python 3.12 found")
    ours = FunnelStudy(tmp_path / "ours", small, cores=2)
    peer = Peer("PyStan", "with_pystan.py", ("noncentered", "mixed"))
    done = measure_peer("pystan", peer, tmp_path / "pystan", ours, replicates=1, cores=2)
    assert done["status"].tolist() == ["failed"] * 4
    assert set(done["message"]) == {"the environment bench is missing: no Python 3.12 found"}
