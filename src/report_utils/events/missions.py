"""What files and missions mean by their columns, keywords and units: tables of facts, and what follows from them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from report_utils.errors import InputError
from report_utils.events.event_files import Column, RowFilter, Table
from report_utils.events.gti import good_times_filter

if TYPE_CHECKING:
    from astropy.units import UnitBase

    from report_utils.events.ingest_options import IngestOptions

SKY_PIXELS = {"chandra": 0.492, "erosita": 0.05, "xmm": 0.05}
"""[arcsec] Of ACIS, of eSASS event lists, and of EPIC ones (XMM-Newton Data Files Handbook, tables 31 and 32)."""


@dataclass(frozen=True)
class MissionEnergy:
    """What a column of a mission's event lists holds: energy [eV] is offset + step * value."""

    mission: str  # :attr:`~report_utils.events.event_files.Table.mission`
    instrument: str  # the start of INSTRUME; if empty, any
    column: str
    step: float  # [eV]
    offset: float = 0.0  # [eV]
    trusts_tunit: bool = True  # whether a TUNIT that says something else is taken seriously

    @property
    def is_ev(self) -> bool:
        """Whether the column holds energies in eV rather than numbers of channels."""
        return self.step == 1.0 and self.offset == 0.0


MISSION_ENERGIES = (
    # CIAO, "Event list": energy [eV]; dictionary, "PI": PI = floor(energy / 14.6 eV) + 1, for ACIS.
    MissionEnergy("chandra", "", "energy", 1.0),
    MissionEnergy("chandra", "acis", "pi", 14.6, -14.6),
    # eSASS, "EVENTS extension": PI [eV]. One real file labels it "deg".
    MissionEnergy("erosita", "", "pi", 1.0, trusts_tunit=False),
    # SAS, emevents, "Output files": PI (eV).
    MissionEnergy("xmm", "", "pi", 1.0),
    # NuSTAR SOC, nustar-gen-utils, chan_to_energy: keV = PI * 0.04 + 1.6.
    MissionEnergy("nustar", "", "pi", 40.0, 1600.0),
    # XRT channels of 10 eV, as tools for it take them; we could not read a document of the mission that says so.
    MissionEnergy("swift", "xrt", "pi", 10.0),
    # Suzaku GOF, "FAQ on XIS": PI = floor(E(eV) / 3.65).
    MissionEnergy("suzaku", "xis", "pi", 3.65),
    # HEASoft, nicerpi: PI is the nominal energy in units of 10 eV; 675 is 6.750 keV.
    MissionEnergy("nicer", "", "pi", 10.0),
    # HEASoft, rslmpcor: PI = floor((EPI2 - 0.5) / 0.5 + 1), EPI2 in eV.
    MissionEnergy("xrism", "resolve", "pi", 0.5),
    # Parameters that users of HEASoft's xtdrmf give (eminout=0 deout=6 nchanout=4096): 4096 channels of 6 eV from 0;
    # we could not read a document of the mission that says so.
    MissionEnergy("xrism", "xtend", "pi", 6.0),
    # ximpol, from which the IXPE team's ixpeobssim grew, irfgen: PI spans 0 to 15 keV in steps of 40 eV; stingray
    # takes the same for IXPE. We could not read a document of the mission that says so.
    MissionEnergy("ixpe", "", "pi", 40.0),
)

GOOD_GRADES = (
    # ASCA grades of ACIS that the standard processing keeps (Chandra Proposers' Observatory Guide, section 6.14).
    ("chandra", "GRADE", (0, 2, 3, 4, 6)),
    # Valid patterns of one to four pixels (eSASS, description of the EVENTS extension).
    ("erosita", "PAT_TYP", (1, 2, 3, 4)),
    # From 0: negative values mark events that are invalid, piled up or cross talk, of a calorimeter and of an imaging
    # detector (sixte, libsixt: teswithrmf.h, phpat.c).
    ("sixte", "GRADING", None),
    ("sixte", "TYPE", None),
)
"""(mission, or "sixte" for any table with a column SIGNAL; column; values to keep, or None for 0 and above)."""

_NO_POSITION = -99999999
"""X and Y of an event that SAS (attcalc) could not place on the sky."""


def table_kind(table: Table) -> str:
    """Return what kind of table this is, for messages and for the archive's index."""
    if not table.is_fits:
        return table.kind
    if "signal" in table.names:
        return "SIXTE calorimeter events" if "grading" in table.names else "SIXTE imaging events"
    if (known := {"chandra": "Chandra level 2", "erosita": "eROSITA events"}.get(table.mission)) is not None:
        return known
    return "photon list" if {"ra", "dec", "energy"} <= table.names else table.kind


def mission_energy(table: Table, name: str) -> MissionEnergy | None:
    """Return what the table's mission means by a column, or None if it is not known."""
    for known in MISSION_ENERGIES:
        is_column = (known.mission, known.column) == (table.mission, name.lower())
        if is_column and table.instrument.startswith(known.instrument):
            return known
    return None


CHANNEL = "channel"
"""Stands for a unit if values are channel numbers."""
_SPELLINGS = {
    "ev": "eV", "kev": "keV", "gev": "GeV", "tev": "TeV", "ergs": "erg", "joule": "J", "joules": "J", "hz": "Hz",
    "angstrom": "Angstrom", "angstroms": "Angstrom", "degs": "deg", "degree": "deg", "degrees": "deg",
    "arcmins": "arcmin", "arcminute": "arcmin", "arcminutes": "arcmin", "arcsecs": "arcsec", "arcsecond": "arcsec",
    "arcseconds": "arcsec", "rads": "rad", "radian": "rad", "radians": "rad", "pix": "pixel", "pixels": "pixel",
}  # fmt: skip
"""Real files spell a unit in upper or lower case and in full (``KEV``, ``degrees``, ``0.05 ARCSECONDS``)."""
_MAX_WAVELENGTH = 1e-6
"""[m] A larger unit of length is not one for the wavelength of an X-ray."""
_UNIT = re.compile(
    r"(?:(?P<power>10(?:\*\*|\^)\(?(?P<exponent>[+-]?[0-9]{1,2})\)?)|(?P<factor>[0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]{1,2})?))?"
    r"\s*\*?\s*(?P<name>[A-Za-z]{1,20})"
)
"""A name with a factor. No column here has a unit that is a product or power, and odd ones keep astropy busy."""


@cache
def find_unit(text: str) -> UnitBase | None:
    """Return astropy's unit for a text such as ``keV`` or ``0.05 arcsec``, or None if it is not known."""
    from astropy import units

    match = _UNIT.fullmatch(text.strip())
    if match is None:
        return None
    factor = 10.0 ** int(match["exponent"]) if match["power"] else float(match["factor"] or 1.0)
    # "MEV" means MeV; "meV" and "mev" are left to astropy, for which the first is a thousandth of an eV.
    name = "MeV" if match["name"] in ("MEV", "Mev") else _SPELLINGS.get(match["name"].lower(), match["name"])
    for spelling in (name, name.lower()):
        try:
            return units.Unit(factor * units.Unit(spelling, parse_strict="raise"))
        except (ValueError, TypeError):
            continue
    return None


def is_energy(text: str) -> bool:
    """Whether a unit can be that of a photon's energy, frequency or wavelength."""
    from astropy import units

    unit = find_unit(text)
    if unit is None:
        return False
    if unit.is_equivalent(units.m):
        return unit.to(units.m) <= _MAX_WAVELENGTH
    return unit.is_equivalent(units.keV) or unit.is_equivalent(units.Hz)


def same_energy_unit(one: str, other: str) -> bool:
    """Whether two units of energy are the same, however they are spelt."""
    first, second = find_unit(one), find_unit(other)
    return first.is_equivalent(second) and abs(first.to(second) - 1) < 1e-9


def degrees_of(text: str) -> float | None:
    """Return the size of a unit of angle [deg], or None if the unit is not an angle."""
    from astropy import units

    unit = find_unit(text)
    return float(unit.to(units.deg)) if unit is not None and unit.is_equivalent(units.deg) else None


def row_filters(table: Table, event: Sequence[Column], options: IngestOptions) -> list[RowFilter]:
    """Return the filters that a table is read with; ``event`` is its columns of x, y and energy.

    The options say whether source ids, grades and good times decide; what the mission writes beside its events is
    always left out.
    """
    filters = []
    if options.background_source_ids:
        filters.append(background_filter(table, options.background_source_ids))
    if options.good_grades:
        found = grade_filter(table)
        if found is None:
            msg = (
                f"{table.path}: table {table.name}: good grades are asked for, but mission"
                f" {table.mission or 'not given'} with columns {table.shown_names} has none that are known; leave"
                " good_grades (--good-grades) out"
            )
            raise InputError(msg)
        filters.append(found)
    if options.gti:
        filters.append(good_times_filter(options.gti, table))
    return [*filters, *_convention_filters(table, *event)]


def background_filter(table: Table, source_ids: tuple[int, ...]) -> RowFilter:
    """Return the filter that leaves out the rows of some source ids."""
    column = table.need("SRC_ID")
    reason = f"{column.name} {', '.join(map(str, source_ids))}: background"
    return RowFilter(reason, (column,), lambda ids: ~np.isin(ids, source_ids))


def grade_filter(table: Table) -> RowFilter | None:
    """Return the filter for the mission's :data:`GOOD_GRADES`, or None if the table has no grades that are known."""
    for of, name, values in GOOD_GRADES:
        applies = "signal" in table.names if of == "sixte" else table.mission == of
        column = table.find(name) if applies else None
        if column is None:
            continue
        if values is None:
            return RowFilter(f"{column.name} below 0", (column,), lambda grades: grades >= 0)
        reason = f"{column.name} other than {', '.join(map(str, values))}"
        return RowFilter(reason, (column,), lambda grades, values=values: np.isin(grades, values))
    return None


def _convention_filters(table: Table, x: Column, y: Column, energy: Column) -> list[RowFilter]:
    """Return the filters of rows that the mission writes beside its events.

    eROSITA: a row with a negative PI is a further pixel of an event that has a row of its own. XMM: an event with X
    and Y of -99999999 has no position.
    """
    filters = []
    if table.mission == "erosita" and energy.name.upper() == "PI":
        filters.append(RowFilter(f"{energy.name} negative: secondary pixels", (energy,), lambda pi: ~(pi < 0)))
    is_xmm = table.mission == "xmm" or table.value("REFXCTYP", or_of_file=True) is not None
    if is_xmm and (x.name.upper(), y.name.upper()) == ("X", "Y"):
        # A TNULL of this value has become NaN; in single precision the value is lower by 8.
        is_null = table.value(f"TNULL{x.number}") == _NO_POSITION

        def is_placed(*place: NDArray) -> NDArray[np.bool_]:
            lost = [np.abs(np.asarray(values, np.float64) - _NO_POSITION) < 10 for values in place]
            return ~np.logical_or.reduce([*lost, *(np.isnan(values) for values in place if is_null)])

        filters.append(RowFilter(f"{x.name}, {y.name} of {_NO_POSITION}: no position", (x, y), is_placed))
    return filters
