"""Units as files write them, and values in keV or degrees; astropy knows the units.

Real files spell a unit in upper or lower case and in full (``KEV``, ``degrees``, ``0.05 ARCSECONDS``); such spellings
are normalised here before astropy parses them.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from astropy.units import UnitBase

CHANNEL = "channel"
"""Stands for a unit if values are channel numbers."""
_CHANNELS = {"chan", "channel", "channels", "ch", "adu", "bin"}
_SPELLINGS = {
    "ev": "eV", "kev": "keV", "gev": "GeV", "tev": "TeV", "ergs": "erg", "joule": "J", "joules": "J", "hz": "Hz",
    "angstrom": "Angstrom", "angstroms": "Angstrom", "degs": "deg", "degree": "deg", "degrees": "deg",
    "arcmins": "arcmin", "arcminute": "arcmin", "arcminutes": "arcmin", "arcsecs": "arcsec", "arcsecond": "arcsec",
    "arcseconds": "arcsec", "rads": "rad", "radian": "rad", "radians": "rad", "pix": "pixel", "pixels": "pixel",
}  # fmt: skip
_MAX_WAVELENGTH = 1e-6
"""[m] A larger unit of length is not one for the wavelength of an X-ray."""
_UNIT = re.compile(
    r"(?:(?P<power>10(?:\*\*|\^)\(?(?P<exponent>[+-]?[0-9]{1,2})\)?)|(?P<factor>[0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]{1,2})?))?"
    r"\s*\*?\s*(?P<name>[A-Za-z]{1,20})"
)
"""A name with a factor. No column here has a unit that is a product or power, and odd ones keep astropy busy."""


def counts_channels(text: str) -> bool:
    """Whether a unit says that values are channel numbers."""
    return text.strip().lower() in _CHANNELS


@cache
def find_unit(text: str) -> UnitBase | None:
    """Return the unit of a text such as ``keV`` or ``0.05 arcsec``, or None if it is not known."""
    from astropy import units

    match = _UNIT.fullmatch(text.strip())
    if match is None:
        return None
    factor = 10.0 ** int(match["exponent"]) if match["power"] else float(match["factor"] or 1.0)
    # "MEV" means MeV; "meV" and "mev" are left to astropy, for which the first is a thousandth of an eV.
    name = "MeV" if match["name"] in ("MEV", "Mev") else _SPELLINGS.get(match["name"].lower(), match["name"])
    for spelling in (name, name.lower()):
        try:
            return units.Unit(factor * units.Unit(spelling, parse_strict="raise"))
        except (ValueError, TypeError):
            continue
    return None


def is_energy(text: str) -> bool:
    """Whether a unit can be that of a photon's energy, frequency or wavelength."""
    from astropy import units

    unit = find_unit(text)
    if unit is None:
        return False
    if unit.is_equivalent(units.m):
        return unit.to(units.m) <= _MAX_WAVELENGTH
    return unit.is_equivalent(units.keV) or unit.is_equivalent(units.Hz)


def same_energy_unit(one: str, other: str) -> bool:
    """Whether two units of energy are the same, however they are spelt."""
    first, second = (find_unit(text) for text in (one, other))
    return first.is_equivalent(second) and abs(first.to(second) - 1) < 1e-9


def in_kev(values: NDArray, text: str) -> NDArray[np.floating]:
    """Return energies in keV.

    Parameters
    ----------
    values : (n,) array
    text : str
        The unit they are in.

    Returns
    -------
    (n,) float array [keV]
    """
    if text == "keV":
        return values
    if text == "eV":
        # Division, not multiplication by 0.001: 2500 eV must become exactly 2.5 keV, because bands are right-closed.
        return values / 1000.0
    from astropy import units

    unit = find_unit(text)
    values = np.asarray(values, np.float64)
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        if not unit.is_equivalent(units.keV):
            return unit.to(units.keV, values, equivalencies=units.spectral())
        # A power of ten must be exact to the bit, so that 0.0025 MeV becomes exactly 2.5 keV.
        factor = float(f"{unit.to(units.keV):.14g}")
        inverse = float(f"{1 / factor:.14g}")
        return values / inverse if factor < 1 else values * factor


def degrees_of(text: str) -> float | None:
    """Return the size of a unit of angle [deg], or None if the unit is not an angle."""
    from astropy import units

    unit = find_unit(text)
    if unit is None or not unit.is_equivalent(units.deg):
        return None
    return float(unit.to(units.deg))
