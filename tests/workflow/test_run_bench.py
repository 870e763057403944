"""The runs of the benchmark, of a small study."""

import json
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
    config = {**small, "scenarios": small["scenarios"][:1], "samplers": ["nutpie"]}
    config["parameterizations"] = ["noncentered", "marginal"]
    config["sampling"] = {"chains": 2, "tune": 200, "draws": 200}
    config["replicates_per_job"] = 2
    ours, fits = measure_funnel(tmp_path / "ours", config, cores=2)
    assert list(fits["peer"].unique()) == [FUNNEL, "funnel-marginal", DIAGNOSED]
    fitted, diagnosed, marginal = (
        fits[fits["peer"] == name] for name in (FUNNEL, DIAGNOSED, "funnel-marginal")
    )
    assert set(marginal["parameterization"]) == {"marginal"}
    assert set(diagnosed["parameterization"]) == {"noncentered"}
    assert fitted["replicate"].tolist() == [0, 1]
    assert (fits["status"] == "ok").all()
    assert (fits["ess_bulk"] > 0).all()
    assert (fits["build_seconds"] > 0).all()
    assert diagnosed["seconds"].sum() > fitted["seconds"].sum() > fitted["sampling_seconds"].max()

    # nutpie is in this environment too
    monkeypatch.setattr(environments, "missing", lambda *_: "")
    monkeypatch.setattr(environments, "python", lambda *_: Path(sys.executable))
    nutpie = Peer("nutpie", "with_nutpie.py", "bench")
    done = measure_peer("nutpie", nutpie, tmp_path / "nutpie", ours, replicates=1, cores=2)
    (fit,) = done.to_dict("records")
    assert (fit["status"], fit["message"]) == ("ok", "")
    assert fit["leapfrog_steps"] >= 400
    assert fit["seconds"] > fit["sampling_seconds"] + fit["compile_seconds"]
    assert fit["cpu_seconds"] > 0
    assert fit["largest_memory_mb"] > 50
    assert abs(fit["z_tau"]) < 6  # of the same data, or it would not be near
    assert [each.split()[0] for each in fit["versions"].split(", ")] == ["nutpie", "pymc"]

    means = Peer("nutpie", "with_nutpie.py", "bench", group_means=True)
    done = measure_peer("means", means, tmp_path / "means", ours, replicates=1, cores=2)
    assert (done["z_tau"].abs() < 6).all()
    job = json.loads((tmp_path / "means/fits/few-noncentered-0.json").read_text())
    assert len(job["fits"][0]["data"]["y"]) == 3

    program = tmp_path / "broken.py"
    program.write_text("raise SystemExit('no compiler')")
    broken = Peer("broken", str(program), "bench", process_per_fit=True)
    failed = measure_peer("broken", broken, tmp_path / "broken", ours, replicates=2, cores=2)
    assert failed["status"].tolist() == ["failed", "failed"]
    assert set(failed["message"]) == {"exit code 1: no compiler"}


def test_a_peer_without_its_environment_is_shown_as_failed(
    small: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environments, "missing", lambda *_: "no Python 3.12 found")
    ours = FunnelStudy(tmp_path / "ours", small, cores=2)
    peer = Peer("PyStan", "with_pystan.py", "bench")
    done = measure_peer("pystan", peer, tmp_path / "pystan", ours, replicates=1, cores=2)
    assert done["status"].tolist() == ["failed"] * 4
    assert set(done["message"]) == {"the environment bench is missing: no Python 3.12 found"}
