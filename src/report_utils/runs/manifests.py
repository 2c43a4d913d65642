"""A run's manifest: what the run comes from, and whether its files are still those that were written.

Every file is digested when a run is loaded, large ones only when their state has changed.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

from report_utils.errors import InputError
from report_utils.files.disk import write_json
from report_utils.profiles import project_root
from report_utils.runs.code_digest import file_digest, package_version

MANIFEST = "manifest.json"
CHECKED = "checked.json"
"""Records, beside a run's files, the state in which the large ones last matched the manifest."""
LARGE_BYTES = 64 * 2**20
"""Larger files are digested again only when their state (inode, size, times) differs from the recorded one."""
THREAD_VARIABLE = "TF_NUM_INTRAOP_THREADS"
"""Environment variable for the number of threads of a training; worker processes set it to 1."""

_PACKAGES = ("report-utils", "numpy", "numba", "keras", "tensorflow-cpu", "tensorflow", "jax", "torch")
_RESULTS = ("results", "benchmarks/results")
_INSTRUCTIONS = ("avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "asimd", "sve")


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return a run's manifest; an OSError or ValueError if it is missing or not one."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except RecursionError:
        manifest = None
    files = manifest.get("files") if isinstance(manifest, dict) else None
    entries = files.values() if isinstance(files, dict) else [None]
    whole = all(isinstance(entry, dict) and {"bytes", "sha256"} <= entry.keys() for entry in entries)
    if not whole or not {"name", "digest", "inputs"} <= manifest.keys():
        msg = "it is not a manifest"
        raise ValueError(msg)
    return manifest


def fault_of(folder: Path, digest: str, *, thorough: bool = False) -> str | None:
    """Say what is wrong with a stored run whose key has this digest, or None.

    With ``thorough``, large files are digested too, whatever state is recorded. Only this finds damage done by the disk
    itself. Files that exist but cannot be read are an InputError: they do not make the run wrong.
    """
    try:
        manifest = read_manifest(folder)
        if manifest["digest"] != digest:
            return "its manifest belongs to another run"
        return _file_fault(folder, manifest["files"], thorough=thorough)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        return f"{Path(error.filename or folder).name} is missing"
    except (ValueError, RecursionError) as error:
        return f"its manifest cannot be read ({type(error).__name__})"
    except OSError as error:
        msg = f"{folder}: cannot be read ({error.strerror or error}); check the disk and the permissions"
        raise InputError(msg) from error


def _file_fault(folder: Path, files: dict[str, Any], *, thorough: bool) -> str | None:
    remembered = {} if thorough else _remembered(folder)
    states: dict[str, list[int]] = {}
    for name, expected in files.items():
        path = folder / name
        if not path.is_file() or path.stat().st_size != expected["bytes"]:
            return f"{name} is missing or has another size"
        if expected["bytes"] > LARGE_BYTES:
            found = path.stat()  # what changes when a file is written, replaced or copied
            states[name] = [found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns]
            if remembered.get(name) == states[name]:
                continue
        if file_digest(path) != expected["sha256"]:
            return f"{name} has changed since it was written"
    if states and states != remembered:
        with contextlib.suppress(InputError):  # a folder that cannot be written is checked in full every time
            write_json(folder / CHECKED, states)
    return None


def _remembered(folder: Path) -> dict[str, Any]:
    try:
        states = json.loads((folder / CHECKED).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return states if isinstance(states, dict) else {}


@cache
def machine() -> dict[str, Any]:
    """Return what can change the last bits of a number, apart from versions: processor, threads, JAX's device ..."""
    facts = {
        "processor": processor(),
        "instructions": _instructions(),
        "system": platform.system(),
        "threads": threads(),
    }
    jax = sys.modules.get("jax") if os.environ.get("KERAS_BACKEND") == "jax" else None
    return facts if jax is None else facts | {"device": jax.devices()[0].device_kind}


@cache
def versions() -> dict[str, str]:
    """Return the versions of Python and of the installed packages that compute."""
    found = {name: package_version(name) for name in _PACKAGES}
    return {"python": platform.python_version()} | {n: v for n, v in found.items() if v != "absent"}


def threads() -> int:
    """Return the number of threads that this process computes with."""
    text = os.environ.get(THREAD_VARIABLE, "")
    if text.isascii() and text.isdigit() and len(text) < 5 and int(text) > 0:
        return int(text)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def processor() -> str:
    """Return the processor's model, such as ``"AMD EPYC 9654, family 25, model 17, stepping 1"``."""
    facts = _cpuinfo()
    if "model name" in facts:
        parts = [f"{name} {facts[name]}" for name in ("cpu family", "model", "stepping") if name in facts]
        return ", ".join([facts["model name"], *parts])
    if sys.platform == "darwin":
        return _output(["sysctl", "-n", "machdep.cpu.brand_string"]) or platform.machine()
    return platform.processor() or platform.machine()


def _instructions() -> list[str]:
    """Return the vector instructions by which numerical libraries choose their code."""
    facts = _cpuinfo()
    flags = set((facts.get("flags") or facts.get("Features") or "").split())
    return [name for name in _INSTRUCTIONS if name in flags]


@cache
def _cpuinfo() -> dict[str, str]:
    """Return what Linux reports about the first core; an empty mapping on other systems."""
    try:
        first = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").split("\n\n")[0]
    except OSError:
        return {}
    pairs = (line.partition(":") for line in first.splitlines() if ":" in line)
    return {name.strip(): value.strip() for name, _, value in pairs}


@cache
def source() -> dict[str, Any]:
    """Return the project's commit, and whether files differ from it; None for both without git or a history.

    Committed results do not count, because they do not affect anything that is computed.
    """
    try:
        root = str(project_root())
    except InputError:
        return {"commit": None, "uncommitted": None}
    head = _output(["git", "-C", root, "rev-parse", "HEAD"])
    asked = ["--no-optional-locks", "status", "--porcelain", "--", ":/", *(f":(exclude){name}" for name in _RESULTS)]
    changes = _output(["git", "-C", root, *asked]) if head else None
    return {"commit": head or None, "uncommitted": None if changes is None else bool(changes)}


def copy_note() -> str | None:
    """Warn if the package runs from an installed copy although the project has its source tree; None otherwise.

    With a copy, edits of the sources have no effect, and a build finds nothing to compute.
    """
    package, beside = Path(__file__).resolve().parents[1], project_root() / "src" / "report_utils"
    if not beside.is_dir() or beside.resolve() == package:
        return None
    return (
        f"this runs a copy of the package, {package}, so edits in {beside} have no effect; install the project with: "
        "pip install --no-deps --no-build-isolation -e ."
    )


def _output(command: list[str]) -> str | None:
    try:
        result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return None
    return result.stdout.strip() if result.returncode == 0 else None
