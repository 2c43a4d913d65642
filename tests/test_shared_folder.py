"""Several machines on one folder of runs: no lock need reach over the network, and no clock need be right."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import numpy as np
import pytest

from report_utils.reproduction.one_profile import Reproduction
from report_utils.reproduction.run_status import run_states
from report_utils.runs.manifests import read_manifest
from report_utils.runs.store import RunKey, Store
from tests.conftest import ROOT
from tests.made_up_runs import store_fits
from tests.profile_files import TINY

MACHINE = """
import filelock, pathlib, sys, time
filelock.FileLock.acquire = lambda self, *_, **__: None  # a lock that this machine alone can see
filelock.FileLock.release = lambda self, *_, **__: None
from report_utils.reproduction.one_profile import Reproduction
from report_utils.runs.store import Store
import report_utils.cnn.training
folder = pathlib.Path(sys.argv[1])
reproduction = Reproduction(folder / "tiny.toml", Store(folder / "runs"))
task = reproduction.training_task(reproduction.fit_key("multi_band_2", 1))
(folder / f"ready-{sys.argv[2]}").touch()
while not (folder / "go").exists():
    time.sleep(0.005)
task.function(**task.arguments)
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "tiny.toml").write_text(TINY.replace("epochs = 1", "epochs = 4", 1))
    return tmp_path


@pytest.mark.slow("starts TensorFlow on three machines")
def test_two_machines_without_locks_make_a_run_once_or_twice_but_never_half(folder):
    here = Reproduction(folder / "tiny.toml", Store(folder / "here"))
    assert here.prepare(["multi_band_2"], (), folds=[1]) == 1
    (folder / "runs").mkdir()
    (folder / "here" / "data").rename(folder / "runs" / "data")
    machines = [
        subprocess.Popen([sys.executable, "-c", MACHINE, folder, str(i)], cwd=ROOT, stderr=subprocess.PIPE, text=True)
        for i in range(3)
    ]
    end = time.monotonic() + 120
    while time.monotonic() < end and len(list(folder.glob("ready-*"))) < 3:
        time.sleep(0.05)
    (folder / "go").touch()
    time.sleep(0.3)
    machines[2].kill()
    errors = [machine.communicate(timeout=240)[1] for machine in machines]
    assert [machine.returncode for machine in machines[:2]] == [0, 0], errors
    store, key = Store(folder / "runs"), here.fit_key("multi_band_2", 1)
    assert store.fault(key, thorough=True) is None
    files = [read_manifest(one.folder(key))["files"] for one in (store, here.store)]
    assert files[0] == files[1]
    left = [path.name for path in store.folder(key).parent.iterdir()]
    assert [name for name in left if not name.startswith(".") and not name.endswith(".partial")] == [
        store.folder(key).name
    ]


def test_who_is_second_to_finish_leaves_the_first_run_as_it_is(tmp_path):
    store, key = Store(tmp_path), RunKey("fit/a/b/fold-0-seed-0", {"seed": 1})
    first = store.save(key, {"predictions": np.zeros(3)}, {})
    again = store.save(key, {"predictions": np.ones(3)}, {})
    assert again.manifest == first.manifest
    np.testing.assert_array_equal(again.array("predictions"), np.zeros(3))
    assert [path.name for path in store.folder(key).parent.iterdir()] == [store.folder(key).name]


def test_clocks_that_disagree_make_nothing_stale(folder):
    reproduction = Reproduction(folder / "tiny.toml", Store(folder / "runs"))
    store_fits(reproduction, "multi_band_2")
    for i, path in enumerate(sorted((folder / "runs").rglob("*"))):
        at = time.time() + (-1) ** i * 400 * 86400
        os.utime(path, (at, at))
    again = Reproduction(folder / "tiny.toml", Store(folder / "runs"))
    assert again.missing(["multi_band_2"], ()) == []
    states = {status.name: status.state for status in run_states(again)[0]}
    fresh = [name for name, state in states.items() if state == "fresh"]
    assert fresh == ["data/tiny", *(f"fit/tiny/multi_band_2/fold-{fold}-seed-0" for fold in (0, 1))]


def test_runs_of_another_version_stay_and_are_said_to_be_stale(folder):
    """A version with other code names its runs by other digests: neither takes the other's, and nothing is lost."""
    reproduction = Reproduction(folder / "tiny.toml", Store(folder / "runs"))
    _ = reproduction.dataset
    key = reproduction.fit_key("multi_band_2", 0)
    code = dict.fromkeys(key.inputs["code"], "0" * 64) | {"cnn.of_then": "1" * 64}
    older = RunKey(key.name, dict(key.inputs) | {"code": code, "an_input_of_then": 3}, key.profile)
    reproduction.store.save(older, {"predictions": np.zeros(3)}, {})
    before = read_manifest(reproduction.store.folder(older))
    assert key in reproduction.missing(["multi_band_2"], ())
    (status,) = (one for one in run_states(reproduction)[0] if one.name == key.name)
    assert status.state == "stale"
    assert any("cnn.of_then" in reason for reason in status.reasons)
    assert read_manifest(reproduction.store.folder(older)) == before
