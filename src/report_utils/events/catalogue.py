"""The catalogue of a user's observations: a CSV or Parquet table of clusters, their masses and event lists."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from report_utils.errors import InputError, printable
from report_utils.events.catalogue_paths import locate
from report_utils.events.catalogue_table import Table, read_table
from report_utils.events.ingest_options import FILE_COLUMNS, IngestOptions
from report_utils.events.masses import MASS_COLUMNS, check_hubble_h, log10_mass
from report_utils.events.patterns import Search
from report_utils.events.row_options import CENTRE_COLUMNS, STATED_COLUMNS, row_centre, row_options

COLUMNS = ("cluster_id", *MASS_COLUMNS, "group", *FILE_COLUMNS, *STATED_COLUMNS, *CENTRE_COLUMNS)
"""All that a catalogue may say; other columns are ignored."""
_MAX_NAME = 200


@dataclass(frozen=True)
class CatalogueRow:
    """One observation as the catalogue names it.

    Parameters
    ----------
    row : int
        Its row, from 1, the header not counted.
    cluster_id : str
    log10_mass : float
        log10 of M500c [Msun]; NaN where it may be missing and is.
    events : Path
    events_agn_less : Path or None
        The same cluster without its AGN.
    group : str
        The halo; empty where not given.
    point_sources : Path or None
        A list of positions to mask, which gives the cluster without its AGN.
    options : IngestOptions
        What is stated about all rows, with what this row states in its place.
    """

    row: int
    cluster_id: str
    log10_mass: float
    events: Path
    events_agn_less: Path | None = None
    group: str = ""
    point_sources: Path | None = None
    options: IngestOptions = field(default_factory=IngestOptions)


class CatalogueError(InputError):
    """A catalogue with faults: the message is the first and how many more there are, ``faults`` are all of them."""

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        more = len(self.faults) - 1
        super().__init__(self.faults[0] + (f" (and {more} more fault{'s' * (more > 1)} in it)" if more else ""))


def read_catalogue(
    path: str | Path, options: IngestOptions | None = None, *, check_files: bool = True
) -> list[CatalogueRow]:
    """Read and check a catalogue.

    Parameters
    ----------
    path : path
        CSV or Parquet with cluster_id, a mass (in exactly one of ``log10_mass``, ``mass_msun`` and
        ``mass_msun_h``) and events; further :data:`COLUMNS` are optional. Files are looked for relative to its
        folder; a name with ``*``, ``?`` or ``[...]`` must match exactly one.
    options : IngestOptions, optional
        What the user states about all rows.
    check_files : bool
        Whether every event list must be there.

    Returns
    -------
    list of CatalogueRow
        In the catalogue's order.

    Raises
    ------
    CatalogueError
        With every fault, each naming file, row and column.
    InputError
        If the table itself is wrong, or what is stated contradicts it.
    """
    path, options = Path(path), options or IngestOptions()
    options.check_files()
    table = read_table(path, COLUMNS)
    mass_column = _check_header(path, table, options)
    faults = list(table.faults)
    rows: list[CatalogueRow] = []
    seen: dict[tuple[str, ...], int] = {}
    search = Search()
    for number, record in table.rows:
        found: list[str] = []
        row = _row(path, number, record, mass_column, options, found, search, check_files=check_files)
        found += _repetitions(path, number, record, row, seen)
        faults += found
        if row is not None and not found:
            rows.append(row)
    if faults:
        raise CatalogueError(faults)
    if not rows:
        msg = f"{path}: has no rows below its header; add one for each observation"
        raise InputError(msg)
    return rows


def unused_columns(path: str | Path) -> tuple[str, ...]:
    """Return the columns of a catalogue that say nothing here, for one of them may be misspelt."""
    return tuple(name for name in read_table(Path(path), COLUMNS).header if name not in COLUMNS)


def _check_header(path: Path, table: Table, options: IngestOptions) -> str | None:
    """Return the column of the masses, or None where they may be missing and are."""
    masses = [name for name in MASS_COLUMNS if name in table.header]
    needed = [
        name for name in ("cluster_id", "events") if name not in table.header and not getattr(options, name, None)
    ]
    if not masses and not options.without_masses:
        needed.append("log10_mass")
    if needed:
        hint = f"; a mass may also be one of {', '.join(MASS_COLUMNS[1:])}" if needed[-1] == "log10_mass" else ""
        msg = (
            f"{path}: row 0 (header): column {needed[0]!r} is missing; it has {_names(table.header)}; needed are"
            f" cluster_id, log10_mass, events (or --events for all rows){hint}"
        )
        raise InputError(msg)
    if len(masses) > 1:
        msg = (
            f"{path}: row 0 (header): columns {' and '.join(map(repr, masses))} both give the mass; keep the one that"
            " holds, and rename or remove the other"
        )
        raise InputError(msg)
    column = masses[0] if masses else None
    check_hubble_h(path, column, options.hubble_h)
    return column


def _names(header: Sequence[str]) -> str:
    return printable(", ".join(header), 500)


def _row(
    path: Path,
    number: int,
    record: dict[str, str],
    mass_column: str | None,
    options: IngestOptions,
    faults: list[str],
    search: Search,
    *,
    check_files: bool,
) -> CatalogueRow | None:
    """Return a row, or None with its faults added to ``faults``."""

    def attempt(column: str | None, function: Callable[[], Any]) -> Any:
        try:
            return function()
        except (InputError, OSError, ValueError) as error:  # OSError, ValueError: names that no file can have
            where = f"{path}: row {number}" + (f": column {column!r}" if column else "")
            faults.append(f"{where}: {' '.join(str(error).split())}")
            return None

    def file(column: str) -> Path | None:
        if text := record.get(column, ""):
            outside = options.outside_paths
            return locate(
                text, record["cluster_id"], path.parent, search, outside_paths=outside, must_exist=check_files
            )
        if column == unused or not (text := getattr(options, column)):
            return None
        return locate(text, record["cluster_id"], None, search, must_exist=check_files)

    ways = [name for name in FILE_COLUMNS[1:] if record.get(name)]
    unused = {"events_agn_less": "point_sources", "point_sources": "events_agn_less"}.get(ways[0]) if ways else None
    if len(ways) > 1:
        faults.append(
            f"{path}: row {number}: column 'point_sources': the row has an AGN-less list of its own; keep one of both"
        )
    empty = ["cluster_id"] if not record["cluster_id"] else []
    empty += ["events"] if not (record.get("events") or options.events) else []
    faults += [f"{path}: row {number}: column {name!r} is empty; fill it in or remove the row" for name in empty]
    faults += [
        f"{path}: row {number}: column {name!r}: {printable(record[name])!r} is no name: it has more than {_MAX_NAME}"
        " letters or some that cannot be printed; change it"
        for name in ("cluster_id", "group")
        if len(record.get(name, "")) > _MAX_NAME or not record.get(name, "").isprintable()
    ]
    mass, text = math.nan, record[mass_column] if mass_column else ""
    if text or not options.without_masses:
        mass = attempt(mass_column or "", lambda: log10_mass(mass_column or "", text, options.hubble_h))
    files = {name: attempt(name, lambda name=name: file(name)) for name in FILE_COLUMNS}
    rmf = attempt("rmf", lambda: file("rmf")) if record.get("rmf") else None
    centre = attempt("ra_centre", lambda: row_centre(record))
    stated = attempt(None, lambda: row_options(record, options, rmf, centre))
    if faults:
        return None
    about = {"cluster_id": record["cluster_id"], "group": record.get("group", "")}
    return CatalogueRow(row=number, log10_mass=mass, options=stated, **about, **files)


def _repetitions(
    path: Path, number: int, record: dict[str, str], row: CatalogueRow | None, seen: dict[tuple[str, ...], int]
) -> list[str]:
    """Return what a row shares with an earlier one and must not: name or event list."""
    whole = ("row", *(record.get(name, "") for name in COLUMNS))
    if whole in seen:
        return [f"{path}: row {number}: repeats row {seen[whole]}; remove one of them"]
    seen[whole] = number
    # One list may not serve two clusters, nor be its own AGN-less list; several tables of a file may.
    keys = [("cluster_id", ("id", record["cluster_id"]))] if record["cluster_id"] else []
    if row is not None:
        lists = {"events": row.events, "events_agn_less": row.events_agn_less}
        keys += [
            (name, ("file", str(file.resolve()), str(row.options.table or "").lower()))
            for name, file in lists.items()
            if file is not None
        ]
    faults = []
    for column, key in keys:
        if key in seen:
            shown = record.get(column) or key[1]
            faults.append(
                f"{path}: row {number}: column {column!r}: {shown!r} is already used in row {seen[key]}; correct one"
                " of them"
            )
        seen.setdefault(key, number)
    return faults
