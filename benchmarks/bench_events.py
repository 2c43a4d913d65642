"""Time and memory of reading and ingesting the largest event list of the report, 6.6 million events.

Run with ``python benchmarks/bench_events.py [n_events]``. Each step runs in a process of its own, so that its
peak memory is its own; ``astropy`` reads the same columns for comparison. The file is written once, into a
temporary folder, and is in the page cache when it is read.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

N_EVENTS = 6_558_594
N_LISTS = 300


def run_write(folder: Path) -> None:
    """Write a list of a bright cluster and its catalogue."""
    from report_utils.events import EventList, write_sixte

    n_events = int((folder / "n_events").read_text(encoding="utf-8"))
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
    values = timed("columns", table.read, [layout.x, layout.y, layout.energy])
    timed("projection", to_tangent_plane, values["RA"], values["DEC"], (180.0, 0.0), dtype=np.float32)
    del values
    events = load_events(path).events
    timed("checks", check_usable, events, path)
    timed("digest of the file", sha256_of, path)
    timed("digest of the events", content_digest, events)
    writer = PartWriter(folder)
    timed("Parquet", writer.add, events)
    timed("onto the disk", writer.finish)


def run_many(folder: Path) -> None:
    """Ingest many lists of ordinary size with one worker and with two, and once more with nothing to do."""
    from report_utils.events import EventList, export_observations, ingest

    rng = np.random.default_rng(2)

    def observation(index):
        x, y, energy = (rng.random((3, 20_000)) * 9).astype("f4")
        return EventList(x, y, energy, cluster_id=f"c{index:04}", log10_mass=14.0)

    start = time.perf_counter()
    catalogue = export_observations(map(observation, range(N_LISTS)), folder / "many")
    print(f"  {N_LISTS} lists of 20000 events written in {time.perf_counter() - start:.2f} s")
    for workers, archive in ((1, "one"), (2, "two"), (2, "two")):
        report = ingest(catalogue, folder / archive, workers=workers)
        steps = ", ".join(f"{step} {seconds:.2f} s" for step, seconds in report.seconds.items())
        print(f"  {workers} workers, {len(report.added)} added, {len(report.unchanged)} unchanged: {steps}")


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
        print(f"{sys.argv[1][4:]:<10} {seconds:6.2f} s   peak {peak:6.0f} MB")
        return
    n_events = int(sys.argv[1]) if len(sys.argv) > 1 else N_EVENTS
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "n_events").write_text(str(n_events), encoding="utf-8")
        for step in ("write", "nothing", "astropy", "read", "ingest", "open", "steps", "many"):
            subprocess.run([sys.executable, __file__, f"run_{step}", name], check=True)


if __name__ == "__main__":
    main()
