"""The Sphinx extension: brings the pages up to date before a build, and says at its end where the book is."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from report_utils import __version__

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_BEGUN = "_report_utils_begun"


def _prepare(app: Sphinx) -> None:
    from report_utils.book.build import prepare_book
    from report_utils.book.execute import PageError
    from report_utils.errors import InputError
    from report_utils.work import WorkerError

    try:
        report = prepare_book()
    except (InputError, PageError, WorkerError) as error:
        # Jupyter Book turns any other exception into a traceback of its own
        print(f"report-utils: {error}", file=sys.stderr)
        sys.exit(2 if isinstance(error, InputError) else 1)
    setattr(app, _BEGUN, (report, time.monotonic()))


def _outdated(app: Sphinx, env: Any, added: set[str], changed: set[str], removed: set[str]) -> list[str]:  # noqa: ARG001
    """Render all pages when one has changed: citations are numbered over the whole book, and links go by number."""
    return sorted(env.found_docs) if added or changed or removed else []


def _finish(app: Sphinx, exception: Exception | None) -> None:
    if exception is not None or not hasattr(app, _BEGUN):
        return
    report, began = getattr(app, _BEGUN)
    report.seconds["rendering"] = time.monotonic() - began
    # where `report-utils build` has computed before, it also says what took how long
    lines = report.lines() if report.n_runs or report.pages_run else []
    print("\n".join([*lines, f"the book: {Path(app.outdir) / 'index.html'}"]))


def _without_thebe(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:  # noqa: ARG001
    """Leave out the scripts of live code cells: they need a network, and are declared twice, which is an error."""
    context["script_files"] = [
        script
        for script in context.get("script_files", [])
        if "thebe" not in f"{getattr(script, 'filename', script)} {getattr(script, 'attributes', '')}".lower()
    ]


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to Sphinx."""
    app.connect("builder-inited", _prepare)
    app.connect("env-get-outdated", _outdated)
    app.connect("html-page-context", _without_thebe)
    app.connect("build-finished", _finish)
    return {"version": __version__, "parallel_read_safe": True, "parallel_write_safe": True}
