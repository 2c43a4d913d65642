"""Which runs of a profile are fresh, stale, missing or damaged, and which of their inputs have changed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from report_utils.binning.transforms import FINE_EDGES_KEV
from report_utils.errors import InputError
from report_utils.reproduction.one_profile import Reproduction
from report_utils.reproduction.studies import reproduction_of
from report_utils.runs.explain_changes import changes, differences
from report_utils.runs.ownership import OwnedEntry, entries
from report_utils.runs.store import RunKey, Store, partial_folder


@dataclass(frozen=True)
class Status:
    """The state of a run or a page.

    ``kind`` is ``data``, ``fit``, ``dynamics``, ``study`` (a run of a study), ``result`` (a committed run), or
    ``page``. The ``reasons`` are the inputs that changed if it is stale, and what is wrong if it is damaged. If
    ``begun``, unfinished work can be resumed. ``about`` is the manifest or record that it was compared with.
    """

    kind: str
    name: str
    state: Literal["fresh", "stale", "missing", "damaged"]
    reasons: tuple[str, ...] = ()
    begun: bool = False
    about: Mapping[str, Any] | None = None


class Manifests:
    """The manifests of all runs in a store, for comparison with today's inputs."""

    def __init__(self, found: Iterable[OwnedEntry]) -> None:
        runs = [entry.about for entry in found if entry.kind == "run" and entry.about]
        self._by_digest = {manifest["digest"]: manifest for manifest in runs}
        self._by_name: dict[str, list[dict[str, Any]]] = {}
        for manifest in runs:
            self._by_name.setdefault(manifest["name"], []).append(manifest)
        for named in self._by_name.values():
            named.sort(key=lambda run: str(run.get("finished")), reverse=True)

    def of_digest(self, digest: str) -> dict[str, Any] | None:
        """Return the manifest of the run with this digest."""
        return self._by_digest.get(digest)

    def latest(self) -> dict[str, dict[str, Any]]:
        """Return the manifest of the latest run of each name."""
        return {name: named[0] for name, named in self._by_name.items()}

    def nearest(self, key: RunKey) -> dict[str, Any] | None:
        """Return the manifest of the same name with the fewest different inputs; the latest of several."""
        candidates = self._by_name.get(key.name, [])
        return min(candidates, key=lambda run: sum(1 for _ in differences(run["inputs"], key.inputs)), default=None)


def profile_keys(reproduction: Reproduction) -> list[RunKey]:
    """Return the keys of all runs that the book shows for a profile, the observations first."""
    seeds = {name: reproduction.book_seeds(name) for name in reproduction.transforms}
    return [
        *reproduction.data_keys,
        *(key for name, n in seeds.items() for key in reproduction.runs([name], n_training_seeds=n)),
        *reproduction.runs(dynamics=reproduction.dynamics_transforms),
    ]


def current_key(reproduction: Reproduction, about: Mapping[str, Any]) -> RunKey | None:
    """Return today's key of the run that a manifest describes, or None if the profile no longer has such a run.

    Runs with further training seeds belong to the profile whatever number of seeds it asks for; so do the runs of its
    variants in studies.
    """
    kind, inputs = about["name"].partition("/")[0], about["inputs"]
    owner = reproduction_of(reproduction, about["name"])
    if owner is None:
        return None
    if kind == "data":
        keys = [*owner.data_keys, owner.data_key_of(FINE_EDGES_KEV)]
        return next((key for key in keys if key.name == about["name"]), None)
    with contextlib.suppress(InputError, KeyError, TypeError):
        if kind == "fit" and inputs["fold"] < owner.profile.folds.run:
            return owner.fit_key(inputs["transform"], inputs["fold"], inputs["training_seed"])
        if kind == "dynamics":
            return owner.dynamics_key(inputs["transform"], inputs["training_seed"])
    return None


def changed_inputs(about: Mapping[str, Any], key: RunKey) -> list[str]:
    """Return the differences between a manifest and today's key, in the words that its users see."""
    if key.name.startswith("data/"):
        return changes({"data": about["inputs"]}, {"data": key.inputs})
    return changes(about["inputs"], key.inputs)


def run_status(reproduction: Reproduction, key: RunKey, manifests: Manifests) -> Status:
    """Return the state of one run. Nothing is changed on disk; a damaged run is not set aside."""
    store, kind = reproduction.store, "study" if "+" in key.name else key.name.partition("/")[0]
    begun = partial_folder(store.folder(key)).is_dir()
    if store.folder(key).is_dir():
        fault = store.fault(key)
        if fault is None:
            return Status(kind, key.name, "fresh", about=manifests.of_digest(key.digest))
        return Status(kind, key.name, "damaged", (f"{fault}; a build computes it again",), begun)
    nearest = manifests.nearest(key)
    if nearest is None:
        return Status(kind, key.name, "missing", (), begun)
    return Status(kind, key.name, "stale", tuple(changed_inputs(nearest, key)), begun, nearest)


def run_states(reproduction: Reproduction) -> tuple[list[Status], Manifests]:
    """Return the state of every run of a profile, and of its studies' runs here, and what they were compared with."""
    manifests = Manifests(entries(reproduction.store.root))
    keys = {key.name: key for key in profile_keys(reproduction)}
    for name, latest in sorted(manifests.latest().items()):
        if name not in keys and f"/{reproduction.profile.name}+" in name:
            key = current_key(reproduction, latest)
            if key is not None:
                keys[name] = key
    return [run_status(reproduction, key, manifests) for key in keys.values()], manifests


def what_is_left(store: Store, missing: Iterable[RunKey]) -> list[str]:
    """Describe the missing runs of each transform in one line, with the number of those that have begun."""
    groups: dict[tuple[str, str], list[RunKey]] = {}
    for key in missing:
        groups.setdefault((key.name.partition("/")[0], key.inputs["transform"]), []).append(key)
    lines = []
    for (kind, transform), keys in groups.items():
        folds = f", folds {', '.join(str(key.inputs['fold']) for key in keys)}" if kind == "fit" else ""
        begun = sum(partial_folder(store.folder(key)).is_dir() for key in keys)
        lines.append(f"  {kind} {transform}{folds}{f' ({begun} begun)' if begun else ''}")
    return lines
