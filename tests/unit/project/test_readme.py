"""README and docs: the answer is computed, and every command and link exists."""

import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

import readme
from funnel.analysis.answer import COLUMNS
from funnel.storage.tables import write_table

PAGES = sorted(
    path.relative_to(Path(__file__).parents[3])
    for pattern in ("*.md", "docs/**/*.md", "config/*.md", "results/README.md")
    for path in Path(__file__).parents[3].glob(pattern)
)


def answers() -> pd.DataFrame:
    best = {"verdict": "best", "fits": 10, "wrong_high": 0.28, "ks": 0.0054, "ks_mcse": 0.0008}
    names = {"scenario": "weak", "sampler": "nutpie", "parameterization": "noncentered"}
    return pd.DataFrame([{**names, **best}], columns=list(COLUMNS))


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """A study with a table of answers and the main figure."""
    write_table(answers(), tmp_path / "some/summary/answers.csv")
    (tmp_path / "some/figures").mkdir()
    (tmp_path / "some/figures" / readme.FIGURE).write_text("<svg/>")
    return tmp_path / "some"


def test_the_answer_of_a_study_replaces_the_one_before(
    repository: Path, results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = tmp_path / "checkout"
    (checkout / "docs").mkdir(parents=True)
    shutil.copy(repository / "README.md", checkout)
    before = (checkout / "README.md").read_text()
    for _ in range(2):
        arguments = ["readme.py", str(results), "--checkout", str(checkout)]
        monkeypatch.setattr("sys.argv", arguments)
        readme.main()
        after = (checkout / "README.md").read_text()
        said = after.split(readme.BEGIN)[1].split(readme.END)[0]
        assert said.startswith("- **weak**: Use noncentered: none of its 10 fits is wrong")
        assert said.count("**") == 2
        assert max(map(len, said.splitlines())) <= 100
        assert [after.split(mark)[i] for mark, i in ((readme.BEGIN, 0), (readme.END, 1))] == [
            *(before.split(readme.BEGIN)[0], before.split(readme.END)[1])
        ]
    assert (checkout / "docs" / readme.FIGURE).read_text() == "<svg/>"


def test_a_page_without_the_markers_is_not_changed() -> None:
    with pytest.raises(SystemExit, match=r"^README\.md: the lines <!-- answer -->"):
        readme.with_answer("# Funnel\n", [])


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_link_leads_to_a_file(repository: Path, page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)", (repository / page).read_text())
    local = [link for link in links if "://" not in link and not link.startswith("mailto:")]
    missing = [link for link in local if not (repository / page.parent / link).exists()]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_make_command_exists(repository: Path, page: Path) -> None:
    makefile = (repository / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z0-9-]+):", makefile, re.MULTILINE))
    text = (repository / page).read_text()
    code = "\n".join([*re.findall(r"`([^`\n]+)`", text), *re.findall(r"(?m)^    .+$", text)])
    named = set(re.findall(r"(?:^|[\s(])make ([a-z][a-z0-9-]*)", code))
    assert named <= targets


def test_the_readme_is_short_and_says_the_answer_first(repository: Path) -> None:
    lines = (repository / "README.md").read_text().splitlines()
    assert len(lines) <= 200
    assert lines.index(readme.BEGIN.strip()) < next(
        i for i, line in enumerate(lines) if "make study" in line and line.startswith("    ")
    )
