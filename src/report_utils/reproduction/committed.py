"""A profile shown by committed results in place of runs: nothing is trained, and each page says where they are from."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from report_utils.binning import TRANSFORMS
from report_utils.cnn.crossval import CrossValidation
from report_utils.dynamics import Recording
from report_utils.errors import InputError, NotAvailableError
from report_utils.profiles import PROFILE_VARIABLE, Profile, load_profile
from report_utils.reproduction.one_profile import DYNAMICS_TRANSFORMS, MOST_WANTED, Reproduction
from report_utils.reproduction.results import Result, origin_of, results_folder, stored_results
from report_utils.runs.code_digest import digest, file_digest
from report_utils.runs.store import RunKey, Store

RESULTS_VARIABLE = "REPORT_RESULTS"
"""Environment variable that names the profile whose committed results the book shows in place of runs.

With a path, such as ``elsewhere/results/paper``, they are read from there instead of from the project's ``results/``.
"""


def open_reproduction(profile: str | Path | None = None, store: Store | None = None) -> Reproduction:
    """Return what the book shows of a profile: its runs, or committed results where REPORT_RESULTS names some.

    Raises
    ------
    InputError
        If REPORT_RESULTS names those of another profile, or there are none.
    """
    named = os.environ.get(RESULTS_VARIABLE)
    if not named:
        return Reproduction(profile, store)
    place = Path(named)
    shown = load_profile(profile or os.environ.get(PROFILE_VARIABLE) or place.name)
    if shown.name != place.name:
        msg = f"results of {place.name!r} are asked for and the profile is {shown.name!r}; name one of them only"
        raise InputError(msg)
    return CommittedReproduction(shown, store, None if place.parent == Path() else place.parent)


class CommittedReproduction(Reproduction):
    """A profile whose fits and dynamics are committed results.

    What is shown together was computed by one backend with one protocol on the same observations, and has folds in
    common; what does not go with the rest is left out, and said to be.

    Parameters
    ----------
    profile : Profile
    store : Store, optional
        Of the observations.
    folder : Path, optional
        Of the results; the project's where it is not given.

    Raises
    ------
    InputError
        If there are none, or one is damaged.
    """

    def __init__(self, profile: Profile, store: Store | None = None, folder: Path | None = None) -> None:
        self.folder = folder or results_folder()
        found = [result for result in stored_results(self.folder, profile.name) if result.transform in TRANSFORMS]
        if not any(result.kind == "fit" for result in found):
            msg = (
                f"{self.folder / profile.name}: holds no fits of profile {profile.name}; train it and run "
                "report-utils results export, or build without results"
            )
            raise InputError(msg)
        self._results, n_common = _going_together(found)
        super().__init__(_as_trained(profile, self._results.values(), n_common), store)
        self.n_folds, self._today = profile.folds.run, Reproduction(profile, self.store)
        self._left_out = tuple(result.name for result in found if result.name not in self._results)

    def _seeds(self, kind: str, transform: str) -> list[Result]:
        """Return the results of a transform from the first training seed on, all with the folds of the first."""
        seeds: list[Result] = []
        while (result := self._results.get(f"{self.profile.name}/{kind}-{transform}-seed-{len(seeds)}")) is not None:
            if seeds and result.runs.keys() != seeds[0].runs.keys():
                break
            seeds.append(result)
        return seeds

    @property
    def backend(self) -> str:
        """Return the Keras backend of the results, which is the same of all that are shown."""
        return next(iter(self._results.values())).inputs["backend"]

    @property
    def transforms(self) -> tuple[str, ...]:
        """Return the transforms of whose fits there are results, in the report's order."""
        return tuple(name for name in super().transforms if self._seeds("fit", name))

    @property
    def dynamics_transforms(self) -> tuple[str, ...]:
        """Return the transforms whose dynamics the report shows and of which there are results."""
        return tuple(name for name in DYNAMICS_TRANSFORMS if self._seeds("dynamics", name))

    def n_training_seeds(self, transform: str) -> int:
        """Return how many training seeds there are of a transform, all of the same folds."""
        return len(self._seeds("fit", transform))

    def n_dynamics_seeds(self, transform: str) -> int:
        """Return how many training seeds there are of a dynamics."""
        return len(self._seeds("dynamics", transform))

    def cross_validation(self, transform: str, training_seed: int = 0) -> CrossValidation:
        """Return a transform's test predictions over the folds that there are."""
        return self._of_seed("fit", transform, training_seed).cross_validation()

    def dynamics(self, transform: str, training_seed: int = 0) -> Recording:
        """Return the four-phase training of a transform."""
        return self._of_seed("dynamics", transform, training_seed).dynamics()

    def _of_seed(self, kind: str, transform: str, training_seed: int) -> Result:
        seeds = self._seeds(kind, transform)
        if training_seed >= len(seeds):
            msg = f"{self.folder / self.profile.name}: no {kind} of {transform} with training seed {training_seed}"
            raise NotAvailableError(msg)
        return seeds[training_seed]

    def missing(self, *_: object, **__: object) -> list[RunKey]:
        """Return nothing: what is not there is not trained, and said to be missing."""
        return []

    def runs(self, transforms: Iterable[str] = (), dynamics: Iterable[str] = (), **_: object) -> list[RunKey]:
        """Return the keys of the runs that the results of these were, however many seeds are asked for."""
        return [
            RunKey(f"{result.name}/fold-{fold}", run["inputs"], self.profile.label)
            for result in self._of(transforms, dynamics)
            for fold, run in sorted(result.runs.items())
        ]

    def manifests(self, transforms: Iterable[str]) -> list[dict[str, Any]]:
        """Return what is known of the fits whose results these are: their inputs, seconds, machine and versions."""
        return [run for result in self._of(transforms, ()) for run in result.runs.values()]

    def _of(self, transforms: Iterable[str], dynamics: Iterable[str]) -> list[Result]:
        results = [result for name in transforms for result in self._seeds("fit", name)]
        return results + [result for name in dynamics for result in self._seeds("dynamics", name)]

    def shown_results(self, transforms: Iterable[str], dynamics: Iterable[str]) -> dict[str, str]:
        """Return the digests of the results of these, by name."""
        results = self._of(transforms, dynamics)
        return {result.name: file_digest(self.folder / f"{result.name}.json") for result in results}

    def changed_since(self) -> dict[str, tuple[str, ...]]:
        """Return what has changed since each of the results shown was computed, in words, by its name."""
        return {name: origin_of([result], self._today).changed for name, result in self._results.items()}

    def origin_note(self, transforms: Iterable[str], dynamics: Iterable[str]) -> str:
        """Say where the results of these come from, what has changed since, what is partial, and what is not there."""
        transforms, dynamics = list(transforms), list(dynamics)
        results = self._of(transforms, dynamics)
        if not transforms and not dynamics:
            return ""
        said = [
            f"What was trained for this page are the committed results of profile `{self.profile.name}`, "
            f"not runs of this build: {origin_of(results, self._today)}."
            if results
            else f"The committed results of profile `{self.profile.name}` hold nothing that this page shows."
        ]
        partial = [
            f"{name} (fold{'s' * (len(seeds[0].runs) > 1)} {', '.join(map(str, sorted(seeds[0].runs)))})"
            for name in transforms
            if (seeds := self._seeds("fit", name)) and len(seeds[0].runs) < self.n_folds
        ]
        absent = [name for name in transforms if not self._seeds("fit", name)]
        absent += [f"dynamics of {name}" for name in dynamics if not self._seeds("dynamics", name)]
        left_out = [name for name in self._left_out if any(f"-{one}-seed-" in name for one in (*transforms, *dynamics))]
        for what, names in (
            (f"Partial, of {self.n_folds} folds", partial),
            ("Not there", absent),
            ("Left out, as they do not go with the rest (backend, protocol, observations or folds)", left_out),
        ):
            if names:
                said.append(f"{what}: {', '.join(names)}.")
        return "\n\n".join(said)


def _as_trained(profile: Profile, results: Iterable[Result], n_common: int) -> Profile:
    """Return a profile as it was when results were trained, with the folds that all of them have.

    What a page says of numbers (how many observations, pixels, folds, epochs) is then true of those that it shows.
    """
    inputs = {result.kind: result.inputs for result in results}
    fit, data = inputs.get("fit"), next(iter(inputs.values()))["data"]
    entries = profile.model_dump() | {"n_pixels": data["n_pixels"]}
    entries["source"] |= {"n_clusters": data["n_clusters"]}
    if fit is not None:
        folds = {"n_folds": fit["n_folds"], "run": n_common, "grouped": fit["grouped"]}
        entries |= {"seed": fit["seed"], "training": fit["training"], "folds": folds}
    if "dynamics" in inputs:
        entries["dynamics"] = inputs["dynamics"]["dynamics"]
    return Profile(**entries)


def _going_together(found: list[Result]) -> tuple[Mapping[str, Result], int]:
    """Return by name the results that may stand in one table, and how many folds all their fits have."""
    alike = _majority(found, ("backend", "data", "seed", "n_folds", "grouped"))
    fits = _majority([result for result in alike if result.kind == "fit"], ("training",))
    dynamics = _majority([result for result in alike if result.kind == "dynamics"], ("dynamics",))
    wanted = (*MOST_WANTED, *TRANSFORMS)
    fits.sort(key=lambda result: (result.training_seed, -len(result.runs), wanted.index(result.transform)))
    together: dict[str, Result] = {}
    common = set(fits[0].runs) if fits else set()
    for result in fits:
        if common & result.runs.keys():
            common &= result.runs.keys()
            together[result.name] = result
    return together | {result.name: result for result in dynamics}, len(common)


def _majority(results: list[Result], inputs: tuple[str, ...]) -> list[Result]:
    """Return the results that share some inputs: those with the most runs."""
    groups: dict[str, list[Result]] = {}
    for result in results:
        groups.setdefault(digest({name: result.inputs.get(name) for name in inputs}), []).append(result)
    return max(groups.values(), key=lambda group: (sum(len(one.runs) for one in group), group[0].name), default=[])
