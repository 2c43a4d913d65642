"""What a step of training asks of a device, and the time that this implies for ten folds and for all transforms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from report_utils.cnn.cost import Device, step_bytes, step_seconds, training_parts, useful_operations
from report_utils.profiles import Profile
from report_utils.report.full_size import Job, fits_and_dynamics
from report_utils.report.tables import markdown_table

FOLDS_GOAL, ALL_GOAL = 4 * 60.0, 3600.0
"""In how long an H100 should train the ten folds of a transform, and those of all transforms [s]."""

_ONE_BY_ONE, _TOGETHER = "one after another", "together"


@dataclass(frozen=True)
class DeviceTime:
    """How long a device would take for some fits.

    Parameters
    ----------
    fits, way : str
        Which fits, and how they share the device.
    at_peak, at_share : float
        At the peak of its arithmetic and bandwidth, and at a share of it [s].
    goal : float
        [s]
    """

    fits: str
    way: str
    at_peak: float
    at_share: float
    goal: float


def step_markdown(device: Device, profile: Profile, n_channels: int, share_of_peak: float) -> str:
    """Write what a step asks for: of one network, and of those of all folds together."""
    n_pixels, batch_size = profile.n_pixels, profile.training.batch_size
    passes = len(training_parts(n_channels, n_pixels))
    numbers = (1, profile.folds.run)

    def milliseconds(at: Device, n_networks: int) -> str:
        return f"{1e3 * step_seconds(at, n_channels, n_pixels, batch_size, n_networks=n_networks):.2f} ms"

    operations = batch_size * useful_operations(n_channels, n_pixels)
    moved = step_bytes(n_channels, n_pixels, batch_size)
    rows = [
        ("useful additions and multiplications", *(f"{n * operations / 1e9:.2f} × 10⁹" for n in numbers)),
        ("read from memory and written to it", *(f"{n * moved / 1e9:.2f} GB" for n in numbers)),
        ("passes, each of which starts after the one before", *(f"{passes}" for _ in numbers)),
        ("these starts take", *(f"{1e3 * passes * device.start_seconds:.2f} ms" for _ in numbers)),
        ("a step at the peak of the card", *(milliseconds(device, n) for n in numbers)),
        (f"a step at {share_of_peak:.0%} of it", *(milliseconds(device.at(share_of_peak), n) for n in numbers)),
    ]
    header = (f"a step of {batch_size} views", "of one network", f"of {profile.folds.run} together")
    return markdown_table(header, rows, "lrr")


def device_times(device: Device, profile: Profile, share_of_peak: float, transform: str) -> list[DeviceTime]:
    """Return the times of one transform's folds and of all transforms', one after another and together."""
    fits, _ = fits_and_dynamics(profile, profile.source.n_clusters or 0)
    n_folds = profile.folds.run
    each = fits[::n_folds]
    chosen = (
        (f"{n_folds} folds of `{transform}`", [job for job in each if job.transform == transform], FOLDS_GOAL),
        (f"those of all {len(each)} transforms", each, ALL_GOAL),
    )

    def seconds(jobs: Sequence[Job], way: str, share: float) -> float:
        n_networks, times = (1, n_folds) if way == _ONE_BY_ONE else (n_folds, 1)
        batch_size = profile.training.batch_size
        return times * sum(
            job.device_seconds(device, profile.n_pixels, batch_size, share_of_peak=share, n_networks=n_networks)
            for job in jobs
        )

    return [
        DeviceTime(name, way, seconds(jobs, way, 1.0), seconds(jobs, way, share_of_peak), goal)
        for name, jobs, goal in chosen
        for way in (_ONE_BY_ONE, _TOGETHER)
    ]


def device_times_markdown(times: Sequence[DeviceTime], share_of_peak: float) -> str:
    """Write the times beside their goals."""
    rows = [
        (f"{one.fits}, {one.way}", *(_time(value) for value in (one.at_peak, one.at_share, one.goal))) for one in times
    ]
    return markdown_table(("on one card", "at its peak", f"at {share_of_peak:.0%} of it", "goal"), rows, "lrrr")


def goals_in_words(times: Sequence[DeviceTime], share_of_peak: float) -> str:
    """Say of each time whether it keeps to its goal."""
    return "; ".join(f"{one.fits}, {one.way}, {_judged(one, share_of_peak)}" for one in times)


def _judged(one: DeviceTime, share_of_peak: float) -> str:
    goal = _time(one.goal)
    if one.at_peak > one.goal:
        return f"would miss {goal} even at the peak"
    if one.at_share > one.goal:
        return f"would keep to {goal} at the peak and miss it at {share_of_peak:.0%} of it"
    return f"would keep to {goal} at {share_of_peak:.0%} of the peak too"


def _time(seconds: float) -> str:
    return f"{seconds / 60:.3g} min" if seconds < 3600 else f"{seconds / 3600:.3g} h"
