"""The reproduction status as Markdown for a page, as text for a terminal, and as files for machines."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from math import isfinite
from typing import Any

from report_utils.report.claim_tests import Part
from report_utils.report.claims import MARGIN_REASON, NEARLY_HALF_REASON
from report_utils.report.compared_numbers import NOT_COMPARABLE
from report_utils.report.full_size import AT_FULL_SIZE, IN_THIS_BUILD
from report_utils.report.intervals import Interval
from report_utils.report.reproduction_status import CLAIM, KINDS, ORDER, SETTINGS, StatusEntry
from report_utils.report.tables import NOT_PRINTED
from report_utils.report.wording import counted, listing, markdown_table, said_once


def page_link(page: str) -> str:
    """Return what a page of the book links to: another page's notebook, or a figure by its name."""
    slug, _, figure = page.partition("#")
    return f"#{figure}" if figure else f"{slug}.ipynb"


def page_address(page: str) -> str:
    """Return where the rendered book has a page, below its own folder."""
    slug, hash_sign, figure = page.partition("#")
    return f"pages/{slug}.html{hash_sign}{figure}"


def status_markdown(entries: Sequence[StatusEntry]) -> str:
    """Write all entries as one table, which the book lets a reader filter, and below it each rule with its reason."""
    two_sizes = any(entry.in_this_build for entry in entries)
    rules = dict.fromkeys(entry.rule for entry in entries if any(entry.rule))
    numbers = {rule: number for number, rule in enumerate(rules, start=1)}
    rows = []
    for entry in entries:
        printed = "<br>".join([re.sub("^-", "−", entry.printed), *(_printed(part) for part in entry.parts)])
        what = f"[{entry.name}]({page_link(entry.page)})" + (f"<br>{entry.where}" if entry.kind == CLAIM else "")
        run = f"`{entry.run}`" if entry.run else ""
        parts = (f"{part.label}: {part.measured:.3f}, {part.verdict}" for part in entry.parts)
        ours = _ours(entry, "<br>".join([entry.ours, *parts]), two_sizes=two_sizes)
        rows.append([entry.kind, what, printed, *ours, entry.verdict, str(numbers.get(entry.rule, "")), run])
    ours = [AT_FULL_SIZE.capitalize(), IN_THIS_BUILD.capitalize()] if two_sizes else ["Here"]
    table = markdown_table(
        ["Kind", "What", "Printed", *ours, "Verdict", "Rule", "Run"], rows, f"{'l' * (4 + len(ours))}rl"
    )
    texts = said_once((_rule_text(rule, entries) for rule in rules), (MARGIN_REASON, NEARLY_HALF_REASON), "rule")
    lines = [f"{number}. {text}" for number, text in enumerate(texts, start=1)]
    return f":::{{container}} filterable\n\n{table}\n\n:::\n\n**Rules**\n\n" + "\n".join(lines)


def _ours(entry: StatusEntry, found: str, *, two_sizes: bool) -> list[str]:
    """Return what is found at full size, and in this build with its verdict where that differs; or here alone."""
    own = entry.in_this_build
    if own is None:
        return ["", found] if two_sizes else [found]
    judged = own.verdict not in {entry.verdict, NOT_COMPARABLE}
    return [found, f"{own.ours} ({own.verdict})" if judged else own.ours]


def _printed(part: Part) -> str:
    return NOT_PRINTED if part.printed is None else f"{part.printed:.3f}"


def _rule_text(rule: tuple[str, str], entries: Sequence[StatusEntry]) -> str:
    """Say when the entries of a rule agree or hold, and why so."""
    (words, reason), kinds = rule, {entry.kind for entry in entries if entry.rule == rule}
    when = f"*{'Holds' if kinds == {CLAIM} else 'Agrees'} when:* {words}. " if words else ""
    return f"{when}*Why so:* {reason}"


def _tolerances(entries: Sequence[StatusEntry]) -> str:
    """Say when entries of one kind agree and why so, once for all that share a tolerance."""
    sharing: dict[tuple[str, str], list[str]] = {}
    for entry in entries:
        if any(entry.rule):
            sharing.setdefault(entry.rule, []).append(entry.name)
    lines = []
    for rule, names in sharing.items():
        others = f" and {len(names) - 1} more" if len(names) > 1 else ""
        whose = f"“{names[0].rstrip('.')}”{others}: " if len(sharing) > 1 else ""
        lines.append(f"- {whose}{_rule_text(rule, entries)}")
    return "\n".join(lines)


def status_summary(entries: Sequence[StatusEntry]) -> str:
    """Write one line for each kind with the number of times that each verdict was given."""
    counts = {kind: counted((e.verdict for e in entries if e.kind == kind), ORDER) for kind in KINDS}
    return markdown_table(["Kind", "Verdicts"], [[kind, "; ".join(of)] for kind, of in counts.items() if of], "ll")


def status_sentence(entries: Sequence[StatusEntry]) -> str:
    """Say how many entries were given which verdict, with settings, which a reproduction takes over, apart."""
    settings = [entry for entry in entries if entry.kind in SETTINGS]
    others = [entry for entry in entries if entry.kind not in SETTINGS]
    said = [
        f"Of {len(of)} {what}, {listing(counted((entry.verdict for entry in of), ORDER))}."
        for of, what in (
            (others, "figures, measured numbers and claims"),
            (settings, "settings of network and protocol"),
        )
        if of
    ]
    return " ".join(said)


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
            ours = dict(zip(labels, _ours(entry, entry.ours, two_sizes=two_sizes), strict=True))
            said = {"printed": printed, **ours, "run": entry.run, "page": page_address(entry.page)}
            lines.append(indent + "; ".join(f"{what} {value}" for what, value in said.items() if value))
            for part in entry.parts:
                lines.append(
                    f"{indent}{part.label}: printed {_printed(part)}; {labels[0]} {part.measured:.3f}; {part.verdict}"
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
