"""What the user states about a file."""

from __future__ import annotations

import math
from dataclasses import dataclass

from report_utils.errors import InputError
from report_utils.events.units import CHANNEL, is_energy


@dataclass(frozen=True)
class Request:
    """What the user states about a file instead of letting names and mission decide.

    Parameters
    ----------
    x, y : str, optional
        Position columns: both, or neither.
    energy : str, optional
        Energy column.
    energy_unit : str, optional
        "keV", "eV" or any other unit of energy, frequency or wavelength that astropy knows, or "channel".
    pixel_arcsec : float, optional
        Size of a unit of x and y [arcsec]; x and y named without it are RA and DEC [deg] if they are called
        so, and need a TCDLT otherwise.
    table : str or int, optional
        Name or number of the table in the file, or "all" for all that are called EVENTS, as one list.
    channel_kev, channel_offset_kev : float, optional
        Energies are ``channel_offset_kev + channel_kev * channel`` [keV]; no offset without.
    rmf : str, optional
        Path of an RMF, whose EBOUNDS table gives the energies of channels: the middle of each.
    """

    x: str | None = None
    y: str | None = None
    energy: str | None = None
    energy_unit: str | None = None
    pixel_arcsec: float | None = None
    table: str | int | None = None
    channel_kev: float | None = None
    channel_offset_kev: float | None = None
    rmf: str | None = None

    def __post_init__(self) -> None:
        if (self.x is None) != (self.y is None):
            msg = "name both position columns, x and y, or neither"
            raise InputError(msg)
        if self.energy_unit not in (None, "keV", "eV", CHANNEL) and not is_energy(self.energy_unit):
            msg = (
                f"energy unit {self.energy_unit!r} is not known; use 'keV' or 'eV', another unit of energy such as"
                f" 'MeV', or {CHANNEL!r}"
            )
            raise InputError(msg)
        if self.pixel_arcsec is not None and not (0 < self.pixel_arcsec < math.inf):
            msg = f"pixel size {self.pixel_arcsec!r} is not a size; give arcsec per pixel, for example 0.492"
            raise InputError(msg)
        self._check_channels()

    def _check_channels(self) -> None:
        if self.channel_kev is not None and not (0 < self.channel_kev < math.inf):
            msg = f"width of a channel {self.channel_kev!r} is not a width; give keV per channel, for example 0.04"
            raise InputError(msg)
        if self.channel_offset_kev is not None and not math.isfinite(self.channel_offset_kev):
            msg = f"energy of channel 0 {self.channel_offset_kev!r} is not a number; give keV, for example 1.6"
            raise InputError(msg)
        if self.channel_offset_kev is not None and self.channel_kev is None:
            msg = "the energy of channel 0 is stated, but not the width of a channel; give channel_kev (--channel-kev)"
            raise InputError(msg)
        if self.rmf is not None and self.channel_kev is not None:
            msg = "an RMF and a width of channels are both stated; give one of them"
            raise InputError(msg)
        if self.states_channels and self.energy_unit not in (None, CHANNEL):
            msg = f"channels are stated, and energies in {self.energy_unit}; give one of them"
            raise InputError(msg)

    @property
    def states_channels(self) -> bool:
        """Whether energies are stated to be numbers of channels."""
        return self.energy_unit == CHANNEL or self.channel_kev is not None or self.rmf is not None
