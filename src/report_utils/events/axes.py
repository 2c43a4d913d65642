"""What a header says of the sky axes that two columns are pixels of.

FITS gives a column's axis by ``TCTYPn``, ``TCRPXn``, ``TCRVLn``, ``TCDLTn`` and ``TCUNIn`` (FITS standard 4.0, table
22). XMM's EPIC lists give those of X and Y by ``REFXCTYP``, ``REFXCRPX``, ... and ``REFYCTYP``, ..., in the table's
header or in the file's first one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from report_utils.events.table import Column, Table, as_real, printable
from report_utils.events.units import degrees_of

_CELESTIAL = ("RA--", "DEC-")


@dataclass(frozen=True)
class Axis:
    """The axis of one column of pixels.

    Parameters
    ----------
    keyword : str
        Of the step, for messages: TCDLTn or REFXCDLT.
    kind : str
        For example "RA---TAN", or "".
    pixel, value : float or None
        The reference pixel, and its place [deg]; no place where the axis is in another unit.
    step : float or None
        Of one pixel [deg]; None where the header does not say.
    fault : str
        Why the header's step is not used, or "".
    note : str
        What was made of an odd unit, or "".
    """

    keyword: str
    kind: str
    pixel: float | None
    value: float | None
    step: float | None
    fault: str = ""
    note: str = ""


def axis_of(table: Table, column: Column) -> Axis:
    """Return the axis of a column, by TCDLT and its kind, or else by REFXCDLT and its kind."""
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
    """Return the axis that keywords of one kind give; ``pattern`` has a place for RPX, RVL, DLT, TYP and UNI."""
    say = table.value if pattern.startswith("TC") else table.file_value
    kind = str(say(pattern.format("TYP")) or "").strip().upper()
    pixel, value, step = (as_real(say(pattern.format(word))) for word in ("RPX", "RVL", "DLT"))
    unit = str(say(pattern.format("UNI")) or "").strip()
    degrees, note = degrees_of(unit) if unit else 1.0, ""
    if degrees is None and kind.startswith(_CELESTIAL):
        # Celestial axes are in degrees by the standard (FITS standard 4.0, section 8.3), whatever is written there.
        degrees, note = 1.0, f"in deg as {kind} is, for {pattern.format('UNI')} is {printable(unit)!r}"
    keyword, fault, given = pattern.format("DLT"), "", say(pattern.format("DLT"))
    if step is None and given is not None:
        fault = f"{keyword} is {printable(str(given))!r} and not a number"
    if step is not None and degrees is None:
        fault = f"{keyword} is {step:g}, but {pattern.format('UNI')} is {printable(unit)!r}, which is no angle"
        step = None
    if degrees != 1.0:
        value = None  # whether it is in degrees all the same is not for this code to say
    step = None if step is None else step * (degrees or 1.0)
    return Axis(keyword, kind, pixel, value, step, fault, note)
