"""Digests of what decides a result: values, files, and code without its comments and docstrings."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

PACKAGE = __name__.partition(".")[0]
_ROOT = Path(__file__).resolve().parent


def digest(value: Any) -> str:
    """Return the SHA-256 of a value made of mappings, sequences, strings, numbers and None."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False, default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Path):
        return str(value)
    msg = f"a {type(value).__name__} cannot take part in a digest"
    raise TypeError(msg)


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def code_digest(modules: Iterable[str]) -> str:
    """Return the digest of modules' or packages' code: their syntax trees without docstrings.

    A package's name stands for all modules below it and for the tables it ships.

    Parameters
    ----------
    modules : iterable of str
        Dotted names below this package, such as ``"cnn.model"`` or ``"simulation"``.
    """
    parts = {}
    for name in sorted(modules):
        path = _ROOT.joinpath(*name.split("."))
        files = sorted(path.rglob("*")) if path.is_dir() else [path.with_suffix(".py")]
        for file in files:
            if file.suffix == ".py":
                parts[file.relative_to(_ROOT).as_posix()] = source_digest(file.read_text(encoding="utf-8"))
            elif file.suffix in {".npz", ".csv"}:
                parts[file.relative_to(_ROOT).as_posix()] = file_digest(file)
    return digest(parts)


@cache
def source_digest(source: str) -> str:
    """Return the digest of Python source; comments, docstrings and layout do not change it."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [statement for statement in body if not _is_bare_string(statement)]
    return hashlib.sha256(ast.dump(tree, include_attributes=False).encode()).hexdigest()


def _is_bare_string(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def imported_modules(source: str) -> set[str]:
    """Return the dotted names, below this package, of all its modules that the source imports, directly or not."""
    found: set[str] = set()
    pending = set(_direct_imports(source))
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            pending |= _direct_imports(_module_source(name))
    return {name.partition(".")[2] for name in found} - {""}


@cache
def _direct_imports(source: str) -> frozenset[str]:
    names: set[str] = set()
    pending: list[ast.AST] = [ast.parse(source)]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            continue  # never run
        pending += ast.iter_child_nodes(node)
        if isinstance(node, ast.Import):
            candidates = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            candidates = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        names |= {_module_path_name(name) for name in candidates if name.partition(".")[0] == PACKAGE}
    return frozenset(names - {""})


@cache
def _module_path_name(name: str) -> str:
    """Return the name of the module file that a dotted import leads to, or nothing if it names an attribute."""
    path = _ROOT.joinpath(*name.split(".")[1:])
    if (path / "__init__.py").is_file():
        return f"{name}.__init__"
    return name if path.with_suffix(".py").is_file() else ""


def _module_source(name: str) -> str:
    return _ROOT.joinpath(*name.split(".")[1:]).with_suffix(".py").read_text(encoding="utf-8")


def package_version(distribution: str) -> str:
    """Return an installed distribution's version, or ``"absent"``."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(distribution)
    except PackageNotFoundError:
        return "absent"


def is_installed(module: str) -> bool:
    """Tell whether a module can be imported, without importing it."""
    return importlib.util.find_spec(module) is not None
