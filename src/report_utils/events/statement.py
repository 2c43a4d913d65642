"""What a user states about a catalogue, as a whole and row by row, instead of letting files decide."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from report_utils.errors import InputError
from report_utils.events.channels import read_ebounds
from report_utils.events.request import Request
from report_utils.events.units import CHANNEL
from report_utils.files.plain_numbers import real

FILE_COLUMNS = ("events", "events_agn_less", "point_sources")
STATED_NUMBERS = {
    "pixel_arcsec": "arcsec per pixel, for example 0.492",
    "channel_kev": "keV per channel, for example 0.04",
    "channel_offset_kev": "keV of channel 0, for example 1.6",
}
STATED_COLUMNS = ("x", "y", "energy", "energy_unit", "rmf", "table", *STATED_NUMBERS)
CENTRE_COLUMNS = ("ra_centre", "dec_centre")


@dataclass(frozen=True)
class Statement:
    """What the user states about a whole catalogue; what a row itself says goes before it.

    Parameters
    ----------
    hubble_h : float, optional
        H0 / (100 km/s/Mpc) of the masses in a column ``mass_msun_h``.
    without_masses : bool
        Whether masses may be missing: such observations can be predicted, not trained on.
    outside_paths : bool
        Whether files that the catalogue names may lie outside its folder.
    files : dict
        For each of :data:`FILE_COLUMNS`, a path or pattern for rows that name none, relative to the working
        folder; ``{cluster_id}`` in it is the row's.
    request : Request
        Columns and units of the event lists.
    """

    hubble_h: float | None = None
    without_masses: bool = False
    outside_paths: bool = False
    files: dict[str, str] = field(default_factory=dict)
    request: Request = field(default_factory=Request)

    def __post_init__(self) -> None:
        unknown = sorted(set(self.files) - set(FILE_COLUMNS))
        if unknown:
            msg = f"files: {unknown[0]!r} is no column of files; use {', '.join(FILE_COLUMNS)}"
            raise InputError(msg)
        if self.request.rmf is not None:
            read_ebounds(self.request.rmf)  # a bad one is said once, and not of every row


def row_request(record: dict[str, str], stated: Request) -> Request:
    """Return what a row states about its event list, and what is stated about all where it is silent.

    Raises
    ------
    InputError
        The reason alone; the caller knows row and column.
    """
    said: dict[str, Any] = {name: record[name] for name in STATED_COLUMNS if record.get(name)}
    for name in ("x", "y", "energy"):
        if name in said and real(said[name]) is not None:
            msg = (
                f"{said[name]!r} names no column; the catalogue's columns x, y and energy name those of an event list,"
                " for example RA: rename them if they mean something else"
            )
            raise InputError(msg)
    for name, what in STATED_NUMBERS.items():
        if name in said:
            number = real(said[name])
            if number is None:
                msg = f"{name} is {said[name]!r}, not a number; give {what}"
                raise InputError(msg)
            said[name] = number
    return replace(stated, **dict.fromkeys(_overruled(said)), **said)


def _overruled(said: dict[str, Any]) -> set[str]:
    """Return what is stated of all rows about the unit of energies, where a row says it in another way."""
    channels = {"channel_kev", "channel_offset_kev"}
    silent = set()
    if said.get("energy_unit", CHANNEL) != CHANNEL:
        silent |= {"rmf", *channels}
    if "rmf" in said:
        silent |= {"energy_unit", *channels}
    if "channel_kev" in said:
        silent |= {"energy_unit", "rmf", *channels}
    return silent - said.keys()


def row_centre(record: dict[str, str]) -> tuple[float, float] | None:
    """Return the centre that a row states, (RA, DEC) [deg], or None.

    Raises
    ------
    InputError
        The reason alone; the caller knows row and column.
    """
    given = [record.get(name, "") for name in CENTRE_COLUMNS]
    if not any(given):
        return None
    ra, dec = (real(text) for text in given)
    if ra is None or dec is None or not (abs(ra) <= 360 and abs(dec) <= 90):
        msg = f"ra_centre and dec_centre are {given[0]!r} and {given[1]!r}; give both [deg], or neither"
        raise InputError(msg)
    return ra, dec
