"""Which rows no image can be made of, and what is said of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from report_utils.errors import InputError
from report_utils.events.column_mapping import Layout
from report_utils.events.eventlist import EventList
from report_utils.events.repeats import REASON as REPEATED
from report_utils.events.rows import Rows

MAX_ENERGY = 1e4
"""[keV] Above this a value is no X-ray energy."""


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


def energy_faults(energy: NDArray, layout: Layout) -> dict[str, NDArray]:
    """Return reason -> (n,) bool, for the reasons that apply to some of the energies [keV]."""
    if energy.min() >= 0 and energy.max() <= MAX_ENERGY:  # false if any value is NaN
        return {}
    name = layout.energy.name
    faults = {
        f"column {name!r} is not a finite number": ~np.isfinite(energy),
        f"column {name!r} is negative": np.isfinite(energy) & (energy < 0),
        f"column {name!r} is above {MAX_ENERGY:.0f} keV": np.isfinite(energy) & (energy > MAX_ENERGY),
    }
    return {reason: rows for reason, rows in faults.items() if rows.any()}


def left_out(
    events: EventList,
    faults: dict[str, NDArray],
    repeated: NDArray[np.bool_] | None,
    dropped: dict[str, int],
    *,
    drop_repeated: bool,
) -> tuple[EventList, int]:
    """Return the events without fault, and how many of them repeat an earlier one and are kept.

    Parameters
    ----------
    events : EventList
    faults : dict of (n_events,) bool
    repeated : (n_events,) bool, or None where no event does
    dropped : dict
        It is added to: an event that is left out is counted for the first reason that applies.
    drop_repeated : bool
    """
    reasons = dict(faults)
    if drop_repeated and repeated is not None:
        reasons[REPEATED] = repeated
    if not reasons:
        return events, 0 if repeated is None else int(np.count_nonzero(repeated))
    keep = np.ones(len(events), bool)
    for reason, bad in reasons.items():
        count = int(np.count_nonzero(bad & keep))
        keep &= ~bad
        if count:
            dropped[reason] = count
    return events.select(keep), 0 if repeated is None else int(np.count_nonzero(repeated & keep))


def refusal(faults: dict[str, NDArray], rows: Rows, path: Path) -> InputError:
    """Return the message that names the first row that cannot be used."""
    reason, bad = min(faults.items(), key=lambda fault: int(np.argmax(fault[1])))
    more = f"{int(bad.sum())} such rows of {rows.n_rows}"
    return InputError(
        f"{path}: row {rows.number_of(int(np.argmax(bad)))}: {reason} ({more}); correct them, or leave them out and"
        " count them (invalid='drop', --drop-invalid)"
    )


def demand_some(n_left: int, n_rows: int, dropped: dict[str, int], path: Path) -> None:
    """Refuse an observation of which nothing is left."""
    if n_left == 0:
        reasons = ", ".join(f"{count}: {reason}" for reason, count in dropped.items())
        msg = (
            f"{path}: no events are left of {n_rows} rows ({reasons}); leave this observation out, or loosen what"
            " drops its events"
        )
        raise InputError(msg)
