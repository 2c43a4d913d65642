"""What an ingest did, for a reader and for a program."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from report_utils.errors import printable
from report_utils.events.ingest_task import Failure, TaskResult

REPORT = "ingest-report.json"
_SHOWN = 100
"""Failures in the text for a reader; the file has them all."""


@dataclass(frozen=True)
class IngestReport:
    """What an ingest did; also written as ``ingest-report.json`` into the archive.

    Parameters
    ----------
    catalogue, archive : str
    added, updated, unchanged : tuple of str
        Clusters that are new, were read again because their files or options changed, or were there already.
    restated : tuple of str
        Unchanged clusters whose mass or group is now stated differently.
    failures : tuple of Failure
        Rows that could not be read, in the catalogue's order, each with its reason.
    still_there : tuple of str
        Failed clusters of which the archive still holds what an earlier ingest read.
    n_others : int
        Observations of the archive that the catalogue does not name; they stay.
    unused_columns : tuple of str
        Columns of the catalogue that are not used.
    n_events : int
        Events of the observations added or updated.
    n_without_mass : int
        Observations without a mass, for predictions only.
    agn_less_from : dict
        How AGN-less lists were made -> number of clusters; "none" for those without one.
    dropped : dict
        cluster_id -> list -> reason -> rows left out, for clusters that lost any.
    dropped_in_all : dict
        list -> reason -> rows left out of all clusters.
    repeated : dict
        cluster_id -> list -> events that repeat an earlier one and are kept, for clusters that have any.
    seconds : dict
        Step -> time, summed over workers; ``total`` is the time on the clock.
    """

    catalogue: str
    archive: str
    added: tuple[str, ...]
    updated: tuple[str, ...]
    unchanged: tuple[str, ...]
    restated: tuple[str, ...]
    failures: tuple[Failure, ...]
    still_there: tuple[str, ...]
    n_others: int
    unused_columns: tuple[str, ...]
    n_events: int
    n_without_mass: int
    agn_less_from: dict[str, int]
    dropped: dict[str, dict[str, dict[str, int]]]
    dropped_in_all: dict[str, dict[str, int]]
    repeated: dict[str, dict[str, int]]
    seconds: dict[str, float]

    @property
    def exit_status(self) -> int:
        """2 if a row failed, else 0."""
        return 2 if self.failures else 0

    def __str__(self) -> str:
        """Return what happened, and one line for each failure."""
        counts = (
            f"{len(self.added)} added, {len(self.updated)} updated, {len(self.unchanged)} unchanged,"
            f" {len(self.failures)} failed"
        )
        lines = [f"{self.archive}: {counts}; {self.n_events} events in {self.seconds['total']:.1f} s"]
        if self.restated:
            lines.append(f"unchanged events whose mass or group has changed: {len(self.restated)} observations")
        if self.n_others:
            lines.append(
                f"observations that stay in the archive although this catalogue does not name them: {self.n_others}"
            )
        if self.unused_columns:
            lines.append(
                f"columns of the catalogue that are not used: {printable(', '.join(self.unused_columns), 500)}"
            )
        lines += [f"AGN-less by {way}: {n} observations" for way, n in self.agn_less_from.items() if way != "none"]
        if len(self.agn_less_from) > 1 and "none" in self.agn_less_from:
            n = self.agn_less_from["none"]
            lines.append(f"no AGN-less list: {n} observations, so no AGN-less images can be made of this archive")
        lines += [
            f"left out of the {'observations' if name == 'observation' else 'AGN-less lists'}: {count} rows, {reason}"
            for name, reasons in self.dropped_in_all.items()
            for reason, count in reasons.items()
        ]
        if self.dropped:
            lines.append(f"left out by cluster: see {REPORT}")
        if self.repeated:
            count = sum(sum(lists.values()) for lists in self.repeated.values())
            lines.append(
                f"repeated: {count} events of {len(self.repeated)} observations have time, position and energy of an"
                f" earlier one; they are kept (--drop-repeated leaves them out; by cluster: see {REPORT})"
            )
        if self.n_without_mass:
            lines.append(f"{self.n_without_mass} observations have no mass: they can be predicted, not trained on")
        for item in self.failures[:_SHOWN]:
            stays = "; what an earlier ingest read stays" if item.cluster_id in self.still_there else ""
            lines.append(f"row {item.row} ({item.cluster_id}): {item.reason}{stays}")
        if len(self.failures) > _SHOWN:
            lines.append(f"and {len(self.failures) - _SHOWN} more rows that failed: see {REPORT}")
        return "\n".join(lines)


def report_of(
    catalogue_path: str | Path,
    archive_path: str | Path,
    total: TaskResult,
    *,
    archived: Collection[str],
    unused_columns: tuple[str, ...],
    seconds: float,
) -> IngestReport:
    """Sum up the results of all rows of a catalogue; ``archived`` names the clusters that are in the archive now."""
    failed = {failure.cluster_id for failure in total.failures}
    observations = [one for one in total.lists if one.source == "observation"]
    named = failed | {one.cluster_id for one in observations}
    fresh = {*total.added, *total.updated}
    dropped: dict[str, dict[str, dict[str, int]]] = {}
    repeated: dict[str, dict[str, int]] = {}
    in_all: dict[str, Counter[str]] = {}
    agn_less_by = {one.cluster_id: "none" for one in observations}
    for one in total.lists:
        if reasons := json.loads(one.dropped):
            dropped.setdefault(one.cluster_id, {})[one.source] = reasons
            in_all.setdefault(one.source, Counter()).update(reasons)
        if one.n_repeated:
            repeated.setdefault(one.cluster_id, {})[one.source] = one.n_repeated
        if one.source == "agn_less":
            agn_less_by[one.cluster_id] = one.agn_less_by
    return IngestReport(
        catalogue=str(catalogue_path),
        archive=str(archive_path),
        added=tuple(total.added),
        updated=tuple(total.updated),
        unchanged=tuple(total.unchanged),
        restated=tuple(total.restated),
        failures=tuple(sorted(total.failures, key=lambda failure: failure.row)),
        still_there=tuple(name for name in archived if name in failed),
        n_others=len(set(archived) - named),
        unused_columns=unused_columns,
        n_events=sum(one.n_events for one in observations if one.cluster_id in fresh),
        n_without_mass=sum(not math.isfinite(one.log10_mass) for one in observations),
        agn_less_from=dict(Counter(agn_less_by.values())),
        dropped=dropped,
        dropped_in_all={name: dict(reasons) for name, reasons in in_all.items()},
        repeated=repeated,
        seconds={**total.seconds, "total": seconds},
    )
