"""What the book says of how it was made: a line below each title, one under each figure, and the executions page."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from report_utils.book.pages import TEXT_SOURCES, book_pages, notebook_of
from report_utils.profiles import project_root
from report_utils.report.wording import markdown_table
from report_utils.reproduction.one_profile import Reproduction
from report_utils.runs.code_digest import digest
from report_utils.runs.ownership import METADATA, record_of

EXPLAINED = "../how-these-numbers-are-made.md"
"""The page that says what the words of the line below a title mean, as seen from a page that is run."""

ORIGINS = "#origins"
"""A label: where the book says once which commits made its committed results, and what has changed since."""

MOST_RUNS_NAMED = 4
"""Under a figure; a page that shows more runs gives their number, and a link to the list."""

_DIGEST_LENGTH, _PAGES_NAMED = 12, 3

Inputs = Mapping[str, Any]
"""What a page was made from, as its executed notebook records it."""


def page_records(folder: Path) -> dict[str, dict[str, Any]]:
    """Return what each executed page in a folder was made from, by slug; pages that have not been run are left out."""
    records = {page.slug: record_of(folder / f"{page.slug}.ipynb") for page in book_pages()}
    return {slug: record for slug, record in records.items() if record is not None}


def trained_runs(inputs: Inputs) -> dict[str, str]:
    """Return the digests of the fits and dynamics that a page read, by name."""
    runs = inputs.get("runs", {}).items()
    return {name: key for name, key in runs if key is not None and not name.startswith("data/")}


def _settings(inputs: Inputs) -> dict[str, Any]:
    return {"profile": inputs.get("profile", {}).get("name", "?"), **inputs.get("page", {}).get("parameters", {})}


# --- the line below a title ---


def with_line(text: str, reproduction: Reproduction) -> str:
    """Return an executed page, as it is kept, with the line below its title."""
    notebook = json.loads(text)
    first = notebook["cells"][0]
    title, _, rest = "".join(first["source"]).partition("\n")
    line = provenance_line(notebook["metadata"][METADATA]["inputs"], reproduction)
    if title.startswith("# "):
        first["source"] = f"{title}\n\n{line}\n{rest}".splitlines(keepends=True)
    return json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def provenance_line(inputs: Inputs, reproduction: Reproduction) -> str:
    """Return in MyST Markdown which profile a page shows, how many observations, folds and seeds, and whose results.

    Where committed results come from stands once in the book; the line links to it, and says what this page lacks.
    """
    profile, data = inputs["profile"], inputs["data"]
    of_results = bool(inputs["shown"]) and bool(inputs["results"])
    link = f"[How these numbers are made]({EXPLAINED})"
    if not of_results and not _reads_profile(inputs, reproduction):
        return f"*Nothing on this page depends on the profile. {link}.*"
    kind = "" if "archive" in data else "simulated "
    facts = [f"{data['n_clusters']:,} {kind}observations of {data['n_pixels']} × {data['n_pixels']} pixels"]
    trained = trained_runs(inputs)
    if trained or of_results:
        folds = profile["folds"]
        facts.append(f"{folds['run']} of {folds['n_folds']} folds")
    facts.append(f"seed {profile['seed']}")
    n_seeds = len({name.rpartition("seed-")[2] for name in trained})
    if trained:
        facts.append(f"{n_seeds} training seed{'s' * (n_seeds > 1)}")
    elif not of_results:
        facts.append("no trained network on this page")
    whose = "; runs of this build" if trained and not of_results else ""
    if inputs["results"]:
        whose += f"; {'' if of_results else 'studies from '}[committed results]({ORIGINS})"
    gaps = reproduction.gaps_note(_asked_for("fit", inputs), _asked_for("dynamics", inputs)) if of_results else ""
    said = [f"Profile `{profile['name']}`: {', '.join(facts)}{whose}.", *([gaps] if gaps else []), f"{link}."]
    return f"*{' '.join(said)}*"


def _asked_for(kind: str, inputs: Inputs) -> list[str]:
    """Return the transforms whose fits or dynamics a page asked for, whether they are there or not."""
    start = f"{kind}/{inputs['profile']['name']}/"
    return list(dict.fromkeys(name.split("/")[2] for name in inputs["runs"] if name.startswith(start)))


def _reads_profile(inputs: Inputs, reproduction: Reproduction) -> bool:
    """Tell whether a page has opened the profile; of a file elsewhere that is not known, and taken for granted."""
    profile, root = reproduction.profile.path, project_root()
    is_known = profile.is_relative_to(root)
    return bool(inputs["runs"]) or not is_known or profile.relative_to(root).as_posix() in inputs["files"]


# --- the line under a figure ---


def figure_line(docname: str, cell: int, inputs: Inputs) -> str:
    """Return as HTML which cell of a page made a figure, and from what."""
    notebook = notebook_of(docname)
    settings = ", ".join(f"<code>{html.escape(f'{name} = {it!r}')}</code>" for name, it in _settings(inputs).items())
    row = f"../executions.html#made-{docname.rpartition('/')[2]}"
    return (
        '<details class="made-by"><summary>How this figure was made</summary><p>'
        f'<a href="#cell-{cell}">Cell {cell}</a> of '
        f'<a href="../{TEXT_SOURCES}/{notebook}.py">{notebook}.py</a>, run with {settings}. '
        f'{runs_words(inputs)} <a href="{row}">When, how long, with which versions</a>.</p></details>\n'
    )


def runs_words(inputs: Inputs) -> str:
    """Name the data and runs that a page shows, with the first letters of their digests."""
    data = digest(inputs.get("data", {}))[:_DIGEST_LENGTH]
    runs = trained_runs(inputs)
    observations = f"Observations: <code>{data}</code>."
    if not runs:
        return f"{observations} It shows no training."
    if len(runs) > MOST_RUNS_NAMED:
        return f"{observations} The page shows {len(runs)} runs."
    named = ", ".join(f"<code>{html.escape(f'{name} {key[:_DIGEST_LENGTH]}')}</code>" for name, key in runs.items())
    return f"{observations} Runs of the page: {named}."


# --- the executions page ---


def _table(heads: list[str], rows: list[list[str]]) -> list[str]:
    align = "".join("r" if head in {"Seconds", "Runs"} else "l" for head in heads)
    return markdown_table(heads, rows, align).splitlines()


def pages_table(records: Mapping[str, Inputs]) -> list[str]:
    """Return a table of the pages as lines of MyST Markdown."""
    notebooks, rows = {page.slug: page.notebook for page in book_pages()}, []
    for slug, record in records.items():
        profile, *parameters = _settings(record["inputs"]).items()
        moment = " ".join(f'<span class="whole">{part}</span>' for part in record.get("at", "not recorded").split())
        rows.append(
            [
                f'<span id="made-{slug}"></span>[](pages/{slug}.ipynb)',
                f'<a class="whole" href="{TEXT_SOURCES}/{notebooks[slug]}.py">{notebooks[slug]}.py</a>',
                ", ".join([f"`{profile[1]}`", *(f"`{name} = {value}`" for name, value in parameters)]),
                moment,
                f"{record['seconds']:.1f}",
                str(len(trained_runs(record["inputs"]))),
            ]
        )
    total = sum(record["seconds"] for record in records.values())
    heads = ["Page", "Notebook", "Run with", "Run at (UTC)", "Seconds", "Runs"]
    return [
        f"{len(records)} of {len(notebooks)} pages were run, in {total:.0f} s of notebooks.",
        "",
        *_table(heads, rows),
    ]


def versions_table(records: Mapping[str, Inputs]) -> list[str]:
    """Return a table of versions as lines of Markdown, with one column where all pages agree."""
    sets: dict[str, list[str]] = {}
    for slug, record in records.items():
        sets.setdefault(json.dumps(record.get("versions", {}), sort_keys=True), []).append(slug)
    columns = [json.loads(text) for text in sets]
    names = sorted({name for versions in columns for name in versions}, key=str.lower)
    heads = ["all pages"] if len(sets) == 1 else [", ".join(slugs) for slugs in sets.values()]
    return _table(["package", *heads], [[name, *(column.get(name, "–") for column in columns)] for name in names])


def runs_table(records: Mapping[str, Inputs]) -> list[str]:
    """Return a table of all runs as lines of MyST Markdown, with the first letters of their digests."""
    shown: dict[tuple[str, str], list[str]] = {}
    for slug, record in records.items():
        for run in trained_runs(record["inputs"]).items():
            shown.setdefault(run, []).append(slug)
    if not shown:
        return ["No page shows a run."]
    rows = []
    for (name, key), slugs in sorted(shown.items()):
        named = ", ".join(f"[{slug}](pages/{slug}.ipynb)" for slug in slugs[:_PAGES_NAMED])
        more = f" and {len(slugs) - _PAGES_NAMED} more" if len(slugs) > _PAGES_NAMED else ""
        rows.append([name, f"`{key[:_DIGEST_LENGTH]}`", f"{named}{more}"])
    return _table(["Run", "Digest", "Shown by"], rows)


TABLES = {"pages": pages_table, "versions": versions_table, "runs": runs_table}
"""What the executions page shows, by name."""
