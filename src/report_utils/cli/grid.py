"""The command that computes a profile as separate jobs, on the cores of this machine or on a cluster."""

from __future__ import annotations

from typing import Annotated

import typer

from report_utils.cli.app import ProfileOption, app


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def grid(
    context: typer.Context,
    profile: ProfileOption = None,
    on: Annotated[
        str | None,
        typer.Option(help="local, slurm, or the folder of a Snakemake profile; without it, only say what is missing."),
    ] = None,
) -> None:
    """Compute each run of a profile as a job of its own, and then build the book; what follows is for Snakemake."""
    from report_utils.reproduction.grid import run_grid, write_grid
    from report_utils.reproduction.one_profile import Reproduction

    reproduction = Reproduction(profile)
    status = run_grid(reproduction, on, context.args) if on else 0
    found = write_grid(reproduction)
    typer.echo(f"{found.n_jobs - len(found.missing)} of {found.n_jobs} jobs are done, in {found.folder}")
    if status:
        typer.echo("Snakemake says above which jobs failed; what was finished is kept", err=True)
        raise typer.Exit(1)
