"""The cells of a catalogue, CSV or Parquet: reading them as text, and what they mean (a mass, a file, options).

CSV is parsed by Python's own reader, not by pandas, which silently fills a row that is too short. What is wrong
with the meaning of a cell is said without file and row, which the caller adds.
"""

from __future__ import annotations

import csv
import fnmatch
import glob
import math
import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from report_utils.errors import InputError, printable
from report_utils.events.columnar_tables import parquet_file
from report_utils.events.csv_table import BLANK, read_head
from report_utils.events.ingest_options import IngestOptions
from report_utils.events.missions import CHANNEL
from report_utils.files.input_files import demand_file, real, unreadable

if TYPE_CHECKING:
    import pyarrow as pa

MAX_ROWS = 100_000
"""Limit for a catalogue; the largest simulated samples have a tenth of this."""
_MAX_BYTES = 64 << 20
_MAX_COMMENTS = 10_000
_PARQUET_MAGIC = b"PAR1"
_BATCH_ROWS = 1024
_CELL_TYPE = re.compile(
    r"(?P<text>(?:large_)?(?:string|binary))|fixed_size_binary.*|u?int\d+|halffloat|float|double|bool|decimal.*|null"
)
"""The names of Arrow's types of text and of numbers."""
_MAX_TEXT = 10_000
"""[bytes] Limit for one cell; a path has 4096 at most."""
MASS_COLUMNS = {
    "log10_mass": ("log10 of M500c in solar masses", "14.2"),
    "mass_msun": ("M500c in solar masses", "1.6e14"),
    "mass_msun_h": ("M500c in solar masses / h", "1.1e14"),
}
"""Name -> what it holds, and an example: the column's name gives the scale."""
MASS_RANGE = (10.0, 17.0)
"""log10 of M500c in solar masses. Every cluster and group lies inside, a mass in solar masses outside."""
_H_RANGE = (0.3, 1.5)
_UNITS_OF_1E14 = (0.01, 100.0)
"""Masses of clusters in units of 1e14 solar masses, which many tables use."""
STATED_COLUMNS = (
    "x", "y", "energy", "energy_unit", "rmf", "table", "pixel_arcsec", "channel_kev", "channel_offset_kev",
)  # fmt: skip
CENTRE_COLUMNS = ("ra_centre", "dec_centre")
ID_FIELD = "{cluster_id}"
"""Stands for the row's cluster_id in a path or pattern."""
MAX_NAMES = 50_000_000
"""Names of files that the patterns of a catalogue may be compared with; their first letters rule out most."""


@dataclass(frozen=True)
class CatalogueTable:
    """The cells of a catalogue."""

    header: tuple[str, ...]  # in lower case
    rows: tuple[tuple[int, dict[str, str]], ...]  # number, from 1 below the header, and text by column; "" if empty
    faults: tuple[str, ...] = ()  # rows that do not have one value a column, one line each


def read_table(path: Path, columns: Collection[str]) -> CatalogueTable:
    """Read the columns that a catalogue may have from Parquet, or from CSV in UTF-8; others are ignored."""
    demand_file(path, _MAX_BYTES)
    try:
        with path.open("rb") as stream:
            is_parquet = stream.read(len(_PARQUET_MAGIC)) == _PARQUET_MAGIC
        table = _from_parquet(path, columns) if is_parquet else _from_csv(path)
    except OSError as error:
        raise unreadable(path, error) from None
    twice = [name for name in columns if table.header.count(name) > 1]
    if twice:
        msg = f"{path}: row 0 (header): column {twice[0]!r} is there twice; remove one"
        raise InputError(msg)
    return table


def _from_csv(path: Path) -> CatalogueTable:
    rows: list[tuple[int, dict[str, str]]] = []
    faults: list[str] = []
    number = 0
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            head = read_head([line.rstrip("\r\n") for line in islice(stream, _MAX_COMMENTS)])
            header = tuple(name.lower() for name in head.names)
            if not header:
                msg = f"{path}: the catalogue is empty; its first line must name the columns"
                raise InputError(msg)
            stream.seek(0)
            lines = islice(stream, head.n_skip, None)
            if head.delimiter == BLANK:
                lines = (" ".join(line.split()) for line in lines)
            for values in csv.reader(lines, strict=True, delimiter=head.delimiter or ","):
                if not any(values):
                    continue
                number += 1
                if number > MAX_ROWS:
                    msg = f"{path}: has more than {MAX_ROWS} rows; split the catalogue"
                    raise InputError(msg)
                if len(values) == len(header):
                    rows.append((number, dict(zip(header, (value.strip() for value in values), strict=True))))
                    continue
                faults.append(
                    f"{path}: row {number}: has {len(values)} values for {len(header)} columns; correct the"
                    " separators or quotes"
                )
    except InputError:
        raise
    except (ValueError, csv.Error) as error:
        reason = printable(str(error), 120)
        msg = f"{path}: row {number + 1}: is not CSV text in UTF-8 ({reason}); save it as CSV in UTF-8"
        raise InputError(msg) from None
    return CatalogueTable(header, tuple(rows), tuple(faults))


def _from_parquet(path: Path, columns: Collection[str]) -> CatalogueTable:
    with parquet_file(path) as file:
        fields, n_rows = list(file.schema_arrow), file.metadata.num_rows
    header = tuple(field.name.strip().lower() for field in fields)
    if n_rows > MAX_ROWS:
        msg = f"{path}: has {n_rows} rows, and a catalogue at most {MAX_ROWS}; split it"
        raise InputError(msg)
    # Of two columns of one name, which the caller refuses, pyarrow cannot read one.
    wanted = {
        field.name: name
        for field, name in zip(fields, header, strict=True)
        if name in columns and header.count(name) == 1
    }
    texts = [field.name for field in fields if field.name in wanted and _is_text(path, field)]
    rows: list[dict[str, str]] = []
    # Read as a dictionary, a text that many rows share is in memory once.
    with parquet_file(path, read_dictionary=texts) as file:
        for batch in file.iter_batches(_BATCH_ROWS, columns=list(wanted), use_threads=False):
            cells = [_cells(path, wanted[name], batch.column(name)) for name in wanted]
            rows += [dict(zip(wanted.values(), values, strict=True)) for values in zip(*cells, strict=True)]
            if len(rows) > n_rows:
                msg = f"{path}: has more rows than the {n_rows} that it claims; write the catalogue again"
                raise InputError(msg)
    return CatalogueTable(header, tuple(enumerate(rows, start=1)))


def _is_text(path: Path, field: pa.Field) -> bool:
    """Whether a column can be read as a dictionary of texts; refuse one that is neither text nor numbers."""
    from pyarrow import types

    is_encoded = types.is_dictionary(field.type)
    match = _CELL_TYPE.fullmatch(str(field.type.value_type if is_encoded else field.type))
    if match is None:
        msg = (
            f"{path}: row 0 (header): column {field.name.strip().lower()!r} holds {printable(str(field.type))}, neither"
            " text nor a number; write it as text"
        )
        raise InputError(msg)
    return bool(match["text"]) and not is_encoded


def _cells(path: Path, name: str, values: pa.Array) -> list[str]:
    import pyarrow.compute as pc
    from pyarrow import types

    if types.is_dictionary(values.type) and not types.is_primitive(values.type.value_type):
        longest = pc.max(pc.binary_length(values.dictionary)).as_py() or 0
        if longest > _MAX_TEXT:
            msg = f"{path}: column {name!r} holds a text of {longest} bytes; shorten it to {_MAX_TEXT} at most"
            raise InputError(msg)
    try:
        return [_text(value) for value in values.to_pylist()]
    except UnicodeDecodeError:
        msg = f"{path}: column {name!r} holds bytes that are not text in UTF-8; write it as text"
        raise InputError(msg) from None


def _text(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):  # pandas writes a missing number as NaN
        return ""
    if isinstance(value, bytes):  # NumPy and FITS pad text with NUL
        return value.rstrip(b"\0").decode("utf-8").strip()
    return repr(value) if isinstance(value, float) else str(value).strip()


def check_hubble_h(path: Path, column: str | None, hubble_h: float | None) -> None:
    """Refuse masses in Msun/h without h, and an h without such masses."""
    if column != "mass_msun_h":
        if hubble_h is not None:
            msg = (
                f"{path}: h is stated, but the masses in the column {column!r} do not depend on it; name the column"
                " mass_msun_h, or leave --hubble-h out"
            )
            raise InputError(msg)
    elif hubble_h is None:
        msg = (
            f"{path}: column 'mass_msun_h': the masses are in solar masses / h, and h is not stated; state the one"
            " they were made with, for example --hubble-h 0.7"
        )
        raise InputError(msg)
    elif not _H_RANGE[0] <= hubble_h <= _H_RANGE[1]:
        msg = f"hubble_h={hubble_h!r} is not an H0 / (100 km/s/Mpc); give the masses' own, for example 0.7"
        raise InputError(msg)


def log10_mass(column: str, text: str, hubble_h: float | None = None) -> float:
    """Return log10 of M500c [Msun] from the text in one of :data:`MASS_COLUMNS`; M [Msun] = M [Msun/h] / h."""
    if not text:
        msg = "is empty; fill it in, remove the row, or ingest for predictions only (--without-masses)"
        raise InputError(msg)
    meaning, example = MASS_COLUMNS[column]
    value = real(text)
    if value is None:
        has_comma = text.count(",") == 1 and real(text.replace(",", ".")) is not None
        comma = ", with a decimal point" if has_comma else ""
        msg = f"{printable(text)!r} is not a number; give {meaning}{comma}, for example {example}"
        raise InputError(msg)
    is_log, mass = column == "log10_mass", value
    if not is_log:
        mass = math.log10(value / (hubble_h or 1.0)) if value > 0 else -math.inf
    if not MASS_RANGE[0] <= mass <= MASS_RANGE[1]:
        low, high = MASS_RANGE if is_log else (10.0 ** MASS_RANGE[0], 10.0 ** MASS_RANGE[1])
        msg = (
            f"{text} is not the mass of a cluster; {meaning} is expected, between {low:g} and {high:g}"
            f"{_likely(value, is_log=is_log)}"
        )
        raise InputError(msg)
    return mass


def _likely(value: float, *, is_log: bool) -> str:
    """Return what the value would be right for; the user decides, nothing is guessed."""
    if is_log and 10.0 ** MASS_RANGE[0] <= value <= 10.0 ** MASS_RANGE[1]:
        return ": for solar masses, name the column mass_msun (or mass_msun_h)"
    hints = []
    if not is_log and MASS_RANGE[0] <= value <= MASS_RANGE[1]:
        hints.append("for log10, name the column log10_mass")
    if _UNITS_OF_1E14[0] <= value <= _UNITS_OF_1E14[1]:
        name = "name the column mass_msun (or mass_msun_h) and " if is_log else ""
        hints.append(f"for a mass in units of 1e14, {name}write {value:g}e14")
    return f": {'; '.join(hints)}" if hints else ""


class FileSearch:
    """Finds the file that a path or a pattern names; lists each folder once, and looks at a bounded number of names."""

    def __init__(self) -> None:
        self._n_names = 0
        self._listed: dict[Path, list[str]] = {}

    def locate(self, text: str, cluster_id: str, folder: Path | None, *, outside_paths: bool = False) -> Path:
        """Return the file that a path names, or the only one that matches a pattern in its last part.

        Paths start in the catalogue's folder and may leave it (absolute, by ``..`` or by a link) with
        ``outside_paths`` alone. Those of an option (``folder`` is None) start in the working folder and lead anywhere.
        """
        if ID_FIELD in text and "/" in cluster_id:
            msg = f"{cluster_id!r} stands for a part of a file's name in {text!r} and holds a '/'; rename the cluster"
            raise InputError(msg)
        if text.endswith(("/", "/.")):
            msg = f"{text!r} names a folder; name the file in it"
            raise InputError(msg)
        path = (folder or Path()) / text.replace(ID_FIELD, cluster_id)
        if not path.is_file():
            where = f"(paths start at {'the working folder' if folder is None else 'the folder of the catalogue'})"
            pattern = text.replace(ID_FIELD, glob.escape(cluster_id))
            if not glob.has_magic(Path(pattern).name):
                hint = "; only a file's name may be a pattern, not its folder's" if glob.has_magic(pattern) else ""
                msg = f"there is no file {text.replace(ID_FIELD, cluster_id)!r} {where}; correct the path{hint}"
                raise InputError(msg)
            path = self._only_match(path.parent, pattern, where)
        if folder is not None and not outside_paths and not path.resolve().is_relative_to(folder.resolve()):
            msg = (
                f"{text!r} leads out of the catalogue's folder; move the file into it, or allow such paths with"
                " --outside-paths (outside_paths=True)"
            )
            raise InputError(msg)
        return path

    def _only_match(self, folder: Path, pattern: str, where: str) -> Path:
        names = [name for name in self._matches(folder, Path(pattern).name) if (folder / name).is_file()]
        if not names:
            msg = f"no file matches {pattern!r} {where}; correct the pattern"
            raise InputError(msg)
        if len(names) > 1:
            shown = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
            msg = (
                f"{pattern!r} matches {len(names)} files ({shown}); narrow it to one: a row is one observation with one"
                " event list"
            )
            raise InputError(msg)
        return folder / names[0]

    def _matches(self, folder: Path, pattern: str) -> list[str]:
        if folder not in self._listed:
            self._listed[folder] = []
            with suppress(OSError):  # as with glob, nothing matches in a folder that cannot be listed
                self._listed[folder] = sorted(path.name for path in folder.iterdir())
        letters = re.split(r"[*?[]", pattern, maxsplit=1)[0]
        names = self._listed[folder]
        names = names[bisect_left(names, letters) : bisect_right(names, letters + "\U0010ffff")]
        self._n_names += len(names)
        if self._n_names > MAX_NAMES:
            msg = (
                f"{printable(pattern)!r}, with the patterns of the rows before, is compared with more than"
                f" {MAX_NAMES} names; begin it with letters of the name, or name the file"
            )
            raise InputError(msg)
        matches = re.compile(fnmatch.translate(pattern)).match
        return [name for name in names if matches(name) and (pattern.startswith(".") or not name.startswith("."))]


def row_options(record: Mapping[str, str], stated: IngestOptions, rmf: Path | None) -> IngestOptions:
    """Return the options of a row: what it states, and what is stated about all rows where it is silent."""
    said: dict[str, Any] = {name: record[name] for name in STATED_COLUMNS if record.get(name) and name != "rmf"}
    for name in ("x", "y", "energy"):
        if name in said and real(said[name]) is not None:
            msg = (
                f"{name}={said[name]!r} names no column; the catalogue's columns x, y and energy name columns of an"
                " event list, for example RA: rename them if they mean something else"
            )
            raise InputError(msg)
    if rmf is not None:
        said["rmf"] = rmf
    centre = _centre(record)
    if centre is not None and stated.region_arcsec is not None:
        said["region_centre"] = centre
    # A row may say the unit of energies in another way than all rows.
    overruled, width = set(), {"channel_kev", "channel_offset_kev"}
    if said.get("energy_unit", CHANNEL) != CHANNEL:
        overruled |= {"rmf", *width}
    if "rmf" in said:
        overruled |= {"energy_unit", *width}
    if "channel_kev" in said:
        overruled |= {"energy_unit", "rmf", "channel_offset_kev"}
    return stated.with_changes(**dict.fromkeys(overruled) | said) if said else stated


def _centre(record: Mapping[str, str]) -> tuple[float, float] | None:
    """Return the centre that a row states, (RA, DEC) [deg], or None."""
    given = [record.get(name, "") for name in CENTRE_COLUMNS]
    if not any(given):
        return None
    ra, dec = (real(text) for text in given)
    if ra is None or dec is None or not (abs(ra) <= 360 and abs(dec) <= 90):
        msg = f"columns 'ra_centre' and 'dec_centre' hold {given[0]!r} and {given[1]!r}; give both [deg], or neither"
        raise InputError(msg)
    return ra, dec
