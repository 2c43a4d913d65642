"""What a row of a catalogue states about its event list, in the place of what is stated about all rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from report_utils.errors import InputError
from report_utils.events.ingest_options import IngestOptions
from report_utils.events.units import CHANNEL
from report_utils.files.plain_numbers import real

STATED_COLUMNS = (
    "x", "y", "energy", "energy_unit", "rmf", "table", "pixel_arcsec", "channel_kev", "channel_offset_kev",
)  # fmt: skip
CENTRE_COLUMNS = ("ra_centre", "dec_centre")


def row_options(
    record: dict[str, str], stated: IngestOptions, rmf: Path | None, centre: tuple[float, float] | None
) -> IngestOptions:
    """Return the options of a row: what it states, and what is stated about all rows where it is silent.

    Raises
    ------
    InputError
        The reason alone; the caller knows row and column.
    """
    said: dict[str, Any] = {name: record[name] for name in STATED_COLUMNS if record.get(name)}
    for name in ("x", "y", "energy"):
        if name in said and real(said[name]) is not None:
            msg = (
                f"{name}={said[name]!r} names no column; the catalogue's columns x, y and energy name columns of an"
                " event list, for example RA: rename them if they mean something else"
            )
            raise InputError(msg)
    if "rmf" in said:
        said["rmf"] = rmf
    if centre is not None and stated.region_arcsec is not None:
        said["region_centre"] = centre
    return stated.with_changes(**dict.fromkeys(_overruled(said)), **said) if said else stated


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
