"""Files are whole or as they were before, and a disk that does not take them is named in one line."""

from __future__ import annotations

import os
import re
import resource
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from report_utils.errors import InputError
from report_utils.files.disk import clear_disk_errors, host_token, whole_file, write_arrays, write_json, write_text


def test_what_is_written_comes_back(tmp_path):
    write_text(tmp_path / "new" / "a.txt", "text\n")
    assert (tmp_path / "new" / "a.txt").read_text() == "text\n"
    write_json(tmp_path / "b.json", {"z": 1, "a": [1.5, None]})
    assert (tmp_path / "b.json").read_text() == '{\n "a": [\n  1.5,\n  null\n ],\n "z": 1\n}\n'
    write_arrays(tmp_path / "c.npz", {"x": np.arange(3)})
    with np.load(tmp_path / "c.npz") as saved:
        np.testing.assert_array_equal(saved["x"], np.arange(3))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.json", "c.npz", "new"]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failed_write_keeps_the_file_before(tmp_path, monkeypatch, error):
    path = tmp_path / "checkpoint.npz"
    write_arrays(path, {"a": np.ones(2)})

    def fail(*_):
        raise error

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises((InputError, KeyboardInterrupt)) as caught:
        write_arrays(path, {"a": np.zeros(2)})
    if isinstance(error, OSError):
        assert "checkpoint.npz: cannot write here: No space left on device; free space" in str(caught.value)
    with np.load(path) as saved:
        np.testing.assert_array_equal(saved["a"], np.ones(2))
    assert [p.name for p in tmp_path.iterdir()] == ["checkpoint.npz"]


def test_a_killed_write_leaves_a_file_that_names_its_machine_and_process(tmp_path):
    with whole_file(tmp_path / "a") as temporary:
        assert re.fullmatch(rf"\.a\.{host_token()}[0-9a-f]{{8}}\.{os.getpid()}\.tmp", temporary.name)
        temporary.touch()
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_file_where_a_folder_should_be_is_named(tmp_path):
    (tmp_path / "runs").write_text("a file")
    with pytest.raises(InputError, match=r"runs/a/b.txt: cannot write here: Not a directory; .*REPORT_RUNS"):
        write_text(tmp_path / "runs" / "a" / "b.txt", "")


def test_a_device_that_is_full(tmp_path):
    """The kernel's own refusal, not a made-up one."""
    full = Path("/dev/full")
    with pytest.raises(InputError, match="No space left on device"), clear_disk_errors(tmp_path):
        full.write_text("x" * 100_000)


def test_a_disk_that_takes_no_more(tmp_path):
    """A limit on the size of files refuses in the middle of a write, as a full disk does."""
    path = tmp_path / "a.npz"
    write_arrays(path, {"a": np.ones(2)})
    code = (
        "import numpy as np, sys\nfrom pathlib import Path\nfrom report_utils.files.disk import write_arrays\n"
        "from report_utils.errors import InputError\n"
        "try:\n    write_arrays(Path(sys.argv[1]), {'a': np.zeros(100_000)})\n"
        "except InputError as error:\n    print(error)\n"
    )

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))

    result = subprocess.run(
        [sys.executable, "-c", code, str(path)], preexec_fn=limit, capture_output=True, text=True, check=True
    )
    assert "a.npz: cannot write here: File too large" in result.stdout
    with np.load(path) as saved:
        np.testing.assert_array_equal(saved["a"], np.ones(2))
    assert [p.name for p in tmp_path.iterdir()] == ["a.npz"]
