"""Damaged files, made by a seeded mutator from valid ones of each format, read in a process of their own.

Each is read rightly or refused with one line; none crashes, hangs, or takes 2 GB. ``REPORT_MUTATION_SEED`` sets the
fresh seed, which is drawn otherwise and stands in the message of a failure; ``REPORT_MUTATION_CASES`` sets how many
files are made of each format.
"""

import os
import secrets
from collections import Counter

import numpy as np
import pytest
from tests.events import damage
from tests.events.reader import ALONE, fault

FRESH = int(os.environ.get("REPORT_MUTATION_SEED") or secrets.randbits(32))
CASES = int(os.environ.get("REPORT_MUTATION_CASES", "24"))
N = 120


def positions(rng, middle, width):
    return rng.uniform(middle - width, middle + width, N)


def sky(rng):
    return {"RA": positions(rng, 0.0, 0.05) % 360, "DEC": positions(rng, 20.0, 0.05)}


def chandra(rng):
    columns = {
        "time": np.arange(N, dtype=float),
        "ccd_id": np.full(N, 7, np.int16),
        "x": positions(rng, 4100.0, 200.0).astype(np.float32),
        "y": positions(rng, 4100.0, 200.0).astype(np.float32),
        "energy": rng.uniform(300, 9000, N).astype(np.float32),
        "pi": rng.integers(1, 600, N),
        "grade": rng.integers(0, 7, N).astype(np.int16),
    }
    cards = {"TELESCOP": "CHANDRA", "INSTRUME": "ACIS"}
    for axis, kind, step in (("x", "RA---TAN", -0.492), ("y", "DEC--TAN", 0.492)):
        cards |= {f"TCTYP:{axis}": kind, f"TCRPX:{axis}": 4096.5, f"TCRVL:{axis}": 30.0, f"TCDLT:{axis}": step / 3600}
        cards |= {f"TCUNI:{axis}": "deg"}
    return columns, cards


def sixte_imaging(rng):
    columns = {
        "TIME": np.arange(N, dtype=float),
        "SIGNAL": rng.uniform(0.3, 9, N).astype(np.float32),
        **sky(rng),
        "SRC_ID": np.stack([rng.integers(-1, 3, N), np.zeros(N)], axis=1),
        "TYPE": rng.integers(-1, 5, N).astype(np.int16),
    }
    return columns, {"TELESCOP": "ATHENA", "INSTRUME": "WFI", "RA_PNT": 0.0, "DEC_PNT": 20.0}


def calorimeter(rng):
    columns = {"TIME": np.arange(N, dtype=float), "SIGNAL": rng.uniform(0.3, 9, N), **sky(rng)}
    columns |= {"DETX": rng.uniform(0, 0.005, N).astype(np.float32), "GRADING": rng.integers(-1, 4, N).astype(np.int16)}
    return columns, {"TELESCOP": "XRISM", "INSTRUME": "Resolve"}


def erosita(rng):
    columns = {"RA": np.rint(sky(rng)["RA"] * 1e6), "DEC": np.rint(sky(rng)["DEC"] * 1e6)}
    columns = {name: values.astype(np.int64) for name, values in columns.items()}
    columns |= {"PI": rng.uniform(200, 8000, N).astype(np.float32), "PAT_TYP": rng.integers(0, 5, N).astype(np.int16)}
    return columns, {"TELESCOP": "eROSITA", "TSCAL:RA": 1e-6, "TSCAL:DEC": 1e-6}


def channels(rng):
    columns = {"X": positions(rng, 500.0, 90.0).astype(np.float32), "Y": positions(rng, 500.0, 90.0)}
    columns |= {"PI": rng.integers(5, 250, N), "PHA": rng.integers(5, 250, N)}
    cards = {"TELESCOP": "NuSTAR", "INSTRUME": "FPMA", "TUNIT:PI": "chan"}
    for axis, kind in (("X", "RA---TAN"), ("Y", "DEC--TAN")):
        cards |= {f"TCTYP:{axis}": kind, f"TCRPX:{axis}": 500.5, f"TCRVL:{axis}": 30.0, f"TCDLT:{axis}": 6.8e-4}
        cards |= {f"TCUNI:{axis}": "deg", f"TUNIT:{axis}": "pixel"}
    return columns, cards


def xmm(rng):
    columns = {axis: rng.integers(20_000, 30_000, N) for axis in ("X", "Y")}
    columns |= {"PI": rng.integers(200, 9000, N).astype(np.int16), "FLAG": np.zeros(N)}
    cards = {"TELESCOP": "XMM", "INSTRUME": "EPN", "TUNIT:X": "0.05 arcsec", "TUNIT:Y": "0.05 arcsec"}
    for axis, kind in (("X", "RA---TAN"), ("Y", "DEC--TAN")):
        cards |= {f"REF{axis}CTYP": kind, f"REF{axis}CRPX": 25921, f"REF{axis}CRVL": 30.0}
        cards |= {f"REF{axis}CDLT": 0.05 / 3600, f"REF{axis}CUNI": "deg"}
    return columns, cards


def units(rng):
    columns = {**sky(rng), "ENERGY": rng.uniform(0.2, 9, N) * 1e-3}
    return columns, {"TUNIT:RA": "deg", "TUNIT:DEC": "deg", "TUNIT:ENERGY": "MeV"}


def photons(rng):
    columns = {name: values.astype(np.float32) for name, values in sky(rng).items()}
    columns["ENERGY"] = rng.uniform(0.2, 9, N).astype(np.float32)
    return columns | {"SRC_ID": np.arange(N)}, {"EXTNAME": "PHLIST"}


def plain(rng):
    return {"U": positions(rng, 0.0, 90.0), "V": positions(rng, 0.0, 90.0), "W": rng.uniform(0.3, 9, N)}, {}


def named(rng):
    return {**sky(rng), "Energy [eV]": rng.uniform(300, 9000, N), "grade": rng.integers(0, 5, N)}, {}


def point_sources(rng):
    return {"NAME": np.arange(N), **sky(rng), "RADIUS": rng.uniform(1, 9, N)}, {"EXTNAME": "SRCLIST"}


STATED = {"x": "U", "y": "V", "energy": "W", "energy_unit": "keV", "pixel_arcsec": 0.5}
FORMATS = {
    "chandra": (chandra, damage.write_fits, ".fits", ALONE),
    "sixte imaging": (sixte_imaging, damage.write_fits, ".fits", ALONE),
    "sixte calorimeter": (calorimeter, damage.write_fits, ".evt", ALONE),
    "erosita": (erosita, damage.write_fits, ".fits", ALONE),
    "good time intervals": (sixte_imaging, damage.write_fits_with_good_times, ".fits", ALONE),
    "channels": (channels, damage.write_fits, ".fits", ALONE),
    "XMM": (xmm, damage.write_fits, ".fits", ALONE),
    "units": (units, damage.write_fits, ".fits", ALONE),
    "photon list": (photons, damage.write_fits, ".fits", ALONE),
    "any FITS table": (plain, damage.write_fits, ".fits", STATED),
    "CSV": (named, damage.write_csv, ".csv", ALONE),
    "CSV with stated columns": (plain, damage.write_csv, ".csv", STATED),
    "names in a comment": (plain, damage.write_as_numpy_does, ".txt", STATED),
    "CSV of a spreadsheet": (named, damage.write_for_spreadsheets, ".csv", ALONE),
    "ECSV": (named, damage.write_ecsv, ".csv", ALONE),
    "Parquet": (named, damage.write_parquet, ".parquet", ALONE),
    "Parquet with stated columns": (plain, damage.write_parquet, ".parquet", STATED),
    "point sources, FITS": (point_sources, damage.write_fits, ".fits", None),
    "point sources, CSV": (point_sources, damage.write_csv, ".csv", None),
    "NPZ": (named, damage.write_npz, ".npz", ALONE),
    "NPZ with stated columns": (plain, damage.write_npz, ".npz", STATED),
}


def damaged(rng, name):
    """Return the bytes of a damaged file of one format, the end of its name, and what was done to it."""
    make, write, suffix, _ = FORMATS[name]
    columns, cards = make(rng)
    is_fits = suffix in (".fits", ".evt")
    kinds = (damage.COLUMNS, damage.BYTES, damage.CARDS) if is_fits else (damage.COLUMNS, damage.BYTES)
    kind = kinds[rng.integers(len(kinds))]
    harm = kind[rng.integers(len(kind))]
    whole = kind is damage.COLUMNS
    content = write(harm(rng, columns), cards) if whole else harm(rng, write(columns, cards))
    if (is_fits or suffix in (".csv", ".txt")) and rng.random() < 0.25:
        return damage.pack(rng, content), f"{suffix}.gz", f"{harm.__name__}, packed"
    return content, suffix, harm.__name__


def options(rng, name):
    """Return what is asked for besides the file: drawn, for only some of it can be done with each format."""
    cleanings = [{}, {}, {"energy_max": 7.0, "region_arcsec": 60.0}]
    if name in ("chandra", "sixte imaging", "sixte calorimeter", "erosita"):
        cleanings.append({"good_grades": True})
    if name == "good time intervals":
        cleanings = [{"gti": "file"}]
    cleaning = cleanings[rng.integers(len(cleanings))]
    stated = FORMATS[name][3]
    return None if stated is None else stated | cleaning | {"drop_invalid": bool(rng.integers(2))}


@pytest.mark.parametrize("seed", [0, FRESH], ids=["the same seed", "a fresh seed"])
@pytest.mark.parametrize("name", FORMATS)
def test_every_damaged_file_is_read_or_refused_with_one_line(name, seed, reader, tmp_path):
    outcomes = Counter()
    for case in range(CASES):
        rng = np.random.default_rng([seed, list(FORMATS).index(name), case])
        content, suffix, harm = damaged(rng, name)
        path = tmp_path / f"damaged{suffix}"
        path.write_bytes(content)
        answer = reader.read(path, options(rng, name))
        wrong = fault(answer, path)
        if wrong:
            kept = tmp_path / f"kept-{case}{suffix}"
            kept.write_bytes(content)
            pytest.fail(f"{name}, seed {seed}, case {case} ({harm}): {wrong}; the file is {kept}")
        outcomes[answer["outcome"]] += 1
    if seed == 0:  # both happen, whatever the luck of a fresh seed
        assert min(outcomes["read"], outcomes["refused"]) > 0, outcomes


@pytest.mark.parametrize("name", FORMATS)
def test_what_the_mutator_starts_from_is_read(name, reader, tmp_path):
    make, write, suffix, stated = FORMATS[name]
    path = tmp_path / f"whole{suffix}"
    path.write_bytes(write(*make(np.random.default_rng(1))))
    answer = reader.read(path, stated)
    assert (answer["outcome"], answer.get("wrong")) == ("read", ""), answer
