"""Full disks, files in the way, two builds at once, closed terminals, machines that sleep: a clear line, or it goes on.

What runs in the worker processes here stores runs as a training does, and trains nothing.
"""

from __future__ import annotations

import ast
import errno
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from report_utils.binning import band_counts
from report_utils.events import EventList
from report_utils.runs.ownership import entries
from report_utils.runs.store import RunKey, Store
from tests import work_functions
from tests.conftest import ROOT
from tests.profile_files import write_profile

pytestmark = pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs POSIX signals and /proc")

KEYS = [RunKey(f"fit/a/run-{number}", {"number": number}) for number in range(6)]
COMMAND = str(Path(sys.executable).with_name("report-utils"))


def start(folder, seconds, stderr=subprocess.DEVNULL, **options):
    """Start a program that makes all runs in worker processes, each in some time."""
    # a hangup is ignored by what was started with nohup, and by all that it starts
    code = "import signal; signal.signal(signal.SIGHUP, signal.SIG_DFL); from tests.work_functions import make_all; "
    code += f"make_all({str(folder)!r}, {len(KEYS)}, {seconds})"
    return subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ | {"REPORT_RUNS": str(folder), "REPORT_WORKERS": "2"},
        stderr=stderr,
        text=True,
        start_new_session=True,
        **options,
    )


def finished(folder):
    """Return how many runs are there, all of them whole."""
    found = [entry for entry in entries(folder) if entry.kind == "run"]
    assert all(Store(folder).load(RunKey(entry.about["name"], entry.about["inputs"])) for entry in found)
    return len(found)


def wait_until(condition, seconds=60.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def ends_well(folder):
    """Start again, undisturbed: what is there stays, what is missing is made, and all is what it should be."""
    assert start(folder, 0.0).wait(60) == 0
    assert finished(folder) == len(KEYS)
    for key in KEYS:
        np.testing.assert_array_equal(Store(folder).load(key).array("numbers"), work_functions.numbers_of(key))


def test_two_at_once_make_everything_once(tmp_path):
    both = [start(tmp_path / "runs", 0.3) for _ in range(2)]
    assert [process.wait(60) for process in both] == [0, 0]
    assert finished(tmp_path / "runs") == len(KEYS)
    made = (tmp_path / "runs" / "made.txt").read_text().split()
    assert sorted(made) == sorted(key.name for key in KEYS)
    assert not [entry for entry in entries(tmp_path / "runs") if entry.kind != "run"]


@pytest.mark.parametrize("end", [signal.SIGHUP, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("whole_group", [True, False])
def test_a_closed_terminal_or_a_shutdown(tmp_path, end, whole_group):
    """Whether the system tells every process or only the first, the workers end and nothing is half there."""
    process = start(tmp_path / "runs", 0.5)
    wait_until(lambda: finished(tmp_path / "runs") >= 1)
    (os.killpg if whole_group else os.kill)(process.pid, end)
    assert process.wait(30) != 0
    wait_until(lambda: not _workers_of(process.pid), 20)
    assert 1 <= finished(tmp_path / "runs") < len(KEYS)
    ends_well(tmp_path / "runs")


def _workers_of(session):
    """Return the processes of a session that are alive."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, its_session = path.read_text().rpartition(")")[2].split()[:4]
        except (OSError, ValueError):
            continue
        if int(its_session) == session and state != "Z":
            found.append(path.parent.name)
    return found


def test_a_machine_that_sleeps(tmp_path):
    """Every process stops in the middle of its work for some seconds, and then goes on."""
    process = start(tmp_path / "runs", 0.5)
    wait_until(lambda: finished(tmp_path / "runs") >= 1)
    os.killpg(process.pid, signal.SIGSTOP)
    asleep = finished(tmp_path / "runs")
    time.sleep(3)
    assert finished(tmp_path / "runs") == asleep
    os.killpg(process.pid, signal.SIGCONT)
    assert process.wait(60) == 0
    ends_well(tmp_path / "runs")


def test_no_work_is_timed_by_a_clock_that_can_be_set():
    """`time.time` jumps when a clock is set; only what says *when* something was may ask for the date."""
    allowed = {"store.py", "execute.py", "crescents.py"}
    for path in (ROOT / "src").rglob("*.py"):
        names = {
            f"{node.value.id}.{node.attr}"
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
        }
        assert not names & {"time.time", "time.time_ns", "datetime.utcnow"}, path
        assert path.name in allowed or "datetime.now" not in names, path


def small_files():
    """Let no file grow beyond a size: to a program this is a disk that is full in the middle of a write."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))


def test_a_disk_that_is_full(tmp_path):
    process = start(tmp_path / "runs", 0.0, stderr=subprocess.PIPE, preexec_fn=small_files)
    _, error = process.communicate(timeout=60)
    assert process.returncode != 0
    last = error.strip().splitlines()[-1]
    assert "cannot write here: the disk took only a part" in last
    assert "free space or choose another folder with REPORT_RUNS" in last
    assert finished(tmp_path / "runs") == 0
    assert [entry.kind for entry in entries(tmp_path / "runs")] == []
    ends_well(tmp_path / "runs")


def call(*arguments, runs, **options):
    return subprocess.run(
        [COMMAND, *arguments],
        cwd=ROOT,
        env=os.environ | {"REPORT_RUNS": str(runs)},
        capture_output=True,
        text=True,
        check=False,
        **options,
    )


def test_the_command_on_a_full_disk(tmp_path):
    two = np.arange(2, dtype=np.float32)
    band_counts(EventList(two, two, two), 8)  # compiled code is kept at its first use, beside the package
    profile = write_profile(tmp_path / "tiny.toml")
    result = call("fit", "single_band", "-p", str(profile), runs=tmp_path / "runs", preexec_fn=small_files)
    assert result.returncode == 2, result.stderr
    (line,) = [line for line in result.stderr.splitlines() if line.startswith("report-utils: ")]
    assert "cannot write here: File too large" in line
    assert "Traceback" not in result.stderr
    assert finished(tmp_path / "runs") == 0


@pytest.mark.parametrize("command", ["fit", "build"])
def test_runs_in_a_folder_that_cannot_be_written(tmp_path, command):
    """A file stands where the folder should be: that refuses whoever runs the tests, the superuser too."""
    profile = write_profile(tmp_path / "tiny.toml")
    (tmp_path / "runs").write_text("a file")
    result = call(command, "-p", str(profile), runs=tmp_path / "runs" / "here")
    assert result.returncode == 2
    assert len(result.stderr.strip().splitlines()) == 1, result.stderr
    assert "runs/here" in result.stderr
    assert "cannot be a folder" in result.stderr
    assert "set REPORT_RUNS to another folder" in result.stderr


def test_status_of_a_folder_that_cannot_be_there(tmp_path):
    """All runs would be called missing, and the build that is to make them would be refused."""
    (tmp_path / "runs").write_text("a file")
    profile = write_profile(tmp_path / "tiny.toml")
    result = call("status", "-p", str(profile), runs=tmp_path / "runs" / "here")
    assert result.returncode == 2
    assert "cannot be a folder" in result.stderr


@pytest.mark.parametrize("reason", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM])
def test_a_disk_that_takes_nothing_where_nobody_thought_of_it(monkeypatch, capsys, reason):
    """Such as the folder for temporary files, of which libraries do not ask before they write."""
    from report_utils import cli

    def fail(*_, **__):
        raise OSError(reason, os.strerror(reason), "/tmp/somewhere")

    monkeypatch.setattr(sys.modules["report_utils.cli.app"], "app", fail)
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 1
    todo = "make it writable" if reason in {errno.EROFS, errno.EACCES, errno.EPERM} else "free space"
    expected = f"report-utils: /tmp/somewhere: {os.strerror(reason)}; {todo} and run the same command again\n"
    assert capsys.readouterr().err == expected
