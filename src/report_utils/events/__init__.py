"""Observations: what an event list is, reading and writing one, and an archive of many.

Importing this package costs no more than NumPy; astropy and pyarrow are loaded by the functions that need
them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from report_utils.events.eventlist import EventList, Source

if TYPE_CHECKING:
    from report_utils.events.archive import Archive, open_archive
    from report_utils.events.archive_writer import ArchiveWriter
    from report_utils.events.catalogue import read_catalogue
    from report_utils.events.export import export_observations, write_sixte
    from report_utils.events.ingest_options import IngestOptions
    from report_utils.events.ingest_run import IngestReport, ingest
    from report_utils.events.inspection import inspect_events
    from report_utils.events.point_sources import mask_point_sources, read_point_sources
    from report_utils.events.reading import load_events, read_events

_HOME = {
    "Archive": "archive",
    "ArchiveWriter": "archive_writer",
    "IngestOptions": "ingest_options",
    "IngestReport": "ingest_run",
    "export_observations": "export",
    "ingest": "ingest_run",
    "inspect_events": "inspection",
    "load_events": "reading",
    "mask_point_sources": "point_sources",
    "open_archive": "archive",
    "read_catalogue": "catalogue",
    "read_events": "reading",
    "read_point_sources": "point_sources",
    "write_sixte": "export",
}

__all__ = [
    "Archive",
    "ArchiveWriter",
    "EventList",
    "IngestOptions",
    "IngestReport",
    "Source",
    "export_observations",
    "ingest",
    "inspect_events",
    "load_events",
    "mask_point_sources",
    "open_archive",
    "read_catalogue",
    "read_events",
    "read_point_sources",
    "write_sixte",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
