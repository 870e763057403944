import numpy as np
import pandas as pd

from funnel_study.report.markdown import markdown_table


def test_a_table_has_its_numbers_to_the_right_and_nothing_where_they_are_missing() -> None:
    table = pd.DataFrame(
        {
            "name": ["a|b", None],
            "fits": pd.array([9_000, None], dtype="Int64"),
            "seconds": [1.2345, np.nan],
        }
    )
    assert markdown_table(table).splitlines() == [
        "| name | fits | seconds |",
        "| --- | ---: | ---: |",
        "| a\\|b | 9,000 | 1.23 |",
        "|  |  |  |",
    ]


def test_a_table_may_be_empty() -> None:
    assert markdown_table(pd.DataFrame({"a": []})) == "| a |\n| ---: |"
