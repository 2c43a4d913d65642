"""Compare the binning of event lists with the histogram libraries that a user would pick.

Usage: ``python benchmarks/bench_binning.py [--repeats 7]``

Every method bins the same float32 columns to (128, 128, 4) counts, its box included, on one thread. The methods
take turns; what is quoted is the median of each and its ratio to ours in the same round.
"""

from __future__ import annotations

import argparse
import time

import boost_histogram
import numpy as np

from report_utils.binning import BAND_EDGES_KEV, band_counts
from report_utils.events import EventList

R = 128


def ours(events: EventList) -> np.ndarray:
    return band_counts(events, R)


def boxes(events: EventList) -> list[np.ndarray]:
    return [np.linspace(float(c.min()), float(c.max()), R + 1) for c in (events.y, events.x)]


def bands(events: EventList) -> np.ndarray:
    return np.searchsorted(BAND_EDGES_KEV, events.energy, side="left")


def numpy_histogramdd(events: EventList) -> np.ndarray:
    sample = np.stack([events.y, events.x, bands(events)], axis=1)
    return np.histogramdd(sample, bins=[*boxes(events), np.arange(5) - 0.5])[0]


def numpy_bincount(events: EventList) -> np.ndarray:
    index = bands(events)
    for column, edges in zip((events.x, events.y), reversed(boxes(events)), strict=True):
        pixel = ((column - edges[0]) * (R / (edges[-1] - edges[0]))).astype(np.int64)
        index += np.minimum(pixel, R - 1) * (4 if column is events.x else 4 * R)
    return np.bincount(index, minlength=R * R * 4).reshape(R, R, 4)


def boost(events: EventList) -> np.ndarray:
    # without an overflow bin, the last bin holds its upper edge
    axes = [boost_histogram.axis.Regular(R, e[0], e[-1], underflow=False, overflow=False) for e in boxes(events)]
    histogram = boost_histogram.Histogram(
        *axes,
        boost_histogram.axis.Integer(0, 4, underflow=False, overflow=False),
        storage=boost_histogram.storage.Int64(),
    )
    histogram.fill(events.y, events.x, bands(events), threads=1)
    return histogram.view()


METHODS = {
    "report_utils": ours,
    "boost-histogram": boost,
    "numpy.bincount": numpy_bincount,
    "numpy.histogramdd": numpy_histogramdd,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=7)
    repeats = parser.parse_args().repeats
    rng = np.random.default_rng(0)
    print(f"{'events':>10}  {'method':<20}{'median [ms]':>12}{'times ours':>12}")
    for n in (1_000, 100_000, 6_500_000):
        columns = (rng.normal(0, 200, n), rng.normal(0, 200, n), rng.exponential(2, n))
        events = EventList(*(column.astype(np.float32) for column in columns))
        expected = ours(events).sum(axis=(0, 1))
        seconds = {name: [] for name in METHODS}
        for _ in range(repeats):
            for name, method in METHODS.items():
                begin = time.perf_counter()
                counts = method(events)
                seconds[name].append(time.perf_counter() - begin)
                assert np.array_equal(counts.sum(axis=(0, 1)), expected)
        for name, values in seconds.items():
            ratio = np.median(np.array(values) / np.array(seconds["report_utils"]))
            print(f"{n:>10}  {name:<20}{1e3 * np.median(values):>12.3f}{ratio:>12.2f}")


if __name__ == "__main__":
    main()
