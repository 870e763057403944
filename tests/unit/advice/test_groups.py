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


def read(folder: Path, content: str | bytes, **options: str) -> Groups:
    path = folder / "my.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_groups(path, options)


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
        EFFECTS.replace("-2", "\u22122"),
        EFFECTS.replace("-2", "\u20132").encode("cp1252"),
        EFFECTS.replace("y,se", "TE,seTE"),
        EFFECTS.replace("label,y,se", "SLAB,estimate,Std. Error"),
        "school,yi,vi\nA,1.5,0.25\nB,-2,0.01\n",
        "sep=;\r\n" + EFFECTS.replace(",", ";").replace(".", ","),
        '\n# Effects, "2024"\n#\n\n' + EFFECTS,
        EFFECTS.replace(",", "  "),
        EFFECTS.replace("-1\n", "-1,,\n"),
        EFFECTS.replace("label,y,se", ",Treatment effect,SE (mmHg)"),
        EFFECTS.replace("label,", "").replace(",", " "),
        EFFECTS.replace("label,y", "#,study,y").replace("A,", "1,A,").replace("B,", "2,B,"),
    ],
)
def test_effects_are_read_from_any_dialect(tmp_path: Path, content: str | bytes) -> None:
    groups = read(tmp_path, content)
    assert groups.labels == ["A", "B"]
    np.testing.assert_array_equal(groups.data["y"], [1.5, -2.0])
    np.testing.assert_allclose(groups.data["se"], [0.5, 0.1], rtol=1e-15)
    assert groups.read.endswith(("0.5.", "0.25."))


# the file, the options, the likelihood, and its data
UNKNOWN = "normal_unknown_sigma"
FORMS: list[tuple[str, dict[str, str], str, list[list[float]]]] = [
    ("y,se,n\n1,2,30\n2,3,40\n", {}, "normal", [[1, 2], [2, 3]]),
    ("group,y,vi\nA,1,4\nB,2,9\n", {}, "normal", [[1, 2], [2, 3]]),
    ("what,error\n1,2\n2,3\n", {"Y": "what", "SE": "Error"}, "normal", [[1, 2], [2, 3]]),
    ("y;se\n1.500;900\n2.500;80,5\n", {"DECIMAL": ","}, "normal", [[1500, 2500], [900, 80.5]]),
    ('y,se\n"1,500",900\n"2,500",80.5\n', {"DECIMAL": "."}, "normal", [[1500, 2500], [900, 80.5]]),
    ("y,se\n1,4\nna,9\n2,5\n3,-\n", {"DROP": "1"}, "normal", [[1, 2], [4, 5]]),
    ("group,y,sd,n\nA,1,2,9\nB,2,NA,1\n", {}, UNKNOWN, [[1, 2], [9, 1]]),
    ("mean,sd,n\n1,2,9\n2,3,4\n", {}, UNKNOWN, [[1, 2], [9, 4]]),
    ("events,n\n1,4\n2,9\n", {}, "binomial", [[1, 2], [4, 9]]),
    ("player,Hits,at_bats\nX,1,4\nY,2,9\n", {}, "binomial", [[1, 2], [4, 9]]),
    ("group,r,n\nA,1,4\nB,2,9\nA,3,5\n", {}, "binomial", [[4, 2], [9, 9]]),
    ("deaths,population\n1,4\n2,9\n", {"TRIALS": "population"}, "binomial", [[1, 2], [4, 9]]),
    ("failures,exposure\n1,4.5\n2,9\n", {}, "poisson", [[1, 2], [4.5, 9]]),
    ("O,E\n1,4.5\n2,9\n", {}, "poisson", [[1, 2], [4.5, 9]]),
    ("group,count,catheter_days\nA,1,4\nB,2,9\nA,3,5\n", {}, "poisson", [[4, 2], [9, 9]]),
    (
        "plot,yield\nA,1\nA,5\nB,2\n",
        {"Y": "yield", "GROUP": "plot"},
        "normal_unknown_sigma",
        [[3, 2], [2, 1]],
    ),
    ("group,y,floor\nA,1,0\nA,5,1\nB,2,0\n", {}, UNKNOWN, [[3, 2], [2, 1]]),
    ("Deaths,Cases\n1,4\n2,9\n", {}, "binomial", [[1, 2], [4, 9]]),
    ("pump,t,x\n1,4.5,1\n2,9,2\n", {}, "poisson", [[1, 2], [4.5, 9]]),
    (
        "group,y\nA,1\nA,0\nB,0\n",
        {"TRIALS": "1", "GROUP": "group"},
        "binomial",
        [[1, 0], [2, 1]],
    ),
    ("group,y\nA,1\nA,0\nB,0\n", {"SIGMA": "unknown"}, UNKNOWN, [[0.5, 0], [2, 1]]),
    ("group,y\nA,1\nA,5\nB,2\n", {"SIGMA": "2"}, "normal", [[3, 2], [2**0.5, 2]]),
]


@pytest.mark.parametrize(("content", "options", "kind", "data"), FORMS)
def test_every_kind_of_data_is_read_by_the_names_of_its_columns(
    tmp_path: Path, content: str, options: dict[str, str], kind: str, data: list[list[float]]
) -> None:
    groups = read(tmp_path, content, **options)
    assert groups.kind == kind
    np.testing.assert_allclose([*groups.data.values()], data, rtol=1e-15)


@pytest.mark.parametrize(
    ("content", "labels"),
    [
        ("on,unit,y,se\n2024-01-02,ICU 1,1,2\n2024-02-02,Ward 2,2,2\n", ["ICU 1", "Ward 2"]),
        ("pump,t,x\n7,4,1\n9,9,2\n", ["7", "9"]),
        # the names of rows, as R and pandas write them
        (",pump,t,x\n0,7,4,1\n1,9,9,2\n", ["7", "9"]),
        ('"","y","n"\n"5",1,2\n"8",2,2\n', ["5", "8"]),
        ('"","study","y","n"\n"5",1,1,2\n"8",2,2,2\n', ["1", "2"]),
        ("study,author,y,n\n1,Abel,1,2\n2,Cho,2,2\n", ["Abel", "Cho"]),
        # neither the same twice nor measurements are names
        ("ward,y,n\n1,1,2\n1,2,2\n", ["1", "2"]),
        ("dose,y,n\n0.5,1,2\n1.5,2,2\n", ["1", "2"]),
    ],
)
def test_names_of_groups_are_those_that_differ(
    tmp_path: Path, content: str, labels: list[str]
) -> None:
    assert read(tmp_path, content).labels == labels


def test_observations_are_kept_and_their_squares_are_pooled(tmp_path: Path) -> None:
    groups = read(tmp_path, "group,y\nb,1\na,10\nb,3\na,14\nc,5\n")
    assert groups.labels == ["b", "a", "c"]
    np.testing.assert_array_equal(groups.data["y"], [2.0, 12.0, 5.0])
    assert groups.observations is not None
    np.testing.assert_array_equal(groups.observations.group, [0, 1, 0, 1, 2])
    # squared deviations 1 + 1 + 4 + 4 with 5 - 3 degrees of freedom
    assert groups.pooled_sd == pytest.approx(np.sqrt(5.0))


@given(st.floats(-1e100, 1e100))
def test_every_number_is_read_as_it_is_written(value: float) -> None:
    assert number(repr(value), "here") == value
    assert number(repr(value).replace(".", ","), "here", ",") == value
