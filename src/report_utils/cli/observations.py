"""Commands on observations: event files, archives, and the observations of a profile."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from report_utils.cli.app import BAD_INPUT, OBSERVATIONS, MinutesOption, ProfileOption, app, complain, limited_to, say
from report_utils.cli.event_options import file_path, takes_event_options
from report_utils.errors import InputError, printable
from report_utils.events.ingest_options import AGN, CATALOGUE, CLEANING, COLUMNS, THINNING, IngestOptions

if TYPE_CHECKING:
    from report_utils.events import EventList

_PICTURES = (".png", ".pdf", ".svg")
_FAULTS_SHOWN = 20
"""Of a catalogue, one a line: a wrong unit is a fault of every row."""


@app.command(rich_help_panel=OBSERVATIONS)
def simulate(
    folder: Annotated[Path, typer.Argument(help="Where event files and catalogue.csv go.")],
    number: Annotated[int, typer.Option("--number", "-n", min=1, help="How many observations.")] = 48,
    seed: Annotated[int, typer.Option(min=0, max=2**63 - 1, metavar="NUMBER", help="Seed of the simulation.")] = 626,
) -> None:
    """Simulate observations as FITS files with a catalogue."""
    from report_utils.events import export_observations
    from report_utils.simulation import simulate_observation

    catalogue = export_observations((simulate_observation(seed, index) for index in range(number)), folder)
    typer.echo(f"{number} observations and their catalogue: {catalogue}")


@app.command(rich_help_panel=OBSERVATIONS)
@takes_event_options(COLUMNS, CLEANING, AGN, THINNING, CATALOGUE)
def ingest(
    catalogue: Annotated[
        Path,
        typer.Argument(
            parser=file_path, metavar="CATALOGUE", help="CSV or Parquet with cluster_id, log10_mass, events."
        ),
    ],
    options: IngestOptions,
    out: Annotated[Path, typer.Option("--out", "-o", help="The archive; an existing one is updated.")],
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; default: one per core.")] = None,
) -> None:
    """Read the event lists of a catalogue into an archive.

    A bad file does not stop the others; it is reported at the end, with exit status 2.
    """
    from report_utils.events import ingest as ingest_catalogue
    from report_utils.events.catalogue import CatalogueError

    try:
        report = ingest_catalogue(catalogue, out, options, workers=workers)
    except CatalogueError as error:
        for fault in error.faults[:_FAULTS_SHOWN]:
            complain(fault)
        if len(error.faults) > _FAULTS_SHOWN:
            more = len(error.faults) - _FAULTS_SHOWN
            complain(f"{catalogue}: and {more} more faults; correct these first")
        raise typer.Exit(BAD_INPUT) from None
    say(report, err=bool(report.failures))
    raise typer.Exit(report.exit_status)


@app.command(rich_help_panel=OBSERVATIONS)
def export(
    places: Annotated[list[Path], typer.Argument(metavar="[ARCHIVE] FOLDER", help="From an archive to a folder.")],
    profile: Annotated[
        str | None, typer.Option("--profile", "-p", help="Export the observations of a profile.")
    ] = None,
    agn_less: Annotated[bool, typer.Option(help="Write AGN-less lists too.")] = True,
    gzipped: Annotated[bool, typer.Option("--gzip", help="Compress the files.")] = False,
) -> None:
    """Write observations as FITS files with a catalogue.

    Their layout is SIXTE's. An archive does not keep where on the sky a field was: positions lie about RA 180, DEC 0.
    """
    from report_utils.events import export_observations, open_archive

    if len(places) != (1 if profile else 2):
        msg = "export needs an archive and a folder, or --profile and a folder"
        raise InputError(msg)
    if profile is None:
        observations = open_archive(places[0])
    else:
        from report_utils.binning.observations import Observations
        from report_utils.profiles import load_profile

        observations = Observations.of(load_profile(profile)).pairs()
    typer.echo(f"catalogue: {export_observations(observations, places[-1], agn_less=agn_less, gzipped=gzipped)}")


@app.command(rich_help_panel=OBSERVATIONS)
@takes_event_options(COLUMNS, CLEANING, without=("drop_invalid",))
def inspect(
    files: Annotated[list[Path], typer.Argument(parser=file_path, metavar="FILES", help="Event files.")],
    options: IngestOptions,
    image: Annotated[Path | None, typer.Option(help="Draw the bands of one file.")] = None,
) -> None:
    """Say what event files hold and how they would be read.

    A bad file does not stop the others; the exit status is then 2.
    """
    from report_utils.events import inspect_events

    if image is not None and len(files) > 1:
        msg = f"--image {image} is for one file, but there are {len(files)}; inspect them one by one"
        raise InputError(msg)
    n_failed = 0
    for number, file in enumerate(files):
        if number:
            typer.echo()
        try:
            found = inspect_events(file, options)
        except InputError as error:
            n_failed += 1
            complain(error)
            continue
        say(found)
        if image is not None:
            _draw_bands(found.events, file.name, image)
            typer.echo(f"picture: {image}")
    raise typer.Exit(BAD_INPUT if n_failed else 0)


def _draw_bands(events: EventList, title: str, path: Path) -> None:
    """Draw the report's bands as Figure 4 does, into the file that a path names."""
    from matplotlib import rc_context

    from report_utils.binning import band_counts
    from report_utils.files.disk import clear_disk_errors, whole_file
    from report_utils.report.figures import band_images
    from report_utils.report.figures.style import use_book_style

    if path.suffix.lower() not in _PICTURES:
        msg = f"{path}: pictures are written as {', '.join(_PICTURES)}; choose a name with one of these endings"
        raise InputError(msg)
    with rc_context(), clear_disk_errors(path, "--image"), whole_file(path) as temporary:
        use_book_style()
        figure = band_images([band_counts(events)], [printable(title, 24)])
        figure.savefig(temporary, format=path.suffix[1:].lower(), dpi=130)


@app.command(rich_help_panel=OBSERVATIONS)
def observations(profile: ProfileOption = None, minutes: MinutesOption = None) -> None:
    """Simulate or read a profile's observations and bin them."""
    from report_utils.reproduction.one_profile import Reproduction

    reproduction = Reproduction(profile)
    with limited_to(minutes):
        for edges_kev in reproduction.counted_edges_kev:
            dataset = reproduction.binned(edges_kev)
            typer.echo(f"{len(dataset.catalogue)} observations in {dataset.run.folder}")
