"""What an ingest did, for a reader and for a program."""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from report_utils.events.index import Entry
from report_utils.events.ingest_task import Failure, TaskResult

REPORT = "ingest-report.json"


@dataclass(frozen=True)
class IngestReport:
    """What an ingest did; also written as ``ingest-report.json`` into the archive.

    Parameters
    ----------
    catalogue, archive : str
    added, updated, unchanged : tuple of str
        Clusters that are new, were read again because their files or options changed, or were there already.
    failures : tuple of Failure
        Rows that could not be read, in the catalogue's order, each with its reason.
    n_events : int
        Events of the observations added or updated.
    n_without_mass : int
        Observations of this catalogue that can be predicted only.
    agn_less_from : dict
        Way to an AGN-less list -> number of clusters, "none" where there is none.
    dropped : dict
        cluster_id -> list -> reason -> rows left out, for clusters that lost any.
    dropped_in_all : dict
        list -> reason -> rows left out of all clusters.
    seconds : dict
        Step -> time, summed over workers; ``total`` is the time on the clock.
    """

    catalogue: str
    archive: str
    added: tuple[str, ...]
    updated: tuple[str, ...]
    unchanged: tuple[str, ...]
    failures: tuple[Failure, ...]
    n_events: int
    n_without_mass: int
    agn_less_from: dict[str, int]
    dropped: dict[str, dict[str, dict[str, int]]]
    dropped_in_all: dict[str, dict[str, int]]
    seconds: dict[str, float]

    @property
    def exit_status(self) -> int:
        """2 if a row failed, else 0."""
        return 2 if self.failures else 0

    def __str__(self) -> str:
        """Return what happened, and the failures one a line."""
        counts = (
            f"{len(self.added)} added, {len(self.updated)} updated, {len(self.unchanged)} unchanged,"
            f" {len(self.failures)} failed"
        )
        lines = [f"{self.archive}: {counts}; {self.n_events} events in {self.seconds['total']:.1f} s"]
        lines += [f"AGN-less by {way}: {n} observations" for way, n in self.agn_less_from.items() if way != "none"]
        lines += [
            f"left out of the {'observations' if name == 'observation' else 'AGN-less lists'}: {count} rows, {reason}"
            for name, reasons in self.dropped_in_all.items()
            for reason, count in reasons.items()
        ]
        if self.dropped:
            lines.append(f"left out by cluster: see {REPORT}")
        if self.n_without_mass:
            lines.append(f"{self.n_without_mass} observations have no mass: they can be predicted, not trained on")
        lines += [f"row {item.row} ({item.cluster_id}): {item.reason}" for item in self.failures]
        return "\n".join(lines)


def report_of(catalogue_path: str | Path, archive_path: str | Path, total: TaskResult, seconds: float) -> IngestReport:
    """Sum up what came of all rows of a catalogue, ``seconds`` after the start."""
    fresh = {*total.added, *total.updated}
    dropped = {entry.cluster_id: lost for entry in total.entries if (lost := _lost(entry))}
    in_all: dict[str, Counter[str]] = {}
    for lists in dropped.values():
        for name, reasons in lists.items():
            in_all.setdefault(name, Counter()).update(reasons)
    return IngestReport(
        catalogue=str(catalogue_path),
        archive=str(archive_path),
        added=tuple(total.added),
        updated=tuple(total.updated),
        unchanged=tuple(total.unchanged),
        failures=tuple(sorted(total.failures, key=lambda failure: failure.row)),
        n_events=sum(entry.n_events for entry in total.entries if entry.cluster_id in fresh),
        n_without_mass=sum(not math.isfinite(entry.log10_mass) for entry in total.entries),
        agn_less_from=dict(Counter(entry.agn_less_from or "none" for entry in total.entries)),
        dropped=dropped,
        dropped_in_all={name: dict(reasons) for name, reasons in in_all.items()},
        seconds={**total.seconds, "total": seconds},
    )


def _lost(entry: Entry) -> dict[str, dict[str, int]]:
    return {name: reasons for name, reasons in json.loads(entry.dropped).items() if reasons}
