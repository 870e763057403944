"""Data of users are read whatever program wrote them."""

import codecs
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from funnel_study.advice.csv_file import number
from funnel_study.advice.groups import Groups, read_groups

EFFECTS = "label,y,se\nA,1.5,0.5\nB,-2,1e-1\n"


def read(folder: Path, content: str | bytes, sigma: float | None = None) -> Groups:
    path = folder / "my.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_groups(path, sigma)


@pytest.mark.parametrize(
    "content",
    [
        EFFECTS,
        EFFECTS.replace("\n", "\r\n"),
        EFFECTS.replace("\n", "\r"),
        EFFECTS.replace("\n", "\n\n"),
        EFFECTS.replace(",", ";").replace(".", ","),
        EFFECTS.replace(",", "\t").replace(".", ","),
        EFFECTS.replace("label,y,se", "Label,Y,SE"),
        EFFECTS.replace("label", "group"),
        "se,other,y,label\n0.5,x,1.5,A\n0.1,,-2,B\n",
        "y,se,label,\n1.5,0.5,A,\n-2,0.1,B,\n",
        codecs.BOM_UTF8 + EFFECTS.encode(),
        EFFECTS.encode("utf-16"),
    ],
)
def test_effects_are_read_from_any_dialect(tmp_path: Path, content: str | bytes) -> None:
    groups = read(tmp_path, content)
    assert groups.labels == ["A", "B"]
    np.testing.assert_array_equal(groups.y, [1.5, -2.0])
    np.testing.assert_array_equal(groups.se, [0.5, 0.1])
    assert groups.sigma is None


OBSERVATIONS = "group,y\nb,1\na,10\nb,3\na,14\nc,5\n"


def test_observations_are_averaged_and_sigma_is_pooled(tmp_path: Path) -> None:
    groups = read(tmp_path, OBSERVATIONS)
    assert groups.labels == ["b", "a", "c"]
    np.testing.assert_array_equal(groups.y, [2.0, 12.0, 5.0])
    np.testing.assert_array_equal(groups.counts, [2, 2, 1])
    np.testing.assert_array_equal(groups.observations, [1.0, 3.0, 10.0, 14.0, 5.0])
    # squared deviations 1 + 1 + 4 + 4 with 5 - 3 degrees of freedom
    assert groups.sigma == pytest.approx(np.sqrt(5.0))
    assert groups.estimated
    np.testing.assert_allclose(groups.se, np.sqrt([2.5, 2.5, 5.0]))
    given = read(tmp_path, OBSERVATIONS, sigma=2.0)
    np.testing.assert_allclose(given.se, [np.sqrt(2.0), np.sqrt(2.0), 2.0])
    assert not given.estimated


@given(st.floats(-1e100, 1e100))
def test_every_number_is_read_as_it_is_written(value: float) -> None:
    assert number(repr(value), "here") == value
    assert number(repr(value).replace(".", ","), "here", decimal_comma=True) == value
