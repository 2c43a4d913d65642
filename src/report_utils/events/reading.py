"""Reading one FITS event list."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from report_utils.errors import InputError
from report_utils.events.eventlist import EventList, Source
from report_utils.events.headers import read_tables
from report_utils.events.layouts import Layout, choose_table, decide_layout, need, settle_unit
from report_utils.events.positions import place
from report_utils.events.request import Request
from report_utils.events.table import FitsTable

MAX_ENERGY = 1e4
"""[keV] Above this a value is no X-ray energy."""
_SAMPLE = 100_000

Invalid = Literal["error", "drop"]


@dataclass(frozen=True)
class Reading:
    """An event list with what reading it found.

    Parameters
    ----------
    events : EventList
    table : FitsTable
        The table that was read.
    layout : Layout
    n_rows : int
        Rows in the file.
    dropped : dict
        Reason -> number of rows that were left out (always empty with ``invalid="error"``).
    centre : (ra, dec) [deg], or None where positions are pixels
    """

    events: EventList
    table: FitsTable
    layout: Layout
    n_rows: int
    dropped: dict[str, int] = field(default_factory=dict)
    centre: tuple[float, float] | None = None


def read_events(
    path: str | Path,
    *,
    x: str | None = None,
    y: str | None = None,
    energy: str | None = None,
    energy_unit: str | None = None,
    pixel_arcsec: float | None = None,
    table: str | int | None = None,
    agn_source_ids: Collection[int] = (),
    invalid: Invalid = "error",
    cluster_id: str = "",
    log10_mass: float = float("nan"),
    group: str = "",
) -> EventList:
    """Read a FITS event list: Chandra level 2, SIXTE, eROSITA, or a SIXTE, SIMPUT or PHOX photon list.

    Column names and the mission decide what is position and energy (:mod:`report_utils.events.layouts`).
    Nothing valid is dropped, and the file's own precision is kept.

    Parameters
    ----------
    path : path
        May be gzipped.
    x, y, energy, energy_unit, pixel_arcsec, table
        Stated by the user where names do not decide (:class:`report_utils.events.request.Request`).
    agn_source_ids : collection of int
        The values of SRC_ID that are AGN. Only then are events labelled: these as AGN, -1 as background, the
        rest as gas. SRC_ID alone does not say what is an AGN.
    invalid : "error" or "drop"
        What becomes of rows that cannot be used: NaN or negative energies (eROSITA's secondary pixels), no
        position.
    cluster_id, log10_mass, group
        Handed on to the event list.

    Returns
    -------
    EventList
        x, y [arcsec], on the file's own axes: from sky pixels relative to the reference pixel; from RA and
        DEC on the plane that touches the sky at the pointing (RA_PNT, DEC_PNT), or at the events' centre
        where the file gives no pointing near them; energy [keV].

    Raises
    ------
    InputError
        If the file cannot be read rightly; the message names file, row (from 1) and column.
    """
    request = Request(x=x, y=y, energy=energy, energy_unit=energy_unit, pixel_arcsec=pixel_arcsec, table=table)
    reading = load_events(path, request=request, agn_source_ids=agn_source_ids, invalid=invalid)
    columns = reading.events.columns()
    return EventList(**columns, cluster_id=cluster_id, log10_mass=log10_mass, group=group)


def load_events(
    path: str | Path,
    *,
    request: Request = Request(),  # noqa: B008 (frozen)
    agn_source_ids: Collection[int] = (),
    invalid: Invalid = "error",
) -> Reading:
    """Read an event list as :func:`read_events` does, and say what was found and dropped."""
    if invalid not in ("error", "drop"):
        msg = f"invalid={invalid!r} is not known; use 'error' or 'drop'"
        raise InputError(msg)
    path = Path(path)
    until = "EVENTS" if request.table is None else None
    found = choose_table(read_tables(path, until=until), request)
    layout = decide_layout(found, request)
    if found.n_rows == 0:
        msg = f"{path}: table {found.name} has no rows, so no events; leave this observation out"
        raise InputError(msg)
    wanted = [layout.x, layout.y, layout.energy]
    if agn_source_ids:
        wanted.append(need(found, "SRC_ID"))
    if len({column.number for column in wanted}) < len(wanted):
        msg = f"{path}: one column cannot serve twice; name different columns for x, y and energy"
        raise InputError(msg)
    values = found.read(wanted)
    energy_values = values.pop(layout.energy.name)
    layout = settle_unit(layout, _median(energy_values), path)
    energy = _energy_kev(energy_values, layout)
    del energy_values
    source = _labels(values.pop(wanted[3].name), agn_source_ids) if agn_source_ids else None
    positions = place(values.pop(layout.x.name), values.pop(layout.y.name), layout, found)
    faults = {**_energy_faults(energy, layout), **positions.faults}
    dropped = _handle(faults, path, invalid, found.n_rows)
    events = EventList(positions.x, positions.y, energy, source)
    if dropped:
        events = events.select(~np.logical_or.reduce(list(faults.values())))
    check_usable(events, path)
    return Reading(events, found, layout, found.n_rows, dropped, positions.centre)


def check_usable(events: EventList, where: object) -> None:
    """Refuse an observation that no image can be made of.

    Parameters
    ----------
    events : EventList
    where : path or str
        What the message begins with.

    Raises
    ------
    InputError
        If there are no events, a value is not finite, an energy is negative, or x or y is the same for all
        events.
    """
    if len(events) == 0:
        msg = f"{where}: there are no events; leave this observation out"
        raise InputError(msg)
    for name in ("x", "y", "energy"):
        column = getattr(events, name)
        low, high = column.min(), column.max()
        bad = None
        if not (np.isfinite(low) and np.isfinite(high)):
            bad, what = ~np.isfinite(column), "not a finite number"
        elif name == "energy" and low < 0:
            bad, what = column < 0, "negative"
        elif name != "energy" and low == high:
            both = events.x.min() == events.x.max() and events.y.min() == events.y.max()
            where_to = "at one position" if both else f"at one {name}"
            msg = (
                f"{where}: column {name!r}: all {len(events)} events lie {where_to}, so no image can be"
                " made; check the position columns"
            )
            raise InputError(msg)
        if bad is not None:
            row, count = int(np.argmax(bad)) + 1, int(bad.sum())
            msg = f"{where}: row {row}: column {name!r} is {what} ({count} such rows); remove or correct them"
            raise InputError(msg)


def _median(values: NDArray) -> float:
    """Return the median of the values that can be energies, of evenly spaced rows in a long list."""
    sample = values[:: max(1, len(values) // _SAMPLE)]
    sample = sample[np.isfinite(sample) & (sample >= 0)]
    return float(np.median(sample)) if len(sample) else float("nan")


def _energy_kev(values: NDArray, layout: Layout) -> NDArray:
    # Division, not a product with 0.001: 2500 eV must become 2.5 keV exactly, for bands are closed on the
    # right.
    if layout.energy_unit == "eV":
        values = values / 1000.0
    return values.astype(layout.energy.dtype, copy=False)


def _energy_faults(energy: NDArray, layout: Layout) -> dict[str, NDArray]:
    if energy.min() >= 0 and energy.max() <= MAX_ENERGY:  # false if any value is NaN
        return {}
    name = layout.energy.name
    faults = {
        f"column {name!r} is not a finite number": ~np.isfinite(energy),
        f"column {name!r} is negative": np.isfinite(energy) & (energy < 0),
        f"column {name!r} is above {MAX_ENERGY:.0f} keV": np.isfinite(energy) & (energy > MAX_ENERGY),
    }
    return {reason: rows for reason, rows in faults.items() if rows.any()}


def _labels(source_ids: NDArray, agn_source_ids: Collection[int]) -> NDArray[np.int8]:
    labels = np.full(len(source_ids), Source.GAS, np.int8)
    labels[source_ids == -1] = Source.BACKGROUND
    labels[np.isin(source_ids, list(agn_source_ids))] = Source.AGN
    return labels


def _handle(faults: dict[str, NDArray], path: Path, invalid: Invalid, n_rows: int) -> dict[str, int]:
    counts = {reason: int(rows.sum()) for reason, rows in faults.items()}
    if counts and invalid == "error":
        reason, rows = min(faults.items(), key=lambda fault: int(np.argmax(fault[1])))
        more = f"{counts[reason]} such rows of {n_rows}"
        msg = (
            f"{path}: row {int(np.argmax(rows)) + 1}: {reason} ({more}); correct them, or leave them out and"
            " count them (invalid='drop'; report-utils ingest --drop-invalid)"
        )
        raise InputError(msg)
    return counts
