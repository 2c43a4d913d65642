"""The catalogue of a user's observations: a CSV or Parquet table of clusters, their masses and event lists."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from report_utils.errors import InputError, printable
from report_utils.events.catalogue_cells import (
    CENTRE_COLUMNS,
    MASS_COLUMNS,
    STATED_COLUMNS,
    FileSearch,
    check_hubble_h,
    log10_mass,
    read_table,
    row_options,
)
from report_utils.events.ingest_options import FILE_COLUMNS, IngestOptions

COLUMNS = ("cluster_id", *MASS_COLUMNS, "group", *FILE_COLUMNS, *STATED_COLUMNS, *CENTRE_COLUMNS)
"""The columns that a catalogue may have; others are ignored."""
_MAX_NAME = 200


@dataclass(frozen=True)
class CatalogueRow:
    """One observation as the catalogue describes it."""

    row: int  # from 1, not counting the header
    cluster_id: str
    log10_mass: float  # log10 of M500c [Msun]; NaN if it is missing and may be
    events: Path
    events_agn_less: Path | None  # the same cluster without its AGN
    group: str  # the halo; empty if not given
    point_sources: Path | None  # positions to mask, which gives the cluster without its AGN
    options: IngestOptions  # what is stated about all rows, overridden by what this row states


class CatalogueError(InputError):
    """A catalogue with faults. The message gives the first and the number of others; ``faults`` has all of them."""

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        more = len(self.faults) - 1
        super().__init__(self.faults[0] + (f" (and {more} more fault{'s' * (more > 1)} in it)" if more else ""))


def read_catalogue(path: str | Path, options: IngestOptions | None = None) -> list[CatalogueRow]:
    """Read and check a catalogue.

    Parameters
    ----------
    path : path
        CSV in UTF-8 or Parquet with cluster_id, a mass (in exactly one of ``log10_mass``, ``mass_msun`` and
        ``mass_msun_h``) and events; further :data:`COLUMNS` are optional. Files are looked up relative to the
        catalogue's folder; a name with ``*``, ``?`` or ``[...]`` must match exactly one.
    options : IngestOptions, optional
        What the user states about all rows.

    Returns
    -------
    list of CatalogueRow
        In the catalogue's order.

    Raises
    ------
    CatalogueError
        With every fault, each naming file, row and column.
    InputError
        If the table itself cannot be read, or the options contradict it.
    """
    path, options = Path(path), options or IngestOptions()
    options.check_files()
    table = read_table(path, COLUMNS)
    reader = _RowReader(path, _mass_column(path, table.header, options), options)
    rows = [reader.read(number, record) for number, record in table.rows]
    if faults := [*table.faults, *reader.faults]:
        raise CatalogueError(faults)
    if not rows:
        msg = f"{path}: has no rows below its header; add one for each observation"
        raise InputError(msg)
    return rows


def unused_columns(path: str | Path) -> tuple[str, ...]:
    """Return the columns of a catalogue that are ignored; one of them may be misspelt."""
    return tuple(name for name in read_table(Path(path), COLUMNS).header if name not in COLUMNS)


def _mass_column(path: Path, header: Sequence[str], options: IngestOptions) -> str | None:
    """Return the column of the masses, or None if it is missing and may be; check that others are there."""
    masses = [name for name in MASS_COLUMNS if name in header]
    needed = [name for name in ("cluster_id", "events") if name not in header and not getattr(options, name, None)]
    if not masses and not options.without_masses:
        needed.append("log10_mass")
    if needed:
        hint = "; a mass may also be one of mass_msun, mass_msun_h" if needed[-1] == "log10_mass" else ""
        msg = (
            f"{path}: row 0 (header): column {needed[0]!r} is missing; it has {printable(', '.join(header), 500)};"
            f" needed are cluster_id, log10_mass, events (or --events for all rows){hint}"
        )
        raise InputError(msg)
    if len(masses) > 1:
        msg = (
            f"{path}: row 0 (header): columns {' and '.join(map(repr, masses))} both give the mass; keep the right one,"
            " and rename or remove the other"
        )
        raise InputError(msg)
    column = masses[0] if masses else None
    check_hubble_h(path, column, options.hubble_h)
    return column


class _RowReader:
    """Checks the rows of one catalogue, in their order."""

    def __init__(self, path: Path, mass_column: str | None, options: IngestOptions) -> None:
        self._path, self._mass_column, self._options = path, mass_column, options
        self._search = FileSearch()
        self._seen: dict[tuple[str, ...], int] = {}
        self.faults: list[str] = []

    def read(self, number: int, record: dict[str, str]) -> CatalogueRow | None:
        """Return a row, or None if it has faults, which are kept."""
        found = self._name_faults(record)

        def attempt(column: str | None, function: Callable[..., Any], *arguments: Any) -> Any:
            try:
                return function(*arguments)
            except (InputError, OSError, ValueError) as error:  # OSError, ValueError: names that no file can have
                found.append((column, " ".join(str(error).split())))
                return None

        files = {name: attempt(name, self._file, name, record) for name in FILE_COLUMNS}
        mass = attempt(self._mass_column, self._log10_mass, record)
        rmf = attempt("rmf", self._file, "rmf", record) if record.get("rmf") else None
        options = attempt(None, row_options, record, self._options, rmf)
        row = None
        if not found:
            about = {"cluster_id": record["cluster_id"], "group": record.get("group", "")}
            row = CatalogueRow(row=number, log10_mass=mass, options=options, **about, **files)
        found += self._repetitions(number, record, row)
        where = f"{self._path}: row {number}: "
        self.faults += [where + (f"column {column!r}: {what}" if column else what) for column, what in found]
        return row

    def _name_faults(self, record: dict[str, str]) -> list[tuple[str | None, str]]:
        """Return (column, what is wrong) for names that are empty or odd, and for two AGN-less lists of one row."""
        faults: list[tuple[str | None, str]] = []
        if record.get("events_agn_less") and record.get("point_sources"):
            faults.append(("point_sources", "the row has an AGN-less list of its own; keep one of them"))
        empty = ["cluster_id"] if not record["cluster_id"] else []
        empty += ["events"] if not (record.get("events") or self._options.events) else []
        faults += [(name, "is empty; fill it in or remove the row") for name in empty]
        for name in ("cluster_id", "group"):
            text = record.get(name, "")
            if len(text) > _MAX_NAME or not text.isprintable():
                what = f"has more than {_MAX_NAME} letters or some that cannot be printed; change it"
                faults.append((name, f"{printable(text)!r} is not a name: it {what}"))
        return faults

    def _log10_mass(self, record: dict[str, str]) -> float:
        text = record[self._mass_column] if self._mass_column else ""
        if not text and self._options.without_masses:
            return math.nan
        return log10_mass(self._mass_column, text, self._options.hubble_h)

    def _file(self, column: str, record: dict[str, str]) -> Path | None:
        """Return the file that the row names, or else the one that the options name for all rows."""
        text, folder = record.get(column, ""), self._path.parent
        if not text:
            # A row with its own way to an AGN-less list needs no other.
            other = {"events_agn_less": "point_sources", "point_sources": "events_agn_less"}.get(column, "")
            text, folder = getattr(self._options, column), None
            if not text or record.get(other):
                return None
        return self._search.locate(text, record["cluster_id"], folder, outside_paths=self._options.outside_paths)

    def _repetitions(
        self, number: int, record: dict[str, str], row: CatalogueRow | None
    ) -> list[tuple[str | None, str]]:
        """Return what a row shares with an earlier one and must not: name or event list."""
        whole = ("row", *(record.get(name, "") for name in COLUMNS))
        if whole in self._seen:
            return [(None, f"repeats row {self._seen[whole]}; remove one of them")]
        self._seen[whole] = number
        # One list may not serve two clusters, nor be its own AGN-less list; several tables of a file may.
        keys = [("cluster_id", ("id", record["cluster_id"]))] if record["cluster_id"] else []
        if row is not None:
            lists = {"events": row.events, "events_agn_less": row.events_agn_less}
            keys += [
                (name, ("file", str(file.resolve()), str(row.options.table or "").lower()))
                for name, file in lists.items()
                if file is not None
            ]
        faults: list[tuple[str | None, str]] = []
        for column, key in keys:
            if key in self._seen:
                shown = record.get(column) or key[1]
                faults.append((column, f"{shown!r} is already used in row {self._seen[key]}; correct one of them"))
            self._seen.setdefault(key, number)
        return faults
