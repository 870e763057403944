import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from funnel_study.report.markdown import markdown_table
from funnel_study.report.numbers import interval, number, with_error

MISSING = (np.nan, np.inf, -np.inf)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        *((0, "0"), (-0.0, "0"), (3, "3"), (np.int64(90_000), "90,000"), (99.96, "100")),
        *((1234567.0, "1,234,567"), (12_345.6, "12,300"), (-0.0374, "-0.0374"), (1 / 3, "0.333")),
        *((0.00123456, "0.00123"), (2.049e-5, "2.05e-05")),
        *((value, "") for value in MISSING),
    ],
)
def test_a_number_has_three_digits_and_a_whole_one_all(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        *((1, "1.00"), (0.999, "0.999"), (0.99951, "1.00"), (64.74, "64.7"), (115.2, "115")),
        *((12_345.6, "12,300"), (0.0201, "0.0201"), (0.02, "0.0200"), (0, "0"), (np.nan, "")),
    ],
)
def test_zeros_may_fill_the_digits(value: float, text: str) -> None:
    assert number(value, trailing_zeros=True) == text


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (1.2345, 0.0567, "1.23 (0.057)"),
        (2, 0, "2 (0)"),
        (1.2345, np.nan, "1.23"),
        *((value, 0.1, "") for value in MISSING),
    ],
)
def test_an_error_is_in_brackets(value: float, error: float, text: str) -> None:
    assert with_error(value, error) == text


@given(
    value=st.floats(-1e300, 1e300) | st.integers(-(10**15), 10**15),
    digits=st.integers(1, 15),
    trailing_zeros=st.booleans(),
)
def test_a_number_read_back_is_the_number_to_its_digits(
    value: float, digits: int, trailing_zeros: bool
) -> None:
    text = number(value, digits, trailing_zeros)
    read = float(text.replace(",", ""))
    # half a unit of the last digit, and the rounding of the parsed double
    assert read == pytest.approx(value, rel=(0.5 + 1e-9) * 10 ** (1 - digits), abs=1e-320)
    assert float(number(read, digits, trailing_zeros).replace(",", "")) == read
    opposite = text if read == 0 else text[1:] if read < 0 else f"-{text}"
    assert number(-value, digits, trailing_zeros) == opposite


def test_an_interval_follows_its_value_and_is_left_out_if_it_is_missing() -> None:
    rows = [(1234.5, -0.01234, 2_000.0), (2.0, np.nan, np.nan), (np.nan, np.nan, np.nan)]
    table = pd.DataFrame(rows, columns=["work", "work_low", "work_high"])
    assert interval(table, "work") == ["1,230 (-0.0123 to 2,000)", "2", ""]


def test_a_table_has_its_numbers_to_the_right_and_nothing_where_they_are_missing() -> None:
    fits = pd.array([9_000, None], dtype="Int64")
    table = pd.DataFrame({"name": ["a|b", None], "fits": fits, "seconds": [1.2345, np.nan]})
    assert markdown_table(table).splitlines() == [
        "| name | fits | seconds |",
        "| --- | ---: | ---: |",
        "| a\\|b | 9,000 | 1.23 |",
        "|  |  |  |",
    ]
    assert markdown_table(pd.DataFrame({"a": []})) == "| a |\n| ---: |"
