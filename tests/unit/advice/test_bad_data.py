"""Test that data and options that cannot be used are refused with one line."""

import subprocess
import sys
from pathlib import Path

import pytest
from faults import Tried

import advise

KIND = "Bad data for advice"
GOOD = "label,y,se\nA,1,2\nB,3,4\n"
MANY = "".join(f"{k},1,2\n" for k in range(100_000))
# the content of my.csv, further options, and the line that is printed
CASES: dict[str, tuple[str | bytes, list[str], str]] = {
    "an empty file": (
        "",
        [],
        "my.csv: the file is empty; its first line must name the columns",
    ),
    "a file with the names of columns only": (
        "y,se\n",
        [],
        "my.csv: the file has no line after the names of the columns",
    ),
    "missing columns": (
        "effect,error\n1,2\n",
        [],
        "my.csv: the columns are 'effect', 'error'; the file must have y and se (one row per "
        "group), or group and y (one row per observation)",
    ),
    "a column given twice": (
        "y,se,Y\n1,2,3\n",
        [],
        "my.csv, line 1: the column 'y' is given twice",
    ),
    "text in a number": (
        GOOD.replace("3", "three"),
        [],
        "my.csv, line 3, column y: 'three' is not a number",
    ),
    "text in a number after a label of two lines": (
        'label,y,se\n"A\nB",1,2\nC,three,4\n',
        [],
        "my.csv, line 4, column y: 'three' is not a number",
    ),
    "a missing value": (
        GOOD.replace("3", ""),
        [],
        "my.csv, line 3, column y: the value is missing; must be a number",
    ),
    "nan as an effect": (
        GOOD.replace("3", "NaN"),
        [],
        "my.csv, line 3, column y: 'NaN' must be a finite number",
    ),
    "an infinite standard error": (
        GOOD.replace("4", "inf"),
        [],
        "my.csv, line 3, column se: 'inf' must be a finite number",
    ),
    "a negative standard error": (
        GOOD.replace("4", "-4"),
        [],
        "my.csv, line 3, column se: '-4' must be above 0",
    ),
    "a standard error of 0": (
        GOOD.replace("4", "0.0"),
        [],
        "my.csv, line 3, column se: '0.0' must be above 0",
    ),
    "a number beyond 1e100": (
        GOOD.replace("3", "1e999"),
        [],
        "my.csv, line 3, column y: '1e999' must be between -1e+100 and 1e+100",
    ),
    "a decimal comma in quotation marks, between commas": (
        GOOD.replace("3", '"3,5"'),
        [],
        "my.csv, line 3, column y: '3,5' is not a number; a decimal comma needs semicolons or tabs "
        "between the columns",
    ),
    "decimal commas and points in one column": (
        "y;se\n1,5;2\n1.500;2\n",
        [],
        "my.csv, line 3, column y: '1.500' has a point, but other values a decimal comma",
    ),
    "a line with too few values": (
        GOOD.replace("B,3,4", "B,3"),
        [],
        "my.csv, line 3: the number of values is 2, but must be that of the columns in line 1, 3",
    ),
    "a line with too many values": (
        GOOD.replace("A,1,2", "A,1,2,3"),
        [],
        "my.csv, line 2: the number of values is 4, but must be that of the columns in line 1, 3",
    ),
    "a quotation mark that is not closed": (
        GOOD.replace("B,", '"B,'),
        [],
        "my.csv, line 3: cannot be read as CSV (unexpected end of data)",
    ),
    "one group": (
        "y,se\n1,2\n",
        [],
        "my.csv: there is one group; at least two are needed",
    ),
    "a label given twice": (
        GOOD.replace("B", "A"),
        [],
        "my.csv, line 3, column label: 'A' is also in line 2; with a column se, each group must "
        "have one row",
    ),
    "an empty label": (
        GOOD.replace("B", " "),
        [],
        "my.csv, line 3, column label: the value is missing",
    ),
    "100,000 groups": (
        f"label,y,se\n{MANY}",
        [],
        "my.csv: there are 100,000 groups; at most 10,000 are allowed",
    ),
    "one observation in each group": (
        "group,y\nA,1\nB,2\n",
        [],
        "my.csv: every group has one observation, so sigma cannot be estimated; give SIGMA=NUMBER",
    ),
    "equal observations within each group": (
        "group,y\nA,1\nA,1\nB,2\n",
        [],
        "my.csv: the observations of each group are equal, so the estimate of sigma is 0; give "
        "SIGMA=NUMBER",
    ),
    "an Excel file": (b"PK\x03\x04\x14\0\x06\0", [], "my.csv: is a spreadsheet; save it as CSV"),
    "an old Excel file": (b"\xd0\xcf\x11\xe0\xa1", [], "my.csv: is a spreadsheet; save it as CSV"),
    "binary data": (
        bytes(range(128)),
        [],
        "my.csv: is not a text file; give the path of a CSV file",
    ),
    "a file in Latin-1": (
        "label,y,se\nA,1,2\né,3,4\n".encode("latin-1"),
        [],
        "my.csv, line 3: the byte 0xe9 is not valid; save the file as UTF-8 text",
    ),
    "SIGMA for effects": (
        GOOD,
        ["--sigma", "2"],
        "SIGMA = 2: is only for observations; my.csv has a column se",
    ),
    "a negative SIGMA": (GOOD, ["--sigma", "-2"], "SIGMA: '-2' must be above 0"),
    "an unknown prior of tau": (
        GOOD,
        ["--tau-prior", "gamma:1:2"],
        "TAU_PRIOR = 'gamma:1:2': must be one of half_normal:SCALE, half_cauchy:SCALE, "
        "half_t:DF:SCALE, exponential:SCALE, uniform:UPPER",
    ),
    "a prior of tau without its scale": (
        GOOD,
        ["--tau-prior", "half_normal"],
        "TAU_PRIOR = 'half_normal': must be one of half_normal:SCALE, half_cauchy:SCALE, "
        "half_t:DF:SCALE, exponential:SCALE, uniform:UPPER",
    ),
    "a prior of tau with a negative scale": (
        GOOD,
        ["--tau-prior", "half_normal:-1"],
        "TAU_PRIOR = 'half_normal:-1', SCALE: '-1' must be above 0",
    ),
    "an unknown prior of mu": (
        GOOD,
        ["--mu-prior", "normal:5"],
        "MU_PRIOR = 'normal:5': must be one of normal:MEAN:SD, flat",
    ),
    "a check with a prior that no study has": (
        GOOD,
        ["--check", "--mu-prior", "flat"],
        "CHECK with the priors flat and HalfNormal(5): the check needs a normal prior of mu and "
        "a half_normal or half_cauchy prior of tau",
    ),
    "data too far from the priors to compute a posterior": (
        "y,se\n1e9,1\n1e9,1\n",
        [],
        "my.csv: exact posterior: data and priors conflict too strongly (largest log density "
        "-2.84e+08)",
    ),
}


@pytest.mark.parametrize("what", CASES)
def test_bad_data_are_refused_with_one_line(
    tried: Tried, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    content, options, line = CASES[what]
    tried(KIND, what, f"{line} (exit code 1)")
    monkeypatch.chdir(tmp_path)
    raw = content.encode() if isinstance(content, str) else content
    Path("my.csv").write_bytes(raw)
    monkeypatch.setattr("sys.argv", ["advise.py", *options, "my.csv"])
    with pytest.raises(SystemExit) as ended:
        advise.main()
    assert ended.value.code == line
    assert not Path("results").exists()


@pytest.mark.parametrize(
    ("what", "name", "line"),
    [
        ("no such file", "none.csv", "none.csv: No such file or directory; give the path of a CSV"),
        ("a folder instead of a file", ".", ".: is a folder; give the path of a CSV"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(
    tried: Tried, repository: Path, tmp_path: Path, what: str, name: str, line: str
) -> None:
    tried(KIND, what, f"{line} file (exit code 1)")
    done = subprocess.run(
        [sys.executable, repository / "scripts/advise.py", name],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == f"{line} file\n"
    assert not list(tmp_path.iterdir())
