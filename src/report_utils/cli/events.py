"""Commands on event files and archives."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from report_utils.cli.app import app


@app.command()
def simulate(
    folder: Annotated[Path, typer.Argument(help="Where the event files and their catalogue.csv go.")],
    number: Annotated[int, typer.Option("--number", "-n", min=1, help="How many observations.")] = 48,
    seed: Annotated[int, typer.Option(min=0)] = 626,
) -> None:
    """Write simulated observations as SIXTE-layout FITS files with a catalogue."""
    from report_utils.events import export_observations
    from report_utils.simulation import simulate_observation

    catalogue = export_observations((simulate_observation(seed, index) for index in range(number)), folder)
    typer.echo(f"{number} observations and their catalogue: {catalogue}")


@app.command()
def ingest(
    catalogue: Annotated[Path, typer.Argument(help="CSV: cluster_id, log10_mass, events[, events_agn_less, group].")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The archive's folder; an existing one is added to.")],
    drop_invalid: Annotated[bool, typer.Option(help="Leave out and count events whose values cannot be used.")] = False,
    energy_min: Annotated[float | None, typer.Option(help="Leave out and count events below [keV].")] = None,
    energy_max: Annotated[float | None, typer.Option(help="Leave out and count events above [keV].")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Worker processes; as many as cores without.")] = None,
) -> None:
    """Read the observations of a catalogue into an archive that a profile can name as its source."""
    from report_utils.events import ingest as ingest_catalogue

    report = ingest_catalogue(
        catalogue, out, invalid="drop" if drop_invalid else "error", energy_min=energy_min, energy_max=energy_max,
        workers=workers,
    )  # fmt: skip
    typer.echo(str(report), err=bool(report.failures))
    raise typer.Exit(report.exit_status)


@app.command()
def inspect(files: Annotated[list[Path], typer.Argument(help="Event files.")]) -> None:
    """Say what an event file holds, how that was decided, and its counts by band."""
    from report_utils.events import inspect_events

    for file in files:
        typer.echo(str(inspect_events(file)))
