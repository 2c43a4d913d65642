"""Running one page, from template to executed notebook, in memory: a failure leaves no partial page."""

from __future__ import annotations

import ast
import copy
import platform
import re
import time
from collections.abc import Mapping, Sequence
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
    "numpy", "scipy", "pandas", "matplotlib", "astropy", "pyarrow", "keras", "tensorflow-cpu", "tensorflow", "jax",
)  # fmt: skip
"""Whose versions a page records, as far as they are installed."""

_START_SECONDS = 300
_KERNEL = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
_PROMPTS = {"code_prompt_show": "Show parameters", "code_prompt_hide": "Hide parameters"}

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


def _parameter_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]


def template_parameters(notebook: NotebookNode) -> dict[str, Any]:
    """Return the parameters that a notebook declares, with their defaults; None for one that is computed."""
    source = "\n".join(cell.source for cell in _parameter_cells(notebook))
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


def set_parameters(notebook: NotebookNode, values: Mapping[str, Any]) -> None:
    """Write the values of parameters that a notebook declares behind their defaults, where a reader can unfold them."""
    declared = template_parameters(notebook)
    lines = [f"{name} = {value!r}\n" for name, value in values.items() if name in declared]
    if lines:
        cell = _parameter_cells(notebook)[-1]
        cell.source = f"{cell.source.rstrip()}\n\n# parameters of this page\n{''.join(lines)}"
        cell.metadata.tags = ["parameters", "hide-input"]
        cell.metadata.mystnb = dict(_PROMPTS)


def run_page(
    page: Page, template: Path, profile: str, *, inside: Sequence[Path] = (), outside: Sequence[Path] = ()
) -> tuple[NotebookNode, dict[str, Any]]:
    """Execute a page's notebook in its own folder; nothing is written, and a cell that fails is a PageError.

    Files in the folders ``inside``, apart from those in folders ``outside``, are recorded when they are read. Returned
    are the notebook, with the versions at hand, the time and the duration in its metadata, and what it read: ``runs``,
    ``files``, ``folders`` and ``results``.
    """
    import papermill
    from nbclient.exceptions import DeadKernelError

    from report_utils.book.kernel import ThisPython, kernel_settings, read_by

    backend_name()  # another one than this project's is refused here, not by a cell
    began = time.monotonic()
    notebook = fill_in(read_template(template), page)
    # not by papermill, which would put a cell of its own before the others, and shift their numbers
    set_parameters(notebook, {"profile": profile, **page.parameters})
    what = f"{template.name} (page {page.slug})"
    with kernel_settings(profile, inside=inside, outside=outside) as settings:
        try:
            executed = papermill.execute_notebook(
                notebook,
                None,
                kernel_name="python3",
                start_timeout=_START_SECONDS,
                iopub_timeout=_START_SECONDS,  # a busy machine delivers what a cell shows late
                coalesce_streams=True,  # what is printed comes in as many messages as chance has it
                progress_bar=False,
                cwd=str(template.parent),
                config=settings,
                kernel_manager_class=ThisPython,
            )
        except papermill.exceptions.PapermillExecutionError as error:
            if error.ename != NotAvailableError.__name__:
                source = (error.source.strip().splitlines() or [""])[0]
                msg = f"{what}, In [{error.exec_count}]: {error.ename}: {error.evalue} [{source}]"
                raise PageError(msg) from error
            executed = _unavailable_page(page, error.evalue)
        except DeadKernelError as error:
            msg = f"{what}: its kernel died, perhaps out of memory; build again"
            raise PageError(msg) from error
        except RuntimeError as error:
            msg = f"{what}: its kernel did not start ({error}); build again"
            raise PageError(msg) from error
        reads = read_by(settings)
    executed.metadata.pop("papermill", None)
    for i, cell in enumerate(executed.cells):
        # the same inputs give the same page, bit for bit; how long it took is said once, below
        cell.id = f"cell-{i:03d}"
        for passing in ("papermill", "execution"):
            cell.metadata.pop(passing, None)
    executed.metadata[METADATA] = _circumstances(time.monotonic() - began)
    return executed, reads


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
