"""Commands on event files and archives."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from report_utils.cli import event_options as opt
from report_utils.cli.app import BAD_INPUT, ProfileOption, app, clear_failures, complain, say
from report_utils.errors import InputError

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
def ingest(
    catalogue: Annotated[
        Path,
        typer.Argument(
            parser=opt.file_path, metavar="CATALOGUE", help="CSV or Parquet: cluster_id, log10_mass, events, ..."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="The archive's folder; an existing one is added to.")],
    events: opt.EventsOption = None,
    hubble_h: opt.HubbleOption = None,
    without_masses: opt.WithoutMassesOption = False,
    outside_paths: opt.OutsidePathsOption = False,
    x: opt.XOption = None,
    y: opt.YOption = None,
    energy: opt.EnergyOption = None,
    energy_unit: opt.EnergyUnitOption = None,
    pixel_arcsec: opt.PixelOption = None,
    channel_kev: opt.ChannelOption = None,
    channel_offset_kev: opt.ChannelOffsetOption = None,
    rmf: opt.RmfOption = None,
    table: opt.TableOption = None,
    drop_invalid: opt.DropInvalidOption = False,
    energy_min: opt.EnergyMinOption = None,
    energy_max: opt.EnergyMaxOption = None,
    good_grades: opt.GoodGradesOption = False,
    gti: opt.GtiOption = "",
    region_arcsec: opt.RegionOption = None,
    region_centre: opt.RegionCentreOption = None,
    background_source_ids: opt.BackgroundIdsOption = None,
    drop_repeated: opt.DropRepeatedOption = False,
    agn_source_ids: opt.AgnIdsOption = None,
    point_sources: opt.PointSourcesOption = None,
    events_agn_less: opt.AgnLessOption = None,
    max_events: opt.MaxEventsOption = None,
    thin_seed: opt.ThinSeedOption = 0,
    workers: Annotated[int | None, typer.Option(min=1, help="Worker processes; as many as cores without.")] = None,
) -> None:
    """Read the observations of a catalogue into an archive that a profile can name as its source.

    A bad file does not stop the others: it is listed at the end and in the archive's report, with exit status 2.
    """
    from report_utils.events import Cleaning, Recipe, Request, Statement
    from report_utils.events import ingest as ingest_catalogue
    from report_utils.events.catalogue import CatalogueError

    named = {"events": events, "events_agn_less": events_agn_less, "point_sources": point_sources}
    statement = Statement(
        hubble_h=hubble_h,
        without_masses=without_masses,
        outside_paths=outside_paths,
        files={column: text for column, text in named.items() if text},
        request=Request(x, y, energy, energy_unit, pixel_arcsec, table, channel_kev, channel_offset_kev, rmf),
    )
    background = opt.ids("--background-source-ids", background_source_ids)
    centre = opt.place("--region-centre", region_centre)
    recipe = Recipe(
        invalid="drop" if drop_invalid else "error",
        cleaning=Cleaning(energy_min, energy_max, good_grades, gti, region_arcsec, centre, background, drop_repeated),
        agn_source_ids=opt.ids("--agn-source-ids", agn_source_ids),
        max_events=max_events,
        thin_seed=thin_seed,
    )
    try:
        report = ingest_catalogue(catalogue, out, recipe=recipe, statement=statement, workers=workers)
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
@clear_failures
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
def inspect(
    files: Annotated[list[Path], typer.Argument(parser=opt.file_path, metavar="FILES", help="Event files.")],
    x: opt.XOption = None,
    y: opt.YOption = None,
    energy: opt.EnergyOption = None,
    energy_unit: opt.EnergyUnitOption = None,
    pixel_arcsec: opt.PixelOption = None,
    channel_kev: opt.ChannelOption = None,
    channel_offset_kev: opt.ChannelOffsetOption = None,
    rmf: opt.RmfOption = None,
    table: opt.TableOption = None,
    energy_min: opt.EnergyMinOption = None,
    energy_max: opt.EnergyMaxOption = None,
    good_grades: opt.GoodGradesOption = False,
    gti: opt.GtiOption = "",
    region_arcsec: opt.RegionOption = None,
    region_centre: opt.RegionCentreOption = None,
    background_source_ids: opt.BackgroundIdsOption = None,
    drop_repeated: opt.DropRepeatedOption = False,
    image: Annotated[Path | None, typer.Option(help="Write a picture of the four bands, for one file.")] = None,
) -> None:
    """Say what an event file holds, how that was decided, its counts by band, and what is or could be left out.

    A file that cannot be read does not stop the others; the exit status is then 2.
    """
    from report_utils.events import Cleaning, Request, inspect_events

    if image is not None and len(files) > 1:
        msg = f"--image {image} is for one file, and there are {len(files)}; inspect them one by one"
        raise InputError(msg)
    request = Request(x, y, energy, energy_unit, pixel_arcsec, table, channel_kev, channel_offset_kev, rmf)
    background = opt.ids("--background-source-ids", background_source_ids)
    centre = opt.place("--region-centre", region_centre)
    cleaning = Cleaning(energy_min, energy_max, good_grades, gti, region_arcsec, centre, background, drop_repeated)
    n_failed = 0
    for number, file in enumerate(files):
        if number:
            typer.echo()
        try:
            found = inspect_events(file, request=request, cleaning=cleaning)
        except InputError as error:
            n_failed += 1
            complain(error)
            continue
        say(found)
        if image is not None:
            from matplotlib import style

            from report_utils.binning import band_counts
            from report_utils.events.picture import four_bands, save_figure

            with style.context("default"):  # whatever a matplotlibrc in this folder says
                save_figure(four_bands(found.events, band_counts(found.events), file.name), image)
            typer.echo(f"picture: {image}")
    raise typer.Exit(BAD_INPUT if n_failed else 0)
