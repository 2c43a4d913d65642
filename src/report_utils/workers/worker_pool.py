"""Long work in one-thread worker processes, as many as there are cores, with progress and a time limit."""

from __future__ import annotations

import os
import traceback
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from textwrap import shorten
from typing import Any

from report_utils.errors import InputError
from report_utils.files.disk import clear_disk_errors
from report_utils.runs.ownership import WORKERS_LOG, mark_runs
from report_utils.runs.store import runs_folder
from report_utils.workers import deadline
from report_utils.workers.backends import device_name, lacks_device_memory, training_places
from report_utils.workers.deadline import OutOfTime, out_of_time
from report_utils.workers.processes import WorkerContext, enter_worker, n_workers
from report_utils.workers.progress import Progress, report_to, shown_progress

_TASKS_PER_WORKER = 16  # TensorFlow gives no memory back between fits
_LOOK_SECONDS = 0.25


@dataclass(frozen=True)
class Task:
    """One piece of work for a worker process."""

    label: str
    """What a message calls it."""
    function: Callable[..., Any]
    """A module-level function; it stores its own result, so that finished work survives anything."""
    arguments: dict[str, Any]
    """Can be sent to another process."""
    units: float
    """How much work it is; the function reports as much through :func:`~report_utils.workers.progress.advance`."""
    trains: bool = False
    """Whether it wants a place of :func:`report_utils.workers.backends.training_places`, such as a GPU."""


class WorkerError(RuntimeError):
    """A worker process was killed twice in the same task."""


def run_tasks(
    tasks: Sequence[Task],
    description: str,
    *,
    workers: int | None = None,
    finished: Callable[[Any], None] = lambda _result: None,
) -> list[Any]:
    """Run tasks in worker processes and return their results in order.

    Each worker has one thread and is replaced after some tasks. A worker that is killed loses only its task, which is
    tried once more. An interruption ends the workers at once; what tasks have stored stays. By default there are as
    many workers as cores, or as devices that train; with 0, tasks run in this process. ``finished`` is called in this
    process with each result as soon as it is there, in any order.

    Raises
    ------
    WorkerError
        If a task's worker was killed twice.
    OutOfTime
        If the time of :func:`~report_utils.workers.deadline.time_limit` was over before all tasks were done.
    Exception
        Whatever a task raised, after the tasks under way have ended.
    """
    if not tasks:
        return []
    total = sum(task.units for task in tasks)
    if workers == 0:
        with shown_progress(description, total) as show:
            report_to(lambda units: show.reports([units]))
            try:
                results = []
                for task in tasks:
                    results.append(task.function(**task.arguments))
                    finished(results[-1])
                return results
            finally:
                report_to(None)
    trains = workers is None and all(task.trains for task in tasks)
    places = training_places() if trains else [{}] * (workers or n_workers())
    log = _log_file()
    pool = [_Worker(place, log) for place in places[: len(tasks)]]
    with shown_progress(description, total) as show:
        try:
            return _run(tasks, pool, show, finished)
        except BaseException:
            for worker in pool:
                worker.end(at_once=True)
            raise
        finally:
            for worker in pool:
                worker.end()


def _run(tasks: Sequence[Task], pool: list[_Worker], show: Progress, finished: Callable[[Any], None]) -> list[Any]:
    """Hand out tasks until all are done; after an error, wait for those under way and raise it."""
    results: list[Any] = [None] * len(tasks)
    waiting, times_lost = deque(range(len(tasks))), Counter[int]()
    idle, running = list(pool), dict[Future, tuple[_Worker, int]]()
    error: Exception | None = None
    while running or (waiting and error is None):
        if out_of_time():
            raise error or OutOfTime
        while waiting and idle and error is None:
            worker, number = idle.pop(0), waiting.popleft()
            running[worker.submit(tasks[number])] = worker, number
        done, _ = wait(running, _LOOK_SECONDS, FIRST_COMPLETED)
        show.reports(report for worker in pool for report in worker.reports())
        for future in done:
            worker, number = running.pop(future)
            idle.append(worker)
            try:
                results[number] = future.result()
            except BrokenProcessPool:
                worker.end()
                waiting.appendleft(number)
                times_lost[number] += 1
                if times_lost[number] == 2:
                    error = WorkerError(
                        f"{tasks[number].label}: its worker process was killed twice, perhaps for lack of memory; fewer"
                        f" workers need less (REPORT_WORKERS); libraries wrote to {worker.log}"
                    )
            except OutOfTime as stopped:
                error = error or stopped
            except Exception as raised:
                error = raised if error is None or isinstance(error, OutOfTime) else error
            else:
                finished(results[number])
    if error is not None:
        raise error
    return results


class _Worker:
    """One worker process after another, all with the same place (environment variables that name the device)."""

    def __init__(self, place: dict[str, str], log: Path) -> None:
        self.place, self.log = place, log
        self.pool: ProcessPoolExecutor | None = None
        self.queue: Any = None

    def submit(self, task: Task) -> Future:
        """Send a task to the process, which starts with its first one."""
        if self.pool is None:
            context = WorkerContext()
            self.queue = context.SimpleQueue()  # its own: a process that is killed while it writes blocks no other
            self.pool = ProcessPoolExecutor(
                1,
                mp_context=context,
                initializer=enter_worker,
                initargs=(self.queue.put, self.log, deadline.current(), self.place),
                max_tasks_per_child=_TASKS_PER_WORKER,
            )
        try:
            return self.pool.submit(_call, task)
        except BrokenProcessPool:  # the process was killed while it had nothing to do
            self.end()
            return self.submit(task)

    def reports(self) -> Iterator[float | str]:
        """Yield what the process has reported: finished units and messages."""
        while self.queue is not None and not self.queue.empty():
            yield self.queue.get()

    def end(self, *, at_once: bool = False) -> None:
        """End the process, and with it all that it holds; ``at_once`` whatever it is doing."""
        if self.pool is not None:
            for process in list((self.pool._processes or {}).values()) if at_once else ():
                process.terminate()
            self.pool.shutdown(wait=not at_once, cancel_futures=True)
            self.pool = None


def _call(task: Task) -> Any:
    """Do a task in its worker process; a lack of device memory becomes one line that says what to do."""
    try:
        return task.function(**task.arguments)
    except Exception as error:
        if not lacks_device_memory(error):
            if _can_be_sent(error):
                raise
            raise RuntimeError("".join(traceback.format_exception(error))) from None
        card = f"GPU {os.environ['CUDA_VISIBLE_DEVICES']}, " if "CUDA_VISIBLE_DEVICES" in os.environ else ""
        reason = shorten((str(error).splitlines() or [""])[0], 200)
        msg = (
            f"{task.label}: {card}{device_name()} has too little memory ({reason}); start fewer workers with"
            " REPORT_WORKERS, free the card of other programs, name one with more memory with CUDA_VISIBLE_DEVICES, or"
            " train on the processor with KERAS_BACKEND=tensorflow; what was finished is kept"
        )
        raise InputError(msg) from None


def _can_be_sent(error: Exception) -> bool:
    """Tell whether the caller can rebuild an error; one that it cannot rebuild would look like a killed worker."""
    try:
        ForkingPickler.loads(ForkingPickler.dumps(error))  # as multiprocessing sends it
    except Exception:  # whatever an error's own code raises
        return False
    return True


def _log_file() -> Path:
    """Return the file for what libraries print in workers."""
    log = runs_folder() / WORKERS_LOG
    mark_runs(log.parent)
    with clear_disk_errors(log):
        log.parent.mkdir(parents=True, exist_ok=True)
        log.touch()
    return log
