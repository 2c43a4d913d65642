"""Which columns of an event table are position and energy, and in which units.

Names and the mission decide; TUNIT does not, for real files carry wrong ones. The order of preference:

===========================  ==============================================================================
position                     ``x, y`` (sky pixels) for Chandra; else ``RA, DEC`` [deg]; else ``X, Y``
energy                       ``ENERGY`` (Chandra eV, others keV), else ``SIGNAL`` (SIXTE, keV), else ``PI``
                             (eROSITA, eV); a median above 50 in a column thought to be in keV can only be eV
===========================  ==============================================================================

Positions keep the file's own axes. From sky pixels, x grows with the file's x and y with its y (the sign of
TCDLT is not applied, so in Chandra lists x grows westwards); from RA and DEC, x grows with RA (eastwards) and
y with DEC.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace

from report_utils.errors import InputError
from report_utils.events.request import Request
from report_utils.events.table import Column, FitsTable

CHANDRA_PIXEL = 0.492
"""Sky pixel of ACIS [arcsec]."""
EROSITA_PIXEL = 0.05
"""Sky pixel of eSASS event lists [arcsec]."""
_ARCSEC_PER = {"": 3600.0, "deg": 3600.0, "degree": 3600.0, "arcmin": 60.0, "arcsec": 1.0}


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
    energy_firm : bool
        Whether the user has stated the unit, so that the values do not overrule it.
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
    energy_firm: bool
    reasons: tuple[str, ...]

    @property
    def is_sky(self) -> bool:
        """Whether positions are RA and DEC."""
        return self.scale is None


def mission(table: FitsTable) -> str:
    """Return the mission: "chandra", "erosita", TELESCOP in lower case, or "" where the file does not say."""
    telescope = table.mission_value("TELESCOP")
    instrument = table.mission_value("INSTRUME")
    if "chandra" in telescope or telescope == "axaf":
        return "chandra"
    if "erosita" in telescope + instrument or (telescope == "srg" and re.match(r"[tf]m\d", instrument)):
        return "erosita"
    return telescope


def choose_table(tables: list[FitsTable], request: Request) -> FitsTable:
    """Return the table of events: the one asked for, else EVENTS, else the first with position and energy.

    Raises
    ------
    InputError
        If there is none.
    """
    path = tables[0].path
    names = ", ".join(f"{table.name} (number {table.number})" for table in tables)
    if request.table is not None:
        wanted = str(request.table).strip().lower()
        for table in tables:
            if wanted in (table.name.lower(), str(table.number)):
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
    msg = f"{path}: no table is called EVENTS or holds positions and energies; name one of {names}"
    raise InputError(msg)


def decide_layout(table: FitsTable, request: Request = Request()) -> Layout:  # noqa: B008 (frozen)
    """Decide position and energy columns and their units.

    Raises
    ------
    InputError
        If a column is missing or its unit cannot be decided.
    """
    x, y, scale, reference, position_reason = _position(table, request)
    energy, unit, energy_reason = _energy(table, request)
    return Layout(
        name=_layout_name(table),
        x=x,
        y=y,
        energy=energy,
        scale=scale,
        reference=reference,
        energy_unit=unit,
        energy_firm=request.energy_unit is not None,
        reasons=(position_reason, energy_reason),
    )


def settle_unit(layout: Layout, median: float, path: object) -> Layout:
    """Hold the energy unit decided from names against the median of the values.

    Raises
    ------
    InputError
        If the values contradict a unit given by the mission.
    """
    name = layout.energy.name
    if layout.energy_firm or not math.isfinite(median):
        return layout
    if layout.energy_unit == "keV" and median > 50:
        reason = f"energy: {name} [eV], for its median of {median:.5g} cannot be keV"
        return replace(layout, energy_unit="eV", reasons=(layout.reasons[0], reason))
    if layout.energy_unit == "eV" and median <= 50:
        msg = (
            f"{path}: column {name!r}: the mission says eV, but a median of {median:.4g} looks like keV;"
            " state the energy unit (energy_unit='keV' or 'eV')"
        )
        raise InputError(msg)
    return layout


def need(table: FitsTable, name: str) -> Column:
    """Return a column, or say which ones there are."""
    column = table.find(name)
    if column is None:
        msg = f"{table.path}: table {table.name}: there is no column {name!r}; it has {table.column_names}"
        raise InputError(msg)
    return column


def _position(
    table: FitsTable, request: Request
) -> tuple[Column, Column, tuple[float, float] | None, tuple[float, float], str]:
    of = mission(table)
    if request.x is not None and request.y is not None:
        x, y = need(table, request.x), need(table, request.y)
        if request.pixel_arcsec is None and x.name.lower().startswith("ra"):
            return x, y, None, (0.0, 0.0), f"position: {x.name}, {y.name} [deg], as stated"
    else:
        x, y = table.find("x"), table.find("y")
        ra, dec = table.find("ra"), table.find("dec")
        if ra and dec and not (of == "chandra" and x and y):
            return ra, dec, None, (0.0, 0.0), f"position: {ra.name}, {dec.name} [deg] by name"
        if not (x and y):
            missing = "'x'/'y'" if of == "chandra" else "'RA'/'DEC' or 'X'/'Y'"
            msg = (
                f"{table.path}: table {table.name}: there is no column {missing} for positions; it has"
                f" {table.column_names}"
            )
            raise InputError(msg)
    scale, why = _pixel_scale(table, x, y, request, of)
    reference = tuple(_real(table, f"TCRPX{column.number}") or 0.0 for column in (x, y))
    return x, y, scale, reference, f"position: {x.name}, {y.name} in pixels of {scale[0]:.6g} arcsec ({why})"


def _pixel_scale(table: FitsTable, x: Column, y: Column, request: Request, of: str) -> tuple[tuple[float, float], str]:
    if request.pixel_arcsec is not None:
        return (request.pixel_arcsec, request.pixel_arcsec), "as stated"
    scale = []
    for column in (x, y):
        step = _real(table, f"TCDLT{column.number}")
        unit = str(table.value(f"TCUNI{column.number}") or "").strip().lower()
        if step is not None and unit in _ARCSEC_PER:
            scale.append(abs(step) * _ARCSEC_PER[unit])
    if len(scale) == 2:
        if not all(1e-4 < size < 3600 for size in scale):
            msg = (
                f"{table.path}: column {x.name!r}: TCDLT gives pixels of {scale[0]:g} x {scale[1]:g} arcsec,"
                " which no sky image has; state the pixel size (pixel_arcsec)"
            )
            raise InputError(msg)
        return (scale[0], scale[1]), "TCDLT"
    for name, size in (("chandra", CHANDRA_PIXEL), ("erosita", EROSITA_PIXEL)):
        if of == name:
            return (size, size), f"mission {name}"
    msg = f"{table.path}: column {x.name!r}: its unit cannot be decided (no TCDLT); state the pixel size (pixel_arcsec)"
    raise InputError(msg)


def _energy(table: FitsTable, request: Request) -> tuple[Column, str, str]:
    of = mission(table)
    if request.energy is not None:
        column = need(table, request.energy)
        if request.energy_unit is not None:
            return column, request.energy_unit, f"energy: {column.name} [{request.energy_unit}], as stated"
    else:
        found = [column for name in ("energy", "signal", "pi") if (column := table.find(name))]
        if not found:
            msg = (
                f"{table.path}: table {table.name}: there is no column 'ENERGY', 'SIGNAL' or 'PI'"
                f" for energies; it has {table.column_names}"
            )
            raise InputError(msg)
        column = found[0]
    if request.energy_unit is not None:
        return column, request.energy_unit, f"energy: {column.name} [{request.energy_unit}], as stated"
    name = column.name.lower()
    if name == "energy":
        unit = "eV" if of == "chandra" else "keV"
        return column, unit, f"energy: {column.name} [{unit}] by name{' and mission' if unit == 'eV' else ''}"
    if name == "signal":
        return column, "keV", f"energy: {column.name} [keV] by name"
    if name == "pi" and of == "erosita":
        return column, "eV", f"energy: {column.name} [eV] by mission"
    msg = (
        f"{table.path}: column {column.name!r}: its unit cannot be decided"
        f" (mission {of or 'not given'}; {column.name} may be a channel number);"
        " name an energy column and state its unit (energy_unit='keV' or 'eV')"
    )
    raise InputError(msg)


def _layout_name(table: FitsTable) -> str:
    has = table.columns.keys()
    of = mission(table)
    if "signal" in has:
        return "SIXTE calorimeter events" if "grading" in has else "SIXTE imaging events"
    if of == "chandra":
        return "Chandra level 2"
    if of == "erosita":
        return "eROSITA events"
    return "photon list" if {"ra", "dec", "energy"} <= has else "event table"


def _real(table: FitsTable, keyword: str) -> float | None:
    value = table.value(keyword)
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    return None
