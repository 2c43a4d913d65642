"""The reproduction of one profile: its data, fits and dynamics. What is missing is computed and kept."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from report_utils.binning import BAND_EDGES_KEV, N_VIEWS, TRANSFORMS, get_transform
from report_utils.binning.dataset import Dataset, load_dataset
from report_utils.binning.observations import Observations
from report_utils.binning.transforms import SourceName
from report_utils.cnn.crossval import CrossValidation
from report_utils.cnn.limits import most_observations
from report_utils.dynamics import Recording
from report_utils.errors import InputError, NotAvailableError
from report_utils.events import EventList
from report_utils.files.disk import require_room
from report_utils.profiles import Profile, load_profile, project_root
from report_utils.reproduction.recorded import recorded_dynamics, recorded_fits
from report_utils.reproduction.training_tasks import dynamics_code, fit_code, profile_folds, store_run
from report_utils.runs.cleanup import in_use
from report_utils.runs.code_digest import reached_definitions
from report_utils.runs.manifests import read_manifest
from report_utils.runs.store import Run, RunKey, Store
from report_utils.workers.backends import backend_name
from report_utils.workers.processes import WORKER_ENVIRONMENT
from report_utils.workers.worker_pool import Task, run_tasks

if TYPE_CHECKING:
    import pandas as pd

DYNAMICS_TRANSFORMS = ("multi_band_4", "agn_less_4")
"""The transforms whose dynamics the report shows (Figures 10 and 11)."""

MOST_WANTED = ("single_band", "multi_band_2", "multi_band_4")
"""Trained first, because the report compares these first; the dynamics come last."""

NETWORK_TRANSFORMS = ("single_band", "multi_band_2")
"""The transforms whose networks pages look into, trained with the profile's ``network_seeds``."""

_DECIDING_FLAGS = (
    "TF_ENABLE_ONEDNN_OPTS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_XLA_FLAGS",
    "XLA_FLAGS",
    "ONEDNN_MAX_CPU_ISA",
    "NVIDIA_TF32_OVERRIDE",
)
"""Environment variables of a worker process that decide the last bits of a training."""


def results_folder(profile: str) -> Path:
    """Return the folder of the committed results of a profile and its studies."""
    return project_root() / "results" / profile


class Reproduction:
    """The report, reproduced with one profile, given as :func:`report_utils.profiles.load_profile` takes it.

    Every request loads the finished runs, and computes and keeps the missing ones. Observations that cannot be used, or
    are too many to train a network on, are refused.

    Examples
    --------
    >>> reproduction = Reproduction("smoke")
    >>> reproduction.cross_validation("multi_band_2").residuals.std()
    """

    def __init__(self, profile: str | Path | Profile | None = None, store: Store | None = None) -> None:
        self.profile = profile if isinstance(profile, Profile) else load_profile(profile)
        self.store = store or Store()
        self.observations = Observations.of(self.profile)
        _require_pixel_numbers(self.profile, self.observations.n_clusters)
        self._codes: dict[tuple[str, ...], dict[str, str]] = {}
        self._keys: dict[str, RunKey] = {}  # keys stay the same throughout a build
        self._data_keys: dict[tuple[float, ...], RunKey] = {}
        self._datasets: dict[tuple[float, ...], Dataset] = {}

    @property
    def dataset(self) -> Dataset:
        """Return the observations, binned in the report's bands."""
        return self.binned(BAND_EDGES_KEV)

    def binned(self, edges_kev: tuple[float, ...]) -> Dataset:
        """Return the observations, binned in bands with these edges [keV], from 0 to infinity."""
        if edges_kev not in self._datasets:
            self._datasets[edges_kev] = self._load_dataset(edges_kev)
        return self._datasets[edges_kev]

    def _load_dataset(self, edges_kev: tuple[float, ...]) -> Dataset:
        key = self.data_key_of(edges_kev)
        if not self.store.holds(key):
            require_room(self.store.root, self._n_bytes(len(edges_kev) - 1), "the binned observations")
        try:
            return load_dataset(self.profile, self.store, edges_kev)
        except FileNotFoundError:
            if not self.store.holds(key):
                raise
            # another machine, which does not see our lock, has finished them and removed the parts
            return load_dataset(self.profile, self.store, edges_kev)

    def _n_bytes(self, n_bands: int) -> int:
        """Return the size of the binned observations on disk [bytes], four for each count."""
        n_sources = 2 if self.observations.has_agn_less else 1
        return 4 * n_sources * self.observations.n_clusters * self.profile.n_pixels**2 * n_bands

    @property
    def backend(self) -> str:
        """Return the Keras backend of the runs shown."""
        return backend_name()

    @property
    def catalogue(self) -> pd.DataFrame:
        """Return one row for each observation: cluster_id, log10_mass, group, n_events, n_events_agn_less ..."""
        return self.dataset.catalogue

    @property
    def transforms(self) -> tuple[str, ...]:
        """Return the transforms that these observations allow, in the report's order."""
        return tuple(name for name in TRANSFORMS if self.available(name))

    def available(self, transform: str) -> bool:
        """Tell whether these observations allow a transform; an archive may have no AGN-less lists."""
        return get_transform(transform).source == "observation" or self.observations.has_agn_less

    def _require(self, transform: str) -> None:
        if not self.available(transform):
            msg = f"transform {transform!r} needs AGN-less observations, and {self.observations.archive} has none"
            raise NotAvailableError(msg)

    @property
    def dynamics_transforms(self) -> tuple[str, ...]:
        """Return the transforms whose dynamics the report shows, as far as these observations allow them."""
        return tuple(filter(self.available, DYNAMICS_TRANSFORMS))

    def counts(
        self, source: SourceName = "observation", edges_kev: tuple[float, ...] = BAND_EDGES_KEV
    ) -> NDArray[np.int32]:
        """Return the band counts of all observations on disk, ``(n_clusters, n_pixels, n_pixels, n_bands)``."""
        return self.binned(edges_kev).counts(source)

    def example_events(self, index: int, source: SourceName = "observation") -> EventList:
        """Return one observation's event list."""
        return self.observations.events(index, source)

    def cross_validation(self, transform: str, training_seed: int = 0) -> CrossValidation:
        """Return a transform's test predictions in the folds that the profile runs."""
        self._require(transform)
        runs = self._finished(self.fit_keys(transform, training_seed))
        return recorded_fits(transform, runs)

    def cross_validations(self, transform: str) -> tuple[CrossValidation, ...]:
        """Return a transform's test predictions for each trained seed; only the first seed is computed if missing."""
        return tuple(self.cross_validation(transform, seed) for seed in range(self.n_training_seeds(transform)))

    def dynamics(self, transform: str, training_seed: int = 0) -> Recording:
        """Return the four-phase training of a transform."""
        self._require(transform)
        (run,) = self._finished([self.dynamics_key(transform, training_seed)])
        return recorded_dynamics(transform, run)

    def all_dynamics(self, transform: str) -> tuple[Recording, ...]:
        """Return the four-phase training of a transform for each trained seed."""
        return tuple(self.dynamics(transform, seed) for seed in range(self._n_seeds(transform, self.dynamics_keys)))

    def book_seeds(self, transform: str) -> int:
        """Return the number of seeds with which the book needs a transform to be trained."""
        fewest = self.profile.training_seeds
        looked_into = transform in NETWORK_TRANSFORMS and not self.committed_networks(transform)
        return max(fewest, self.profile.network_seeds) if looked_into else fewest

    def committed_networks(self, transform: str) -> list[Run]:
        """Return the committed fits that pages look into, with weights, of every seed and fold.

        It is empty unless each of them is there, undamaged, and would be computed from the same inputs today.
        """
        committed, found = Store(results_folder(self.profile.name)), []
        for key in self.fit_keys_of_seeds(transform, self.profile.network_seeds):
            if committed.fault(key) is not None:
                return []
            folder = committed.folder(key)
            found.append(Run(folder, read_manifest(folder)))
        return found if all(run.has_weights for run in found) else []

    def n_training_seeds(self, transform: str) -> int:
        """Return the number of seeds with which a transform has been trained in all folds, at least 1."""
        return self._n_seeds(transform, self.fit_keys)

    def _n_seeds(self, transform: str, keys: Callable[[str, int], list[RunKey]]) -> int:
        seed = 1
        while all(self.holds(key) for key in keys(transform, seed)):
            seed += 1
        return seed

    def runs(
        self, transforms: Iterable[str] = (), dynamics: Iterable[str] = (), *, n_training_seeds: int = 1
    ) -> list[RunKey]:
        """Return the keys of the runs of these transforms and dynamics, with every trained seed.

        There are as many training seeds as the profile has, or as ``n_training_seeds`` if that is more.
        """
        fewest = max(n_training_seeds, self.profile.training_seeds)
        found: list[RunKey] = []
        for names, keys in ((transforms, self.fit_keys), (dynamics, self.dynamics_keys)):
            for name in names:
                for seed in range(max(self._n_seeds(name, keys), fewest)):
                    found += keys(name, seed)
        return found

    def holds(self, key: RunKey) -> bool:
        """Tell whether a run with this key exists, without reading it."""
        return self.store.holds(key)

    def load(self, key: RunKey) -> Run | None:
        """Return the finished run with this key, or None."""
        return self.store.load(key)

    def origin_note(self, transforms: Iterable[str], dynamics: Iterable[str]) -> str:  # noqa: ARG002
        """Describe where the results come from if they are not runs of this machine; empty here."""
        return ""

    def gaps_note(self, transforms: Iterable[str], dynamics: Iterable[str]) -> str:  # noqa: ARG002
        """Name what committed results lack; empty here, for what is missing is trained."""
        return ""

    def prepare(
        self, transforms: Iterable[str] | None = None, dynamics: Iterable[str] | None = None, **chosen: Any
    ) -> int:
        """Compute the runs that :meth:`missing` names in worker processes, and return their number."""
        return self._compute(self.missing(transforms, dynamics, **chosen))

    def missing(
        self,
        transforms: Iterable[str] | None = None,
        dynamics: Iterable[str] | None = None,
        *,
        folds: Iterable[int] | None = None,
        n_training_seeds: int | None = None,
    ) -> list[RunKey]:
        """Return the keys of the runs that are not finished, in the order in which they are computed.

        By default they are of all transforms and dynamics that the book shows, all folds that the profile runs, and its
        training seeds, also of the networks that pages look into.
        """
        n_seeds = n_training_seeds or self.profile.training_seeds
        of_book = transforms is None and n_training_seeds is None
        transforms = list(self.transforms if transforms is None else transforms)
        dynamics = list(self.dynamics_transforms if dynamics is None else dynamics)
        for name in (*transforms, *dynamics):
            self._require(name)
        transforms = [name for name in MOST_WANTED if name in transforms] + [
            name for name in transforms if name not in MOST_WANTED
        ]
        keys: list[RunKey] = []
        seeds = {name: self.book_seeds(name) if of_book else n_seeds for name in transforms}
        for seed in range(max([n_seeds, *seeds.values()])):
            keys += [key for name in transforms if seed < seeds[name] for key in self.fit_keys(name, seed, folds)]
            keys += [self.dynamics_key(name, seed) for name in dynamics if seed < n_seeds]
        return [key for key in keys if self.load(key) is None]

    def _compute(self, keys: list[RunKey]) -> int:
        if keys:
            with in_use(self.store, self.profile.label):
                run_tasks([self.training_task(key) for key in keys], f"Training ({len(keys)} runs)")
        return len(keys)

    def fit_keys(self, transform: str, training_seed: int, folds: Iterable[int] | None = None) -> list[RunKey]:
        """Return the keys of a transform's fits, one for each fold; by default all folds that the profile runs."""
        n_folds = self.profile.folds.run
        chosen = list(range(n_folds) if folds is None else folds)
        if not all(0 <= fold < n_folds for fold in chosen):
            msg = f"fold {max(chosen, key=abs)}: profile {self.profile.name} trains the folds 0 to {n_folds - 1}"
            raise InputError(msg)
        return [self.fit_key(transform, fold, training_seed) for fold in chosen]

    def fit_keys_of_seeds(self, transform: str, n_training_seeds: int) -> list[RunKey]:
        """Return the keys of a transform's fits with the first training seeds, seed by seed and fold by fold."""
        return [key for seed in range(n_training_seeds) for key in self.fit_keys(transform, seed)]

    def dynamics_keys(self, transform: str, training_seed: int) -> list[RunKey]:
        """Return the key of a transform's dynamics, as a list of one."""
        return [self.dynamics_key(transform, training_seed)]

    def fit_key(self, transform: str, fold: int, training_seed: int = 0) -> RunKey:
        """Return the key of one fit: everything that decides its numbers."""
        name = f"fit/{self.profile.name}/{transform}/fold-{fold}-seed-{training_seed}"
        protocol = {"training": self.profile.training.model_dump()}
        return self._training_key(name, transform, fold, training_seed, protocol, fit_code(get_transform(transform)))

    def dynamics_key(self, transform: str, training_seed: int = 0) -> RunKey:
        """Return the key of one dynamics: everything that decides its numbers."""
        name = f"dynamics/{self.profile.name}/{transform}/seed-{training_seed}"
        protocol = {"dynamics": self.profile.dynamics.model_dump()}
        return self._training_key(name, transform, 0, training_seed, protocol, dynamics_code(get_transform(transform)))

    def _training_key(
        self,
        name: str,
        transform: str,
        fold: int,
        training_seed: int,
        protocol: dict[str, Any],
        code_roots: tuple[str, ...],
    ) -> RunKey:
        if name not in self._keys:
            inputs = self._common_inputs(transform, fold, training_seed) | protocol
            if code_roots not in self._codes:
                self._codes[code_roots] = reached_definitions(*code_roots)
            inputs["code"] = self._codes[code_roots]
            self._keys[name] = RunKey(name, inputs, self.profile.label)
        return self._keys[name]

    @property
    def data_key(self) -> RunKey:
        """Return the key of the observations, binned in the report's bands."""
        return self.data_key_of(BAND_EDGES_KEV)

    @property
    def data_keys(self) -> list[RunKey]:
        """Return the keys of the binned observations, one for each set of bands that a transform uses."""
        return [self.data_key_of(edges_kev) for edges_kev in self.counted_edges_kev]

    @property
    def counted_edges_kev(self) -> list[tuple[float, ...]]:
        """Return the edges of each set of bands that a transform uses [keV], the report's first."""
        edges = {get_transform(name).counted_edges_kev for name in self.transforms}
        return [BAND_EDGES_KEV, *sorted(edges - {BAND_EDGES_KEV})]

    def data_key_of(self, edges_kev: tuple[float, ...]) -> RunKey:
        """Return the key of the observations, binned in bands with these edges [keV], from 0 to infinity."""
        if edges_kev not in self._data_keys:
            self._data_keys[edges_kev] = self.observations.key(self.profile, edges_kev)
        return self._data_keys[edges_kev]

    def _common_inputs(self, transform: str, fold: int, training_seed: int) -> dict[str, Any]:
        folds = self.profile.folds
        flags = {name: WORKER_ENVIRONMENT.get(name, os.environ.get(name)) for name in _DECIDING_FLAGS}
        return {
            "data": self.data_key_of(get_transform(transform).counted_edges_kev).inputs,
            "transform": transform,
            "image": get_transform(transform).described(),
            "fold": fold,
            "n_folds": folds.n_folds,
            "grouped": folds.grouped,
            "seed": self.profile.seed,
            "training_seed": training_seed,
            "backend": backend_name(),
            "flags": {name: value for name, value in flags.items() if value},
        }

    def _finished(self, keys: list[RunKey]) -> list[Run]:
        """Return the runs of these keys, of which the missing ones are computed."""
        runs = [self.load(key) for key in keys]
        if None in runs:
            self._compute([key for key, run in zip(keys, runs, strict=True) if run is None])
            runs = [self.load(key) for key in keys]
        for key, run in zip(keys, runs, strict=True):
            if run is None:
                msg = f"{self.store.folder(key)}: the run was removed while it was needed; build again"
                raise InputError(msg)
        return runs

    @property
    def groups(self) -> NDArray[np.str_]:
        """Return the halo of each observation, ``(n_clusters,)``; the observation's own name if its halo is unknown."""
        return self.dataset.groups

    def fold_of(self) -> NDArray[np.int64]:
        """Return the fold in whose test set each observation is, ``(n_clusters,)``."""
        return profile_folds(self.dataset, self.profile)

    def training_task(self, key: RunKey, store: Store | None = None) -> Task:
        """Return the task that trains a fit or a dynamics of this profile, by default for its own store."""
        transform, fold, training_seed = (key.inputs[name] for name in ("transform", "fold", "training_seed"))
        if key.name.startswith("fit/"):
            label, epochs = f"{transform}, fold {fold}", self.profile.training.whole_epochs(self.profile.n_pixels)
        else:
            label = f"dynamics of {transform}"
            epochs = (self.profile.dynamics.epochs + 1) * get_transform(transform).n_channels
        if training_seed:
            label += f", training seed {training_seed}"
        fold_of = self.fold_of()
        dataset = self.binned(get_transform(transform).counted_edges_kev)
        arguments = {
            "store": store or self.store, "key": key, "dataset": dataset, "transform": transform,
            "fold_of": fold_of, "fold": fold, "training_seed": training_seed, "profile": self.profile,
        }  # fmt: skip
        return Task(label, store_run, arguments, epochs * N_VIEWS * int((fold_of != fold).sum()), trains=True)


def _require_pixel_numbers(profile: Profile, n_clusters: int) -> None:
    """Refuse so many observations that pixel numbers overflow: the network would train on the wrong pixels."""
    most = most_observations(profile.n_pixels)
    if n_clusters > most:
        msg = (
            f"{profile.path}: {n_clusters} observations of {profile.n_pixels} x {profile.n_pixels} pixels are too many "
            f"to train on: their pixels are numbered with 32 bits, which is enough for {most} observations; "
            "reduce source.n_clusters or n_pixels"
        )
        raise InputError(msg)
