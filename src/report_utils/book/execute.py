"""Running one page: template to executed notebook, in memory, so that a failure leaves no half page."""

from __future__ import annotations

import copy
import platform
import re
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from report_utils import __version__
from report_utils.book.pages import Page
from report_utils.runs.code_digest import package_version
from report_utils.runs.ownership import METADATA
from report_utils.workers.backends import backend_name

if TYPE_CHECKING:
    from nbformat import NotebookNode


_PACKAGES = (
    "numpy",
    "scipy",
    "pandas",
    "matplotlib",
    "astropy",
    "pyarrow",
    "keras",
    "tensorflow-cpu",
    "tensorflow",
    "jax",
)
"""Whose versions a page records, as far as they are installed."""

_START_SECONDS = 300

HOW_TO_HAVE_AGN_LESS = """The report compares each cluster with the same cluster observed without its active galactic
nuclei (AGN). In a simulation that is a second list of events; in real observations it is what remains after the point
sources have been removed. To have this page, give the second list of every cluster in the column `events_agn_less` of
the catalogue, run `report-utils ingest` again with the same archive, and build the book anew. All other pages are
complete without it."""
"""What a page says that an archive leaves without something to show."""

HOW_TO_HAVE_RESULTS = """To have this page, train what is missing (`report-utils fit --all`), here or on a larger
machine, and export it (`report-utils results export`); or build the book without committed results."""
"""What a page says that committed results leave without something to show."""


class PageError(RuntimeError):
    """A page's notebook failed: which page, which cell, and why."""


def read_template(path: Path) -> NotebookNode:
    """Read a py:percent notebook."""
    import jupytext

    return jupytext.read(path)


def fill_in(notebook: NotebookNode, page: Page) -> NotebookNode:
    """Return the notebook with ``{{ title }}``, ``{{ slug }}`` and the page's words replaced, in text and metadata.

    Pages from one template would otherwise clash in their titles, labels and figure names.
    """
    import nbformat

    values = {**page.words, "title": page.title, "slug": page.slug}
    names = re.compile(r"\{\{ *(" + "|".join(values) + r") *\}\}")

    def filled(value: Any) -> Any:
        if isinstance(value, str):
            return names.sub(lambda match: values[match[1]], value)
        if isinstance(value, dict):
            return {key: filled(item) for key, item in value.items()}
        return [filled(item) for item in value] if isinstance(value, list) else value

    notebook = copy.deepcopy(notebook)
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict(filled(dict(cell.metadata)))
        if cell.cell_type == "markdown":
            cell.source = filled(cell.source)
    if page.title and notebook.cells and notebook.cells[0].source.startswith("# "):
        _, _, rest = notebook.cells[0].source.partition("\n")
        notebook.cells[0].source = f"# {page.title}\n{rest}"
    return notebook


def run_page(page: Page, template: Path, profile: str, record: dict[str, Any]) -> NotebookNode:
    """Execute a page's notebook and return it; nothing is written.

    Parameters
    ----------
    page : Page
    template : Path
        The py:percent notebook; it runs in its own folder.
    profile : str
        The profile's name or file.
    record : dict
        Kept in the notebook's metadata, with the versions at hand, when it was run and how long that took.

    Raises
    ------
    InputError
        For a Keras backend that is not one of this project's.
    PageError
        If a cell fails.
    """
    import papermill
    from nbclient.exceptions import DeadKernelError

    from report_utils.book.kernel import ThisPython, kernel_settings

    backend_name()  # another one than this project's is refused here, not by a cell
    began = time.monotonic()
    notebook = fill_in(read_template(template), page)
    try:
        with kernel_settings() as settings:
            executed = papermill.execute_notebook(
                notebook,
                None,
                parameters={"profile": profile, **page.parameters},
                kernel_name="python3",
                start_timeout=_START_SECONDS,
                coalesce_streams=True,  # what is printed comes in as many messages as chance has it
                progress_bar=False,
                cwd=str(template.parent),
                config=settings,
                kernel_manager_class=ThisPython,
            )
    except papermill.exceptions.PapermillExecutionError as error:
        reason = f"{error.ename}: {error.evalue}"
        source = error.source.strip().splitlines()
        msg = f"{template.name} (page {page.slug}), cell {error.exec_count}: {reason} [{source[0] if source else ''}]"
        raise PageError(msg) from error
    except DeadKernelError as error:
        msg = f"{template.name} (page {page.slug}): its kernel ended by itself, out of memory perhaps; build again"
        raise PageError(msg) from error
    except RuntimeError as error:
        msg = f"{template.name} (page {page.slug}): its kernel did not start ({error}); build again"
        raise PageError(msg) from error
    executed.metadata.pop("papermill", None)
    for i, cell in enumerate(executed.cells):
        # the same inputs give the same page, bit for bit; how long it took is said once, below
        cell.id = f"cell-{i:03d}"
        for passing in ("papermill", "execution"):
            cell.metadata.pop(passing, None)
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell.metadata.tags = [*cell.metadata.tags, "hide-input"]
            cell.source = cell.source.replace("# Parameters\n", "# parameters of this page\n")
            cell.metadata.mystnb = {"code_prompt_show": "Show parameters", "code_prompt_hide": "Hide parameters"}
    executed.metadata[METADATA] = record | _circumstances(time.monotonic() - began)
    return executed


def labelled(notebook: NotebookNode, note: str) -> NotebookNode:
    """Return an executed page that says below its title where its results come from."""
    import nbformat

    text = f"```{{admonition}} Committed results\n:class: important\n{note}\n```"
    notebook.cells.insert(1, nbformat.v4.new_markdown_cell(text, id="origin"))
    return notebook


def unavailable_page(page: Page, reason: str, how: str, record: dict[str, Any]) -> NotebookNode:
    """Return a page that says why there is nothing to show, and how there would be."""
    import nbformat

    title = page.title or page.slug
    question = f"**The question.** What would stand on the page *{title}*, and what does it take to have it?"
    text = f"# {title}\n\n{question}\n\n```{{admonition}} Not available here\n{reason}\n```\n\n{how}"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text, id="reason")])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    notebook.metadata[METADATA] = record | _circumstances(0.0)
    return notebook


def _circumstances(seconds: float) -> dict[str, Any]:
    """Return when a page was run, how long that took [s], and with which versions."""
    versions = {name: package_version(name) for name in _PACKAGES}
    return {
        "at": datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S"),
        "seconds": round(seconds, 2),
        "versions": {
            "Python": platform.python_version(),
            "report-utils": __version__,
            **{name: version for name, version in versions.items() if version != "absent"},
        },
    }


def written(notebook: NotebookNode) -> str:
    """Return a notebook as it is kept in a file."""
    import nbformat

    return nbformat.writes(notebook)
