import ast
from pathlib import Path

import pytest

from funnel_study.figures.catalogue import FIGURES, KINDS
from funnel_study.report.captions import read_captions

FOLDER = "workflow/report/figures"


def test_every_figure_has_a_caption_of_one_paragraph(repository: Path) -> None:
    assert not set(FIGURES) & set(KINDS)
    files = sorted((repository / FOLDER).iterdir())
    assert [file.name for file in files] == sorted(f"{name}.rst" for name in [*FIGURES, *KINDS])
    captions = read_captions(repository / FOLDER)
    assert set(captions) == {*FIGURES, *KINDS}
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert "\n\n" not in text
        assert captions[file.stem] == text.replace("\n", " ").strip()
        assert captions[file.stem].endswith(".")


def test_captions_have_no_markup(repository: Path) -> None:
    """Snakemake reads them as a Jinja template in reStructuredText, the report as plain text."""
    for file in (repository / FOLDER).iterdir():
        text = file.read_text(encoding="utf-8")
        assert not set("*`|{}\\") & set(text), file.name
        assert not any(word.strip(".,:;()").endswith("_") for word in text.split()), file.name


def write_captions(folder: Path) -> None:
    for name in [*FIGURES, *KINDS]:
        (folder / f"{name}.rst").write_text(f"How to read\n{name}.\n")


def test_the_lines_of_a_caption_are_joined(tmp_path: Path) -> None:
    write_captions(tmp_path)
    assert read_captions(tmp_path)["bias"] == "How to read bias."


def test_a_missing_caption_is_named(tmp_path: Path) -> None:
    write_captions(tmp_path)
    file = tmp_path / "traces.rst"
    for spoil in (lambda: file.write_text(" \n"), file.unlink):
        spoil()
        with pytest.raises(ValueError, match=r"traces.rst: the figure 'traces' needs a caption"):
            read_captions(tmp_path)


def test_figures_are_drawn_without_their_captions(repository: Path) -> None:
    """A new caption must not redraw a figure, whose fingerprint covers all that it imports."""
    for file in (repository / "src/funnel_study/figures").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert not (node.module or "").startswith("funnel_study.report"), file.name
            if isinstance(node, ast.Import):
                assert not any(each.name.startswith("funnel_study.report") for each in node.names)
            if isinstance(node, ast.Attribute):
                assert "captions" not in node.attr, file.name
            if isinstance(node, ast.Name):
                assert "captions" not in node.id, file.name
    for entry in ("figures.py", "draw.py"):
        assert "captions" not in (repository / "scripts" / entry).read_text(encoding="utf-8")
