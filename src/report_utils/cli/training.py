"""Commands that train: fits, dynamics, studies, and all of a profile as separate jobs."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import Annotated, Any

import click
import typer
from typer.core import TyperGroup

from report_utils.cli.app import TRAINING, MinutesOption, ProfileOption, app, limited_to, say_written
from report_utils.errors import InputError

TransformsArgument = Annotated[list[str] | None, typer.Argument(help="Names of transforms; default: all.")]
SeedsOption = Annotated[
    int | None,
    typer.Option(min=1, max=1000, metavar="NUMBER", help="Trainings of each; default: the profile's."),
]


@app.command(rich_help_panel=TRAINING)
def fit(
    transforms: TransformsArgument = None,
    fold: Annotated[
        list[int] | None, typer.Option("--fold", "-f", help="Only this fold, from 0; may be repeated.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All transforms, then the dynamics.")] = False,
    profile: ProfileOption = None,
    seeds: SeedsOption = None,
    minutes: MinutesOption = None,
) -> None:
    """Train the fits of some transforms, or of all."""
    if everything and (transforms or fold):
        msg = "--all trains everything; leave out --all, or the names and folds"
        raise InputError(msg)
    dynamics = None if everything else ()
    train_runs({"transforms": transforms or None, "dynamics": dynamics, "folds": fold}, profile, seeds, minutes)


def train_runs(chosen: dict[str, Any], profile: str | None, seeds: int | None, minutes: float | None) -> None:
    """Train what is missing of the chosen runs; if the time is over before the end, say what is left."""
    from report_utils.reproduction.one_profile import Reproduction
    from report_utils.reproduction.run_status import what_is_left

    reproduction = Reproduction(profile)
    chosen |= {"n_training_seeds": seeds}
    missing = reproduction.missing(**chosen)
    with limited_to(minutes):
        reproduction.prepare(**chosen)
    left = reproduction.missing(**chosen) if missing else []
    typer.echo(f"{len(missing) - len(left)} runs trained, {'the others existed' if not left else 'these are left:'}")
    for line in what_is_left(reproduction.store, left):
        typer.echo(line)


class _TrainUnlessNamed(TyperGroup):
    """Takes ``dynamics multi_band_4`` and ``dynamics --seeds 3`` for ``dynamics train ...``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and args[0] != "--help"):
            args = ["train", *args]
        return super().parse_args(ctx, args)


group = typer.Typer(cls=_TrainUnlessNamed, no_args_is_help=False, help="Train dynamics, or view a recording.")
app.add_typer(group, name="dynamics", rich_help_panel=TRAINING)


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
    files: Annotated[list[Path], typer.Argument(help="Recordings: .npz, .parquet or folders.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The HTML file; default: beside the first recording.")
    ] = None,
    output: Annotated[str | None, typer.Option(help="Which of several outputs to show.")] = None,
    item: Annotated[str, typer.Option(help="What an item is called, singular.")] = "item",
    quantity: Annotated[str, typer.Option(help="What is predicted.")] = "value",
    unit: Annotated[str, typer.Option(help="Unit of a difference of predictions.")] = "",
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


@app.command(rich_help_panel=TRAINING)
def study(
    names: Annotated[list[str] | None, typer.Argument(help="Names of studies; default: list them.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All studies.")] = False,
    profile: ProfileOption = None,
    seeds: SeedsOption = None,
    export: Annotated[bool, typer.Option("--export", help="Also write the runs to results/.")] = False,
) -> None:
    """Train a study and print what it shows, or list studies."""
    from report_utils.report.band_regressions import export_band_regressions
    from report_utils.report.studies import judge_over_seeds, over_seeds_text, study_text
    from report_utils.reproduction.one_profile import Reproduction
    from report_utils.reproduction.results import export_study
    from report_utils.reproduction.studies import STUDIES, WHY, get_study, is_trained, possible_variants, train_study
    from report_utils.reproduction.study_results import study_outcomes

    chosen = list(STUDIES.values()) if everything else [get_study(name) for name in names or []]
    reproduction = Reproduction(profile)
    for one in chosen:
        done = train_study(reproduction, one, n_training_seeds=seeds)
        typer.echo(f"{one.name}: {one.title} (profile {reproduction.profile.name}; {done} runs trained)\n")
        outcomes = study_outcomes(reproduction, one)
        over_seeds = judge_over_seeds(outcomes.get("three-seeds"))
        typer.echo(study_text(one, outcomes) if over_seeds is None else over_seeds_text(over_seeds))
        if export:
            say_written(export_study(reproduction, one, replace=True))
            if one is WHY:  # its fine bands are counted for its networks, and for regressions too
                say_written(export_band_regressions(reproduction))
    if chosen:
        return
    for one in STUDIES.values():
        typer.echo(f"{one.name}: {one.title}")
        possible = {variant.name: variant for variant in possible_variants(reproduction, one)}
        for variant in one.all_variants:
            if variant.name not in possible:
                state = "not possible with an archive"
            else:
                state = "trained" if is_trained(reproduction, possible[variant.name]) else "to be trained"
            typer.echo(f"  {variant.name:<24}{state:<15} {variant.title}")


@app.command(rich_help_panel=TRAINING, context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def grid(
    context: typer.Context,
    profile: ProfileOption = None,
    on: Annotated[
        str | None,
        typer.Option(help="local, slurm or a Snakemake profile; without it nothing runs."),
    ] = None,
) -> None:
    """Compute each run as a job of its own, with Snakemake.

    Options that follow are passed on to Snakemake.
    """
    from report_utils.reproduction.grid import run_grid, write_grid
    from report_utils.reproduction.one_profile import Reproduction

    reproduction = Reproduction(profile)
    status = run_grid(reproduction, on, context.args) if on else 0
    found = write_grid(reproduction)
    typer.echo(f"{found.n_jobs - len(found.missing)} of {found.n_jobs} jobs are done, in {found.folder}")
    if status:
        typer.echo("Snakemake names the failed jobs above; what was finished is kept", err=True)
        raise typer.Exit(1)
