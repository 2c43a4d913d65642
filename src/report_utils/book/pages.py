"""Which pages the book has: a page is a notebook and a line in ``_toc.yml``, a template a page for each transform."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from report_utils.binning import TRANSFORMS
from report_utils.binning.transforms import Transform
from report_utils.errors import InputError
from report_utils.profiles import project_root
from report_utils.reproduction.one_profile import DYNAMICS_TRANSFORMS

NOTEBOOKS = "notebooks"
CONTENTS = "_toc.yml"
TEXT_SOURCES = "_sources/notebooks"
"""Where the rendered book keeps the notebooks' text sources."""

_PAGES = "pages/"
"""How the lines of run pages begin in ``_toc.yml``."""


@dataclass(frozen=True)
class Page:
    """One page of the book that is run: ``pages/SLUG`` in ``_toc.yml``, made by a notebook in ``notebooks/``."""

    slug: str
    notebook: str
    title: str = ""
    """What ``{{ title }}`` in a template becomes."""
    parameters: dict[str, str] = field(default_factory=dict)
    """What the notebook is run with, besides the profile."""
    words: dict[str, str] = field(default_factory=dict)
    """What further names between double braces become, where pages share a template."""

    def notebook_path(self, root: Path | None = None) -> Path:
        """Return the notebook that makes the page."""
        return (root or project_root()) / NOTEBOOKS / f"{self.notebook}.py"


def _transform_pages(notebook: str) -> list[Page]:
    return [
        Page(
            f"3-3-{name.replace('_', '-')}",
            notebook,
            transform.label,
            {"transform": name},
            {"shows": _shows(transform)},
        )
        for name, transform in TRANSFORMS.items()
    ]


def _shows(transform: Transform) -> str:
    """Say what the images of a transform show, for their caption."""
    if transform.retained_percentile is not None:
        return "The brightest pixels are empty in every band; the difference shows which."
    if transform.source == "agn_less":
        return "These are the same clusters without AGN; the difference shows where these were."
    if transform.n_channels == 1:
        return "One channel shows how bright and how wide a cluster is; the difference, the photons of other energies."
    return "How fast the light fades from band to band tells the temperature; the difference shows what a band adds."


def _dynamics_pages(notebook: str) -> list[Page]:
    pages = []
    for name in DYNAMICS_TRANSFORMS:
        stem, is_whole = TRANSFORMS[name].title, TRANSFORMS[name].source == "observation"
        words = {
            "figure": "Figure 10" if is_whole else "Figure 11, right, by itself",
            "clusters": "clusters" if is_whole else "clusters without AGN",
        }
        pages.append(
            Page(
                f"4-1-dynamics-{stem.lower()}",
                notebook,
                f"{'4.1' if is_whole else '4.2'} Dynamics: {stem}",
                {"transform": name},
                words,
            )
        )
    return pages


TEMPLATES: Mapping[str, Callable[[str], list[Page]]] = {
    "3-3-transform": _transform_pages,
    "4-1-dynamics": _dynamics_pages,
}
"""The notebooks that make several pages, and which: their one line in ``_toc.yml`` stands for all of them."""


def book_pages(root: Path | None = None) -> tuple[Page, ...]:
    """Return the pages that are run, in the order of the contents; a line without a notebook is an InputError."""
    root = root or project_root()
    path = root / CONTENTS
    try:
        pages = _pages_of(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        msg = f"{path}: is not YAML ({' '.join(str(error).split())}); correct it"
        raise InputError(msg) from None
    for page in pages:
        notebook = page.notebook_path(root)
        if not notebook.is_file():
            line = f"{_PAGES}{page.notebook}"
            msg = f"{path}: {line} has no notebook; add {notebook.relative_to(root)}, or remove the line"
            raise InputError(msg)
    return pages


@cache
def _pages_of(contents: str) -> tuple[Page, ...]:
    names = [name.removeprefix(_PAGES) for name in _files(yaml.safe_load(contents)) if name.startswith(_PAGES)]
    made = (TEMPLATES[name](name) if name in TEMPLATES else [Page(name, name)] for name in names)
    return tuple(page for several in made for page in several)


def _files(entry: Any) -> list[str]:
    if isinstance(entry, dict):
        own = [value for name, value in entry.items() if name in {"file", "root"}]
        return own + [name for value in entry.values() for name in _files(value)]
    return [name for item in entry for name in _files(item)] if isinstance(entry, list) else []


def notebook_of(document: str) -> str | None:
    """Return the notebook that makes a document such as ``pages/2-data``, or None for one that is not run."""
    return {f"{_PAGES}{page.slug}": page.notebook for page in book_pages()}.get(document)


def unlisted_notebooks(root: Path | None = None) -> list[str]:
    """Return a line for each notebook that makes no page because the table of contents does not list it."""
    root = root or project_root()
    used = {page.notebook for page in book_pages(root)}
    return [
        f"{NOTEBOOKS}/{path.name} makes no page; to have one, add `- file: {_PAGES}{path.stem}` to {CONTENTS}"
        for path in sorted((root / NOTEBOOKS).glob("*.py"))
        if path.stem not in used and "# %%" in path.read_text(encoding="utf-8")
    ]


def say_unlisted_notebooks() -> None:
    """Say on the standard error which notebooks make no page."""
    for line in unlisted_notebooks():
        print(f"report-utils: {line}", file=sys.stderr)


def full_contents(root: Path | None = None) -> dict[str, Any]:
    """Return the table of contents with all pages of a template in place of its line."""
    text = ((root or project_root()) / CONTENTS).read_text(encoding="utf-8")
    return _expanded(yaml.safe_load(text))


def _expanded(entry: Any) -> Any:
    if isinstance(entry, dict):
        return {name: _expanded(value) for name, value in entry.items()}
    if not isinstance(entry, list):
        return entry
    items: list[Any] = []
    for item in entry:
        name = str(item.get("file", "")).removeprefix(_PAGES) if isinstance(item, dict) else ""
        if name in TEMPLATES:
            items += [{"file": f"{_PAGES}{page.slug}"} for page in TEMPLATES[name](name)]
        else:
            items.append(_expanded(item))
    return items
