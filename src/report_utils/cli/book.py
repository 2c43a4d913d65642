"""Commands that make and check the book."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from report_utils.cli.app import ProfileOption, app, clear_failures


@app.command()
@clear_failures
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
def table(profile: ProfileOption = None) -> None:
    """Print Table 1: ours beside the report's."""
    from report_utils.report.tables import table_one
    from report_utils.reproduction import Reproduction

    reproduction = Reproduction(profile)
    results = {name: reproduction.cross_validation(name) for name in reproduction.transforms}
    typer.echo(f"profile {reproduction.profile.name}: {reproduction.profile.description}\n")
    typer.echo(table_one(results).to_string(index=False))


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
