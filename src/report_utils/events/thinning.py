"""Keeping at most a given number of an observation's events, drawn at random, to measure what photons are worth.

Earlier work on these data thins its observations in this way. A seed and the cluster's name alone decide the draw, so
that it is the same in any order and on any number of processes, and the events of a smaller draw are a subset of those
of a larger one: two thinnings of a cluster differ only in their number of photons.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from report_utils.errors import InputError
from report_utils.events.eventlist import EventList


def thin(events: EventList, max_events: int, seed: int) -> EventList:
    """Return at most ``max_events`` of the events, drawn without replacement, in their own order.

    The seed and the cluster's name decide which.

    Raises
    ------
    InputError
        If fewer than one event is requested, or the seed is negative.
    """
    check_thinning(max_events, seed)
    return events if len(events) <= max_events else events.select(_drawn(events, max_events, seed, "observation"))


def thin_pair(events: EventList, agn_less: EventList, max_events: int, seed: int) -> tuple[EventList, EventList]:
    """Thin an observation to ``max_events``, and its AGN-less list with it; return both.

    If the AGN-less list is the observation without its labelled AGN, it is taken from the thinned observation. A
    separate list (a second observation, or one with positions masked) loses the same fraction of its events.
    """
    check_thinning(max_events, seed)
    if len(events) <= max_events or len(agn_less) == 0:
        return thin(events, max_events, seed), agn_less
    thinned = thin(events, max_events, seed)
    if events.source is not None and _same(events.without_agn(), agn_less):
        return thinned, thinned.without_agn()
    kept = max(1, round(len(agn_less) * len(thinned) / len(events)))
    return thinned, agn_less.select(_drawn(agn_less, kept, seed, "agn_less"))


def check_thinning(max_events: int, seed: int) -> None:
    """Refuse a number or a seed that makes no sense."""
    if max_events < 1:
        msg = f"max_events={max_events!r} leaves no events; give 1 or more"
        raise InputError(msg)
    if seed < 0:
        msg = f"thin_seed={seed!r} is not a seed; give 0 or more"
        raise InputError(msg)


def _drawn(events: EventList, n_kept: int, seed: int, stream: str) -> NDArray[np.intp]:
    """Return the indices of the kept events, ascending: each event draws a number, and the smallest are kept."""
    name = hashlib.sha256(f"{stream}\x1f{events.cluster_id}".encode()).digest()
    numbers = np.random.default_rng([seed, int.from_bytes(name[:16])]).random(len(events))
    return np.sort(np.argpartition(numbers, n_kept - 1)[:n_kept])


def _same(a: EventList, b: EventList) -> bool:
    return len(a) == len(b) and all(np.array_equal(getattr(a, name), getattr(b, name)) for name in ("x", "y", "energy"))
