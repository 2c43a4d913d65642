"""The reproduction status as Markdown for a page, as text for a terminal, and as files for machines."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Sequence
from math import isfinite
from typing import Any

from report_utils.report.claim_tests import Part
from report_utils.report.compared_numbers import AGREES, DIFFERS
from report_utils.report.intervals import FAILS, HOLDS, Interval
from report_utils.report.reproduction_status import CLAIM, KINDS, NOT_PRINTED, ORDER, StatusEntry, counts_by_kind
from report_utils.report.sentences import listing
from report_utils.report.tables import markdown_table


def page_link(page: str) -> str:
    """Return what a page of the book links to: another page's notebook, or a figure by its name."""
    slug, _, figure = page.partition("#")
    return f"#{figure}" if figure else f"{slug}.ipynb"


def page_address(page: str) -> str:
    """Return where the rendered book has a page, below its own folder."""
    slug, hash_sign, figure = page.partition("#")
    return f"pages/{slug}.html{hash_sign}{figure}"


def status_markdown(entries: Sequence[StatusEntry], kind: str) -> str:
    """Write the entries of one kind as a table, below it when they agree and why so.

    Parameters
    ----------
    entries : sequence of StatusEntry
    kind : str
        One of :data:`report_utils.report.reproduction_status.KINDS`.
    """
    chosen = [entry for entry in entries if entry.kind == kind]
    rows = []
    for entry in chosen:
        rows.append(
            [
                f"[{entry.name}]({page_link(entry.page)})",
                entry.where,
                re.sub("^-", "−", entry.printed),
                entry.ours,
                f"**{entry.verdict}**",
                f"`{entry.run}`" if entry.run else "",
            ]
        )
        for part in entry.parts:
            rows.append([f"— {part.label}", "", _printed(part), f"{part.measured:.3f}", part.verdict, ""])
    table = markdown_table(["What", "In the report", "Printed", "Here", "Verdict", "Run"], rows, "llllll")
    return f"{table}\n\n{_tolerances(chosen)}".rstrip()


def _printed(part: Part) -> str:
    return NOT_PRINTED if part.printed is None else f"{part.printed:.3f}"


def _tolerances(entries: Sequence[StatusEntry]) -> str:
    """Say when entries agree and why so, once for all that share a tolerance."""
    sharing: dict = {}
    for entry in entries:
        if any(entry.rule):
            sharing.setdefault(entry.rule, []).append(entry.name)
    lines = []
    for (words, reason), names in sharing.items():
        verb = "Holds" if entries[0].kind == CLAIM else "Agrees"
        when = f"*{verb} when:* {words}. " if words else ""
        whose = "" if len(sharing) == 1 else f"{names[0]}: " if len(names) == 1 else f"{names[0]} and the like: "
        lines.append(f"- {whose}{when}*Why so:* {reason}")
    return "\n".join(lines)


def _plural(verdict: str, number: int) -> str:
    plurals = {AGREES: "agree", DIFFERS: "differ", HOLDS: "hold", FAILS: "fail"}
    return verdict if number == 1 else plurals.get(verdict, verdict)


def status_summary(entries: Sequence[StatusEntry]) -> str:
    """Write one line for each kind with the number of times that each verdict was given."""
    rows = [
        [kind, "; ".join(f"{number} {_plural(verdict, number)}" for verdict, number in counts.items())]
        for kind, counts in counts_by_kind(entries).items()
    ]
    return markdown_table(["Kind", "Verdicts"], rows, "ll")


def status_sentence(entries: Sequence[StatusEntry]) -> str:
    """Say in one sentence how many of all entries were given which verdict."""
    found = Counter(entry.verdict for entry in entries)
    counts = [f"{number} {_plural(verdict, number)}" for verdict in ORDER if (number := found[verdict])]
    return f"Of {len(entries)} figures, numbers and claims, {listing(counts)}."


def status_text(entries: Sequence[StatusEntry]) -> str:
    """Write all entries for a terminal, kind by kind, and below each kind when its entries agree and why so."""
    lines, width = [], max(len(verdict) for verdict in ORDER)
    indent = " " * (width + 3)
    for kind in KINDS:
        chosen = [entry for entry in entries if entry.kind == kind]
        if chosen:
            lines += ["", kind]
        for entry in chosen:
            lines.append(f"  {entry.verdict:<{width}} {entry.name}")
            said = [
                ("printed", "" if entry.printed == NOT_PRINTED else entry.printed),
                ("here", entry.ours),
                ("run", entry.run),
                ("page", page_address(entry.page)),
            ]
            lines.append(indent + "; ".join(f"{what} {value}" for what, value in said if value))
            for part in entry.parts:
                lines.append(
                    f"{indent}{part.label}: printed {_printed(part)}; here {part.measured:.3f}; {part.verdict}"
                )
        tolerances = _tolerances(chosen).replace("*", "")
        lines += [f"  {line}" for line in tolerances.splitlines()]
    return "\n".join(lines).lstrip("\n")


def _record(entry: StatusEntry) -> dict[str, Any]:
    return {
        "kind": entry.kind,
        "name": entry.name,
        "where": entry.where,
        "printed": entry.printed,
        "printed_value": entry.printed_value,
        "ours": entry.ours,
        **_numbers(entry.measured),
        "tolerance": entry.rule[0],
        "reason": entry.rule[1],
        "verdict": entry.verdict,
        "run": entry.run,
        "runs": list(entry.runs),
        "parts": [
            {"part": part.label, "printed_value": part.printed, **_numbers(part.measured), "verdict": part.verdict}
            for part in entry.parts
        ],
        "page": page_address(entry.page),
    }


def _numbers(measured: Interval | None) -> dict[str, float | int | None]:
    ends = {name: getattr(measured, name, None) for name in ("value", "low", "high", "n_seeds")}
    return {name: value if value is not None and isfinite(value) else None for name, value in ends.items()}


def status_json(entries: Sequence[StatusEntry], profile: str) -> str:
    """Write all entries as JSON: ``{"profile": ..., "entries": [...]}``."""
    return (
        json.dumps({"profile": profile, "entries": [_record(e) for e in entries]}, indent=1, ensure_ascii=False) + "\n"
    )


def status_csv(entries: Sequence[StatusEntry]) -> str:
    """Write all entries as CSV, one a line; several runs of one entry are parted by blanks.

    After a claim of several parts there is a line for each, with what it measures in the column ``part``.
    """
    lines = []
    for entry in entries:
        record = _record(entry)
        parts = record.pop("parts")
        lines.append(record | {"part": "", "runs": " ".join(record["runs"])})
        lines += [lines[-1] | {"printed": "", "ours": ""} | part for part in parts]
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, fieldnames=list(lines[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return buffer.getvalue()
