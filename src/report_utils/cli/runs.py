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
def status(
    profile: ProfileOption = None,
    why: Annotated[
        str | None, typer.Option("--why", metavar="RUN_OR_PAGE", help="All that is known of one run or page.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="A line for each run and page.")] = False,
) -> None:
    """Say which runs and pages of a profile are fresh, stale or missing, and what changed since."""
    from report_utils.book.status import book_status

    found = book_status(profile)
    lines = found.why(why) if why else found.everything() if everything else found.summary()
    typer.echo("\n".join(lines))


@app.command()
def clean(
    stale: Annotated[bool, typer.Option("--stale", help="Needed: says that stale runs and pages may go.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    profile: Annotated[
        list[str] | None,
        typer.Option("--profile", "-p", help="A profile outside profiles/ whose stale runs may go as well."),
    ] = None,
) -> None:
    """Remove runs, partial work and pages that no profile of today names, and what killed processes have left."""
    from report_utils.book.cleaning import Cleaning
    from report_utils.book.cleaning import clean as clean_store
    from report_utils.errors import InputError

    if not stale:
        msg = "clean removes stale runs and pages for good; say --stale, and --dry-run to see them first"
        raise InputError(msg)
    for line in clean_store(Cleaning(profile or ()), dry_run=dry_run):
        typer.echo(line)


@app.command()
@clear_failures
def verify(
    profile: ProfileOption = None,
    sample: Annotated[int | None, typer.Option(min=1, help="How many stored runs, drawn at random; all else.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Decides the sample; another one every time else.")] = None,
) -> None:
    """Compute stored runs of a profile again and compare; exit status 1 where one differs."""
    import numpy as np

    from report_utils.reproduction import Reproduction
    from report_utils.verification import stored_runs, verify

    reproduction = Reproduction(profile)
    keys, n_stale = stored_runs(reproduction)
    seed = int(np.random.SeedSequence().generate_state(1)[0]) if seed is None else seed
    order = np.random.default_rng([seed, 1]).permutation(len(keys))
    chosen = [keys[i] for i in np.sort(order[:sample])]
    besides = f"; {n_stale} stale ones are left out" if n_stale else ""
    typer.echo(f"{len(chosen)} of {len(keys)} runs of profile {reproduction.profile.name}, seed {seed}{besides}")
    results = verify(reproduction, chosen, seed)
    for result in results:
        typer.echo(str(result))
    n_passed = sum(result.passed for result in results)
    typer.echo(f"{n_passed} of {len(chosen)} verified")
    raise typer.Exit(0 if n_passed == len(chosen) else 1)
