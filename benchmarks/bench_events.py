"""Time and memory of ingesting the largest event list of the report, 6.6 million events, and 3286 lists of any size.

Run with ``python benchmarks/bench_events.py [--events N] [--lists N] [--median N]``. Each step runs in a process of
its own, so that its peak memory is its own; ``astropy`` reads the same columns for comparison. Files are written
once, into a temporary folder (about 3 GB by default), and are in the page cache when they are read.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

N_EVENTS = 6_558_594
N_LISTS = 3286
MEDIAN_EVENTS = 3000
"""Of the many lists; they scatter by a factor of 3.7 (1.3 in the natural logarithm) about it."""


def run_write(folder: Path) -> None:
    """Write a list of a bright cluster and its catalogue."""
    from report_utils.events import EventList, write_sixte

    n_events = _sizes(folder)["events"]
    rng = np.random.default_rng(1)
    radius = 120.0 * np.sqrt(rng.random(n_events) ** -0.9 - 1.0).clip(0, 5)
    angle = rng.uniform(0, 2 * np.pi, n_events)
    x, y = (radius * np.cos(angle)).astype("f4"), (radius * np.sin(angle)).astype("f4")
    energy = rng.gamma(2.0, 0.9, n_events).astype("f4").clip(0.3, 10.0)
    write_sixte(folder / "bright.fits", EventList(x, y, energy))
    text = "cluster_id,log10_mass,events\nbright,15.2,bright.fits\n"
    (folder / "catalogue.csv").write_text(text, encoding="utf-8")
    print(f"  {n_events} events, {(folder / 'bright.fits').stat().st_size / 1e6:.0f} MB on disk")


def run_nothing(_folder: Path) -> None:
    """Import what the others import, for their memory without any events."""
    from report_utils.events import ingest, read_events  # noqa: F401


def run_astropy(folder: Path) -> None:
    """Read the same columns as a user of astropy would."""
    from astropy.io import fits

    with fits.open(folder / "bright.fits") as hdus:
        columns = [np.asarray(hdus["EVENTS"].data[name]).astype("=f8") for name in ("RA", "DEC", "SIGNAL")]
    print(f"  {len(columns[0])} events, not projected, not checked")


def run_read(folder: Path) -> None:
    """Read, check and project."""
    from report_utils.events import read_events

    print(f"  {len(read_events(folder / 'bright.fits'))} events")


def run_ingest(folder: Path) -> None:
    """Read, digest and archive; the steps overlap, for the digest runs beside the reading."""
    from report_utils.events import ingest

    report = ingest(folder / "catalogue.csv", folder / "archive")
    shares = ", ".join(f"{step} {seconds:.2f} s" for step, seconds in report.seconds.items())
    print(f"  {report.n_events} events: {shares}")


def run_steps(folder: Path) -> None:
    """Time each step alone."""
    from report_utils.events.files import sha256_of
    from report_utils.events.headers import read_tables
    from report_utils.events.layouts import choose_table, decide_layout
    from report_utils.events.parts import PartWriter
    from report_utils.events.projection import to_tangent_plane
    from report_utils.events.reading import check_usable, load_events
    from report_utils.events.request import Request
    from report_utils.events.sixte import content_digest

    def timed(name, function, *arguments, **options):
        start = time.perf_counter()
        result = function(*arguments, **options)
        print(f"  {name:<24} {time.perf_counter() - start:6.2f} s")
        return result

    path = folder / "bright.fits"
    table = choose_table(timed("headers", read_tables, path), Request())
    layout = decide_layout(table)
    values = timed("columns", table.read, [layout.x, layout.y, layout.energy]).values
    timed("projection", to_tangent_plane, values["RA"], values["DEC"], (180.0, 0.0), dtype=np.float32)
    del values
    events = load_events(path).events
    timed("checks", check_usable, events, path)
    timed("digest of the file", sha256_of, path)
    timed("digest of the events", content_digest, events)
    writer = PartWriter(folder)
    timed("Parquet", writer.add, events)
    timed("onto the disk", writer.finish)


def run_write_many(folder: Path) -> None:
    """Write many lists, most of them small, and their catalogue."""
    from report_utils.events import EventList, export_observations

    sizes = _sizes(folder)
    rng = np.random.default_rng(2)
    n_events = rng.lognormal(np.log(sizes["median"]), 1.3, sizes["lists"]).astype(int).clip(100, 1_000_000)

    def observation(index):
        x, y, energy = (rng.random((3, n_events[index])) * 9).astype("f4")
        return EventList(x, y, energy, cluster_id=f"c{index:04}", log10_mass=14.0)

    export_observations(map(observation, range(sizes["lists"])), folder / "many")
    n_bytes = sum(path.stat().st_size for path in (folder / "many").glob("*.fits"))
    print(f"  {sizes['lists']} lists, {n_events.sum()} events, {n_bytes / 1e9:.2f} GB")


def run_bare_many(folder: Path) -> None:
    """Read the same columns of the same files, and do nothing with them."""
    paths = sorted((folder / "many").glob("*.fits"))
    for name, read in (("bytes", _bytes), ("events by astropy", _astropy_columns)):
        for workers in (1, 2):
            start = _clocks()
            with multiprocessing.get_context("spawn").Pool(workers) as pool:
                n_read = sum(pool.imap_unordered(read, paths, chunksize=16))
                pool.close()
                pool.join()
            print(f"  {name:<18} {workers} processes: {_since(start)}, {n_read} of them")


def run_ingest_many(folder: Path) -> None:
    """Ingest them with one process and with two, and once more with nothing to do."""
    from report_utils.events import ingest

    for workers, archive in ((1, "one"), (2, "two"), (2, "two")):
        start = _clocks()
        report = ingest(folder / "many" / "catalogue.csv", folder / archive, workers=workers)
        print(f"  {workers} processes: {_since(start)}, {len(report.added)} added, {len(report.unchanged)} unchanged")
        worked = {step: seconds for step, seconds in report.seconds.items() if step != "total"}
        shares = ", ".join(f"{step} {seconds / sum(worked.values()):.0%}" for step, seconds in worked.items())
        print(f"    of the workers' time: {shares}")


def _clocks() -> tuple[float, float]:
    """Return the time on the clock and that of all processors, child processes that have ended included [s]."""
    times = os.times()
    return time.perf_counter(), times.user + times.system + times.children_user + times.children_system


def _since(start: tuple[float, float]) -> str:
    clock, processors = (now - then for now, then in zip(_clocks(), start, strict=True))
    return f"{clock:6.2f} s on the clock, {processors:6.2f} s of processors"


def _sizes(folder: Path) -> dict[str, int]:
    return json.loads((folder / "sizes.json").read_text(encoding="utf-8"))


def _bytes(path: Path) -> int:
    return len(path.read_bytes())


def _astropy_columns(path: Path) -> int:
    """Read what an ingest needs, and no more, as a user of astropy would."""
    from astropy.io import fits

    with fits.open(path) as hdus:
        data = hdus["EVENTS"].data
        return max(len(np.asarray(data[name]).astype("=f8")) for name in ("RA", "DEC", "SIGNAL"))


def run_open(folder: Path) -> None:
    """Read the cluster back from the archive."""
    from report_utils.events import open_archive

    print(f"  {len(open_archive(folder / 'archive').read('bright'))} events")


def main() -> None:
    """Run every step in a fresh process and print its time and peak memory."""
    if len(sys.argv) == 3 and sys.argv[1].startswith("run_"):
        start = time.perf_counter()
        globals()[sys.argv[1]](Path(sys.argv[2]))
        seconds = time.perf_counter() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{sys.argv[1][4:]:<12} {seconds:6.2f} s   peak {peak:6.0f} MB")
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=N_EVENTS, help="of the one large list")
    parser.add_argument("--lists", type=int, default=N_LISTS, help="how many small ones")
    parser.add_argument("--median", type=int, default=MEDIAN_EVENTS, help="events of a small one")
    sizes = vars(parser.parse_args())
    print(f"load of the machine before: {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "sizes.json").write_text(json.dumps(sizes), encoding="utf-8")
        steps = ["write", "nothing", "astropy", "read", "ingest", "open", "steps"]
        for step in [*steps, "write_many", "bare_many", "ingest_many"]:
            subprocess.run([sys.executable, __file__, f"run_{step}", name], check=True)
            sys.stdout.flush()


if __name__ == "__main__":
    main()
