"""How pages write numbers, lists, warnings and tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from report_utils.cnn.untrained import WHAT_TO_TRY
from report_utils.report.intervals import AGREES, DIFFERS, FAILS, HOLDS, UNDECIDED, Interval

TOO_FEW = "too few halos"
_PLURALS = {AGREES: "agree", DIFFERS: "differ", HOLDS: "hold", FAILS: "fail"}


def listing(items: Sequence[str]) -> str:
    """Join words with commas and *and*."""
    items = list(items)
    if len(items) < 2:
        return items[0] if items else "none"
    return f"{', '.join(items[:-1])} and {items[-1]}"


def thousands(number: float) -> str:
    """Write a whole number with thin spaces between thousands."""
    return f"{number:,.0f}".replace(",", "\u202f")


def interval_text(interval: Interval | None, spec: str = ".4f") -> str:
    """Write a value with its interval, which does not break inside."""
    return TOO_FEW if interval is None else f"{interval:{spec}}".replace(", ", ",\u00a0")


def change(ratio: Interval) -> str:
    """Say by how much a scatter falls or rises, with its interval.

    Examples
    --------
    >>> change(Interval(0.55, 0.5, 0.6))
    'falls by 45% (95% interval: 40 to 50%)'
    >>> change(Interval(0.98, 0.96, 1.01))
    'changes by −2% (95% interval: −4 to +1%)'
    """
    digits = int(abs(ratio.value - 1) < 0.005)

    def percent(value: float) -> str:
        return f"{100 * abs(value - 1):.{digits}f}"

    name = f"{100 * ratio.confidence:.0f}% interval"
    if ratio.high < 1:
        return f"falls by {percent(ratio.value)}% ({name}: {percent(ratio.high)} to {percent(ratio.low)}%)"
    if ratio.low > 1:
        return f"rises by {percent(ratio.value)}% ({name}: {percent(ratio.low)} to {percent(ratio.high)}%)"
    value, low, high = (
        f"{rounded:+d}".replace("-", "−") if (rounded := round(100 * (one - 1))) else "0"
        for one in (ratio.value, ratio.low, ratio.high)
    )
    return f"changes by {value}% ({name}: {low} to {high}%)"


def trainings(n_seeds: Iterable[int]) -> str:
    """Say how often networks were trained, from the number of training seeds of each."""
    counts = sorted(n_seeds) or [1]
    return f"{counts[0]}" if counts[0] == counts[-1] else f"{counts[0]} to {counts[-1]}"


def counted(verdicts: Iterable[str], order: Sequence[str] = (HOLDS, FAILS, UNDECIDED)) -> list[str]:
    """Return how often each verdict was given, such as ``"3 hold"``, in an order that names them all."""
    found = Counter(verdicts)
    return [f"{n} {one if n == 1 else _PLURALS.get(one, one)}" for one in order if (n := found[one])]


def said_once(texts: Iterable[str], shared: Sequence[str], place: str) -> list[str]:
    """Keep each shared passage of numbered texts where it comes first, and refer to that text where it comes again.

    Examples
    --------
    >>> said_once(["Why. So.", "Why. Also."], ["Why."], "rule")
    ['Why. So.', 'As in rule 1. Also.']
    """
    first: dict[str, int] = {}
    said = []
    for number, text in enumerate(texts, start=1):
        for passage in shared:
            if passage in text and first.setdefault(passage, number) != number:
                text = text.replace(passage, f"As in {place} {first[passage]}.")
        said.append(text)
    return said


def markdown_table(header: Iterable[str], rows: Iterable[Iterable[str]], align: str) -> str:
    """Write cells as a Markdown table; ``align`` holds ``l`` or ``r`` for each column."""
    import pandas as pd

    cells = [[str(cell).replace("|", "\\|") for cell in row] for row in rows]
    sides = ["left" if side == "l" else "right" for side in align]
    frame = pd.DataFrame(cells, columns=list(header))
    return frame.to_markdown(index=False, disable_numparse=True, colalign=sides if cells else None)


def untrained_warning(untrained: Mapping[str, str]) -> str:
    """Warn of networks that did not train, by the reason, whose numbers are not shown; empty where all trained."""
    lines = [f"- {name}: {reason}" for name, reason in untrained.items() if reason]
    if not lines:
        return ""
    said = (
        "Some networks did not train. Tables and verdicts leave out their numbers; figures draw them only to show what "
        f"went wrong. What to try: {WHAT_TO_TRY}"
    )
    return "\n".join([":::{warning}", f"{said}.", "", *lines, ":::"])
