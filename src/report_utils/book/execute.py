"""Running one page: template to executed notebook, in memory, so that a failure leaves no half page."""

from __future__ import annotations

import copy
import re
import tempfile
import time
from pathlib import Path
from typing import Any

import nbformat

from report_utils.book.pages import Page

METADATA = "report_utils"
"""Where an executed notebook keeps what it was made from."""


_HOW_TO_HAVE_IT = """The report compares each cluster with the same cluster observed without its active galactic
nuclei (AGN). In a simulation that is a second list of events; in real observations it is what remains after the point
sources have been removed. To have this page, give the second list of every cluster in the column `events_agn_less` of
the catalogue, run `report-utils ingest` again with the same archive, and build the book anew. All other pages are
complete without it."""


class PageError(RuntimeError):
    """A page's notebook failed: which page, which cell, and why."""


def read_template(path: Path) -> nbformat.NotebookNode:
    """Read a py:percent notebook."""
    import jupytext

    return jupytext.read(path)


def fill_in(notebook: nbformat.NotebookNode, page: Page) -> nbformat.NotebookNode:
    """Return the notebook with ``{{ title }}`` and ``{{ slug }}`` replaced, in text and in cell metadata.

    Pages from one template would otherwise clash in their titles, labels and figure names.
    """
    values = {"title": page.title, "slug": page.slug}

    def filled(value: Any) -> Any:
        if isinstance(value, str):
            return re.sub(r"\{\{ *(title|slug) *\}\}", lambda match: values[match[1]], value)
        if isinstance(value, dict):
            return {key: filled(item) for key, item in value.items()}
        return [filled(item) for item in value] if isinstance(value, list) else value

    notebook = copy.deepcopy(notebook)
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict(filled(dict(cell.metadata)))
        if cell.cell_type == "markdown":
            cell.source = filled(cell.source)
    return notebook


def run_page(page: Page, template: Path, profile: str, record: dict[str, Any]) -> nbformat.NotebookNode:
    """Execute a page's notebook and return it; nothing is written.

    Parameters
    ----------
    page : Page
    template : Path
        The py:percent notebook; it runs in its own folder.
    profile : str
        The profile's name or file.
    record : dict
        Kept in the notebook's metadata, with the time it took.

    Raises
    ------
    PageError
        If a cell fails.
    """
    import papermill
    from nbclient.exceptions import DeadKernelError

    began = time.monotonic()
    notebook = fill_in(read_template(template), page)
    try:
        with tempfile.TemporaryDirectory(prefix="page-") as sockets:
            executed = papermill.execute_notebook(
                notebook,
                None,
                parameters={"profile": profile, **page.parameters},
                kernel_name="python3",
                progress_bar=False,
                cwd=str(template.parent),
                config=_local_sockets(sockets),
            )
    except papermill.exceptions.PapermillExecutionError as error:
        reason = f"{error.ename}: {error.evalue}"
        source = error.source.strip().splitlines()
        msg = f"{template.name} (page {page.slug}), cell {error.exec_count}: {reason} [{source[0] if source else ''}]"
        raise PageError(msg) from error
    except DeadKernelError as error:
        msg = f"{template.name} (page {page.slug}): its kernel ended by itself, out of memory perhaps; build again"
        raise PageError(msg) from error
    executed.metadata.pop("papermill", None)
    for cell in executed.cells:
        cell.metadata.pop("papermill", None)
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell.metadata.tags = [*cell.metadata.tags, "hide-input"]
            cell.source = cell.source.replace("# Parameters\n", "# parameters of this page\n")
    executed.metadata[METADATA] = {**record, "seconds": round(time.monotonic() - began, 2)}
    return executed


def unavailable_page(page: Page, reason: str, record: dict[str, Any]) -> nbformat.NotebookNode:
    """Return a page that says why there is nothing to show."""
    text = f"# {page.title or page.slug}\n\n```{{admonition}} Not available here\n{reason}\n```\n\n{_HOW_TO_HAVE_IT}"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text, id="reason")])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook.metadata[METADATA] = {**record, "seconds": 0.0}
    return notebook


def _local_sockets(folder: str) -> Any:
    """Let the kernel talk over socket files of its own: over TCP, kernels race for ports and warn about encryption."""
    from traitlets.config import Config

    return Config({"KernelManager": {"transport": "ipc", "ip": str(Path(folder) / "kernel")}})
