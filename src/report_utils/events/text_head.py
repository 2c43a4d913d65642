"""The first lines of a text table: what separates its columns, what they are called, and where its rows begin.

=======================  ==================================================================================
plain CSV                a line of names, separated by commas, tabs or semicolons
spreadsheets             ``sep=;`` before it, which states the separator
``#`` lines              comments before the names; the last one holds the names if only numbers follow, as
                         :func:`numpy.savetxt` writes them (``header=``); blanks may separate its values
ECSV                     its ``#`` lines state separator and units
=======================  ==================================================================================
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from report_utils.files.plain_numbers import real

DELIMITERS = (",", "\t", ";")
BLANK = " "
_SEP = re.compile(r'"?sep=([,;|:\t ])"?', re.IGNORECASE)
_ECSV = re.compile(r"#\s*%ECSV")
_ECSV_DELIMITER = re.compile(r"#\s*delimiter:\s*['\"]?([,;\t ])['\"]?\s*")


@dataclass(frozen=True)
class TextHead:
    """What the first lines tell.

    Parameters
    ----------
    delimiter : str
        Empty if nothing separates the names.
    names : tuple of str
    n_skip : int
        Lines before the first row.
    line : int
        The number, from 1, of the line of names.
    units : dict
        Name -> unit, from an ECSV header.
    """

    delimiter: str
    names: tuple[str, ...]
    n_skip: int
    line: int
    units: dict[str, str] = field(default_factory=dict)


def read_head(lines: Sequence[str]) -> TextHead:
    """Return what the first lines of a text tell; if all are empty or comments, there are no names.

    Parameters
    ----------
    lines : sequence of str
        Without a byte order mark.

    Raises
    ------
    ValueError
        If an ECSV header cannot be read.
    csv.Error
        If the quotes of the names make no sense.
    """
    stated = _SEP.fullmatch(lines[0]) if lines else None
    first = 1 if stated else 0
    at = first
    while at < len(lines) and (lines[at].startswith("#") or not lines[at].strip()):
        at += 1
    comments, below = lines[first:at], [line for line in lines[at : at + 2] if line.strip()]
    is_ecsv = bool(comments) and _ECSV.match(comments[0]) is not None
    if not below:
        return TextHead("", (), at, at + 1)
    if stated:
        delimiter = stated[1]
    elif is_ecsv:
        delimiter = next((found[1] for line in comments if (found := _ECSV_DELIMITER.fullmatch(line))), BLANK)
    else:
        delimiter = _delimiter_of(below)
    names = split(below[0], delimiter)
    if not is_ecsv and any(real(name) is not None for name in names):
        for number in range(at, first, -1):
            above = split_comment(lines[number - 1], delimiter)
            if len(above) == len(names) and not any(real(name) is not None for name in above):
                return TextHead(delimiter, above, at, number)
    return TextHead(delimiter, names, at + 1, at + 1, _ecsv_units(comments) if is_ecsv else {})


def _delimiter_of(below: Sequence[str]) -> str:
    """Return the most frequent separator; blanks only if the next line has as many values and one is a number."""
    line = below[0]
    delimiter = max(DELIMITERS, key=line.count)
    if delimiter in line:
        return delimiter
    first, second = line.split(), below[-1].split()
    is_table = len(first) == len(second) > 1 and any(real(value) is not None for value in second)
    return BLANK if is_table else ""


def split(line: str, delimiter: str) -> tuple[str, ...]:
    """Return the values of one line."""
    if delimiter == BLANK:
        line = " ".join(line.split())
    if not delimiter:
        return (line.strip(),)
    return tuple(value.strip() for value in next(csv.reader([line], delimiter=delimiter), []))


def split_comment(line: str, delimiter: str) -> tuple[str, ...]:
    """Return the names that a comment may hold, separated as the rows are, or by commas if blanks separate those."""
    text = line.lstrip("#").strip()
    if delimiter == BLANK:
        delimiter = next((one for one in DELIMITERS if one in text), BLANK)
    return split(text, delimiter)


def _ecsv_units(comments: Sequence[str]) -> dict[str, str]:
    from astropy.io.misc import yaml

    text = [line.lstrip("#").removeprefix(" ") for line in comments]
    begin = next((number for number, line in enumerate(text) if line.startswith("datatype:")), None)
    if begin is None:
        msg = "its header has no entry datatype"
        raise ValueError(msg)
    end = begin + 1
    while end < len(text) and (not text[end].strip() or text[end][0] in "- "):
        end += 1
    try:
        columns = yaml.load("\n".join(text[begin:end]))["datatype"]
        return {str(column["name"]): str(column["unit"]) for column in columns if column.get("unit")}
    except Exception as error:  # damaged text makes a YAML parser raise nearly anything
        msg = f"its header is not YAML ({type(error).__name__})"
        raise ValueError(msg) from None
