"""Options on event files that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from report_utils.errors import InputError
from report_utils.files.plain_numbers import real, whole

_COLUMNS, _CLEANING, _AGN, _CATALOGUE = "Columns and units", "Cleaning (all off)", "AGN-less", "Catalogue"


def number(text: str) -> float:
    """Return the number of a text such as ``0.492``; Python would read 0_492 as 492.

    Raises
    ------
    typer.BadParameter
        If it is none.
    """
    value = real(text)
    if value is None:
        msg = f"{text!r} is not a number; write digits with a decimal point, for example 0.5"
        raise typer.BadParameter(msg)
    return value


XOption = Annotated[str | None, typer.Option("--x", help="Column of x, or RA.", rich_help_panel=_COLUMNS)]
YOption = Annotated[str | None, typer.Option("--y", help="Column of y, or DEC.", rich_help_panel=_COLUMNS)]
EnergyOption = Annotated[str | None, typer.Option("--energy", help="Column of energies.", rich_help_panel=_COLUMNS)]
EnergyUnitOption = Annotated[
    str | None,
    typer.Option("--energy-unit", help="Its unit: keV, eV, MeV, Angstrom, ..., or channel.", rich_help_panel=_COLUMNS),
]
ChannelOption = Annotated[
    float | None,
    typer.Option("--channel-kev", parser=number, help="Width of a channel, in keV.", rich_help_panel=_COLUMNS),
]
ChannelOffsetOption = Annotated[
    float | None,
    typer.Option(
        "--channel-offset-kev", parser=number, help="Energy of channel 0, in keV; 0 without.", rich_help_panel=_COLUMNS
    ),
]
RmfOption = Annotated[
    str | None,
    typer.Option("--rmf", help="RMF whose EBOUNDS give the energies of channels.", rich_help_panel=_COLUMNS),
]
PixelOption = Annotated[
    float | None,
    typer.Option(
        "--pixel-arcsec", parser=number, help="Size of a unit of x and y, in arcsec.", rich_help_panel=_COLUMNS
    ),
]
TableOption = Annotated[
    str | None,
    typer.Option("--table", help="Name or number of the table in the file, or all.", rich_help_panel=_COLUMNS),
]

DropInvalidOption = Annotated[
    bool,
    typer.Option(
        "--drop-invalid",
        help="Leave out and count events whose values cannot be used, instead of refusing the list.",
        rich_help_panel=_CLEANING,
    ),
]
EnergyMinOption = Annotated[
    float | None, typer.Option(parser=number, help="Leave out events below, in keV.", rich_help_panel=_CLEANING)
]
EnergyMaxOption = Annotated[
    float | None, typer.Option(parser=number, help="Leave out events above, in keV.", rich_help_panel=_CLEANING)
]
GoodGradesOption = Annotated[
    bool,
    typer.Option(
        "--good-grades",
        help="Keep only the grades or patterns that the mission recommends.",
        rich_help_panel=_CLEANING,
    ),
]
GtiOption = Annotated[
    str,
    typer.Option(help="Keep good times: 'file' for each list's own, or a FITS file.", rich_help_panel=_CLEANING),
]
RegionOption = Annotated[
    float | None,
    typer.Option(
        parser=number, help="Keep events this near the cluster's centre, in arcsec.", rich_help_panel=_CLEANING
    ),
]
RegionCentreOption = Annotated[
    str | None,
    typer.Option(
        metavar="RA,DEC",
        help="That centre, in degrees; the row's or the events' own without.",
        rich_help_panel=_CLEANING,
    ),
]
BackgroundIdsOption = Annotated[
    str | None,
    typer.Option(metavar="IDS", help="SRC_IDs, as -1,7, of particle background, left out.", rich_help_panel=_CLEANING),
]

DropRepeatedOption = Annotated[
    bool,
    typer.Option(
        "--drop-repeated",
        help="Leave out events with time, position and energy of an earlier one.",
        rich_help_panel=_CLEANING,
    ),
]

AgnIdsOption = Annotated[
    str | None, typer.Option(metavar="IDS", help="SRC_IDs, as 2,3, that are AGN.", rich_help_panel=_AGN)
]
PointSourcesOption = Annotated[
    str | None, typer.Option(help="List of positions to mask, FITS or CSV with radii.", rich_help_panel=_AGN)
]
AgnLessOption = Annotated[
    str | None, typer.Option("--events-agn-less", help="Second lists, as --events.", rich_help_panel=_AGN)
]

MaxEventsOption = Annotated[
    int | None,
    typer.Option(min=1, help="Keep at most so many events of each, drawn at random.", rich_help_panel="Thinning"),
]
ThinSeedOption = Annotated[int, typer.Option(min=0, help="Decides which.", rich_help_panel="Thinning")]

EventsOption = Annotated[
    str | None,
    typer.Option(
        help="Event list of rows that name none, for example 'lists/{cluster_id}_*evt2.fits*'.",
        rich_help_panel=_CATALOGUE,
    ),
]
HubbleOption = Annotated[
    float | None, typer.Option(parser=number, help="h of masses in a column mass_msun_h.", rich_help_panel=_CATALOGUE)
]
WithoutMassesOption = Annotated[
    bool,
    typer.Option("--without-masses", help="Masses may be missing: for predictions only.", rich_help_panel=_CATALOGUE),
]
OutsidePathsOption = Annotated[
    bool,
    typer.Option("--outside-paths", help="Files may lie outside the catalogue's folder.", rich_help_panel=_CATALOGUE),
]


def ids(option: str, text: str | None) -> tuple[int, ...]:
    """Return the numbers of a list such as ``2,3``.

    Raises
    ------
    InputError
        If it is none.
    """
    found = [whole(part) for part in text.split(",")] if text else []
    if None in found:
        msg = f"{option} {text!r} is no list of whole numbers; separate them by commas, for example 2,3"
        raise InputError(msg)
    return tuple(found)


def place(option: str, text: str | None) -> tuple[float, float] | None:
    """Return the position of a text such as ``210.25,2.88`` [deg], or None.

    Raises
    ------
    InputError
        If it is none.
    """
    if not text:
        return None
    numbers = [real(part) for part in text.split(",")]
    if len(numbers) == 2 and None not in numbers:
        return numbers[0], numbers[1]
    msg = f"{option} {text!r} is no position; give RA,DEC [deg], for example 210.25,2.88"
    raise InputError(msg)


def file_path(text: str) -> Path:
    """Return the path of a file; one that ends with a slash names a folder, and its last part is no file.

    Raises
    ------
    typer.BadParameter
    """
    if text.endswith(("/", "/.")):
        msg = f"{text!r} names a folder; name the file in it"
        raise typer.BadParameter(msg)
    return Path(text)
