"""Commands on event files and archives."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from report_utils.cli.app import BAD_INPUT, ProfileOption, app, complain, say
from report_utils.cli.event_options import file_path, takes_event_options
from report_utils.errors import InputError
from report_utils.events.ingest_options import AGN, CATALOGUE, CLEANING, COLUMNS, THINNING, IngestOptions

_FAULTS_SHOWN = 20
"""Of a catalogue, one a line: a wrong unit is a fault of every row."""


@app.command()
def simulate(
    folder: Annotated[Path, typer.Argument(help="Where the event files and their catalogue.csv go.")],
    number: Annotated[int, typer.Option("--number", "-n", min=1, help="How many observations.")] = 48,
    seed: Annotated[int, typer.Option(min=0, max=2**63 - 1)] = 626,
) -> None:
    """Write simulated observations as SIXTE-layout FITS files with a catalogue."""
    from report_utils.events import export_observations
    from report_utils.simulation import simulate_observation

    catalogue = export_observations((simulate_observation(seed, index) for index in range(number)), folder)
    typer.echo(f"{number} observations and their catalogue: {catalogue}")


@app.command()
@takes_event_options(COLUMNS, CLEANING, AGN, THINNING, CATALOGUE)
def ingest(
    catalogue: Annotated[
        Path,
        typer.Argument(
            parser=file_path, metavar="CATALOGUE", help="CSV or Parquet with cluster_id, log10_mass, events."
        ),
    ],
    options: IngestOptions,
    out: Annotated[Path, typer.Option("--out", "-o", help="The archive's folder; an existing one is added to.")],
    workers: Annotated[int | None, typer.Option(min=1, help="Worker processes; by default as many as cores.")] = None,
) -> None:
    """Read the observations of a catalogue into an archive that a profile can name as its source.

    A bad file does not stop the others: it is listed at the end and in the archive's report, with exit status 2.
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


@app.command()
def export(
    places: Annotated[list[Path], typer.Argument(metavar="[ARCHIVE] FOLDER", help="From an archive, to a folder.")],
    profile: Annotated[
        str | None, typer.Option("--profile", "-p", help="Export a profile's observations, simulated or archived.")
    ] = None,
    agn_less: Annotated[bool, typer.Option(help="Whether to write AGN-less lists too.")] = True,
    gzipped: Annotated[bool, typer.Option("--gzip", help="Pack the files.")] = False,
) -> None:
    """Write observations as SIXTE-layout FITS files with a catalogue, for other tools to read.

    Positions are those of the archive, laid about RA 180, DEC 0: an archive does not keep where on the sky a field was.
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


@app.command()
def predict(
    archive: Annotated[Path, typer.Argument(help="An ingested archive; its masses may be missing.")],
    transform: Annotated[str, typer.Option("--transform", "-t", help="Which fits to apply.")],
    profile: ProfileOption = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="A CSV file; standard output without.")] = None,
) -> None:
    """Predict the masses of an archive's observations by the fits that a profile has trained."""
    from report_utils.prediction import predict as predict_masses
    from report_utils.prediction import write_predictions
    from report_utils.reproduction.one_profile import Reproduction

    predictions = predict_masses(archive, transform, Reproduction(profile))
    if out is None:
        typer.echo(predictions.csv(), nl=False)
    else:
        write_predictions(out, predictions)
    for line in predictions.summary():
        typer.echo(line, err=out is None)


@app.command()
@takes_event_options(COLUMNS, CLEANING, without=("drop_invalid",))
def inspect(
    files: Annotated[list[Path], typer.Argument(parser=file_path, metavar="FILES", help="Event files.")],
    options: IngestOptions,
    image: Annotated[Path | None, typer.Option(help="Write a picture of the report's bands, for one file.")] = None,
) -> None:
    """Say what an event file holds, how that was decided, its counts by band, and what is or could be left out.

    A file that cannot be read does not stop the others; the exit status is then 2.
    """
    from report_utils.events import inspect_events

    if image is not None and len(files) > 1:
        msg = f"--image {image} is for one file, and there are {len(files)}; inspect them one by one"
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
            from report_utils.binning import band_counts
            from report_utils.events.inspection import draw_bands

            draw_bands(found, band_counts(found.events), image)
            typer.echo(f"picture: {image}")
    raise typer.Exit(BAD_INPUT if n_failed else 0)
