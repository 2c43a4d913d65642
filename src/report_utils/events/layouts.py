"""Which columns of an event table are position and energy, and in which units.

Names and the mission decide; TUNIT does not, for real files carry wrong ones. The order of preference:

===========================  ==============================================================================
position                     ``x, y`` (sky pixels) for Chandra; else ``RA, DEC`` [deg]; else ``X, Y``
energy                       ``ENERGY`` (Chandra eV, others keV), else ``SIGNAL`` (SIXTE, keV), else ``PI``
                             (eROSITA, eV); a median above 50 in a column thought to be in keV can only be eV
===========================  ==============================================================================

A table that is not FITS follows no convention: its energy unit is stated by the user, or by the column's name
(``energy_kev``, ``Energy [eV]``); ``ra`` and ``dec`` are degrees; ``x_arcsec`` and ``y_arcsec`` are what they
say.

Positions keep the file's own axes. From sky pixels, x grows with the file's x and y with its y (the sign of
TCDLT is not applied, so in Chandra lists x grows westwards); from RA and DEC, x grows with RA (eastwards) and
y with DEC.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import Literal

from report_utils.errors import InputError
from report_utils.events.missions import CHANDRA_PIXEL, EROSITA_PIXEL, layout_name, mission
from report_utils.events.request import Request
from report_utils.events.table import Column, Table, printable

_ARCSEC_PER = {"": 3600.0, "deg": 3600.0, "degree": 3600.0, "arcmin": 60.0, "arcsec": 1.0}
_RA = re.compile(r"(ra|alpha)([^a-z].*|j2000.*|deg)?", re.IGNORECASE)
_DEC = re.compile(r"(de|dec|delta)([^a-z].*|j2000.*|deg)?", re.IGNORECASE)
MAX_MEDIAN_KEV = 50.0
"""[keV] A column with a higher median holds eV."""
_OPTIONS = "--x X --y Y [--pixel-arcsec SIZE] --energy E --energy-unit keV|eV"


@dataclass(frozen=True)
class Layout:
    """How a table is read.

    Parameters
    ----------
    name : str
    x, y, energy : Column
    scale : (x, y) [arcsec per unit], or None where x, y are RA, DEC [deg]
    reference : (x, y)
        The pixel that becomes the origin.
    energy_unit : "keV" or "eV"
    energy_by : "request", "name" or "convention"
        What decided the unit: the user, the column's own name, or the mission and what it calls its columns.
    reasons : tuple of str
        How position and energy were decided.
    """

    name: str
    x: Column
    y: Column
    energy: Column
    scale: tuple[float, float] | None
    reference: tuple[float, float]
    energy_unit: str
    energy_by: Literal["request", "name", "convention"]
    reasons: tuple[str, ...]

    @property
    def is_sky(self) -> bool:
        """Whether positions are RA and DEC."""
        return self.scale is None


def choose_table(tables: list[Table], request: Request) -> Table:
    """Return the table of events: the one asked for, else EVENTS, else the first with position and energy.

    Raises
    ------
    InputError
        If there is none.
    """
    path = tables[0].path
    names = ", ".join(f"{printable(table.name)} (number {table.number})" for table in tables[:20])
    if request.table is not None:
        wanted = str(request.table).strip().lower()
        for table in tables:
            if wanted in (table.name.strip().lower(), str(table.number)):
                return table
        msg = f"{path}: has no table {request.table!r}; it holds {names}"
        raise InputError(msg)
    for table in tables:
        if table.name.strip().upper() == "EVENTS":
            return table
    for table in tables:
        names_here = set(table.columns)
        if names_here & {"energy", "signal", "pi"} and ({"ra", "dec"} <= names_here or {"x", "y"} <= names_here):
            return table
    if len(tables) == 1:
        return tables[0]
    msg = f"{path}: no table is called EVENTS or holds positions and energies; name one of {names} (table=..., --table)"
    raise InputError(msg)


def decide_layout(table: Table, request: Request = Request()) -> Layout:  # noqa: B008 (frozen)
    """Decide position and energy columns and their units.

    Raises
    ------
    InputError
        If a column is missing or its unit cannot be decided.
    """
    x, y, scale, reference, position_reason = _position(table, request)
    energy, unit, by = _energy(table, request)
    why = {"request": ", as stated", "name": ", as its name says", "convention": " by name"}[by]
    if by == "convention" and unit == "eV":
        why = " by name and mission"
    return Layout(
        name=layout_name(table),
        x=x,
        y=y,
        energy=energy,
        scale=scale,
        reference=reference,
        energy_unit=unit,
        energy_by=by,
        reasons=(position_reason, f"energy: {energy.name} [{unit}]{why}"),
    )


def settle_unit(layout: Layout, median: float, path: object) -> Layout:
    """Hold the energy unit against the median of the values.

    Raises
    ------
    InputError
        If the values contradict the unit given by the mission or by the column's own name, or cannot be the keV
        that the user states.
    """
    name, unit, by = layout.energy.name, layout.energy_unit, layout.energy_by
    too_high = median > MAX_MEDIAN_KEV
    if not math.isfinite(median) or too_high == (unit == "eV") or (by == "request" and unit == "eV"):
        return layout
    if unit == "keV" and by == "convention":
        reason = f"energy: {name} [eV], for its median of {median:.5g} cannot be keV"
        return replace(layout, energy_unit="eV", reasons=(layout.reasons[0], reason))
    says = {"request": "the unit is stated as", "name": "its name says", "convention": "the mission says"}[by]
    other = "keV" if unit == "eV" else "eV"
    msg = (
        f"{path}: column {name!r}: {says} {unit}, but a median of {median:.4g} looks like {other}; state the energy"
        " unit (energy_unit='keV' or 'eV'; --energy-unit), or name another column"
    )
    raise InputError(msg)


def _position(
    table: Table, request: Request
) -> tuple[Column, Column, tuple[float, float] | None, tuple[float, float], str]:
    if request.x is not None and request.y is not None:
        x, y = table.need(request.x), table.need(request.y)
        if request.pixel_arcsec is None and _RA.fullmatch(x.name) and _DEC.fullmatch(y.name):
            return x, y, None, (0.0, 0.0), f"position: {x.name}, {y.name} [deg], as stated"
    else:
        ra, dec = _by_name(table, "ra", ("deg",)), _by_name(table, "dec", ("deg",))
        x, y = _by_name(table, "x", ("arcsec",)), _by_name(table, "y", ("arcsec",))
        if ra and dec and not (mission(table) == "chandra" and x and y):
            return ra, dec, None, (0.0, 0.0), f"position: {ra.name}, {dec.name} [deg] by name"
        if not (x and y):
            missing = "'x'/'y'" if mission(table) == "chandra" else "'RA'/'DEC' or 'X'/'Y'"
            msg = (
                f"{table.path}: table {table.name}: there is no column {missing} for positions; it has"
                f" {table.column_names}; name those to use ({_OPTIONS})"
            )
            raise InputError(msg)
    scale, why = _pixel_scale(table, x, y, request)
    reference = tuple(table.real(f"TCRPX{column.number}") or 0.0 for column in (x, y))
    return x, y, scale, reference, f"position: {x.name}, {y.name} in pixels of {scale[0]:.6g} arcsec ({why})"


def _by_name(table: Table, base: str, units: tuple[str, ...]) -> Column | None:
    """Return the column of that name; where names follow no convention, also with its unit in the name."""
    if table.conventional:
        return table.find(base)
    wanted = {base, *(f"{base}_{unit.lower()}" for unit in units)}
    found = [column for several in table.columns.values() for column in several if _plain(column.name) in wanted]
    if len(found) > 1:
        names = " and ".join(repr(column.name) for column in found)
        msg = f"{table.path}: columns {names} could both be {base}; name the one to use ({_OPTIONS})"
        raise InputError(msg)
    return found[0] if found else None


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def _pixel_scale(table: Table, x: Column, y: Column, request: Request) -> tuple[tuple[float, float], str]:
    if request.pixel_arcsec is not None:
        return (request.pixel_arcsec, request.pixel_arcsec), "as stated"
    if _plain(x.name).endswith("_arcsec") and _plain(y.name).endswith("_arcsec"):
        return (1.0, 1.0), "as their names say"
    scale = []
    for column in (x, y):
        step = table.real(f"TCDLT{column.number}")
        unit = str(table.value(f"TCUNI{column.number}") or "").strip().lower()
        if step is not None and unit in _ARCSEC_PER:
            scale.append(abs(step) * _ARCSEC_PER[unit])
    if len(scale) == 2:
        if not all(1e-4 < size < 3600 for size in scale):
            msg = (
                f"{table.path}: column {x.name!r}: TCDLT gives pixels of {scale[0]:g} x {scale[1]:g} arcsec,"
                " which no sky image has; state the pixel size (pixel_arcsec, --pixel-arcsec)"
            )
            raise InputError(msg)
        return (scale[0], scale[1]), "TCDLT"
    for name, size in (("chandra", CHANDRA_PIXEL), ("erosita", EROSITA_PIXEL)):
        if mission(table) == name:
            return (size, size), f"mission {name}"
    why = " (no TCDLT)" if table.conventional else ""
    msg = (
        f"{table.path}: column {x.name!r}: its unit cannot be decided{why}; state the pixel size"
        " (pixel_arcsec, --pixel-arcsec)"
    )
    raise InputError(msg)


def _energy(table: Table, request: Request) -> tuple[Column, str, Literal["request", "name", "convention"]]:
    if request.energy is not None:
        column = table.need(request.energy)
    else:
        found = [column for name in ("energy", "signal", "pi") if (column := _by_name(table, name, ("keV", "eV")))]
        if not found:
            msg = (
                f"{table.path}: table {table.name}: there is no column 'ENERGY', 'SIGNAL' or 'PI'"
                f" for energies; it has {table.column_names}; name the one to use ({_OPTIONS})"
            )
            raise InputError(msg)
        column = found[0]
    if request.energy_unit is not None:
        return column, request.energy_unit, "request"
    name, of = column.name.lower(), mission(table)
    if table.conventional:
        if name == "energy":
            return column, "eV" if of == "chandra" else "keV", "convention"
        if name == "signal":
            return column, "keV", "convention"
        if name == "pi" and of == "erosita":
            return column, "eV", "convention"
    for unit in ("keV", "eV"):
        if _plain(name).endswith(f"_{unit.lower()}"):
            return column, unit, "name"
    why = f" (mission {of or 'not given'}; {column.name} may be a channel number)" if table.conventional else ""
    msg = (
        f"{table.path}: column {column.name!r}: its unit cannot be decided{why};"
        " name an energy column and state its unit (energy_unit='keV' or 'eV'; --energy-unit)"
    )
    raise InputError(msg)
