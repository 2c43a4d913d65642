"""A FITS list, and an archive, to band counts, against astropy reading the same three columns of the same file.

What is read is checked, projected to the tangent plane and binned; the peer does nothing of that. Files are in the page
cache. (fitsio, the other FITS library, has no wheel for this Python and needs a compiler.)
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from astropy.io import fits

from benchmarks.measuring import alternate, speed
from benchmarks.records import Measurement
from report_utils.binning import band_counts
from report_utils.events import EventList, ingest, open_archive, read_events, write_sixte

ROUNDS = {20_000: 15, 2_000_000: 7}


def made_up(n_events: int) -> EventList:
    """Return a bright cluster, about as concentrated as a real one."""
    rng = np.random.default_rng(1)
    radius = 120.0 * np.sqrt(rng.random(n_events) ** -0.9 - 1.0).clip(0, 5)
    angle = rng.uniform(0, 2 * np.pi, n_events)
    x, y = (radius * np.cos(angle)).astype("f4"), (radius * np.sin(angle)).astype("f4")
    return EventList(x, y, rng.gamma(2.0, 0.9, n_events).astype("f4").clip(0.3, 10.0))


def astropy_columns(path: Path) -> list[np.ndarray]:
    with fits.open(path) as hdus:
        return [np.asarray(hdus["EVENTS"].data[name]).astype("=f8") for name in ("RA", "DEC", "SIGNAL")]


def measure() -> list[Measurement]:
    found = []
    for n_events, rounds in ROUNDS.items():
        title = f"{n_events:,} events".replace(",", " ")
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write_sixte(folder / "bright.fits", made_up(n_events))
            text = "cluster_id,log10_mass,events\nbright,15.2,bright.fits\n"
            (folder / "catalogue.csv").write_text(text, encoding="utf-8")
            ingest(folder / "catalogue.csv", folder / "archive")
            archive = open_archive(folder / "archive")
            assert np.array_equal(band_counts(archive.read(0)), band_counts(read_events(folder / "bright.fits")))
            methods = {
                "FITS": lambda f=folder: band_counts(read_events(f / "bright.fits")),
                "archive": lambda a=archive: band_counts(a.read(0)),
                "astropy": lambda f=folder: astropy_columns(f / "bright.fits"),
            }
            seconds = alternate(methods, rounds)
        for kind in ("FITS", "archive"):
            pair = {"ours": seconds[kind], "astropy": seconds["astropy"]}
            words = "a FITS file" if kind == "FITS" else "an archive"
            found.append(speed(f"reading/{kind}/{n_events}", f"{title} of {words} to band counts", pair, "astropy"))
    return found
