"""A profile shown from committed results instead of runs: nothing is trained, and each page states their origin."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from report_utils.binning import TRANSFORMS
from report_utils.errors import InputError, NotAvailableError, printable
from report_utils.profiles import PROFILE_VARIABLE, Profile, load_profile
from report_utils.reproduction.one_profile import DYNAMICS_TRANSFORMS, Reproduction
from report_utils.reproduction.results import Result, origin_of, read_results, results_folder
from report_utils.runs.code_digest import digest
from report_utils.runs.reads import note_run
from report_utils.runs.store import Run, RunKey, Store

RESULTS_VARIABLE = "REPORT_RESULTS"
"""Environment variable that names the profile whose committed results the book shows instead of runs.

A path, such as ``elsewhere/results/paper``, names a folder to read instead of one in the project's ``results/``.
"""


def open_reproduction(profile: str | Path | None = None, store: Store | None = None) -> Reproduction:
    """Return what the book shows for a profile: its runs, or committed results if ``REPORT_RESULTS`` names some."""
    named = os.environ.get(RESULTS_VARIABLE)
    if not named:
        return Reproduction(profile, store)
    shown, folder = named_results(named, profile)
    return committed_reproduction(shown, store, folder)


def named_results(named: str, profile: str | Path | None = None) -> tuple[Profile, Path]:
    """Return the profile and the folder of the results that a profile's name or a path stands for; one name only."""
    place = Path(named)
    shown = load_profile(profile or os.environ.get(PROFILE_VARIABLE) or place.name)
    if shown.name != place.name:
        msg = f"results of profile {place.name!r} are requested, but the profile is {shown.name!r}; name only one"
        raise InputError(msg)
    return shown, results_folder(shown.name) if place.parent == Path() else place


def committed_reproduction(profile: Profile, store: Store | None, folder: Path) -> CommittedReproduction:
    """Return a profile as its committed results were trained, with the largest set of comparable results.

    Comparable results were computed by the same backend with the same protocol on the same observations, and have
    folds in common. The others are left out, and the pages say so. Damaged results, or none, are refused.
    """
    found = _own_results(profile, folder)
    if not any(result.is_fit for result in found.values()):
        msg = (
            f"{folder}: holds no fits of profile {profile.name}; train it and run "
            "report-utils results export, or build from runs"
        )
        raise InputError(msg)
    reproduction = _reproduction_of(profile, store, folder, found, *_going_together(found))
    reproduction.is_shown = True
    return reproduction


def whole_results(profile: Profile, store: Store | None, folder: Path) -> CommittedReproduction | None:
    """Return the comparable results that have every fold of a profile; None if there are none. Damage is refused."""
    found = {
        name: result
        for name, result in _own_results(profile, folder).items()
        if result.inputs["image"] == TRANSFORMS[result.inputs["transform"]].described()  # it may have other bands now
    }
    together, n_folds = _going_together(found, profile.folds.run)
    if not any(result.is_fit for result in together.values()):
        return None
    return _reproduction_of(profile, store, folder, found, together, n_folds)


def _own_results(profile: Profile, folder: Path) -> dict[str, Result]:
    """Return the results of a profile itself, of the book's transforms."""
    own = {name: result for name, result in read_results(folder).items() if name.split("/")[1] == profile.name}
    return {name: result for name, result in own.items() if result.inputs["transform"] in TRANSFORMS}


def _reproduction_of(
    profile: Profile,
    store: Store | None,
    folder: Path,
    found: Mapping[str, Result],
    together: Mapping[str, Result],
    n_folds: int,
) -> CommittedReproduction:
    try:
        trained = _as_trained(profile, together, n_folds)
    except (KeyError, TypeError, ValueError) as error:
        reason = printable(f"{type(error).__name__}: {error}", 200)
        msg = f"{folder}: its fits have inputs that this version does not know ({reason}); export them again"
        raise InputError(msg) from error
    reproduction = CommittedReproduction(trained, store, together)
    reproduction.folder, reproduction.today = folder, Reproduction(profile, store)
    reproduction.left_out = tuple(name for name in found if name not in together)
    return reproduction


class CommittedReproduction(Reproduction):
    """A profile, as it was trained, whose fits and dynamics are committed results, given by the names of their keys.

    The store holds the observations.
    """

    folder: Path
    """The folder of the results."""
    today: Reproduction
    """The profile as it is now, to describe what has changed since."""
    left_out: tuple[str, ...] = ()
    is_shown = False
    """Whether the book shows these results in place of the profile's runs."""

    def __init__(self, profile: Profile, store: Store | None, results: Mapping[str, Result]) -> None:
        super().__init__(profile, store)
        self.results, self.today = results, self

    def holds(self, key: RunKey) -> bool:
        """Tell whether there is a result with this name."""
        return self.load(key) is not None

    def load(self, key: RunKey) -> Run | None:
        """Return the result with this name, whatever its inputs."""
        result = self.results.get(key.name)
        if self.is_shown:  # other results, of a study or of full size, are recorded with their folder
            note_run(key.name, None if result is None else result.digest)
        return result

    def _training_key(self, name: str, *about: Any) -> RunKey:
        """Return the key with which the result was computed, or today's key if there is no result."""
        if (result := self.results.get(name)) is None:
            return super()._training_key(name, *about)
        return RunKey(name, result.inputs, self.profile.label)

    def _finished(self, keys: list[RunKey]) -> list[Run]:
        """Return the results of these keys; missing ones are not trained."""
        for key in keys:
            if not self.holds(key):
                msg = f"{self.folder}: no {key.name}"
                raise NotAvailableError(msg)
        return [self.load(key) for key in keys]

    def has(self, keys: Callable[[str, int], list[RunKey]], transform: str, n_seeds: int) -> bool:
        """Tell whether there is every fit, or dynamics, of a transform with this many training seeds."""
        return all(self.holds(key) for seed in range(n_seeds) for key in keys(transform, seed))

    @property
    def backend(self) -> str:
        """Return the Keras backend of the results, the same for all that are shown."""
        return next(iter(self.results.values())).inputs["backend"]

    @property
    def transforms(self) -> tuple[str, ...]:
        """Return the transforms that have fits among the results, in the report's order."""
        return tuple(name for name in super().transforms if self.has(self.fit_keys, name, 1))

    @property
    def dynamics_transforms(self) -> tuple[str, ...]:
        """Return the transforms whose dynamics the report shows and the results include."""
        return tuple(name for name in DYNAMICS_TRANSFORMS if self.has(self.dynamics_keys, name, 1))

    def missing(self, *_: object, **__: object) -> list[RunKey]:
        """Return nothing: missing results are not trained, only reported."""
        return []

    def runs(
        self, transforms: Iterable[str] = (), dynamics: Iterable[str] = (), *, n_training_seeds: int = 1
    ) -> list[RunKey]:
        """Return the keys of the existing results of these, whatever number of seeds is requested."""
        return [key for key in super().runs(transforms, dynamics, n_training_seeds=n_training_seeds) if self.holds(key)]

    def changed_since(self) -> dict[str, tuple[str, ...]]:
        """Return what has changed since each of the shown results was computed, in words, by name."""
        return {name: origin_of([result], self.today).changed for name, result in self.results.items()}

    def origin_note(self, transforms: Iterable[str], dynamics: Iterable[str]) -> str:
        """Describe where these results come from, what has changed since, what is partial, and what is missing."""
        transforms, dynamics = list(transforms), list(dynamics)
        said = []
        if results := [self.results[key.name] for key in self.runs(transforms, dynamics)]:
            said.append(f"Committed results of profile `{self.profile.name}`: {origin_of(results, self.today)}.")
        return "\n\n".join([*said, *filter(None, [self.gaps_note(transforms, dynamics)])])

    def gaps_note(self, transforms: Iterable[str], dynamics: Iterable[str]) -> str:
        """Name what these results have only in part, what they lack, and what is left out; empty if they are whole."""
        transforms, dynamics = list(transforms), list(dynamics)
        n_folds, folds = self.today.profile.folds.run, self.profile.folds.run
        partial = [f"{name} (folds 0 to {folds - 1})" for name in transforms if name in self.transforms]
        absent = [name for name in transforms if name not in self.transforms]
        absent += [f"dynamics of {name}" for name in dynamics if not self.holds(self.dynamics_key(name))]
        left_out = [name for name in self.left_out if any(f"/{one}/" in name for one in (*transforms, *dynamics))]
        said = []
        for what, names in (
            (f"Partial, of {n_folds} folds", partial if folds < n_folds else []),
            ("Missing", absent),
            ("Left out, because backend, protocol, observations or folds differ from the rest", left_out),
        ):
            if names:
                said.append(f"{what}: {', '.join(names)}.")
        return " ".join(said)


def _as_trained(profile: Profile, results: Mapping[str, Result], n_folds: int) -> Profile:
    """Return a profile as it was when results were trained, with the folds that all of them have.

    The numbers of observations, pixels, folds and epochs on a page are then those of the results that it shows.
    """
    fit = next(result.inputs for result in results.values() if result.is_fit)
    entries = profile.model_dump() | {"n_pixels": fit["data"]["n_pixels"], "seed": fit["seed"]}
    entries["source"] |= {"n_clusters": fit["data"]["n_clusters"]}
    entries["training"] = fit["training"]
    entries["folds"] = {"n_folds": fit["n_folds"], "run": n_folds, "grouped": fit["grouped"]}
    for result in results.values():
        if not result.is_fit:
            entries["dynamics"] = result.inputs["dynamics"]
    return Profile(**entries)


def _going_together(found: Mapping[str, Result], n_folds: int | None = None) -> tuple[dict[str, Result], int]:
    """Return the results that may share a table, by name, and the number of folds (from 0) that all their fits have.

    By default it is the number of folds that keeps the most fits.
    """
    alike = _majority(found, ("backend", "data", "seed", "n_folds", "grouped"))
    fits = _majority({name: result for name, result in alike.items() if result.is_fit}, ("training",))
    dynamics = _majority({name: result for name, result in alike.items() if not result.is_fit}, ("dynamics",))
    folds: dict[tuple[str, int], int] = {}
    for result in fits.values():
        of = result.inputs["transform"], result.inputs["training_seed"]
        n = 0
        while f"fit/{result.name.split('/')[1]}/{of[0]}/fold-{n}-seed-{of[1]}" in fits:
            n += 1
        folds[of] = n
    # a transform that was only begun costs the others no folds
    n_kept = {n: n * sum(there >= n for there in folds.values()) for n in range(1, max(folds.values(), default=0) + 1)}
    n_common = n_folds or max(n_kept, key=lambda n: (n_kept[n], n), default=0)
    kept = {
        name: result
        for name, result in fits.items()
        if result.inputs["fold"] < n_common <= folds[result.inputs["transform"], result.inputs["training_seed"]]
    }
    return kept | dynamics, n_common


def _majority(results: Mapping[str, Result], inputs: tuple[str, ...]) -> dict[str, Result]:
    """Return the largest group of results that have the given inputs in common."""
    groups: dict[str, dict[str, Result]] = {}
    for name, result in results.items():
        of = digest({entry: result.inputs.get(entry) for entry in inputs})
        groups.setdefault(of, {})[name] = result
    return max(groups.values(), key=lambda group: (len(group), sorted(group)[0]), default={})
