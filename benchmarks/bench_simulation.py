# ruff: noqa: E402 - the thread pools are sized before the libraries are loaded
"""Events per second that one core simulates and bins, against drawing as many random numbers and nothing else.

The first observations of a seed are a fair sample of the real distribution of sizes: most hold about 20 000 events, a
few hold millions. Processor time is counted, of one thread, so that other work on the machine counts for less.
"""

from __future__ import annotations

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[variable] = "1"

import cProfile
import pstats
import time

import numpy as np

from benchmarks.measuring import growth, shares
from benchmarks.records import Measurement, Quantity
from report_utils.binning import band_counts
from report_utils.simulation import simulate_observation

SEED, N_CLUSTERS, ROUNDS = 1, 120, 5
GROWTH = (25, 50, 100, 200)
_STEPS = {
    "the cluster": ("build_cluster", "point_sources"),
    "its spectra": ("gas_rate", "agn_rate"),
    "photons drawn": ("_draw_photons",),
    "places in the shells": ("shell_positions",),
    "vignetting, blur, chips": ("detect",),
    "lists merged": ("_merge",),
    "binning": ("band_counts",),
}
"""Functions that do not call one another."""


def simulated(n_clusters: int = N_CLUSTERS) -> int:
    return sum(len(events) for events in map(_binned, range(n_clusters)))


def _binned(index: int):
    events = simulate_observation(SEED, index)
    band_counts(events, 128)
    return events


def numbers_alone(n_events: int) -> None:
    """Draw what the simulation needs at the least: three normal and five uniform numbers an event, and an order."""
    rng = np.random.Generator(np.random.SFC64(1))
    for begin in range(0, n_events, 60_000):
        n = min(60_000, n_events - begin)
        rng.standard_normal((3, n), dtype=np.float32)
        rng.random((5, n), dtype=np.float32)
        rng.permutation(n)


def processor_seconds(function, *arguments) -> float:
    begin = time.process_time()
    function(*arguments)
    return time.process_time() - begin


def measure() -> list[Measurement]:
    n_events = simulated()  # tables and machine code are loaded on the way
    ours, floor = [], []
    for _ in range(ROUNDS):
        ours.append(processor_seconds(simulated))
        floor.append(processor_seconds(numbers_alone, n_events))
    speeds = [n_events / 1e6 / np.array(seconds) for seconds in (ours, floor)]
    found = [
        Measurement(
            name="simulation/speed",
            title="Simulated and binned, one core",
            unit="million events/s",
            ours=Quantity.of(speeds[0]),
            peers={"its random numbers alone": Quantity.of(speeds[1])},
            ratio=Quantity.of(speeds[0] / speeds[1]),
            ratio_is="our speed over that of its random numbers alone",
            judged="ours",
            goal=6.0,
            note=f"{n_events / 1e6:.1f} million events of {N_CLUSTERS} observations; numbers of lost photons not drawn",
        )
    ]
    found += shares("simulation/share", "Share of simulating", profile(), "by cProfile, whose own cost is in it")
    times = [processor_seconds(simulated, n) for n in GROWTH]
    sizes = [sum(len(simulate_observation(SEED, i)) for i in range(n)) for n in GROWTH]
    per_event = [t / s * sizes[-1] / GROWTH[-1] * n for t, s, n in zip(times, sizes, GROWTH, strict=True)]
    title = "Simulating against clusters (of the same mean number of events)"
    return [*found, growth("clusters-simulated", title, GROWTH, per_event, "clusters")]


def profile() -> dict[str, float]:
    """Return the seconds spent in each step, all that it calls included."""
    profiler = cProfile.Profile(time.process_time)
    profiler.runcall(simulated)
    inclusive: dict[str, float] = {}
    for (file, _, name), (_, _, _, seconds, _) in pstats.Stats(profiler).stats.items():
        if "report_utils" in file or file == __file__:
            inclusive[name] = inclusive.get(name, 0.0) + seconds
    steps = {step: sum(inclusive.get(name, 0.0) for name in names) for step, names in _STEPS.items()}
    return steps | {"everything else": inclusive["simulated"] - sum(steps.values())}
