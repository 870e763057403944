"""The pages of the small study in a browser: the report, the index, and a page of one fit."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from conftest import Workflow
from playwright.sync_api import Browser, Page, sync_playwright

from funnel_study.figures.registry import FIGURES, FIT_FIGURES
from funnel_study.files.tables import read_table

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]

OPENED = """async () => {
    document.querySelectorAll("details").forEach(each => { each.open = true; });
    await Promise.all([...document.images].map(image => image.decode().catch(() => null)));
}"""
BROKEN = "() => [...document.images].filter(each => !(each.naturalWidth > 0)).map(each => each.alt)"
# what scrolls in a frame of its own may be wider than the window
BEYOND = """() => {
    const found = [], texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const text = texts.currentNode, range = document.createRange();
        range.selectNodeContents(text);
        const scrolls = text.parentElement.closest(".scroll, pre, .skip");
        if (text.data.trim() && !scrolls && [...range.getClientRects()].some(
            each => each.left < -0.5 || each.right > document.documentElement.clientWidth + 0.5
        )) found.push(text.data);
    }
    return found;
}"""
TARGETS = """() => [...document.querySelectorAll("nav a")].map(
    link => [link.innerText, document.querySelector(link.hash).innerText]
)"""
ROWS = """figure => [...figure.querySelectorAll("tbody tr")].map(
    row => [...row.cells].map(cell => cell.innerText)
)"""


@dataclass
class Visit:
    """A page in a browser window, with its requests and its error messages."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def rows(self, table: str) -> list[list[str]]:
        rows: list[list[str]] = self.page.locator(f"#{table}").evaluate(ROWS)
        return rows


REPOSITORY = Path(__file__).parents[2]
Visiting = Callable[..., Visit]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip(f"the report is tested in Chromium, and there is none of {', '.join(BROWSERS)}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visiting]:
    """Open a file in a new window and unfold all of its parts."""
    contexts = []

    def visit(path: Path, width: int = 1280, colours: Any = "light") -> Visit:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=colours
        )
        contexts.append(context)
        found = Visit(context.new_page())
        found.page.on("request", lambda request: found.requests.append(request.url))
        found.page.on("console", lambda message: found.complaints.append(message.text))
        found.page.on("pageerror", lambda error: found.complaints.append(str(error)))
        found.page.goto(path.as_uri())
        found.page.evaluate(OPENED)
        return found

    yield visit
    for context in contexts:
        context.close()


def assert_whole(found: Visit, path: Path) -> None:
    """The page shows all of its images and requests no other file."""
    assert found.complaints == []
    others = {url for url in found.requests if not url.startswith("data:")}
    assert others == {path.as_uri()}
    assert found.page.locator("img").count() > 0
    assert found.page.evaluate(BROKEN) == []


def assert_fits(found: Visit) -> None:
    """All text fits into the width of the window."""
    scrolled, width = found.page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    assert scrolled <= width
    assert found.page.evaluate(BEYOND) == []


WINDOWS = pytest.mark.parametrize(("width", "colours"), [(1280, "light"), (390, "dark")])


@WINDOWS
def test_the_report_fits_any_window(
    done: Workflow, visit: Visiting, width: int, colours: str
) -> None:
    path = done.root / "report.html"
    found = visit(path, width, colours)
    assert_whole(found, path)
    assert_fits(found)
    frame = "frame => frame.scrollWidth <= frame.clientWidth"
    assert found.page.locator("#answer-table .scroll").evaluate(frame), "the answer is not scrolled"
    shown = [figure for figure in FIGURES.values() if not figure.needs]
    assert found.page.locator("img").count() == len(shown)
    ground = found.page.evaluate("getComputedStyle(document.body).backgroundColor")
    red, green, blue = map(int, re.findall(r"\d+", ground))
    assert (min(red, green, blue) > 200) == (colours == "light")
    assert path.stat().st_size < 15_000_000, "small enough to send"


@WINDOWS
def test_the_page_of_advice_fits_any_window(
    visit: Visiting, tmp_path: Path, width: int, colours: str
) -> None:
    (tmp_path / "my.csv").write_text(
        "label,y,se\nA,28,15\nB,8,1\n" + "a long label " * 20 + ",-3,16\n"
    )
    command = [sys.executable, REPOSITORY / "scripts/advise.py", "my.csv", "--mu-prior=normal:9:.1"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    path = tmp_path / "results/advice/my/index.html"
    found = visit(path, width, colours)
    assert_whole(found, path)
    assert_fits(found)
    assert [row[0][:6] for row in found.rows("groups-table")] == ["A", "B", "a long"]
    assert all(target == link for link, target in found.page.evaluate(TARGETS))


def test_the_report_is_read_by_keyboard_and_printed(done: Workflow, visit: Visiting) -> None:
    page = visit(done.root / "report.html", width=390).page
    page.keyboard.press("Tab")
    link = page.locator(":focus")
    assert link.get_attribute("class") == "skip"
    box = link.bounding_box()
    assert box is not None
    assert min(box["x"], box["y"]) >= 0
    page.keyboard.press("Enter")
    assert page.locator(":focus").get_attribute("id") == "main"
    for place in page.locator(".scroll, pre").all():
        assert place.get_attribute("tabindex") == "0", "what scrolls is reached"
        assert place.get_attribute("aria-label")
    page.emulate_media(media="print")
    assert page.locator("h1").is_visible()
    assert page.locator("nav").is_hidden()


def test_links_of_the_report_lead_somewhere(done: Workflow, visit: Visiting) -> None:
    page = visit(done.root / "report.html").page
    contents = page.evaluate(TARGETS)
    assert len(contents) > 5
    assert all(link == heading for link, heading in contents)
    links = page.locator("main a").evaluate_all("links => links.map(each => each.pathname)")
    tables = {Path(link) for link in links if link.endswith(".csv")}
    assert tables >= {done.root / f"summary/{name}.csv" for name in ("fits", "answers")}
    assert all(table.exists() for table in tables)


def test_the_report_has_the_numbers_of_the_answers(done: Workflow, visit: Visiting) -> None:
    answers = read_table(done.root / "summary/answers.csv")
    columns = ["failed", "work", "largest_share", "ratio", "promised_ratio"]
    found = visit(done.root / "report.html")
    rows = found.rows("answers")
    assert [row[0] for row in rows if len(row) == 1] == ["few", "lone"]
    rows = [row for row in rows if len(row) > 1]
    for row, (_, expected) in zip(rows, answers.iterrows(), strict=True):
        name, verdict, failed, worst, *numbers = row
        assert (name, verdict) == (expected["parameterization"], expected["verdict"])
        assert worst == expected["worst_estimand"]
        values = expected[columns].astype(float)
        for text, value in zip([failed, *numbers], values, strict=True):
            text, _, _ = text.partition(" (")  # the limits of an interval
            shown = float(text.replace(",", "")) if text else None
            assert shown == (None if pd.isna(value) else pytest.approx(float(f"{value:.3g}")))
    said = found.page.locator(".verdicts dd").all_inner_texts()
    for sentence, best in zip(said, answers.groupby("scenario", sort=False), strict=True):
        (name,) = best[1].query("verdict == 'best'")["parameterization"].tolist() or ["No"]
        assert sentence.startswith((f"Use {name}", f"{name} parameterization"))
    assert [row[0] for row in found.rows("answer-table")] == ["few", "lone"]


def test_the_index_leads_to_the_report(done: Workflow, visit: Visiting) -> None:
    index = done.directory / "results/index.html"
    assert_fits(visit(index))
    found = visit(index, width=390)
    assert_fits(found)
    assert found.complaints == []
    assert found.page.evaluate(BROKEN) == []
    assert found.page.locator("img").count() == 1
    assert found.page.locator("h2").all_inner_texts() == ["small"]
    assert found.page.locator("dt").all_inner_texts() == ["few", "lone"]
    found.page.get_by_role("link", name="small").click()
    assert found.page.url == (done.root / "report.html").as_uri()


def test_a_study_that_cannot_be_read_is_left_out_of_the_index(copy: Workflow) -> None:
    results = copy.directory / "results"
    for name, text in (("broken", "study: ["), ("other", "study: 3"), ("unfinished", "")):
        (results / name).mkdir()
        (results / name / "config.yaml").write_text(text)
    (results / "index.html").unlink()
    command = [sys.executable, str(copy.checkout / "scripts/index.py"), str(results)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert all(name in done.stderr for name in ("broken", "other", "unfinished"))
    assert 'href="small/report.html"' in (results / "index.html").read_text()


def test_a_report_makes_no_fit_even_where_data_changed(copy: Workflow) -> None:
    """Of what `make report` runs, no stage is before the tables."""
    makefile = (copy.checkout / "Makefile").read_text().replace("\\\n", " ")
    (rules,) = re.findall(r"^REPORTING := (.*)$", makefile, re.MULTILINE)
    reporting = ["--allowed-rules", *rules.split(), "--forcerun", "summarise", "--", "page"]
    for block in (copy.root / "data").rglob("*.nc"):
        block.touch()
    plan = copy.planned(*reporting)
    assert not set(plan) & {"simulate", "exact", "fit", "diagnose"}
    assert plan["summarise"] == plan["analyse"] == plan["figures"] == plan["page"] == 1


@pytest.mark.slow
def test_a_fit_is_drawn_in_the_report_and_on_a_page_of_its_own(
    copy: Workflow, visit: Visiting
) -> None:
    """By the key `draw`, and with the written configuration, as `make inspect` does."""
    copy.config["draw"] = [{"scenarios": ["few"], "parameterizations": ["mixed"]}]
    rules = ("draw_data", "draw_fit", "draw_all", "collate_times", "page")
    copy.succeed("--allowed-rules", *rules, "--", "page")
    kinds = [kind for kind in FIT_FIGURES.values() if kind.of in ("data set", "fit", "all")]
    found = visit(copy.root / "report.html", width=390)
    assert_whole(found, copy.root / "report.html")
    assert_fits(found)
    assert found.page.locator("details img").count() == len(kinds)

    copy.config = yaml.safe_load((copy.root / "config.yaml").read_text())
    path = copy.root / "figures/few/0/stan/mixed/index.html"
    copy.succeed("--", str(path.relative_to(copy.directory)))
    found = visit(path, width=390)
    assert_whole(found, path)
    assert_fits(found)
    assert found.page.locator("img").count() == len(kinds)
    estimates = read_table(copy.root / "summary/estimates.csv").query(
        "scenario == 'few' and parameterization == 'mixed' and replicate == 0"
    )
    rows = found.rows("estimates-table")
    assert [row[0] for row in rows] == estimates["estimand"].tolist()
    means = [float(row[2].replace("\N{MINUS SIGN}", "-")) for row in rows]
    assert means == pytest.approx(estimates["mean"].tolist(), rel=0.005)
