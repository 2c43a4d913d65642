"""What the page *Performance* says of results of benchmarks: which goals hold, where time goes, what has changed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from report_utils.errors import InputError
from report_utils.report.measurements import (
    BenchmarkResult,
    Measurement,
    Quantity,
    compare,
    previous_of,
    results_of_benchmarks,
)
from report_utils.report.sentences import listing
from report_utils.report.tables import markdown_table

NOT_MEASURED = "*Not measured yet:* `make bench` measures it."

_MEASURED_BY = {"kills": "tools.kill_harness --keep", "verdicts": "tools.measure_verdicts"}

Results = Mapping[str, Sequence[BenchmarkResult]]


def newest(results: Results, beginning: str = "") -> list[Measurement]:
    """Return the newest measurements whose names begin so."""
    return [one for runs in results.values() if runs for one in runs[-1].measurements if one.name.startswith(beginning)]


def shares_of(results: Results, name: str) -> dict[str, float]:
    """Return the shares [%] of the steps of something, by step, the largest first."""
    steps = {one.name.rpartition("/")[2]: one.ours.median for one in newest(results, f"{name}/")}
    return dict(sorted(steps.items(), key=lambda step: -step[1]))


def number(value: float) -> str:
    """Write a number with three digits, and none lost before the point."""
    return f"{value:,.0f}".replace(",", "\u202f") if abs(value) >= 1000 else f"{value:.3g}"


def with_spread(quantity: Quantity) -> str:
    """Write a median with its quartiles, which do not break apart; the number alone where it was measured once."""
    if quantity.n == 1 or quantity.low == quantity.high:
        return number(quantity.median)
    return f"{number(quantity.median)} [{number(quantity.low)},\u00a0{number(quantity.high)}]"


def goal_text(one: Measurement) -> str:
    """Write a goal and whether it holds."""
    if one.goal is None:
        return ""
    wanted = "at least" if one.better == "more" else "at most"
    return f"{wanted} {number(one.goal)}: {'holds' if one.holds else '**does not hold**'}"


def goals_markdown(measurements: Sequence[Measurement]) -> str:
    """Write measurements as a table: ours, the peers, the ratio, the goal."""
    if not measurements:
        return NOT_MEASURED
    rows = []
    for one in measurements:
        peers = "; ".join(f"{name}: {number(value.median)}" for name, value in one.peers.items())
        ratio = "" if one.ratio is None else f"{with_spread(one.ratio)} ({one.ratio_is})"
        title = f"{one.title} ({one.note})" if one.note else one.title
        rows.append([title, f"{with_spread(one.ours)} {one.unit}", peers, ratio, goal_text(one)])
    return markdown_table(["Measured", "Ours", "Others", "Ratio", "Goal"], rows, "lllll")


def machine_text(results: Results) -> str:
    """Say on which machine, when and at which commit the newest results were measured."""
    last = [runs[-1] for runs in results.values() if runs]
    if not last:
        return NOT_MEASURED
    lines = []
    for processor in dict.fromkeys((one.processor, one.n_cores) for one in last):
        of_it = [one for one in last if (one.processor, one.n_cores) == processor]
        commits = listing(
            [f"`{c[:10]}`" for c in dict.fromkeys(one.commit for one in of_it if one.commit)] or ["no commit"]
        )
        dates = sorted(one.date[:10] for one in of_it)
        when = dates[0] if dates[0] == dates[-1] else f"{dates[0]} to {dates[-1]}"
        busy = max(max(one.load) for one in of_it)
        edited = " with files not committed" if any(one.uncommitted for one in of_it) else ""
        lines.append(
            f"Measured on {processor[1]} cores of {processor[0]}, {when}, at {commits}{edited}; the machine's load "
            f"was at most {busy:.1f}, this project's own work included."
        )
    versions = {name: text for one in last for name, text in one.versions.items()}
    named = ", ".join(f"{name} {text}" for name, text in sorted(versions.items(), key=lambda v: v[0].lower()))
    return "\n\n".join([*lines, f"Versions: {named}."])


def changes_markdown(results: Results) -> str:
    """Compare the newest results with those before them."""
    rows, compared, without = [], 0, []
    for name, runs in results.items():
        previous = previous_of(runs) if runs else None
        if previous is None:
            without.append(name.removeprefix("bench_").replace("_", " "))
            continue
        changes = compare(runs[-1], previous)
        compared += len(changes)
        for one in changes:
            better = 1 / one.worse_by > one.tolerance
            if one.is_loss or better:
                verdict = "**loss**" if one.is_loss else "gain"
                rows.append([one.title, number(one.before), number(one.after), f"{one.tolerance:.2f}", verdict])
    said = (
        f"{compared} numbers have an earlier result of the same processor; {len(rows)} of them changed by more than "
        "the spread of their rounds explains (three standard errors, and ten per cent at least)."
    )
    if without:
        said += f" Without an earlier result: {listing(without)}."
    head = ["Measured", "Before", "Now", "Factor that the spread explains", "Verdict"]
    return f"{said}\n\n{markdown_table(head, rows, 'lrrrl')}" if rows else said


def summary(results: Results) -> str:
    """Say how many goals hold, and name those that do not."""
    with_goal = [one for one in newest(results) if one.goal is not None]
    if not with_goal:
        return NOT_MEASURED
    failed = [
        f"{one.title} ({number(one.value.median)}, {goal_text(one).split(':')[0]})"
        for one in with_goal
        if not one.holds
    ]
    said = f"{len(with_goal) - len(failed)} of {len(with_goal)} goals hold on this machine"
    return f"{said}; not held: {listing(failed)}." if failed else f"{said}."


def _is_number(cell: str) -> bool:
    return re.fullmatch(r"[-+]?[\d.]+(e-?\d+)?( ± [\d.]+)?", cell) is not None


def kept_table(name: str, folder: Path | None = None) -> str:
    """Write a kept table of results, such as the trade of the quick profile, as Markdown with where it comes from.

    Raises
    ------
    InputError
        If its file holds something else.
    """
    path = (folder or results_of_benchmarks()) / f"{name}.json"
    if not path.is_file():
        return f"*Not measured yet:* `python -m {_MEASURED_BY.get(name, f'benchmarks.{name}')}` measures it."
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        columns, rows = kept["columns"], [[str(cell) for cell in row] for row in kept["rows"]]
        aligned = "".join("r" if any(map(_is_number, column)) else "l" for column in zip(*rows, strict=True))
        return f"{markdown_table(columns, rows, aligned)}\n\n{kept['provenance']}"
    except (ValueError, KeyError, TypeError) as error:
        msg = f"{path}: this is no kept table ({type(error).__name__}): it needs columns, rows and provenance"
        raise InputError(msg) from None
