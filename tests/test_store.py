"""A run counts as finished only when its manifest is there and its files agree with it."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from report_utils.errors import InputError
from report_utils.store import RunKey, Store, write_atomically

KEY = RunKey("fit/smoke/multi_band_2/fold-0", {"seed": 1, "training": {"epochs": 2}})
ARRAYS = {"predictions": np.arange(24, dtype=np.float32).reshape(3, 8), "cluster": np.array([4, 5, 6])}


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "runs")


def test_a_run_comes_back_as_it_was(store):
    assert store.load(KEY) is None
    store.save(KEY, ARRAYS, {"loss": [0.1, 0.3]}, seconds=2.0)
    run = store.load(KEY)
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(run.array(name), array)
        assert run.array(name).dtype == array.dtype
    assert run.facts() == {"loss": [0.1, 0.3]}
    assert run.manifest["inputs"] == KEY.inputs
    assert run.digest == KEY.digest


def test_other_inputs_are_another_run(store):
    store.save(KEY, ARRAYS, {})
    assert store.load(RunKey(KEY.name, {**KEY.inputs, "seed": 2})) is None


def test_inputs_are_compared_by_value_not_by_order():
    assert KEY.digest == RunKey("other", {"training": {"epochs": 2}, "seed": 1}).digest


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / "predictions.npy").unlink(),
        lambda folder: (folder / "predictions.npy").write_bytes((folder / "predictions.npy").read_bytes()[:-1]),
        lambda folder: (folder / "cluster.npy").write_bytes(b"x" * (folder / "cluster.npy").stat().st_size),
        lambda folder: (folder / "manifest.json").unlink(),
        lambda folder: (folder / "manifest.json").write_text("{"),
        lambda folder: (folder / "manifest.json").write_text("[]"),
        lambda folder: (folder / "manifest.json").write_text('{"digest": "other", "files": {}}'),
    ],
)
def test_a_damaged_run_is_set_aside_and_made_again(store, damage):
    store.save(KEY, ARRAYS, {})
    damage(store.folder(KEY))
    with pytest.warns(UserWarning, match="set aside"):
        assert store.load(KEY) is None
    assert not store.folder(KEY).exists()
    assert len(list(store.folder(KEY).parent.glob("*.damaged-*"))) == 1
    np.testing.assert_array_equal(store.save(KEY, ARRAYS, {}).array("cluster"), ARRAYS["cluster"])


def test_an_interruption_leaves_nothing_that_looks_finished(store, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        store.save(KEY, ARRAYS, {})
    assert store.load(KEY) is None
    assert list(store.folder(KEY).parent.iterdir()) == []


def test_the_first_of_two_that_finish_stays(store):
    first = store.save(KEY, ARRAYS, {"who": "first"})
    assert store.save(KEY, ARRAYS, {"who": "second"}).facts() == first.facts()


def test_a_finished_run_clears_its_working_folder(store):
    checkpoint = store.working_folder(KEY) / "checkpoint.npz"
    write_atomically(checkpoint, {"a": np.ones(2)})
    assert checkpoint.is_file()
    store.save(KEY, ARRAYS, {})
    assert not checkpoint.parent.exists()


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    blocked = tmp_path / "runs"
    blocked.write_text("a file where a folder should be")
    with pytest.raises(InputError, match=r"cannot write here.*REPORT_RUNS"):
        Store(blocked).save(KEY, ARRAYS, {})


def test_a_failed_write_keeps_the_file_before(tmp_path, monkeypatch):
    path = tmp_path / "checkpoint.npz"
    write_atomically(path, {"a": np.ones(2)})

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match="No space left on device"):
        write_atomically(path, {"a": np.zeros(2)})
    with np.load(path) as saved:
        np.testing.assert_array_equal(saved["a"], np.ones(2))
    assert [p.name for p in tmp_path.iterdir()] == ["checkpoint.npz"]


def test_nothing_that_can_execute_code_is_read(store):
    run = store.save(KEY, ARRAYS, {})
    path = run.folder / "predictions.npy"
    np.save(path, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match="allow_pickle=False"):
        run.array("predictions")


def test_the_manifest_says_where_a_run_comes_from(store):
    manifest = json.loads((store.save(KEY, ARRAYS, {}, seconds=1.5).folder / "manifest.json").read_text())
    assert {
        "name",
        "digest",
        "inputs",
        "files",
        "finished",
        "seconds",
        "machine",
        "versions",
    } <= manifest.keys()
    assert set(manifest["files"]) == {"predictions.npy", "cluster.npy", "facts.json"}


def test_two_processes_make_a_run_once(store, tmp_path):
    """The second waits for the first, says so, and finds the run made."""
    code = (
        "import sys, time\nfrom pathlib import Path\nimport numpy as np\n"
        "from report_utils.store import RunKey, Store\n"
        f"store, key = Store(Path({str(store.root)!r})), RunKey('fit/a', {{'seed': 1}})\n"
        "with store.lock(key):\n"
        "    if store.load(key) is None:\n"
        "        print('made', flush=True); time.sleep(2)\n"
        "        store.save(key, {'a': np.ones(2)}, {})\n"
        "    else:\n        print('found', flush=True)\n"
    )
    pair = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    outputs = [process.communicate(timeout=60) for process in pair]
    assert sorted(out.strip() for out, _ in outputs) == ["found", "made"]
    assert "another process is making this run" in "".join(err for _, err in outputs)
