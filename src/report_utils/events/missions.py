"""What the missions mean by the columns and keywords that they write."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from report_utils.errors import InputError
from report_utils.events.rows import RowFilter
from report_utils.events.table import Column, Table

SKY_PIXELS = {"chandra": 0.492, "erosita": 0.05, "xmm": 0.05}
"""[arcsec] Of ACIS, of eSASS event lists, and of EPIC ones (XMM-Newton Data Files Handbook, tables 31 and 32)."""
CHANDRA_GRADES = (0, 2, 3, 4, 6)
"""ASCA grades of ACIS that the standard processing keeps (Chandra Proposers' Observatory Guide, section 6.14)."""
_OTHER_NAMES = {"astro-e2": "suzaku", "xmm-newton": "xmm"}
_NO_POSITION = -99999999
"""X and Y of an event that SAS (attcalc) could not place on the sky."""
EROSITA_PATTERNS = (1, 2, 3, 4)
"""PAT_TYP of valid patterns of one to four pixels (eSASS, description of the EVENTS extension)."""


def mission(table: Table) -> str:
    """Return the mission: "chandra", "erosita", TELESCOP in lower case, or "" where the file does not say."""
    telescope = table.mission_value("TELESCOP")
    instrument = table.mission_value("INSTRUME")
    if "chandra" in telescope or telescope == "axaf":
        return "chandra"
    if "erosita" in telescope + instrument or (telescope == "srg" and re.match(r"[tf]m\d", instrument)):
        return "erosita"
    return _OTHER_NAMES.get(telescope, telescope)


def layout_name(table: Table) -> str:
    """Return what kind of table this is, for messages and for the archive's index."""
    has = table.columns.keys()
    of = mission(table)
    if not table.conventional:
        return table.kind
    if "signal" in has:
        return "SIXTE calorimeter events" if "grading" in has else "SIXTE imaging events"
    if of == "chandra":
        return "Chandra level 2"
    if of == "erosita":
        return "eROSITA events"
    return "photon list" if {"ra", "dec", "energy"} <= has else table.kind


def convention_filters(table: Table, x: Column, y: Column, energy: Column) -> list[RowFilter]:
    """Return the filters of rows that the mission writes beside its events.

    eROSITA: a row with a negative PI is a further pixel of an event that has a row of its own. XMM: an event with X
    and Y of -99999999 has no position.
    """
    filters = []
    if mission(table) == "erosita" and energy.name.upper() == "PI":
        filters.append(RowFilter(f"{energy.name} negative: secondary pixels", (energy,), lambda pi: ~(pi < 0)))
    is_xmm = mission(table) == "xmm" or table.file_value("REFXCTYP") is not None
    if is_xmm and (x.name.upper(), y.name.upper()) == ("X", "Y"):
        # TNULL of the same value has become NaN; in single precision the value is 8 lower.
        null = table.value(f"TNULL{x.number}") == _NO_POSITION
        reason = f"{x.name}, {y.name} of {_NO_POSITION}: no position"
        filters.append(RowFilter(reason, (x, y), lambda *place: ~_is_nowhere(place, null=null)))
    return filters


def _is_nowhere(place: tuple[NDArray, NDArray], *, null: bool) -> NDArray[np.bool_]:
    lost = np.logical_or.reduce([np.abs(np.asarray(values, np.float64) - _NO_POSITION) < 10 for values in place])
    return lost | np.logical_or.reduce([np.isnan(values) for values in place]) if null else lost


def grade_filter(table: Table) -> RowFilter | None:
    """Return the grades or patterns that the mission recommends, or None where the table does not tell them.

    Chandra: GRADE in :data:`CHANDRA_GRADES`. eROSITA: PAT_TYP in :data:`EROSITA_PATTERNS`. SIXTE: GRADING of
    a calorimeter, and TYPE of an imaging detector, from 0; its negative values mark events that are invalid,
    piled up or cross talk (sixte, ``libsixt``: teswithrmf.h, phpat.c).

    Raises
    ------
    InputError
        If several columns share the name.
    """
    of = mission(table)
    allowed: list[tuple[bool, str, tuple[int, ...]]] = [
        (of == "chandra", "GRADE", CHANDRA_GRADES),
        (of == "erosita", "PAT_TYP", EROSITA_PATTERNS),
        ("signal" in table.columns, "GRADING", ()),
        ("signal" in table.columns, "TYPE", ()),
    ]
    for applies, name, values in allowed:
        column = table.find(name) if applies else None
        if column is None:
            continue
        if values:
            reason = f"{column.name} other than {', '.join(map(str, values))}"
            return RowFilter(reason, (column,), lambda grades, values=values: np.isin(grades, values))
        return RowFilter(f"{column.name} below 0", (column,), lambda grades: grades >= 0)
    return None


def need_grade_filter(table: Table) -> RowFilter:
    """Return the filter of :func:`grade_filter`.

    Raises
    ------
    InputError
        If the table has no grades that this reader knows.
    """
    found = grade_filter(table)
    if found is None:
        msg = (
            f"{table.path}: table {table.name}: good grades are asked for, but mission {mission(table) or 'not given'}"
            f" with columns {table.column_names} has none that are known; leave good_grades (--good-grades) out"
        )
        raise InputError(msg)
    return found
