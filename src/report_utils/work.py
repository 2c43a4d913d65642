"""Long work in one-thread worker processes, as many as there are cores, with a progress bar and the time left."""

from __future__ import annotations

import os
import queue
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from report_utils import deadline
from report_utils.deadline import OutOfTime, out_of_time
from report_utils.devices import training_places
from report_utils.disk import clear_disk_errors
from report_utils.processes import ErrorStream, WorkerContext, end_workers, enter_worker, n_workers
from report_utils.progress import PlainProgress, shown_progress
from report_utils.store import runs_folder

_ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "1",
}
_TASKS_PER_WORKER = 16  # TensorFlow gives no memory back between fits

_progress_queue: Any = None


@dataclass(frozen=True)
class Task:
    """One piece of work for a worker process.

    Parameters
    ----------
    label : str
        What a message calls it.
    function : callable
        A module-level function; it stores its own result, so that finished work survives anything.
    arguments : dict
        Keyword arguments that can be sent to another process.
    units : float
        How much work it is; the function reports the same amount through :func:`advance`.
    """

    label: str
    function: Callable[..., Any]
    arguments: dict[str, Any]
    units: float
    trains: bool = False
    """Whether it wants a place of :func:`report_utils.devices.training_places`, such as a GPU."""


class WorkerError(RuntimeError):
    """A worker process ended before its task was done, twice."""


def advance(units: float) -> None:
    """Report finished units of the running task; does nothing outside a worker."""
    if _progress_queue is not None:
        _progress_queue.put(units)


def run_tasks(tasks: Sequence[Task], description: str) -> list[Any]:
    """Run tasks in worker processes and return their results in order.

    Each worker has one thread and is replaced after some tasks. A worker that is killed loses only the task it was
    in, which is tried once more. An interruption ends the workers at once; what tasks have stored stays.

    Raises
    ------
    WorkerError
        If a task's worker ended twice.
    OutOfTime
        If the time of :func:`~report_utils.deadline.time_limit` was over before all tasks were done.
    Exception
        Whatever a task raised, after the tasks under way have ended.
    """
    if not tasks:
        return []
    context = WorkerContext()
    log = runs_folder() / "workers.log"
    with clear_disk_errors(log):
        log.parent.mkdir(parents=True, exist_ok=True)
        log.touch()
    places = training_places() if all(task.trains for task in tasks) else [{}] * n_workers()
    run = _TaskRun(deque(enumerate(tasks)), [None] * len(tasks), context, context.Queue(), log)
    # spawned processes take their environment from this one, and thread counts are read at import
    with _environment(_ONE_THREAD):
        threads = [threading.Thread(target=run.serve, args=(p,), daemon=True) for p in places[: len(tasks)]]
        with shown_progress(description, sum(task.units for task in tasks)) as show:
            try:
                for thread in threads:
                    thread.start()
                while any(thread.is_alive() for thread in threads):
                    run.drain(show)
                    if out_of_time() and not run.abandoned:
                        run.abandon()
                run.drain(show, last=True)
            except BaseException:
                run.abandon()
                raise
    if run.error is not None:
        raise run.error
    if run.out_of_time or run.abandoned:
        raise OutOfTime
    return run.results


@dataclass
class _TaskRun:
    pending: deque[tuple[int, Task]]
    results: list[Any]
    context: Any
    queue: Any
    log: Path
    error: BaseException | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)
    pools: set[ProcessPoolExecutor] = field(default_factory=set)
    abandoned: bool = False
    out_of_time: bool = False
    said: set[str] = field(default_factory=set)

    def next(self) -> tuple[int, Task] | None:
        with self.lock:
            if self.error is not None or self.abandoned or not self.pending:
                return None
            if self.out_of_time or out_of_time():
                self.out_of_time = True
                return None
            return self.pending.popleft()

    def new_pool(self, place: dict[str, str]) -> ProcessPoolExecutor:
        pool = ProcessPoolExecutor(
            1,
            mp_context=self.context,
            initializer=_enter_worker,
            initargs=(self.queue, self.log, deadline.current(), place),
        )
        with self.lock:
            self.pools.add(pool)
        return pool

    def close(self, pool: ProcessPoolExecutor) -> None:
        with self.lock:
            self.pools.discard(pool)
        pool.shutdown(wait=True, cancel_futures=True)

    def serve(self, place: dict[str, str]) -> None:
        """Feed one worker process until nothing is left; runs in a thread of the parent."""
        pool = self.new_pool(place)
        done_by_this_worker = 0
        try:
            while (item := self.next()) is not None:
                index, task = item
                for attempt in (1, 2):
                    try:
                        self.results[index] = pool.submit(task.function, **task.arguments).result()
                    except BrokenProcessPool:
                        self.close(pool)
                        if self.abandoned:
                            return
                        if attempt == 2:
                            msg = f"{task.label}: its worker process was ended twice, out of memory perhaps: {self.log}"
                            raise WorkerError(msg) from None
                        pool = self.new_pool(place)
                    else:
                        break
                done_by_this_worker += 1
                if done_by_this_worker % _TASKS_PER_WORKER == 0:
                    self.close(pool)
                    pool = self.new_pool(place)
        except OutOfTime:
            self.out_of_time = True
        except BaseException as error:
            with self.lock:
                self.error = self.error or error
        finally:
            self.close(pool)

    def drain(self, show: PlainProgress, *, last: bool = False) -> None:
        """Show what workers have reported, waiting a moment for the first of it, and each message once."""
        units, reports = 0.0, []
        with suppress(queue.Empty):
            reports.append(self.queue.get(timeout=0.0 if last else 0.25))
            while True:
                reports.append(self.queue.get_nowait())
        for report in reports:
            if not isinstance(report, str):
                units += report
            elif report not in self.said:
                self.said.add(report)
                show.say(report)
        show(units)

    def abandon(self) -> None:
        with self.lock:
            self.abandoned = True
            pools = list(self.pools)
        for pool in pools:
            end_workers(pool)


def _enter_worker(progress_queue: Any, log: Path, until: float | None, place: dict[str, str]) -> None:
    os.environ.update(place)  # read when the backend is imported, which is later
    # what libraries print while they start would tear the progress bar apart
    with log.open("ab") as file:
        os.dup2(file.fileno(), sys.stderr.fileno())
    # what our own code says is for whom started the work
    sys.stderr = ErrorStream(progress_queue.put, sys.stderr)

    global _progress_queue
    _progress_queue = progress_queue
    deadline.set_current(until)
    enter_worker()


@contextmanager
def _environment(values: dict[str, str]):
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
