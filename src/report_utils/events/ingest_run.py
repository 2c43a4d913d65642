"""Ingest: a catalogue of event lists becomes an archive, in parallel, and continues where it was stopped."""

from __future__ import annotations

import json
import math
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from report_utils.errors import printable
from report_utils.events.archive_writer import ArchiveWriter
from report_utils.events.catalogue import CatalogueRow, read_catalogue, unused_columns
from report_utils.events.ingest_options import IngestOptions
from report_utils.events.ingest_task import Failure, TaskResult, ingest_rows, size_of
from report_utils.files.disk import clear_disk_errors, whole_file
from report_utils.workers.processes import n_workers
from report_utils.workers.worker_pool import Task, run_tasks

REPORT = "ingest-report.json"
_SHOWN = 100
"""Failures in the text for a reader; the file has them all."""
_TASK_BYTES = 64 << 20
_TASK_ROWS = 16
_WORTH_PROCESSES = 512 << 20
"""Below this many bytes in all, starting worker processes takes longer than they save."""


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
    seconds : float
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
    seconds: float

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
        lines = [f"{self.archive}: {counts}; {self.n_events} events in {self.seconds:.1f} s"]
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


def ingest(
    catalogue_path: str | Path,
    archive_path: str | Path,
    options: IngestOptions | None = None,
    *,
    workers: int | None = None,
) -> IngestReport:
    """Bring an archive up to date with a catalogue.

    Clusters whose files have not changed are not read again; new ones are appended; clusters of the archive
    that the catalogue does not name stay. One bad file does not stop the others.

    Parameters
    ----------
    catalogue_path : path
        See :func:`~report_utils.events.catalogue.read_catalogue`.
    archive_path : path
        A folder; it is made if it does not exist.
    options : IngestOptions, optional
        What is stated about all event lists; without it nothing is left out.
    workers : int, optional
        Worker processes; by default REPORT_WORKERS or one for each core, and none for a small catalogue.

    Returns
    -------
    IngestReport
        Its ``failures`` name the rows that were left out; ``exit_status`` is then 2.

    Raises
    ------
    InputError
        If the catalogue itself or an option is wrong (nothing is read then), or the archive cannot be
        written.
    """
    start = time.perf_counter()
    rows = read_catalogue(catalogue_path, options)
    with clear_disk_errors(Path(archive_path), "--out"), ArchiveWriter(archive_path) as writer:
        tasks = [_task(task, writer) for task in _cut(rows)]
        if workers is None:
            workers = n_workers() if sum(task.units for task in tasks) > _WORTH_PROCESSES else 1
        total = TaskResult()
        for result in run_tasks(
            tasks,
            f"ingest of {len(rows)} observations",
            workers=0 if workers == 1 else workers,
            finished=lambda result: writer.include(result.lists),
        ):
            total.extend(result)
        writer.reorder([row.cluster_id for row in rows])
        report = _report(catalogue_path, archive_path, total, writer, time.perf_counter() - start)
        with whole_file(Path(archive_path) / REPORT) as temporary:
            temporary.write_text(json.dumps(asdict(report), indent=1) + "\n", encoding="utf-8")
    return report


def _cut(rows: list[CatalogueRow]) -> Iterator[list[CatalogueRow]]:
    """Cut the catalogue into pieces; a run that is stopped loses at most those under way."""
    piece: list[CatalogueRow] = []
    n_bytes = 0
    for row in rows:
        if piece and (len(piece) == _TASK_ROWS or n_bytes + size_of(row) > _TASK_BYTES):
            yield piece
            piece, n_bytes = [], 0
        piece.append(row)
        n_bytes += size_of(row)
    if piece:
        yield piece


def _task(rows: list[CatalogueRow], writer: ArchiveWriter) -> Task:
    known = {row.cluster_id: writer.clusters[row.cluster_id] for row in rows if row.cluster_id in writer.clusters}
    label = f"ingest of {rows[0].cluster_id}" + (f" to {rows[-1].cluster_id}" if len(rows) > 1 else "")
    arguments = {"archive": writer.folder, "rows": rows, "known": known}
    return Task(label, ingest_rows, arguments, sum(size_of(row) for row in rows))


def _report(
    catalogue_path: str | Path, archive_path: str | Path, total: TaskResult, writer: ArchiveWriter, seconds: float
) -> IngestReport:
    """Sum up the results of all rows of a catalogue."""
    failed = {failure.cluster_id for failure in total.failures}
    observations = [one for one in total.lists if one.source == "observation"]
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
        still_there=tuple(name for name in writer.clusters if name in failed),
        n_others=len(set(writer.clusters) - failed - set(agn_less_by)),
        unused_columns=unused_columns(catalogue_path),
        n_events=sum(one.n_events for one in observations if one.cluster_id in fresh),
        n_without_mass=sum(not math.isfinite(one.log10_mass) for one in observations),
        agn_less_from=dict(Counter(agn_less_by.values())),
        dropped=dropped,
        dropped_in_all={name: dict(reasons) for name, reasons in in_all.items()},
        repeated=repeated,
        seconds=seconds,
    )
