"""What one worker of an ingest does: read a few observations and write their lists."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, get_args

from report_utils.errors import InputError
from report_utils.events.archive import ArchivedList, SourceList
from report_utils.events.archive_writer import write_list
from report_utils.events.catalogue import CatalogueRow
from report_utils.events.eventlist import EventList
from report_utils.events.ingest_options import IngestOptions
from report_utils.events.point_sources import mask_point_sources, read_point_sources
from report_utils.events.positions import to_sky
from report_utils.events.reading import Reading, demand_extent, load_events
from report_utils.events.thinning import thin, thin_pair
from report_utils.files.input_files import sha256_of
from report_utils.workers.progress import advance

_THREADS = 4
"""Threads that write lists and take digests beside the reading: most of their time they wait for the disk."""


@dataclass(frozen=True)
class Failure:
    """A row of the catalogue that could not be ingested, and why."""

    row: int
    cluster_id: str
    reason: str


@dataclass
class TaskResult:
    """The results of a few rows, by cluster name."""

    lists: list[ArchivedList] = field(default_factory=list)  # in the archive now, new or there already
    added: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    restated: list[str] = field(default_factory=list)  # those of the unchanged whose mass or group has changed
    failures: list[Failure] = field(default_factory=list)

    def extend(self, other: TaskResult) -> None:
        """Add the results of other rows."""
        for name, found in vars(other).items():
            getattr(self, name).extend(found)


def ingest_rows(archive: Path, rows: Sequence[CatalogueRow], known: dict[str, dict[str, ArchivedList]]) -> TaskResult:
    """Read the rows' event lists and write them into an archive's folder; a row that cannot be read becomes a failure.

    ``known`` is cluster_id -> source -> what the archive holds: a row whose files have the same digests is not read.
    """
    result = TaskResult()
    written: list[ArchivedList | Future[ArchivedList]] = []
    with ThreadPoolExecutor(_THREADS) as threads:
        for row in rows:
            advance(size_of(row))
            old = known.get(row.cluster_id)
            try:
                if old is not None and _is_unchanged(row, old):
                    written += _restated(row, old, result)
                    continue
                prepared = _read_row(row, threads)
            except Exception as error:  # whatever is wrong with one file, the others are read
                result.failures.append(Failure(row.row, row.cluster_id, _reason(row, error)))
                continue
            written += [threads.submit(write_list, archive, events, **about) for events, about in prepared]
            (result.updated if old is not None else result.added).append(row.cluster_id)
    result.lists = [one.result() if isinstance(one, Future) else one for one in written]
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


def _is_unchanged(row: CatalogueRow, old: dict[str, ArchivedList]) -> bool:
    if old["observation"].options != row.options.digest_text(row.point_sources):
        return False
    listed = {"observation": sha256_of(row.events)}
    if row.events_agn_less is not None:
        listed["agn_less"] = sha256_of(row.events_agn_less)
    return listed == {source: one.read_sha256 for source, one in old.items() if one.read_sha256}


def _restated(row: CatalogueRow, old: dict[str, ArchivedList], result: TaskResult) -> list[ArchivedList]:
    """Return the lists that are there already, with the mass, group and files that the row states now."""
    result.unchanged.append(row.cluster_id)
    about = {"log10_mass": row.log10_mass, "group": row.group}
    # as text, for NaN does not equal itself
    if repr(list(about.values())) != repr([old["observation"].log10_mass, old["observation"].group]):
        result.restated.append(row.cluster_id)
    names = {"observation": row.events.name, "agn_less": row.events_agn_less.name if row.events_agn_less else ""}
    return [replace(one, **about, read_file=names[source]) for source, one in old.items()]


def _read_row(row: CatalogueRow, threads: Executor) -> list[tuple[EventList, dict[str, Any]]]:
    """Return a row's observation, and its AGN-less list where there is a way to one, with their rows of the index."""
    options, other = row.options, None
    reading, whole_about = _read_list(row, row.events, options, threads)
    if row.events_agn_less is not None:
        other_options, region_xy = _same_region(options.with_changes(agn_source_ids=()), reading)
        other, about = _read_list(row, row.events_agn_less, other_options, threads, region_xy)
        if region_xy is not None and other.frame is not None:
            msg = (
                f"{row.events_agn_less}: the region of {row.events} cannot be cut out of it, because that file does not"
                " say where on the sky its pixels lie (TCTYP, TCRVL, TCRPX, TCDLT); give both lists on the same axes"
            )
            raise InputError(msg)
    events, agn_less = _thinned(reading.events, other.events if other else None, options)
    if len(events) < len(reading.events):
        demand_extent(events, f"{row.events}: thinned to {len(events)} events")
    prepared = [(events, whole_about, reading.dropped | _thinning_of(reading.events, events, options))]
    if other is not None:
        about["agn_less_by"] = "a second event list"
        prepared.append((agn_less, about, other.dropped | _thinning_of(other.events, agn_less, options)))
    elif row.point_sources is not None:
        sources = read_point_sources(row.point_sources)
        agn_less, masked = mask_point_sources(replace(reading, events=events), sources)
        demand_extent(agn_less, f"{row.events}: with the positions of {row.point_sources.name} masked")
        about = {"agn_less_by": f"masking the {len(sources)} positions of {row.point_sources.name}"}
        prepared.append((agn_less, about, {f"within a position of {row.point_sources.name}": masked}))
    elif options.agn_source_ids:
        agn_less = events.without_agn()
        demand_extent(agn_less, f"{row.events}: without AGN")
        ids = ", ".join(map(str, sorted(set(options.agn_source_ids))))
        about = {"agn_less_by": f"SRC_ID other than {ids}"}
        prepared.append((agn_less, about, {f"SRC_ID {ids}": len(events) - len(agn_less)}))
    whole_about["options"] = options.digest_text(row.point_sources)
    return [
        (events, about | {"source": source, "dropped": json.dumps(dropped)})
        for source, (events, about, dropped) in zip(get_args(SourceList), prepared, strict=False)
    ]


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
    threads: Executor,
    region_xy: tuple[float, float] | None = None,
) -> tuple[Reading, dict[str, Any]]:
    """Read and clean one list; the digest of its file is taken meanwhile."""
    digest = threads.submit(sha256_of, path)
    about = {"cluster_id": row.cluster_id, "log10_mass": row.log10_mass, "group": row.group}
    reading = load_events(path, options, region_xy=region_xy, **about)
    return reading, {
        "read_file": path.name,
        "read_sha256": digest.result(),
        "layout": reading.layout.name,
        "n_repeated": reading.n_repeated,
    }


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
