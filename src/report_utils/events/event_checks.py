"""Which events cannot be used and which repeat an earlier one, and the messages about them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from report_utils.errors import InputError
from report_utils.events.event_files import Rows
from report_utils.events.eventlist import EventList

_MIX = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(29)


def demand_extent(events: EventList, where: object) -> None:
    """Refuse an observation without events, or with all of them at one x or one y: it has no image.

    Parameters
    ----------
    events : EventList
    where : path or str
        What the message begins with.

    Raises
    ------
    InputError
    """
    if len(events) == 0:
        msg = f"{where}: there are no events; leave this observation out"
        raise InputError(msg)
    flat = [name for name in ("x", "y") if np.ptp(getattr(events, name)) == 0]
    if flat:
        place = "at one position" if len(flat) == 2 else f"at one {flat[0]}"
        msg = (
            f"{where}: column {flat[0]!r}: all {len(events)} events lie {place}, so no image can be made; check the"
            " position columns"
        )
        raise InputError(msg)


def refusal(faults: dict[str, NDArray], rows: Rows, path: Path) -> InputError:
    """Return the message that names the first row that cannot be used."""
    reason, bad = min(faults.items(), key=lambda fault: int(np.argmax(fault[1])))
    more = f"{int(bad.sum())} such rows of {rows.n_rows}"
    return InputError(
        f"{path}: row {rows.number_of(int(np.argmax(bad)))}: {reason} ({more}); correct them, or leave them out and"
        " count them (drop_invalid=True, --drop-invalid)"
    )


def rows_to_keep(
    faults: dict[str, NDArray],
    repeated: NDArray[np.bool_] | None,
    dropped: dict[str, int],
    *,
    drop_repeated: bool,
) -> tuple[NDArray[np.bool_] | None, int]:
    """Return which rows are kept (None for all), and how many of these repeat an earlier one.

    Parameters
    ----------
    faults : dict of (n_rows,) bool
    repeated : (n_rows,) bool, or None if no row does
    dropped : dict
        Counts are added to it: a row that is left out counts for the first reason that applies.
    drop_repeated : bool
    """
    reasons = dict(faults)
    if drop_repeated and repeated is not None:
        reasons["repeats an earlier event"] = repeated
    keep = None
    for reason, bad in reasons.items():
        keep = np.ones(len(bad), bool) if keep is None else keep
        count = int(np.count_nonzero(bad & keep))
        keep &= ~bad
        if count:
            dropped[reason] = count
    if repeated is None:
        return keep, 0
    return keep, int(np.count_nonzero(repeated if keep is None else repeated & keep))


def demand_some(n_left: int, n_rows: int, dropped: dict[str, int], path: Path) -> None:
    """Refuse an observation of which no events are left.

    Raises
    ------
    InputError
    """
    if n_left == 0:
        reasons = ", ".join(f"{count}: {reason}" for reason, count in dropped.items())
        msg = (
            f"{path}: no events are left of {n_rows} rows ({reasons}); leave this observation out, or loosen what"
            " drops its events"
        )
        raise InputError(msg)


def repeated_rows(columns: Sequence[NDArray]) -> NDArray[np.bool_] | None:
    """Return which rows repeat an earlier one, as where tiles of the sky overlap, or None if no row does.

    Position and energy must be the same to the last bit, and so must the time if there is one: in whole pixels and
    channels, two photons can well agree in all but that. NaN equals nothing.

    Parameters
    ----------
    columns : sequence of (n_rows,) float32 or float64

    Returns
    -------
    (n_rows,) bool, or None
    """
    # Hashes of 64 bits find the few rows to compare: they sort in a tenth of the time and memory of the rows.
    hashes = _hashes(columns)
    ordered = np.sort(hashes)
    several = ordered[1:][ordered[1:] == ordered[:-1]]
    if len(several) == 0:
        return None
    place = np.minimum(np.searchsorted(several, hashes), len(several) - 1)
    rows = np.flatnonzero(several[place] == hashes)
    rows = rows[np.argsort(hashes[rows], kind="stable")]
    same = np.ones(len(rows) - 1, bool)
    for column in columns:
        values = column[rows]
        same &= values[1:] == values[:-1]
    found = np.zeros(len(hashes), bool)
    found[rows[1:][same]] = True
    return found if found.any() else None


def _hashes(columns: Sequence[NDArray]) -> NDArray[np.uint64]:
    hashes = np.zeros(len(columns[0]), np.uint64)
    for column in columns:
        values = column + column.dtype.type(0)  # -0 is 0
        hashes ^= values.view(np.uint32 if values.itemsize == 4 else np.uint64)
        hashes *= _MIX
        hashes ^= hashes >> _SHIFT
    return hashes
