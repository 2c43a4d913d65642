"""Commands that train, and that say what has been trained."""

from __future__ import annotations

from typing import Annotated

import typer

from report_utils.cli.app import ProfileOption, TransformsArgument, app, clear_failures

SeedsOption = Annotated[
    int | None,
    typer.Option(min=1, help="Train each this many times, from other weights; as often as the profile says without."),
]


@app.command()
@clear_failures
def fit(transforms: TransformsArgument = None, profile: ProfileOption = None, seeds: SeedsOption = None) -> None:
    """Train the fits of some transforms, or of all."""
    from report_utils.reproduction import Reproduction

    done = Reproduction(profile).prepare(transforms or None, dynamics=(), n_training_seeds=seeds)
    typer.echo(f"{done} runs trained, the others were there")


@app.command()
@clear_failures
def dynamics(transforms: TransformsArgument = None, profile: ProfileOption = None, seeds: SeedsOption = None) -> None:
    """Train the dynamics of some transforms, or of those the report shows."""
    from report_utils.reproduction import Reproduction

    done = Reproduction(profile).prepare((), dynamics=transforms or None, n_training_seeds=seeds)
    typer.echo(f"{done} dynamics trained, the others were there")


@app.command()
def status(profile: ProfileOption = None) -> None:
    """Say which runs and pages of a profile are there, and which a build would make."""
    from report_utils.book.build import book_status

    for line in book_status(profile):
        typer.echo(line)
