"""Long work in one-thread worker processes, as many as there are cores, with a progress bar and the time left."""

from __future__ import annotations

import os
import queue
import sys
import threading
from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import shorten
from typing import Any

from report_utils.errors import InputError
from report_utils.files.disk import clear_disk_errors
from report_utils.runs.marking import mark_runs
from report_utils.runs.ownership import WORKERS_LOG
from report_utils.runs.store import runs_folder
from report_utils.workers import deadline
from report_utils.workers.backends import OutOfDeviceMemory, device_name, lacks_device_memory
from report_utils.workers.deadline import OutOfTime, out_of_time
from report_utils.workers.devices import training_places
from report_utils.workers.processes import ErrorStream, WorkerContext, end_workers, enter_worker, n_workers
from report_utils.workers.progress import PlainProgress, shown_progress
from report_utils.workers.surroundings import enter_surroundings

WORKER_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "1",
}
"""Set for every worker process: one thread each, since there are as many of them as cores."""
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
    """Whether it wants a place of :func:`report_utils.workers.devices.training_places`, such as a GPU."""


class WorkerError(RuntimeError):
    """A worker process ended before its task was done, twice."""


def advance(units: float) -> None:
    """Report finished units of the running task; does nothing outside a worker."""
    if _progress_queue is not None:
        _progress_queue.put(units)


def run_tasks(tasks: Sequence[Task], description: str) -> list[Any]:
    """Run tasks in worker processes and return their results in order.

    Each worker has one thread and is replaced after some tasks. A worker that is killed loses only the task it was
    in, which is tried once more. Where device memory is too small for a device's workers at once, one of them gives
    its task back, and fewer go on there. An interruption ends the workers at once; what tasks have stored stays.

    Raises
    ------
    InputError
        If device memory is too small even for one worker.
    WorkerError
        If a task's worker ended twice.
    OutOfTime
        If the time of :func:`~report_utils.workers.deadline.time_limit` was over before all tasks were done.
    Exception
        Whatever a task raised, after the tasks under way have ended.
    """
    if not tasks:
        return []
    context = WorkerContext()
    log = runs_folder() / WORKERS_LOG
    mark_runs(log.parent)
    with clear_disk_errors(log):
        log.parent.mkdir(parents=True, exist_ok=True)
        log.touch()
    places = training_places() if all(task.trains for task in tasks) else [{}] * n_workers()
    places = places[: len(tasks)]
    run = _TaskRun(deque(enumerate(tasks)), [None] * len(tasks), context, context.Queue(), log)
    run.crowd.update(map(_device, places))
    # spawned processes take their environment from this one, and thread counts are read at import
    with _environment(WORKER_ENVIRONMENT):
        threads = [threading.Thread(target=run.serve, args=(p,), daemon=True) for p in places]
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
    messages: deque[str] = field(default_factory=deque)
    crowd: Counter[str] = field(default_factory=Counter)
    """How many workers share each device."""

    def next(self, worker: _Worker) -> tuple[int, Task] | None:
        """Return a task for a worker, or None if there is no more; then it has ended and makes room on its device."""
        while True:
            with self.lock:
                if self.error is not None or self.abandoned:
                    return None
                if self.pending:
                    if self.out_of_time or out_of_time():
                        self.out_of_time = True
                        return None
                    worker.began_among = self.crowd[worker.device]
                    return self.pending.popleft()
                if worker.pool is None:
                    self.crowd[worker.device] -= 1
                    return None
            worker.close()  # before another one is told that it is alone

    def new_pool(self, place: dict[str, str]) -> ProcessPoolExecutor:
        """Return a pool of one worker process."""
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
        """End a pool, and wait until its process has ended."""
        with self.lock:
            self.pools.discard(pool)
        pool.shutdown(wait=True, cancel_futures=True)

    def serve(self, place: dict[str, str]) -> None:
        """Feed one worker process until nothing is left; runs in a thread of the parent."""
        worker = _Worker(self, place)
        try:
            while (item := self.next(worker)) is not None:
                try:
                    self.results[item[0]] = worker.do(item[1])
                except OutOfDeviceMemory as lack:
                    worker.close()
                    if not self.take_back(item, worker, lack):
                        break
        except OutOfTime:
            self.out_of_time = True
        except BaseException as error:
            with self.lock:
                self.error = self.error or error
        finally:
            worker.close()

    def take_back(self, item: tuple[int, Task], worker: _Worker, lack: OutOfDeviceMemory) -> bool:
        """Keep a task for which device memory was too small, and tell whether its worker, which has ended, goes on.

        Raises
        ------
        InputError
            If this worker was alone on its device.
        """
        with self.lock:
            self.pending.appendleft(item)
            crowd = self.crowd[worker.device]
            if crowd < worker.began_among:  # others have made room meanwhile
                return True
            if crowd == 1:
                msg = (
                    f"{item[1].label}: {worker.device}{lack}, even for one worker; free the card of other programs, "
                    "take one with more memory (CUDA_VISIBLE_DEVICES), with REPORT_WORKERS=1 if all cards are full, "
                    "or train on the processor with KERAS_BACKEND=tensorflow; what was finished is kept"
                )
                raise InputError(msg)
            self.crowd[worker.device] -= 1
        self.messages.append(
            f"{worker.device}{lack} for {crowd} workers at once; {item[1].label} is taken back, and the work goes on "
            f"there with {crowd - 1}; a smaller REPORT_WORKERS begins with fewer"
        )
        return False

    def drain(self, show: PlainProgress, *, last: bool = False) -> None:
        """Show what workers have reported, waiting a moment for the first of it, and each message once."""
        units, reports = 0.0, []
        while self.messages:
            reports.append(self.messages.popleft())
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


class _Worker:
    """One worker process after the other, in one place."""

    def __init__(self, run: _TaskRun, place: dict[str, str]) -> None:
        self.run, self.place, self.device = run, place, _device(place)
        self.pool: ProcessPoolExecutor | None = None
        self.tasks_done = 0
        self.began_among = 0

    def do(self, task: Task) -> Any:
        """Return a task's result; where its process is killed it is tried once more."""
        for _ in range(2):
            if self.pool is None:
                self.pool = self.run.new_pool(self.place)
            try:
                result = self.submit(task).result()
            except BrokenProcessPool:
                self.close()
                if self.run.abandoned:
                    raise OutOfTime from None
            else:
                self.tasks_done += 1
                if self.tasks_done % _TASKS_PER_WORKER == 0:
                    self.close()
                return result
        msg = f"{task.label}: its worker process was ended twice, out of memory perhaps: {self.run.log}"
        raise WorkerError(msg)

    def submit(self, task: Task) -> Future[Any]:
        """Send a task to the process, which starts with its first one, unless all processes have been ended."""
        with self.run.lock:
            if self.run.abandoned:
                raise OutOfTime
            return self.pool.submit(_call, task.function, task.arguments)

    def close(self) -> None:
        """End the process, and with it all that it holds."""
        if self.pool is not None:
            self.run.close(self.pool)
            self.pool = None


def _device(place: dict[str, str]) -> str:
    """Return what a message begins with to tell one card from the other."""
    return f"GPU {place['CUDA_VISIBLE_DEVICES']}, " if "CUDA_VISIBLE_DEVICES" in place else ""


def _call(function: Callable[..., Any], arguments: dict[str, Any]) -> Any:
    """Do a task in its worker process; a lack of device memory is told in words that need no backend to be read."""
    try:
        return function(**arguments)
    except Exception as error:
        if not lacks_device_memory(error):
            raise
        reason = shorten((str(error).splitlines() or [""])[0], 200)
        msg = f"{device_name()} has too little memory ({reason})"
        raise OutOfDeviceMemory(msg) from None


def _enter_worker(progress_queue: Any, log: Path, until: float | None, place: dict[str, str]) -> None:
    enter_surroundings()
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
