"""Data of users are read whatever program wrote them."""

import codecs
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from funnel_study.advice.csv_file import DataError, number
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
        EFFECTS.rstrip(),
        EFFECTS.replace("\n", "\n\n"),
        EFFECTS.replace(",", ";"),
        EFFECTS.replace(",", ";").replace(".", ","),
        EFFECTS.replace(",", "\t").replace(".", ","),
        EFFECTS.replace(",", " , "),
        EFFECTS.replace("label,y,se", "Label,Y,SE"),
        EFFECTS.replace("label", "group"),
        EFFECTS.replace("A,", '"A",'),
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


def test_groups_without_labels_are_numbered_from_one(tmp_path: Path) -> None:
    assert read(tmp_path, "y,se\n1,2\n3,4\n").labels == ["1", "2"]


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


def test_a_given_sigma_replaces_the_estimate(tmp_path: Path) -> None:
    groups = read(tmp_path, OBSERVATIONS, sigma=2.0)
    assert groups.sigma == 2.0
    assert not groups.estimated
    np.testing.assert_allclose(groups.se, [np.sqrt(2.0), np.sqrt(2.0), 2.0])


def test_100_000_observations_are_read(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    of, y = rng.integers(0, 50, 100_000), rng.normal(size=100_000)
    rows = "".join(f"g{k},{value!r}\n" for k, value in zip(of, y.tolist(), strict=True))
    groups = read(tmp_path, f"group,y\n{rows}")
    assert groups.K == 50
    assert groups.counts.sum() == 100_000
    means = {f"g{k}": y[of == k].mean() for k in range(50)}
    np.testing.assert_allclose(groups.y, [means[label] for label in groups.labels], rtol=1e-9)
    within = np.concatenate([y[of == k] - y[of == k].mean() for k in range(50)])
    assert groups.sigma == pytest.approx(np.sqrt((within**2).sum() / (100_000 - 50)))


@given(st.floats(-1e100, 1e100))
def test_every_number_is_read_as_it_is_written(value: float) -> None:
    assert number(repr(value), "here") == value
    assert number(repr(value).replace(".", ","), "here", decimal_comma=True) == value


@given(st.text())
def test_any_text_is_a_number_or_one_line(text: str) -> None:
    try:
        number(text, "here")
    except DataError as error:
        assert len(str(error).splitlines()) == 1
    else:
        float(text)
