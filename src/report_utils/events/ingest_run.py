"""Ingest: a catalogue of event lists becomes an archive, in parallel, and continues where it was stopped."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from report_utils.errors import InputError
from report_utils.events.archive_writer import ArchiveWriter
from report_utils.events.catalogue import CatalogueRow, read_catalogue, unused_columns
from report_utils.events.ingest_options import IngestOptions
from report_utils.events.ingest_report import REPORT, IngestReport, report_of
from report_utils.events.ingest_task import TaskResult, ingest_rows, size_of
from report_utils.files.disk import whole_file
from report_utils.workers.processes import n_workers
from report_utils.workers.worker_pool import Task, run_tasks

_TASK_BYTES = 64 << 20
_TASK_ROWS = 16
_WORTH_PROCESSES = 512 << 20
"""Below this many bytes in all, starting worker processes takes longer than they save."""


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
    with _writable(archive_path), ArchiveWriter(archive_path) as writer:
        tasks = [_task(task, writer) for task in _cut(rows)]
        if workers is None:
            workers = n_workers() if sum(task.units for task in tasks) > _WORTH_PROCESSES else 1
        results = run_tasks(
            tasks,
            f"ingest of {len(rows)} observations",
            workers=0 if workers == 1 else workers,
            finished=lambda result: writer.include(result.lists),
        )
        total = TaskResult()
        for result in results:
            _add(total, result)
        writer.reorder([row.cluster_id for row in rows])
        report = report_of(
            catalogue_path,
            archive_path,
            total,
            archived=writer.clusters,
            unused_columns=unused_columns(catalogue_path),
            seconds=time.perf_counter() - start,
        )
        with whole_file(Path(archive_path) / REPORT) as temporary:
            temporary.write_text(json.dumps(asdict(report), indent=1) + "\n", encoding="utf-8")
    return report


@contextmanager
def _writable(archive_path: str | Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or " ".join(str(error).split())[:120]
        msg = (
            f"{archive_path}: the archive cannot be written ({reason}); free some space or choose another"
            " folder, and run again: what is finished stays"
        )
        raise InputError(msg) from None


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


def _add(total: TaskResult, result: TaskResult) -> None:
    for name in ("lists", "added", "updated", "unchanged", "restated", "failures"):
        getattr(total, name).extend(getattr(result, name))
    for step, seconds in result.seconds.items():
        total.seconds[step] += seconds
