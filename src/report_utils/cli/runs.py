"""Commands that train, and that say what has been trained."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import Annotated, Any

import typer

from report_utils.cli.app import (
    ProfileOption,
    ResultsOption,
    TransformsArgument,
    app,
    choose_results,
)
from report_utils.errors import InputError
from report_utils.files.plain_numbers import real

_LEAST_MINUTES = 0.1

SeedsOption = Annotated[
    int | None,
    typer.Option(
        min=1, max=1000, help="Train each this many times, from other weights; as often as the profile says without."
    ),
]


def minutes_of(text: str) -> float:
    """Return the minutes that a text states, 0.1 or more; NaN is no time.

    Raises
    ------
    typer.BadParameter
        If it is no such number.
    """
    value = real(text)
    if value is None or value < _LEAST_MINUTES:
        msg = f"{text!r} is no time; give minutes, {_LEAST_MINUTES} or more"
        raise typer.BadParameter(msg)
    return value


MinutesOption = Annotated[
    float | None,
    typer.Option(
        parser=minutes_of, metavar="FLOAT", help="Stop by itself after this time at most; the same command goes on."
    ),
]


@app.command()
def observations(profile: ProfileOption = None, minutes: MinutesOption = None) -> None:
    """Simulate or read the observations of a profile, bin them, and keep them."""
    from report_utils.reproduction.one_profile import Reproduction

    reproduction = Reproduction(profile)
    with _time_limit(minutes):
        for edges_kev in reproduction.counted_edges_kev:
            dataset = reproduction.binned(edges_kev)
            typer.echo(f"{len(dataset.catalogue)} observations in {dataset.run.folder}")


@app.command()
def fit(
    transforms: TransformsArgument = None,
    fold: Annotated[
        list[int] | None, typer.Option("--fold", "-f", help="Only this fold, from 0; may be given several times.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All transforms, and then the dynamics.")] = False,
    profile: ProfileOption = None,
    seeds: SeedsOption = None,
    minutes: MinutesOption = None,
) -> None:
    """Train the fits of some transforms, or of all; the most wanted first."""
    if everything and (transforms or fold):
        msg = "--all trains everything; leave out --all, or the names and folds"
        raise InputError(msg)
    dynamics = None if everything else ()
    train_runs({"transforms": transforms or None, "dynamics": dynamics, "folds": fold}, profile, seeds, minutes)


def train_runs(chosen: dict[str, Any], profile: str | None, seeds: int | None, minutes: float | None) -> None:
    """Train what is missing of the chosen runs; where the time is over before, say what is left."""
    from report_utils.reproduction.one_profile import Reproduction
    from report_utils.reproduction.run_status import what_is_left

    reproduction = Reproduction(profile)
    chosen |= {"n_training_seeds": seeds}
    missing = reproduction.missing(**chosen)
    with _time_limit(minutes):
        reproduction.prepare(**chosen)
    left = reproduction.missing(**chosen) if missing else []
    typer.echo(f"{len(missing) - len(left)} runs trained, {'the others were there' if not left else 'left are:'}")
    for line in what_is_left(reproduction.store, left):
        typer.echo(line)


@contextmanager
def _time_limit(minutes: float | None) -> Iterator[None]:
    """Let workers run so long at most: what is not done then is left to the same command, and no failure."""
    from report_utils.workers.deadline import OutOfTime, time_limit

    with nullcontext() if minutes is None else time_limit(60 * minutes), suppress(OutOfTime):
        yield
        return
    typer.echo("the time is over; the same command goes on")


@app.command()
def status(
    profile: ProfileOption = None,
    why: Annotated[
        str | None, typer.Option("--why", metavar="RUN_OR_PAGE", help="All that is known of one run or page.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="A line for each run and page.")] = False,
    results: ResultsOption = None,
) -> None:
    """Say which runs and pages of a profile are fresh, stale or missing, and what changed since."""
    from report_utils.book.status import book_status

    choose_results(results)
    found = book_status(profile)
    lines = found.why(why) if why else found.everything() if everything else found.summary()
    typer.echo("\n".join(lines))


@app.command()
def clean(
    stale: Annotated[bool, typer.Option("--stale", help="Needed: says that stale runs and pages may go.")] = False,
    book: Annotated[
        bool, typer.Option("--book", help="Remove the rendered book and its copies of pages instead; runs stay.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    profile: Annotated[
        list[str] | None,
        typer.Option("--profile", "-p", help="A profile outside profiles/ whose stale runs may go as well."),
    ] = None,
) -> None:
    """Remove runs, partial work and pages that no profile of today names, and what killed processes have left."""
    from report_utils.book.cleaning import Cleaning
    from report_utils.book.cleaning import clean as clean_store

    if book and not (stale or dry_run or profile):
        from report_utils.book.rendered import remove_rendered
        from report_utils.profiles import project_root

        typer.echo(f"{len(remove_rendered(project_root()))} removed of the rendered book")
        return
    if not stale or book:
        msg = (
            "clean removes stale runs and pages for good; say --stale, and --dry-run to see them first; or --book alone"
        )
        raise InputError(msg)
    for line in clean_store(Cleaning(profile or ()), dry_run=dry_run):
        typer.echo(line)


@app.command()
def verify(
    profile: ProfileOption = None,
    sample: Annotated[int | None, typer.Option(min=1, help="How many stored runs, drawn at random; all else.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Decides the sample; another one every time else.")] = None,
) -> None:
    """Compute stored runs of a profile again and compare; exit status 1 where one differs."""
    import numpy as np

    from report_utils.reproduction.one_profile import Reproduction
    from report_utils.reproduction.verification import stored_runs, verify

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
