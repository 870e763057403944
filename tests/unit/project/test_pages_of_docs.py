"""What the pages in docs/ and README.md say of numbers, and of where they are from."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
NUMBER = r"(-?(?:inf|\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?))"
INTERVAL = re.compile(rf"{NUMBER}(?: times)? \((?:95 % interval )?{NUMBER} to {NUMBER}\b")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("**/*.md"))]
TEMPLATES = (ROOT / "src/funnel_study/report/templates").glob("*.md")
# headline.md is the template of a part of README.md
GENERATED = [
    *(page for each in TEMPLATES if (page := ROOT / "docs" / each.name).exists()),
    *(page for page in PAGES if page.parent.name == "outcomes"),
]


def intervals(text: str) -> list[tuple[float, float, float]]:
    """The numbers with an interval, as in 2.1 (1.3 to 4.0): each with its limits."""
    found = INTERVAL.findall(" ".join(text.split()))
    return [tuple(float(each.replace(",", "")) for each in three) for three in found]


def test_intervals_are_read() -> None:
    text = "| 1,010 (-270 to 1,230.5) | 1e-05 (0 to inf) | takes 2 times (95 % interval 1 to\n3)"
    assert intervals(text) == [(1010, -270, 1230.5), (1e-5, 0, float("inf")), (2, 1, 3)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_intervals_contain_their_estimates(page: Path) -> None:
    found = intervals(page.read_text(encoding="utf-8"))
    assert [each for each in found if not each[1] <= each[0] <= each[2]] == []
    if page.name in ("README.md", "findings.md", "units.md", "landscape.md"):
        assert found


@pytest.mark.parametrize("page", GENERATED, ids=lambda page: page.name)
def test_a_generated_page_names_its_study_and_its_command(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert re.search(r"\bmake [a-z]+", text)
    assert re.search(r"config/[\w-]+\.yaml|`results/[\w-]+/", text)
