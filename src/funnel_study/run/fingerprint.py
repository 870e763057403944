"""Fingerprints of the code behind a job: when the code changes, so do the files that it makes."""

from __future__ import annotations

import ast
import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any


@cache
def fingerprint(script: str | Path, *modules: str) -> str:
    """A hash of a script and of every module of the project that it imports, directly or not.

    Modules are those beside the script, and the packages in the folder `src` beside its folder.

    Imports are found at the top of a module and within functions, whatever their form (`import
    a.b`, `from a import b`, `from . import b`), and with each module the packages that it is in.
    `modules` are further ones, by their full names, that are imported by name at run time.
    Comments, docstrings and layout do not count, since they change no result.

    Raises ImportError if one of `modules` does not exist.
    """
    folders = (Path(script).parent, Path(script).parent.parent / "src")
    waiting = [Path(script)]
    for module in modules:
        files = _files(folders, module)
        if len(files) <= module.count("."):
            raise ImportError(f"there is no module {module} in {folders[1]}")
        waiting += files
    used: set[Path] = set()
    while waiting:
        file = waiting.pop()
        if file not in used:
            used.add(file)
            waiting += [path for name in _read(file, folders)[1] for path in _files(folders, name)]
    digest = hashlib.sha256()
    for file in sorted(used, key=lambda file: _parts(file, folders)):
        digest.update(_read(file, folders)[0].encode())
    return digest.hexdigest()[:16]


class CodeFingerprints:
    """The fingerprints of the entry scripts in the folder `scripts`."""

    def __init__(self, scripts: str | Path) -> None:
        self._scripts = Path(scripts)

    def __call__(self, script: str, *, sampler: str = "", parameterization: str = "") -> str:
        """The fingerprint of a script, with the sampler and parameterization that it imports."""
        folders = {
            "funnel_study.fitting.samplers": sampler,
            "funnel.parameterizations": parameterization,
        }
        modules = [f"{folder}.{name}" for folder, name in folders.items() if name]
        return fingerprint(self._scripts / f"{script}.py", *modules)


@cache
def digest(*paths: str | Path) -> str:
    """A hash of the content of files of any kind."""
    return hashlib.sha256(b"".join(Path(path).read_bytes() for path in paths)).hexdigest()[:16]


def hash_of(*parts: Any) -> str:
    """A hash of anything that JSON can hold."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


@cache
def _files(folders: tuple[Path, ...], name: str) -> list[Path]:
    """The files of the packages that a module is in, and of the module, if they are in `folders`.

    The last part of `name` may be something else that a module has, which is in no file.
    """
    files: list[Path] = []
    for folder in folders:
        path = folder
        for part in name.split("."):
            path /= part
            file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
            if not file.is_file():
                break
            files.append(file)
        if files:
            break
    return files


def _parts(file: Path, folders: tuple[Path, ...]) -> tuple[str, ...]:
    """The path of a file within the folder that it is in."""
    return next(file.relative_to(each).parts for each in folders if file.is_relative_to(each))


@cache
def _read(path: Path, folders: tuple[Path, ...]) -> tuple[str, list[str]]:
    """The syntax tree of a module, without its docstrings, as text, and what it imports."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = _parts(path, folders)[: -node.level] if node.level else ()
            module = ".".join([*above, *([node.module] if node.module else [])])
            imported += [f"{module}.{alias.name}" for alias in node.names]
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and _is_docstring(body[0]):
            body[0] = ast.Pass()
    return ast.dump(tree), imported


def _is_docstring(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
