"""Digests of what decides a result: values, files, and the definitions that a computation reaches.

A definition is a function, a class or a constant at the top of a module. Its digest is that of its syntax tree without
docstrings, annotations of functions, imports of this package and the wording of errors: none of them decides a number.
The module it stands in takes no part, so that code can be moved.
"""

from __future__ import annotations

import ast
import copy
import hashlib
import importlib
import importlib.util
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from report_utils.errors import InputError

PACKAGE = __name__.partition(".")[0]
_ROOT = Path(__file__).resolve().parents[1]
_CARRIERS = {"errors", "files", "profiles", "runs", "widgets", "workers"}
"""Rooms that keep and carry numbers and compute none; a profile's entries take part in a key as values."""
_TABLES = {".npz", ".csv"}
_DIGITS = 16


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


def reached_definitions(*roots: str) -> dict[str, str]:
    """Return the digest of every definition of this package that some of its definitions reach.

    A name or an attribute of a module that a definition mentions is followed, through imports at the top of a module
    or inside a function, wherever it leads inside this package. Where a package's own file is reached, the tables
    beside it are, too.

    Parameters
    ----------
    *roots : str
        Dotted names below this package: of functions, classes, methods or constants, such as
        ``"cnn.crossval.fit_fold"``, or of whole modules, such as ``"cnn.engine_jax"``.

    Returns
    -------
    digests : dict of str to str
        By the definition's name, or the file name of a table. Definitions that share a name share an entry.

    Raises
    ------
    LookupError
        If a root names nothing.
    """
    pending: list[tuple[str, str]] = []
    for root in roots:
        pending += _resolved_root(root)
    return _digests_of(pending)


def source_definitions(source: str) -> dict[str, str]:
    """Return the digest of every definition of this package that Python source reaches.

    Raises
    ------
    SyntaxError
        If the source is not Python.
    """
    module = _read_module(source)
    found = (place for reference in _all_references(module) for place in _resolve(module, reference))
    pending = [(owner, name) for owner, name in found if owner]  # what the source itself defines has no module
    return _digests_of(pending)


def _all_references(module: _Module) -> set[str]:
    return set().union(*(definition.references for definition in module.definitions.values()), module.references)


def _digests_of(pending: list[tuple[str, str]]) -> dict[str, str]:
    """Return the digests of definitions, each a (module, name), and of all that they reach."""
    found: dict[tuple[str, str], str] = {}
    while pending:
        place = pending.pop()
        module_name, name = place
        if place in found or module_name.partition(".")[0] in _CARRIERS:
            continue
        module = _module(module_name)
        definition = module.definitions.get(name) or module.methods[name]
        found[place] = definition.digest
        for reference in definition.references:
            pending += _resolve(module, reference)
        if module.references or module.effects:
            found[module_name, f"{module_name.rpartition('.')[2]} (statements)"] = module.effects
            for reference in module.references:
                pending += _resolve(module, reference)
        if module.path is not None and module.path.name == "__init__.py":
            for table in sorted(module.path.parent.iterdir()):
                if table.suffix in _TABLES:
                    found[module_name, table.name] = file_digest(table)
    by_name: dict[str, list[str]] = {}
    for (_, name), value in found.items():
        by_name.setdefault(name, []).append(value)
    return {
        name: (values[0] if len(values) == 1 else digest(sorted(values)))[:_DIGITS]
        for name, values in sorted(by_name.items())
    }


def _resolved_root(root: str) -> list[tuple[str, str]]:
    parts = root.split(".")
    for n in range(len(parts), 0, -1):
        if _module_path(".".join(parts[:n])) is not None:
            module = _module(".".join(parts[:n]))
            wanted = ".".join(parts[n:])
            if wanted in module.methods:
                return [(module.name, wanted)]
            found = [*_resolve(module, wanted)] if wanted else [(module.name, name) for name in module.definitions]
            if found:
                return found
            break
    msg = f"{root}: this package defines nothing of that name"
    raise LookupError(msg)


@dataclass
class _Definition:
    digest: str
    references: set[str]
    """Names that it mentions, and dotted names where they may be attributes of a module."""


@dataclass
class _Module:
    name: str
    path: Path | None
    definitions: dict[str, _Definition] = field(default_factory=dict)
    methods: dict[str, _Definition] = field(default_factory=dict)
    """By ``"Class.method"``; only a root can name one by itself, for whoever mentions a class reaches all of it."""
    imports: dict[str, set[str]] = field(default_factory=dict)
    """What names stand for of this package, wherever in the module they are imported."""
    effects: str = ""
    """Digest of the statements at its top that define nothing; empty where there are none."""
    references: set[str] = field(default_factory=set)
    """What these statements mention."""


def _resolve(module: _Module, reference: str) -> Iterator[tuple[str, str]]:
    """Yield the (module, name) of the definitions that a reference of a module leads to."""
    first, _, rest = reference.partition(".")
    if first in module.definitions:
        yield module.name, first
        return
    for target in module.imports.get(first, ()):
        if _module_path(target) is not None:  # a module: which of its names is meant stands behind the dot
            if rest:
                yield from _resolve(_module(target), rest)
        else:
            owner, _, name = target.rpartition(".")
            if _module_path(owner) is not None:
                yield from _resolve(_module(owner), f"{name}.{rest}" if rest else name)


_MODULES: dict[str, tuple[tuple[int, int], _Module]] = {}


def _module(name: str) -> _Module:
    """Return what is known of a module; it is read again when its file has changed."""
    path = _module_path(name)
    if path is None:
        msg = f"{name}: this package has no such module"
        raise LookupError(msg)
    state = path.stat()
    signature = (state.st_mtime_ns, state.st_size)
    if name not in _MODULES or _MODULES[name][0] != signature:
        _MODULES[name] = signature, _read_module(path.read_text(encoding="utf-8"), name, path)
    return _MODULES[name][1]


def _module_path(name: str) -> Path | None:
    """Return the file of a module below this package, by its dotted name; the package itself has the empty one."""
    path = _ROOT.joinpath(*name.split(".")) if name else _ROOT
    for candidate in (path / "__init__.py", path.with_suffix(".py")):
        if candidate.is_file():
            return candidate
    return None


def _read_module(source: str, name: str = "", path: Path | None = None) -> _Module:
    tree = ast.parse(source)
    module = _Module(name, path)
    effects: list[ast.stmt] = []
    for statement in _statements(tree.body):
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            _define(module.definitions, statement.name, statement)
            if isinstance(statement, ast.ClassDef):
                for part in statement.body:
                    if isinstance(part, ast.FunctionDef):
                        _define(module.methods, f"{statement.name}.{part.name}", part)
        elif isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            names = {node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)}
            for target in sorted(names):
                _define(module.definitions, target, statement, more=target in module.definitions)
        elif not isinstance(statement, ast.Import | ast.ImportFrom):
            effects.append(statement)
    for node in ast.walk(tree):
        for here, target in _imports_of(node):
            module.imports.setdefault(here, set()).add(target)
    if effects:
        module.effects = _syntax_digest(ast.Module(effects, []))
        module.references = _references(ast.Module(effects, []))
    return module


def _statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements at a module's top, without bare strings and what only a type checker reads."""
    for statement in body:
        is_for_types = isinstance(statement, ast.If) and ast.unparse(statement.test) == "TYPE_CHECKING"
        if not is_for_types and not _is_bare_string(statement):
            yield statement


def _define(definitions: dict[str, _Definition], name: str, node: ast.stmt, *, more: bool = False) -> None:
    found, references = _syntax_digest(node), _references(node)
    if more:  # a constant that is made in several statements
        before = definitions[name]
        found, references = digest([before.digest, found]), references | before.references
    definitions[name] = _Definition(found, references - {name})


def _imports_of(node: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield (name here, dotted name below this package) of what a statement imports of it."""
    if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
        package, _, inside = node.module.partition(".")
        if package == PACKAGE:
            for alias in node.names:
                yield alias.asname or alias.name, f"{inside}.{alias.name}" if inside else alias.name
    elif isinstance(node, ast.Import):
        for alias in node.names:
            package, _, inside = alias.name.partition(".")
            if package == PACKAGE and alias.asname:
                yield alias.asname, inside


class _References(ast.NodeVisitor):
    """Collects the names that code mentions and does not bind itself."""

    def __init__(self) -> None:
        self.found: set[str] = set()
        self.scopes: list[set[str]] = []

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> None:
        arguments = node.args
        for default in (*arguments.defaults, *arguments.kw_defaults, *getattr(node, "decorator_list", [])):
            if default is not None:
                self.visit(default)
        names = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
        bound = {name.arg for name in names if name is not None}
        body = node.body if isinstance(node.body, list) else [node.body]
        shared: set[str] = set()
        for part in body:
            for inner in ast.walk(part):
                if isinstance(inner, ast.Name) and not isinstance(inner.ctx, ast.Load):
                    bound.add(inner.id)
                elif isinstance(inner, ast.Global | ast.Nonlocal):
                    shared.update(inner.names)
        self.scopes.append(bound - shared)
        for part in body:
            self.visit(part)
        self.scopes.pop()

    visit_AsyncFunctionDef = visit_Lambda = visit_FunctionDef  # noqa: N815

    def visit_Attribute(self, node: ast.Attribute) -> None:
        names, value = [node.attr], node.value
        while isinstance(value, ast.Attribute):
            names.append(value.attr)
            value = value.value
        if isinstance(value, ast.Name):
            self._mention(".".join([value.id, *reversed(names)]))
        else:
            self.visit(value)

    def visit_Name(self, node: ast.Name) -> None:
        self._mention(node.id)

    def _mention(self, name: str) -> None:
        if not any(name.partition(".")[0] in scope for scope in self.scopes):
            self.found.add(name)


def _references(node: ast.AST) -> set[str]:
    visitor = _References()
    visitor.visit(_Bare().visit(copy.deepcopy(node)))
    return visitor.found


def _syntax_digest(node: ast.AST) -> str:
    return hashlib.sha256(ast.dump(_Bare().visit(copy.deepcopy(node)), include_attributes=False).encode()).hexdigest()


class _Bare(ast.NodeTransformer):
    """Takes from a syntax tree what decides no number."""

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        error = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        return ast.Raise(exc=error, cause=None)

    def visit_Assign(self, node: ast.Assign) -> ast.AST | None:
        is_message = len(node.targets) == 1 and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "msg"
        return ast.Pass() if is_message else self.generic_visit(node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST:
        return ast.Pass() if (node.module or "").partition(".")[0] == PACKAGE else node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self._without_docstring(node)

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        return self._without_docstring(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return ast.arg(arg=node.arg)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        self.generic_visit(node)
        # a field's type is part of its class; names in it are not followed
        node.annotation = ast.Constant(ast.unparse(node.annotation))
        return node

    def _without_docstring(self, node: Any) -> ast.AST:
        self.generic_visit(node)
        node.body = [part for part in node.body if not _is_bare_string(part) and not isinstance(part, ast.Pass)]
        return node


def _is_bare_string(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


_IMPORTED: dict[tuple[str, ...], dict[str, str]] = {}


def require_code(planned: Mapping[str, str], roots: Iterable[str]) -> None:
    """Refuse to compute with other code than a key names: an editor may have been faster than this process.

    What a process has imported stays what it was, so the code is compared as it was when it was first asked for; a
    worker asks before its first task.

    Parameters
    ----------
    planned : mapping of str to str
        As :func:`reached_definitions` returned them when the work was planned.
    roots : iterable of str
        What they were reached from.

    Raises
    ------
    InputError
        If a definition was edited between the plan and the import.
    """
    roots = tuple(roots)
    if roots not in _IMPORTED:
        for root in roots:
            _import_module_of(root)
        _IMPORTED[roots] = reached_definitions(*roots)
    found = _IMPORTED[roots]
    edited = sorted(name for name in planned.keys() | found.keys() if planned.get(name) != found.get(name))
    if edited:
        names = ", ".join(edited[:3])
        msg = f"{names}: this code was edited after the work was planned with it; run the same command again"
        raise InputError(msg)


def _import_module_of(root: str) -> None:
    while root and _module_path(root) is None:
        root = root.rpartition(".")[0]
    importlib.import_module(f"{PACKAGE}.{root}")


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
