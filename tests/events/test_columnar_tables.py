"""Archives of arrays are read as NumPy reads them, and within limits."""

from __future__ import annotations

import zipfile

import numpy as np
import pytest

from report_utils.errors import InputError
from report_utils.events.columnar_tables import open_arrays, read_array_header

ARRAYS = {
    "masses": np.linspace(13, 15, 7),
    "views": np.arange(24, dtype=np.float32).reshape(2, 3, 4),
    "fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "big_endian": np.arange(5, dtype=">i4"),
    "names": np.array(["a", "größe", ""]),
    "bytes": np.array([b"ab", b"c"]),
    "no_letters": np.array(["", ""]),
    "none": np.zeros((0, 8)),
    "one": np.array(3.5),
    "flags": np.array([True, False]),
}


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_what_numpy_writes(save, tmp_path):
    save(tmp_path / "a.npz", **ARRAYS)
    with open_arrays(tmp_path / "a.npz") as archive:
        assert archive.namelist() == [f"{name}.npy" for name in ARRAYS]
        for name, array in ARRAYS.items():
            with archive.open(f"{name}.npy") as stream:
                shape, dtype, fortran = read_array_header(stream)
                values = np.frombuffer(stream.read(), dtype) if dtype.itemsize else np.zeros(array.size, dtype)
            assert (shape, dtype, fortran) == (array.shape, array.dtype, name == "fortran")
            np.testing.assert_array_equal(values.reshape(shape, order="F" if fortran else "C"), array)


def test_limits(tmp_path):
    np.savez_compressed(tmp_path / "a.npz", zeros=np.zeros(1000))
    with pytest.raises(InputError, match="unpack to 8128 bytes"):
        open_arrays(tmp_path / "a.npz", 8127)
    open_arrays(tmp_path / "a.npz", 8128).close()


def test_what_numpy_does_not_write_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "other.npz", "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.npy", b"\0" * 1000)
    with pytest.raises(InputError, match="compressed in a way that NumPy does not use"):
        open_arrays(tmp_path / "other.npz")
