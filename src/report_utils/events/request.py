"""What the user states about a file."""

from __future__ import annotations

import math
from dataclasses import dataclass

from report_utils.errors import InputError


@dataclass(frozen=True)
class Request:
    """What the user states about a file instead of letting names and mission decide.

    Parameters
    ----------
    x, y : str, optional
        Position columns: both, or neither.
    energy : str, optional
        Energy column.
    energy_unit : "keV" or "eV", optional
    pixel_arcsec : float, optional
        Size of a unit of x and y [arcsec]; x and y named without it are RA and DEC [deg] if they are called
        so, and need a TCDLT otherwise.
    table : str or int, optional
        Name or number of the table in the file.
    """

    x: str | None = None
    y: str | None = None
    energy: str | None = None
    energy_unit: str | None = None
    pixel_arcsec: float | None = None
    table: str | int | None = None

    def __post_init__(self) -> None:
        if (self.x is None) != (self.y is None):
            msg = "name both position columns, x and y, or neither"
            raise InputError(msg)
        if self.energy_unit is not None and self.energy_unit not in ("keV", "eV"):
            msg = f"energy unit {self.energy_unit!r} is not known; use 'keV' or 'eV'"
            raise InputError(msg)
        if self.pixel_arcsec is not None and not (0 < self.pixel_arcsec < math.inf):
            msg = f"pixel size {self.pixel_arcsec!r} is not a size; give arcsec per pixel, for example 0.492"
            raise InputError(msg)
