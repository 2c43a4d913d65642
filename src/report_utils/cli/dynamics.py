"""Commands on the dynamics: train the report's own, or look at anyone's recording."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import Annotated

import click
import typer
from typer.core import TyperGroup

from report_utils.cli.app import ProfileOption, TransformsArgument, app
from report_utils.cli.runs import MinutesOption, SeedsOption, train_runs
from report_utils.errors import InputError


class _TrainUnlessNamed(TyperGroup):
    """Takes ``dynamics multi_band_4`` and ``dynamics --seeds 3`` for ``dynamics train ...``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and args[0] != "--help"):
            args = ["train", *args]
        return super().parse_args(ctx, args)


group = typer.Typer(cls=_TrainUnlessNamed, no_args_is_help=False)
app.add_typer(group, name="dynamics", help="Train the report's dynamics (train, the default), or view any recording.")


@group.command()
def train(
    transforms: TransformsArgument = None,
    profile: ProfileOption = None,
    seeds: SeedsOption = None,
    minutes: MinutesOption = None,
) -> None:
    """Train the dynamics of some transforms, or of those the report shows."""
    train_runs({"transforms": (), "dynamics": transforms or None}, profile, seeds, minutes)


@group.command()
def view(
    files: Annotated[
        list[Path], typer.Argument(help="Recordings: .npz, .parquet or folders. Several are shown side by side.")
    ],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The HTML file to write; beside the first recording without.")
    ] = None,
    output: Annotated[str | None, typer.Option(help="Which of several outputs to show.")] = None,
    item: Annotated[str, typer.Option(help="What an item is called, in the singular.")] = "item",
    quantity: Annotated[str, typer.Option(help="What is predicted.")] = "value",
    unit: Annotated[str, typer.Option(help="The unit of a difference of two predictions.")] = "",
    browser: Annotated[bool, typer.Option(help="Open the file in the browser.")] = True,
) -> None:
    """Write recordings as one HTML file to explore, and open it."""
    from report_utils.dynamics import load_recording

    recordings = [load_recording(file) for file in files]
    for place, (file, recording) in enumerate(zip(files, recordings, strict=True)):
        if recording.outputs and output is None:
            msg = f"{file}: there are several outputs; choose one: --output {', or --output '.join(recording.outputs)}"
            raise InputError(msg)
        if recording.outputs:
            recordings[place] = recording.output(output)
    first, *others = recordings
    path = out or files[0].with_name(f"{files[0].stem}.html")
    titles = [recording.name or file.stem for file, recording in zip(files, recordings, strict=True)]
    first.save_html(path, *others, titles=titles, item=item, quantity=quantity, unit=unit)
    typer.echo(f"{len(first)} epochs of {len(first.item)} {item} predictions in {path}")
    if browser:
        webbrowser.open(path.resolve().as_uri())
