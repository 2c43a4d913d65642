"""What one worker of an ingest does: read a few event lists, write them as one part."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from report_utils.errors import InputError
from report_utils.events.archive_writer import pending, settled
from report_utils.events.catalogue import CatalogueRow
from report_utils.events.eventlist import EventList
from report_utils.events.files import sha256_of
from report_utils.events.index import Entry
from report_utils.events.parts import PartWriter
from report_utils.events.reading import Invalid, Reading, check_usable, load_events

READER = 1
"""Raised when reading changes its result for a file, so that archives are brought up to date."""


@dataclass(frozen=True)
class Recipe:
    """The options of an ingest that decide what ends up in the archive.

    Parameters
    ----------
    invalid : "error" or "drop"
        What becomes of rows that cannot be used.
    energy_min, energy_max : float, optional [keV]
        Events outside are left out and counted; the limits themselves are kept.
    agn_source_ids : tuple of int
        Values of SRC_ID that are AGN; clusters without an AGN-less list of their own get one by leaving these
        out.
    """

    invalid: Invalid = "error"
    energy_min: float | None = None
    energy_max: float | None = None
    agn_source_ids: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.invalid not in ("error", "drop"):
            msg = f"invalid={self.invalid!r} is not known; use 'error' or 'drop'"
            raise InputError(msg)
        for name in ("energy_min", "energy_max"):
            value = getattr(self, name)
            if value is not None and not (np.isfinite(value) and value >= 0):
                msg = f"{name}={value!r} is no energy; give keV, for example 0.5"
                raise InputError(msg)
        low, high = self.energy_min or 0.0, self.energy_max
        if high is not None and high <= low:
            msg = f"energy_min={low:g} and energy_max={high:g} [keV] leave no events; energy_max must be larger"
            raise InputError(msg)

    @property
    def text(self) -> str:
        """JSON that is the same for the same recipe."""
        return json.dumps({**vars(self), "reader": READER}, sort_keys=True)


@dataclass(frozen=True)
class Failure:
    """A row of the catalogue that could not be ingested, and why."""

    row: int
    cluster_id: str
    reason: str


@dataclass
class TaskResult:
    """What came of a few rows.

    Parameters
    ----------
    entries : list of Entry
        For rows that are in the archive now, new ones and those already there.
    added, updated, unchanged : list of str
        Cluster names.
    failures : list of Failure
    seconds : dict
        Step -> time spent; the digest runs beside the reading.
    """

    entries: list[Entry] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=lambda: {"digest": 0.0, "read": 0.0, "write": 0.0})


def ingest_rows(parts: Path, rows: Sequence[CatalogueRow], known: dict[str, Entry], recipe: Recipe) -> TaskResult:
    """Read the rows' event lists into one part.

    Parameters
    ----------
    parts : Path
        The archive's folder of parts.
    rows : sequence of CatalogueRow
    known : dict
        What the archive holds of these clusters; a row whose files have the same digests is not read again.
    recipe : Recipe

    Returns
    -------
    TaskResult
        A row that cannot be read becomes a failure; the others are kept.
    """
    result = TaskResult()
    writer = PartWriter(parts)
    new = []
    try:
        with ThreadPoolExecutor(1) as digests:
            for row in rows:
                try:
                    old = known.get(row.cluster_id)
                    if old is not None and _is_unchanged(row, old, recipe, result):
                        result.entries.append(_same_events(row, old))
                        result.unchanged.append(row.cluster_id)
                        continue
                    events, agn_less, provenance = _read(row, recipe, digests, result)
                except Exception as error:  # whatever one file does, the others go on
                    result.failures.append(Failure(row.row, row.cluster_id, _reason(row, error)))
                    continue
                start = time.perf_counter()
                new.append(pending(writer, events, agn_less, **provenance))
                result.seconds["write"] += time.perf_counter() - start
                (result.updated if old is not None else result.added).append(row.cluster_id)
        start = time.perf_counter()
        fresh = {entry.cluster_id: entry for entry in (*settled(writer, new), *result.entries)}
        result.seconds["write"] += time.perf_counter() - start
    finally:
        writer.discard()
    result.entries = [fresh[row.cluster_id] for row in rows if row.cluster_id in fresh]
    return result


def _reason(row: CatalogueRow, error: Exception) -> str:
    if isinstance(error, InputError):
        return str(error)
    if isinstance(error, MemoryError):
        return f"{row.events}: does not fit into memory; use fewer workers or a larger machine"
    reason = " ".join(str(error).split())[:160]
    return f"{row.events}: cannot be read ({type(error).__name__}: {reason}); please report this file's header"


def _is_unchanged(row: CatalogueRow, old: Entry, recipe: Recipe, result: TaskResult) -> bool:
    if old.recipe != recipe.text:
        return False
    start = time.perf_counter()
    listed = (sha256_of(row.events), sha256_of(row.events_agn_less) if row.events_agn_less else "")
    result.seconds["digest"] += time.perf_counter() - start
    return listed == (old.source_sha256, old.source_sha256_agn_less)


def _same_events(row: CatalogueRow, old: Entry) -> Entry:
    other = row.events_agn_less.name if row.events_agn_less else ""
    named = {"source_file": row.events.name, "source_file_agn_less": other}
    return replace(old, log10_mass=row.log10_mass, group=row.group, **named)


def _read(
    row: CatalogueRow, recipe: Recipe, digests: ThreadPoolExecutor, result: TaskResult
) -> tuple[EventList, EventList | None, dict[str, str]]:
    reading, events, digest, dropped = _read_list(row, row.events, recipe, digests, result)
    provenance = {
        "source_file": row.events.name,
        "source_sha256": digest,
        "layout": reading.layout.name,
        "recipe": recipe.text,
    }
    all_dropped = {"observation": dropped}
    agn_less = None
    if row.events_agn_less is not None:
        _, agn_less, digest, all_dropped["agn_less"] = _read_list(row, row.events_agn_less, recipe, digests, result)
        provenance |= {
            "source_file_agn_less": row.events_agn_less.name,
            "source_sha256_agn_less": digest,
            "agn_less_from": "a second event list",
        }
    elif recipe.agn_source_ids:
        agn_less = events.without_agn()
        check_usable(agn_less, f"{row.events}: without AGN")
        provenance["agn_less_from"] = f"SRC_ID other than {', '.join(map(str, recipe.agn_source_ids))}"
    return events, agn_less, {**provenance, "dropped": json.dumps(all_dropped)}


def _read_list(
    row: CatalogueRow, path: Path, recipe: Recipe, digests: ThreadPoolExecutor, result: TaskResult
) -> tuple[Reading, EventList, str, dict[str, int]]:
    def timed_digest() -> str:
        start = time.perf_counter()
        digest = sha256_of(path)
        result.seconds["digest"] += time.perf_counter() - start
        return digest

    future = digests.submit(timed_digest)
    start = time.perf_counter()
    ids = recipe.agn_source_ids if path == row.events else ()
    reading = load_events(path, agn_source_ids=ids, invalid=recipe.invalid)
    events, dropped = _cut_energy(reading.events, recipe)
    if dropped:
        check_usable(events, path)
    result.seconds["read"] += time.perf_counter() - start
    about = {"cluster_id": row.cluster_id, "log10_mass": row.log10_mass, "group": row.group}
    return reading, replace(events, **about), future.result(), {**reading.dropped, **dropped}


def _cut_energy(events: EventList, recipe: Recipe) -> tuple[EventList, dict[str, int]]:
    dropped = {}
    keep = np.ones(len(events), bool)
    if recipe.energy_min is not None:
        below = events.energy < recipe.energy_min
        dropped[f"energy below {recipe.energy_min:g} keV"] = int(below.sum())
        keep &= ~below
    if recipe.energy_max is not None:
        above = events.energy > recipe.energy_max
        dropped[f"energy above {recipe.energy_max:g} keV"] = int(above.sum())
        keep &= ~above
    dropped = {reason: count for reason, count in dropped.items() if count}
    return (events.select(keep) if dropped else events), dropped
