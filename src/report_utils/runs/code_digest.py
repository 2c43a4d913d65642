"""Digests of what decides a result: values, files, and code without its comments and docstrings."""

from __future__ import annotations

import ast
import hashlib
import importlib
import importlib.util
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

from report_utils.errors import InputError
from report_utils.files.disk import write_text

PACKAGE = __name__.partition(".")[0]
_ROOT = Path(__file__).resolve().parents[1]
_ASSETS = {".npz", ".csv", ".js", ".css"}


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


def code_digests(modules: Iterable[str]) -> dict[str, str]:
    """Return the digest of each module's code: its syntax tree without docstrings.

    A package's name stands for all modules below it and for the tables, scripts and styles it ships; a module's name
    also for those beside it whose names begin with its own.

    Parameters
    ----------
    modules : iterable of str
        Dotted names below this package, such as ``"cnn.model"`` or ``"simulation"``.

    Returns
    -------
    digests : dict of str to str
        By module (``"cnn.model"``) and by a table's file (``"simulation/tables/area.npz"``).
    """
    return {name: value for module in sorted(modules) for name, value in _once("digests", module, _digests_of).items()}


def _digests_of(module: str) -> dict[str, str]:
    path, digests = _ROOT.joinpath(*module.split(".")), {}
    # a module's own scripts and styles begin with its name
    for file in sorted(path.rglob("*") if path.is_dir() else path.parent.glob(f"{path.name}*")):
        inside = file.relative_to(_ROOT)
        if file.suffix == ".py" and (path.is_dir() or file.stem == path.name):
            digests[".".join(inside.with_suffix("").parts)] = source_digest(file.read_text(encoding="utf-8"))
        elif file.suffix in _ASSETS:
            digests[inside.as_posix()] = file_digest(file)
    return digests


_READ: dict[tuple[str, str], Any] | None = None
"""What has been read of modules where each is read once; None where an edit is to be seen at once."""


@contextmanager
def read_once() -> Iterator[None]:
    """Read each module once while this lasts: what is planned together is planned with the same code, and quickly."""
    global _READ
    before, _READ = _READ, {} if _READ is None else _READ
    try:
        yield
    finally:
        _READ = before


def _once(what: str, module: str, read: Callable[[str], Any]) -> Any:
    if _READ is None:
        return read(module)
    if (what, module) not in _READ:
        _READ[what, module] = read(module)
    return _READ[what, module]


_IMPORTED: dict[str, str] = {}


def require_code(digests: Mapping[str, str]) -> None:
    """Refuse to compute with other code than a key names: an editor may have been faster than this process.

    What a process has imported stays what it was, so each module is compared as it was when it was first asked for;
    a worker asks before its first task.

    Parameters
    ----------
    digests : mapping of str to str
        As :func:`code_digests` returned them when the work was planned.

    Raises
    ------
    InputError
        If a module was edited between the plan and the import.
    """
    for name, planned in digests.items():
        if name not in _IMPORTED:
            is_asset = Path(name).suffix in _ASSETS
            if not is_asset:
                importlib.import_module(f"{PACKAGE}.{name}".removesuffix(".__init__"))
            _IMPORTED[name] = file_digest(_ROOT / name) if is_asset else code_digests([name])[name]
        if _IMPORTED[name] != planned:
            msg = f"{name}: this code was edited after the work was planned with it; run the same command again"
            raise InputError(msg)


def source_digest(source: str) -> str:
    """Return the digest of Python source; comments, docstrings and layout do not change it."""
    return _analysed(source)[0]


_ANALYSES: dict[str, tuple[str, list[str]]] = {}
"""Digest and imports of sources, by the digests of their texts: reading Python is most of the work of a fresh book."""


@contextmanager
def kept_analyses(path: Path) -> Iterator[None]:
    """Take what is known of sources from a file, and write it again if more is known at the end.

    A file that is missing or damaged is made anew; one that cannot be written is left as it is.
    """
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
        _ANALYSES.update({name: (str(one), list(imports)) for name, (one, imports) in known.items()})
    except (OSError, ValueError, TypeError, AttributeError):
        known = {}
    before = set(_ANALYSES) if known else set()
    yield
    if set(_ANALYSES) != before:
        with suppress(InputError):
            write_text(path, json.dumps(_ANALYSES))


def _analysed(source: str) -> tuple[str, list[str]]:
    """Return a source's digest and all that it imports of this package, by dotted names."""
    # another Python has another syntax tree
    name = hashlib.sha256(f"{sys.version_info[:2]} {source}".encode()).hexdigest()
    if name not in _ANALYSES:
        tree = ast.parse(source)
        imports = sorted(_imports(tree))
        for node in ast.walk(tree):
            body = getattr(node, "body", None)
            if isinstance(body, list):
                node.body = [statement for statement in body if not _is_bare_string(statement)]
        text = ast.dump(tree, include_attributes=False)
        _ANALYSES[name] = hashlib.sha256(text.encode()).hexdigest(), imports
    return _ANALYSES[name]


def _is_bare_string(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def imported_modules(source: str) -> set[str]:
    """Return the dotted names, below this package, of all its modules that the source imports, directly or not."""
    found: set[str] = set()
    pending = set(map(_module_path_name, _analysed(source)[1]))
    while pending:
        name = pending.pop()
        if name and name not in found:
            found.add(name)
            pending |= _once("imports", name, _imports_of)
    return {name.partition(".")[2] for name in found} - {""}


def _imports_of(module: str) -> set[str]:
    return set(map(_module_path_name, _analysed(_module_source(module))[1]))


def _imports(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    pending: list[ast.AST] = [tree]
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
        names |= {name for name in candidates if name.partition(".")[0] == PACKAGE}
    return names


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
