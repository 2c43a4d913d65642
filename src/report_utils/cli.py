"""The ``report-utils`` command. Every heavy import waits until a command needs it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

from report_utils.errors import InputError

app = typer.Typer(
    help="Rebuild the report on energy bands and galaxy cluster masses, or ask its questions of your own observations.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

ProfileOption = Annotated[
    str | None,
    typer.Option("--profile", "-p", help="smoke, quick, paper, or a .toml file; REPORT_PROFILE else."),
]
TransformsArgument = Annotated[list[str] | None, typer.Argument(help="Names of transforms; all without any.")]

BAD_INPUT = 2


def main() -> None:
    """Run the command; bad input ends with one line and exit status 2, an interruption with 130."""
    try:
        app()
    except InputError as error:
        print(f"report-utils: {error}", file=sys.stderr)
        sys.exit(BAD_INPUT)
    except KeyboardInterrupt:
        print(
            "\nreport-utils: interrupted; what was finished is kept, and the same command goes on",
            file=sys.stderr,
        )
        sys.exit(130)


def _clear_failures(command: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(command)
    def run(*arguments: Any, **options: Any) -> Any:
        from report_utils.book.execute import PageError
        from report_utils.work import WorkerError

        try:
            return command(*arguments, **options)
        except (WorkerError, PageError) as error:
            print(f"report-utils: {error}; what was finished is kept", file=sys.stderr)
            raise typer.Exit(1) from None

    return run


@app.command()
@_clear_failures
def build(profile: ProfileOption = None) -> None:
    """Do what is missing for a profile and render the book; any warning is an error."""
    from report_utils.book.build import prepare_book
    from report_utils.profiles import PROFILE_VARIABLE, load_profile, project_root

    chosen = load_profile(profile)
    report = prepare_book(chosen.path)
    jupyter_book = Path(sys.executable).with_name("jupyter-book")
    command = [str(jupyter_book), "build", "book", "-W", "--keep-going", "-q"]
    environment = os.environ | {PROFILE_VARIABLE: str(chosen.path)}
    began = time.monotonic()
    result = subprocess.run(command, cwd=project_root(), env=environment, check=False)  # noqa: S603 - our own words
    report.seconds["rendering"] = time.monotonic() - began
    for line in report.lines():
        typer.echo(line)
    raise typer.Exit(min(abs(result.returncode), 1))


@app.command()
@_clear_failures
def fit(transforms: TransformsArgument = None, profile: ProfileOption = None) -> None:
    """Train the fits of some transforms, or of all."""
    from report_utils.reproduction import Reproduction

    done = Reproduction(profile).prepare(transforms or None, dynamics=())
    typer.echo(f"{done} runs trained, the others were there")


@app.command()
@_clear_failures
def dynamics(transforms: TransformsArgument = None, profile: ProfileOption = None) -> None:
    """Train the dynamics of some transforms, or of those the report shows."""
    from report_utils.reproduction import Reproduction

    done = Reproduction(profile).prepare((), dynamics=transforms or None)
    typer.echo(f"{done} dynamics trained, the others were there")


@app.command()
def table(profile: ProfileOption = None) -> None:
    """Print Table 1: ours beside the report's."""
    from report_utils.report.tables import table_one
    from report_utils.reproduction import Reproduction

    reproduction = Reproduction(profile)
    results = {name: reproduction.cross_validation(name) for name in reproduction.transforms}
    typer.echo(f"profile {reproduction.profile.name}: {reproduction.profile.description}\n")
    typer.echo(table_one(results).to_string(index=False))


@app.command()
def status(profile: ProfileOption = None) -> None:
    """Say which runs and pages of a profile are there, and which a build would make."""
    from report_utils.book.build import book_status

    for line in book_status(profile):
        typer.echo(line)


@app.command()
def check(
    folder: Annotated[
        Path | None, typer.Argument(help="The rendered book; _build/html of the project without.")
    ] = None,
) -> None:
    """Look for missing or empty pages, figures that do not load and broken links in the rendered book."""
    from report_utils.book.check import check_book
    from report_utils.profiles import project_root

    folder = folder or project_root() / "_build" / "html"
    faults = check_book(folder)
    for fault in faults:
        typer.echo(fault, err=True)
    typer.echo(f"{folder}: {len(faults)} faults")
    raise typer.Exit(1 if faults else 0)


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


if __name__ == "__main__":
    main()
