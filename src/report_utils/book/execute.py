"""Running one page: template to executed notebook, in memory, so that a failure leaves no half page."""

from __future__ import annotations

import ast
import copy
import platform
import re
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from report_utils import __version__
from report_utils.book.pages import Page
from report_utils.errors import NotAvailableError
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
_KERNEL = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}

HOW_TO_HAVE_IT = """**AGN-less observations.** The report compares each cluster with the same cluster observed without
its active galactic nuclei (AGN). In a simulation that is a second list of events; in real observations it is what
remains after the point sources have been removed. Give the second list of every cluster in the column
`events_agn_less` of the catalogue, run `report-utils ingest` again with the same archive, and build the book again.

**Trained networks.** Committed results hold predictions and no weights, and perhaps not those of every transform. Train
what is missing (`report-utils fit --all`), here or on a larger machine, and export it (`report-utils results export`);
or build the book without committed results.

All other pages are complete without it."""
"""What a page says when the profile does not have what it shows."""


class PageError(RuntimeError):
    """A page's notebook failed: which page, which cell, and why."""


def read_template(path: Path) -> NotebookNode:
    """Read a py:percent notebook; its header may leave out the kernel."""
    import jupytext

    notebook = jupytext.read(path)
    notebook.metadata.setdefault("kernelspec", _KERNEL)
    return notebook


def template_parameters(notebook: NotebookNode) -> dict[str, Any]:
    """Return the parameters that a notebook declares, with their defaults; None for one that is computed."""
    source = "\n".join(cell.source for cell in notebook.cells if "parameters" in cell.metadata.get("tags", []))
    found: dict[str, Any] = {}
    for statement in ast.parse(source).body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            try:
                value = ast.literal_eval(statement.value)
            except ValueError:
                value = None
            found[statement.targets[0].id] = value
    return found


def fill_in(notebook: NotebookNode, page: Page) -> NotebookNode:
    """Return the notebook with ``{{ title }}``, ``{{ slug }}`` and the page's words replaced, in text and metadata.

    A page of a template has its own title in place of the notebook's: pages would clash in their titles, labels and
    figure names.
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


def run_page(
    page: Page, template: Path, profile: str, *, inside: Sequence[Path] = (), outside: Sequence[Path] = ()
) -> tuple[NotebookNode, dict[str, Any]]:
    """Execute a page's notebook; nothing is written.

    Parameters
    ----------
    page : Page
    template : Path
        The py:percent notebook; it runs in its own folder.
    profile : str
        The profile's name or file.
    inside, outside : sequence of Path
        The folders whose files are recorded when they are read, and folders in them that are left out.

    Returns
    -------
    executed : NotebookNode
        In its metadata are the versions at hand, when it was run and how long that took.
    reads : dict
        What it read: ``runs``, ``files`` and ``folders``.

    Raises
    ------
    InputError
        For a Keras backend that is not one of this project's.
    PageError
        If a cell fails.
    """
    import papermill
    from nbclient.exceptions import DeadKernelError

    from report_utils.book.kernel import ThisPython, kernel_settings, read_by

    backend_name()  # another one than this project's is refused here, not by a cell
    began = time.monotonic()
    notebook = fill_in(read_template(template), page)
    declared = template_parameters(notebook)
    given = {name: value for name, value in {"profile": profile, **page.parameters}.items() if name in declared}
    with kernel_settings(profile, inside=inside, outside=outside) as settings:
        try:
            executed = papermill.execute_notebook(
                notebook,
                None,
                parameters=given,
                kernel_name="python3",
                start_timeout=_START_SECONDS,
                coalesce_streams=True,  # what is printed comes in as many messages as chance has it
                progress_bar=False,
                cwd=str(template.parent),
                config=settings,
                kernel_manager_class=ThisPython,
            )
        except papermill.exceptions.PapermillExecutionError as error:
            if error.ename == NotAvailableError.__name__:
                executed = _unavailable_page(page, error.evalue)
            else:
                raise PageError(_failure(page, template, notebook, error)) from error
        except DeadKernelError as error:
            msg = f"{template.name} (page {page.slug}): its kernel died, perhaps out of memory; build again"
            raise PageError(msg) from error
        except RuntimeError as error:
            msg = f"{template.name} (page {page.slug}): its kernel did not start ({error}); build again"
            raise PageError(msg) from error
        reads = read_by(settings)
    executed.metadata.pop("papermill", None)
    _merge_parameters(executed)
    for i, cell in enumerate(executed.cells):
        # the same inputs give the same page, bit for bit; how long it took is said once, below
        cell.id = f"cell-{i:03d}"
        for passing in ("papermill", "execution"):
            cell.metadata.pop(passing, None)
    executed.metadata[METADATA] = _circumstances(time.monotonic() - began)
    return executed, reads


def _failure(page: Page, template: Path, notebook: NotebookNode, error: Any) -> str:
    """Name the cell by the number that Jupyter shows when all cells are run: papermill has put one in."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    tagged = [i for i, cell in enumerate(cells, start=1) if "parameters" in cell.metadata.get("tags", [])]
    number = error.exec_count - (1 if tagged and error.exec_count > tagged[0] else 0)
    source = (error.source.strip().splitlines() or [""])[0]
    return f"{template.name} (page {page.slug}), In [{number}]: {error.ename}: {error.evalue} [{source}]"


def _merge_parameters(executed: NotebookNode) -> None:
    """Let the parameters' cell hold what the page was run with, so that cells have the numbers that Jupyter gives them.

    Papermill leaves that cell as it is and puts another one behind it. Declared parameters that a page does not give
    keep their defaults, so the page runs again as it is.
    """
    tags = [set(cell.metadata.get("tags", [])) for cell in executed.cells]
    place = next((i for i, found in enumerate(tags) if "injected-parameters" in found), None)
    if place is None:
        return
    injected, declared = executed.cells.pop(place), executed.cells[place - 1]
    given = injected.source.replace("# Parameters\n", "# parameters of this page\n")
    declared.source = f"{declared.source.rstrip()}\n\n{given}"
    declared.metadata.tags = ["parameters", "hide-input"]
    declared.metadata.mystnb = {"code_prompt_show": "Show parameters", "code_prompt_hide": "Hide parameters"}
    for cell in executed.cells[place:]:
        if cell.get("execution_count"):
            cell.execution_count -= 1
            for output in cell.outputs:
                if "execution_count" in output:
                    output.execution_count -= 1


def _unavailable_page(page: Page, reason: str) -> NotebookNode:
    """Return a page that says why there is nothing to show, and how there would be."""
    import nbformat

    title = page.title or page.slug
    question = f"**The question.** What would stand on the page *{title}*, and what does it take to have it?"
    text = f"# {title}\n\n{question}\n\n```{{admonition}} Not available here\n{reason}\n```\n\n{HOW_TO_HAVE_IT}"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text, id="reason")])
    notebook.metadata["kernelspec"] = _KERNEL
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
