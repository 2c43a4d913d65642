"""Metadata for machines, from ``CITATION.cff`` and the runs: CodeMeta, RO-Crate, JSON-LD and tags in the pages."""

from __future__ import annotations

import html
import json
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from report_utils.book.figure_files import DATA_FILES
from report_utils.book.pages import TEXT_SOURCES, book_pages
from report_utils.book.provenance import page_records, trained_runs
from report_utils.errors import InputError

CITATION = "CITATION.cff"
CODEMETA, CRATE = "codemeta.json", "ro-crate-metadata.json"

_SCHEMA = "https://schema.org"
_NEEDED = ("title", "abstract", "version", "license", "authors")
_PROJECT, _REPORT = "#report-utils", "#report"
_TYPES = {".html": "text/html", ".py": "text/x-python", ".csv": "text/csv", ".pdf": "application/pdf"}

Entity = dict[str, Any]


def read_citation(root: Path) -> dict[str, Any]:
    """Return the project's ``CITATION.cff``; one that is not YAML, or lacks what metadata need, is an InputError."""
    path = root / CITATION
    try:
        citation = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        msg = f"{path}: cannot be read ({' '.join(str(error).split())}); correct it"
        raise InputError(msg) from None
    missing = [key for key in _NEEDED if not (isinstance(citation, dict) and citation.get(key))]
    if missing:
        msg = f"{path}: has no {', '.join(missing)}; add what is missing"
        raise InputError(msg)
    return citation


def people(authors: Iterable[Mapping[str, Any]]) -> list[Entity]:
    """Return the authors of a citation file as persons and organisations of schema.org."""
    found = []
    for author in authors:
        given, family = author.get("given-names", ""), author.get("family-names", "")
        names = {"givenName": given, "familyName": family} if family else {}
        whole = author.get("name") or " ".join(filter(None, (given, author.get("name-particle"), family)))
        place = author.get("orcid") or author.get("website") or f"#{whole.replace(' ', '-')}"
        found.append({"@id": place, "@type": "Person" if family else "Organization", "name": whole, **names})
    return found


def _report(citation: Mapping[str, Any]) -> Entity:
    """Return the report that is reproduced."""
    report = citation["preferred-citation"]
    date = "-".join(f"{report[part]:02}" for part in ("year", "month") if part in report)
    about = {"name": report["title"], "author": people(report["authors"]), "datePublished": date}
    return {"@id": _REPORT, "@type": "Report", **about}


def _work(citation: Mapping[str, Any], kind: str) -> Entity:
    """Return what is said of the whole work everywhere."""
    return {
        "@type": kind,
        "name": citation["title"],
        "description": " ".join(citation["abstract"].split()),
        "version": str(citation["version"]),
        "license": f"https://spdx.org/licenses/{citation['license']}",
        "author": people(citation["authors"]),
    }


def codemeta(root: Path, citation: Mapping[str, Any], repository: str = "") -> Entity:
    """Return the description of the software (https://codemeta.github.io), from its citation and ``pyproject.toml``."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {
        "@context": "https://w3id.org/codemeta/3.0",
        **_work(citation, "SoftwareSourceCode"),
        "identifier": project["name"],
        "keywords": project["keywords"],
        "programmingLanguage": {"@type": "ComputerLanguage", "name": "Python"},
        "runtimePlatform": f"Python {project['requires-python']}",
        "softwareRequirements": project["dependencies"],
        "referencePublication": _report(citation),
        **({"codeRepository": repository} if repository else {}),
    }


def page_tags(citation: Mapping[str, Any], title: str, description: str, day: str, root: str, address: str = "") -> str:
    """Return what the head of a page says to search engines and reference managers.

    Its numbers were computed on a ``day`` (``YYYY-MM-DD``). ``root`` leads from it to the book's folder; ``address`` is
    its whole address, where the book has one.
    """
    book = _work(citation, "Book") | {"isBasedOn": _report(citation)}
    about = {"@context": _SCHEMA, "@type": "Chapter", "name": title, "description": description, "isPartOf": book}
    about |= {name: book[name] for name in ("author", "license", "version")}
    about |= {name: value for name, value in (("url", address), ("dateModified", day)) if value}
    tags = [("citation_title", title), ("citation_inbook_title", citation["title"]), ("citation_language", "en")]
    tags += [("citation_author", author["name"]) for author in book["author"]]
    tags += [("citation_publication_date", day.replace("-", "/"))] if day else []
    tags += [("citation_fulltext_html_url", address)] if address else []
    lines = [f'<meta name="{name}" content="{html.escape(value)}" />' for name, value in tags]
    lines.append(f'<link rel="describedby" type="application/ld+json" href="{root}{CRATE}" />')
    lines.append(f'<script type="application/ld+json">{_in_html(about)}</script>')
    return "\n".join(lines) + "\n"


def _in_html(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")


def ro_crate(root: Path, book: Path, *, prefix: str = "", parts: Iterable[Entity] = ()) -> Entity:
    """Return the description of a folder with the rendered book: its files, who made them, the run behind each page.

    It is RO-Crate 1.1 (https://w3id.org/ro/crate/1.1). ``prefix`` leads from the described folder to the book, and
    ``parts`` are what else is in it.
    """
    citation, records = read_citation(root), page_records(root / "book" / "pages")
    last_day = max((record.get("at", "") for record in records.values()), default="")[:10]
    work, report = _work(citation, "Dataset"), _report(citation)
    about = {_PROJECT: work | {"@id": _PROJECT, "@type": "SoftwareSourceCode", "programmingLanguage": "Python"}}
    files, runs = [*parts], []
    for page in book_pages(root):
        if page.slug not in records:
            continue
        record = records[page.slug]
        notebook, result = f"{prefix}{TEXT_SOURCES}/{page.notebook}.py", f"{prefix}pages/{page.slug}.html"
        files += [_file(notebook, ["File", "SoftwareSourceCode"]), _file(result)]
        used = {f"#{name}-{version}": (name, version) for name, version in record.get("versions", {}).items()}
        for place, (name, version) in used.items():
            about[place] = {"@id": place, "@type": "SoftwareApplication", "name": name, "version": version}
        profile, n_runs = record["inputs"]["profile"]["name"], len(trained_runs(record["inputs"]))
        runs.append(
            {
                "@id": f"#run-{page.slug}",
                "@type": "CreateAction",
                "name": f"profile {profile}: {n_runs} trainings shown",
                "identifier": record["digest"],
                "instrument": [{"@id": notebook}, *({"@id": place} for place in used)],
                "result": {"@id": result},
                "endTime": record.get("at", "").replace(" ", "T") + "Z",
            }
        )
    others = [*sorted((book / DATA_FILES).glob("*.csv")), *sorted(book.glob("*.pdf"))]
    files += [_file(f"{prefix}{path.relative_to(book).as_posix()}") for path in others]
    files = list({file["@id"]: file for file in files}.values())
    authors = {author["@id"]: author for author in [*work["author"], *report["author"]]}
    licence = {"@id": work["license"], "@type": "CreativeWork", "name": citation["license"]}
    whole = work | {
        "@id": "./",
        "datePublished": str(citation.get("date-released") or last_day),
        "license": {"@id": licence["@id"]},
        "isBasedOn": {"@id": _REPORT},
        "hasPart": [{"@id": file["@id"]} for file in files],
        "mentions": [{"@id": entity["@id"]} for entity in (*about.values(), *runs)],
    }
    about[_PROJECT]["license"] = whole["license"]
    for entity in (whole, report, about[_PROJECT]):
        entity["author"] = [{"@id": author["@id"]} for author in entity["author"]]
    descriptor = {
        "@id": CRATE,
        "@type": "CreativeWork",
        "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
        "about": {"@id": "./"},
    }
    graph = [descriptor, whole, licence, *authors.values(), report, *about.values(), *runs, *files]
    return {"@context": "https://w3id.org/ro/crate/1.1/context", "@graph": graph}


def _file(place: str, kind: str | list[str] = "File") -> Entity:
    path = Path(place)
    return {"@id": place, "@type": kind, "name": path.name, "encodingFormat": _TYPES.get(path.suffix, "text/plain")}


def as_file(entity: Entity) -> str:
    """Return a description as the text of its file."""
    return json.dumps(entity, indent=1, ensure_ascii=False) + "\n"


def write_metadata(root: Path, book: Path, repository: str = "") -> None:
    """Write the descriptions of the software and of the rendered book into its folder."""
    for name, content in ((CODEMETA, codemeta(root, read_citation(root), repository)), (CRATE, ro_crate(root, book))):
        (book / name).write_text(as_file(content), encoding="utf-8")
