"""The catalogue of a user's observations: a CSV file of clusters, their masses and event lists."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path

from report_utils.errors import InputError

REQUIRED = ("cluster_id", "log10_mass", "events")
OPTIONAL = ("events_agn_less", "group")
MASS_RANGE = (10.0, 17.0)
"""log10 of M500c in solar masses: no cluster or group lies outside, a mass in solar masses does."""


@dataclass(frozen=True)
class CatalogueRow:
    """One observation as the catalogue names it.

    Parameters
    ----------
    row : int
        Its row, from 1, the header not counted.
    cluster_id : str
    log10_mass : float
        log10 of M500c [Msun].
    events : Path
    events_agn_less : Path or None
        The same cluster without its AGN.
    group : str
        The halo; empty where not given.
    """

    row: int
    cluster_id: str
    log10_mass: float
    events: Path
    events_agn_less: Path | None = None
    group: str = ""


def read_catalogue(path: str | Path, *, check_files: bool = True) -> list[CatalogueRow]:
    """Read and check a catalogue: CSV with cluster_id, log10_mass, events[, events_agn_less, group].

    Parameters
    ----------
    path : path
        Event lists are looked for relative to its folder. Other columns are ignored.
    check_files : bool
        Whether every event list must be there.

    Returns
    -------
    list of CatalogueRow
        In the catalogue's order.

    Raises
    ------
    InputError
        At the first thing that is wrong, naming file, row and column.
    """
    path = Path(path)
    records = _records(path)
    rows: list[CatalogueRow] = []
    seen: dict[tuple[str, ...], int] = {}
    for number, record in records:
        row = _row(path, number, record, check_files=check_files)
        whole = ("row", *(record.get(name, "") for name in REQUIRED + OPTIONAL))
        if whole in seen:
            msg = f"{path}: row {number}: repeats row {seen[whole]}; remove one of them"
            raise InputError(msg)
        lists = [("events", row.events), ("events_agn_less", row.events_agn_less)]
        keys = [("cluster_id", row.cluster_id)]
        keys += [(name, str(file.resolve())) for name, file in lists if file is not None]
        for column, value in keys:
            # One file may not serve two clusters, nor be its own AGN-less list.
            key = ("id" if column == "cluster_id" else "file", value)
            if key in seen:
                shown = value if column == "cluster_id" else record[column]
                msg = (
                    f"{path}: row {number}: column {column!r}: {shown!r} is already used in row {seen[key]};"
                    " correct one of them"
                )
                raise InputError(msg)
            seen[key] = number
        seen[whole] = number
        rows.append(row)
    if not rows:
        msg = f"{path}: has no rows below its header; add one for each observation"
        raise InputError(msg)
    return rows


def _records(path: Path) -> list[tuple[int, dict[str, str]]]:
    from report_utils.events.files import unreadable

    records = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            lines = csv.reader(stream, strict=True)
            header = [name.strip().lower() for name in next(lines, [])]
            if not header:
                msg = f"{path}: the catalogue is empty; its first line must name the columns {', '.join(REQUIRED)}"
                raise InputError(msg)
            _check_header(path, header)
            for number, values in enumerate((line for line in lines if any(line)), start=1):
                if len(values) != len(header):
                    msg = (
                        f"{path}: row {number}: has {len(values)} values for {len(header)} columns; correct"
                        " the commas or quotes"
                    )
                    raise InputError(msg)
                records.append((number, dict(zip(header, (value.strip() for value in values), strict=True))))
    except OSError as error:
        raise unreadable(path, error) from None
    except (UnicodeDecodeError, csv.Error) as error:
        msg = f"{path}: row {len(records) + 1}: is not CSV text in UTF-8 ({error}); save it as CSV"
        raise InputError(msg) from None
    return records


def _check_header(path: Path, header: list[str]) -> None:
    missing = [name for name in REQUIRED if name not in header]
    if missing:
        msg = (
            f"{path}: row 0 (header): column {missing[0]!r} is missing; it has {', '.join(header)}; needed"
            f" are {', '.join(REQUIRED)}"
        )
        raise InputError(msg)
    twice = [name for name in REQUIRED + OPTIONAL if header.count(name) > 1]
    if twice:
        msg = f"{path}: row 0 (header): column {twice[0]!r} is there twice; remove one"
        raise InputError(msg)


def _row(path: Path, number: int, record: dict[str, str], *, check_files: bool) -> CatalogueRow:
    where = f"{path}: row {number}: column"
    for name in REQUIRED:
        if not record[name]:
            msg = f"{where} {name!r} is empty; fill it in or remove the row"
            raise InputError(msg)
    agn_less = record.get("events_agn_less", "")
    files = {"events": path.parent / record["events"]}
    if agn_less:
        files["events_agn_less"] = path.parent / agn_less
    for name, file in files.items():
        if check_files and not file.is_file():
            msg = (
                f"{where} {name!r}: there is no file {record[name]!r} (paths start at the catalogue's"
                " folder); correct the path"
            )
            raise InputError(msg)
    return CatalogueRow(
        row=number,
        cluster_id=record["cluster_id"],
        log10_mass=_mass(f"{where} 'log10_mass'", record["log10_mass"]),
        events=files["events"],
        events_agn_less=files.get("events_agn_less"),
        group=record.get("group", ""),
    )


def _mass(where: str, text: str) -> float:
    try:
        mass = float(text)
    except ValueError:
        mass = math.nan
    if not math.isfinite(mass):
        msg = f"{where}: {text!r} is not a number; give log10 of M500c in solar masses, for example 14.2"
        raise InputError(msg)
    if not MASS_RANGE[0] <= mass <= MASS_RANGE[1]:
        msg = (
            f"{where}: {text} is no cluster's mass; log10 of M500c in solar masses is expected,"
            f" between {MASS_RANGE[0]:g} and {MASS_RANGE[1]:g}"
        )
        raise InputError(msg)
    return mass
