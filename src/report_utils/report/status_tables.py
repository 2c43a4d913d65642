"""The reproduction status as Markdown for a page, as text for a terminal, and as files for machines."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from math import isfinite
from typing import Any

from report_utils.report.claim_tests import Part
from report_utils.report.compared_numbers import NOT_COMPARABLE
from report_utils.report.full_size import AT_FULL_SIZE, IN_THIS_BUILD
from report_utils.report.intervals import Interval
from report_utils.report.reproduction_status import CLAIM, KINDS, ORDER, StatusEntry
from report_utils.report.tables import NOT_PRINTED
from report_utils.report.wording import counted, listing, markdown_table


def page_link(page: str) -> str:
    """Return what a page of the book links to: another page's notebook, or a figure by its name."""
    slug, _, figure = page.partition("#")
    return f"#{figure}" if figure else f"{slug}.ipynb"


def page_address(page: str) -> str:
    """Return where the rendered book has a page, below its own folder."""
    slug, hash_sign, figure = page.partition("#")
    return f"pages/{slug}.html{hash_sign}{figure}"


def status_markdown(entries: Sequence[StatusEntry], kind: str) -> str:
    """Write the entries of one of :data:`KINDS` as a table, below it when they agree and why so."""
    chosen = [entry for entry in entries if entry.kind == kind]
    two_sizes = any(entry.in_this_build for entry in chosen)
    rows = []
    for entry in chosen:
        name, printed = f"[{entry.name}]({page_link(entry.page)})", re.sub("^-", "−", entry.printed)
        run = f"`{entry.run}`" if entry.run else ""
        rows.append([name, entry.where, printed, *_ours(entry, two_sizes=two_sizes), f"**{entry.verdict}**", run])
        at_full_size = entry.in_this_build is not None
        for part in entry.parts:
            cells = [f"{part.measured:.3f}", ""] if at_full_size else ["", f"{part.measured:.3f}"]
            rows.append([f"— {part.label}", "", _printed(part), *cells[not two_sizes :], part.verdict, ""])
    ours = [AT_FULL_SIZE.capitalize(), IN_THIS_BUILD.capitalize()] if two_sizes else ["Here"]
    header = ["What", "In the report", "Printed", *ours, "Verdict", "Run"]
    table = markdown_table(header, rows, "l" * len(header))
    return f"{table}\n\n{_tolerances(chosen)}".rstrip()


def _ours(entry: StatusEntry, *, two_sizes: bool) -> list[str]:
    """Return what is found at full size, and in this build with its verdict where that differs; or here alone."""
    own = entry.in_this_build
    if own is None:
        return ["", entry.ours] if two_sizes else [entry.ours]
    judged = own.verdict not in {entry.verdict, NOT_COMPARABLE}
    return [entry.ours, f"{own.ours} (**{own.verdict}**)" if judged else own.ours]


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
        others = f" and {len(names) - 1} more" if len(names) > 1 else ""
        whose = f"“{names[0].rstrip('.')}”{others}: " if len(sharing) > 1 else ""
        lines.append(f"- {whose}{when}*Why so:* {reason}")
    return "\n".join(lines)


def status_summary(entries: Sequence[StatusEntry]) -> str:
    """Write one line for each kind with the number of times that each verdict was given."""
    counts = {kind: counted((e.verdict for e in entries if e.kind == kind), ORDER) for kind in KINDS}
    return markdown_table(["Kind", "Verdicts"], [[kind, "; ".join(of)] for kind, of in counts.items() if of], "ll")


def status_sentence(entries: Sequence[StatusEntry]) -> str:
    """Say how many of all entries were given which verdict."""
    counts = counted((entry.verdict for entry in entries), ORDER)
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
            printed = "" if entry.printed == NOT_PRINTED else entry.printed
            two_sizes = entry.in_this_build is not None
            labels = (AT_FULL_SIZE, IN_THIS_BUILD) if two_sizes else ("here",)
            ours = dict(zip(labels, _ours(entry, two_sizes=two_sizes), strict=True))
            said = {"printed": printed, **ours, "run": entry.run, "page": page_address(entry.page)}
            lines.append(
                indent + "; ".join(f"{what} {value}" for what, value in said.items() if value).replace("**", "")
            )
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
        "profile": entry.profile,
        "in_this_build": None if entry.in_this_build is None else _record(entry.in_this_build),
    }


def _numbers(measured: Interval | None) -> dict[str, float | int | None]:
    ends = {name: getattr(measured, name, None) for name in ("value", "low", "high", "n_seeds")}
    return {name: value if value is not None and isfinite(value) else None for name, value in ends.items()}


def status_json(entries: Sequence[StatusEntry], profile: str) -> str:
    """Write all entries as JSON: ``{"profile": ..., "entries": [...]}``."""
    records = {"profile": profile, "entries": [_record(entry) for entry in entries]}
    return json.dumps(records, indent=1, ensure_ascii=False) + "\n"


def status_csv(entries: Sequence[StatusEntry]) -> str:
    """Write all entries as CSV, one a line; several runs of one entry are parted by blanks.

    After a claim of several parts there is a line for each, with what it measures in the column ``part``. After an
    entry of full size comes that of this build; the column ``profile`` tells them apart.
    """
    import pandas as pd

    lines = []
    for entry in (one for each in entries for one in (each, each.in_this_build) if one is not None):
        record = _record(entry)
        del record["in_this_build"]
        parts = record.pop("parts")
        lines.append(record | {"part": "", "runs": " ".join(record["runs"])})
        lines += [lines[-1] | {"printed": "", "ours": ""} | part for part in parts]
    return pd.DataFrame(lines, dtype=object).to_csv(index=False, lineterminator="\n")
