"""Edit one section: text and notebook are the same thing, a small change is a small diff, and one page follows."""

from __future__ import annotations

import contextlib
import difflib
import os
import shutil
import subprocess
import sys

import jupytext
import nbformat
import pytest
from jupyter_client.kernelspec import get_kernel_spec
from jupytext.cli import jupytext as jupytext_command

from report_utils.book import pages as module
from report_utils.book.kept_pages import Today
from report_utils.book.pages import book_pages
from report_utils.errors import InputError
from report_utils.profiles import project_root
from report_utils.reproduction.one_profile import Reproduction

ROOT = project_root()
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.py"))


@pytest.fixture
def workplace(tmp_path):
    """A copy of the notebooks, with the project's settings for jupytext."""
    outputs = shutil.ignore_patterns("*.ipynb", ".ipynb_checkpoints")
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks", ignore=outputs)
    return tmp_path / "notebooks"


def run_jupytext(folder, *arguments):
    with contextlib.chdir(folder):
        assert not jupytext_command(["--quiet", *arguments])


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_round_trip_through_jupytext_changes_no_byte(path):
    """If this fails for a notebook that was written by hand: ``python tools/tidy_notebooks.py``."""
    text = path.read_text(encoding="utf-8")
    saved = nbformat.reads(nbformat.writes(nbformat.from_dict(jupytext.read(path))), as_version=4)
    nbformat.validate(saved)
    for cell in saved.cells:
        if cell.cell_type == "code":  # as Jupyter leaves a cell that was run
            cell.execution_count = 1
            cell.outputs = [nbformat.v4.new_output("stream", text="out")]
            cell.metadata.update(execution={"iopub.status.busy": "2024"}, collapsed=True, trusted=True)
    saved.metadata["language_info"] = {"name": "python", "version": "3.11.9"}
    config = jupytext.config.load_jupytext_configuration_file(str(ROOT / "notebooks" / "jupytext.toml"))
    assert jupytext.writes(saved, fmt="py:percent", config=config) == text


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_kernel_name_matches_the_one_jupyterlab_writes(path):
    """Or else the first save changes the header, and makes the page stale."""
    named = jupytext.read(path).metadata["kernelspec"]
    assert named["display_name"] == get_kernel_spec(named["name"]).display_name


def test_pairing_works_in_both_directions(workplace):
    text = workplace / "5-conclusion.py"
    paired = text.with_suffix(".ipynb")
    before = text.read_text(encoding="utf-8")
    run_jupytext(workplace, "--to", "ipynb", text.name)
    assert paired.is_file()
    run_jupytext(workplace, "--sync", text.name)
    assert text.read_text(encoding="utf-8") == before

    notebook = nbformat.read(paired, as_version=4)
    notebook.cells[0].source = notebook.cells[0].source.replace("what comes next?", "what comes after?")
    nbformat.write(notebook, paired)
    _make_newer(paired, text)
    run_jupytext(workplace, "--sync", paired.name)
    after = text.read_text(encoding="utf-8")
    changes = [line for line in difflib.ndiff(before.splitlines(), after.splitlines()) if line[0] in "+-"]
    assert [line[0] for line in changes] == ["-", "+"]
    assert "what comes after?" in changes[1]

    text.write_text(after.replace("what comes after?", "what is next?"), encoding="utf-8")
    _make_newer(text, paired)
    run_jupytext(workplace, "--sync", text.name)
    assert "what is next?" in nbformat.read(paired, as_version=4).cells[0].source


def _make_newer(path, than):
    moment = than.stat().st_mtime + 10
    os.utime(path, (moment, moment))


def test_edit_in_jupyter_makes_only_that_page_stale(workplace, runs_folder, monkeypatch):
    reproduction = Reproduction("smoke")

    def digests(folder):
        monkeypatch.setattr(module, "NOTEBOOKS", folder)
        today = Today(reproduction)
        return {page.slug: today.inputs(page) for page in book_pages() if page.slug[0] in "45"}

    before = digests(workplace)
    run_jupytext(workplace, "--to", "ipynb", "5-conclusion.py")
    notebook = nbformat.read(workplace / "5-conclusion.ipynb", as_version=4)
    notebook.cells[0].source += "\n\nOne more sentence."
    nbformat.write(notebook, workplace / "5-conclusion.ipynb")
    _make_newer(workplace / "5-conclusion.ipynb", workplace / "5-conclusion.py")
    run_jupytext(workplace, "--sync", "5-conclusion.ipynb")
    after = digests(workplace)
    assert {slug for slug in before if before[slug] != after[slug]} == {"5-conclusion"}


def test_syntax_error_in_a_notebook_is_one_clear_line(workplace, runs_folder, monkeypatch):
    monkeypatch.setattr(module, "NOTEBOOKS", workplace)
    text = workplace / "5-conclusion.py"
    text.write_text(text.read_text(encoding="utf-8") + "\nshown = (1,\n", encoding="utf-8")
    page = next(page for page in book_pages() if page.slug == "5-conclusion")
    with pytest.raises(
        InputError, match=r"5-conclusion\.py: line \d+: '\(' was never closed \[shown = \(1,\]; correct it"
    ):
        Today(Reproduction("smoke")).inputs(page)


@pytest.mark.parametrize("name", ["1-introduction", "edit-one-section"])
def test_a_notebook_runs_by_itself_from_its_own_folder(name, runs_folder):
    environment = os.environ | {"REPORT_PROFILE": "smoke", "MPLBACKEND": "agg"}
    command = [sys.executable, "-W", "error", f"{name}.py"]
    result = subprocess.run(
        command, cwd=ROOT / "notebooks", env=environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert not runs_folder.exists()
