"""Tables of a made-up study, as the findings read them."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from funnel_study.analysis.answer import COLUMNS, WINNER_COLUMNS
from funnel_study.analysis.score import PARTS
from funnel_study.analysis.tail import COLUMNS as TAIL_COLUMNS
from funnel_study.analysis.work import TAIL
from funnel_study.study.schema import Sampling

SAMPLING = Sampling(chains=4, tune=1_000, draws=10_000, target_accept=0.95)
NAMES = {"scenario": "weak", "sampler": "nutpie"}


def winners(*rows: tuple[str, str, float, float, float, int]) -> pd.DataFrame:
    columns = ["estimand", "parameterization", "ratio", "ratio_low", "ratio_high", "wins"]
    table = pd.DataFrame(rows, columns=columns).assign(**NAMES, work_mcse=1.0)
    table["work"] = 10 * table["ratio"]
    return table.assign(data_sets=99, verdict="best", largest_share=0.3).reindex(
        columns=list(WINNER_COLUMNS)
    )


SEVERAL = winners(
    ("mu", "noncentered", 4.857, 3.716, 6.348, 10),
    ("mu", "mixed", 1.0, np.nan, np.nan, 44),
    ("mu", "centered", 2.527, 1.69, 3.77, 45),
    ("tau", "mixed", 1.0, np.nan, np.nan, 54),
    ("tau", "noncentered", 2.2, 1.6, 3.0, 18),
    (TAIL, "noncentered", 1.0, np.nan, np.nan, 36),
    (TAIL, "mixed", 4.91, 2.86, 8.44, 45),
)


def promises(*rows: tuple[str, str, float, float]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["parameterization", "estimand", "estimate", "mcse"])
    return table.assign(**NAMES, measure="promise_ratio", replicates=99)


def scores_of(by_name: Mapping[str, Sequence[float]], times: int = 1) -> pd.DataFrame:
    """The scores of parameterizations in data sets, `times` over; all parts equal the score."""
    tables = [
        pd.DataFrame({"score": np.resize(values, times * max(map(len, by_name.values())))}).assign(
            parameterization=name, point=lambda rows: rows.index
        )
        for name, values in by_name.items()
    ]
    table = pd.concat(tables, ignore_index=True)
    return table.assign(**NAMES, **dict.fromkeys(PARTS, table["score"]))


def findings_tables() -> dict[str, pd.DataFrame]:
    """The tables of a study of one scenario in which noncentered is the best."""
    best = {"verdict": "best", "fits": 99, "data_sets": 99, "worst_estimand": TAIL}
    best |= {"work": 37.6, "work_low": 32.8, "work_high": 43.7, "bias_squared_high": 1.5e-5}
    best |= {"parameterization": "noncentered", "promised_ratio": 1.0, "failed": 0}
    slower = {"parameterization": "mixed", "verdict": "slower"}
    primary = {"parameterization": "noncentered", "versus": "mixed", "difference": -0.885}
    primary |= {"mcse": 0.27, "role": "primary", "p_value": 0.0015}
    third = {"estimand": TAIL, "parameterization": "noncentered", "versus": "mixed"}
    third |= {"log_ratio_mcse": 0.1, "wins": 30, "data_sets": 33}
    logs = {"lowest": np.log(0.25), "middle": np.log(0.25), "highest": np.log(4)}
    return {
        "answers": pd.DataFrame(
            [
                {**NAMES, **best},
                {**NAMES, **best, **slower},
            ],
            columns=list(COLUMNS),
        ),
        "scores": scores_of({"noncentered": [37.6], "mixed": [91.0]}, times=99),
        "winners": SEVERAL,
        "performance": promises(("mixed", "log_tau", 1.92, 0.3), ("mixed", "mu", 0.4, 1.6)),
        "comparisons": pd.DataFrame(
            [{**NAMES, **primary}, {**NAMES, **primary, "role": "descriptive", "mcse": 77.0}]
        ),
        "work_by_tail": pd.DataFrame(
            [{**NAMES, **third, "third": name, "log_ratio": log} for name, log in logs.items()],
            columns=list(TAIL_COLUMNS),
        ),
    }
