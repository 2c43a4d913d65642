"""Results: finished runs, most without their weights, small enough to commit, with the same names and keys.

The results of a profile and its studies lie below ``results/<profile>/``, laid out like the folder of runs. Since they
come from other machines, each manifest is checked against the files, and each array against what a run can hold.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from report_utils.binning import get_transform
from report_utils.errors import InputError, printable
from report_utils.files.disk import clear_disk_errors, write_json
from report_utils.files.input_files import demand_file, files_below, read_json
from report_utils.reproduction.one_profile import NETWORK_TRANSFORMS, Reproduction, results_folder
from report_utils.reproduction.studies import Study, possible_variants, reproduce_variant, reproduction_of
from report_utils.reproduction.training_tasks import dynamics_code, fit_code
from report_utils.runs.code_digest import digest, file_digest, reached_definitions
from report_utils.runs.explain_changes import changes, differences
from report_utils.runs.manifests import MANIFEST, fault_of
from report_utils.runs.reads import note_results
from report_utils.runs.store import Run
from report_utils.workers.backends import ENGINES

_ARRAYS = {"cluster": "iu", "group": "U", "truth": "f", "predictions": "f"}
"""The arrays of a result and their NumPy kinds; a dynamics also has ``state_...`` arrays."""
_NAME = re.compile(r"(fit|dynamics)(/[A-Za-z0-9_][A-Za-z0-9_.+-]{0,119}){3}")
_WEIGHT = re.compile(r"weight_\d+")
_MAX_ENTRIES = 100_000
"""Files and folders to search for results; the project has a few thousand."""
_MAX_MANIFEST = 4 << 20
_MAX_FILE = 256 << 20
"""[bytes] The longest dynamics of the report's protocol takes 5 MB."""
_MAX_CLUSTERS = 10_000_000
_MAX_PREDICTION = float(np.finfo(np.float32).max)
_MASSES = (0.0, 30.0)
"""Limits of log10 M500c [Msun], far beyond any cluster."""


@dataclass(frozen=True)
class Result(Run):
    """A committed run: a finished run, without its weights unless pages look into its network."""

    @property
    def name(self) -> str:
        """Return the name of its key, such as ``"fit/quick/multi_band_2/fold-0-seed-0"``."""
        return self.manifest["name"]

    @cached_property
    def inputs(self) -> dict[str, Any]:
        """Return the inputs that it was computed from."""
        return self.manifest["inputs"]

    @property
    def is_fit(self) -> bool:
        """Tell whether this is a fit; if not, it is a dynamics."""
        return self.name.startswith("fit/")

    def array(self, name: str, *, mapped: bool = False) -> NDArray:
        """Return a stored array. It is mapped first, so a file that claims a larger shape cannot exhaust memory."""
        array = super().array(name, mapped=True)
        return array if mapped else np.array(array)


def read_results(folder: Path) -> dict[str, Result]:
    """Return all results below a folder, by name.

    A damaged result, two of the same name, and a folder that holds far more than results are refused.
    """
    found: dict[str, Result] = {}
    for path in files_below(folder, MANIFEST, _MAX_ENTRIES):
        result = _read_result(path.parent)
        if result.name in found:
            msg = f"{path.parent}: {found[result.name].folder} holds {result.name} too; remove one of them"
            raise InputError(msg)
        found[result.name] = result
    note_results(folder, results_digest(folder))
    return found


def results_digest(folder: Path) -> str:
    """Return the digest of all manifests below a folder; they contain the digests of all other files."""
    manifests = files_below(folder, MANIFEST, _MAX_ENTRIES)
    return digest({path.relative_to(folder).as_posix(): file_digest(path) for path in manifests})


def _read_result(folder: Path) -> Result:
    manifest = read_json(folder / MANIFEST, _MAX_MANIFEST)
    try:
        fault = _fault_of_manifest(manifest)
        for name in manifest["files"] if fault is None else ():
            demand_file(folder / name, _MAX_FILE)
        fault = fault or fault_of(folder, manifest["digest"])
        result = Result(folder, manifest)
        fault = fault or _fault_of_arrays(result)
    except InputError:
        raise
    except Exception as error:  # NumPy can raise almost anything on damaged bytes
        fault = f"cannot be understood ({type(error).__name__}: {printable(str(error), 100)})"
    if fault:
        msg = f"{folder}: {printable(fault, 300)}; remove this result, or export it again"
        raise InputError(msg)
    return result


def _fault_of_manifest(manifest: Any) -> str | None:
    """Say what is wrong with the entries of a manifest, or return None."""
    if not isinstance(manifest, dict) or not _NAME.fullmatch(str(manifest.get("name"))):
        return "this is not the manifest of a fit or a dynamics"
    inputs, files = manifest["inputs"], manifest["files"]
    if digest(inputs) != manifest["digest"]:
        return "its digest does not match its inputs"
    kind, _, transform, last = manifest["name"].split("/")
    seed = f"seed-{int(inputs['training_seed'])}"
    expected = f"fold-{int(inputs['fold'])}-{seed}" if kind == "fit" else seed
    protocol = "training" if kind == "fit" else "dynamics"
    if (transform, last) != (inputs["transform"], expected) or not isinstance(inputs[protocol], dict):
        return "its name does not match its inputs"
    if any("/" in name or name.startswith(".") for name in files):
        return "its files lie outside its folder"
    return None


def _fault_of_arrays(result: Result) -> str | None:
    """Say what is wrong with the types, shapes or values of a result, or return None."""
    names = {name.removesuffix(".npy") for name in result.manifest["files"] if name.endswith(".npy")}
    states = {name for name in names if name.startswith("state_")} if not result.is_fit else set()
    if missing := sorted(_ARRAYS.keys() - names):
        return f"has no {', '.join(missing)}"
    weights = {name for name in names if _WEIGHT.fullmatch(name)} if result.is_fit else set()
    if unknown := sorted(names - _ARRAYS.keys() - states - weights):
        return f"has unknown arrays: {', '.join(name[:40] for name in unknown[:3])}"
    arrays = {name: result.array(name) for name in sorted(names)}
    for name, array in arrays.items():
        if array.dtype.kind not in _ARRAYS.get(name, "f"):
            return f"{name} holds {array.dtype}, which is the wrong type"
    shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items() if name not in weights)
    n_tested = len(arrays["cluster"]) if arrays["cluster"].ndim == 1 else -1
    n_views = arrays["predictions"].shape[-1] if arrays["predictions"].ndim else 0
    leading = (n_tested,) if result.is_fit else (len(arrays["predictions"]), n_tested)
    expected = dict.fromkeys(("cluster", "group", "truth"), (n_tested,)) | {"predictions": (*leading, n_views)}
    expected |= dict.fromkeys(states, (n_tested, n_views))
    if n_views == 0 or any(arrays[name].shape != shape for name, shape in expected.items()):
        return f"the shapes of its arrays do not match: {shapes}"
    for name in ("predictions", "truth", *sorted(states), *sorted(weights)):
        if not (np.isfinite(arrays[name]).all() and np.abs(arrays[name]).max(initial=0) <= _MAX_PREDICTION):
            return f"{name} holds values that no network can return"
    if ((arrays["truth"] < _MASSES[0]) | (arrays["truth"] > _MASSES[1])).any():
        return f"its true masses are not all log10 of solar masses, from {_MASSES[0]:g} to {_MASSES[1]:g}"
    if len(np.unique(arrays["cluster"])) < n_tested:
        return "tests a cluster twice"
    if n_tested and not 0 <= arrays["cluster"].min() <= arrays["cluster"].max() < _MAX_CLUSTERS:
        return "its clusters are not numbered from 0"
    return _fault_of_facts(result, len(arrays["predictions"]))


def _fault_of_facts(result: Result, n_epochs: int) -> str | None:
    facts = read_json(result.folder / "facts.json", _MAX_MANIFEST)
    if result.is_fit:
        recorded = [facts["history"]["loss"], facts["history"]["val_loss"], [facts["target_variance"]]]
    else:
        recorded = [facts["loss"]]
        if {f"state_{name}.npy" for name in facts["states"]} - result.manifest["files"].keys():
            return "lists states that it does not hold"
        transform, epochs = result.inputs["image"], result.inputs["dynamics"]["epochs"]
        if n_epochs != (epochs + 1) * (len(transform["edges_kev"]) - 1) or len(facts["loss"]) != n_epochs:
            return "its number of epochs does not match its phases"
    numbers = [value for values in recorded for value in values]
    if not all(type(value) in (int, float) and abs(value) <= 1e300 for value in numbers):
        return "its losses are not numbers"
    return None


def export_results(
    reproduction: Reproduction,
    transforms: Iterable[str] = (),
    dynamics: Iterable[str] = (),
    *,
    folder: Path | None = None,
    replace: bool = False,
) -> dict[str, bool]:
    """Write the finished runs of a reproduction, with every trained seed; say by name whether that changed anything.

    Weights are left out, except those of the ``network_seeds`` of the profile, which pages look into. The folder is by
    default that of the profile's committed results. With ``replace``, results there of other inputs (other code, other
    observations) are replaced; without, they are refused.
    """
    own = results_folder(reproduction.profile.name.partition("+")[0])
    runs = _finished(reproduction, transforms, dynamics)
    return _write(runs, folder or own, _looked_into(reproduction), replace=replace)


def export_study(
    base: Reproduction, study: Study, *, folder: Path | None = None, replace: bool = False
) -> dict[str, bool]:
    """Write the finished runs of all variants of a study, as :func:`export_results` does."""
    found: dict[str, Run] = {}  # variants share runs of the base
    for variant in possible_variants(base, study):
        runs = _finished(reproduce_variant(base, variant), variant.trained, variant.dynamics)
        found |= {run.manifest["name"]: run for run in runs}
    runs, own = list(found.values()), results_folder(base.profile.name)
    return _write(runs, folder or own, _looked_into(base), replace=replace)


def _looked_into(reproduction: Reproduction) -> set[str]:
    """Return the names of the fits that pages look into, if the profile trains seeds of their own for them."""
    n_seeds = reproduction.profile.network_seeds
    transforms = NETWORK_TRANSFORMS if n_seeds > 1 else ()
    return {key.name for name in transforms for key in reproduction.fit_keys_of_seeds(name, n_seeds)}


def _finished(reproduction: Reproduction, transforms: Iterable[str], dynamics: Iterable[str]) -> list[Run]:
    """Return the finished runs of each transform, seed by seed, up to the first seed that has none."""
    found: list[Run] = []
    for names, keys in ((transforms, reproduction.fit_keys), (dynamics, reproduction.dynamics_keys)):
        for name in names:
            seed = 0
            while runs := [run for run in map(reproduction.load, keys(name, seed)) if run is not None]:
                found += runs
                seed += 1
    return found


def import_results(source: Path, *, folder: Path | None = None, replace: bool = False) -> dict[str, bool]:
    """Import all results below a folder, such as another machine's export; the rest is as for :func:`export_results`.

    Every file is read and checked before the first one is written. Existing results are kept.
    """
    found = read_results(source)
    if not found:
        msg = f"{source}: holds no results; give a folder that `report-utils results export` has written"
        raise InputError(msg)
    written: dict[str, bool] = {}
    for profile in sorted({_profile_of(result.name) for result in found.values()}):
        own = [result for result in found.values() if _profile_of(result.name) == profile]
        with_weights = {result.name for result in own if result.has_weights}
        written |= _write(own, folder or results_folder(profile), with_weights, replace=replace)
    return written


def _profile_of(name: str) -> str:
    return name.split("/")[1].partition("+")[0]


def _write(runs: Sequence[Run], folder: Path, with_weights: Collection[str], *, replace: bool) -> dict[str, bool]:
    """Copy runs, without their weights unless named; every conflict is found before the first run is written."""
    there = read_results(folder)
    for run in runs:
        earlier = there.get(run.manifest["name"])
        if earlier is not None and earlier.digest != run.digest and not replace:
            changed = shortened(changes(earlier.inputs, run.manifest["inputs"]))
            msg = f"{earlier.folder}: was computed from other inputs ({changed}); keep it, or replace it with --replace"
            raise InputError(msg)
    written: dict[str, bool] = {}
    for run in runs:
        name = run.manifest["name"]
        earlier, files = there.get(name), run.manifest["files"]
        if name not in with_weights:
            files = {file: about for file, about in files.items() if not file.startswith("weight_")}
        is_there = earlier is not None and earlier.digest == run.digest
        written[name] = not is_there or (replace and earlier.manifest["files"] != files)
        if written[name]:
            target = folder / f"{name}-{run.digest[:16]}"
            _put(run, files, target, earlier)
    return written


def _put(run: Run, files: Mapping[str, Any], target: Path, earlier: Result | None) -> None:
    """Copy a run so that a process that is killed leaves one result of a name or none, never two.

    The hidden copy is renamed when it is complete; what stood in its place is hidden first.
    """
    with clear_disk_errors(target, "--to"):
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
        new, old = temporary / "new", temporary / "old"
        try:
            new.mkdir()
            for file in files:
                shutil.copyfile(run.folder / file, new / file)
            write_json(new / MANIFEST, run.manifest | {"files": files})
            if earlier is not None:
                earlier.folder.rename(old)
            new.rename(target)
        finally:
            if old.is_dir() and not target.exists():
                old.rename(earlier.folder)
            shutil.rmtree(temporary, ignore_errors=True)


def shortened(reasons: Sequence[str], most: int = 3) -> str:
    """Join the first few reasons, and say how many more there are."""
    more = f"; and {len(reasons) - most} more" if len(reasons) > most else ""
    return "; ".join(reasons[:most]) + more


@dataclass(frozen=True)
class Origin:
    """Where some results come from, the days of the first and the last, and in words what has changed since."""

    commits: tuple[str, ...]
    backends: tuple[str, ...]
    first: str
    last: str
    changed: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Describe the origin in one line."""
        since = f"changed since: {shortened(self.changed)}" if self.changed else "no input has changed since"
        return f"{self.where}; {since}"

    @property
    def where(self) -> str:
        """Return commit, backend and date as text."""
        days = self.first if self.first == self.last else f"{self.first} to {self.last}"
        return f"commit{'s' * (len(self.commits) > 1)} {', '.join(self.commits)}, {', '.join(self.backends)}, {days}"


def origin_of(results: Iterable[Result], reproduction: Reproduction | None = None) -> Origin:
    """Return where results come from, and how their inputs differ from those of a reproduction of their profile."""
    results, changed = list(results), {}
    for result in results if reproduction is not None else ():
        changed |= dict.fromkeys(changes(result.inputs, todays_inputs(result, reproduction)))
    days = sorted(str(result.manifest.get("finished", "unknown"))[:10] for result in results)
    return Origin(
        commits=tuple(sorted({_commit(result.manifest) for result in results})),
        backends=tuple(sorted({str(result.inputs.get("backend", "unknown")) for result in results})),
        first=days[0],
        last=days[-1],
        changed=tuple(changed),
    )


def todays_inputs(result: Result, reproduction: Reproduction) -> dict[str, Any]:
    """Return the inputs of the same run today, on the result's own backend: another backend is not a change."""
    owner, about = reproduction_of(reproduction, result.name) or reproduction, result.inputs
    seed, transform = about["training_seed"], about["transform"]
    key = owner.fit_key(transform, about["fold"], seed) if result.is_fit else owner.dynamics_key(transform, seed)
    backend = about.get("backend")
    if backend not in ENGINES or backend == key.inputs["backend"]:
        return dict(key.inputs)
    code = reached_definitions(*(fit_code if result.is_fit else dynamics_code)(get_transform(transform), backend))
    return {**key.inputs, "backend": backend, "code": code}


def is_of_protocol(result: Result, reproduction: Reproduction) -> bool:
    """Tell whether a result has this profile's observations and protocol, whatever code computed it."""
    now = todays_inputs(result, reproduction)
    return all("code" in path or "flags" in path for path, _, _ in differences(result.inputs, now))


def _commit(manifest: Mapping[str, Any]) -> str:
    commit = str(manifest.get("commit") or "unknown")[:12]
    return f"{commit} with uncommitted changes" if manifest.get("uncommitted") else commit


def described(results: Mapping[str, Result]) -> list[str]:
    """Describe the results of each transform and training seed in one line: folds, observations and origin."""
    groups: dict[str, list[Result]] = {}
    for name, result in results.items():
        kind, profile, transform, _ = name.split("/")
        groups.setdefault(f"{kind}/{profile}/{transform}, seed {result.inputs['training_seed']}", []).append(result)
    lines = []
    for title, group in groups.items():
        folds = sorted(result.inputs["fold"] for result in group)
        what = f"folds {', '.join(map(str, folds))}" if group[0].is_fit else "one split"
        n_tested = sum(len(result.array("cluster", mapped=True)) for result in group)
        lines.append(f"{title}: {what}, {n_tested} observations tested; {origin_of(group).where}")
    return lines
