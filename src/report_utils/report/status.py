"""Reproduction status: each figure, number and claim of the report, what has become of it here, and by which run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from report_utils.report.claims import (
    FAILS,
    HOLDS,
    MARGIN,
    MARGIN_REASON,
    NOT_TRAINED,
    UNDECIDED,
    Part,
    below,
    within,
)
from report_utils.report.intervals import Interval
from report_utils.report.published import PUBLISHED
from report_utils.runs.code_digest import digest

if TYPE_CHECKING:
    from report_utils.runs.store import RunKey

AGREES, DIFFERS, SHOWN = "agrees", "differs", "shown"
NOT_COMPARABLE = "not comparable at this profile"
NOT_PRINTED = "not printed"
NOT_AVAILABLE = "not available"
NOT_OURS = "quoted, not reproduced"
ORDER = (
    AGREES,
    DIFFERS,
    HOLDS,
    FAILS,
    UNDECIDED,
    SHOWN,
    NOT_COMPARABLE,
    NOT_PRINTED,
    NOT_OURS,
    NOT_TRAINED,
    NOT_AVAILABLE,
)
"""All verdicts, in the order in which they are counted."""

FIGURES, TABLE, DATA, NETWORK, PROTOCOL, EARLIER, CLAIM = KINDS = (
    "Figures",
    "Table 1",
    "Data and images",
    "Network (Figure 6)",
    "Training protocol",
    "Earlier work",
    "Claims",
)
BIAS_SHARE = 0.15
SHORT_DIGEST = 8


@dataclass(frozen=True)
class Tolerance:
    """When a number of ours agrees with a printed one, in words, and why so."""

    words: str
    reason: str


EXACT = Tolerance("equal", "It is a setting or follows from the architecture; there is nothing to scatter.")
OF_SCATTER = Tolerance(
    f"the interval of ours over printed inside 1/{MARGIN} to {MARGIN}",
    f"{MARGIN_REASON} A number of another simulation's clusters cannot be asked to agree better.",
)
OF_BIAS = Tolerance(
    f"the interval inside ± {BIAS_SHARE} printed scatters around the printed bias",
    "The same share of the scatter as above. A bias of this size adds one per cent to the root mean square error, and "
    "the largest bias of Table 1 is half of it.",
)
UNTESTED = Tolerance("", "")


@dataclass(frozen=True)
class Entry:
    """One figure, number or claim of the report.

    Attributes
    ----------
    kind : str
        One of :data:`KINDS`.
    name, where : str
        What it is, and where the report has it.
    printed, ours : str
        As text.
    verdict : str
        One of :data:`ORDER`.
    tolerance : Tolerance
    page : str
        The page that shows it, with the figure after ``#`` where there is one.
    runs : tuple of str
        The digests of the runs that the number is computed from.
    printed_value : float or None
    measured : Interval or None
    parts : tuple of Part
        What a claim of several parts measures, each with its own verdict.
    """

    kind: str
    name: str
    where: str
    printed: str
    ours: str
    verdict: str
    tolerance: Tolerance = UNTESTED
    page: str = ""
    runs: tuple[str, ...] = ()
    printed_value: float | None = None
    measured: Interval | None = None
    parts: tuple[Part, ...] = ()

    @property
    def run(self) -> str:
        """Return the first characters of the run's digest, or of that of all runs' digests where there are several."""
        if not self.runs:
            return ""
        whole = self.runs[0] if len(self.runs) == 1 else digest(list(self.runs))
        return whole[:SHORT_DIGEST]


def digests(keys: Iterable[RunKey]) -> tuple[str, ...]:
    """Return the digests of runs."""
    return tuple(key.digest for key in keys)


def agreement(verdict: str) -> str:
    """Turn the verdict of an equivalence test into that on a printed number."""
    return {HOLDS: AGREES, FAILS: DIFFERS}.get(verdict, verdict)


def judge_scatter(ours: Interval, printed: float) -> str:
    """Judge a scatter against the printed one, by :data:`OF_SCATTER`."""
    ratio = Interval(ours.value / printed, ours.low / printed, ours.high / printed)
    return agreement(within(ratio, MARGIN))


def judge_bias(ours: Interval, printed: float, printed_scatter: float) -> str:
    """Judge a bias against the printed one, by :data:`OF_BIAS`."""
    ends = sorted(abs(end - printed) / printed_scatter for end in (ours.low, ours.high))
    inside = ours.low <= printed <= ours.high
    distance = Interval(abs(ours.value - printed) / printed_scatter, 0.0 if inside else ends[0], ends[1])
    return agreement(below(distance, BIAS_SHARE))


def judge_exact(ours: object, printed: object, otherwise: str = NOT_COMPARABLE) -> str:
    """Judge a setting; one that the profile chooses otherwise is not comparable, and none of the others may differ."""
    return AGREES if ours == printed else otherwise


def counts_by_kind(entries: Sequence[Entry]) -> Mapping[str, Mapping[str, int]]:
    """Return how often each verdict was given, for each kind that there is."""
    counts = {}
    for kind in KINDS:
        found = Counter(entry.verdict for entry in entries if entry.kind == kind)
        if found:
            counts[kind] = {verdict: found[verdict] for verdict in ORDER if found[verdict]}
    return counts


def printed_row_names() -> dict[str, str]:
    """Return what each row of Table 1 is called, by transform."""
    return {name: f"{row.model}, {row.channels}" for name, row in PUBLISHED.rows.items()}
