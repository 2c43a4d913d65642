"""Masses in a catalogue: the column's name gives the scale, and values of another scale are refused."""

from __future__ import annotations

import math

from report_utils.errors import InputError, printable
from report_utils.files.plain_numbers import real

MASS_COLUMNS = ("log10_mass", "mass_msun", "mass_msun_h")
"""log10 of M500c in solar masses; M500c in solar masses; M500c in solar masses / h."""
MASS_RANGE = (10.0, 17.0)
"""log10 of M500c in solar masses. Every cluster and group lies inside, a mass in solar masses outside."""
_H_RANGE = (0.3, 1.5)
_UNITS_OF_1E14 = (0.01, 100.0)
"""Masses of clusters in units of 1e14 solar masses, which many tables use."""

_MEANING = {
    "log10_mass": "log10 of M500c in solar masses",
    "mass_msun": "M500c in solar masses",
    "mass_msun_h": "M500c in solar masses / h",
}
_EXAMPLE = {"log10_mass": "14.2", "mass_msun": "1.6e14", "mass_msun_h": "1.1e14"}


def check_hubble_h(path: object, column: str | None, hubble_h: float | None) -> None:
    """Refuse masses in Msun/h without h, and an h without such masses.

    Raises
    ------
    InputError
    """
    if column == "mass_msun_h":
        if hubble_h is None:
            msg = (
                f"{path}: column 'mass_msun_h': the masses are in solar masses / h, and h is not stated; state the one"
                " they were made with, for example --hubble-h 0.7"
            )
            raise InputError(msg)
        if not _H_RANGE[0] <= hubble_h <= _H_RANGE[1]:
            msg = f"hubble_h={hubble_h!r} is not an H0 / (100 km/s/Mpc); give the masses' own, for example 0.7"
            raise InputError(msg)
    elif hubble_h is not None:
        msg = (
            f"{path}: h is stated, but the masses in the column {column!r} do not depend on it; name the column"
            " mass_msun_h, or leave --hubble-h out"
        )
        raise InputError(msg)


def log10_mass(column: str, text: str, hubble_h: float | None = None) -> float:
    """Return log10 of M500c [Msun] from a catalogue's value.

    Parameters
    ----------
    column : str
        One of :data:`MASS_COLUMNS`.
    text : str
    hubble_h : float, optional
        Needed for ``mass_msun_h``: M [Msun] = M [Msun/h] / h.

    Raises
    ------
    InputError
        The reason alone; the caller knows row and column.
    """
    if not text:
        msg = "is empty; fill it in, remove the row, or ingest for predictions only (--without-masses)"
        raise InputError(msg)
    value = real(text)
    if value is None:
        comma = ", with a decimal point" if _has_decimal_comma(text) else ""
        msg = f"{printable(text)!r} is not a number; give {_MEANING[column]}{comma}, for example {_EXAMPLE[column]}"
        raise InputError(msg)
    mass = value
    if column != "log10_mass":
        mass = math.log10(value / (hubble_h or 1.0)) if value > 0 else -math.inf
    if not MASS_RANGE[0] <= mass <= MASS_RANGE[1]:
        low, high = MASS_RANGE if column == "log10_mass" else (10.0 ** MASS_RANGE[0], 10.0 ** MASS_RANGE[1])
        msg = (
            f"{text} is not the mass of a cluster; {_MEANING[column]} is expected, between {low:g} and {high:g}"
            f"{_likely(column, value)}"
        )
        raise InputError(msg)
    return mass


def _likely(column: str, value: float) -> str:
    """Return what the value would be right for; the user decides, nothing is guessed."""
    if column == "log10_mass" and 10.0 ** MASS_RANGE[0] <= value <= 10.0 ** MASS_RANGE[1]:
        return ": for solar masses, name the column mass_msun (or mass_msun_h)"
    hints = []
    if column != "log10_mass" and MASS_RANGE[0] <= value <= MASS_RANGE[1]:
        hints.append("for log10, name the column log10_mass")
    if _UNITS_OF_1E14[0] <= value <= _UNITS_OF_1E14[1]:
        name = "" if column != "log10_mass" else "name the column mass_msun (or mass_msun_h) and "
        hints.append(f"for a mass in units of 1e14, {name}write {value:g}e14")
    return f": {'; '.join(hints)}" if hints else ""


def _has_decimal_comma(text: str) -> bool:
    return text.count(",") == 1 and real(text.replace(",", ".")) is not None
