"""Commands that make and check the book."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from report_utils.cli.app import ProfileOption, ResultsOption, app, choose_results


@app.command()
def build(profile: ProfileOption = None, results: ResultsOption = None) -> None:
    """Do what is missing for a profile and render the book; any warning is an error."""
    from report_utils.book.build import prepare_book, publish_pages
    from report_utils.book.rendered import is_rendered, note_rendering, what_is_rendered
    from report_utils.profiles import project_root
    from report_utils.reproduction.committed import open_reproduction

    choose_results(results)
    chosen, root = open_reproduction(profile).profile.path, project_root()
    report = prepare_book(chosen)
    began = time.monotonic()
    publish_pages(chosen).release()
    status = 0
    if is_rendered(root):
        typer.echo(f"the book: {root / '_build' / 'html' / 'index.html'} (rendered before)")
    else:
        sources = what_is_rendered(root)
        status = _render(chosen, prepared=True)
        note_rendering(root, None if status else sources)
    report.seconds["rendering"] = time.monotonic() - began
    for line in report.lines():
        typer.echo(line)
    raise typer.Exit(status)


def _render(profile: Path, *, prepared: bool = False) -> int:
    """Render the book of a profile and return the exit status; any warning is an error.

    Where this process has prepared the pages just now, the rendering does not look for stale ones once more.
    """
    from report_utils.book.build import PREPARED_VARIABLE
    from report_utils.profiles import PROFILE_VARIABLE, project_root

    jupyter_book = Path(sys.executable).with_name("jupyter-book")
    command = [str(jupyter_book), "build", "book", "-W", "--keep-going", "-q"]
    environment = os.environ | {PROFILE_VARIABLE: str(profile), PREPARED_VARIABLE: "1" if prepared else ""}
    result = subprocess.run(command, cwd=project_root(), env=environment, check=False)  # noqa: S603 - our own words
    return min(abs(result.returncode), 1)


@app.command()
def page(
    name: Annotated[
        str, typer.Argument(help="A page, such as 3-3-multi-band-2, or a notebook, such as 3-3-transform.")
    ],
    parameter: Annotated[
        list[str] | None, typer.Option("--parameter", "-p", help="key=value; may be given several times.")
    ] = None,
    profile: Annotated[str | None, typer.Option("--profile", help="As for build.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="An .html or .ipynb file; one in _build/tried without.")
    ] = None,
) -> None:
    """Run one page, with other parameters if you like, and write it to a file; the book stays as it is."""
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


@app.command()
def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 for any that is free.")] = 8000,
    folder: Annotated[Path | None, typer.Option(help="The rendered book; _build/html of the project without.")] = None,
) -> None:
    """Show the rendered book at an address of this machine, until interrupted."""
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

    from report_utils.errors import InputError
    from report_utils.profiles import project_root

    folder = folder or project_root() / "_build" / "html"
    if not (folder / "index.html").is_file():
        msg = f"{folder}: there is no rendered book here; build it with `make book`"
        raise InputError(msg)
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), partial(SimpleHTTPRequestHandler, directory=str(folder)))
    except OSError as error:
        msg = f"port {port}: {error.strerror}; choose another one with --port"
        raise InputError(msg) from None
    typer.echo(f"the book: http://127.0.0.1:{server.server_address[1]}/  (Ctrl-C ends this)")
    with server:
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            typer.echo("")


@app.command()
def pdf(profile: ProfileOption = None) -> None:
    """Print the rendered book with Chromium, and render it again so that it offers the PDF."""
    from report_utils.book.pdf import make_pdf
    from report_utils.profiles import load_profile, project_root

    chosen = load_profile(profile)
    target = make_pdf(project_root())
    typer.echo(f"{target}: {target.stat().st_size / 1e6:.1f} MB")
    raise typer.Exit(_render(chosen.path))


@app.command()
def table(
    profile: ProfileOption = None,
    results: ResultsOption = None,
    status: Annotated[
        bool, typer.Option("--status", "--all", help="Every figure, number and claim of the report with its verdict.")
    ] = False,
    csv: Annotated[Path | None, typer.Option(help="Write it to this file as CSV instead of printing it.")] = None,
    json: Annotated[Path | None, typer.Option(help="Write it to this file as JSON instead of printing it.")] = None,
) -> None:
    """Print Table 1, ours beside the report's; or the status of everything that the report shows, prints and claims."""
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
    from report_utils.errors import InputError

    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        msg = f"{path}: cannot write here: {error.strerror}; name a file in a folder that exists and can be written"
        raise InputError(msg) from None
    typer.echo(f"{path}: written")


@app.command()
def check(
    folder: Annotated[
        Path | None, typer.Argument(help="The rendered book; _build/html of the project without.")
    ] = None,
) -> None:
    """Look for missing or empty pages, figures that do not load and broken links in the rendered book."""
    from report_utils.book.check import BookCheck
    from report_utils.profiles import project_root

    folder = folder or project_root() / "_build" / "html"
    checked = BookCheck(folder)
    for line in checked.weights():
        typer.echo(line)
    faults = checked.faults()
    for fault in faults:
        typer.echo(fault, err=True)
    typer.echo(f"{folder}: {len(faults)} faults")
    raise typer.Exit(1 if faults else 0)
