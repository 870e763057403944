"""Fingerprints of the code behind a job, so that a result is redone when its code changed."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[1]


@cache
def fingerprint(script: str | Path, *modules: str) -> str:
    """A hash of what a script and all modules of this package behind it do.

    `modules` are names below this package that are imported only at run time. Comments,
    docstrings and layout do not count: they change no result.
    """
    script = Path(script)
    sources = {script, *_package_files(*modules)}
    while added := {file for source in sources for file in _imports(source)} - sources:
        sources |= added
    digest = hashlib.sha256()
    for source in sorted(sources, key=lambda path: path.relative_to(script.parent).as_posix()):
        digest.update(_meaning(source).encode())
    return digest.hexdigest()[:16]


@cache
def digest(*paths: str | Path) -> str:
    """A hash of what files hold, whatever they are."""
    return hashlib.sha256(b"".join(Path(path).read_bytes() for path in paths)).hexdigest()[:16]


@cache
def _meaning(path: Path) -> str:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and _is_docstring(body[0]):
            body[0] = ast.Pass()
    return ast.dump(tree)


@cache
def _imports(path: Path) -> frozenset[Path]:
    """The files of this package that `path` imports, at its top or within its functions."""
    return frozenset(file for name in _imported_names(path) for file in _package_files(name))


def _imported_names(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == PACKAGE.name:
            inner = (node.module or "").partition(".")[2]
            yield inner
            yield from (f"{inner}.{alias.name}".strip(".") for alias in node.names)


def _package_files(*names: str) -> Iterator[Path]:
    for name in filter(None, names):
        path = PACKAGE.joinpath(*name.split("."))
        candidates = (path.with_suffix(".py"), path / "__init__.py")
        yield from (file for file in candidates if file.is_file())


def _is_docstring(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
