"""Which column of a table holds the energies, and in which unit.

Asked in this order, and each answer held against the others:

1. what the user states (a unit, channels of a width, or an RMF): it wins, whatever the values look like;
2. what the mission documents of the column (:data:`report_utils.events.channels.MISSION_ENERGIES`);
3. what the column's own name says (``energy_kev``, ``Energy [eV]``);
4. its TUNIT, in any unit of energy, frequency or wavelength;
5. for channels, an EBOUNDS table in the same file;
6. the custom of photon lists and of SIXTE: ``ENERGY`` and ``SIGNAL`` without a unit are keV, or eV where their
   median is one that only eV can have.

Two answers that differ are refused, and so is an answer that gives the list a median no X-ray list has.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from report_utils.errors import InputError, printable
from report_utils.events.channels import (
    Ebounds,
    LinearChannels,
    MissionEnergy,
    find_ebounds,
    mission_energy,
    read_ebounds,
)
from report_utils.events.ingest_options import IngestOptions
from report_utils.events.missions import mission
from report_utils.events.table import Column, Table, by_name, plain
from report_utils.events.units import CHANNEL, counts_channels, in_kev, is_energy, same_energy_unit

MEDIANS_KEV = (0.05, 1000.0)
"""[keV] A list whose median lies outside by what the file says of its unit is not read; the first holds where that
is not keV, for small values in keV are mistaken for nothing else."""
MAX_CUSTOM_KEV = 50.0
"""[keV] A column that only custom takes for keV has a median below."""
MIN_CUSTOM_EV = 200.0
"""[eV] A column that only custom takes for keV, with a median above, holds eV; between the two it is not guessed."""
NAMED_UNITS = ("keV", "eV", "MeV", "GeV", "TeV", "erg", "Hz", "Angstrom")
_STATE = (
    "state the energy unit (energy_unit='keV' or 'eV'; --energy-unit), or for channels their width in keV"
    " (--energy-unit channel --channel-kev 0.04 --channel-offset-kev 1.6) or their RMF (--rmf FILE)"
)


@dataclass(frozen=True)
class Energies:
    """How a column becomes energies.

    Parameters
    ----------
    column : Column
    unit : str
        A unit of energy, frequency or wavelength, or "channel".
    by : "request", "mission", "name", "unit", "ebounds" or "custom"
        What decided the unit; "unit" is TUNIT.
    channels : LinearChannels or Ebounds, or None where the unit is no channel
    why : str
        For a reader.
    """

    column: Column
    unit: str
    by: Literal["request", "mission", "name", "unit", "ebounds", "custom"]
    why: str
    channels: LinearChannels | Ebounds | None = None

    def in_kev(self, values: NDArray) -> NDArray[np.floating]:
        """Return energies, (n,) [keV], of a column's values, in the precision of the file."""
        values = in_kev(values, self.unit) if self.channels is None else self.channels.in_kev(values)
        return values.astype(self.column.dtype, copy=False)

    def faults(self, values: NDArray) -> dict[str, NDArray[np.bool_]]:
        """Return reason -> (n,) bool, for the values that are no channel of an EBOUNDS table."""
        if not isinstance(self.channels, Ebounds):
            return {}
        lost = np.isfinite(values) & np.isnan(self.channels.in_kev(values))
        what = f"column {self.column.name!r} is a channel that EBOUNDS of {self.channels.path.name} lacks"
        return {what: lost} if lost.any() else {}

    def __str__(self) -> str:
        """Return how energies were decided."""
        unit = f"channels, {self.channels}" if self.channels else self.unit
        return f"energy: {self.column.name} [{unit}] {self.why}"


def decide_energies(table: Table, options: IngestOptions) -> Energies:
    """Decide the column of energies and its unit.

    Raises
    ------
    InputError
        If there is none, or its unit cannot be decided.
    """
    if options.states_channels:
        return _stated_channels(table, options)
    column = table.need(options.energy) if options.energy is not None else _column(table)
    if options.energy_unit is not None:
        return Energies(column, options.energy_unit, "request", "as stated")
    return _from_file(table, column)


def settle(energies: Energies, median: float, path: object) -> Energies:
    """Hold the unit against the median of the column's values.

    Raises
    ------
    InputError
        If nothing but custom decided the unit and the values leave it open, or if the file itself gives the list a
        median that no X-ray list has.
    """
    if energies.by == "request" or not math.isfinite(median):
        return energies
    name, unit, custom = energies.column.name, energies.unit, energies.by == "custom"
    if custom and median > MIN_CUSTOM_EV:
        why = f"taken for eV, for its median of {median:.5g} cannot be keV and nothing states the unit"
        return replace(energies, unit="eV", why=why)
    kev = float(energies.in_kev(np.array([median]))[0])
    low, high = MEDIANS_KEV
    if custom and kev > MAX_CUSTOM_KEV:
        msg = f"{path}: column {name!r}: nothing says its unit, and a median of {median:.4g} may be keV or eV; {_STATE}"
        raise InputError(msg)
    if not math.isfinite(kev) or ((kev >= low or unit == "keV") and kev <= high):
        return energies
    says = {
        "mission": "the mission says",
        "name": "its name says",
        "unit": "TUNIT says",
        "ebounds": "EBOUNDS takes it for",
        "custom": "it is taken for",
    }[energies.by]
    other = {("eV", True): "keV", ("keV", False): "eV"}.get((unit, kev < low), "another unit")
    msg = f"{path}: column {name!r}: {says} {unit}, but a median of {median:.4g} looks like {other}; {_STATE}"
    raise InputError(msg)


def _column(table: Table) -> Column:
    found = [column for name in ("energy", "signal", "pi") if (column := by_name(table, name, NAMED_UNITS))]
    if found:
        return found[0]
    pha = by_name(table, "pha", ())
    if pha is not None:
        return pha
    lacks = f"it has {table.column_names}"
    msg = (
        f"{table.path}: table {table.name}: holds no energies: there is no column 'ENERGY', 'SIGNAL', 'PI' or 'PHA';"
        f" {lacks}; leave this file out, or name the column to use (--energy E --energy-unit keV)"
    )
    raise InputError(msg)


def _stated_channels(table: Table, options: IngestOptions) -> Energies:
    ebounds = None if options.rmf is None else read_ebounds(options.rmf)
    if options.energy is not None:
        column = table.need(options.energy)
    else:
        kinds = (ebounds.kind,) if ebounds is not None and ebounds.kind else ("pi", "pha")
        column = next((found for kind in kinds if (found := by_name(table, kind, ()))), None)
        if column is None:
            names = " or ".join(repr(kind.upper()) for kind in kinds)
            whose = f", which {options.rmf} is for (CHANTYPE)" if len(kinds) == 1 else ""
            msg = (
                f"{table.path}: table {table.name}: there is no column {names} of channels{whose}; it has"
                f" {table.column_names}; name the column (energy=, --energy)"
            )
            raise InputError(msg)
    if ebounds is not None:
        return Energies(column, CHANNEL, "request", "as stated", ebounds)
    if options.channel_kev is not None:
        scale = LinearChannels(options.channel_kev, options.channel_offset_kev or 0.0)
        return Energies(column, CHANNEL, "request", "as stated", scale)
    # Stated are channels, but not their width: the mission or the file has to say it.
    known = mission_energy(table, column.name)
    found = _by_ebounds(table, column)
    if known is not None and found is not None:
        _demand_same_energies(table, column, known, found.channels)
    if found is not None:
        return replace(found, by="request")
    if known is not None:
        return Energies(column, CHANNEL, "request", f"by mission {known.mission}", _scale(known))
    raise _undecided(table, column, "it is stated to hold channels, and nothing says how wide they are")


def _from_file(table: Table, column: Column) -> Energies:
    known = mission_energy(table, column.name)
    named = next((unit for unit in NAMED_UNITS if plain(column.name).endswith(f"_{unit.lower()}")), None)
    text = str(table.value(f"TUNIT{column.number}") or "").strip()
    stated = text if text and is_energy(text) else None
    if known is not None:
        if stated and known.trusts_tunit and not (known.is_ev and same_energy_unit(stated, "eV")):
            means = "eV" if known.is_ev else f"channels ({_scale(known)})"
            raise _contradiction(table, column, f"mission {known.mission} means {means}, and TUNIT says {stated}")
        if known.is_ev:
            return Energies(column, "eV", "mission", "by name and mission")
        found = _by_ebounds(table, column)
        if found is None:
            return Energies(column, CHANNEL, "mission", f"by mission {known.mission}", _scale(known))
        _demand_same_energies(table, column, known, found.channels)
        return found
    if named is not None:
        if stated and not same_energy_unit(stated, named):
            raise _contradiction(table, column, f"its name says {named}, and TUNIT says {stated}")
        return Energies(column, named, "name", "as its name says")
    if stated is not None:
        return Energies(column, stated, "unit", "as TUNIT says")
    name = column.name.lower()
    if name in ("pi", "pha") and mission(table) == "chandra" and table.mission_value("INSTRUME").startswith("hrc"):
        msg = (
            f"{table.path}: table {table.name}: holds no energies, for Chandra's HRC does not measure them; leave this"
            " file out"
        )
        raise InputError(msg)
    if table.conventional and name in ("energy", "signal"):
        if text:
            raise _undecided(table, column, f"TUNIT is {printable(text)!r}, which is no energy")
        return Energies(column, "keV", "custom", "by name")
    if name in ("pi", "pha") or counts_channels(text):
        found = _by_ebounds(table, column)
        if found is not None:
            return found
    raise _undecided(table, column, _what_is_missing(table, name))


def _what_is_missing(table: Table, name: str) -> str:
    if not table.conventional:
        return ""
    if name == "pha":
        return "there is no column 'ENERGY', 'SIGNAL' or 'PI', and PHA counts channels before any gain is corrected"
    of = " ".join(filter(None, (mission(table), table.mission_value("INSTRUME"))))
    return f"mission {printable(of) or 'not given'}; {printable(name.upper())} may be a channel number"


def _by_ebounds(table: Table, column: Column) -> Energies | None:
    """Return how channels are read by the table's own file, or None where it has no bounds for this column."""
    found = find_ebounds(table.path) if table.conventional else None
    if found is None or found.kind not in ("", column.name.lower()):
        return None
    return Energies(column, CHANNEL, "ebounds", "in the same file", found)


def _scale(known: MissionEnergy) -> LinearChannels:
    return LinearChannels(known.step / 1e3, known.offset / 1e3)


def _demand_same_energies(table: Table, column: Column, known: MissionEnergy, found: Ebounds) -> None:
    scale = _scale(known)
    if np.abs(scale.in_kev(found.channel) - found.kev).max() > 1.01 * scale.step:
        what = f"mission {known.mission} means {scale}, and EBOUNDS in the same file says something else"
        raise _contradiction(table, column, what)


def _contradiction(table: Table, column: Column, what: str) -> InputError:
    return InputError(f"{table.path}: column {column.name!r}: {what}; {_STATE}")


def _undecided(table: Table, column: Column, why: str) -> InputError:
    because = f" ({why})" if why else ""
    it_has = f"; it has {table.column_names}" if table.conventional else ""
    return InputError(f"{table.path}: column {column.name!r}: its unit cannot be decided{because}{it_has}; {_STATE}")
