"""Ingest of the report's largest event list, and of 3286 lists of all sizes, against astropy reading the same columns.

Files are written once, into a temporary folder (about 2 GB), and are in the page cache when they are read. Each step
runs in a process of its own, so that its largest memory is its own.
"""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from benchmarks.bench_reading import astropy_columns, made_up
from benchmarks.measuring import alternate, cost, in_a_process, memory, shares
from benchmarks.records import Measurement
from report_utils.events import EventList, export_observations, ingest, ingest_task, write_sixte

LARGEST = 6_558_594
N_LISTS, MEDIAN_EVENTS, SCATTER = 3286, 3000, 1.3
"""Lists of the size of the report's sample; their sizes scatter by a factor of 3.7 (1.3 in the natural logarithm)."""
ROUNDS = 3
ASTROPY = "astropy reading the columns"


def measure() -> list[Measurement]:
    with tempfile.TemporaryDirectory() as name:
        return [*largest(Path(name)), *many(Path(name))]


def largest(folder: Path) -> list[Measurement]:
    write_sixte(folder / "bright.fits", made_up(LARGEST))
    (folder / "catalogue.csv").write_text("cluster_id,log10_mass,events\nbright,15.2,bright.fits\n", encoding="utf-8")
    begin = "import time; begin = time.perf_counter()\n"
    end = "\nout['s'] = time.perf_counter() - begin"
    codes = {
        "ours": "from report_utils.events import ingest\n"
        f"{begin}ingest({str(folder / 'catalogue.csv')!r}, {str(folder)!r} + '/archive-' + str(begin)){end}",
        ASTROPY: "from pathlib import Path\nfrom benchmarks.bench_reading import astropy_columns\n"
        f"{begin}astropy_columns(Path({str(folder / 'bright.fits')!r})){end}",
    }
    runs = {method: [] for method in codes}
    for _ in range(ROUNDS):
        for method, code in codes.items():
            runs[method].append(in_a_process(code))
    seconds = {method: np.array([one["s"] for one in found]) for method, found in runs.items()}
    title = "The largest list ingested"
    note = "digest, checks, projection and archive included"
    peak = max(one["peak_mb"] for one in runs["ours"])
    return [
        cost("ingest/largest", title, seconds, ASTROPY, note=note),
        memory("ingest/largest/memory", "Memory of ingesting the largest list", peak, goal=800.0),
        *_steps("ingest/largest/step", title, folder / "catalogue.csv", folder / "archive-steps"),
    ]


def _steps(name: str, title: str, catalogue: Path, archive: Path) -> list[Measurement]:
    """Time the steps of an ingest in one process."""
    seconds: Counter[str] = Counter()

    def timed(step: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any, **options: Any) -> Any:
            start = time.perf_counter()
            try:
                return function(*arguments, **options)
            finally:
                seconds[step] += time.perf_counter() - start

        return run

    steps = {"sha256_of": "digest", "load_events": "read", "write_list": "write"}
    with mock.patch.multiple(
        ingest_task, **{function: timed(step, getattr(ingest_task, function)) for function, step in steps.items()}
    ):
        ingest(catalogue, archive, workers=1)
    return shares(name, f"{title}, share", seconds, "digest and writing run beside the reading")


def many(folder: Path) -> list[Measurement]:
    rng = np.random.default_rng(2)
    sizes = rng.lognormal(np.log(MEDIAN_EVENTS), SCATTER, N_LISTS).astype(int).clip(100, 1_000_000)

    def observation(index: int) -> EventList:
        x, y, energy = (rng.random((3, sizes[index])) * 9).astype("f4")
        return EventList(x, y, energy, cluster_id=f"c{index:04}", log10_mass=14.0)

    export_observations(map(observation, range(N_LISTS)), folder / "many")
    catalogue, paths = folder / "many" / "catalogue.csv", sorted((folder / "many").glob("*.fits"))
    reports = []

    def ours() -> None:
        reports.append(ingest(catalogue, folder / f"archive-{time.perf_counter()}", workers=2))

    def bare() -> None:
        with multiprocessing.get_context("spawn").Pool(2) as pool:
            list(pool.imap_unordered(_n_read, paths, chunksize=16))

    seconds = alternate({"ours": ours, ASTROPY: bare}, ROUNDS - 1, warm_up=False)
    again = alternate({"ours": lambda: ingest(catalogue, reports[-1].archive, workers=2)}, 3)
    title = f"{N_LISTS} lists, {sizes.sum() / 1e6:.1f} million events, two processes"
    note = "at most 1: limited by the reading"
    anew = {"ours": again["ours"], "ingesting them": np.full(3, np.median(seconds["ours"]))}
    return [
        cost("ingest/many", title, seconds, ASTROPY, note=note),
        cost("ingest/unchanged", "The same with nothing to do", anew, "ingesting them"),
        *_steps("ingest/many/step", "Many lists ingested", catalogue, folder / "archive-steps"),
    ]


def _n_read(path: Path) -> int:
    return len(astropy_columns(path)[0])
