"""Positions: which columns hold them, in which units, and where they lie on the tangent plane.

``x, y`` (sky pixels) hold them for Chandra; else ``RA, DEC``; else ``X, Y``. RA and DEC are in degrees unless their
TUNIT names another angle. X and Y are pixels of the size that the header gives (:func:`axis_of`), or lengths on the
plane if their TUNIT is an angle. For eROSITA the mission decides rather than TUNIT, which is wrong in real files. In a
table that is not FITS, ``ra`` and ``dec`` are degrees; ``x_arcsec`` and ``y_arcsec`` are what they say.

Positions keep the file's own axes. From sky pixels, x grows with the file's x and y with its y: the sign of TCDLT is
not applied, so x grows westwards in Chandra lists. From RA and DEC, x grows with RA (eastwards) and y with DEC.

The projection is gnomonic (Calabretta & Greisen 2002, A&A 395, 1077, section 5.1.3: TAN), written in standard
coordinates about the tangent point: xi to the east, eta to the north.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from report_utils.errors import InputError, printable
from report_utils.events.event_files import Column, Table
from report_utils.events.ingest_options import IngestOptions
from report_utils.events.missions import SKY_PIXELS, degrees_of

ARCSEC_PER_RADIAN = np.degrees(1.0) * 3600.0
BLOCK = 1 << 17
"""Events projected at a time: the temporaries stay in the processor's cache."""
MAX_OFFSET = 20.0
"""[deg] A position further than this from its field's centre is damaged."""
NEAR = 5.0
"""[deg] A pointing closer to the events than this is the tangent point."""
_LARGEST_ANGLES = (720.0, 90.0)
_SAMPLE = 10_000
_RA = re.compile(r"(ra|alpha)([^a-z].*|j2000.*|deg)?", re.IGNORECASE)
_DEC = re.compile(r"(de|dec|delta)([^a-z].*|j2000.*|deg)?", re.IGNORECASE)
_CELESTIAL = ("RA--", "DEC-")
_OPTIONS = "--x X --y Y [--pixel-arcsec SIZE] --energy E --energy-unit keV|eV"
_STATE_SIZE = "state the pixel size (pixel_arcsec, --pixel-arcsec)"


@dataclass(frozen=True)
class Axis:
    """The sky axis of a column of pixels; None for what the header does not say."""

    keyword: str  # of the step, for messages: TCDLTn or REFXCDLT
    kind: str  # for example "RA---TAN", or ""
    pixel: float | None  # the reference pixel
    value: float | None  # its coordinate [deg]; None if the axis is in another unit
    step: float | None  # of one pixel [deg]
    fault: str = ""  # why the header's step is not used
    note: str = ""  # how an odd unit was read


@dataclass(frozen=True)
class SkyFrame:
    """The tangent plane that x and y are measured on."""

    centre: tuple[float, float]  # RA, DEC [deg] where x = y = 0 touches the sky
    signs: tuple[int, int] = (1, 1)  # whether x grows eastwards (+1) or westwards (-1), and y northwards or southwards

    def on_plane(self, ra: NDArray, dec: NDArray) -> tuple[NDArray, NDArray, NDArray]:
        """Return x, y [arcsec] of positions on the sky [deg], and which of them the plane shows at all; (n,) each."""
        x, y, cosine = to_tangent_plane(np.asarray(ra, float), np.asarray(dec, float), self.centre)
        return self.signs[0] * x, self.signs[1] * y, cosine > 0


@dataclass(frozen=True)
class Positions:
    """Positions on the tangent plane."""

    x: NDArray[np.floating]  # (n_rows,) float32 or float64 [arcsec]
    y: NDArray[np.floating]  # the same
    frame: SkyFrame | None  # None if the header does not say where on the sky the pixels lie
    faults: dict[str, NDArray[np.bool_]]  # reason -> (n_rows,): where x and y mean nothing


@dataclass(frozen=True)
class PositionColumns:
    """Which columns hold positions, and in which units."""

    x: Column
    y: Column
    scale: tuple[float, float]  # size of one unit of x and y: [deg] if they are RA, DEC, else [arcsec]
    axes: tuple[Axis, Axis] | None  # None if x, y are RA, DEC
    why: str  # how this was decided

    @property
    def is_sky(self) -> bool:
        """Whether x, y are RA, DEC."""
        return self.axes is None


def decide_positions(table: Table, options: IngestOptions) -> PositionColumns:
    """Decide which columns hold positions, and their units."""
    is_stated = options.x is not None
    if is_stated:
        x, y = table.need(options.x), table.need(options.y)
        is_sky = options.pixel_arcsec is None and bool(_RA.fullmatch(x.name) and _DEC.fullmatch(y.name))
    else:
        x, y, is_sky = _position_columns(table)
    if is_sky:
        scale = tuple(_degrees(table, column, is_stated=is_stated) for column in (x, y))
        sizes = " and ".join(f"{size:.6g}" for size in dict.fromkeys(scale))
        unit = "deg" if set(scale) == {1.0} else f"units of {sizes} deg, as TUNIT says"
        why = f"position: {x.name}, {y.name} [{unit}]{', as stated' if is_stated else ' by name'}"
        return PositionColumns(x, y, scale, None, why)
    axes = axis_of(table, x), axis_of(table, y)
    scale, how = _pixel_sizes(table, (x, y), axes, options)
    why = f"position: {x.name}, {y.name} in pixels of {scale[0]:.6g} arcsec ({how})"
    return PositionColumns(x, y, scale, axes, why)


def _position_columns(table: Table) -> tuple[Column, Column, bool]:
    """Return the columns that names and mission decide, and whether they are RA and DEC."""
    ra, dec = table.find("ra", ("deg",)), table.find("dec", ("deg",))
    x, y = table.find("x", ("arcsec",)), table.find("y", ("arcsec",))
    is_chandra = table.mission == "chandra"
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
    return "" if table.mission == "erosita" else table.unit_of(column)


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
    size = SKY_PIXELS.get(table.mission)
    if size is not None:
        return (size, size), f"mission {table.mission}"
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


def place(first: NDArray, second: NDArray, columns: PositionColumns, table: Table) -> Positions:
    """Put positions, (n_rows,) in units of ``columns.scale``, on the plane; the table's header has the pointing."""
    if columns.is_sky:
        first, second = (
            values if size == 1.0 else np.asarray(values, np.float64) * size
            for values, size in zip((first, second), columns.scale, strict=True)
        )
    faults = _faults(first, second, columns)
    dtype = np.result_type(columns.x.dtype, columns.y.dtype)
    if faults:
        bad = np.logical_or.reduce(list(faults.values()))
        if bad.all():
            return Positions(first.astype(dtype), second.astype(dtype), None, faults)
        # Rows that cannot be used must not move the centre of the others.
        good = int(np.argmin(bad))
        first, second = np.where(bad, first[good], first), np.where(bad, second[good], second)
    if columns.is_sky:
        frame = SkyFrame(_tangent_point(first, second, table))
        if table.value("XYPREC") == "float32":  # our own exporter's mark: rounded back to what it was written from
            dtype = np.dtype(np.float32)
        x, y, cosine = to_tangent_plane(first, second, frame.centre, dtype=dtype)
        far = cosine < np.cos(np.radians(MAX_OFFSET))
    else:
        frame = _frame_of_pixels(table, columns)
        with np.errstate(over="ignore"):
            x, y = (
                ((values - np.float64(axis.pixel or 0.0)) * np.float64(size)).astype(dtype, copy=False)
                for values, axis, size in zip((first, second), columns.axes, columns.scale, strict=True)
            )
        far = _far_from_middle(x) | _far_from_middle(y)
    if far.any():
        faults[f"column {columns.x.name!r} lies more than {MAX_OFFSET:.0f} deg from the field's centre"] = far
    return Positions(x, y, frame, faults)


def _faults(first: NDArray, second: NDArray, columns: PositionColumns) -> dict[str, NDArray]:
    faults = {}
    what = "not an angle on the sky" if columns.is_sky else "not a position"
    for column, given, angle in zip((columns.x, columns.y), (first, second), _LARGEST_ANGLES, strict=True):
        limit = angle if columns.is_sky else np.finfo(np.float32).max
        if -limit <= given.min() and given.max() <= limit:  # false if any value is NaN
            continue
        finite = np.isfinite(given)
        with np.errstate(invalid="ignore"):
            found = {"not a finite number": ~finite, what: finite & (np.abs(given) > limit)}
        faults |= {f"column {column.name!r} is {reason}": rows for reason, rows in found.items() if rows.any()}
    return faults


def _tangent_point(ra: NDArray, dec: NDArray, table: Table) -> tuple[float, float]:
    """Return the pointing if it lies near the events, else the events' centre."""
    step = max(1, len(ra) // _SAMPLE)
    pointing = tuple(table.real(key) for key in ("RA_PNT", "DEC_PNT"))
    if None not in pointing:
        near = sky_centre(ra[::step], dec[::step])
        cosine = to_tangent_plane(np.array(pointing[:1]), np.array(pointing[1:]), near)[2]
        if cosine[0] > np.cos(np.radians(NEAR)):
            return pointing
    return sky_centre(ra, dec)


def _far_from_middle(column: NDArray) -> NDArray:
    limit = MAX_OFFSET * 3600.0
    if column.max() - column.min() <= limit:
        return np.zeros(len(column), bool)
    return np.abs(column - np.median(column)) > limit


def _frame_of_pixels(table: Table, columns: PositionColumns) -> SkyFrame | None:
    """Return the plane of sky pixels, or None if the header does not tell it.

    That takes TCTYP of RA---TAN and DEC--TAN, the reference pixel TCRPX and its coordinate TCRVL, a TCDLT of the size
    that the pixels are read with (or XMM's keywords for these), and no rotation (FITS standard 4.0, section 8.2,
    table 22).
    """
    axes, (x, y) = columns.axes, (columns.x.number, columns.y.number)
    if any(None in (axis.pixel, axis.value, axis.step) for axis in axes):
        return None
    if tuple(axis.kind for axis in axes) != ("RA---TAN", "DEC--TAN"):
        return None
    mixed = [f"{word}{i}_{j}" for word in ("TPC", "TP", "TCD", "TC") for i, j in ((x, y), (y, x))]
    if any(table.real(keyword) for keyword in (f"TCROT{x}", f"TCROT{y}", *mixed)):
        return None
    steps = [axis.step for axis in axes]
    if not np.allclose(np.abs(steps) * 3600.0, columns.scale, rtol=0.01):
        return None
    return SkyFrame((axes[0].value, axes[1].value), (1 if steps[0] > 0 else -1, 1 if steps[1] > 0 else -1))


def sky_centre(ra: NDArray, dec: NDArray) -> tuple[float, float]:
    """Return the direction of the mean unit vector of ``ra, dec``, (n_events,) each: RA in [0, 360) and DEC [deg].

    It has no seam at RA 0 / 360.
    """
    total = np.zeros(3)
    for start in range(0, len(ra), BLOCK):
        alpha = np.radians(ra[start : start + BLOCK], dtype=np.float64)
        delta = np.radians(dec[start : start + BLOCK], dtype=np.float64)
        cos_delta = np.cos(delta)
        total += (cos_delta @ np.cos(alpha), cos_delta @ np.sin(alpha), np.sin(delta).sum())
    x, y, z = total
    return float(np.degrees(np.arctan2(y, x)) % 360.0), float(np.degrees(np.arctan2(z, np.hypot(x, y))))


def to_tangent_plane(
    ra: NDArray, dec: NDArray, centre: tuple[float, float], *, dtype: type = np.float64
) -> tuple[NDArray, NDArray, NDArray]:
    """Project sky positions onto the plane that touches the sphere at ``centre``.

    Parameters
    ----------
    ra, dec : (n_events,) float [deg]
    centre : (ra, dec) [deg]
    dtype : float32 or float64
        Precision of the result; the arithmetic is float64.

    Returns
    -------
    xi, eta : (n_events,) dtype [arcsec]
        Eastwards and northwards.
    cosine : (n_events,) float32
        Cosine of the angle to the tangent point; a position has a projection only if this is positive.
    """
    xi, eta = np.empty(len(ra), dtype), np.empty(len(ra), dtype)
    cosine = np.empty(len(ra), np.float32)
    alpha0, delta0 = np.radians(centre)
    sin0, cos0 = np.sin(delta0), np.cos(delta0)
    for start in range(0, len(ra), BLOCK):
        part = slice(start, start + BLOCK)
        alpha = np.radians(ra[part], dtype=np.float64) - alpha0
        delta = np.radians(dec[part], dtype=np.float64)
        sin_delta, cos_delta = np.sin(delta), np.cos(delta)
        along = cos_delta * np.cos(alpha)
        towards = sin_delta * sin0 + along * cos0
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            scale = ARCSEC_PER_RADIAN / towards
            xi[part] = cos_delta * np.sin(alpha) * scale
            eta[part] = (sin_delta * cos0 - along * sin0) * scale
        cosine[part] = towards
    return xi, eta, cosine


def to_sky(xi: NDArray, eta: NDArray, centre: tuple[float, float]) -> tuple[NDArray, NDArray]:
    """Return RA, DEC [deg], RA in [0, 360), of places on the plane [arcsec]: the inverse of `to_tangent_plane`."""
    alpha0, delta0 = np.radians(centre)
    sin0, cos0 = np.sin(delta0), np.cos(delta0)
    east = np.asarray(xi, np.float64) / ARCSEC_PER_RADIAN
    north = np.asarray(eta, np.float64) / ARCSEC_PER_RADIAN
    forward = cos0 - north * sin0
    ra = np.degrees(alpha0 + np.arctan2(east, forward)) % 360.0
    dec = np.degrees(np.arctan2(sin0 + north * cos0, np.hypot(east, forward)))
    return ra, dec
