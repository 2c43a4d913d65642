"""A result on disk: an ``.npz`` named after its content, and a ``.json`` that names it and is written last."""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from report_utils.cnn.crossval import CrossValidation
from report_utils.dynamics import Recording
from report_utils.errors import InputError, printable
from report_utils.files.array_files import read_arrays
from report_utils.files.disk import whole_file
from report_utils.files.input_files import read_json
from report_utils.reproduction.recorded import recorded_dynamics
from report_utils.reproduction.results.checks import COLUMNS, fault_of_arrays, fault_of_manifest
from report_utils.runs.code_digest import digest
from report_utils.runs.explain_changes import changes

Kind = Literal["fit", "dynamics"]

_FORMAT = 1
_MAX_MANIFEST = 16 << 20
_MAX_ARRAYS = 256 << 20
"""[bytes] Unpacked; the longest dynamics of the report's protocol has 2 MB."""


@dataclass(frozen=True, eq=False)
class Result:
    """The predictions of one transform and training seed, and what they were computed from.

    Parameters
    ----------
    kind : {"fit", "dynamics"}
    profile, transform : str
    training_seed : int
    runs : dict of int to dict
        By fold, the manifest of each run and the facts that it recorded.
    arrays : dict of str to array
        ``cluster``, ``truth`` and ``group``, each ``(n_tested,)``. Of fits also ``fold`` ``(n_tested,)`` and
        ``predictions`` ``(n_tested, 8)``; of a dynamics ``phase`` ``(n_epochs,)``, ``predictions``
        ``(n_epochs, n_tested, 8)`` and its ``state_...`` ``(n_tested, 8)``. Masses in log10 Msun.
    """

    kind: Kind
    profile: str
    transform: str
    training_seed: int
    runs: dict[int, dict[str, Any]]
    arrays: dict[str, NDArray]

    @property
    def name(self) -> str:
        """Return the path of the result below a folder of results, without its ending."""
        return result_name(self.kind, self.profile, self.transform, self.training_seed)

    @property
    def inputs(self) -> dict[str, Any]:
        """Return what decided the numbers of all its runs: every input but the fold."""
        return _without_fold(next(iter(self.runs.values())))

    def cross_validation(self) -> CrossValidation:
        """Return the test predictions of a fit."""
        columns = {name: self.arrays[name] for name in COLUMNS["fit"]}
        history = {fold: run["facts"]["history"] for fold, run in self.runs.items()}
        variances = {fold: run["facts"].get("target_variance", np.inf) for fold, run in self.runs.items()}
        return CrossValidation(transform=self.transform, history=history, target_variance=variances, **columns)

    def dynamics(self) -> Recording:
        """Return the recorded training of a dynamics."""
        states = {n.removeprefix("state_"): a for n, a in self.arrays.items() if n.startswith("state_")}
        (run,) = self.runs.values()
        return recorded_dynamics(self.transform, self.arrays, states, run["facts"]["loss"])


def _without_fold(run: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in run["inputs"].items() if name != "fold"}


def result_name(kind: Kind, profile: str, transform: str, training_seed: int) -> str:
    """Return the path of a result below a folder of results, without its ending."""
    return f"{profile}/{kind}-{transform}-seed-{training_seed}"


def write_result(result: Result, folder: Path, *, replace: bool = False) -> bool:
    """Write a result below a folder, and tell whether that changed anything there.

    Folds that are there already, of the same inputs, stay, and those that the result has besides are added.

    Raises
    ------
    InputError
        If what is there has other inputs and ``replace`` is not set, or the folder cannot be written.
    """
    path = folder / f"{result.name}.json"
    earlier = _arrays_named_by(path)
    if path.is_file() and not replace:
        before = read_result(path)
        result = _merged(before, result, path)
        if result is before:
            return False
    if any(_without_fold(run) != result.inputs for run in result.runs.values()):
        msg = f"{path}: its folds were trained with different inputs; export or import them one after the other"
        raise InputError(msg)
    digests = {name: _array_digest(array) for name, array in sorted(result.arrays.items())}
    arrays_path = path.with_name(f"{path.stem}-{digest(digests)[:12]}.npz")
    content = io.BytesIO()
    np.savez_compressed(content, **result.arrays)
    _write(arrays_path, content.getvalue())
    manifest = {
        "format": _FORMAT,
        "kind": result.kind,
        "profile": result.profile,
        "transform": result.transform,
        "training_seed": result.training_seed,
        "arrays": {"file": arrays_path.name, "sha256": digests},
        "inputs": result.inputs,
        "runs": {
            str(fold): {name: value for name, value in run.items() if name != "inputs"}
            for fold, run in sorted(result.runs.items())
        },
    }
    _write(path, (json.dumps(manifest, indent=1, sort_keys=True, default=dict) + "\n").encode())
    if earlier is not None and earlier != arrays_path:
        earlier.unlink(missing_ok=True)
    return True


def _arrays_named_by(path: Path) -> Path | None:
    """Return the arrays that a result beside which they lie names, where it names them as this project does."""
    try:
        name = json.loads(path.read_text(encoding="utf-8"))["arrays"]["file"]
        own = re.fullmatch(rf"{re.escape(path.stem)}-[0-9a-f]{{12}}\.npz", name)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return path.with_name(name) if own else None


def shortened(reasons: Sequence[str], most: int = 3) -> str:
    """Join reasons, and say how many more there are than the first few."""
    more = f"; and {len(reasons) - most} more" if len(reasons) > most else ""
    return "; ".join(reasons[:most]) + more


def _merged(before: Result, new: Result, path: Path) -> Result:
    """Return what was there with the folds that only the new one has; the same object where there are none."""
    changed = changes(before.inputs, new.inputs)
    if changed:
        msg = (
            f"{path}: holds runs of other inputs ({shortened(changed)}); leave them, or give --replace to put the new "
            "ones in their place"
        )
        raise InputError(msg)
    added = sorted(new.runs.keys() - before.runs.keys())
    if not added:
        return before
    rows = np.isin(new.arrays["fold"], added)
    arrays = {name: np.concatenate([array, new.arrays[name][rows]]) for name, array in before.arrays.items()}
    order = np.argsort(arrays["fold"], kind="stable")
    arrays = {name: array[order] for name, array in arrays.items()}
    runs = before.runs | {fold: new.runs[fold] for fold in added}
    return Result(before.kind, before.profile, before.transform, before.training_seed, runs, arrays)


def read_result(path: Path) -> Result:
    """Read a result by its ``.json`` file.

    Raises
    ------
    InputError
        If a file is missing, damaged or of another format; the message names it and says why.
    """
    try:
        manifest = read_json(path, _MAX_MANIFEST)
        if not isinstance(manifest, dict) or manifest.get("format") != _FORMAT:
            raise _bad(path, "this is not a result of format 1")
        if fault := fault_of_manifest(manifest):
            raise _bad(path, fault)
        runs = {
            int(fold): {**run, "inputs": {**manifest["inputs"], "fold": int(fold)}}
            for fold, run in manifest["runs"].items()
        }
        arrays = _read_arrays(path, manifest["arrays"]["file"], manifest["arrays"]["sha256"])
        result = Result(
            manifest["kind"], manifest["profile"], manifest["transform"], manifest["training_seed"], runs, arrays
        )
    except InputError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _bad(path, f"cannot be understood ({type(error).__name__}: {printable(str(error), 100)})") from None
    if fault := fault_of_arrays(result.kind, result.arrays, set(result.runs)):
        raise _bad(path, fault)
    return result


def _read_arrays(path: Path, name: str, digests: Mapping[str, str]) -> dict[str, NDArray]:
    arrays_path = path.with_name(name)
    if not arrays_path.exists():
        raise _bad(path, f"its arrays are missing: {name}")
    try:
        arrays = read_arrays(arrays_path, _MAX_ARRAYS)
    except InputError:
        raise
    except Exception as error:  # damaged bytes make zipfile raise nearly anything
        raise _bad(arrays_path, f"cannot be read ({type(error).__name__})") from None
    wrong = [key for key in digests | arrays if key not in arrays or _array_digest(arrays[key]) != digests.get(key)]
    if wrong:
        raise _bad(arrays_path, f"{printable(', '.join(sorted(wrong)), 200)} changed since it was exported")
    return arrays


def _bad(path: Path, reason: str) -> InputError:
    return InputError(f"{path}: {reason}; remove this result, or export it again")


def _array_digest(array: NDArray) -> str:
    """Return the SHA-256 of an array's type, shape and values: the same however a file is compressed."""
    head = f"{array.dtype.str} {array.shape}".encode()
    return hashlib.sha256(head + np.ascontiguousarray(array).tobytes()).hexdigest()


def _write(path: Path, content: bytes) -> None:
    """Write a file that is either whole or as it was before."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as temporary:
            temporary.write_bytes(content)
    except OSError as error:
        msg = f"{path}: cannot write here: {error.strerror or error}; free space or make the folder writable"
        raise InputError(msg) from error
