"""Reproduction status: what has become of each figure, number and claim of the report, and by which run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from report_utils.binning import get_transform
from report_utils.cnn.crossval import fit_from_arrays
from report_utils.report.claim_tests import MARGIN, Evidence, Part
from report_utils.report.claims import CLAIMS, MARGIN_REASON, NOT_TRAINED, Claim
from report_utils.report.compared_numbers import (
    COMPARISONS,
    DATA,
    EARLIER,
    FOUR_BANDS,
    NETWORK,
    NOT_COMPARABLE,
    NOT_OURS,
    PROTOCOL,
    SHOWN,
    ComparedNumber,
    agreement,
)
from report_utils.report.intervals import AGREES, DIFFERS, FAILS, HOLDS, UNDECIDED, Interval, below, within
from report_utils.report.printed_numbers import PUBLISHED, TableRow, has_reports_size, table_row
from report_utils.report.tables import NOT_PRINTED
from report_utils.runs.code_digest import digest

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from report_utils.reproduction.one_profile import Reproduction
    from report_utils.runs.store import RunKey

NOT_AVAILABLE = "not available"
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

FIGURES, TABLE, CLAIM = "Figures", "Table 1", "Claims"
KINDS = (FIGURES, TABLE, DATA, NETWORK, PROTOCOL, EARLIER, CLAIM)
SETTINGS = (NETWORK, PROTOCOL)
"""The kinds of numbers that a reproduction takes over; to agree in these is no finding."""
SHORT_DIGEST = 8

FIGURE_PAGES: Mapping[int, tuple[str, str]] = {
    1: ("events in an observation", "2-data#fig-1"),
    2: ("masses", "2-data#fig-2"),
    3: ("single-band images", "3-1-images#fig-3"),
    4: ("images of the four bands", "3-1-images#fig-4"),
    5: ("images with bright pixels emptied", "3-1-images#fig-5"),
    6: ("the network's summary", "3-2-network"),
    7: ("the network drawn", "3-2-network#fig-7"),
    8: ("rotations and flips", "3-2-network#fig-8"),
    9: ("residuals and predictions", "3-3-results#fig-9"),
    10: ("the dynamics", "4-1-dynamics-multi-band#fig-10-4-1-dynamics-multi-band"),
    11: ("two dynamics side by side", "4-2-comparison#fig-11"),
}
"""What each figure of the report shows, and the page and figure that rebuild it."""

BIAS_SHARE = 0.15
SCATTER_RULE = (
    f"the interval of ours over printed inside 1/{MARGIN} to {MARGIN}",
    f"{MARGIN_REASON} A number of another simulation's clusters cannot be asked to agree better.",
)
BIAS_RULE = (
    f"the interval inside ± {BIAS_SHARE} printed scatters around the printed bias",
    (
        "The same share of the scatter as the margin of scatters. A bias of this size adds one per cent to the root "
        "mean square error, and the largest bias of Table 1 is half of it."
    ),
)


@dataclass(frozen=True)
class StatusEntry:
    """One figure, number or claim of the report: of one of :data:`KINDS`, with one of the verdicts in :data:`ORDER`.

    ``where`` is its place in the report. ``printed`` and ``ours`` are text, ``printed_value`` and ``measured`` the
    numbers. The ``rule`` says when ours agrees with the printed, and why so; it is empty where nothing is judged.
    ``page`` shows it, with the figure after ``#``; ``runs`` are the digests of the runs that it is computed from. A
    claim of several parts has a verdict for each. The entry is of ``profile``; where that is of full size,
    ``in_this_build`` is the same of this build.
    """

    kind: str
    name: str
    where: str
    printed: str
    ours: str
    verdict: str
    rule: tuple[str, str] = ("", "")
    page: str = ""
    runs: tuple[str, ...] = ()
    printed_value: float | None = None
    measured: Interval | None = None
    parts: tuple[Part, ...] = ()
    profile: str = ""
    in_this_build: StatusEntry | None = None

    @property
    def run(self) -> str:
        """The first characters of the run's digest, or of that of all runs' digests where there are several."""
        if not self.runs:
            return ""
        whole = self.runs[0] if len(self.runs) == 1 else digest(list(self.runs))
        return whole[:SHORT_DIGEST]


def reproduction_status(
    reproduction: Reproduction, table: pd.DataFrame, evidence: Mapping[str, Evidence]
) -> list[StatusEntry]:
    """Return the status of all that the report shows, prints and claims."""
    entries = [
        *_figures(reproduction),
        *_table(reproduction, table),
        *_numbers(reproduction),
        *_claims(reproduction, evidence),
    ]
    return [replace(entry, profile=reproduction.profile.name) for entry in entries]


def full_size_status(
    reproduction: Reproduction, table: pd.DataFrame, evidence: Mapping[str, Evidence]
) -> list[StatusEntry]:
    """Return the status of what committed results decide without their observations: Table 1, settings and claims."""
    settings = [one for one in COMPARISONS if one.kind != NETWORK and not one.made_of]
    entries = [
        *_table(reproduction, table),
        *(_compared(one, reproduction, reproduction, ()) for one in settings),
        *_claims(reproduction, evidence),
    ]
    return [replace(entry, profile=reproduction.profile.name) for entry in entries]


def beside(entries: Sequence[StatusEntry], full: Sequence[StatusEntry]) -> list[StatusEntry]:
    """Return the entries of full size with those of this build beside them, and this build's where it stands alone.

    It stands alone where nothing was run at full size, where the printed number cannot be compared there either, and
    where both say the same.
    """
    by_name = {(entry.kind, entry.name): entry for entry in full}
    chosen = []
    for own in entries:
        entry = by_name.get((own.kind, own.name), own)
        same = (entry.ours, entry.verdict) == (own.ours, own.verdict)
        alone = same or entry.verdict in {NOT_AVAILABLE, NOT_COMPARABLE}
        chosen.append(own if alone else replace(entry, in_this_build=own))
    return chosen


def judge_scatter(ours: Interval, printed: float) -> str:
    """Judge a scatter against the printed one, by :data:`SCATTER_RULE`."""
    ratio = Interval(ours.value / printed, ours.low / printed, ours.high / printed)
    return agreement(within(ratio, MARGIN))


def judge_bias(ours: Interval, printed: float, printed_scatter: float) -> str:
    """Judge a bias against the printed one, by :data:`BIAS_RULE`."""
    ends = sorted(abs(end - printed) / printed_scatter for end in (ours.low, ours.high))
    inside = ours.low <= printed <= ours.high
    distance = Interval(abs(ours.value - printed) / printed_scatter, 0.0 if inside else ends[0], ends[1])
    return agreement(below(distance, BIAS_SHARE))


def _digests(keys: Iterable[RunKey]) -> tuple[str, ...]:
    return tuple(key.digest for key in keys)


def _figures(reproduction: Reproduction) -> list[StatusEntry]:
    data = (reproduction.data_key.digest,)
    runs = dict.fromkeys((1, 2, 3, 4, 5, 8), data)
    runs[9] = _digests(reproduction.runs(reproduction.transforms))
    needed = {10: (FOUR_BANDS,), 11: (FOUR_BANDS, "agn_less_4")}  # an archive or committed results may lack these
    entries = []
    for number, (what, page) in FIGURE_PAGES.items():
        dynamics = needed.get(number, ())
        available = set(dynamics) <= set(reproduction.dynamics_transforms)
        if dynamics and available:
            runs[number] = _digests(reproduction.runs(dynamics=dynamics))
        entries.append(
            StatusEntry(
                FIGURES,
                f"Figure {number}: {what}",
                f"Figure {number}",
                "",
                "drawn from our data" if available else "no data to draw it from",
                SHOWN if available else NOT_AVAILABLE,
                page=page if available else page.split("#")[0],
                runs=runs.get(number, ()),
            )
        )
    return entries


def _table(reproduction: Reproduction, table: pd.DataFrame) -> list[StatusEntry]:
    comparable = has_reports_size(reproduction.profile, reproduction.observations.n_clusters)
    entries, best = [], None
    for name, ours in table.iterrows():
        row, tested = table_row(get_transform(name)), name in reproduction.transforms
        runs = _digests(reproduction.runs([name])) if tested else ()
        for quantity, column, rule in (("bias", "bias", BIAS_RULE), ("standard deviation", "scatter", SCATTER_RULE)):
            measured = None
            if tested and not ours["untrained"]:
                ends = (ours[column], ours[f"{column}_low"], ours[f"{column}_high"])
                measured = Interval(*map(float, ends), n_seeds=int(ours["n_seeds"]))
            printed = getattr(row, column)
            entries.append(
                StatusEntry(
                    TABLE,
                    f"{row.model}, {row.channels}: {quantity}",
                    row.where,
                    NOT_PRINTED if printed is None else f"{printed:.5f}",
                    "" if measured is None else f"{measured:.4f}",
                    _row_verdict(column, measured, row, printed, tested=tested, comparable=comparable),
                    rule,
                    f"3-3-{name.replace('_', '-')}",
                    runs,
                    printed,
                    measured,
                )
            )
        if name == PUBLISHED.best_row.transform:
            best = entries[-1]
    of_the_text = [] if best.printed_value is None else [_best_of_the_text(best, comparable=comparable)]
    return [*entries, *of_the_text]


def _row_verdict(
    column: str, measured: Interval | None, row: TableRow, printed: float | None, *, tested: bool, comparable: bool
) -> str:
    if measured is None:
        return NOT_TRAINED if tested else NOT_AVAILABLE
    if printed is None:
        return NOT_PRINTED
    if not comparable:
        return NOT_COMPARABLE
    return judge_bias(measured, printed, row.scatter) if column == "bias" else judge_scatter(measured, printed)


def _best_of_the_text(best: StatusEntry, *, comparable: bool) -> StatusEntry:
    """Compare the report's best row with what its text prints for it, which is not what its table prints."""
    printed, measured = PUBLISHED.best_scatter_in_text, best.measured
    return replace(
        best,
        name="the best row, as the text has it: standard deviation",
        where=printed.where,
        printed=f"{printed.value:.5f}",
        verdict=judge_scatter(measured, printed.value) if comparable and measured is not None else best.verdict,
        printed_value=printed.value,
    )


def _numbers(reproduction: Reproduction) -> list[StatusEntry]:
    """Compare the numbers outside Table 1."""
    key = reproduction.fit_key(FOUR_BANDS, 0)
    fit = reproduction.store.load(key)
    weights = None if fit is None else fit_from_arrays(fit.array, fit.facts()).weights
    runs: dict[str, tuple[str, ...]] = {"": (), "data": (reproduction.data_key.digest,)}
    if FOUR_BANDS in reproduction.dynamics_transforms:
        runs["dynamics"] = _digests(reproduction.runs(dynamics=[FOUR_BANDS]))
    entries = []
    for one in COMPARISONS:
        if one.kind == NETWORK:
            if weights is not None:
                entries.append(_compared(one, weights, reproduction, (key.digest,)))
        elif one.made_of in runs:
            entries.append(_compared(one, reproduction, reproduction, runs[one.made_of]))
        else:
            printed, ours = _words(one.printed.value), "not recorded"
            entries.append(
                StatusEntry(one.kind, one.name, one.printed.where, printed, ours, NOT_AVAILABLE, page=one.page)
            )
    if weights is None:
        nothing = StatusEntry(NETWORK, "Figure 6", "Figure 6", "", "not trained", NOT_AVAILABLE, page="3-2-network")
        entries.append(nothing)
    return sorted(entries, key=lambda entry: KINDS.index(entry.kind))


def _compared(
    one: ComparedNumber, source: Reproduction | list[NDArray], reproduction: Reproduction, runs: tuple[str, ...]
) -> StatusEntry:
    value = one.ours if isinstance(one.ours, str) else one.ours(source)
    unit = one.printed.unit
    return StatusEntry(
        one.kind,
        one.name,
        one.printed.where,
        one.printed_words or _words(one.printed.value, unit),
        value if isinstance(value, str) else _words(value, unit),
        one.tolerance.judge(value, one.printed.value, reproduction),
        (one.tolerance.words, one.tolerance.reason),
        one.page,
        runs,
        measured=value if isinstance(value, Interval) else None,
    )


def _words(value: object, unit: str = "") -> str:
    """Write a value with thin spaces between thousands."""
    if isinstance(value, Interval):
        return f"{value:.2f}"
    words = []
    for part in value if isinstance(value, tuple) else (value,):
        words.append(f"{part:,}" if isinstance(part, int) else f"{part:g}" if isinstance(part, float) else part)
    text = ", ".join(word.replace(",", "\u202f") for word in words)
    return f"{text} {unit}" if unit else text


def _claims(reproduction: Reproduction, evidence: Mapping[str, Evidence]) -> list[StatusEntry]:
    entries = []
    for claim in CLAIMS:
        if (found := evidence.get(claim.name)) is None:
            continue
        in_parts = bool(found.parts) and max(len(found.parts), len(claim.printed)) > 1  # some may not have been run
        alone = found.parts[0].measured if found.parts and not in_parts else None
        printed = claim.printed[0] if len(claim.printed) == 1 else None
        entry = StatusEntry(
            CLAIM,
            claim.statement,
            claim.where,
            NOT_PRINTED if printed is None else f"{printed:.3f}",
            f"{alone:.3f}" if alone else found.note,
            found.verdict,
            (claim.threshold, claim.reason),
            "4-3-claims",
            _digests(_runs_of(claim, reproduction)),
            printed,
            alone,
        )
        if in_parts:
            entry = replace(entry, printed="", ours="in parts", parts=found.parts)
        entries.append(entry)
    return entries


def _runs_of(claim: Claim, reproduction: Reproduction) -> Sequence:
    return reproduction.runs(
        filter(reproduction.available, claim.needs), filter(reproduction.available, claim.needs_dynamics)
    )
