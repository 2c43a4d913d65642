"""Commands on studies (variants of a profile) and on results (finished runs to commit or to carry elsewhere)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from report_utils.cli.app import ProfileOption, app, say
from report_utils.cli.runs import SeedsOption

results_app = typer.Typer(help="Export finished runs without their weights, import and list them.")
app.add_typer(results_app, name="results", no_args_is_help=True)

FolderOption = Annotated[Path | None, typer.Option("--to", help="Where results go; results/ of the project without.")]
ReplaceOption = Annotated[bool, typer.Option(help="Take runs of other inputs in the place of those that are there.")]


@app.command()
def study(
    names: Annotated[list[str] | None, typer.Argument(help="Names of studies; without any, they are listed.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All studies.")] = False,
    profile: ProfileOption = None,
    seeds: SeedsOption = None,
    export: Annotated[
        bool, typer.Option("--export", help="Write the runs to results/ as well, in the place of what is there.")
    ] = False,
) -> None:
    """Train what is missing of a study and print what it shows; without a name, say which there are."""
    from report_utils.report.studies import judge_over_seeds
    from report_utils.report.study_tables import over_seeds_text, study_text
    from report_utils.reproduction.one_profile import Reproduction
    from report_utils.reproduction.results import export_study
    from report_utils.reproduction.studies import STUDIES, get_study, is_trained, possible_variants, train_study
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
            _say(export_study(reproduction, one, replace=True), "")
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


@results_app.command("export")
def export(
    profile: ProfileOption = None,
    name: Annotated[str | None, typer.Option("--study", help="The runs of this study, instead of the book's.")] = None,
    folder: FolderOption = None,
    replace: ReplaceOption = False,
) -> None:
    """Write finished runs, without weights, where they can be committed."""
    from report_utils.reproduction.one_profile import Reproduction
    from report_utils.reproduction.results import export_results, export_study
    from report_utils.reproduction.studies import get_study

    base = Reproduction(profile)
    if name is None:
        written = export_results(base, base.transforms, base.dynamics_transforms, folder=folder, replace=replace)
    else:
        written = export_study(base, get_study(name), folder=folder, replace=replace)
    _say(written, "nothing is finished that could be exported")


@results_app.command("import")
def take_over(
    source: Annotated[Path, typer.Argument(help="A folder that `results export` has written.")],
    folder: FolderOption = None,
    replace: ReplaceOption = False,
) -> None:
    """Take over the results of another machine; folds of one transform from several machines come together."""
    from report_utils.reproduction.results import import_results

    _say(import_results(source, folder=folder, replace=replace), "")


@results_app.command("list")
def list_results(
    profile: Annotated[str | None, typer.Option("--profile", "-p", help="Only those of this profile.")] = None,
) -> None:
    """Say which results are there, what they come from, and what they hold."""
    from report_utils.profiles import project_root
    from report_utils.reproduction.results import described, read_results, results_folder

    folder = project_root() / "results" if profile is None else results_folder(profile.partition("+")[0])
    found = read_results(folder)
    lines = described({name: result for name, result in found.items() if profile in {None, name.split("/")[1]}})
    for line in lines:
        say(line)
    if not lines:
        typer.echo("no results are there; `report-utils results export` writes those of this machine")


def _say(written: dict[str, bool], nothing: str) -> None:
    for name, changed in written.items():
        typer.echo(f"{'written' if changed else 'unchanged':<10} {name}")
    if not written:
        typer.echo(nothing)
