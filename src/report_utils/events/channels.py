"""From numbers of channels (PI, PHA) to keV: what each mission documents, what a user states, what an RMF holds.

A mission's relation and a stated one are ``E = offset + step * channel``: the nominal energy of a channel. An
EBOUNDS table gives the two edges of each channel instead, and the channel's middle is taken. The two differ by half
a channel at most (0.02 keV for NuSTAR and IXPE, 5 eV and less for the others).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from report_utils.errors import InputError
from report_utils.events.files import first_bytes
from report_utils.events.headers import read_tables
from report_utils.events.missions import mission
from report_utils.events.table import Table, printable
from report_utils.events.units import in_kev, is_energy


@dataclass(frozen=True)
class MissionEnergy:
    """What a column of a mission's event lists holds.

    Parameters
    ----------
    mission, instrument : str
        As :func:`report_utils.events.missions.mission` and the start of INSTRUME; an empty instrument is any.
    column : str
    step, offset : float [eV]
        Energy is offset + step * value; a step of 1 and no offset is an energy in eV.
    trusts_tunit : bool
        Whether a TUNIT that says something else is taken seriously.
    """

    mission: str
    instrument: str
    column: str
    step: float
    offset: float = 0.0
    trusts_tunit: bool = True

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


def mission_energy(table: Table, name: str) -> MissionEnergy | None:
    """Return what the table's mission means by a column, or None where it is not known."""
    of, instrument = mission(table), table.mission_value("INSTRUME")
    for known in MISSION_ENERGIES:
        if (known.mission, known.column) == (of, name.lower()) and instrument.startswith(known.instrument):
            return known
    return None


@dataclass(frozen=True)
class LinearChannels:
    """Channels of one width.

    Parameters
    ----------
    step, offset : float [keV]
    """

    step: float
    offset: float = 0.0

    def in_kev(self, channels: NDArray) -> NDArray[np.float64]:
        """Return the energies of channels, (n,) [keV]."""
        # In eV the steps are short decimals: channel 85 of NuSTAR is 5 keV then, and not one bit more.
        step, offset = round(self.step * 1e3, 9), round(self.offset * 1e3, 9)
        return (np.asarray(channels, np.float64) * step + offset) / 1e3

    def __str__(self) -> str:
        """Return the relation."""
        return f"{self.offset:g} + {self.step:g} keV a channel" if self.offset else f"{self.step:g} keV a channel"


@dataclass(frozen=True, eq=False)
class Ebounds:
    """The channels of an EBOUNDS table.

    Parameters
    ----------
    path : Path
    kind : str
        CHANTYPE in lower case, "pi" or "pha", or "" where the table does not say.
    channel : (n,) int64
        Ascending.
    kev : (n,) float64 [keV]
        The middle of each channel, half-way between E_MIN and E_MAX.
    """

    path: Path
    kind: str
    channel: NDArray[np.int64]
    kev: NDArray[np.float64]

    def in_kev(self, channels: NDArray) -> NDArray[np.float64]:
        """Return the energies of channels, (n,) [keV]; NaN where the table does not have the channel."""
        channels = np.asarray(channels, np.float64)
        place = np.minimum(np.searchsorted(self.channel, channels), len(self.channel) - 1)
        return np.where(self.channel[place] == channels, self.kev[place], np.nan)

    def __str__(self) -> str:
        """Return where the relation comes from."""
        return f"the middle of each channel in EBOUNDS of {self.path.name}"


def read_ebounds(path: str | Path) -> Ebounds:
    """Read the EBOUNDS table of an RMF or any other FITS file.

    Raises
    ------
    InputError
        If the file holds no such table, or several, or its values are no channels.
    """
    found = find_ebounds(Path(path))
    if found is None:
        msg = f"{path}: holds no table EBOUNDS (CHANNEL, E_MIN, E_MAX); give the RMF of the observation (rmf=, --rmf)"
        raise InputError(msg)
    return found


def find_ebounds(path: Path) -> Ebounds | None:
    """Return the EBOUNDS table of a file, or None where it has none."""
    if not first_bytes(path)[0].startswith(b"SIMPLE"):
        return None
    tables = [
        table
        for table in read_tables(path)
        if table.name.strip().upper() == "EBOUNDS" and {"channel", "e_min", "e_max"} <= table.columns.keys()
    ]
    if len(tables) > 1:
        msg = f"{path}: holds {len(tables)} tables EBOUNDS; give a file with the one that holds (rmf=, --rmf)"
        raise InputError(msg)
    return _read(tables[0]) if tables else None


def _read(table: Table) -> Ebounds:
    where = f"{table.path}: table {table.name}"
    columns = [table.need(name) for name in ("CHANNEL", "E_MIN", "E_MAX")]
    rows = table.read(columns)
    channel, low, high = (rows.values[column.name].astype(np.float64) for column in columns)
    bounds = []
    for column, values in zip(columns[1:], (low, high), strict=True):
        unit = str(table.value(f"TUNIT{column.number}") or "keV").strip()
        if not is_energy(unit):
            msg = f"{where}: column {column.name!r}: TUNIT is {printable(unit)!r}, which is no energy; correct the file"
            raise InputError(msg)
        bounds.append(in_kev(values, unit))
    order = np.argsort(channel, kind="stable")
    channel, low, high = channel[order], bounds[0][order], bounds[1][order]
    good = np.isfinite(channel) & (channel == np.rint(channel)) & np.isfinite(low) & np.isfinite(high) & (low <= high)
    if not len(channel) or not good.all() or (np.diff(channel) <= 0).any():
        msg = f"{where}: CHANNEL, E_MIN and E_MAX are no channels, each once, with E_MIN <= E_MAX; get the file again"
        raise InputError(msg)
    kind = str(table.value("CHANTYPE") or "").strip().lower()
    return Ebounds(table.path, kind if kind in ("pi", "pha") else "", channel.astype(np.int64), (low + high) / 2)
