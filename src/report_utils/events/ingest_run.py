"""Ingest: a catalogue of event lists becomes an archive, in parallel, and goes on where it was stopped."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from report_utils.errors import InputError
from report_utils.events.archive_writer import ArchiveWriter
from report_utils.events.catalogue import CatalogueRow, read_catalogue, unused_columns
from report_utils.events.index import PARTS, Entry
from report_utils.events.ingest_options import IngestOptions
from report_utils.events.ingest_report import REPORT, IngestReport, report_of
from report_utils.events.ingest_task import Failure, TaskResult, ingest_rows
from report_utils.files.disk import whole_file
from report_utils.workers.processes import WorkerContext, end_workers, enter_worker, n_workers
from report_utils.workers.progress import shown_progress

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
        A folder, made where there is none.
    options : IngestOptions, optional
        What is stated about all event lists; without it nothing is left out.
    workers : int, optional
        Worker processes; by default as many as there are cores, or as REPORT_WORKERS says, for a large batch,
        and none for a small one.

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
    tasks = list(_tasks(rows))
    n_bytes = [sum(_size(row) for row in task) for task in tasks]
    if workers is None:
        workers = n_workers() if sum(n_bytes) > _WORTH_PROCESSES else 1
    total = TaskResult()
    with (
        _writable(archive_path),
        ArchiveWriter(archive_path) as writer,
        shown_progress(f"ingest of {len(rows)} observations", max(1, sum(n_bytes))) as advance,
    ):
        for result in _run(tasks, n_bytes, writer, min(workers, len(tasks)), advance):
            writer.commit_entries(result.entries)
            _add(total, result)
        writer.reorder([row.cluster_id for row in rows])
        report = report_of(
            catalogue_path,
            archive_path,
            total,
            archived=writer.entries,
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


def _tasks(rows: list[CatalogueRow]) -> Iterator[list[CatalogueRow]]:
    """Cut the catalogue into pieces that are lost at most when a run is stopped."""
    task: list[CatalogueRow] = []
    n_bytes = 0
    for row in rows:
        if task and (len(task) == _TASK_ROWS or n_bytes + _size(row) > _TASK_BYTES):
            yield task
            task, n_bytes = [], 0
        task.append(row)
        n_bytes += _size(row)
    if task:
        yield task


def _size(row: CatalogueRow) -> int:
    files = [row.events] + ([row.events_agn_less] if row.events_agn_less else [])
    return sum(file.stat().st_size for file in files if file.exists())


def _add(total: TaskResult, result: TaskResult) -> None:
    for name in ("entries", "added", "updated", "unchanged", "restated", "failures"):
        getattr(total, name).extend(getattr(result, name))
    for step, seconds in result.seconds.items():
        total.seconds[step] += seconds


def _run(
    tasks: list[list[CatalogueRow]],
    n_bytes: list[int],
    writer: ArchiveWriter,
    workers: int,
    advance: Callable[[float], None],
) -> Iterator[TaskResult]:
    """Yield the tasks' results in the catalogue's order, whichever worker is done first."""
    parts = writer.folder / PARTS
    entries = writer.entries
    arguments = [(parts, task, _known(entries, task)) for task in tasks]
    if workers <= 1:
        for size, argument in zip(n_bytes, arguments, strict=True):
            result = ingest_rows(*argument)
            advance(size)
            yield result
        return
    pool = ProcessPoolExecutor(workers, mp_context=WorkerContext(), initializer=enter_worker)
    try:
        futures = {pool.submit(ingest_rows, *argument): n for n, argument in enumerate(arguments)}
        yield from _in_order(futures, tasks, n_bytes, advance)
    except BaseException:
        # Nobody wants what is still being read; unfinished parts are removed when the archive is next written to.
        end_workers(pool)
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _known(entries: dict[str, Entry], task: list[CatalogueRow]) -> dict[str, Entry]:
    return {row.cluster_id: entries[row.cluster_id] for row in task if row.cluster_id in entries}


def _in_order(
    futures: dict[Future, int],
    tasks: list[list[CatalogueRow]],
    n_bytes: list[int],
    advance: Callable[[float], None],
) -> Iterator[TaskResult]:
    done: dict[int, TaskResult] = {}
    following = 0
    for future in as_completed(futures):
        number = futures[future]
        try:
            done[number] = future.result()
        except BrokenExecutor:
            reason = "a worker process ended unexpectedly, perhaps for want of memory; run again with workers=1"
            done[number] = TaskResult(failures=[Failure(row.row, row.cluster_id, reason) for row in tasks[number]])
        advance(n_bytes[number])
        while following in done:
            yield done.pop(following)
            following += 1
