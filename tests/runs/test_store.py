"""A run counts as finished only if its manifest exists and its files match it."""

from __future__ import annotations

import ast
import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import filelock
import numpy as np
import pytest
from tests.conftest import ROOT

from report_utils.errors import InputError
from report_utils.files.disk import write_arrays
from report_utils.runs import store as store_module
from report_utils.runs.code_digest import digest
from report_utils.runs.ownership import mark_runs
from report_utils.runs.store import RunKey, Store

INPUTS = {"seed": 1, "training": {"epochs": 2}, "data": {"n_clusters": 3}, "code": {"cnn.model": "a" * 64}}
KEY = RunKey("fit/smoke/multi_band_2/fold-0", INPUTS, "profiles/smoke.toml")
ARRAYS = {"predictions": np.arange(24, dtype=np.float32).reshape(3, 8), "cluster": np.array([4, 5, 6])}


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "runs")


def test_a_saved_run_is_loaded_unchanged(store):
    assert store.load(KEY) is None
    store.save(KEY, ARRAYS, {"loss": [0.1, 0.3]}, seconds=2.0)
    run = store.load(KEY)
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(run.array(name), array)
        assert run.array(name).dtype == array.dtype
    assert run.facts() == {"loss": [0.1, 0.3]}
    assert run.manifest["inputs"] == KEY.inputs
    assert run.digest == KEY.digest


def test_other_inputs_name_another_run(store):
    store.save(KEY, ARRAYS, {})
    assert store.load(RunKey(KEY.name, {**KEY.inputs, "seed": 2})) is None


def test_inputs_are_compared_by_value_not_by_order():
    assert KEY.digest == RunKey("other", dict(reversed(INPUTS.items()))).digest


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

    mark_runs(store.root)
    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        store.save(KEY, ARRAYS, {})
    assert store.load(KEY) is None
    assert list(store.folder(KEY).parent.iterdir()) == []


def test_the_first_of_two_finished_runs_is_kept(store):
    first = store.save(KEY, ARRAYS, {"who": "first"})
    assert store.save(KEY, ARRAYS, {"who": "second"}).facts() == first.facts()


def test_a_finished_run_clears_its_working_folder(store):
    checkpoint = store.working_folder(KEY) / "checkpoint.npz"
    write_arrays(checkpoint, {"a": np.ones(2)})
    assert checkpoint.is_file()
    store.save(KEY, ARRAYS, {})
    assert not checkpoint.parent.exists()


def test_the_time_of_a_resumed_run_is_the_sum_of_its_sittings(store):
    """Work after the last checkpoint is done again and does not count; nor does the time between sittings."""
    for began, checkpoint in ((1000.0, 1090.0), (5000.0, 5020.0), (7000.0, None), (9000.0, None)):
        folder = store.working_folder(KEY)
        os.utime(folder / store_module.SITTING_FILE, (began, began))
        if checkpoint is not None:
            (folder / "checkpoint.npz").touch()
            os.utime(folder / "checkpoint.npz", (checkpoint, checkpoint))
            (folder / ".checkpoint.npz.cut-off").touch()
    assert store.save(KEY, {"a": np.arange(3)}, {}, seconds=7.0).manifest["seconds"] == 90.0 + 20.0 + 7.0


@pytest.mark.parametrize("note", ["", "[]", '{"earlier": "x"}', "{}"])
def test_a_damaged_record_of_time_loses_only_the_time(store, note):
    folder = store.working_folder(KEY)
    (folder / "checkpoint.npz").touch()
    (folder / store_module.SITTING_FILE).write_text(note)
    os.utime(folder / "checkpoint.npz", (1000.0, 1000.0))
    store.working_folder(KEY)
    assert store.save(KEY, {"a": np.arange(3)}, {}, seconds=7.0).manifest["seconds"] == 7.0


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    blocked = tmp_path / "runs"
    blocked.write_text("a file where a folder should be")
    with pytest.raises(InputError, match=r"cannot write here.*REPORT_RUNS"):
        Store(blocked).save(KEY, ARRAYS, {})


def test_nothing_that_can_execute_code_is_read(store):
    run = store.save(KEY, ARRAYS, {})
    path = run.folder / "predictions.npy"
    np.save(path, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match="allow_pickle=False"):
        run.array("predictions")


def test_no_module_reads_files_in_a_way_that_can_execute_code():
    """No pickles and no evaluated text; NumPy loads no objects unless it is told to."""
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = {alias.name.partition(".")[0] for alias in node.names} | {getattr(node, "module", None) or ""}
                assert not names & {"pickle", "joblib", "dill", "shelve", "marshal"}, path
            if isinstance(node, ast.Call):
                assert getattr(node.func, "id", "") not in {"eval", "exec"}, path  # a model's own eval() is harmless
                called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                assert called not in {"load_model", "read_pickle"}, path
                allowed = [word.value for word in node.keywords if word.arg == "allow_pickle"]
                assert not any(getattr(value, "value", True) for value in allowed), path


def test_the_manifest_says_where_a_run_comes_from(store):
    manifest = json.loads((store.save(KEY, ARRAYS, {}, seconds=1.5).folder / "manifest.json").read_text())
    assert set(manifest["files"]) == {"predictions.npy", "cluster.npy", "facts.json"}
    assert (manifest["name"], manifest["profile"], manifest["seconds"]) == (KEY.name, KEY.profile, 1.5)
    assert manifest["inputs"] == INPUTS
    assert manifest["digests"] == {
        "data": digest(INPUTS["data"]),
        "code": digest(INPUTS["code"]),
        "configuration": digest({"seed": 1, "training": {"epochs": 2}}),
    }
    assert set(manifest["machine"]) == {"processor", "instructions", "system", "threads"}
    assert {"python", "numpy", "keras", "report-utils"} <= manifest["versions"].keys()
    assert {"commit", "uncommitted"} <= manifest.keys()


def test_the_manifest_is_on_disk_before_the_run_has_its_name(store, monkeypatch):
    """Every file is flushed, the manifest last, then the folder is renamed, then its parent is flushed."""
    did = []
    sync, rename = os.fsync, Path.rename

    def fsync(handle):
        did.append(Path(f"/proc/self/fd/{handle}").readlink())
        sync(handle)

    def named(self, target):
        did.append("renamed")
        return rename(self, target)

    mark_runs(store.root)
    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "rename", named)
    store.save(KEY, ARRAYS, {})
    place = did.index("renamed")
    files = [path.name.split(".json")[0].lstrip(".") for path in did[:place] if path != did[place - 1]]
    assert files[:2] == ["predictions.npy", "cluster.npy"]
    assert files[-1] == "manifest"
    assert did[place - 1] == Path(did[0]).parent
    assert did[place + 1] == store.folder(KEY).parent


def test_a_run_that_cannot_be_read_is_not_called_damaged(store, monkeypatch):
    store.save(KEY, ARRAYS, {})

    def refuse(path):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("report_utils.runs.manifests.file_digest", refuse)
    with pytest.raises(InputError, match=r"cannot be read .Input/output error.; check the disk"):
        store.load(KEY)
    monkeypatch.undo()
    assert store.load(KEY) is not None


def test_a_damaged_run_in_a_folder_that_cannot_be_written(store, monkeypatch):
    store.save(KEY, ARRAYS, {})
    (store.folder(KEY) / "cluster.npy").unlink()

    def refuse(**_):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(store_module.tempfile, "mkdtemp", refuse)
    with pytest.raises(InputError, match="Read-only file system"):
        store.load(KEY)


def test_a_run_that_was_replaced_in_the_meantime_is_not_set_aside(store, monkeypatch):
    """Another process may replace a damaged run after this one has checked it and before it renames it."""
    store.save(KEY, ARRAYS, {})
    (store.folder(KEY) / "cluster.npy").unlink()
    original = store_module._set_aside

    def late(folder, checked):
        monkeypatch.setattr(store_module, "_set_aside", original)
        with pytest.warns(UserWarning, match="set aside"):
            store.save(KEY, ARRAYS, {})
        return original(folder, checked)

    monkeypatch.setattr(store_module, "_set_aside", late)
    assert store.load(KEY) is None
    assert store.load(KEY) is not None
    assert len(list(store.folder(KEY).parent.glob("*.damaged-*"))) == 1


def test_a_run_that_another_process_finishes_first_is_kept(store, monkeypatch):
    """Even if it appears at the moment of the renaming."""
    first = store.save(KEY, ARRAYS, {"who": "first"})
    away = first.folder.rename(first.folder.with_name("away"))
    rename = Path.rename

    def late(self, target):
        monkeypatch.setattr(Path, "rename", rename)
        away.rename(first.folder)
        return self.rename(target)

    monkeypatch.setattr(Path, "rename", late)
    assert store.save(KEY, ARRAYS, {"who": "second"}).facts() == {"who": "first"}
    assert [path.name for path in first.folder.parent.iterdir()] == [first.folder.name]


def test_unfinished_work_names_its_run(store):
    told = json.loads((store.working_folder(KEY) / "key.json").read_text())
    assert told == {"name": KEY.name, "digest": KEY.digest, "profile": KEY.profile, "inputs": INPUTS}


def test_a_lock_ends_with_the_process_that_holds_it(store):
    code = (
        "import os, signal\nfrom pathlib import Path\nfrom report_utils.runs.store import RunKey, Store\n"
        f"store = Store(Path({str(store.root)!r}))\n"
        "with store.lock(RunKey('fit/a', {})):\n    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode < 0
    with store.lock(RunKey("fit/a", {})):
        pass


def test_two_processes_make_a_run_only_once(store, tmp_path):
    """The second process waits for the first, says so, and finds the finished run."""
    code = (
        "import sys, time\nfrom pathlib import Path\nimport numpy as np\n"
        "from report_utils.runs.store import RunKey, Store\n"
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
    assert "another process is making this" in "".join(err for _, err in outputs)


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOLCK, "no locks"),
        OSError(errno.ENOSYS, "none"),
        OSError(errno.EOPNOTSUPP, "none"),
        NotImplementedError(),
    ],
)
def test_without_locks_work_continues_with_one_warning(store, error, monkeypatch, capsys):
    def fail(self, *_, **__):
        raise error

    monkeypatch.setattr(filelock.FileLock, "acquire", fail)
    for number in range(2):
        with store.lock(RunKey(f"fit/a/{number}", {})):
            pass
    (told,) = capsys.readouterr().err.splitlines()
    assert told.endswith(
        "this file system has no locks; two machines, or two commands, may compute the same run twice, "
        "with the same result"
    )


def test_any_other_failure_of_a_lock_is_an_error(store, monkeypatch):
    def fail(self, *_, **__):
        raise OSError(errno.EIO, "broken")

    monkeypatch.setattr(filelock.FileLock, "acquire", fail)
    with pytest.raises(InputError, match="cannot write here: broken"), store.lock(RunKey("fit/a", {})):
        pass
