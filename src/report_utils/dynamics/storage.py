"""Recordings on disk: NPZ and Parquet files, and folders that grow epoch by epoch."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from report_utils.dynamics.recording import Recording
from report_utils.errors import InputError

FORMAT = "dynamics recording 1"
_HEADER = "recording.npz"
_DAMAGED = (OSError, EOFError, KeyError, TypeError, ValueError, zipfile.BadZipFile)


def load_recording(path: str | Path) -> Recording:
    """Read a recording: an NPZ or a Parquet file, or a folder that grew while a model was trained.

    A folder can be recorded into further: what was kept before an interruption is there.
    """
    path = Path(path)
    try:
        if path.is_dir():
            return _read_folder(path)
        return _recording(_read_parquet(path) if path.suffix == ".parquet" else _read_npz(path))
    except FileNotFoundError as error:
        msg = f"{path}: there is no recording here; name a folder, an .npz or a .parquet file"
        raise InputError(msg) from error
    except InputError as error:
        msg = f"{path}: {error}"
        raise InputError(msg) from error
    except _DAMAGED as error:
        msg = f"{path}: this is not a recording, or it is damaged ({type(error).__name__}); record it again"
        raise InputError(msg) from error


def save_recording(recording: Recording, path: Path) -> None:
    """Write a recording as ``.npz`` or ``.parquet``, whole or not at all."""
    if path.suffix == ".npz":
        of_epochs = {"predictions": recording.predictions, "epoch": recording.epoch, "phase": recording.phase}
        _write(path, _npz(_about(recording) | of_epochs))
    elif path.suffix == ".parquet":
        _write(path, _parquet(recording))
    else:
        msg = f"{path}: recordings are written as .npz or .parquet; name such a file"
        raise InputError(msg)


def new_folder(path: Path) -> None:
    """Make the folder of a new recording."""
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        msg = f"{path} exists; name a new folder, or continue this recording: load_recording({str(path)!r})"
        raise InputError(msg)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"{path}: cannot write here: {error.strerror}; name another folder"
        raise InputError(msg) from error


def append_epoch(recording: Recording, predictions: NDArray[np.float32], epoch: int, phase: int) -> None:
    """Keep one epoch in a file of its own, which an interruption leaves whole or absent."""
    folder, about = recording.path, _facts(recording)
    if about != recording.kept_about:  # phases get their names while the training runs
        _write(folder / _HEADER, _npz(_about(recording)))
        recording.kept_about = about
    content = io.BytesIO()
    np.savez(content, predictions=predictions, epoch=epoch, phase=phase)
    _write(folder / f"epoch-{epoch:08d}.npz", content.getvalue())


def _read_folder(folder: Path) -> Recording:
    recording = _recording(_read_npz(folder / _HEADER))
    for file in sorted(folder.glob("epoch-*.npz")):
        try:
            one = _read_npz(file)
            recording.record(one["predictions"], epoch=int(one["epoch"]), phase=int(one["phase"]))
        except _DAMAGED as error:
            msg = f"{file.name} is damaged; delete it to read the rest of the recording"
            raise InputError(msg) from error
    recording.path = folder
    return recording


def _about(recording: Recording) -> dict[str, NDArray]:
    """Return all that is known before the first epoch, as arrays that need no pickle."""
    arrays = {
        "about": np.array(_facts(recording)),
        "truth": recording.truth,
        "item": recording.item,
        "item_name": recording.names,
    }
    return arrays if recording.group is None else arrays | {"group": recording.group}


def _facts(recording: Recording) -> str:
    facts = {
        "format": FORMAT,
        "name": recording.name,
        "views": recording.views,
        "classes": recording.classes,
        "outputs": recording.outputs,
        "phase_names": {str(number): name for number, name in recording.phase_names.items()},
    }
    return json.dumps(facts)


def _recording(arrays: Mapping[str, NDArray]) -> Recording:
    facts = json.loads(str(arrays["about"]))
    if facts["format"] != FORMAT:
        msg = f"its format is {facts['format']!r}, and {FORMAT!r} can be read"
        raise InputError(msg)
    shape = (0, len(arrays["truth"]), len(facts["views"]), *([1] if facts["classes"] or facts["outputs"] else []))
    return Recording.from_arrays(
        arrays.get("predictions", np.empty(shape, np.float32)),
        arrays["truth"],
        epoch=arrays.get("epoch"),
        phase=arrays.get("phase"),
        phase_names={int(number): name for number, name in facts["phase_names"].items()},
        item_ids=arrays["item"],
        names=arrays["item_name"],
        name=facts["name"],
        group=arrays.get("group"),
        classes=facts["classes"] or None,
        outputs=facts["outputs"] or None,
        views=facts["views"],
    )


def _npz(arrays: Mapping[str, NDArray]) -> bytes:
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)
    return content.getvalue()


def _read_npz(path: Path) -> dict[str, NDArray]:
    with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        return dict(arrays)


def _parquet(recording: Recording) -> bytes:
    """Return the long table, with all that it does not hold in the file's metadata."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(recording.to_frame(), preserve_index=False)
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), b"recording": _npz(_about(recording))})
    content = io.BytesIO()
    pq.write_table(table, content, compression="zstd")
    return content.getvalue()


def _read_parquet(path: Path) -> dict[str, NDArray]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except pa.ArrowInvalid as error:
        raise ValueError(path) from error
    with np.load(io.BytesIO(table.schema.metadata[b"recording"]), allow_pickle=False) as stored:
        arrays = dict(stored)
    facts = json.loads(str(arrays["about"]))
    n_items, n_views = len(arrays["truth"]), len(facts["views"])
    names = [name for name in table.column_names if name.startswith("prediction")]
    values = np.stack([table[name].to_numpy() for name in names], axis=-1)
    shape = (-1, n_items, n_views, *([len(names)] if facts["classes"] or facts["outputs"] else []))
    of_epochs = {name: table[name].to_numpy()[:: n_items * n_views] for name in ("epoch", "phase")}
    return arrays | of_epochs | {"predictions": values.reshape(shape)}


def _write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    unfinished = path.with_name(f".{path.name}.{uuid4().hex[:8]}")
    try:
        unfinished.write_bytes(content)
        unfinished.replace(path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        msg = f"{path}: cannot write here: {error.strerror}; name another file"
        raise InputError(msg) from error
