"""Digests of what decides a result: values, files, and the definitions that a computation reaches.

A definition is a function, a class or a constant at the top level of a module. It is digested as a syntax tree without
docstrings, function annotations, imports from this package and the text of errors, because none of these affects a
number. The name of its module does not enter the digest, so code can be moved.
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
from functools import cached_property, reduce
from pathlib import Path
from typing import Any

from report_utils.errors import InputError

PACKAGE = __name__.partition(".")[0]
_ROOT = Path(__file__).resolve().parents[1]
_CARRIERS = frozenset({"errors", "files", "profiles", "runs", "widgets", "workers"})
"""Packages and modules that store, pass on or show numbers but compute none. Keys hold the entries of a profile."""
_TABLES = {".npz", ".csv"}
_OWNER = {"self", "cls"}
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
    msg = f"a {type(value).__name__} cannot be digested"
    raise TypeError(msg)


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file's contents."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def reached_definitions(*roots: str) -> dict[str, str]:
    """Return the digest of every definition in this package that the given ones use, directly or indirectly.

    Every name and every attribute of a module that a definition mentions is followed within this package, through
    imports at the top of a module or inside a function. A method that is given by itself is followed to what it uses
    of its own class. Where a package's ``__init__.py`` is reached, the data tables beside it are included.

    The roots are dotted names below this package, of functions, classes, methods or constants
    (``"cnn.crossval.fit_fold"``) or of whole modules (``"cnn.engine_jax"``); a name that does not exist is a
    LookupError. The digests are keyed by the definition's name, or by a table's file name; definitions with the same
    name share an entry.
    """
    pending: list[tuple[str, str]] = []
    for root in roots:
        pending += _resolved_root(root)
    return _digests_of(pending)


def source_definitions(source: str) -> dict[str, str]:
    """Return the digest of every definition in this package that Python source uses, directly or indirectly.

    What only shows numbers is included, since the source may show something.
    """
    module = _read_module(source)
    found = (place for reference in _all_references(module) for place in _resolve(module, reference))
    pending = [(owner, name) for owner, name in found if owner]  # the definitions of the source itself have no module
    return _digests_of(pending, _CARRIERS - {"widgets"})


def _all_references(module: _Module) -> set[str]:
    return set().union(*(definition.references for definition in module.definitions.values()), module.references)


def _digests_of(pending: list[tuple[str, str]], left_out: frozenset[str] = _CARRIERS) -> dict[str, str]:
    """Return the digests of definitions, given as (module, name), and of all that they use outside what is left out."""
    found: dict[tuple[str, str], str] = {}
    while pending:
        place = pending.pop()
        module_name, name = place
        if place in found or module_name.partition(".")[0] in left_out:
            continue
        module = _module(module_name)
        definition = module.definitions.get(name) or module.members[name]
        found[place] = definition.digest
        pending += [(module_name, member) for member in definition.members if member in module.members]
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
            if wanted in module.members:
                return [(module.name, wanted)]
            found = [*_resolve(module, wanted)] if wanted else [(module.name, name) for name in module.definitions]
            if found:
                return found
            break
    msg = f"{root}: this package has no such definition"
    raise LookupError(msg)


@dataclass
class _Definition:
    """What statements define; they are looked into where it is reached, for most of a module never is."""

    name: str
    statements: list[ast.stmt]

    @cached_property
    def _bare(self) -> list[ast.AST]:
        return [_bare(statement) for statement in self.statements]

    @cached_property
    def digest(self) -> str:
        """One statement's, or of a constant that several build, the earlier ones' with the next."""
        return reduce(lambda before, found: digest([before, found]), map(_syntax_digest, self._bare))

    @cached_property
    def references(self) -> set[str]:
        """The names that it mentions, dotted where they may be attributes of a module."""
        return set().union(*map(_references, self._bare)) - {self.name}

    @cached_property
    def members(self) -> set[str]:
        """By ``"Class.member"``: what a method uses of its own class; of a definition of a module, nothing."""
        owner, _, member = self.name.partition(".")
        nodes = (node for statement in self.statements for node in ast.walk(statement)) if member else ()
        return {
            f"{owner}.{node.attr}"
            for node in nodes
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in _OWNER
        }


@dataclass
class _Module:
    name: str
    path: Path | None
    definitions: dict[str, _Definition] = field(default_factory=dict)
    members: dict[str, _Definition] = field(default_factory=dict)
    """By ``"Class.member"``. Only a root can name a method by itself: code that mentions a class reaches all of it."""
    imports: dict[str, set[str]] = field(default_factory=dict)
    """Which definitions of this package a name may stand for, wherever in the module it is imported."""
    effects: str = ""
    """Digest of the top-level statements that define nothing; empty if there are none."""
    references: set[str] = field(default_factory=set)
    """The names that these statements mention."""

    @property
    def is_package(self) -> bool:
        """Tell whether other modules stand below it."""
        return self.path is not None and self.path.name == "__init__.py"


def _resolve(module: _Module, reference: str) -> Iterator[tuple[str, str]]:
    """Yield the (module, name) of each definition that a reference in a module points to."""
    first, _, rest = reference.partition(".")
    if first in module.definitions:
        yield module.name, first
        return
    inside = f"{module.name}.{first}" if module.name else first
    if rest and first not in module.imports and module.is_package and _module_path(inside) is not None:
        yield from _resolve(_module(inside), rest)
    for target in module.imports.get("*", ()):
        if (owner := target.rpartition(".")[0]) != module.name and _module_path(owner) is not None:
            yield from _resolve(_module(owner), reference)
    for target in module.imports.get(first, ()):
        if _module_path(target) is not None:  # a module: the part after the dot says which of its names is meant
            if rest:
                yield from _resolve(_module(target), rest)
        else:
            owner, _, name = target.rpartition(".")
            if _module_path(owner) is not None:
                yield from _resolve(_module(owner), f"{name}.{rest}" if rest else name)


_MODULES: dict[str, tuple[tuple[int, int], _Module]] = {}


def _module(name: str) -> _Module:
    """Return a parsed module; it is parsed again when its file has changed."""
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
    """Return the file of a module, by its dotted name below this package; the empty name is the package itself."""
    path = _ROOT.joinpath(*name.split(".")) if name else _ROOT
    for candidate in (path / "__init__.py", path.with_suffix(".py")):
        if candidate.is_file():
            return candidate
    return None


def _read_module(source: str, name: str = "", path: Path | None = None) -> _Module:
    tree = ast.parse(source) if path is None else ast.parse(source, str(path))
    module = _Module(name, path)
    effects: list[ast.stmt] = []
    for statement in _statements(tree.body):
        bound: set[str] = set()
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            module.definitions[statement.name] = _Definition(statement.name, [statement])
            if isinstance(statement, ast.ClassDef):
                module.members |= {member.name: member for member in _members_of(statement)}
        elif isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            bound = {node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)}
        elif not isinstance(statement, ast.Import | ast.ImportFrom):
            effects.append(statement)
            bound = _names_bound_by(statement)
        for constant in bound:
            module.definitions.setdefault(constant, _Definition(constant, [])).statements.append(statement)
    for node in ast.walk(tree):
        for here, target in _imports_of(node, _package_of(name, path)):
            module.imports.setdefault(here, set()).add(target)
    if effects:
        bare = _bare(ast.Module(effects, []))
        module.effects, module.references = _syntax_digest(bare), _references(bare)
    return module


def _statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield a module's top-level statements, without bare strings and without code for type checkers only."""
    for statement in body:
        is_for_types = isinstance(statement, ast.If) and ast.unparse(statement.test) == "TYPE_CHECKING"
        if not is_for_types and not _is_bare_string(statement):
            yield statement


def _names_bound_by(statement: ast.stmt) -> set[str]:
    """Return the names that a statement defines below a condition, in a loop, or where an import fails."""
    nodes = list(_same_scope(statement))
    names = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return names | {
        node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    }


def _members_of(owner: ast.ClassDef) -> Iterator[_Definition]:
    """Yield the methods and constants of a class."""
    for part in owner.body:
        if isinstance(part, ast.FunctionDef):
            names = [part.name]
        else:
            names = [each.id for each in getattr(part, "targets", []) if isinstance(each, ast.Name)]
        for name in names:
            yield _Definition(f"{owner.name}.{name}", [part])


def _package_of(name: str, path: Path | None) -> list[str]:
    """Return the parts of the name of the package that a module stands in, below this package."""
    parts = name.split(".") if name else []
    return parts if path is None or path.name == "__init__.py" else parts[:-1]


def _imports_of(node: ast.AST, package: list[str]) -> Iterator[tuple[str, str]]:
    """Yield (local name, dotted name below this package) for each import from this package in a statement."""
    if isinstance(node, ast.ImportFrom):
        if node.level:
            parts = [*package[: len(package) - node.level + 1], *(node.module or "").split(".")]
        else:
            own, *parts = (node.module or "").split(".")
            if own != PACKAGE:
                return
        for alias in node.names:
            yield alias.asname or alias.name, ".".join(part for part in (*parts, alias.name) if part)
    elif isinstance(node, ast.Import):
        for alias in node.names:
            own, _, inside = alias.name.partition(".")
            if own == PACKAGE:
                yield (alias.asname, inside) if alias.asname else (PACKAGE, "")


class _References(ast.NodeVisitor):
    """Collect the names that code mentions but does not bind itself."""

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
            for inner in _same_scope(part):
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


_NESTED = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda,
    ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp,
)  # fmt: skip


def _same_scope(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes below a node, without those whose names are bound in a scope of their own."""
    yield node
    if not isinstance(node, _NESTED):
        for part in ast.iter_child_nodes(node):
            yield from _same_scope(part)


def _bare(node: ast.AST) -> ast.AST:
    return _Bare().visit(copy.deepcopy(node))


def _references(bare: ast.AST) -> set[str]:
    visitor = _References()
    visitor.visit(bare)
    return visitor.found


def _syntax_digest(bare: ast.AST) -> str:
    return hashlib.sha256(ast.dump(bare, include_attributes=False).encode()).hexdigest()


class _Bare(ast.NodeTransformer):
    """Remove from a syntax tree everything that affects no number."""

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
        # a field's type is part of its class, but the names in it are not followed
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
    """Refuse to compute with code that differs from that of a key: it may have been edited since the plan was made.

    A process keeps the code that it has imported. So the code is read once, at the first call, and every later plan
    is compared with that; a worker calls this before its first task. ``planned`` is what :func:`reached_definitions`
    returned for the ``roots`` when the work was planned.
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
