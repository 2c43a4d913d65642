"""Events to (128, 128, 4) band counts, against what a user would pick and against the machine's limit.

Every method bins the same float32 columns on one thread, its box and its bands included. The limit is a sum over the
same three columns: no binning can read them faster.
"""

from __future__ import annotations

import os
import tempfile
from bisect import bisect_left, bisect_right
from functools import partial

import boost_histogram
import fast_histogram
import numpy as np

from benchmarks.measuring import alternate, cost, growth, in_a_process, speed
from benchmarks.records import Measurement, Quantity
from report_utils.binning import BAND_EDGES_KEV, band_counts
from report_utils.events import EventList

R = 128
ROUNDS = {1_000: 101, 10_000: 51, 100_000: 21, 1_000_000: 11, 6_500_000: 11, 10_000_000: 5}
MOST_OF_FIVE_STEPS = 100_000
SMALL_CLUSTER, LARGEST_CLUSTER = 1_000, 6_500_000
CALLS_IN_A_ROW = 20_000
"""Events in the calls of one round: what one method leaves in the caches is then no part of the next one's time."""


def boxes(events: EventList) -> list[np.ndarray]:
    return [np.linspace(float(c.min()), float(c.max()), R + 1) for c in (events.y, events.x)]


def bands(events: EventList) -> np.ndarray:
    return np.searchsorted(BAND_EDGES_KEV[1:-1], events.energy, side="left")


def five_steps(events: EventList) -> np.ndarray:
    """Follow section 3.1 of the report plainly: a box, pixels, a list of energies in each, a function of each list."""
    y_edges, x_edges = (edges.tolist() for edges in boxes(events))
    pixels: list[list[list[float]]] = [[[] for _ in range(R)] for _ in range(R)]
    for x, y, energy in zip(events.x.tolist(), events.y.tolist(), events.energy.tolist(), strict=True):
        row, column = (min(bisect_right(e, v) - 1, R - 1) for e, v in ((y_edges, y), (x_edges, x)))
        pixels[row][column].append(energy)
    counts = np.zeros((R, R, 4), dtype=np.int64)
    for row, cells in enumerate(pixels):
        for column, cell in enumerate(cells):
            for energy in cell:
                counts[row, column, bisect_left(BAND_EDGES_KEV[1:-1], energy)] += 1
    return counts


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


def fast(events: EventList) -> np.ndarray:
    # its ranges are half open: the box ends just above the largest value
    ranges = [(float(c.min()), np.nextafter(float(c.max()), np.inf)) for c in (events.y, events.x)]
    columns = (events.y, events.x, bands(events))
    return fast_histogram.histogramdd(columns, bins=(R, R, 4), range=[*ranges, (-0.5, 3.5)])


FIVE_STEPS = "the report's five steps"
SUM = "a sum of the columns"
PEERS = {
    "boost-histogram": boost,
    "fast-histogram": fast,
    "numpy.bincount": numpy_bincount,
    "numpy.histogramdd": numpy_histogramdd,
    FIVE_STEPS: five_steps,
}


def made_up(n_events: int) -> EventList:
    rng = np.random.default_rng(0)
    columns = (rng.normal(0, 200, n_events), rng.normal(0, 200, n_events), rng.exponential(2, n_events))
    return EventList(*(column.astype(np.float32) for column in columns))


def measure() -> list[Measurement]:
    """Return every figure of this benchmark."""
    found, medians = [], {}
    for n_events, rounds in ROUNDS.items():
        events = made_up(n_events)
        calls = max(1, CALLS_IN_A_ROW // n_events)
        title = f"{n_events:,} events to band counts".replace(",", " ")
        expected = band_counts(events, R).sum(axis=(0, 1))
        for name, method in PEERS.items():
            if method is not five_steps or n_events <= MOST_OF_FIVE_STEPS:
                assert np.array_equal(method(events).sum(axis=(0, 1)), expected), name
        methods = (
            {"ours": lambda e: band_counts(e, R)} | PEERS | {SUM: lambda e: (e.x.sum(), e.y.sum(), e.energy.sum())}
        )
        plain = methods.pop(FIVE_STEPS)
        seconds = in_turns(methods, events, rounds, calls)
        medians[n_events] = float(np.median(seconds["ours"]))
        goal = 3.0 if n_events == LARGEST_CLUSTER else None
        found.append(speed(f"binning/{n_events}", title, seconds, "boost-histogram", goal=goal))
        if n_events == SMALL_CLUSTER:
            best = min(PEERS.keys() - {FIVE_STEPS}, key=lambda name: np.median(seconds[name]))
            chosen = {"ours": seconds["ours"], best: seconds[best]}
            note = f"call overhead included, {calls} calls in a row"
            found.append(speed("binning/small", f"{title}, best peer", chosen, best, unit="us", goal=1.0, note=note))
        if n_events <= MOST_OF_FIVE_STEPS:
            pair = in_turns({"ours": methods["ours"], FIVE_STEPS: plain}, events, 3, 1)
            found.append(speed(f"binning/plain/{n_events}", f"{title}, plainly", pair, FIVE_STEPS))
        if n_events == LARGEST_CLUSTER:
            chosen = {"ours": seconds["ours"], SUM: seconds[SUM]}
            found.append(cost("binning/limit", f"{title}, the limit", chosen, SUM, unit="ms", goal=5.0))
    large = {n: s for n, s in medians.items() if n >= 100_000}
    found.append(growth("events", "Binning against events", list(large), list(large.values()), "events"))
    return [*found, first_call()]


def in_turns(methods: dict, events: EventList, rounds: int, calls: int) -> dict[str, np.ndarray]:
    """Return the seconds of one call of each method, by name, from rounds of several calls in a row."""

    def repeated(method):
        for _ in range(calls):
            method(events)

    seconds = alternate({name: partial(repeated, method) for name, method in methods.items()}, rounds)
    return {name: values / calls for name, values in seconds.items()}


def first_call() -> Measurement:
    """Return what compiling adds to the first call ever, over the first call of a later process [s]."""
    code = (
        "import time; import numpy as np\n"
        "from report_utils.binning import band_counts; from report_utils.events import EventList\n"
        "events = EventList(*np.random.default_rng(0).random((3, 1000), dtype='f4'))\n"
        "begin = time.perf_counter(); band_counts(events); out['first'] = time.perf_counter() - begin"
    )
    cold, warm = [], []
    for _ in range(5):
        with tempfile.TemporaryDirectory() as folder:
            for times in (cold, warm):
                times.append(in_a_process(code, os.environ | {"NUMBA_CACHE_DIR": folder})["first"])
    seconds = np.array(cold) - np.array(warm)
    return Measurement(
        name="binning/first-call",
        title="Compiling, on the first call ever",
        unit="s",
        ours=Quantity.of(seconds),
        peers={"the first call of a later process": Quantity.of(warm)},
        ratio=Quantity.of(np.array(cold) / np.array(warm)),
        ratio_is="first call ever over that of a later process",
        judged="ours",
        better="less",
        goal=1.0,
        note="the later call imports numba and reads the machine code that the first has kept",
    )
