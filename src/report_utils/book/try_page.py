"""Run one page with other parameters and leave the book as it is (``report-utils page``)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat

from report_utils.binning import TRANSFORMS
from report_utils.book.execute import read_template, run_page, template_parameters
from report_utils.book.kept_pages import notebook_path, profile_argument
from report_utils.book.pages import Page, book_pages
from report_utils.errors import InputError
from report_utils.profiles import Profile, project_root
from report_utils.workers.worker_pool import Task, run_tasks

PROFILE = "profile"
"""A parameter of nearly every notebook; commands have an option for it."""

_BOOLEANS = {"true": True, "false": False}


def assignments(pairs: Iterable[str], defaults: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return parameters from ``key=value`` words, with the types of their defaults.

    Parameters
    ----------
    pairs : iterable of str
    defaults : mapping
        What the page's notebook declares.
    name : str
        The page, for messages.

    Raises
    ------
    InputError
        For what the page does not have or cannot take; the message lists what it can.
    """
    known = [key for key in defaults if key != PROFILE]
    values: dict[str, Any] = {}
    for pair in pairs:
        key, is_pair, text = pair.partition("=")
        if not is_pair:
            msg = f"parameter {pair!r} of page {name}: write it as key=value"
            raise InputError(msg)
        if key == PROFILE:
            msg = f"parameter {pair!r} of page {name}: name the profile with --profile {text}"
            raise InputError(msg)
        if key not in known:
            msg = f"page {name} has no parameter {key!r}; it has {', '.join(known) or 'none but the profile'}"
            raise InputError(msg)
        values[key] = _value(key, text, defaults[key])
    return values


def _value(key: str, text: str, default: Any) -> Any:
    if isinstance(default, bool):
        if text.lower() not in _BOOLEANS:
            msg = f"parameter {key}={text}: give true or false"
            raise InputError(msg)
        return _BOOLEANS[text.lower()]
    if isinstance(default, int | float):
        try:
            return type(default)(text)
        except ValueError:
            kind = "a whole number" if isinstance(default, int) else "a number"
            msg = f"parameter {key}={text}: give {kind}, like the default {default}"
            raise InputError(msg) from None
    if default in TRANSFORMS and text not in TRANSFORMS:
        msg = f"parameter {key}={text}: unknown transform; choose one of {', '.join(TRANSFORMS)}"
        raise InputError(msg)
    return text


def page_with(name: str, pairs: Iterable[str]) -> Page:
    """Return a page with other parameters.

    Parameters
    ----------
    name : str
        A page, or the notebook of several.
    pairs : iterable of str
        ``key=value``, for what is to differ. Where one of the book's pages has these values, its other values come
        with them.
    """
    candidates = [page for page in book_pages() if name in (page.slug, page.notebook)]
    if not candidates:
        names = dict.fromkeys([*(page.notebook for page in book_pages()), *(page.slug for page in book_pages())])
        msg = f"unknown page {name!r}; choose one of {', '.join(names)}"
        raise InputError(msg)
    notebook = candidates[0].notebook
    defaults = template_parameters(read_template(notebook_path(candidates[0])))
    given = assignments(pairs, defaults, name)
    siblings = [page for page in book_pages() if page.notebook == notebook]
    if not given:
        # a notebook's own defaults are one of its pages
        fitting = [page for page in candidates if page.parameters.items() <= defaults.items()]
        return (fitting or candidates)[0]
    for page in siblings:
        if given.items() <= page.parameters.items():
            return page
    return _changed(candidates[0], defaults | candidates[0].parameters | given)


def _changed(page: Page, values: dict[str, Any]) -> Page:
    """Return a page that the book does not have."""
    values = {key: value for key, value in values.items() if key != PROFILE and value is not None}
    names = tuple(dict.fromkeys(value for value in values.values() if value in TRANSFORMS))
    return replace(
        page,
        slug="-".join([page.notebook, *(str(value).replace("_", "-") for value in values.values())]),
        title=", ".join(TRANSFORMS[name].label for name in names) or page.title,
        parameters=values,
    )


def default_target(page: Page, profile: Profile) -> Path:
    """Return where a tried page is written by default."""
    return project_root() / "_build" / "tried" / profile.name / f"{page.slug}.html"


def run_tried(page: Page, profile: Profile) -> nbformat.NotebookNode:
    """Run a page for a profile; runs that it needs and that are missing are trained.

    Parameters
    ----------
    page : Page
        As :func:`page_with` returns it.
    profile : Profile
    """
    arguments = {"page": page, "template": notebook_path(page), "profile": profile_argument(profile)}
    executed, _ = run_tasks([Task(f"page {page.slug}", run_page, arguments, 1.0)], f"Page {page.slug}")[0]
    return executed


def write_tried(notebook: nbformat.NotebookNode, page: Page, target: Path) -> None:
    """Write a page that was run, as a notebook or as one HTML file that needs no other."""
    if target.suffix == ".ipynb":
        text = nbformat.writes(notebook)
    else:
        from report_utils.book.standalone import standalone_html

        text = standalone_html(notebook, page.slug)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    except OSError as error:
        msg = f"{target}: cannot write here: {error.strerror}; name another file with --out"
        raise InputError(msg) from error
