"""Fingerprints of the code behind a job: when the code changes, so do the files that it makes."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable
from functools import cache
from modulefinder import ModuleFinder
from pathlib import Path
from typing import Any


@cache
def fingerprint(script: str | Path, *modules: str) -> str:
    """A hash of a script and of every module beside it that it imports, directly or not.

    Imports are found at the top of a module and within functions, whatever their form (`import
    a.b`, `from a import b`, `from . import b`), and with each module the packages that it is in.
    `modules` are further ones, by their full names, that are imported by name at run time.
    Comments, docstrings and layout do not count, since they change no result.

    Raises ImportError if one of `modules` does not exist.
    """
    folder = Path(script).parent
    finder = ModuleFinder(path=[str(folder)])
    finder.run_script(str(script))
    for module in modules:
        finder.import_hook(module)
    # apart from the project's own modules, the finder knows only those without a file
    modules_found: Iterable[Any] = finder.modules.values()
    files = {Path(each.__file__) for each in modules_found if each.__file__}
    digest = hashlib.sha256()
    for file in sorted(files, key=lambda file: file.relative_to(folder).as_posix()):
        digest.update(_meaning(file).encode())
    return digest.hexdigest()[:16]


class CodeFingerprints:
    """The fingerprints of the entry scripts in the folder `scripts`, as `study.jobs.Code`."""

    def __init__(self, scripts: str | Path) -> None:
        self._scripts = Path(scripts)

    def __call__(self, script: str, *, sampler: str = "", parameterization: str = "") -> str:
        """The fingerprint of a script, with the sampler and parameterization that it imports."""
        folders = {
            "funnel.fitting.samplers": sampler,
            "funnel.model.parameterizations": parameterization,
        }
        modules = [f"{folder}.{name}" for folder, name in folders.items() if name]
        return fingerprint(self._scripts / f"{script}.py", *modules)


@cache
def digest(*paths: str | Path) -> str:
    """A hash of the content of files of any kind."""
    return hashlib.sha256(b"".join(Path(path).read_bytes() for path in paths)).hexdigest()[:16]


@cache
def _meaning(path: Path) -> str:
    """The syntax tree of a module, without its docstrings, as text."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and _is_docstring(body[0]):
            body[0] = ast.Pass()
    return ast.dump(tree)


def _is_docstring(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
