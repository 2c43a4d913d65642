"""Good time intervals: when the observation's data are valid.

An interval is a row of a table with START and STOP, called GTI, GTI<n> or STDGTI<n> or of class GTI
(HDUCLAS1); both ends belong to it, as in cfitsio's ``gtifilter``. If a file has one such table for each
detector, an event is compared with that of its own:

========  ================================  ======================================================
mission   an event's detector               a table's detector
========  ================================  ======================================================
Chandra   CCD_ID                            keyword CCD_ID, else the number in HDUNAME, else EXTVER
eROSITA   TM_NR                             the number that ends EXTNAME
XMM       CCDNR                             the number that ends EXTNAME
========  ================================  ======================================================
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from report_utils.errors import InputError
from report_utils.events.event_files import Column, RowFilter, Table, fits_tables_of

IN_FILE = "file"
"""Requests the file's own intervals, in place of a path."""
_NAME = re.compile(r"(STD)?GTI(\d*)", re.IGNORECASE)
_DETECTORS = ("CCD_ID", "TM_NR", "CCDNR")
_SECONDS_PER_DAY = 86400.0
_SAME_TIME = 1e-3


@dataclass(frozen=True)
class GoodTimes:
    """Intervals that neither touch nor overlap, in ascending order."""

    start: NDArray[np.float64]  # (n_intervals,) [s]
    stop: NDArray[np.float64]  # (n_intervals,) [s]

    def contains(self, time: NDArray) -> NDArray[np.bool_]:
        """Return which times [s], (n,), lie in an interval; NaN does not."""
        if len(self.start) == 0:
            return np.zeros(len(time), bool)
        last = np.searchsorted(self.start, time, side="right") - 1
        return (last >= 0) & (time <= self.stop[last])


def good_times_filter(source: str, table: Table) -> RowFilter:
    """Return the filter that keeps events within the good times of their own file ("file") or of a path."""
    path = table.path if source == IN_FILE else Path(source)
    tables = interval_tables(path)
    if not tables:
        msg = (
            f"{path}: holds no good time intervals (a table GTI with START and STOP); name a FITS file that has"
            " them (gti=PATH, --gti PATH), or leave them out"
        )
        raise InputError(msg)
    time = table.need("TIME")
    reason = "outside the good time intervals"
    for one in tables:
        _demand_same_clock(one, table)
    detector, numbers = _detectors(tables, table)
    times = [_read_intervals(one) for one in tables]
    if detector is None:
        return RowFilter(reason, (time,), times[0].contains)
    known = dict(zip(numbers, times, strict=True))
    reason += f" of {detector.name} {', '.join(str(number) for number in sorted(known))}"

    def good(time: NDArray, number: NDArray) -> NDArray[np.bool_]:
        inside = np.zeros(len(time), bool)
        for one, intervals in known.items():
            inside |= (number == one) & intervals.contains(time)
        return inside

    return RowFilter(reason, (time, detector), good)


def interval_tables(path: Path) -> list[Table]:
    """Return the tables of good time intervals in a file; none if it is not FITS."""
    return [
        table
        for table in fits_tables_of(path)
        if {"start", "stop"} <= table.names
        and (_NAME.fullmatch(table.name.strip()) or str(table.value("HDUCLAS1")).strip().upper() == "GTI")
    ]


def _detectors(tables: list[Table], events: Table) -> tuple[Column | None, list[int]]:
    """Return the column of the events' detectors and the detector of each table; no column if one table is for all."""
    column = next((found for name in _DETECTORS if (found := events.find(name))), None)
    numbers = [_detector(table, several=len(tables) > 1) for table in tables]
    if len(tables) == 1 and (column is None or numbers[0] is None):
        return None, []
    if column is None or None in numbers or len(set(numbers)) < len(numbers):
        names = ", ".join(f"{table.name} (number {table.number})" for table in tables[:20])
        lacks = "has none of the columns " + ", ".join(_DETECTORS) if column is None else f"has {column.name}"
        msg = (
            f"{tables[0].path}: has {len(tables)} tables of good time intervals ({names}), and it is not clear"
            f" which events each applies to (the event table {lacks}); give one table in a file of its own (gti=PATH)"
        )
        raise InputError(msg)
    return column, numbers


def _detector(table: Table, *, several: bool) -> int | None:
    stated = table.real("CCD_ID")
    if stated is not None:
        return int(stated)
    for name in (table.name, str(table.value("HDUNAME") or "")):
        match = _NAME.fullmatch(name.strip())
        if match and match[2]:
            return int(match[2])
    version = table.real("EXTVER")
    return int(version) if several and version is not None else None


def _demand_same_clock(intervals: Table, events: Table) -> None:
    zero = _clock_zero(events), _clock_zero(intervals)
    if None not in zero and abs(zero[0] - zero[1]) > _SAME_TIME:
        msg = (
            f"{intervals.path}: table {intervals.name}: its times and those of {events.path} do not count from the"
            f" same moment (MJDREF and TIMEZERO differ by {abs(zero[0] - zero[1]):.6g} s); give intervals of this"
            " observation"
        )
        raise InputError(msg)


def _clock_zero(table: Table) -> float | None:
    """Return the moment that times count from [s since MJD 0], or None if the header does not say."""
    whole = table.real("MJDREF")
    if whole is None:
        whole = table.real("MJDREFI")
        whole = None if whole is None else whole + (table.real("MJDREFF") or 0.0)
    return None if whole is None else whole * _SECONDS_PER_DAY + (table.real("TIMEZERO") or 0.0)


def _read_intervals(table: Table) -> GoodTimes:
    columns = table.need("START"), table.need("STOP")
    start, stop = (table.read([column]).values[column.name].astype(np.float64) for column in columns)
    bad = ~(start <= stop) | ~np.isfinite(start) | ~np.isfinite(stop)
    if bad.any():
        row = int(np.argmax(bad))
        msg = (
            f"{table.path}: table {table.name}: row {row + 1}: START {start[row]:.6g} and STOP {stop[row]:.6g} are not"
            " an interval; correct them, or leave the good time intervals out"
        )
        raise InputError(msg)
    return merged(start, stop)


def merged(start: NDArray, stop: NDArray) -> GoodTimes:
    """Return the union of intervals [s], (n,), in any order, overlapping or not."""
    order = np.argsort(start, kind="stable")
    start, reach = start[order], np.maximum.accumulate(stop[order])
    begins = np.concatenate([np.ones(min(1, len(start)), bool), start[1:] > reach[:-1]])
    ends = np.concatenate([begins[1:], np.ones(min(1, len(start)), bool)])
    return GoodTimes(start[begins], reach[ends])
