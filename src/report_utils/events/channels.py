"""From numbers of channels (PI, PHA) to keV.

A mission's relation (:data:`report_utils.events.missions.MISSION_ENERGIES`) and a stated one are
``E = offset + step * channel``, the nominal energy of a channel. An EBOUNDS table gives the two edges of each channel
instead, and the middle is taken. The two differ by half a channel at most (0.02 keV for NuSTAR and IXPE, 5 eV or less
for the others).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from report_utils.errors import InputError, printable
from report_utils.events.event_files import Table, fits_tables_of
from report_utils.events.missions import energies_in_kev, is_energy


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
        # In eV the steps are short decimals, so that channel 85 of NuSTAR is 5 keV to the bit.
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
        CHANTYPE in lower case, "pi" or "pha", or "" if the table does not say.
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
        """Return the energies of channels, (n,) [keV]; NaN for a channel that the table lacks."""
        channels = np.asarray(channels, np.float64)
        place = np.minimum(np.searchsorted(self.channel, channels), len(self.channel) - 1)
        return np.where(self.channel[place] == channels, self.kev[place], np.nan)

    def __str__(self) -> str:
        """Return where the relation comes from."""
        return f"the middle of each channel in EBOUNDS of {self.path.name}"


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
    return _read(tables[0]) if tables else None


def _read(table: Table) -> Ebounds:
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
