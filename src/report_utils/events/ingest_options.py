"""All that a user can state about event lists: columns and units, what is left out, AGN, thinning, files.

Each option is one field of :class:`IngestOptions`: its name, type, limits, help and place in the help of the command
line, which makes its options from these fields. A catalogue states some of them row by row.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from report_utils.errors import InputError
from report_utils.events.energies import read_ebounds
from report_utils.events.gti import IN_FILE
from report_utils.events.missions import CHANNEL, is_energy
from report_utils.files.input_files import real, sha256_of, whole

READER = 5
"""Raised when reading a file gives something new, so that archives are brought up to date."""

COLUMNS, CLEANING, AGN = "Columns and units", "Cleaning (all off)", "AGN-less"
THINNING, CATALOGUE = "Thinning", "Catalogue"

FILE_COLUMNS = ("events", "events_agn_less", "point_sources")
"""Files of an observation: columns of a catalogue, and options for the rows that leave them empty."""
_ABOUT_CATALOGUE = {*FILE_COLUMNS, "hubble_h", "without_masses", "outside_paths"}


def _option(panel: str, text: str, default: Any = None, **more: Any) -> Any:
    """Return a field with its help; ``give`` says what a refused value should have been."""
    shown = {"panel": panel} | {name: more.pop(name) for name in ("give", "metavar") if name in more}
    return Field(default, description=text, json_schema_extra=shown, **more)


def _parsed(parse: Callable[[str], Any], what: str) -> BeforeValidator:
    """Parse text as :mod:`~report_utils.files.input_files` does: Python would read 0_492 as 492."""

    def validate(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        if (found := parse(value)) is None:
            msg = f"not {what}"
            raise ValueError(msg)
        return found

    return BeforeValidator(validate)


def _whole_numbers(text: str) -> tuple[int, ...] | None:
    numbers = tuple(whole(part) for part in text.split(",")) if text else ()
    return None if None in numbers else numbers


def _position(text: str) -> tuple[float, float] | None:
    numbers = tuple(real(part) for part in text.split(","))
    return None if len(numbers) != 2 or None in numbers else numbers


_Number = Annotated[float, _parsed(real, "a number")]
_Whole = Annotated[int, _parsed(whole, "a whole number")]
_Ids = Annotated[tuple[int, ...], _parsed(_whole_numbers, "a list of whole numbers")]
_Position = Annotated[tuple[float, float], _parsed(_position, "a position")]
_PathText = Annotated[str, BeforeValidator(lambda value: str(value) if isinstance(value, Path) else value)]


class IngestOptions(BaseModel):
    """What a user states about event lists in place of letting names and mission decide; nothing by default.

    The help of each field is one line. What it cannot say:

    - ``x`` and ``y`` without ``pixel_arcsec`` are RA and DEC [deg] if they are called so, and need a TCDLT otherwise.
    - Energies of channels are ``channel_offset_kev + channel_kev * channel``, or the middles in the RMF's EBOUNDS.
    - ``table="all"`` reads all tables called EVENTS as one list.
    - ``drop_invalid`` leaves out and counts rows that cannot be used; without it such a list is refused.
    - ``gti="file"`` keeps each file's own good time intervals; otherwise it is the path of a FITS file with them.
    - The region is cut about ``region_centre``, the centre in a catalogue's row, or the events' own
      (:func:`~report_utils.events.reading.median_centre`).
    - An AGN-less list comes from ``events_agn_less``, from masking ``point_sources``, or from leaving out
      ``agn_source_ids``; the first that a cluster has is taken.
    - ``thin_seed`` and a cluster's name decide which events stay (:mod:`report_utils.events.thinning`).
    - ``events``, ``events_agn_less`` and ``point_sources`` are paths or patterns for rows of a catalogue that name no
      such file, relative to the working folder; ``{cluster_id}`` in them is the row's.

    Raises
    ------
    InputError
        If a value means nothing, or two contradict each other.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    x: str | None = _option(COLUMNS, "Column of x, or RA.")
    y: str | None = _option(COLUMNS, "Column of y, or DEC.")
    energy: str | None = _option(COLUMNS, "Column of energies.")
    energy_unit: str | None = _option(COLUMNS, "keV, eV, MeV, Angstrom, ... or channel.")
    pixel_arcsec: _Number | None = _option(
        COLUMNS, "Size of a unit of x and y, in arcsec.", gt=0, give="arcsec per pixel, for example 0.492"
    )
    channel_kev: _Number | None = _option(
        COLUMNS, "Width of a channel, in keV.", gt=0, give="keV per channel, for example 0.04"
    )
    channel_offset_kev: _Number | None = _option(
        COLUMNS, "Energy of channel 0, in keV; default: 0.", give="keV of channel 0, for example 1.6"
    )
    rmf: _PathText | None = _option(COLUMNS, "RMF with the energies of channels.")
    table: str | int | None = _option(COLUMNS, "Name or number of the table, or all.")

    drop_invalid: bool = _option(CLEANING, "Leave out unusable rows.", default=False)
    energy_min: _Number | None = _option(CLEANING, "Lowest energy, in keV.", ge=0, give="keV, for example 0.5")
    energy_max: _Number | None = _option(CLEANING, "Highest energy, in keV.", ge=0, give="keV, for example 7")
    good_grades: bool = _option(CLEANING, "Keep recommended grades only.", default=False)
    gti: _PathText = _option(CLEANING, "Good times: 'file', or a FITS file.", default="")
    region_arcsec: _Number | None = _option(
        CLEANING, "Radius of the region, in arcsec.", gt=0, give="arcsec, for example 300"
    )
    region_centre: _Position | None = _option(
        CLEANING,
        "Its centre; default: the events' own.",
        metavar="RA,DEC",
        give="RA,DEC [deg], for example 210.25,2.88",
    )
    background_source_ids: _Ids = _option(
        CLEANING,
        "SRC_IDs of background to leave out.",
        default=(),
        metavar="IDS",
        give="whole numbers with commas between them, for example -1,7",
    )
    drop_repeated: bool = _option(CLEANING, "Leave out repeated events.", default=False)

    agn_source_ids: _Ids = _option(
        AGN,
        "SRC_IDs that are AGN, such as 2,3.",
        default=(),
        metavar="IDS",
        give="whole numbers with commas between them, for example 2,3",
    )
    point_sources: _PathText | None = _option(AGN, "Positions and radii to mask, FITS or CSV.")
    events_agn_less: str | None = _option(AGN, "AGN-less lists; a pattern as in --events.")

    max_events: _Whole | None = _option(
        THINNING,
        "Keep at most this many events of each.",
        ge=1,
        give="a number of events, 1 or more",
    )
    thin_seed: _Whole = _option(THINNING, "Seed of the random choice.", default=0, ge=0, give="a number, 0 or more")

    events: str | None = _option(CATALOGUE, "Lists, such as 'lists/{cluster_id}_*.fits*'.")
    hubble_h: _Number | None = _option(CATALOGUE, "h of masses in the column mass_msun_h.", give="h, for example 0.7")
    without_masses: bool = _option(CATALOGUE, "Masses may be missing, for predictions.", default=False)
    outside_paths: bool = _option(CATALOGUE, "Files may lie outside its folder.", default=False)

    def __init__(self, **stated: Any) -> None:
        try:
            super().__init__(**stated)
        except ValidationError as error:
            raise InputError(_in_one_line(error)) from None

    @model_validator(mode="after")
    def _check(self) -> IngestOptions:
        if (self.x is None) != (self.y is None):
            msg = "name both position columns, x and y, or neither"
            raise InputError(msg)
        if self.energy_unit not in (None, "keV", "eV", CHANNEL) and not is_energy(self.energy_unit):
            msg = (
                f"energy_unit={self.energy_unit!r} is not known; use 'keV' or 'eV', another unit of energy such as"
                f" 'MeV', or {CHANNEL!r}"
            )
            raise InputError(msg)
        if self.channel_offset_kev is not None and self.channel_kev is None:
            msg = f"channel_offset_kev={self.channel_offset_kev!r} needs a width too; give channel_kev=KEV"
            raise InputError(msg)
        if self.rmf is not None and self.channel_kev is not None:
            msg = "an RMF and a width of channels are both stated; give one of them"
            raise InputError(msg)
        if self.states_channels and self.energy_unit not in (None, CHANNEL):
            msg = f"channels are stated, and energies in {self.energy_unit}; give one of them"
            raise InputError(msg)
        low, high = self.energy_min or 0.0, self.energy_max
        if high is not None and high <= low:
            msg = f"energy_min={low:g} and energy_max={high:g} [keV] leave no events; energy_max must be larger"
            raise InputError(msg)
        centre = self.region_centre
        if centre is not None and self.region_arcsec is None:
            msg = f"region_centre={centre!r} is given without a radius; give region_arcsec=ARCSEC as well"
            raise InputError(msg)
        if centre is not None and not (abs(centre[0]) <= 360 and abs(centre[1]) <= 90):
            msg = f"region_centre={centre!r} is not a place on the sky; give RA,DEC [deg]"
            raise InputError(msg)
        if self.gti.endswith(("/", "/.")):
            msg = f"gti={self.gti!r} names a folder; name the FITS file in it"
            raise InputError(msg)
        both = sorted(set(self.agn_source_ids) & set(self.background_source_ids))
        if both:
            msg = f"source id {both[0]} is named as AGN and as background; it can be only one of them"
            raise InputError(msg)
        if self.agn_source_ids and self.point_sources:
            msg = "source ids and positions to mask are both stated as AGN; choose one of them"
            raise InputError(msg)
        return self

    @property
    def states_channels(self) -> bool:
        """Whether energies are stated to be numbers of channels."""
        return self.energy_unit == CHANNEL or self.channel_kev is not None or self.rmf is not None

    @property
    def _gti_file(self) -> Path | None:
        return None if self.gti in ("", IN_FILE) else Path(self.gti)

    def check_files(self) -> None:
        """Refuse files that cannot be read, once, before every observation is refused for them.

        Raises
        ------
        InputError
        """
        if self.rmf is not None:
            read_ebounds(self.rmf)
        if self._gti_file is not None:
            sha256_of(self._gti_file)

    def with_changes(self, **stated: Any) -> IngestOptions:
        """Return these options with others in the place of some, checked again."""
        return IngestOptions(**{name: getattr(self, name) for name in self.model_fields_set} | stated)

    def digest_text(self, point_sources: Path | None) -> str:
        """Return JSON that is the same where everything that decides an observation's events is, its lists aside.

        Raises
        ------
        InputError
            If a file that they depend on cannot be read.
        """
        said = self.model_dump(mode="json", exclude=_ABOUT_CATALOGUE)
        said["agn_source_ids"] = sorted(set(self.agn_source_ids))
        if self.max_events is None:
            del said["thin_seed"]
        files = {"rmf": self.rmf, "gti": self._gti_file, "point_sources": point_sources}
        said["sha256"] = {name: sha256_of(Path(file)) for name, file in files.items() if file is not None}
        return json.dumps({**said, "reader": READER}, sort_keys=True)


def _in_one_line(error: ValidationError) -> str:
    """Return the first fault, as ``name=value: what is wrong; what to give``."""
    first = error.errors(include_url=False)[0]
    said = first.get("ctx", {}).get("error")
    if isinstance(said, InputError):  # of several fields
        return str(said)
    name = str(first["loc"][0])
    if name not in IngestOptions.model_fields:
        return f"option {name!r} is not known; the options are {', '.join(IngestOptions.model_fields)}"
    reason = str(said or first["msg"])
    give = (IngestOptions.model_fields[name].json_schema_extra or {}).get("give")
    wanted = f"; give {give}" if give else ""
    return f"{name}={first['input']!r}: {reason[:1].lower()}{reason[1:]}{wanted}"
