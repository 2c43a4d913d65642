"""Worker processes: order, errors, lost workers, progress."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest
from tests import work_functions as functions
from tests.conftest import ROOT

from report_utils.errors import InputError
from report_utils.workers.deadline import OutOfTime, out_of_time, time_limit
from report_utils.workers.processes import n_workers
from report_utils.workers.worker_pool import Task, WorkerError, run_tasks

pytestmark = [
    pytest.mark.usefixtures("worker_processes"),
    pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs POSIX signals and /proc"),
]


def tasks(function, arguments):
    return [Task(f"task {i}", function, kwargs, 1.0) for i, kwargs in enumerate(arguments)]


def test_results_come_in_order():
    assert run_tasks(tasks(functions.square, [{"n": n} for n in range(7)]), "squares") == [n * n for n in range(7)]
    assert run_tasks([], "nothing") == []


def test_workers_have_one_thread_and_the_parent_keeps_its_environment():
    before = dict(os.environ)
    (threads,) = run_tasks(tasks(functions.thread_variables, [{}]), "threads")
    assert set(threads.values()) == {"1"}
    assert dict(os.environ) == before


def test_a_script_without_a_guard_is_not_run_again_by_its_workers(tmp_path):
    """As a notebook is when it is run from its own folder."""
    script = tmp_path / "notebook.py"
    script.write_text(
        "print('begins')\n"
        "from report_utils.workers.worker_pool import Task, run_tasks\n"
        "from tests import work_functions as functions\n"
        "print(run_tasks([Task('task', functions.square, {'n': n}, 1.0) for n in (2, 3)], 'squares'))\n"
        "print(__file__ is not None)\n"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    command = [sys.executable, str(script)]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert result.stdout == "begins\n[4, 9]\nTrue\n", result.stderr


def test_an_error_that_cannot_be_sent_is_told_in_words():
    with pytest.raises(RuntimeError, match=r"(?s)raise_what_cannot_be_sent.*TwoPartError: too steep at step 7"):
        run_tasks(tasks(functions.raise_what_cannot_be_sent, [{}]), "errors")


def test_an_error_reaches_the_caller_and_finished_work_stays(tmp_path):
    arguments = [{"path": tmp_path / "a"}, {"path": tmp_path / "missing" / "b"}]
    with pytest.raises(InputError, match="missing"):
        run_tasks(tasks(functions.leave_mark, arguments), "marks")
    assert (tmp_path / "a").is_file()


def test_tasks_can_run_in_this_process():
    told = []
    assert run_tasks(tasks(functions.process, [{}, {}]), "here", workers=0, finished=told.append) == [os.getpid()] * 2
    assert told == [os.getpid()] * 2


def test_each_result_is_told_as_soon_as_it_is_there():
    told = []
    run_tasks(tasks(functions.square, [{"n": n} for n in range(4)]), "squares", workers=2, finished=told.append)
    assert sorted(told) == [0, 1, 4, 9]


def test_a_worker_is_replaced_after_some_tasks(monkeypatch):
    monkeypatch.setattr("report_utils.workers.worker_pool._TASKS_PER_WORKER", 2)
    found = run_tasks(tasks(functions.process, [{}] * 5), "processes", workers=1)
    assert [found.count(one) for one in dict.fromkeys(found)] == [2, 2, 1]


def test_a_killed_worker_loses_only_its_task_once(tmp_path):
    arguments = [{"mark": tmp_path / "died", "n": n} for n in range(4)]
    assert run_tasks(tasks(functions.die_once, arguments), "dying") == [0, 1, 2, 3]


def test_a_worker_that_always_dies_is_reported():
    with pytest.raises(WorkerError, match="task 0: its worker process was killed twice"):
        run_tasks(tasks(functions.die, [{}]), "dying")


def test_what_workers_print_and_warn_of_is_told_once_and_the_rest_is_logged(runs_folder, monkeypatch, capfd):
    monkeypatch.setenv("REPORT_WORKERS", "2")
    assert run_tasks(tasks(functions.speak, [{"n": n} for n in range(3)]), "speaking") == [0, 1, 2]
    told = capfd.readouterr().err
    for once in ("the same for all [1/2]\n", "task 0 speaks\n", "task 1 speaks\n", "task 2 speaks\n", "look here\n"):
        assert told.count(once) == 1
    log = (runs_folder / "workers.log").read_text()
    for kept in ("what a logger says", "what a compiled library says"):
        assert kept not in told
        assert log.count(kept) == 3


def test_too_little_device_memory_ends_with_what_to_do(monkeypatch):
    card = {"CUDA_VISIBLE_DEVICES": "3"}
    monkeypatch.setattr("report_utils.workers.worker_pool.training_places", lambda: [card] * 2)
    work = [Task("fit 1", functions.lack_memory, {}, 1.0, trains=True)]
    with pytest.raises(InputError) as told:
        run_tasks(work, "filling")
    assert str(told.value).startswith("fit 1: GPU 3, the processor has too little memory (RESOURCE_EXHAUSTED: Out of")
    assert "start fewer workers with REPORT_WORKERS" in str(told.value)
    assert "\n" not in str(told.value)


@pytest.fixture
def interruptible():
    """Ctrl-C raises KeyboardInterrupt, also where the tests were started in the background with it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_an_interruption_ends_the_workers(tmp_path):
    threading.Timer(4.0, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run_tasks(tasks(functions.sleep_long, [{"path": tmp_path / "done"}]), "sleeping")
    assert time.monotonic() - began < 20
    assert not (tmp_path / "done").exists()


def test_workers_end_with_a_parent_that_is_killed(tmp_path):
    code = (
        "from pathlib import Path\nfrom report_utils.workers.worker_pool import Task, run_tasks\n"
        "from tests.work_functions import tell_and_sleep\n"
        f"run_tasks([Task('t', tell_and_sleep, {{'path': Path({str(tmp_path / 'pid')!r})}}, 1.0)], 'sleeping')\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.DEVNULL)
    worker = _wait_for(lambda: int((tmp_path / "pid").read_text()))
    parent.kill()
    parent.wait()
    assert _wait_for(lambda: not _alive(worker))


def _wait_for(condition, seconds=30.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with suppress(OSError, ValueError):
            if result := condition():
                return result
        time.sleep(0.1)
    return None


def _alive(process: int) -> bool:
    try:
        # a process that has ended but was not waited for is no longer alive
        return Path(f"/proc/{process}/stat").read_text().split(")")[1].split()[0] != "Z"
    except OSError:
        return False


def test_time_that_is_over_ends_what_runs_and_starts_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("REPORT_WORKERS", "1")
    arguments = [{"path": tmp_path / name} for name in ("first", "second")]
    began = time.monotonic()
    with pytest.raises(OutOfTime), time_limit(3.0):
        run_tasks(tasks(functions.sleep_long, arguments), "sleeping")
    assert time.monotonic() - began < 10
    assert not list(tmp_path.iterdir())
    assert not out_of_time(1e9)


def test_a_task_stops_by_itself_when_the_next_step_would_take_too_long(tmp_path, monkeypatch):
    monkeypatch.setenv("REPORT_WORKERS", "1")
    arguments = [{"path": tmp_path / name, "seconds": seconds} for name, seconds in (("short", 0.0), ("long", 600.0))]
    began = time.monotonic()
    with pytest.raises(OutOfTime), time_limit(60.0):
        run_tasks(tasks(functions.stop_in_time, [*arguments, {"path": tmp_path / "never", "seconds": 0.0}]), "steps")
    assert time.monotonic() - began < 30
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"short": "done", "long": "state kept"}


def test_time_enough_changes_nothing():
    with time_limit(60.0):
        assert run_tasks(tasks(functions.square, [{"n": 3}]), "squares") == [9]
        assert not out_of_time()
        assert out_of_time(60.0)


def test_number_of_workers(monkeypatch):
    monkeypatch.delenv("REPORT_WORKERS", raising=False)
    assert n_workers() >= 1
    monkeypatch.setenv("REPORT_WORKERS", "3")
    assert n_workers() == 3
    monkeypatch.setenv("REPORT_WORKERS", "none")
    with pytest.raises(InputError, match="REPORT_WORKERS is 'none'"):
        n_workers()
