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
from report_utils.events.cleaning import Cleaning
from report_utils.events.eventlist import EventList
from report_utils.events.files import sha256_of
from report_utils.events.index import Entry
from report_utils.events.parts import PartWriter
from report_utils.events.point_sources import mask_point_sources, read_point_sources
from report_utils.events.projection import to_sky
from report_utils.events.reading import Reading, check_usable, load_events
from report_utils.events.recipe import Recipe
from report_utils.events.thinning import thin, thin_pair


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
        Step -> time spent; the digest runs beside the reading, *select* is thinning and taking out the AGN.
    """

    entries: list[Entry] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=lambda: {"digest": 0.0, "read": 0.0, "select": 0.0, "write": 0.0})


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
    if old.recipe != recipe.text(row):
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
    """Return a row's observation, its AGN-less list where there is a way to one, and where they come from."""
    reading, digest = _read_list(row, row.events, recipe, digests, result)
    provenance = {"source_file": row.events.name, "source_sha256": digest, "layout": reading.layout.name}
    whole, dropped = reading.events, {"observation": reading.dropped}
    other = None
    if row.events_agn_less is not None:
        other, digest = _read_list(row, row.events_agn_less, recipe, digests, result, beside=reading)
    start = time.perf_counter()
    if other is not None:
        events, agn_less = _thinned(whole, other.events, recipe)
        dropped["agn_less"] = other.dropped | _thinning_of(other.events, agn_less, recipe)
        provenance |= {
            "source_file_agn_less": other.table.path.name,
            "source_sha256_agn_less": digest,
            "agn_less_from": "a second event list",
        }
    else:
        events, agn_less = _thinned(whole, None, recipe)
        if row.point_sources is not None:
            sources = read_point_sources(row.point_sources)
            agn_less, masked = mask_point_sources(replace(reading, events=events), sources)
            provenance["agn_less_from"] = f"masking the {len(sources)} positions of {row.point_sources.name}"
            dropped["agn_less"] = {f"within a position of {row.point_sources.name}": masked}
            check_usable(agn_less, f"{row.events}: with the positions of {row.point_sources.name} masked")
        elif recipe.agn_source_ids:
            agn_less = events.without_agn()
            ids = ", ".join(map(str, recipe.agn_source_ids))
            provenance["agn_less_from"] = f"SRC_ID other than {ids}"
            dropped["agn_less"] = {f"SRC_ID {ids}": len(events) - len(agn_less)}
            check_usable(agn_less, f"{row.events}: without AGN")
    dropped["observation"] = dropped["observation"] | _thinning_of(whole, events, recipe)
    if len(events) < len(whole):
        check_usable(events, f"{row.events}: thinned to {len(events)} events")
    result.seconds["select"] += time.perf_counter() - start
    return events, agn_less, {**provenance, "recipe": recipe.text(row), "dropped": json.dumps(dropped)}


def _thinned(events: EventList, agn_less: EventList | None, recipe: Recipe) -> tuple[EventList, EventList | None]:
    if recipe.max_events is None:
        return events, agn_less
    if agn_less is None:
        return thin(events, recipe.max_events, recipe.thin_seed), None
    return thin_pair(events, agn_less, recipe.max_events, recipe.thin_seed)


def _thinning_of(whole: EventList, thinned: EventList, recipe: Recipe) -> dict[str, int]:
    if len(thinned) == len(whole):
        return {}
    return {f"thinned to {recipe.max_events} events (seed {recipe.thin_seed})": len(whole) - len(thinned)}


def _read_list(
    row: CatalogueRow,
    path: Path,
    recipe: Recipe,
    digests: ThreadPoolExecutor,
    result: TaskResult,
    beside: Reading | None = None,
) -> tuple[Reading, str]:
    """Read and clean one list, ``beside`` the cluster's first one; the digest of the file is taken meanwhile."""

    def timed_digest() -> str:
        start = time.perf_counter()
        digest = sha256_of(path)
        result.seconds["digest"] += time.perf_counter() - start
        return digest

    future = digests.submit(timed_digest)
    start = time.perf_counter()
    cleaning, ids = recipe.cleaning_of(row), recipe.agn_source_ids
    if beside is not None:
        cleaning, ids = _same_region(cleaning, beside), ()
    reading = load_events(path, request=row.request, agn_source_ids=ids, invalid=recipe.invalid, cleaning=cleaning)
    about = {"cluster_id": row.cluster_id, "log10_mass": row.log10_mass, "group": row.group}
    reading = replace(reading, events=replace(reading.events, **about))
    result.seconds["read"] += time.perf_counter() - start
    return reading, future.result()


def _same_region(cleaning: Cleaning, first: Reading) -> Cleaning:
    """Cut the AGN-less list to the very circle that was cut out of the observation.

    A circle about the events' own centre is about the median of the events in it, and AGN would move that.
    """
    if cleaning.region_arcsec is None or cleaning.region_centre is not None or first.frame is None:
        return cleaning
    (x_sign, y_sign), events = first.frame.signs, first.events
    ra, dec = to_sky(x_sign * np.median(events.x), y_sign * np.median(events.y), first.frame.centre)
    return replace(cleaning, region_centre=(float(ra), float(dec)))
