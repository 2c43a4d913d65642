"""Which column of a table holds the energies, in which unit, and how it becomes keV.

The first of these sources that says something decides, and the others must agree with it:

1. what the user states (a unit, channels of a width, or an RMF): it wins, whatever the values look like;
2. what the mission documents about the column (:data:`report_utils.events.missions.MISSION_ENERGIES`);
3. what the column's own name says (``energy_kev``, ``Energy [eV]``);
4. its TUNIT, in any unit of energy, frequency or wavelength;
5. for channels, an EBOUNDS table in the same file;
6. the custom of photon lists and of SIXTE: ``ENERGY`` and ``SIGNAL`` without a unit are keV, or eV if their median
   can only be eV.

A contradiction is refused, and so is a unit that gives the list a median no X-ray list has.

A mission's relation and a stated one give the nominal energy of a channel, ``E = offset + step * channel``. An EBOUNDS
table gives the two edges of each channel instead, and the middle is taken. The two differ by half a channel at most
(0.02 keV for NuSTAR and IXPE, 5 eV or less for the others).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from report_utils.errors import InputError, printable
from report_utils.events.event_files import Column, Table, fits_tables_of
from report_utils.events.missions import (
    CHANNEL,
    MissionEnergy,
    find_unit,
    is_energy,
    mission_energy,
    same_energy_unit,
)

if TYPE_CHECKING:
    from report_utils.events.ingest_options import IngestOptions

MEDIANS_KEV = (0.05, 1000.0)
"""[keV] A list whose median, in the unit that the file gives, lies outside is refused. The lower limit does not apply
to keV: nothing else is mistaken for small values in keV."""
MAX_CUSTOM_KEV = 50.0
"""[keV] Largest median of a column that custom alone takes for keV."""
MIN_CUSTOM_EV = 200.0
"""[eV] With a larger median such a column holds eV; between the two limits nothing is guessed."""
MAX_KEV = 1e4
"""[keV] A larger value is not the energy of an X-ray."""
NAMED_UNITS = ("keV", "eV", "MeV", "GeV", "TeV", "erg", "Hz", "Angstrom")
_COLUMNS = {"energy": NAMED_UNITS, "signal": NAMED_UNITS, "pi": NAMED_UNITS, "pha": ()}
"""The names to look for, in this order, and the units that may follow them."""
_SAYS = {
    "mission": "the mission says",
    "name": "its name says",
    "unit": "TUNIT says",
    "ebounds": "EBOUNDS takes it for",
    "custom": "it is taken for",
}
_STATE = (
    "state the energy unit (energy_unit='keV' or 'eV'; --energy-unit), or for channels their width in keV"
    " (--energy-unit channel --channel-kev 0.04 --channel-offset-kev 1.6) or their RMF (--rmf FILE)"
)
_SAMPLE = 100_000
_CHANNELS = {"chan", "channel", "channels", "ch", "adu", "bin"}
"""TUNIT of channel numbers."""


@dataclass(frozen=True)
class LinearChannels:
    """Channels of one width."""

    step: float  # [keV]
    offset: float = 0.0  # [keV]

    def in_kev(self, channels: NDArray) -> NDArray[np.float64]:
        """Return the energies of channels, (n,) [keV]."""
        # In eV the steps are short decimals, so that channel 85 of NuSTAR is 5 keV to the bit.
        step, offset = round(self.step * 1e3, 9), round(self.offset * 1e3, 9)
        return (np.asarray(channels, np.float64) * step + offset) / 1e3

    def __str__(self) -> str:
        """Return the relation."""
        return f"{self.offset:g} + {self.step:g} keV a channel" if self.offset else f"{self.step:g} keV a channel"


@dataclass(frozen=True, eq=False)
class Ebounds:
    """The channels of an EBOUNDS table."""

    path: Path
    kind: str  # CHANTYPE, "pi" or "pha", or "" if the table does not say
    channel: NDArray[np.int64]  # (n,), ascending
    kev: NDArray[np.float64]  # (n,) [keV], half-way between E_MIN and E_MAX

    def in_kev(self, channels: NDArray) -> NDArray[np.float64]:
        """Return the energies of channels, (n,) [keV]; NaN for a channel that the table lacks."""
        channels = np.asarray(channels, np.float64)
        place = np.minimum(np.searchsorted(self.channel, channels), len(self.channel) - 1)
        return np.where(self.channel[place] == channels, self.kev[place], np.nan)

    def __str__(self) -> str:
        """Return where the relation comes from."""
        return f"the middle of each channel in EBOUNDS of {self.path.name}"


@dataclass(frozen=True)
class Energies:
    """How a column becomes energies."""

    column: Column
    unit: str  # of energy, frequency or wavelength, or "channel"
    by: Literal["user", "mission", "name", "unit", "ebounds", "custom"]  # what decided the unit; "unit" is TUNIT
    why: str  # the same in words
    channels: LinearChannels | Ebounds | None = None  # None if the unit is not a channel

    @property
    def is_guess(self) -> bool:
        """Whether the values alone decided against the customary keV (:meth:`settled`)."""
        return self.by == "custom" and self.unit != "keV"

    def in_kev(self, values: NDArray) -> NDArray[np.floating]:
        """Return energies, (n,) [keV], of a column's values, in the precision of the file."""
        kev = energies_in_kev(values, self.unit) if self.channels is None else self.channels.in_kev(values)
        return kev.astype(self.column.dtype, copy=False)

    def settled(self, values: NDArray, path: object) -> Energies:
        """Compare the unit with the median of the column's values, and return the one to read them in.

        The median is that of the values that can be energies, in evenly spaced rows of a long list.
        """
        sample = values[:: max(1, len(values) // _SAMPLE)]
        sample = sample[np.isfinite(sample) & (sample >= 0)]
        if self.by == "user" or len(sample) == 0:
            return self
        median = float(np.median(sample))
        if self.by == "custom" and median > MIN_CUSTOM_EV:
            why = f"taken for eV: its median of {median:.5g} cannot be keV, and nothing states the unit"
            return replace(self, unit="eV", why=why)
        kev = float(self.in_kev(np.array([median]))[0])
        low, high = MEDIANS_KEV
        if self.by == "custom" and kev > MAX_CUSTOM_KEV:
            msg = (
                f"{path}: column {self.column.name!r}: nothing states its unit, and a median of {median:.4g} may be keV"
                f" or eV; {_STATE}"
            )
            raise InputError(msg)
        if not math.isfinite(kev) or ((kev >= low or self.unit == "keV") and kev <= high):
            return self
        other = {("eV", True): "keV", ("keV", False): "eV"}.get((self.unit, kev < low), "another unit")
        msg = (
            f"{path}: column {self.column.name!r}: {_SAYS[self.by]} {self.unit}, but a median of {median:.4g} looks"
            f" like {other}; {_STATE}"
        )
        raise InputError(msg)

    def faults(self, values: NDArray, kev: NDArray) -> dict[str, NDArray[np.bool_]]:
        """Return reason -> (n,) bool: the rows whose energy cannot be used; values as stored, and in keV."""
        if kev.min() >= 0 and kev.max() <= MAX_KEV:  # false if any value is NaN
            return {}
        finite, column = np.isfinite(kev), f"column {self.column.name!r}"
        faults = {
            f"{column} is not a finite number": ~finite,
            f"{column} is negative": finite & (kev < 0),
            f"{column} is above {MAX_KEV:.0f} keV": finite & (kev > MAX_KEV),
        }
        if isinstance(self.channels, Ebounds):
            lacks = np.isfinite(values) & np.isnan(self.channels.in_kev(values))
            faults = {f"{column} is a channel that EBOUNDS of {self.channels.path.name} lacks": lacks, **faults}
        return {reason: rows for reason, rows in faults.items() if rows.any()}

    def __str__(self) -> str:
        """Return how the energies were decided."""
        unit = f"channels, {self.channels}" if self.channels else self.unit
        return f"energy: {self.column.name} [{unit}] {self.why}"


def energies_in_kev(values: NDArray, text: str) -> NDArray[np.floating]:
    """Return energies, (n,) [keV], of values in a unit of energy, frequency or wavelength."""
    from astropy import units

    if text == "keV":
        return values
    if text == "eV":
        # Division, not multiplication by 0.001: 2500 eV must become exactly 2.5 keV, because bands are right-closed.
        return values / 1000.0
    unit, values = find_unit(text), np.asarray(values, np.float64)
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        if not unit.is_equivalent(units.keV):
            return unit.to(units.keV, values, equivalencies=units.spectral())
        # A power of ten must be exact to the bit, so that 0.0025 MeV becomes exactly 2.5 keV.
        factor = float(f"{unit.to(units.keV):.14g}")
        return values / float(f"{1 / factor:.14g}") if factor < 1 else values * factor


def decide_energies(table: Table, options: IngestOptions) -> Energies:
    """Decide which column holds the energies, and its unit."""
    if options.states_channels:
        return _stated_channels(table, options)
    if options.energy is not None:
        column = table.need(options.energy)
    else:
        found = (table.find(name, units) for name, units in _COLUMNS.items())
        column = next((one for one in found if one is not None), None)
    if column is None:
        msg = (
            f"{table.path}: table {table.name}: holds no energies: there is no column 'ENERGY', 'SIGNAL', 'PI' or"
            f" 'PHA'; it has {table.shown_names}; leave this file out, or name the column to use (--energy E"
            " --energy-unit keV)"
        )
        raise InputError(msg)
    if options.energy_unit is not None:
        return Energies(column, options.energy_unit, "user", "as stated")
    known = mission_energy(table, column.name)
    named = next((unit for unit in NAMED_UNITS if column.plain_name.endswith(f"_{unit.lower()}")), None)
    text = table.unit_of(column)
    stated = text if text and is_energy(text) else None
    if known is not None:
        if stated and known.trusts_tunit and not (known.is_ev and same_energy_unit(stated, "eV")):
            means = "eV" if known.is_ev else f"channels ({_scale(known)})"
            raise _contradiction(table, column, f"mission {known.mission} means {means}, and TUNIT says {stated}")
        if known.is_ev:
            return Energies(column, "eV", "mission", "by name and mission")
        of_mission = Energies(column, CHANNEL, "mission", f"by mission {known.mission}", _scale(known))
        return _by_ebounds(table, column, known) or of_mission
    if named is not None:
        if stated and not same_energy_unit(stated, named):
            raise _contradiction(table, column, f"its name says {named}, and TUNIT says {stated}")
        return Energies(column, named, "name", "as its name says")
    if stated is not None:
        return Energies(column, stated, "unit", "as TUNIT says")
    return _by_ebounds_or_custom(table, column, text)


def _stated_channels(table: Table, options: IngestOptions) -> Energies:
    ebounds = None if options.rmf is None else read_ebounds(options.rmf)
    if options.energy is not None:
        column = table.need(options.energy)
    else:
        kinds = (ebounds.kind,) if ebounds is not None and ebounds.kind else ("pi", "pha")
        column = next((found for kind in kinds if (found := table.find(kind))), None)
        if column is None:
            names = " or ".join(repr(kind.upper()) for kind in kinds)
            whose = f", which {options.rmf} is for (CHANTYPE)" if len(kinds) == 1 else ""
            msg = (
                f"{table.path}: table {table.name}: there is no column {names} of channels{whose}; it has"
                f" {table.shown_names}; name the column (energy=, --energy)"
            )
            raise InputError(msg)
    if ebounds is not None:
        return Energies(column, CHANNEL, "user", "as stated", ebounds)
    if options.channel_kev is not None:
        scale = LinearChannels(options.channel_kev, options.channel_offset_kev or 0.0)
        return Energies(column, CHANNEL, "user", "as stated", scale)
    # Channels are stated, but not their width: the mission or the file has to give it.
    known = mission_energy(table, column.name)
    found = _by_ebounds(table, column, known)
    if found is not None:
        return replace(found, by="user")
    if known is not None:
        return Energies(column, CHANNEL, "user", f"by mission {known.mission}", _scale(known))
    raise _undecided(table, column, "it is stated to hold channels, and nothing gives their width")


def _by_ebounds(table: Table, column: Column, known: MissionEnergy | None) -> Energies | None:
    """Return the energies by EBOUNDS of the table's own file, if there is one; the mission must agree."""
    found = find_ebounds(table.path) if table.is_fits else None
    if found is None or found.kind not in ("", column.name.lower()):
        return None
    if known is not None:
        scale = _scale(known)
        if np.abs(scale.in_kev(found.channel) - found.kev).max() > 1.01 * scale.step:
            what = f"mission {known.mission} means {scale}, and EBOUNDS in the same file says something else"
            raise _contradiction(table, column, what)
    return Energies(column, CHANNEL, "ebounds", "in the same file", found)


def _by_ebounds_or_custom(table: Table, column: Column, unit: str) -> Energies:
    name = column.name.lower()
    if name in ("pi", "pha") and table.mission == "chandra" and table.instrument.startswith("hrc"):
        msg = (
            f"{table.path}: table {table.name}: holds no energies (Chandra's HRC does not measure them); leave this"
            " file out"
        )
        raise InputError(msg)
    if table.is_fits and name in ("energy", "signal"):
        if unit:
            raise _undecided(table, column, f"TUNIT is {printable(unit)!r}, not an energy")
        return Energies(column, "keV", "custom", "by name")
    if (name in ("pi", "pha") or unit.lower() in _CHANNELS) and (found := _by_ebounds(table, column, None)) is not None:
        return found
    of = printable(f"{table.mission} {table.instrument}".strip())
    why = f"mission {of or 'not given'}; {printable(name.upper())} may be a channel number"
    if name == "pha":
        why = "there is no column 'ENERGY', 'SIGNAL' or 'PI', and PHA counts channels before any gain is corrected"
    raise _undecided(table, column, why if table.is_fits else "")


def _scale(known: MissionEnergy) -> LinearChannels:
    return LinearChannels(known.step / 1e3, known.offset / 1e3)


def _contradiction(table: Table, column: Column, what: str) -> InputError:
    return InputError(f"{table.path}: column {column.name!r}: {what}; {_STATE}")


def _undecided(table: Table, column: Column, why: str) -> InputError:
    because = f" ({why})" if why else ""
    it_has = f"; it has {table.shown_names}" if table.is_fits else ""
    return InputError(f"{table.path}: column {column.name!r}: its unit cannot be decided{because}{it_has}; {_STATE}")


def read_ebounds(path: str | Path) -> Ebounds:
    """Read the EBOUNDS table of an RMF or any other FITS file."""
    found = find_ebounds(Path(path))
    if found is None:
        msg = f"{path}: holds no table EBOUNDS (CHANNEL, E_MIN, E_MAX); give the RMF of the observation (rmf=, --rmf)"
        raise InputError(msg)
    return found


def find_ebounds(path: Path) -> Ebounds | None:
    """Return the EBOUNDS table of a file, or None if it has none."""
    tables = [
        table
        for table in fits_tables_of(path)
        if table.name.strip().upper() == "EBOUNDS" and {"channel", "e_min", "e_max"} <= table.names
    ]
    if len(tables) > 1:
        msg = f"{path}: holds {len(tables)} tables EBOUNDS; give a file with the right one alone (rmf=, --rmf)"
        raise InputError(msg)
    return _ebounds_of(tables[0]) if tables else None


def _ebounds_of(table: Table) -> Ebounds:
    where = f"{table.path}: table {table.name}"
    columns = [table.need(name) for name in ("CHANNEL", "E_MIN", "E_MAX")]
    rows = table.read(columns)
    channel, low, high = (rows.values[column.name].astype(np.float64) for column in columns)
    bounds = []
    for column, values in zip(columns[1:], (low, high), strict=True):
        unit = table.unit_of(column) or "keV"
        if not is_energy(unit):
            msg = f"{where}: column {column.name!r}: TUNIT is {printable(unit)!r}, not an energy; correct the file"
            raise InputError(msg)
        bounds.append(energies_in_kev(values, unit))
    order = np.argsort(channel, kind="stable")
    channel, low, high = channel[order], bounds[0][order], bounds[1][order]
    good = np.isfinite(channel) & (channel == np.rint(channel)) & np.isfinite(low) & np.isfinite(high) & (low <= high)
    if not len(channel) or not good.all() or (np.diff(channel) <= 0).any():
        msg = f"{where}: CHANNEL, E_MIN and E_MAX do not list each channel once with E_MIN <= E_MAX; get the file again"
        raise InputError(msg)
    kind = str(table.value("CHANTYPE") or "").strip().lower()
    return Ebounds(table.path, kind if kind in ("pi", "pha") else "", channel.astype(np.int64), (low + high) / 2)
