"""Studies: variants of a profile, trained beside it, that show what a result depends on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from report_utils.binning import TRANSFORMS, get_transform
from report_utils.binning.transforms import EXPERIMENTS, ExperimentTransform
from report_utils.errors import InputError
from report_utils.profiles import Profile
from report_utils.reproduction.one_profile import DYNAMICS_TRANSFORMS, Reproduction
from report_utils.runs.cleanup import in_use
from report_utils.workers.worker_pool import Task, run_tasks

if TYPE_CHECKING:
    from report_utils.binning.dataset import Dataset
    from report_utils.runs.store import RunKey

_SIMULATION = "source.simulation."


@dataclass(frozen=True)
class Variant:
    """One change to a profile.

    ``overrides`` are new values of the profile's entries, by dotted name such as ``"dynamics.noise"``; runs are named
    by the profile's name, a plus sign and the variant's. ``transforms`` and ``dynamics`` are those of the report that
    the study needs, of which ``stand_ins`` name what is trained in place of one. The runs can test the ``claims``.
    There are ``n_training_seeds`` or more; with ``every_fold`` all folds are run, even if the profile runs fewer.
    """

    name: str
    title: str
    overrides: Mapping[str, Any] = field(default_factory=dict)
    transforms: tuple[str, ...] = ()
    dynamics: tuple[str, ...] = ()
    stand_ins: Mapping[str, str] = field(default_factory=dict)
    claims: tuple[str, ...] = ()
    n_training_seeds: int = 1
    every_fold: bool = False

    @property
    def trained(self) -> tuple[str, ...]:
        """Return the transforms that are trained."""
        return tuple(self.stand_ins.get(name, name) for name in self.transforms)

    def possible(self, profile: Profile) -> bool:
        """Tell whether the variant applies to a profile: an archive has no simulation, redshifts or pointings."""
        of_simulation = any(entry == "box" or entry.startswith(_SIMULATION) for entry in self.overrides)
        return profile.archive_path is None or not (of_simulation or any(map(_shows_distance, self.trained)))

    def profile_name(self, profile: Profile) -> str:
        """Return the name of the profile with this variant's entries."""
        return f"{profile.name}+{self.name}"

    def of(self, profile: Profile) -> Profile:
        """Return the profile with this variant's entries."""
        entries = profile.model_dump()
        for name, value in self.overrides.items():
            *tables, entry = name.split(".")
            table = entries
            for part in tables:
                table = table[part]
            table[entry] = value
        if self.every_fold:
            entries["folds"]["run"] = entries["folds"]["n_folds"]
        try:
            return Profile(**entries | {"name": self.profile_name(profile)})
        except ValidationError as error:
            msg = f"variant {self.name!r} of profile {profile.name!r}: {error.errors()[0]['msg']}"
            raise InputError(msg) from None


def _shows_distance(transform: str) -> bool:
    found = get_transform(transform)
    return isinstance(found, ExperimentTransform) and found.distance_channel


@dataclass(frozen=True)
class Study:
    """Variants that together answer one question, and the default that they are compared with."""

    name: str
    title: str
    default: Variant
    variants: tuple[Variant, ...]

    @property
    def all_variants(self) -> tuple[Variant, ...]:
        """Return the default and the others."""
        return (self.default, *self.variants)


_BANDS = {
    "transforms": ("single_band", "multi_band_1", "multi_band_2"),
    "claims": ("two_bands_halve", "splitting_halves"),
}
_RETAINED = {"transforms": ("multi_band_4", "retained_50", "retained_25"), "claims": ("retained_lose_little",)}
# small differences between phases need three trainings
_NOISE = {
    "dynamics": ("multi_band_4",),
    "claims": ("dynamics_second_band", "dynamics_further_bands"),
    "n_training_seeds": 3,
}


def _bands(name: str, title: str, entry: str, value: Any) -> Variant:
    return Variant(name, title, {f"{_SIMULATION}{entry}": value}, **_BANDS)


def _percentile(name: str, title: str) -> Variant:
    stand_ins = {transform: f"{transform}_{name}" for transform in ("retained_50", "retained_25")}
    return Variant(f"percentile-{name.replace('_', '-')}", title, stand_ins=stand_ins, **_RETAINED)


SENSITIVITY = Study(
    "sensitivity",
    "What the verdicts depend on",
    Variant(
        "default",
        "as in the book",
        transforms=("single_band", "multi_band_1", "multi_band_2", "multi_band_4", "retained_50", "retained_25"),
        dynamics=("multi_band_4",),
        claims=(*_BANDS["claims"], *_RETAINED["claims"], *_NOISE["claims"]),
    ),
    (
        _bands("temperature-0.15", "scatter of ln T at fixed mass 0.15", "sigma_ln_temperature", 0.15),
        _bands("particle-background", "with particle background", "particle_background", True),
        _bands("field-agn", "with AGN of the field", "field_agn", True),
        _percentile("of_all", "percentile of all pixels, empty ones included"),
        _percentile("of_events", "percentile of the events, each with its pixel's counts"),
        _percentile("ties_emptied", "pixels equal to the percentile emptied"),
        Variant("noise-0.02", "weight noise 0.02", {"dynamics.noise": 0.02}, **_NOISE),
        Variant("noise-0.10", "weight noise 0.10", {"dynamics.noise": 0.1}, **_NOISE),
    ),
)

_LEAKAGE = {"transforms": ("multi_band_1", "multi_band_2", "multi_band_4"), "claims": ("two_bands_halve",)}

HALOS = Study(
    "halos",
    "Do the networks recognise halos?",
    Variant("random", "folds drawn regardless of halos", {"folds.grouped": False}, **_LEAKAGE),
    # with every fold run, each cluster that the random folds test has a network that never saw its halo
    (
        Variant(
            "grouped", "all observations of a halo in one fold", {"folds.grouped": True}, every_fold=True, **_LEAKAGE
        ),
    ),
)

SEEDS = Study(
    "seeds",
    "Do the verdicts depend on the training seed?",
    Variant(
        "three-seeds",
        "every network trained with three seeds",
        transforms=tuple(TRANSFORMS),
        dynamics=DYNAMICS_TRANSFORMS,
        n_training_seeds=3,
    ),
    (),
)

_ONE_AND_TWO = {"transforms": ("single_band", "multi_band_2"), "n_training_seeds": 3}
_TWO = {"transforms": ("multi_band_2",), "n_training_seeds": 3}
_IMAGES = {"transforms": ("single_band", "multi_band_2", "agn_less_1", "agn_less_2"), "n_training_seeds": 3}


def _altered(name: str, title: str, suffix: str, about: Mapping[str, Any]) -> Variant:
    stand_ins = {transform: f"{transform}_{suffix}" for transform in about["transforms"]}
    return Variant(name, title, stand_ins=stand_ins, **about)


def _simulated(name: str, title: str, **settings: Any) -> Variant:
    overrides = {f"{_SIMULATION}{entry}": value for entry, value in settings.items()}
    return Variant(name, title, overrides, **_ONE_AND_TWO)


WHY = Study(
    "why",
    "What the second band teaches",
    Variant(
        "default",
        "as in the book",
        transforms=("single_band", "multi_band_1", "multi_band_2", "agn_less_1", "agn_less_2"),
        n_training_seeds=3,
    ),
    (
        _altered("distance-known", "distance given to the network", "with_distance", _ONE_AND_TWO),
        _simulated("one-redshift", "all clusters at z = 0.2", redshift=0.2),
        _simulated("temperature-of-others", "temperatures drawn regardless of mass", temperature_follows_mass=False),
        _simulated("sigma-0", "no scatter of ln T at fixed mass", sigma_ln_temperature=0.0),
        _simulated("sigma-0.15", "scatter of ln T at fixed mass 0.15", sigma_ln_temperature=0.15),
        _simulated("sigma-0.3", "scatter of ln T at fixed mass 0.3", sigma_ln_temperature=0.3),
        _altered("thinned-copy", "second band replaced by a thinned copy of the first", "thinned_copy", _TWO),
        _altered("exchanged-hardness", "spectrum of another observation", "exchanged_hardness", _TWO),
        _altered("shuffled-energies", "energies shuffled among the events", "shuffled_energies", _TWO),
        _altered("permuted-pixels", "pixels permuted", "permuted_pixels", _IMAGES),
        _altered("scrambled-azimuth", "azimuth scrambled", "scrambled_azimuth", _IMAGES),
        *(
            Variant(name.replace("_", "-", 1), transform.title, stand_ins={"multi_band_2": name}, **_TWO)
            for name, transform in EXPERIMENTS.items()
            if name.startswith("cut_")
        ),
        Variant("box-field", "box: the camera's field", {"box": "field"}, **_ONE_AND_TWO),
        Variant("box-mpc", "box: 1.2 Mpc, gaps left out", {"box": "mpc"}, **_ONE_AND_TWO),
        Variant("box-r500", "box: two R500", {"box": "r500"}, **_ONE_AND_TWO),
    ),
)

STUDIES: Mapping[str, Study] = {study.name: study for study in (SENSITIVITY, HALOS, SEEDS, WHY)}
"""All studies, by name."""


def get_study(name: str) -> Study:
    """Return a study by name."""
    if name not in STUDIES:
        msg = f"unknown study {name!r}; choose one of {', '.join(STUDIES)}"
        raise InputError(msg)
    return STUDIES[name]


class _VariantReproduction(Reproduction):
    """A varied profile; it shares the base profile's observations unless the variant changes them."""

    def __init__(self, profile: Profile, base: Reproduction) -> None:
        super().__init__(profile, base.store)
        self._base = base if self.observations == base.observations else None

    def data_key_of(self, edges_kev: tuple[float, ...]) -> RunKey:
        return super().data_key_of(edges_kev) if self._base is None else self._base.data_key_of(edges_kev)

    def binned(self, edges_kev: tuple[float, ...]) -> Dataset:
        return super().binned(edges_kev) if self._base is None else self._base.binned(edges_kev)


def possible_variants(base: Reproduction, study: Study) -> list[Variant]:
    """Return the variants of a study that a profile and its observations allow, the default first.

    An archive excludes variants of the simulation. Without AGN-less lists, the transforms that need them are left out.
    """
    return [
        replace(
            variant,
            transforms=tuple(filter(base.available, variant.transforms)),
            dynamics=tuple(filter(base.available, variant.dynamics)),
        )
        for variant in study.all_variants
        if variant.possible(base.profile)
    ]


def reproduce_variant(base: Reproduction, variant: Variant) -> Reproduction:
    """Return the reproduction of a variant, or the base itself if the variant changes none of its entries."""
    profile = variant.of(base.profile)
    varied = _VariantReproduction(profile, base)
    sources = {"name": base.profile.name, "source": base.profile.source}
    if varied.observations == base.observations and profile.model_copy(update=sources) == base.profile:
        return base
    return varied


def reproduction_of(base: Reproduction, run_name: str) -> Reproduction | None:
    """Return the reproduction that makes a run such as ``"fit/quick+grouped/..."``: the base, a variant, or None."""
    profile_name = run_name.partition("/")[2].partition("/")[0]
    if profile_name == base.profile.name:
        return base
    for study in STUDIES.values():
        for variant in study.all_variants:
            if profile_name == variant.profile_name(base.profile) and variant.possible(base.profile):
                return reproduce_variant(base, variant)
    return None


def variant_keys(base: Reproduction, variant: Variant) -> list[RunKey]:
    """Return the keys of the observations, fits and dynamics of a variant."""
    varied = reproduce_variant(base, variant)
    runs = varied.runs(variant.trained, variant.dynamics, n_training_seeds=variant.n_training_seeds)
    return [varied.data_key, *runs]


def is_trained(base: Reproduction, variant: Variant) -> bool:
    """Tell whether every run of a variant is finished and intact."""
    return all(base.store.load(key) is not None for key in variant_keys(base, variant))


def train_study(base: Reproduction, study: Study, *, n_training_seeds: int | None = None) -> int:
    """Compute the missing runs of a study, with at least so many training seeds, and return their number."""
    tasks: dict[str, Task] = {}
    for variant in possible_variants(base, study):
        varied = reproduce_variant(base, variant)
        n_seeds = max(n_training_seeds or varied.profile.training_seeds, variant.n_training_seeds)
        for key in varied.missing(variant.trained, variant.dynamics, n_training_seeds=n_seeds):
            if key.name not in tasks:  # variants share runs of the base
                task = varied.training_task(key)
                tasks[key.name] = replace(task, label=f"{variant.name}: {task.label}")
    with in_use(base.store, base.profile.label):
        run_tasks(list(tasks.values()), f"Study {study.name} ({len(tasks)} runs)")
    return len(tasks)
