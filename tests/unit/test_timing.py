import pandas as pd
import pytest

from funnel.timing import COLUMNS, timing


def benchmark(*seconds: float) -> pd.DataFrame:
    rows = {"s": seconds, "cpu_time": [each / 2 for each in seconds], "max_rss": seconds}
    return pd.DataFrame(rows)


def test_stages_and_the_parts_of_fit_jobs_add_up() -> None:
    blocks = pd.DataFrame({"preparing_seconds": [3.0, 4.0]})
    fits = pd.DataFrame({"sampling_seconds": [1.0, 1.0, 2.0]})
    table = timing({"fit": benchmark(8.0, 12.0), "diagnose": benchmark(5.0)}, blocks, fits)
    assert table.columns.tolist() == list(COLUMNS)
    whole = table[table["part"] == "all"].set_index("stage")
    assert whole["seconds"].to_dict() == {"fit": 20.0, "diagnose": 5.0}
    assert whole["share"].sum() == pytest.approx(1)
    assert whole["largest_memory_mb"].to_dict() == {"fit": 12.0, "diagnose": 5.0}
    parts = table[(table["stage"] == "fit") & (table["part"] != "all")].set_index("part")
    assert parts["seconds"].tolist() == [4.0, 7.0, 9.0]


def test_a_benchmark_of_a_short_job_may_lack_values() -> None:
    short = pd.DataFrame({"s": [0.1], "cpu_time": [None], "max_rss": [None]})
    table = timing({"measure": short}, pd.DataFrame(), pd.DataFrame())
    assert table["seconds"].tolist() == [0.1]
    assert table["largest_memory_mb"].isna().all()
