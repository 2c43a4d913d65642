"""Which columns of an event table are position and energy, and in which units.

===========================  ==============================================================================
position                     ``x, y`` (sky pixels) for Chandra; else ``RA, DEC``; else ``X, Y``
energy                       ``ENERGY``, else ``SIGNAL`` (SIXTE), else ``PI``, else ``PHA``; its unit is decided in
                             :mod:`report_utils.events.energies`
===========================  ==============================================================================

RA and DEC are in degrees unless their TUNIT names another angle. X and Y are pixels of the size that the header
gives (:mod:`report_utils.events.axes`), or lengths on the plane where their TUNIT is an angle. For eROSITA the mission
decides and TUNIT does not, for real files carry wrong ones.

A table that is not FITS follows no convention: its energy unit is stated by the user, or by the column's name
(``energy_kev``, ``Energy [eV]``); ``ra`` and ``dec`` are degrees; ``x_arcsec`` and ``y_arcsec`` are what they
say.

Positions keep the file's own axes. From sky pixels, x grows with the file's x and y with its y (the sign of
TCDLT is not applied, so in Chandra lists x grows westwards); from RA and DEC, x grows with RA (eastwards) and
y with DEC.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from report_utils.errors import InputError, printable
from report_utils.events.axes import axis_of
from report_utils.events.energies import Energies, decide_energies, settle
from report_utils.events.ingest_options import IngestOptions
from report_utils.events.joined_table import ALL, join
from report_utils.events.missions import SKY_PIXELS, layout_name, mission
from report_utils.events.table import Column, Table, by_name, plain
from report_utils.events.units import degrees_of

_RA = re.compile(r"(ra|alpha)([^a-z].*|j2000.*|deg)?", re.IGNORECASE)
_DEC = re.compile(r"(de|dec|delta)([^a-z].*|j2000.*|deg)?", re.IGNORECASE)
_OPTIONS = "--x X --y Y [--pixel-arcsec SIZE] --energy E --energy-unit keV|eV"


@dataclass(frozen=True)
class Layout:
    """How a table is read.

    Parameters
    ----------
    name : str
    x, y : Column
    energies : Energies
    scale : (x, y)
        Of one unit: [deg] where x, y are RA, DEC, else [arcsec].
    reference : (x, y)
        The pixel that becomes the origin.
    is_sky : bool
        Whether x, y are RA, DEC.
    position : str
        How the positions were decided.
    """

    name: str
    x: Column
    y: Column
    energies: Energies
    scale: tuple[float, float]
    reference: tuple[float, float]
    is_sky: bool
    position: str

    @property
    def energy(self) -> Column:
        """The column of the energies."""
        return self.energies.column

    @property
    def energy_unit(self) -> str:
        """Its unit, or "channel"."""
        return self.energies.unit

    @property
    def reasons(self) -> tuple[str, str]:
        """How position and energy were decided."""
        return self.position, str(self.energies)


def choose_table(tables: list[Table], options: IngestOptions) -> Table:
    """Return the table of events: the one asked for, else EVENTS, else the first with position and energy.

    Raises
    ------
    InputError
        If there is none.
    """
    path = tables[0].path
    names = ", ".join(f"{printable(table.name)} (number {table.number})" for table in tables[:20])
    if options.table is not None:
        wanted = str(options.table).strip().lower()
        numbered = [table for table in tables if wanted == str(table.number)]
        found = [table for table in tables if wanted == table.name.strip().lower()]
        if found or numbered:
            return numbered[0] if numbered else _only_one(found)
        if wanted == ALL:
            return join([table for table in tables if _is_events(table) and table.n_rows], path)
        msg = f"{path}: has no table {options.table!r}; it holds {names}"
        raise InputError(msg)
    found = [table for table in tables if _is_events(table)]
    if found:
        return _only_one(found)
    for table in tables:
        names_here = set(table.columns)
        if names_here & {"energy", "signal", "pi", "pha"} and ({"ra", "dec"} <= names_here or {"x", "y"} <= names_here):
            return table
    if len(tables) == 1:
        return tables[0]
    msg = f"{path}: no table is called EVENTS or holds positions and energies; name one of {names} (table=..., --table)"
    raise InputError(msg)


def _is_events(table: Table) -> bool:
    return table.name.strip().upper() == "EVENTS"


def _only_one(tables: list[Table]) -> Table:
    """Return the table that has rows; of several tables of one name, which is meant is not for this code to say."""
    filled = [table for table in tables if table.n_rows != 0] or tables[:1]
    if len(filled) == 1:
        return filled[0]
    each = ", ".join(f"number {table.number} with {table.n_rows} rows" for table in filled[:20])
    msg = (
        f"{filled[0].path}: holds {len(filled)} tables {printable(filled[0].name)} ({each}); name the one to read"
        f" (table={filled[0].number}, --table {filled[0].number}), or read all of them as one list (table='all',"
        " --table all)"
    )
    raise InputError(msg)


def decide_layout(table: Table, options: IngestOptions = IngestOptions()) -> Layout:  # noqa: B008 (frozen)
    """Decide position and energy columns and their units.

    Raises
    ------
    InputError
        If a column is missing or its unit cannot be decided.
    """
    x, y, scale, reference, is_sky, why = _position(table, options)
    return Layout(layout_name(table), x, y, decide_energies(table, options), scale, reference, is_sky, why)


def settle_unit(layout: Layout, median: float, path: object) -> Layout:
    """Hold the energy unit against the median of the values (:func:`report_utils.events.energies.settle`).

    Raises
    ------
    InputError
        If the values contradict a unit that the user has not stated.
    """
    settled = settle(layout.energies, median, path)
    if settled.unit == layout.energies.unit:
        return layout
    # The name goes into the archive's index: a guess is to be seen there too.
    return replace(layout, name=f"{layout.name} ({settled.column.name} taken for {settled.unit})", energies=settled)


def _position(
    table: Table, options: IngestOptions
) -> tuple[Column, Column, tuple[float, float], tuple[float, float], bool, str]:
    """Return the columns, the size of their unit, the origin, whether they are RA and DEC, and why."""
    if options.x is not None and options.y is not None:
        x, y = table.need(options.x), table.need(options.y)
        if options.pixel_arcsec is None and _RA.fullmatch(x.name) and _DEC.fullmatch(y.name):
            scale = tuple(_degrees(table, column) or 1.0 for column in (x, y))
            return x, y, scale, (0.0, 0.0), True, f"position: {x.name}, {y.name} [{_angle(scale)}], as stated"
    else:
        ra, dec = by_name(table, "ra", ("deg",)), by_name(table, "dec", ("deg",))
        x, y = by_name(table, "x", ("arcsec",)), by_name(table, "y", ("arcsec",))
        if ra and dec and not (mission(table) == "chandra" and x and y):
            scale = tuple(_need_degrees(table, column) for column in (ra, dec))
            return ra, dec, scale, (0.0, 0.0), True, f"position: {ra.name}, {dec.name} [{_angle(scale)}] by name"
        if not (x and y):
            missing = "'x'/'y'" if mission(table) == "chandra" else "'RA'/'DEC' or 'X'/'Y'"
            msg = (
                f"{table.path}: table {table.name}: there is no column {missing} for positions; it has"
                f" {table.column_names}; name those to use ({_OPTIONS})"
            )
            raise InputError(msg)
    scale, why = _pixel_scale(table, x, y, options)
    reference = tuple(axis_of(table, column).pixel or 0.0 for column in (x, y))
    return x, y, scale, reference, False, f"position: {x.name}, {y.name} in pixels of {scale[0]:.6g} arcsec ({why})"


def _angle(scale: tuple[float, ...]) -> str:
    if set(scale) == {1.0}:
        return "deg"
    return f"units of {' and '.join(f'{size:.6g}' for size in dict.fromkeys(scale))} deg, as TUNIT says"


def _unit_of(table: Table, column: Column) -> str:
    """Return TUNIT, or nothing where the mission's files are known to have wrong ones."""
    return "" if mission(table) == "erosita" else str(table.value(f"TUNIT{column.number}") or "").strip()


def _degrees(table: Table, column: Column) -> float | None:
    """Return the degrees of a unit of a column, or None where TUNIT is missing or no angle."""
    text = _unit_of(table, column)
    return degrees_of(text) if text else None


def _need_degrees(table: Table, column: Column) -> float:
    text = _unit_of(table, column)
    size = degrees_of(text) if text else 1.0
    if size is None:
        msg = (
            f"{table.path}: column {column.name!r}: TUNIT is {printable(text)!r}, which is no angle; correct the"
            " header, or state that both are degrees by naming them (--x RA --y DEC), or name other columns"
        )
        raise InputError(msg)
    return size


def _pixel_scale(table: Table, x: Column, y: Column, options: IngestOptions) -> tuple[tuple[float, float], str]:
    if options.pixel_arcsec is not None:
        return (options.pixel_arcsec, options.pixel_arcsec), "as stated"
    if plain(x.name).endswith("_arcsec") and plain(y.name).endswith("_arcsec"):
        return (1.0, 1.0), "as their names say"
    axes = axis_of(table, x), axis_of(table, y)
    units = _degrees(table, x), _degrees(table, y)
    for column, axis in zip((x, y), axes, strict=True):
        if axis.fault:
            msg = (
                f"{table.path}: column {column.name!r}: {axis.fault}; correct the header, or state the pixel size"
                " (pixel_arcsec, --pixel-arcsec)"
            )
            raise InputError(msg)
    if None not in (axes[0].step, axes[1].step):
        scale = tuple(abs(axis.step) * 3600.0 for axis in axes)
        if not all(1e-4 < size < 3600 for size in scale):
            msg = (
                f"{table.path}: column {x.name!r}: {axes[0].keyword} gives pixels of {scale[0]:g} x {scale[1]:g}"
                " arcsec, which no sky image has; state the pixel size (pixel_arcsec, --pixel-arcsec)"
            )
            raise InputError(msg)
        for column, size, unit in zip((x, y), scale, units, strict=True):
            if unit is not None and abs(unit * 3600.0 / size - 1) > 0.01:
                msg = (
                    f"{table.path}: column {column.name!r}: TUNIT makes it {unit * 3600.0:g} arcsec, and"
                    f" {axes[0].keyword} {size:g} arcsec; state the pixel size (pixel_arcsec, --pixel-arcsec)"
                )
                raise InputError(msg)
        notes = [axis.note for axis in axes if axis.note][:1]
        return scale, ", ".join([axes[0].keyword.rstrip("0123456789"), *notes])
    if None not in units:
        return (units[0] * 3600.0, units[1] * 3600.0), "as TUNIT says"
    size = SKY_PIXELS.get(mission(table))
    if size is not None:
        return (size, size), f"mission {mission(table)}"
    why = " (no TCDLT)" if table.conventional else ""
    msg = (
        f"{table.path}: column {x.name!r}: its unit cannot be decided{why}; state the pixel size"
        " (pixel_arcsec, --pixel-arcsec)"
    )
    raise InputError(msg)
