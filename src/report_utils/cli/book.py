"""Commands that make and check the book."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from report_utils.cli.app import BOOK, ProfileOption, ResultsOption, app, choose_results


@app.command(rich_help_panel=BOOK)
def build(profile: ProfileOption = None, results: ResultsOption = None) -> None:
    """Train what is missing and render the book.

    Any warning is an error.
    """
    from report_utils.book.build import prepare_book, publish_pages
    from report_utils.book.rendered import render_if_outdated
    from report_utils.reproduction.committed import open_reproduction

    choose_results(results)
    chosen = open_reproduction(profile).profile.path
    report = prepare_book(chosen)
    began = time.monotonic()
    publish_pages(chosen).release()
    status = render_if_outdated(chosen)
    report.seconds["rendering"] = time.monotonic() - began
    for line in report.lines():
        typer.echo(line)
    raise typer.Exit(status)


@app.command(rich_help_panel=BOOK)
def page(
    name: Annotated[str, typer.Argument(help="A page (3-3-multi-band-2) or a notebook (3-3-transform).")],
    parameter: Annotated[
        list[str] | None, typer.Option("--parameter", "-p", help="key=value; may be repeated.")
    ] = None,
    profile: Annotated[str | None, typer.Option("--profile", help="As in build.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="An .html or .ipynb file; default: in _build/tried.")
    ] = None,
) -> None:
    """Run one page by itself, also with other parameters.

    The page is written to a file; the book stays as it is.
    """
    from report_utils.book.try_page import default_target, page_with, run_tried, write_tried
    from report_utils.errors import InputError
    from report_utils.profiles import load_profile

    chosen = load_profile(profile)
    if out is not None and out.suffix not in {".html", ".ipynb"}:
        msg = f"{out}: name a file that ends in .html or .ipynb"
        raise InputError(msg)
    tried = page_with(name, parameter or ())
    target = out or default_target(tried, chosen)
    write_tried(run_tried(tried, chosen), tried, target)
    settings = ", ".join(f"{key} = {value}" for key, value in {"profile": chosen.name, **tried.parameters}.items())
    typer.echo(f"{target}: {tried.notebook} with {settings}")


@app.command(rich_help_panel=BOOK)
def pdf(profile: ProfileOption = None) -> None:
    """Print the book, and one sheet of what it found, as PDFs with Chromium.

    The book is rendered again, so that it offers them.
    """
    from report_utils.book.dressing import SUMMARY
    from report_utils.book.metadata import read_citation
    from report_utils.book.pdf import make_pdf, print_summary
    from report_utils.book.rendered import render
    from report_utils.profiles import load_profile, project_root

    chosen, root = load_profile(profile), project_root()
    target = make_pdf(root)
    sheet = target.with_name(SUMMARY)
    print_summary(root / "_build" / "html", sheet, read_citation(root))
    for path in (target, sheet):
        typer.echo(f"{path}: {path.stat().st_size / 1e6:.1f} MB")
    raise typer.Exit(render(chosen.path))


@app.command(rich_help_panel=BOOK)
def release() -> None:
    """Pack the last commit and its book into one archive, with checksums.

    Everything must be committed, and the book built from it.
    """
    from report_utils.book.release import make_release
    from report_utils.profiles import project_root

    target = make_release(project_root())
    typer.echo(f"{target}: {target.stat().st_size / 1e6:.1f} MB")


@app.command(rich_help_panel=BOOK)
def check(
    folder: Annotated[Path | None, typer.Argument(help="The rendered book; default: _build/html.")] = None,
) -> None:
    """Look for missing pages, figures and links in the book."""
    from report_utils.book.check import BookCheck
    from report_utils.profiles import project_root

    folder = folder or project_root() / "_build" / "html"
    faults = BookCheck(folder).faults()
    for fault in faults:
        typer.echo(fault, err=True)
    typer.echo(f"{folder}: {len(faults)} faults")
    raise typer.Exit(1 if faults else 0)
