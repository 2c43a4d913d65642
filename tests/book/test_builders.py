"""What Jupyter Book and Sphinx are asked to build is the whole book, or it is refused before anything is touched."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from report_utils.book import sphinx_ext
from tests.conftest import ROOT


def jupyter_book(*arguments, folder=ROOT):
    command = [str(Path(sys.executable).with_name("jupyter-book")), *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def application(source=ROOT / "book", settings=None, extensions=("sphinx_external_toc",), builder="html"):
    return SimpleNamespace(
        srcdir=source, confdir=settings or source, extensions=extensions, builder=SimpleNamespace(name=builder)
    )


def config():
    return SimpleNamespace(html_baseurl="", html_theme_options={})


def test_the_book_is_built_from_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    sphinx_ext._configure(application(), config())


@pytest.mark.parametrize(
    "asked",
    [
        {"source": ROOT},
        {"source": ROOT / "book" / "pages"},
        {"source": Path("/elsewhere/book")},
        {"settings": ROOT},  # where `jupyter-book config sphinx` writes conf.py
        {"extensions": ()},  # as Jupyter Book builds a single file
    ],
)
def test_other_folders_and_single_files_are_refused(asked, capsys):
    with pytest.raises(SystemExit, match="2"):
        sphinx_ext._configure(application(**asked), config())
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert f"`jupyter-book build {ROOT / 'book'}`" in said


@pytest.mark.parametrize("builder", ["dirhtml", "singlehtml", "latex", "epub", "text"])
def test_builders_that_break_links_or_leave_out_figures_are_refused(builder, capsys):
    with pytest.raises(SystemExit, match="2"):
        sphinx_ext._prepare(application(builder=builder))
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert f"builder {builder}: choose html or linkcheck; `report-utils pdf` makes a PDF" in said


def test_bad_input_ends_with_one_line(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("REPORT_PROFILE", "nonsense")
    app = application()
    app.outdir = tmp_path / "html"
    with pytest.raises(SystemExit, match="2"):
        sphinx_ext._prepare(app)
    assert capsys.readouterr().err.startswith("report-utils: unknown profile 'nonsense'; choose one of ")


@pytest.mark.slow("renders a book")
@pytest.mark.parametrize("arguments", [("build", "."), ("build", "book", "--builder", "latex")])
def test_refused_build_leaves_the_finished_book_untouched(tmp_path, arguments):
    finished = tmp_path / "_build" / "html" / "searchindex.js"
    finished.parent.mkdir(parents=True)
    finished.write_text("words")
    result = jupyter_book(*arguments, "-q", "--path-output", str(tmp_path))
    assert result.returncode == 2
    assert "Traceback" not in result.stderr
    assert result.stderr.splitlines()[-1].startswith("report-utils: ")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [finished]
    assert finished.read_text() == "words"


def test_jupyter_book_clean_removes_the_book_and_keeps_runs(tmp_path):
    """Where it is asked to, ``book/``, and where the book lies, above it; runs stay."""
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "_build").symlink_to((ROOT / "book" / "_build").readlink())
    for name in ("_build/html/index.html", "_build/.doctrees/index.doctree", ".runs/fit"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    result = jupyter_book("clean", "book", folder=tmp_path)
    assert result.returncode == 0, result.stderr
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["fit"]
    assert jupyter_book("clean", "book", folder=tmp_path).returncode == 0  # nothing is there any more
