"""The runs of a profile as jobs: how they are marked as done, and a real queue that loses a job and pauses."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from filelock import FileLock
from tests.conftest import ROOT
from tests.made_up_runs import store_fits
from tests.profile_files import TINY

from report_utils.errors import InputError
from report_utils.reproduction.grid import run_grid, write_grid
from report_utils.reproduction.one_profile import Reproduction
from report_utils.runs.manifests import read_manifest
from report_utils.runs.ownership import entries
from report_utils.runs.store import Store

JOBS = ["done/fit/single_band/0", "done/fit/multi_band_2/1", "done/dynamics/multi_band_4"]
OFTEN = """
slurm-status-command: squeue
slurm-init-seconds-before-status-checks: 1
seconds-between-status-checks: 1
"""
SLURM = ROOT / "tools" / "one_node_slurm.sh"


@pytest.fixture
def reproduction(tmp_path):
    (tmp_path / "tiny.toml").write_text(TINY)
    return Reproduction(tmp_path / "tiny.toml", Store(tmp_path / "runs"))


def test_a_job_is_done_when_its_runs_exist(reproduction):
    grid = write_grid(reproduction)
    assert grid.n_jobs == len(grid.missing) == 1 + 16 * 2 + 2
    store_fits(reproduction, "multi_band_2", folds=(1,))
    assert {"data", "fit/multi_band_2/1"} == set(grid.missing) - set(write_grid(reproduction).missing)
    assert (grid.folder / "done" / "fit" / "multi_band_2" / "1").is_file()
    (grid.folder / ".snakemake").mkdir()
    # clean-up ignores the files of a grid
    assert {entry.kind for entry in entries(reproduction.store.root)} == {"run"}
    assert not (grid.folder / "done" / "fit" / "multi_band_2" / "0").exists()


def test_a_file_changes_only_with_its_digest_whatever_the_clocks_say(reproduction, tmp_path):
    store_fits(reproduction, "multi_band_2")
    folder = write_grid(reproduction).folder
    files = [path for path in folder.rglob("*") if path.is_file()]
    for i, path in enumerate(files):  # another machine's clock
        os.utime(path, (10**9 * (i % 4), 10**9 * (i % 4)))
    before = {path: path.stat().st_mtime_ns for path in files}
    assert len(write_grid(reproduction).missing) == 32
    assert {path: path.stat().st_mtime_ns for path in files} == before

    (tmp_path / "tiny.toml").write_text(TINY.replace("epochs = 1", "epochs = 2", 1))
    changed = Reproduction(tmp_path / "tiny.toml", reproduction.store)
    assert "fit/multi_band_2/0" in write_grid(changed).missing
    later = {path.relative_to(folder).as_posix() for path, at in before.items() if _changed(path, at)}
    assert all(name.startswith(("digests/fit/", "done/fit/")) for name in later)
    assert {"digests/fit/multi_band_2/0", "done/fit/multi_band_2/0"} <= later


def _changed(path, at):
    return not path.exists() or path.stat().st_mtime_ns != at


def test_a_removed_run_becomes_a_job_again(reproduction):
    store_fits(reproduction, "multi_band_2")
    folder = write_grid(reproduction).folder
    shutil.rmtree(reproduction.store.folder(reproduction.fit_key("multi_band_2", 0)))
    assert "fit/multi_band_2/0" in write_grid(reproduction).missing
    assert not (folder / "done" / "fit" / "multi_band_2" / "0").exists()


def test_jobs_that_a_profile_no_longer_has_are_removed(reproduction, tmp_path):
    folder = write_grid(reproduction).folder
    (tmp_path / "tiny.toml").write_text(TINY.replace("run = 2", "run = 1"))
    write_grid(Reproduction(tmp_path / "tiny.toml", reproduction.store))
    assert {path.name for path in (folder / "digests" / "fit" / "single_band").iterdir()} == {"0"}


def test_missing_requirements_of_a_grid_are_named(reproduction, monkeypatch):
    with pytest.raises(InputError, match=r"nowhere: there is no Snakemake profile .*choose local or slurm"):
        run_grid(reproduction, "nowhere")
    monkeypatch.setattr("report_utils.reproduction.grid.is_installed", lambda name: False)
    with pytest.raises(InputError, match=r"with make grid or pip install -e '.\[grid\]'"):
        run_grid(reproduction, "local")


def test_marks_are_left_alone_while_another_process_runs_the_grid(reproduction, tmp_path):
    folder = write_grid(reproduction).folder
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    (tmp_path / "tiny.toml").write_text(TINY.replace("epochs = 1", "epochs = 2", 1))
    changed = Reproduction(tmp_path / "tiny.toml", reproduction.store)
    with (
        FileLock(folder / "running.lock"),
        pytest.raises(InputError, match=r"grid.tiny: another process is running this grid"),
    ):
        run_grid(changed, "local")
    assert {path: path.read_bytes() for path in before} == before


class Snakemake:
    """A stand-in that finishes some folds of two bands in each round, and exits with a status.

    Parameters
    ----------
    reproduction : Reproduction
    rounds : list of (folds, status)
    """

    def __init__(self, reproduction, rounds):
        self.reproduction, self.rounds, self.commands = reproduction, rounds, []

    def __call__(self, command, **_):
        folds, status = self.rounds[len(self.commands)]
        self.commands.append(command)
        store_fits(self.reproduction, "multi_band_2", folds=folds)
        return subprocess.CompletedProcess(command, status)


@pytest.mark.parametrize(
    ("rounds", "status"),
    [
        ([((0,), 1), ((1,), 0)], 0),  # the second fold found no room at first
        ([((0,), 1), ((1,), 1), ((), 1)], 1),  # something else fails for good
        ([((), 1)], 1),
        ([((0,), -15)], -15),
    ],
)
def test_a_full_queue_is_tried_again_while_jobs_finish(reproduction, monkeypatch, capsys, rounds, status):
    reproduction.fold_of()  # bin first: storing the observations runs git, which the stand-in would replace
    snakemake = Snakemake(reproduction, rounds)
    monkeypatch.setattr("report_utils.reproduction.grid.subprocess.run", snakemake)
    assert run_grid(reproduction, "local", ["runs"]) == status
    assert len(snakemake.commands) == len(rounds)
    assert all(command == snakemake.commands[0] for command in snakemake.commands)
    said = capsys.readouterr().err.splitlines()
    again = [line for line in said if "running it again" in line]
    assert len(again) == len(rounds) - 1
    assert all(" jobs done, 1 of them in this round; " in line for line in again)


@pytest.mark.slow("starts Snakemake twice")
def test_a_killed_grid_can_be_resumed_whatever_its_folder_is_called(tmp_path):
    """A killed Snakemake leaves its folder locked and its outputs marked as incomplete."""
    folder = tmp_path / "my own folder"
    folder.mkdir()
    (folder / "my profile.toml").write_text(TINY)
    reproduction = Reproduction(folder / "my profile.toml", Store(folder / "runs"))
    command = [Path(sys.executable).with_name("report-utils"), "grid", "--on", "local", "done/data", "--profile"]
    command.append(reproduction.profile.path)
    environment = os.environ | {"REPORT_RUNS": str(folder / "runs")}
    locks = folder / "runs" / "grid" / reproduction.profile.name / ".snakemake" / "locks"
    process = subprocess.Popen(command, env=environment, cwd=ROOT, start_new_session=True, stderr=subprocess.DEVNULL)
    end = time.monotonic() + 60
    while time.monotonic() < end and not (locks.is_dir() and any(locks.iterdir())):
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert any(locks.iterdir())
    again = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True)
    assert again.returncode == 0, again.stderr
    assert "1 of 35 jobs are done" in again.stdout
    assert reproduction.store.holds(reproduction.data_key)


@pytest.fixture
def queue(tmp_path):
    """Start a one-node Slurm, and return the environment that reaches it."""
    started = subprocess.run([SLURM, "start", tmp_path / "slurm"], capture_output=True, text=True)
    if started.returncode == 3 and not os.environ.get("REPORT_NEEDS_SLURM"):
        pytest.skip(started.stderr.strip())
    assert started.returncode == 0, started.stderr
    path = f"{tmp_path / 'slurm' / 'bin'}:{os.environ['PATH']}"
    yield os.environ | {"SLURM_CONF": str(tmp_path / "slurm" / "slurm.conf"), "PATH": path}
    subprocess.run([SLURM, "stop", tmp_path / "slurm"], check=True)


def _profile_for_one_node(folder: Path) -> Path:
    """Write the project's Slurm profile, reduced to one node of this machine and polled more often."""
    text = (ROOT / "grid" / "profiles" / "slurm" / "config.yaml").read_text()
    for ours, here in (
        ("observations: 16", f"observations: {os.cpu_count()}"),
        ("mem_mb: 16000", "mem_mb: 2000"),
        ("mem_mb: 4000 * attempt\n    runtime: 720", "mem_mb: 200 * 8 ** (attempt - 1)\n    runtime: 720"),
        ("mem_mb: 4000 * attempt\n    runtime: 1440", "mem_mb: 1600 * attempt\n    runtime: 1440"),
        ("latency-wait: 60", "latency-wait: 5"),
    ):
        assert ours in text
        text = text.replace(ours, here)
    folder.mkdir()
    (folder / "config.yaml").write_text(text + OFTEN)
    return folder


def test_a_queue_that_loses_jobs_and_a_node_gives_the_same_bits_as_this_machine(reproduction, queue, tmp_path):
    def ask(*command):
        return subprocess.run(command, env=queue, capture_output=True, text=True, check=True).stdout.split("\n")[:-1]

    def wait_for_a_fit():
        end = time.monotonic() + 240
        while time.monotonic() < end and process.poll() is None:
            for line in ask("squeue", "--noheader", "--states=RUNNING", "--format=%i %k"):
                if "rule_fit" in line:
                    return line.split()[0]
            time.sleep(0.3)
        pytest.fail(f"no fit was started:\n{log.read_text()}")

    profile, runs, log = reproduction.profile.path, reproduction.store.root, tmp_path / "log"
    command = [Path(sys.executable).with_name("report-utils"), "grid", "--profile", profile, "--on"]
    with log.open("w") as output:
        process = subprocess.Popen(
            [*command, _profile_for_one_node(tmp_path / "one-node"), *JOBS],
            env=queue | {"REPORT_RUNS": str(runs)}, cwd=ROOT, stdout=output, stderr=output,
        )  # fmt: skip
        ask("scancel", "--signal=KILL", "--full", wait_for_a_fit())
        (node,) = ask("sinfo", "--noheader", "--format=%n")
        ask("scontrol", "update", f"nodename={node}", "state=drain", "reason=test")
        time.sleep(3)
        assert process.poll() is None
        ask("scontrol", "update", f"nodename={node}", "state=resume")
        assert process.wait(timeout=400) == 0, log.read_text()
    said = log.read_text()
    assert "Trying to restart job" in said
    # a fit's first allowance of memory is too small: it is killed and started again with more
    assert "exceeded memory limit" in (tmp_path / "slurm" / "slurmd.log").read_text()
    assert {"mem_mb=200,", "mem_mb=1600,"} <= set(said.split())
    assert "4 of 35 jobs are done" in said

    here = Reproduction(profile, Store(tmp_path / "here"))
    assert here.prepare(["single_band"], ["multi_band_4"], folds=[0]) == 2
    assert here.prepare(["multi_band_2"], (), folds=[1]) == 1
    for key in (
        here.data_key,
        here.fit_key("single_band", 0),
        here.fit_key("multi_band_2", 1),
        here.dynamics_key("multi_band_4"),
    ):
        files = [read_manifest(store.folder(key))["files"] for store in (reproduction.store, here.store)]
        assert files[0] == files[1]
    assert not list(runs.rglob("*.partial"))


def test_foreign_files_in_the_grids_folder_are_kept(reproduction):
    folder = write_grid(reproduction).folder / "digests"
    (folder / "fit" / "of_old").mkdir()
    (folder / "fit" / "of_old" / "0").write_text(f"{'0' * 64} fit/tiny/of_old/fold-0-seed-0\n")
    (folder / "notes.txt").write_text("mine")
    write_grid(reproduction)
    assert not (folder / "fit" / "of_old" / "0").exists()
    (folder / "data").write_text("my data")
    with pytest.raises(InputError, match="data: this was not written by a grid; move it"):
        write_grid(reproduction)
    assert [(folder / name).read_text() for name in ("notes.txt", "data")] == ["mine", "my data"]
