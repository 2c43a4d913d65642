"""The executions page: which notebook made each page, when, how long it took, with which runs and versions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from report_utils.book.page_header import TEXT_SOURCES
from report_utils.book.pages import book_pages
from report_utils.runs.ownership import METADATA

_DIGEST_LENGTH, _PAGES_NAMED = 12, 3


def read_record(path: Path) -> dict[str, Any] | None:
    """Return what an executed notebook was made from, or None if there is no such notebook or it does not say."""
    if not path.is_file():
        return None
    return json.loads(path.read_text(encoding="utf-8")).get("metadata", {}).get(METADATA)


def page_records(folder: Path) -> dict[str, dict[str, Any]]:
    """Return what each executed page was made from, by slug; pages that have not been run are left out.

    Parameters
    ----------
    folder : Path
        Of the executed notebooks, such as ``book/pages``.
    """
    records = {page.slug: read_record(folder / f"{page.slug}.ipynb") for page in book_pages()}
    return {slug: record for slug, record in records.items() if record is not None}


def trained_runs(inputs: Mapping[str, Any]) -> dict[str, str]:
    """Return the digests of the fits and dynamics that a page read, by name."""
    runs = inputs.get("runs", {}).items()
    return {name: key for name, key in runs if key is not None and not name.startswith("data/")}


def pages_table(records: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return a table of the pages as lines of MyST Markdown.

    Parameters
    ----------
    records : mapping
        As :func:`page_records` returns them.
    """
    notebooks = {page.slug: page.notebook for page in book_pages()}
    lines = ["| Page | Notebook | Run with | Run at (UTC) | Seconds | Runs |", "|---|---|---|---|---:|---:|"]
    for slug, record in records.items():
        inputs = record["inputs"]
        source = f'<a class="whole" href="{TEXT_SOURCES}/{notebooks[slug]}.py">{notebooks[slug]}.py</a>'
        moment = " ".join(f'<span class="whole">{part}</span>' for part in record.get("at", "not recorded").split())
        lines.append(
            f'| <span id="made-{slug}"></span>[](pages/{slug}.ipynb) | {source} | {_settings(inputs)} '
            f"| {moment} | {record['seconds']:.1f} | {len(trained_runs(inputs))} |"
        )
    total = sum(record["seconds"] for record in records.values())
    return [f"{len(records)} of {len(notebooks)} pages were run, in {total:.0f} s of notebooks.", "", *lines]


def _settings(inputs: Mapping[str, Any]) -> str:
    profile = inputs.get("profile", {}).get("name", "?")
    parameters = [f"`{name} = {value}`" for name, value in inputs.get("page", {}).get("parameters", {}).items()]
    return ", ".join([f"`{profile}`", *parameters])


def versions_table(records: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return a table of versions as lines of Markdown, with one column where all pages agree."""
    sets: dict[str, list[str]] = {}
    for slug, record in records.items():
        sets.setdefault(json.dumps(record.get("versions", {}), sort_keys=True), []).append(slug)
    columns = [(json.loads(text), slugs) for text, slugs in sets.items()]
    names = sorted({name for versions, _ in columns for name in versions}, key=str.lower)
    heads = ["all pages" if len(columns) == 1 else ", ".join(slugs) for _, slugs in columns]
    lines = ["| package | " + " | ".join(heads) + " |", "|---|" + "---|" * len(heads)]
    for name in names:
        lines.append(f"| {name} | " + " | ".join(versions.get(name, "–") for versions, _ in columns) + " |")
    return lines


def runs_table(records: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return a table of all runs as lines of MyST Markdown, with the first letters of their digests."""
    shown: dict[tuple[str, str], list[str]] = {}
    for slug, record in records.items():
        for name, key in trained_runs(record["inputs"]).items():
            shown.setdefault((name, key), []).append(slug)
    if not shown:
        return ["No page shows a run."]
    lines = ["| Run | Digest | Shown by |", "|---|---|---|"]
    for (name, key), slugs in sorted(shown.items()):
        named = ", ".join(f"[{slug}](pages/{slug}.ipynb)" for slug in slugs[:_PAGES_NAMED])
        more = f" and {len(slugs) - _PAGES_NAMED} more" if len(slugs) > _PAGES_NAMED else ""
        lines.append(f"| {name} | `{key[:_DIGEST_LENGTH]}` | {named}{more} |")
    return lines


TABLES = {"pages": pages_table, "versions": versions_table, "runs": runs_table}
"""What the executions page shows, by name."""
