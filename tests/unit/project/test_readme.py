"""README and docs: the answer is computed, and every command and link exists."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml
from chain_errors_of import chain_errors_of
from findings_tables import findings_tables
from landscape_tables import landscape_tables

import findings
from funnel_study.analysis import (
    agreement,
    answer,
    diagnostic_value,
    divergences,
    landscape,
    lengths,
    performance,
    sweep,
    tail,
    timing,
    work,
)
from funnel_study.diagnosis import columns
from funnel_study.diagnosis.chain_errors import PROBABILITIES, QUANTITIES
from funnel_study.files.formats import write_netcdf
from funnel_study.files.tables import write_table

BEGIN, END = findings.markers("findings")
PAGES = sorted(
    path.relative_to(Path(__file__).parents[3])
    for pattern in ("*.md", "docs/**/*.md", "config/*.md", "results/README.md")
    for path in Path(__file__).parents[3].glob(pattern)
)


@pytest.fixture
def results(repository: Path, tmp_path: Path) -> Path:
    """A study with the tables and figures of the findings."""
    for name, table in findings_tables().items():
        write_table(table, tmp_path / f"some/summary/{name}.csv")
    # mixed takes twice the work of noncentered, except for the published data set
    scale = np.sqrt([[1.0] * 9, [1_000.0] + [2.0] * 8])[:, :, None, None]
    p = np.array(PROBABILITIES)
    below = scale[..., None] * np.sqrt(p * (1 - p)) * np.ones((1, 1, 4, len(QUANTITIES), 1))
    errors = chain_errors_of(
        scale * np.ones((1, 1, 4, 4)), parameterizations=("noncentered", "mixed"), below=below
    )
    write_netcdf(tmp_path / "some/summary/chain_errors.nc", {"weak": errors})
    weak = {"name": "weak", "sigma": 10, "n_per_individual": [1, 1], "published_seed": 1234}
    config = {"study": "some", "scenarios": [weak]}
    shipped = yaml.safe_load((repository / "config/many-seeds.yaml").read_text())
    (tmp_path / "some/config.yaml").write_text(yaml.safe_dump(shipped | config))
    (tmp_path / "some/figures").mkdir()
    for figure in findings.FIGURES:
        (tmp_path / "some/figures" / figure).write_text("<svg/>")
    return tmp_path / "some"


def test_the_findings_of_a_study_replace_those_before(
    repository: Path, results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = tmp_path / "checkout"
    (checkout / "docs").mkdir(parents=True)
    shutil.copy(repository / "README.md", checkout)
    before = (checkout / "README.md").read_text()
    for _ in range(2):
        arguments = ["findings.py", "--study", str(results), "--checkout", str(checkout)]
        monkeypatch.setattr("sys.argv", [*arguments, "--diagnostics", str(tmp_path / "none")])
        findings.main()
        after = (checkout / "README.md").read_text()
        said = after.split(BEGIN)[1].split(END)[0]
        assert "| mixed | 2 (2 to 2) |" in said
        assert max(map(len, said.splitlines())) <= 100
        assert [after.split(mark)[i] for mark, i in ((BEGIN, 0), (END, 1))] == [
            *(before.split(BEGIN)[0], before.split(END)[1])
        ]
    page = (checkout / "docs/findings.md").read_text()
    assert page.startswith("# Findings\n")
    text = [line for line in page.splitlines() if not line.startswith(("|", "!["))]
    assert max(map(len, text)) <= 100
    for figure in findings.FIGURES:
        assert (checkout / "docs" / figure).read_text() == "<svg/>"


def test_without_a_finished_study_there_are_no_findings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["findings.py", "--study", str(tmp_path / "none")])
    with pytest.raises(SystemExit, match="has a finished study"):
        findings.main()


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives to the headings of a page."""
    headings = re.findall(r"(?m)^#+ (.+)$", page.read_text())
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in headings}


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_link_leads_to_a_file_and_a_heading(repository: Path, page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]*)(?:#([^)\s]+))?\)", (repository / page).read_text())
    for link, anchor in links:
        if "://" in link or link.startswith("mailto:"):
            continue
        target = repository / page.parent / link if link else repository / page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), f"{link}#{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_make_command_exists(repository: Path, page: Path) -> None:
    makefile = (repository / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z0-9-]+):", makefile, re.MULTILINE))
    text = (repository / page).read_text()
    code = "\n".join([*re.findall(r"`([^`\n]+)`", text), *re.findall(r"(?m)^    .+$", text)])
    named = set(re.findall(r"(?:^|[\s(])make ([a-z][a-z0-9-]*)", code))
    assert named <= targets


def test_every_column_of_the_tables_is_described(repository: Path) -> None:
    page = (repository / "results/README.md").read_text()
    described = set(re.findall(r"`([^`\n]+)`", page))
    for start, end in re.findall(r"`(\w+)_q05` to `(\w+)_q95`", page):
        assert start == end
        described |= {f"{start}_{name}" for name in columns.QUANTILES}
    tables = [
        *columns.TABLES.values(),
        *(table.columns for name, table in landscape_tables().items() if name in landscape.TABLES),
        *(answer.COLUMNS, answer.WINNER_COLUMNS, sweep.IDENTIFIERS, sweep.RESULTS),
        *(diagnostic_value.VALUE_COLUMNS, diagnostic_value.ROC_COLUMNS),
        *(divergences.DIVERGENCE_COLUMNS, performance.MEASURES),
        *(module.COLUMNS for module in (agreement, lengths, tail, timing, work)),
    ]
    assert not {name for table in tables for name in table} - described


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "docs/extending.md"])
def test_what_a_page_finds_in_a_file_is_there(repository: Path, page: str) -> None:
    """As in "`fit_block` in [fitting/fit.py](src/funnel_study/fitting/fit.py)"."""
    text = " ".join((repository / page).read_text().split())
    found = re.findall(r"`([^`]+)`,? (?:also )?in (?:the same )?\[[^\]]+\]\(([^)#]+)\)", text)
    assert len(found) > 5
    folder = (repository / page).parent
    assert not [(name, path) for name, path in found if name not in (folder / path).read_text()]


def test_the_tests_that_hold_a_promise_exist(repository: Path) -> None:
    page = (repository / "docs/faults.md").read_text()
    files = set(re.findall(r"`(tests/\S+)`", page))
    assert files
    assert not {file for file in files if not (repository / file).exists()}
    assert len(page.splitlines()) <= 60
