"""What the report's own protocol takes: core-hours, hours of a GPU, memory and disk, from rates that were measured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from report_utils.binning import TRANSFORMS, get_transform
from report_utils.cnn.cost import Device, fit_seconds, useful_operations
from report_utils.cnn.limits import most_observations
from report_utils.profiles import Profile
from report_utils.report.measurements import BenchmarkResult
from report_utils.report.sentences import thousands
from report_utils.report.tables import markdown_table
from report_utils.reproduction.one_profile import DYNAMICS_TRANSFORMS, Reproduction

N_VIEWS = 8
_COUNT_BYTES, _IMAGE_BYTES = 4, 4  # int32 and float32
_BANDS, _SOURCES = 4, 2
_GIGABYTE = 1e9


@dataclass(frozen=True)
class Job:
    """One training of a profile.

    Parameters
    ----------
    transform : str
    n_train : int
        Observations, each in eight views.
    epochs : int
    """

    transform: str
    n_train: int
    epochs: int

    def operations(self, n_pixels: int) -> float:
        """Return the additions and multiplications that it needs."""
        per_view = useful_operations(get_transform(self.transform).n_channels, n_pixels)
        return self.epochs * N_VIEWS * self.n_train * per_view

    def device_seconds(
        self, device: Device, n_pixels: int, batch_size: int, *, share_of_peak: float, n_networks: int = 1
    ) -> float:
        """Return the time of a device at a share of its peak, for this and as many more like it, side by side [s]."""
        return fit_seconds(
            device,
            get_transform(self.transform).n_channels,
            n_pixels,
            batch_size,
            n_train=self.n_train,
            epochs=self.epochs,
            n_networks=n_networks,
            share_of_peak=share_of_peak,
        )


@dataclass(frozen=True)
class Pace:
    """How fast one core trains.

    Parameters
    ----------
    operations : float
        Useful additions and multiplications [1/s].
    measured : str
        How that was found, in words.
    """

    operations: float
    measured: str


def fits_and_dynamics(profile: Profile, n_clusters: int) -> tuple[list[Job], list[Job]]:
    """Return the trainings that the book shows of a profile with so many observations."""
    n_train = n_clusters - n_clusters // profile.folds.n_folds
    fits = [Job(name, n_train, profile.training.epochs) for name in TRANSFORMS for _ in range(profile.folds.run)]
    phase = profile.dynamics.epochs + 1
    return fits, [Job(name, n_train, phase * get_transform(name).n_channels) for name in DYNAMICS_TRANSFORMS]


def measured_pace(reproduction: Reproduction, benchmarks: Sequence[BenchmarkResult]) -> Pace | None:
    """Return how fast one core trains: by the newest benchmark at the report's size, else by the runs of this build.

    Parameters
    ----------
    reproduction : Reproduction
    benchmarks : sequence of BenchmarkResult
        The newest last.
    """
    paper = Job("multi_band_4", 3286 - 328, 100)
    for result in reversed(benchmarks):
        measurement = result.named("training/128")
        if measurement is not None and measurement.unit == "fits/h":
            fits = measurement.ours.median / result.n_cores / 3600
            said = f"`make bench` trained at 128 pixels on {result.processor.partition(',')[0]} on {result.date[:10]}"
            return Pace(fits * paper.operations(128), said)
    manifests = [
        manifest
        for manifest in reproduction.manifests(reproduction.transforms)
        if manifest["seconds"] and manifest["inputs"]["backend"] == "tensorflow"  # on one core each
    ]
    if not manifests:
        return None
    seconds = sum(manifest["seconds"] for manifest in manifests)
    done = sum(_operations(manifest["inputs"], reproduction) for manifest in manifests)
    processors = sorted({manifest["machine"]["processor"].partition(",")[0] for manifest in manifests})
    said = (
        f"the {len(manifests)} fits of this book took {thousands(seconds)} core-seconds at "
        f"{reproduction.profile.n_pixels} pixels on {', '.join(processors)}"
    )
    return Pace(done / seconds, said)


def _operations(inputs: Mapping[str, Any], reproduction: Reproduction) -> float:
    n_train = int((reproduction.fold_of() != inputs["fold"]).sum())
    return Job(inputs["transform"], n_train, inputs["training"]["epochs"]).operations(reproduction.profile.n_pixels)


@dataclass(frozen=True)
class Demand:
    """What all trainings of a profile need.

    Parameters
    ----------
    n_clusters : int
    core_hours, longest_hours : float
        Of all runs, and of the longest, on one core each.
    gpu_hours : float
        On one device, one run after another: so it trains.
    image_gb : float
        The largest transform's images, which every process that trains holds [GB].
    disk_gb : float
        Band counts of the observations, with and without AGN [GB].
    """

    n_clusters: int
    core_hours: float
    longest_hours: float
    gpu_hours: float
    image_gb: float
    disk_gb: float


def demand(profile: Profile, pace: Pace, device: Device, share_of_peak: float, *, times: int = 1) -> Demand:
    """Work out what a profile needs, with some times as many observations.

    Parameters
    ----------
    profile : Profile
    pace : Pace
        Of a core.
    device : Device
    share_of_peak : float
        Of arithmetic and bandwidth that the device reaches.
    times : int
    """
    n_clusters = times * (profile.source.n_clusters or 0)
    fits, dynamics = fits_and_dynamics(profile, n_clusters)
    hours = [job.operations(profile.n_pixels) / pace.operations / 3600 for job in (*fits, *dynamics)]

    seconds = sum(
        job.device_seconds(device, profile.n_pixels, batch_size, share_of_peak=share_of_peak)
        for jobs, batch_size in ((fits, profile.training.batch_size), (dynamics, profile.dynamics.batch_size))
        for job in jobs
    )
    pixels = n_clusters * profile.n_pixels**2
    return Demand(
        n_clusters,
        sum(hours),
        max(hours),
        seconds / 3600,
        pixels * _BANDS * _IMAGE_BYTES / _GIGABYTE,
        pixels * _BANDS * _COUNT_BYTES * _SOURCES / _GIGABYTE,
    )


def costs_markdown(wanted: Demand, machines: Iterable[tuple[str, int]], euro_per_core_hour: float) -> str:
    """Write how long some machines take and what that costs; no run is split over cores.

    Parameters
    ----------
    wanted : Demand
    machines : iterable of (name, cores)
    euro_per_core_hour : float
    """
    rows = [
        (
            name,
            f"{cores}",
            _hours(max(wanted.core_hours / cores, wanted.longest_hours)),
            f"{thousands(wanted.core_hours)}",
            f"{thousands(wanted.core_hours * euro_per_core_hour)} €",
        )
        for name, cores in machines
    ]
    return markdown_table(("machine", "cores", "takes", "core-hours", "costs"), rows, "lrrrr")


def growth_markdown(wanted: Sequence[Demand], euro_per_core_hour: float, euro_per_gpu_hour: float) -> str:
    """Write what grows with the number of observations, one column for each number."""
    rows = [
        ("core-hours", *(thousands(one.core_hours) for one in wanted)),
        ("their price", *(f"{thousands(one.core_hours * euro_per_core_hour)} €" for one in wanted)),
        ("the longest run on one core", *(_hours(one.longest_hours) for one in wanted)),
        ("hours of an H100", *(f"{one.gpu_hours:.3g}" for one in wanted)),
        ("their price", *(f"{thousands(one.gpu_hours * euro_per_gpu_hour)} €" for one in wanted)),
        ("images of four bands, in each process", *(f"{one.image_gb:.3g} GB" for one in wanted)),
        ("band counts on disk", *(f"{one.disk_gb:.3g} GB" for one in wanted)),
    ]
    header = ("observations", *(thousands(one.n_clusters) for one in wanted))
    return markdown_table(header, rows, "l" + "r" * len(wanted))


def first_to_break(one: Demand, limits: Mapping[str, float], n_pixels: int) -> list[str]:
    """Say with how many observations each limit is reached, the first to break first.

    Parameters
    ----------
    one : Demand
    limits : mapping of str to float
        Memories that have to hold the images of four bands [GB].
    n_pixels : int
        Of an image's side: the pixels of all images are numbered in 32 bits.
    """
    most = most_observations(n_pixels)
    found = [(most, f"32 bits number the pixels of {thousands(most)} observations, and more are refused")]
    for name, size in limits.items():
        fitting = 1000 * int(one.n_clusters * size / one.image_gb / 1e3)
        holds = "holds" if fitting <= most else "would hold"
        found.append((fitting, f"{name} ({size:g} GB) {holds} the images of {thousands(fitting)} observations"))
    return [said for _, said in sorted(found)]


def refused(wanted: Sequence[Demand], n_pixels: int) -> list[Demand]:
    """Return those with more observations than can be trained on."""
    return [one for one in wanted if one.n_clusters > most_observations(n_pixels)]


def _hours(hours: float) -> str:
    return f"{hours / 24:.3g} days" if hours >= 48 else f"{hours:.3g} h"
