"""Which columns of an event table are position and energy, and in which units.

===========================  ==============================================================================
position                     ``x, y`` (sky pixels) for Chandra; else ``RA, DEC``; else ``X, Y``
energy                       ``ENERGY``, else ``SIGNAL`` (SIXTE), else ``PI``, else ``PHA``; its unit is decided in
                             :mod:`report_utils.events.energies`
===========================  ==============================================================================

RA and DEC are in degrees unless their TUNIT names another angle. X and Y are pixels of the size that the header gives
(:func:`axis_of`), or lengths on the plane if their TUNIT is an angle. For eROSITA the mission decides rather than
TUNIT, which is wrong in real files.

A table that is not FITS follows no convention: the user or the column's name states the energy unit (``energy_kev``,
``Energy [eV]``); ``ra`` and ``dec`` are degrees; ``x_arcsec`` and ``y_arcsec`` are what they say.

Positions keep the file's own axes. From sky pixels, x grows with the file's x and y with its y: the sign of TCDLT is
not applied, so x grows westwards in Chandra lists. From RA and DEC, x grows with RA (eastwards) and y with DEC.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from report_utils.errors import InputError, printable
from report_utils.events.energies import Energies, decide_energies
from report_utils.events.event_files import Column, Table
from report_utils.events.ingest_options import IngestOptions
from report_utils.events.missions import SKY_PIXELS, degrees_of, mission, table_kind

_RA = re.compile(r"(ra|alpha)([^a-z].*|j2000.*|deg)?", re.IGNORECASE)
_DEC = re.compile(r"(de|dec|delta)([^a-z].*|j2000.*|deg)?", re.IGNORECASE)
_CELESTIAL = ("RA--", "DEC-")
_OPTIONS = "--x X --y Y [--pixel-arcsec SIZE] --energy E --energy-unit keV|eV"
_STATE_SIZE = "state the pixel size (pixel_arcsec, --pixel-arcsec)"


@dataclass(frozen=True)
class Axis:
    """The sky axis of a column of pixels.

    Parameters
    ----------
    keyword : str
        Of the step, for messages: TCDLTn or REFXCDLT.
    kind : str
        For example "RA---TAN", or "".
    pixel, value : float or None
        The reference pixel and its coordinate [deg]; no coordinate if the axis is in another unit.
    step : float or None
        Of one pixel [deg]; None if the header does not say.
    fault : str
        Why the header's step is not used, or "".
    note : str
        How an odd unit was read, or "".
    """

    keyword: str
    kind: str
    pixel: float | None
    value: float | None
    step: float | None
    fault: str = ""
    note: str = ""


@dataclass(frozen=True)
class Layout:
    """How a table is read.

    Parameters
    ----------
    kind : str
        What the table was recognised as.
    x, y : Column
    energies : Energies
    scale : (x, y)
        Size of one unit: [deg] if x, y are RA, DEC, else [arcsec].
    axes : (x, y), or None if x, y are RA, DEC
    position : str
        How the positions were decided.
    """

    kind: str
    x: Column
    y: Column
    energies: Energies
    scale: tuple[float, float]
    axes: tuple[Axis, Axis] | None
    position: str

    @property
    def name(self) -> str:
        """What the table was recognised as, for messages and for the archive's index, where a guess shows too."""
        energies = self.energies
        return self.kind + (f" ({energies.column.name} taken for {energies.unit})" if energies.is_guess else "")

    @property
    def is_sky(self) -> bool:
        """Whether x, y are RA, DEC."""
        return self.axes is None

    @property
    def reasons(self) -> tuple[str, str]:
        """How position and energy were decided."""
        return self.position, str(self.energies)


def decide_layout(table: Table, options: IngestOptions) -> Layout:
    """Decide which columns are position and energy, and their units."""
    is_stated = options.x is not None
    if is_stated:
        x, y = table.need(options.x), table.need(options.y)
        is_sky = options.pixel_arcsec is None and bool(_RA.fullmatch(x.name) and _DEC.fullmatch(y.name))
    else:
        x, y, is_sky = _position_columns(table)
    if is_sky:
        axes, scale = None, tuple(_degrees(table, column, is_stated=is_stated) for column in (x, y))
        sizes = " and ".join(f"{size:.6g}" for size in dict.fromkeys(scale))
        unit = "deg" if set(scale) == {1.0} else f"units of {sizes} deg, as TUNIT says"
        why = f"position: {x.name}, {y.name} [{unit}]{', as stated' if is_stated else ' by name'}"
    else:
        axes = axis_of(table, x), axis_of(table, y)
        scale, how = _pixel_sizes(table, (x, y), axes, options)
        why = f"position: {x.name}, {y.name} in pixels of {scale[0]:.6g} arcsec ({how})"
    energies = decide_energies(table, options)
    if len({x, y, energies.column}) < 3:
        msg = f"{table.path}: one column cannot serve twice; name different columns for x, y and energy"
        raise InputError(msg)
    for column in (x, y, energies.column):
        if column.dtype is not None and column.n_values != 1:
            msg = (
                f"{table.path}: column {column.name!r} has the format {column.form!r}, several values an event; name"
                " another"
            )
            raise InputError(msg)
    return Layout(table_kind(table), x, y, energies, scale, axes, why)


def _position_columns(table: Table) -> tuple[Column, Column, bool]:
    """Return the columns that names and mission decide, and whether they are RA and DEC."""
    ra, dec = table.find("ra", ("deg",)), table.find("dec", ("deg",))
    x, y = table.find("x", ("arcsec",)), table.find("y", ("arcsec",))
    is_chandra = mission(table) == "chandra"
    if ra and dec and not (is_chandra and x and y):
        return ra, dec, True
    if not (x and y):
        missing = "'x'/'y'" if is_chandra else "'RA'/'DEC' or 'X'/'Y'"
        msg = (
            f"{table.path}: table {table.name}: there is no column {missing} for positions; it has"
            f" {table.shown_names}; name those to use ({_OPTIONS})"
        )
        raise InputError(msg)
    return x, y, False


def _position_unit(table: Table, column: Column) -> str:
    """Return TUNIT, or "" for a mission whose files have wrong ones."""
    return "" if mission(table) == "erosita" else table.unit_of(column)


def _degrees(table: Table, column: Column, *, is_stated: bool) -> float:
    """Return the degrees in a unit of RA or DEC; naming both columns states that they are degrees."""
    text = _position_unit(table, column)
    size = degrees_of(text) if text else 1.0
    if size is None and not is_stated:
        msg = (
            f"{table.path}: column {column.name!r}: TUNIT is {printable(text)!r}, not an angle; correct the"
            " header, or state that both are degrees by naming them (--x RA --y DEC), or name other columns"
        )
        raise InputError(msg)
    return size or 1.0


def _pixel_sizes(
    table: Table, columns: tuple[Column, Column], axes: tuple[Axis, Axis], options: IngestOptions
) -> tuple[tuple[float, float], str]:
    """Return the size of a pixel in x and y [arcsec], and how it was decided."""
    if options.pixel_arcsec is not None:
        return (options.pixel_arcsec, options.pixel_arcsec), "as stated"
    if all(column.plain_name.endswith("_arcsec") for column in columns):
        return (1.0, 1.0), "as their names say"
    where = f"{table.path}: column {columns[0].name!r}"
    for column, axis in zip(columns, axes, strict=True):
        if axis.fault:
            msg = f"{table.path}: column {column.name!r}: {axis.fault}; correct the header, or {_STATE_SIZE}"
            raise InputError(msg)
    texts = [_position_unit(table, column) for column in columns]
    units = [degrees_of(text) if text else None for text in texts]
    if None not in (axes[0].step, axes[1].step):
        sizes = tuple(abs(axis.step) * 3600.0 for axis in axes)
        if not all(1e-4 < size < 3600 for size in sizes):
            msg = (
                f"{where}: {axes[0].keyword} gives pixels of {sizes[0]:g} x {sizes[1]:g} arcsec, which no sky image"
                f" has; {_STATE_SIZE}"
            )
            raise InputError(msg)
        for column, size, unit in zip(columns, sizes, units, strict=True):
            if unit is not None and abs(unit * 3600.0 / size - 1) > 0.01:
                msg = (
                    f"{table.path}: column {column.name!r}: TUNIT makes it {unit * 3600.0:g} arcsec, and"
                    f" {axes[0].keyword} {size:g} arcsec; {_STATE_SIZE}"
                )
                raise InputError(msg)
        notes = [axis.note for axis in axes if axis.note][:1]
        return sizes, ", ".join([axes[0].keyword.rstrip("0123456789"), *notes])
    if None not in units:
        return (units[0] * 3600.0, units[1] * 3600.0), "as TUNIT says"
    size = SKY_PIXELS.get(mission(table))
    if size is not None:
        return (size, size), f"mission {mission(table)}"
    why = " (no TCDLT)" if table.is_fits else ""
    msg = f"{where}: its unit cannot be decided{why}; {_STATE_SIZE}"
    raise InputError(msg)


def axis_of(table: Table, column: Column) -> Axis:
    """Return the sky axis of a column.

    FITS gives it by ``TCTYPn``, ``TCRPXn``, ``TCRVLn``, ``TCDLTn`` and ``TCUNIn`` (FITS standard 4.0, table 22). XMM's
    EPIC lists give those of X and Y by ``REFXCTYP``, ``REFXCRPX``, ... and ``REFYCTYP``, ..., in the table's header
    or in the file's first one.
    """
    axis = _axis(table, "TC{}" + str(column.number))
    if column.name.upper() not in ("X", "Y"):
        return axis
    other = _axis(table, f"REF{column.name.upper()}C{{}}")
    if axis.step is None and not axis.fault:
        return axis if other.step is None and not other.fault else other
    if None not in (axis.step, other.step) and abs(abs(axis.step) - abs(other.step)) > 0.01 * abs(axis.step):
        fault = f"{axis.keyword} and {other.keyword} give pixels of {axis.step:g} and {other.step:g} deg"
        return replace(axis, step=None, fault=fault)
    return axis


def _axis(table: Table, pattern: str) -> Axis:
    """Return the axis that one family of keywords gives; ``pattern`` has a place for RPX, RVL, DLT, TYP and UNI."""
    where = {"or_of_file": pattern.startswith("REF")}
    pixel, value, step = (table.real(pattern.format(word), **where) for word in ("RPX", "RVL", "DLT"))
    kind, unit = (str(table.value(pattern.format(word), **where) or "").strip() for word in ("TYP", "UNI"))
    kind, keyword = kind.upper(), pattern.format("DLT")
    degrees, fault, note = degrees_of(unit) if unit else 1.0, "", ""
    if degrees is None and kind.startswith(_CELESTIAL):
        # Celestial axes are in degrees by the standard (FITS standard 4.0, section 8.3), whatever the header says.
        degrees, note = 1.0, f"in deg as {kind} is, for {pattern.format('UNI')} is {printable(unit)!r}"
    if degrees != 1.0:
        value = None  # the coordinate may be in degrees all the same; it is not guessed
    if step is None:
        given = table.value(keyword, **where)
        fault = "" if given is None else f"{keyword} is {printable(str(given))!r} and not a number"
    elif degrees is None:
        fault = f"{keyword} is {step:g}, but {pattern.format('UNI')} is {printable(unit)!r}, not an angle"
        step = None
    else:
        step *= degrees
    return Axis(keyword, kind, pixel, value, step, fault, note)
