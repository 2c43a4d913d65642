"""What one worker of an ingest does: read a few event lists, write them as one part."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from report_utils.errors import InputError
from report_utils.events.archive_writer import pending, settled
from report_utils.events.catalogue import CatalogueRow
from report_utils.events.event_checks import demand_extent
from report_utils.events.eventlist import EventList
from report_utils.events.index import Entry
from report_utils.events.ingest_options import IngestOptions
from report_utils.events.parts import PartWriter
from report_utils.events.point_sources import mask_point_sources, read_point_sources
from report_utils.events.reading import Reading, load_events
from report_utils.events.sky_plane import to_sky
from report_utils.events.thinning import thin, thin_pair
from report_utils.files.input_files import sha256_of
from report_utils.workers.progress import advance


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
    restated : list of str
        Those of the unchanged whose mass or group is another one now.
    failures : list of Failure
    seconds : dict
        Step -> time spent; the digest runs beside the reading, *select* is thinning and taking out the AGN.
    """

    entries: list[Entry] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    restated: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=lambda: {"digest": 0.0, "read": 0.0, "select": 0.0, "write": 0.0})


def ingest_rows(parts: Path, rows: Sequence[CatalogueRow], known: dict[str, Entry]) -> TaskResult:
    """Read the rows' event lists into one part.

    Parameters
    ----------
    parts : Path
        The archive's folder of parts.
    rows : sequence of CatalogueRow
    known : dict
        What the archive holds of these clusters; a row whose files have the same digests is not read again.

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
                advance(size_of(row))
                try:
                    old = known.get(row.cluster_id)
                    if old is not None and _is_unchanged(row, old, result):
                        result.entries.append(_same_events(row, old))
                        result.unchanged.append(row.cluster_id)
                        if _about(result.entries[-1]) != _about(old):
                            result.restated.append(row.cluster_id)
                        continue
                    events, agn_less, provenance = _read(row, digests, result)
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


def size_of(row: CatalogueRow) -> int:
    """Return the bytes of a row's event lists."""
    files = [row.events, *([row.events_agn_less] if row.events_agn_less else [])]
    return sum(file.stat().st_size for file in files if file.exists())


def _reason(row: CatalogueRow, error: Exception) -> str:
    if isinstance(error, InputError):
        return str(error)
    if isinstance(error, MemoryError):
        return f"{row.events}: does not fit into memory; use fewer workers or a larger machine"
    reason = " ".join(str(error).split())[:160]
    return f"{row.events}: cannot be read ({type(error).__name__}: {reason}); please report this file's header"


def _is_unchanged(row: CatalogueRow, old: Entry, result: TaskResult) -> bool:
    if old.recipe != row.options.digest_text(row.point_sources):
        return False
    start = time.perf_counter()
    listed = (sha256_of(row.events), sha256_of(row.events_agn_less) if row.events_agn_less else "")
    result.seconds["digest"] += time.perf_counter() - start
    return listed == (old.source_sha256, old.source_sha256_agn_less)


def _same_events(row: CatalogueRow, old: Entry) -> Entry:
    other = row.events_agn_less.name if row.events_agn_less else ""
    named = {"source_file": row.events.name, "source_file_agn_less": other}
    return replace(old, log10_mass=row.log10_mass, group=row.group, **named)


def _about(entry: Entry) -> tuple[str, str]:
    return repr(entry.log10_mass), entry.group  # as text, for NaN is not itself


def _read(
    row: CatalogueRow, digests: ThreadPoolExecutor, result: TaskResult
) -> tuple[EventList, EventList | None, dict[str, str]]:
    """Return a row's observation, its AGN-less list where there is a way to one, and where they come from."""
    options = row.options
    reading, digest = _read_list(row, row.events, options, digests, result)
    provenance = {"source_file": row.events.name, "source_sha256": digest, "layout": reading.layout.name}
    whole, dropped = reading.events, {"observation": reading.dropped}
    repeated = {"observation": reading.n_repeated}
    other = None
    if row.events_agn_less is not None:
        other, digest = _read_list(row, row.events_agn_less, options, digests, result, beside=reading)
    start = time.perf_counter()
    if other is not None:
        events, agn_less = _thinned(whole, other.events, options)
        repeated["agn_less"] = other.n_repeated
        dropped["agn_less"] = other.dropped | _thinning_of(other.events, agn_less, options)
        provenance |= {
            "source_file_agn_less": other.table.path.name,
            "source_sha256_agn_less": digest,
            "agn_less_from": "a second event list",
        }
    else:
        events, agn_less = _thinned(whole, None, options)
        if row.point_sources is not None:
            sources = read_point_sources(row.point_sources)
            agn_less, masked = mask_point_sources(replace(reading, events=events), sources)
            provenance["agn_less_from"] = f"masking the {len(sources)} positions of {row.point_sources.name}"
            dropped["agn_less"] = {f"within a position of {row.point_sources.name}": masked}
            demand_extent(agn_less, f"{row.events}: with the positions of {row.point_sources.name} masked")
        elif options.agn_source_ids:
            agn_less = events.without_agn()
            ids = ", ".join(map(str, sorted(set(options.agn_source_ids))))
            provenance["agn_less_from"] = f"SRC_ID other than {ids}"
            dropped["agn_less"] = {f"SRC_ID {ids}": len(events) - len(agn_less)}
            demand_extent(agn_less, f"{row.events}: without AGN")
    dropped["observation"] = dropped["observation"] | _thinning_of(whole, events, options)
    if len(events) < len(whole):
        demand_extent(events, f"{row.events}: thinned to {len(events)} events")
    result.seconds["select"] += time.perf_counter() - start
    provenance |= {"recipe": options.digest_text(row.point_sources), "dropped": json.dumps(dropped)}
    kept = {name: count for name, count in repeated.items() if count}
    return events, agn_less, {**provenance, "repeated": json.dumps(kept)}


def _thinned(
    events: EventList, agn_less: EventList | None, options: IngestOptions
) -> tuple[EventList, EventList | None]:
    if options.max_events is None:
        return events, agn_less
    if agn_less is None:
        return thin(events, options.max_events, options.thin_seed), None
    return thin_pair(events, agn_less, options.max_events, options.thin_seed)


def _thinning_of(whole: EventList, thinned: EventList, options: IngestOptions) -> dict[str, int]:
    if len(thinned) == len(whole):
        return {}
    return {f"thinned to {options.max_events} events (seed {options.thin_seed})": len(whole) - len(thinned)}


def _read_list(
    row: CatalogueRow,
    path: Path,
    options: IngestOptions,
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
    region_xy = None
    if beside is not None:
        options, region_xy = _same_region(options.with_changes(agn_source_ids=()), beside)
    about = {"cluster_id": row.cluster_id, "log10_mass": row.log10_mass, "group": row.group}
    reading = load_events(path, options, region_xy=region_xy, **about)
    if region_xy is not None and reading.frame is not None:
        msg = (
            f"{path}: the region of {beside.table.path} cannot be cut out of it, for that file does not say where on"
            " the sky its pixels lie (TCTYP, TCRVL, TCRPX, TCDLT); give both lists on the same axes"
        )
        raise InputError(msg)
    result.seconds["read"] += time.perf_counter() - start
    return reading, future.result()


def _same_region(options: IngestOptions, first: Reading) -> tuple[IngestOptions, tuple[float, float] | None]:
    """Return how the circle that was cut out of the observation is cut out of its AGN-less list.

    A circle about the AGN-less list's own events would differ, because AGN move the centre. It is carried
    over by its place on the sky, or, where nothing tells that, by its place on the axes that both lists share.
    """
    if options.region_centre is not None or first.region_xy is None:
        return options, None
    if first.frame is None:
        return options, first.region_xy
    (x_sign, y_sign), (x, y) = first.frame.signs, first.region_xy
    ra, dec = to_sky(x_sign * x, y_sign * y, first.frame.centre)
    return options.with_changes(region_centre=(float(ra), float(dec))), None
