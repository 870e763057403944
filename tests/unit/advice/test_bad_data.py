"""Data and options that cannot be used are refused with one line, which says what and where."""

from pathlib import Path

import pytest

import advise

GOOD = "label,y,se\nA,1,2\nB,3,4\n"
# the content of my.csv, and how the line begins
FILES: list[tuple[str | bytes, str]] = [
    ("", "my.csv: must have a line with the names of the columns, and data"),
    ("effect,error\n1,2\n", "my.csv: the columns are 'effect', 'error'; say which is which"),
    ("y,se,Y\n1,2,3\n", "my.csv: the column 'y' is given twice"),
    # a label of two lines
    ('label,y,se\n"A\nB",1,2\nC,three,4\n', "my.csv, line 4, column y: 'three' must be a finite"),
    (GOOD.replace("4", "inf"), "my.csv, line 3, column se: 'inf' must be a finite number"),
    (GOOD.replace("3", "1e999"), "my.csv, line 3, column y: '1e999' must be between -1e+100 and"),
    ("y;se\n1,5;2\n1.500;2\n", "my.csv, line 3, column y: '1.500' may have a mark between"),
    (
        "y;se\n12.500;900\n",
        "my.csv, line 2, column y: '12.500' may have a mark between thousands; "
        "add DECIMAL=, (12500) or DECIMAL=. (12.5)",
    ),
    (
        "y\tse\n12,500\t900\n",
        "my.csv, line 2, column y: '12,500' may have a mark between thousands;",
    ),
    ("y,se\n900,2\n12.500,2\n", "my.csv, line 3, column y: '12.500' may have a mark between"),
    ("y;se\n1,5;2\n1.25;2\n", "my.csv, line 3, column y: '1.25' must be a finite number; its"),
    (GOOD.replace("3", "N/A") + "C,5,\n", "my.csv: without a value: line 3, 4; add DROP=1"),
    ("r,n\n0,0\n1,5\n", "my.csv: without a value: line 2;"),
    ("r,n\n3,2\n1,5\n", "my.csv, line 2, column r: 3 must be at most trials = 2; 'r' are the"),
    ("count,exposure\n3.5,2\n1,5\n", "my.csv, line 2, column count: 3.5 must be a whole number"),
    ("events,n,days\n3,9,9\n", "my.csv: can be read in several ways; add TRIALS=n ('events' are"),
    ("mean,sd,n,se\n3,9,9,3\n", "my.csv: can be read in several ways; add SE=se ('mean' is the"),
    ("deaths,cases,n\n3,9,9\n", "my.csv: can be read in several ways; add Y=deaths TRIALS=cases ("),
    (
        "group,y,n\nA,3,9\nA,3,4\n",
        "my.csv: can be read in several ways; add SIGMA=unknown (",
    ),
    (GOOD.replace("B,3,4", "B,3"), "my.csv, line 3: has 2 values for 3 columns"),
    (GOOD.replace("B,", '"B,'), "my.csv, line 3: cannot be read as CSV (unexpected end of data)"),
    ("y,se\n1,2\n", "my.csv: has 1 groups; from 2 to 10,000 are allowed"),
    (GOOD.replace("B", "A"), "my.csv, line 3, column label: 'A' is given twice, and"),
    (GOOD.replace("B", " "), "my.csv: without a value: line 3; add DROP=1"),
    ("group,y\nA,1\nB,2\n", "my.csv: no group has two observations, so sigma cannot be told from"),
    ("group,y,precision\nA,1,2\nB,2,3\n", "my.csv: no group has two observations, so sigma cannot"),
    ("group,y\nA,1\nA,1\nB,2\n", "my.csv: no group has observations that differ, so sigma"),
    ("group,y\nA,1\nA,0\n", "my.csv: 'y' is 0 or 1 in each row; add TRIALS=1 GROUP=group ("),
    (GOOD + "Total,4,1\n", "my.csv, line 4, column label: 'Total' is no group; delete this line"),
    (b"PK\x03\x04\x14\0\x06\0", "my.csv: is a spreadsheet; save it as CSV"),
    (b"label,y,se\nA,1,2\n\x8d,3,4\n", "my.csv, line 3: the byte 0x8d is not valid; use UTF-8"),
]
OPTIONS = [
    (["my.csv", "SIGMA=2"], "SIGMA: is only for one observation per row; in my.csv, 'y' is the"),
    (["other.csv", "SIGMA=2"], "other.csv: the columns are 'a', 'b'; SIGMA is for one observation"),
    (["my.csv", "SIGMA=-2"], "SIGMA: '-2' must be above 0"),
    (["my.csv", "SE=error"], "SE = 'error': my.csv has the columns 'label', 'y', 'se'"),
    (["my.csv", "ERROR=se"], "ERROR: is no option; the options are Y, "),
    (["my.csv", "DECIMAL=;"], "DECIMAL = ';': must be . or ,"),
    (["my.csv", "--sigma-prior", "half_normal:1"], "SIGMA_PRIOR = 'half_normal:1': is only for"),
    (["my.csv", "--tau-prior", "gamma:1:2"], "TAU_PRIOR = 'gamma:1:2': must be one of half_normal"),
    (["my.csv", "--tau-prior", "half_normal:-1"], "TAU_PRIOR = 'half_normal:-1', SCALE: '-1' must"),
    (["my.csv", "--mu-prior", "normal:5"], "MU_PRIOR = 'normal:5': must be one of normal:MEAN:SD,"),
    (["my.csv", "--mu-prior", "normal:1e9:1"], "my.csv: exact posterior: data and priors conflict"),
    (["my.csv", "--check", "--tau-prior", "uniform:9"], "CHECK with the prior Uniform(0, 9): the"),
    (["my.csv", "--check", "--replicates", "1"], "--replicates = 1: must be 2 or more"),
    (["none.csv"], "none.csv: No such file or directory; give the path of a CSV file"),
    (["."], ".: Is a directory; give the path of a CSV file"),
]


def refused(monkeypatch: pytest.MonkeyPatch, folder: Path, arguments: list[str]) -> str:
    """The line with which the advice on data in a folder is refused."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr("sys.argv", ["advise.py", *arguments])
    with pytest.raises(SystemExit) as ended:
        advise.main()
    assert not Path("results").exists()
    line = ended.value.code
    assert isinstance(line, str)
    assert len(line.splitlines()) == 1
    return line


@pytest.mark.parametrize(("content", "said"), FILES, ids=range(len(FILES)))
def test_bad_files_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | bytes, said: str
) -> None:
    raw = content.encode() if isinstance(content, str) else content
    (tmp_path / "my.csv").write_bytes(raw)
    assert refused(monkeypatch, tmp_path, ["my.csv"]).startswith(said)


@pytest.mark.parametrize("column", ["95% CI low", "p"])
def test_an_interval_is_to_become_a_standard_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, column: str
) -> None:
    (tmp_path / "my.csv").write_text(f"study,OR,{column},up\nA,1,0.5,2\nB,1,0.6,2\n")
    line = refused(monkeypatch, tmp_path, ["my.csv"])
    assert ("log(upper)" in line) == ("CI" in column)


@pytest.mark.parametrize(("arguments", "said"), OPTIONS)
def test_bad_options_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    (tmp_path / "my.csv").write_text(GOOD)
    (tmp_path / "counts.csv").write_text("r,n\n1,2\n2,3\n")
    (tmp_path / "other.csv").write_text("a,b\n1,2\n2,3\n")
    assert refused(monkeypatch, tmp_path, arguments).startswith(said)
