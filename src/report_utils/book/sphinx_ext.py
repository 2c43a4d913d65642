"""The Sphinx extension: brings the pages up to date before a build, and says at its end where the book is."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from report_utils import __version__

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_BEGUN = "_report_utils_begun"


def _prepare(app: Sphinx) -> None:
    from sphinx.errors import ExtensionError

    from report_utils.book.build import prepare_book
    from report_utils.book.execute import PageError
    from report_utils.errors import InputError

    try:
        report = prepare_book()
    except (InputError, PageError) as error:
        raise ExtensionError(str(error), modname="report_utils") from error
    setattr(app, _BEGUN, (report, time.monotonic()))


def _finish(app: Sphinx, exception: Exception | None) -> None:
    if exception is not None or not hasattr(app, _BEGUN):
        return
    report, began = getattr(app, _BEGUN)
    report.seconds["rendering"] = time.monotonic() - began
    # where `report-utils build` has computed before, it also says what took how long
    lines = report.lines() if report.n_runs or report.pages_run else []
    print("\n".join([*lines, f"the book: {Path(app.outdir) / 'index.html'}"]))


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to Sphinx."""
    app.connect("builder-inited", _prepare)
    app.connect("build-finished", _finish)
    return {"version": __version__, "parallel_read_safe": True, "parallel_write_safe": True}
