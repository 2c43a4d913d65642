"""A profile shown by committed results in place of runs: nothing is trained, and each page says where they are from."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from report_utils.binning import TRANSFORMS
from report_utils.errors import InputError, NotAvailableError
from report_utils.profiles import PROFILE_VARIABLE, Profile, load_profile
from report_utils.reproduction.one_profile import DYNAMICS_TRANSFORMS, Reproduction
from report_utils.reproduction.results import Result, key_of, origin_of, read_results, results_folder
from report_utils.runs.code_digest import digest
from report_utils.runs.reads import note_run
from report_utils.runs.store import Run, RunKey, Store

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
    return committed_reproduction(shown, store, results_folder(shown.name) if place.parent == Path() else place)


def committed_reproduction(profile: Profile, store: Store | None, folder: Path) -> CommittedReproduction:
    """Return a profile as its committed results were trained, with those of them that go together.

    What is shown together was computed by one backend with one protocol on the same observations, and has folds in
    common; what does not go with the rest is left out, and said to be.

    Raises
    ------
    InputError
        If there are none, or one is damaged.
    """
    everything = read_results(folder)
    own = {name: result for name, result in everything.items() if name.split("/")[1] == profile.name}
    found = {name: result for name, result in own.items() if result.inputs["transform"] in TRANSFORMS}
    if not any(result.is_fit for result in found.values()):
        msg = (
            f"{folder}: holds no fits of profile {profile.name}; train it and run "
            "report-utils results export, or build without results"
        )
        raise InputError(msg)
    together, n_folds = _going_together(found)
    left_out = tuple(name for name in found if name not in together)
    reproduction = CommittedReproduction(_as_trained(profile, together, n_folds), store, together)
    reproduction.folder, reproduction.today, reproduction.left_out = folder, Reproduction(profile, store), left_out
    return reproduction


class CommittedReproduction(Reproduction):
    """A profile whose fits and dynamics are committed results.

    Parameters
    ----------
    profile : Profile
        As the results were trained.
    store : Store, optional
        Of the observations.
    results : mapping of str to Result
        By the names of their keys.
    """

    folder: Path
    """Where the results lie."""
    today: Reproduction
    """The profile as it is, to say what has changed since."""
    left_out: tuple[str, ...] = ()

    def __init__(self, profile: Profile, store: Store | None, results: Mapping[str, Result]) -> None:
        super().__init__(profile, store)
        self.results, self.today = results, self

    def holds(self, key: RunKey) -> bool:
        """Tell whether there is a result of this name."""
        return self.load(key) is not None

    def load(self, key: RunKey) -> Run | None:
        """Return the result of this name, whatever it was computed from."""
        result = self.results.get(key.name)
        note_run(key.name, None if result is None else result.digest)
        return result

    def fit_key(self, transform: str, fold: int, training_seed: int = 0) -> RunKey:
        """Return the key that a result was computed with; today's where there is none."""
        return self._key_then(super().fit_key(transform, fold, training_seed))

    def dynamics_key(self, transform: str, training_seed: int = 0) -> RunKey:
        """Return the key that a result was computed with; today's where there is none."""
        return self._key_then(super().dynamics_key(transform, training_seed))

    def _key_then(self, key: RunKey) -> RunKey:
        result = self.results.get(key.name)
        return key if result is None else key_of(result, key.profile)

    def _finished(self, key: RunKey) -> Run:
        run = self.load(key)
        if run is None:
            msg = f"{self.folder}: no {key.name}"
            raise NotAvailableError(msg)
        return run

    def _ensure(self, keys: list[RunKey]) -> None:
        """Do nothing: what is not there is not trained."""

    def has_fits(self, transform: str, n_seeds: int) -> bool:
        """Tell whether a transform has been trained in all folds with so many training seeds."""
        return all(self.holds(key) for seed in range(n_seeds) for key in self.fit_keys(transform, seed))

    def has_dynamics(self, transform: str, n_seeds: int) -> bool:
        """Tell whether the dynamics of a transform has been trained with so many training seeds."""
        return all(self.holds(self.dynamics_key(transform, seed)) for seed in range(n_seeds))

    @property
    def backend(self) -> str:
        """Return the Keras backend of the results, which is the same of all that are shown."""
        return next(iter(self.results.values())).inputs["backend"]

    @property
    def transforms(self) -> tuple[str, ...]:
        """Return the transforms of whose fits there are results, in the report's order."""
        return tuple(name for name in super().transforms if self.has_fits(name, 1))

    @property
    def dynamics_transforms(self) -> tuple[str, ...]:
        """Return the transforms whose dynamics the report shows and of which there are results."""
        return tuple(name for name in DYNAMICS_TRANSFORMS if self.has_dynamics(name, 1))

    def missing(self, *_: object, **__: object) -> list[RunKey]:
        """Return nothing: what is not there is not trained, and said to be missing."""
        return []

    def runs(
        self, transforms: Iterable[str] = (), dynamics: Iterable[str] = (), *, n_training_seeds: int = 1
    ) -> list[RunKey]:
        """Return the keys of the results of these, however many seeds are asked for."""
        return [key for key in super().runs(transforms, dynamics, n_training_seeds=n_training_seeds) if self.holds(key)]

    def changed_since(self) -> dict[str, tuple[str, ...]]:
        """Return what has changed since each of the results shown was computed, in words, by its name."""
        return {name: origin_of([result], self.today).changed for name, result in self.results.items()}

    def origin_note(self, transforms: Iterable[str], dynamics: Iterable[str]) -> str:
        """Say where the results of these come from, what has changed since, what is partial, and what is not there."""
        transforms, dynamics = list(transforms), list(dynamics)
        if not transforms and not dynamics:
            return ""
        results = [self.results[key.name] for key in self.runs(transforms, dynamics)]
        said = [
            f"What was trained for this page are the committed results of profile `{self.profile.name}`, "
            f"not runs of this build: {origin_of(results, self.today)}."
            if results
            else f"The committed results of profile `{self.profile.name}` hold nothing that this page shows."
        ]
        n_folds, folds = self.today.profile.folds.run, self.profile.folds.run
        partial = [f"{name} (folds 0 to {folds - 1})" for name in transforms if name in self.transforms]
        absent = [name for name in transforms if name not in self.transforms]
        absent += [f"dynamics of {name}" for name in dynamics if not self.holds(self.dynamics_key(name))]
        left_out = [name for name in self.left_out if any(f"/{one}/" in name for one in (*transforms, *dynamics))]
        for what, names in (
            (f"Partial, of {n_folds} folds", partial if folds < n_folds else []),
            ("Not there", absent),
            ("Left out, as they do not go with the rest (backend, protocol, observations or folds)", left_out),
        ):
            if names:
                said.append(f"{what}: {', '.join(names)}.")
        return "\n\n".join(said)


def _as_trained(profile: Profile, results: Mapping[str, Result], n_folds: int) -> Profile:
    """Return a profile as it was when results were trained, with the folds that all of them have.

    What a page says of numbers (how many observations, pixels, folds, epochs) is then true of those that it shows.
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


def _going_together(found: Mapping[str, Result]) -> tuple[dict[str, Result], int]:
    """Return by name the results that may stand in one table, and how many folds all their fits have, from 0 on."""
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
    # of how many folds the most is there: a transform that has begun does not cost the others their folds
    n_common = max(
        range(1, max(folds.values(), default=0) + 1), key=lambda n: (n * _n_at_least(folds, n), n), default=0
    )
    kept = {
        name: result
        for name, result in fits.items()
        if result.inputs["fold"] < n_common <= folds[result.inputs["transform"], result.inputs["training_seed"]]
    }
    return kept | dynamics, n_common


def _n_at_least(folds: Mapping[tuple[str, int], int], n: int) -> int:
    return sum(there >= n for there in folds.values())


def _majority(results: Mapping[str, Result], inputs: tuple[str, ...]) -> dict[str, Result]:
    """Return the results that share some inputs: the largest group."""
    groups: dict[str, dict[str, Result]] = {}
    for name, result in results.items():
        of = digest({entry: result.inputs.get(entry) for entry in inputs})
        groups.setdefault(of, {})[name] = result
    return max(groups.values(), key=lambda group: (len(group), sorted(group)[0]), default={})
