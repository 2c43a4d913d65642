"""Commands on what has been trained: tables, status, verification, predictions, and results to commit or carry."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from report_utils.cli.app import (
    RESULTS,
    ProfileOption,
    ResultsOption,
    app,
    choose_results,
    say,
    say_written,
)
from report_utils.errors import InputError

results_app = typer.Typer(help="Export, import and list finished runs.", no_args_is_help=True)
app.add_typer(results_app, name="results", rich_help_panel=RESULTS)

FolderOption = Annotated[Path | None, typer.Option("--to", help="Where results go; default: results/ of the project.")]
ReplaceOption = Annotated[bool, typer.Option("--replace", help="Replace runs that have other inputs.")]


@app.command(rich_help_panel=RESULTS)
def table(
    profile: ProfileOption = None,
    results: ResultsOption = None,
    status: Annotated[
        bool, typer.Option("--status", "--all", help="Every figure, number and claim with its verdict.")
    ] = False,
    csv: Annotated[Path | None, typer.Option(help="Write a CSV file instead.")] = None,
    json: Annotated[Path | None, typer.Option(help="Write a JSON file instead.")] = None,
) -> None:
    """Print Table 1, or the status of all that the report says."""
    from report_utils.binning import TRANSFORMS
    from report_utils.report.reproduced_results import Judged
    from report_utils.report.status_tables import status_csv, status_json, status_text
    from report_utils.report.tables import table_one_csv, table_one_json, table_one_text
    from report_utils.reproduction.committed import open_reproduction
    from report_utils.reproduction.one_profile import DYNAMICS_TRANSFORMS

    choose_results(results)
    reproduction = open_reproduction(profile)
    judged = Judged(reproduction)
    shown = judged.reproduction.profile
    if csv is not None:
        _write(csv, status_csv(judged.status) if status else table_one_csv(judged.table))
    if json is not None:
        _write(json, status_json(judged.status, shown.name) if status else table_one_json(judged.table, shown.name))
    if csv is None and json is None:
        typer.echo(f"profile {shown.name}: {shown.description}\n")
        if note := reproduction.origin_note(TRANSFORMS, DYNAMICS_TRANSFORMS):
            typer.echo(f"{note}\n")
        typer.echo(status_text(judged.status) if status else table_one_text(judged.table))


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        msg = f"{path}: cannot write here: {error.strerror}; name a file in a folder that exists and can be written"
        raise InputError(msg) from None
    typer.echo(f"{path}: written")


@app.command(rich_help_panel=RESULTS)
def status(
    profile: ProfileOption = None,
    why: Annotated[str | None, typer.Option("--why", metavar="RUN_OR_PAGE", help="Explain one run or page.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="A line for each run and page.")] = False,
    results: ResultsOption = None,
) -> None:
    """Say which runs and pages are fresh, stale or missing."""
    from report_utils.book.status import book_status

    choose_results(results)
    found = book_status(profile)
    lines = found.why(why) if why else found.everything() if everything else found.summary()
    typer.echo("\n".join(lines))


@app.command(rich_help_panel=RESULTS)
def verify(
    profile: ProfileOption = None,
    results: Annotated[
        str | None, typer.Option("--results", metavar="PROFILE", help="Committed results instead of runs.")
    ] = None,
    sample: Annotated[int | None, typer.Option(min=1, help="How many, drawn at random; default: all.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed of the sample; default: a new one.")] = None,
) -> None:
    """Compute stored runs or committed results again and compare.

    The exit status is 1 if one differs.
    """
    import numpy as np

    from report_utils.reproduction.committed import named_results
    from report_utils.reproduction.one_profile import Reproduction
    from report_utils.reproduction.verification import committed_runs, stored_runs, verify, verify_committed

    shown, folder = (profile, None) if results is None else named_results(results, profile)
    reproduction = Reproduction(shown)
    found, n_others = stored_runs(reproduction) if folder is None else committed_runs(reproduction, folder)
    seed = int(np.random.SeedSequence().generate_state(1)[0]) if seed is None else seed
    order = np.random.default_rng([seed, 1]).permutation(len(found))
    chosen = [found[i] for i in np.sort(order[:sample])]
    what, others = ("runs", "stale ones") if folder is None else ("committed results", "of other inputs")
    besides = f"; {n_others} {others} are left out" if n_others else ""
    typer.echo(f"{len(chosen)} of {len(found)} {what} of profile {reproduction.profile.name}, seed {seed}{besides}")
    verified = verify(reproduction, chosen, seed) if folder is None else verify_committed(reproduction, chosen)
    for one in verified:
        typer.echo(str(one))
    n_passed = sum(one.passed for one in verified)
    typer.echo(f"{n_passed} of {len(chosen)} verified")
    raise typer.Exit(0 if n_passed == len(chosen) else 1)


@app.command(rich_help_panel=RESULTS)
def clean(
    stale: Annotated[bool, typer.Option("--stale", help="Required: confirm that stale runs and pages may go.")] = False,
    book: Annotated[bool, typer.Option("--book", help="Remove the rendered book instead; runs stay.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be removed.")] = False,
    profile: Annotated[
        list[str] | None,
        typer.Option("--profile", "-p", help="A profile outside profiles/ to clean too."),
    ] = None,
) -> None:
    """Remove runs and pages that no profile needs any more.

    Partial work and what killed processes have left go too.
    """
    from report_utils.book.cleaning import Cleaning
    from report_utils.book.cleaning import clean as clean_store

    if book and not (stale or dry_run or profile):
        from report_utils.book.rendered import remove_rendered
        from report_utils.profiles import project_root

        typer.echo(f"{len(remove_rendered(project_root()))} entries of the rendered book removed")
        return
    if not stale or book:
        msg = "clean removes stale runs and pages for good: say --stale (and --dry-run to see them first), or --book"
        raise InputError(msg)
    for line in clean_store(Cleaning(profile or ()), dry_run=dry_run):
        typer.echo(line)


@app.command(rich_help_panel=RESULTS)
def predict(
    archive: Annotated[Path, typer.Argument(help="An ingested archive; its masses may be missing.")],
    transform: Annotated[str, typer.Option("--transform", "-t", help="Whose fits to apply.")],
    profile: ProfileOption = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="A CSV file; default: standard output.")] = None,
) -> None:
    """Predict masses of an archive with trained fits."""
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


@results_app.command("export")
def export(
    profile: ProfileOption = None,
    name: Annotated[str | None, typer.Option("--study", help="Runs of this study instead of the book's.")] = None,
    folder: FolderOption = None,
    replace: ReplaceOption = False,
) -> None:
    """Write finished runs to be committed; weights only of networks that pages look into."""
    from report_utils.reproduction.one_profile import Reproduction
    from report_utils.reproduction.results import export_results, export_study
    from report_utils.reproduction.studies import get_study

    base = Reproduction(profile)
    if name is None:
        written = export_results(base, base.transforms, base.dynamics_transforms, folder=folder, replace=replace)
    else:
        written = export_study(base, get_study(name), folder=folder, replace=replace)
    say_written(written)
    if not written:
        typer.echo("there is no finished run to export")


@results_app.command("import")
def take_over(
    source: Annotated[Path, typer.Argument(help="A folder that `results export` has written.")],
    folder: FolderOption = None,
    replace: ReplaceOption = False,
) -> None:
    """Import results of another machine.

    Folds of one transform from several machines are put together.
    """
    from report_utils.reproduction.results import import_results

    say_written(import_results(source, folder=folder, replace=replace))


@results_app.command("list")
def list_results(
    profile: Annotated[str | None, typer.Option("--profile", "-p", help="Only those of this profile.")] = None,
) -> None:
    """List results, where they come from and what they hold."""
    from report_utils.profiles import project_root
    from report_utils.reproduction.results import described, read_results, results_folder

    folder = project_root() / "results" if profile is None else results_folder(profile.partition("+")[0])
    found = read_results(folder)
    lines = described({name: result for name, result in found.items() if profile in {None, name.split("/")[1]}})
    for line in lines:
        say(line)
    if not lines:
        of = "" if profile is None else f" of profile {profile}"
        typer.echo(f"there are no results{of}; `report-utils results export` writes those of this machine")
