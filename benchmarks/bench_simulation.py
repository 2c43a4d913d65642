# ruff: noqa: E402 - the thread pools are sized before the libraries are loaded
"""Measure how many events per second one core simulates and bins.

Usage: ``python benchmarks/bench_simulation.py [--clusters 200] [--seed 1] [--largest] [--profile]``

The first observations of a seed are a fair sample of the real distribution of sizes: most hold about 20 000
events, a few hold millions. Everything runs in this one process; the thread pools of the numerical libraries
are set to one thread.
"""

from __future__ import annotations

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[variable] = "1"

import argparse
import cProfile
import pstats
import resource
import time

import numpy as np

begin = time.perf_counter()
from report_utils.binning import band_counts
from report_utils.simulation import N_OBSERVATIONS, expected_counts, simulate_observation

IMPORT_S = time.perf_counter() - begin


def timed(function, *arguments):
    """Return a call's result, the time on the clock and the processor time [s]."""
    clock, processor = time.perf_counter(), time.process_time()
    result = function(*arguments)
    return result, np.array([time.perf_counter() - clock, time.process_time() - processor])


def peak_memory_gb() -> float:
    """Return the largest memory this process has held [GB]."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def run(seed: int, indices: range | list[int], n_pixels: int) -> None:
    """Simulate and bin observations, and print the speed."""
    spent = {"simulate": np.zeros(2), "bin": np.zeros(2)}
    sizes = []
    for index in indices:
        events, seconds = timed(simulate_observation, seed, index)
        spent["simulate"] += seconds
        _, seconds = timed(band_counts, events, n_pixels)
        spent["bin"] += seconds
        sizes.append(len(events))
    n = sum(sizes)
    total = sum(spent.values())
    sizes_said = f"median {np.median(sizes):.0f}, most {max(sizes)}"
    print(f"{len(sizes)} observations, {n / 1e6:.2f} million events ({sizes_said})")
    for name, seconds in {**spent, "together": total}.items():
        print(
            f"  {name:>9}: {seconds[0]:7.2f} s on the clock, {seconds[1]:7.2f} s of the processor, "
            f"{n / seconds[0] / 1e6:5.2f} / {n / seconds[1] / 1e6:5.2f} million events per second, "
            f"{1e3 * seconds[0] / len(sizes):6.2f} ms each"
        )
    print(f"  peak memory {peak_memory_gb():.2f} GB")


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--clusters", type=int, default=200)
    parser.add_argument("--pixels", type=int, default=128)
    parser.add_argument("--largest", action="store_true", help="also the largest of the 3286 observations")
    parser.add_argument("--profile", action="store_true", help="also say where the time goes")
    options = parser.parse_args()
    print(f"imports: {IMPORT_S:.2f} s")
    events, first = timed(simulate_observation, options.seed, 0)
    _, binned = timed(band_counts, events, options.pixels)
    print(f"first observation: simulated in {first[0]:.3f} s, binned in {binned[0]:.3f} s (tables, caches)")
    run(options.seed, range(options.clusters), options.pixels)
    if options.largest:
        totals = [expected_counts(options.seed, i).total for i in range(N_OBSERVATIONS)]
        run(options.seed, [int(np.argmax(totals))], options.pixels)
    if options.profile:
        profiler = cProfile.Profile()
        profiler.enable()
        for index in range(options.clusters):
            simulate_observation(options.seed, index)
        profiler.disable()
        pstats.Stats(profiler).sort_stats("tottime").print_stats(15)


if __name__ == "__main__":
    main()
