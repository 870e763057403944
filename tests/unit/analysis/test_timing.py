import numpy as np
import pandas as pd
import pytest

from funnel_study.analysis.timing import BETWEEN_JOBS, between_jobs, timing

NO_RUNS = pd.DataFrame({"started": [], "cores": []})


def benchmark(*seconds: float, ended: float = 0.0) -> pd.DataFrame:
    rows = {"s": seconds, "cpu_time": [each / 2 for each in seconds], "max_rss": seconds}
    return pd.DataFrame(rows).assign(ended=ended)


def runs(*starts: float, cores: float = 2) -> pd.DataFrame:
    return pd.DataFrame({"started": starts, "cores": cores})


def test_stages_and_the_parts_of_fit_jobs_add_up() -> None:
    blocks = pd.DataFrame({"starting_seconds": [0.5, 1.5], "preparing_seconds": [3.0, 4.0]})
    fits = pd.DataFrame({"sampling_seconds": [1.0, 1.0, 2.0]})
    benchmarks = {"fit": benchmark(8.0, 12.0), "diagnose": benchmark(5.0)}
    table = timing(benchmarks, blocks, fits, NO_RUNS).set_index(["stage", "part"])
    whole = table.xs("all", level="part")["seconds"].to_dict()
    assert np.isnan(whole.pop(BETWEEN_JOBS)), "unknown without a run"
    assert whole == {"fit": 20.0, "diagnose": 5.0}
    assert table.loc["fit", "seconds"].to_list()[1:] == [2.0, 7.0, 4.0, 7.0]


def test_idle_seconds_are_counted_by_run() -> None:
    # 2 cores from 100 to 112 and from 1000 to 1006; the time between the two runs does not count
    first, second = benchmark(8.0, 10.0, ended=112.0), benchmark(5.0, ended=1006.0)
    jobs = pd.concat([second, first])
    assert between_jobs(jobs, runs(1000.0, 100.0)) == pytest.approx((24 - 18) + (12 - 5))
    assert between_jobs(first, runs(50.0, 100.0, 1000.0)) == pytest.approx(24 - 18)

    # started after the job ended, too late for it, and on a cluster
    for of in (runs(), runs(113.0), runs(111.0), runs(100.0, cores=np.nan)):
        assert np.isnan(between_jobs(benchmark(8.0, ended=112.0), of))
