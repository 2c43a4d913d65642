"""Pages are made once, put in place by one build at a time, and rendered anew where that was cut off."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from types import SimpleNamespace

import nbformat
import pytest
from matplotlib.figure import Figure

from report_utils.book import build, sphinx_ext
from report_utils.book.build import make_page, publish_pages
from report_utils.book.execute import METADATA
from report_utils.book.kept_pages import VERSIONS_KEPT, kept_versions
from report_utils.book.pages import Page
from report_utils.errors import InputError
from report_utils.report.figures.data import data_bundle
from report_utils.reproduction.one_profile import Reproduction
from report_utils.runs.ownership import record_of
from report_utils.widgets import FIGURE_DATA
from tests.conftest import ROOT
from tests.profile_files import write_profile

PAGES = (Page("index", "index"), Page("1-introduction", "1-introduction"), Page("2-data", "2-data"))
CONTENTS = "root: pages/index\nchapters: [{file: pages/1-introduction}, {file: pages/2-data}]\n"


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with one tiny profile, three of the real pages, and runs of its own."""
    root = tmp_path / "project"
    (root / "profiles").mkdir(parents=True)
    (root / "_config.yml").touch()
    (root / "_toc.yml").write_text(CONTENTS)
    (root / "notebooks").symlink_to(ROOT / "notebooks")
    write_profile(root / "profiles" / "tiny.toml")
    monkeypatch.chdir(root)
    monkeypatch.delenv("REPORT_RUNS", raising=False)
    return root


@pytest.fixture
def executed(monkeypatch):
    """The pages that were executed; a stand-in does it."""
    slugs = []

    def stand_in(page, template, profile, inside, outside):
        slugs.append(page.slug)
        figure = Figure()
        figure.subplots().plot([1], [2])
        shown = nbformat.v4.new_output("display_data", {"image/svg+xml": "<svg>", **data_bundle(figure)})
        named = {"mystnb": {"figure": {"name": f"fig-{page.slug}"}}}
        cells = [
            nbformat.v4.new_markdown_cell(f"# {page.slug}\n\nText", id="a"),
            nbformat.v4.new_code_cell(outputs=[shown], metadata=named, id="b"),
        ]
        notebook = nbformat.v4.new_notebook(cells=cells)
        notebook.metadata[METADATA] = {"seconds": 1.0}
        return notebook, {"runs": {}, "files": {}, "folders": [], "results": {}}

    monkeypatch.setattr(build, "run_page", stand_in)
    return slugs


def made(pages=PAGES):
    reproduction = Reproduction("tiny")
    for page in pages:
        make_page(page, reproduction)
    return reproduction


def test_a_page_is_made_once(project, executed):
    page = PAGES[1]
    reproduction = made([page])
    made([page])  # as a second build would that waited for the first
    assert executed == [page.slug]
    (kept,) = kept_versions(page, reproduction)
    assert record_of(kept)["profile"] == "profiles/tiny.toml"


@pytest.fixture
def edit(project):
    """Edits the introduction's notebook, in a copy of the notebooks."""
    (project / "notebooks").unlink()
    shutil.copytree(ROOT / "notebooks", project / "notebooks", ignore=shutil.ignore_patterns("*.ipynb"))
    path = project / "notebooks" / "1-introduction.py"
    original = path.read_text()
    return lambda text: path.write_text(original + text)


def test_reverted_edit_reuses_the_earlier_page(edit, executed):
    page = PAGES[1]
    for text in ("", "# more\n", "", "# more\n"):
        edit(text)
        made([page])
    assert executed == [page.slug] * 2


def test_only_a_few_versions_of_a_page_are_kept(edit, executed):
    for number in range(VERSIONS_KEPT + 2):
        edit(f"# {number}\n")
        reproduction = made([PAGES[1]])
    assert len(kept_versions(PAGES[1], reproduction)) == VERSIONS_KEPT
    edit("# 1\n")
    made([PAGES[1]])
    assert len(executed) == VERSIONS_KEPT + 3  # the oldest are gone


def test_page_edited_during_its_run_is_not_kept(edit, executed, monkeypatch):
    run = build.run_page

    def slow(*arguments, **folders):
        edit("# meanwhile\n")
        return run(*arguments, **folders)

    monkeypatch.setattr(build, "run_page", slow)
    with pytest.raises(InputError, match=r"1-introduction: what it is made from was edited while it ran; run the same"):
        make_page(PAGES[1], Reproduction("tiny"))
    assert kept_versions(PAGES[1], Reproduction("tiny")) == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"metadata": {}}', '{"metadata": {"report_utils": []}}', "\\udcff"])
def test_unreadable_page_counts_as_missing(tmp_path, text):
    (tmp_path / "page.ipynb").write_text(text)
    assert record_of(tmp_path / "page.ipynb") is None
    assert record_of(tmp_path / "none.ipynb") is None


def test_pages_are_published_into_the_book(project, executed):
    made()
    folder = project / "book" / "pages"
    publish_pages("tiny").release()
    assert sorted(path.stem for path in folder.glob("*.ipynb")) == sorted(page.slug for page in PAGES)
    (folder / "index.ipynb").write_text("{}")
    os.utime(folder / "2-data.ipynb", (1, 1))
    publish_pages("tiny").release()
    text = (folder / "index.ipynb").read_text()
    assert "# index\\n" in text
    assert "*Nothing on this page depends on the profile. [How these numbers are made]" in text
    assert (folder / "2-data.ipynb").stat().st_mtime == 1  # an unchanged page is not written
    assert FIGURE_DATA not in text  # a figure's data become a file beside it
    data = (project / "_build" / "figures" / "fig-index.csv").read_text()
    assert data.splitlines()[-1].startswith("1,1,line,,1,2")
    for kept in kept_versions(PAGES[0], Reproduction("tiny")):
        kept.unlink()
    with pytest.raises(InputError, match="index: it, or what it shows, changed while the book was built; build again"):
        publish_pages("tiny")


@pytest.mark.slow("renders books")
def test_one_build_at_a_time_renders(project, executed):
    """Another one waits, says so, and goes on when the first ends, however it ends."""
    made()
    code = "from report_utils.book.build import publish_pages\npublish_pages('tiny')\nprint('published', flush=True)\n"
    lock = publish_pages("tiny")
    other = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=project
    )
    assert other.stderr.readline() == "another build is rendering this book; waiting for it\n"
    assert other.poll() is None
    lock.release()
    assert other.communicate(timeout=60)[0] == "published\n"
    code += "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n"
    subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, cwd=project)
    publish_pages("tiny").release()


@pytest.fixture
def sphinx(tmp_path, monkeypatch):
    """A Sphinx application and its environment, as far as the extension asks them."""
    source = tmp_path / "book"
    source.mkdir()
    for name in ("a", "b"):
        (source / f"{name}.md").write_text(name)
    (tmp_path / "doctrees").mkdir()
    output = tmp_path / "_build" / "html"
    output.mkdir(parents=True)
    monkeypatch.setattr(build, "prepare_book", lambda: build.BuildReport("tiny", 2))
    monkeypatch.setattr(build, "publish_pages", lambda: SimpleNamespace(release=lambda: None))
    builder = SimpleNamespace(name="html", format="none")
    app = SimpleNamespace(doctreedir=tmp_path / "doctrees", srcdir=source, outdir=output, builder=builder, _warncount=0)
    env = SimpleNamespace(found_docs={"a", "b"}, doc2path=lambda name: str(source / f"{name}.md"))
    return app, env


def rendered(app, env, changed=()):
    """Begin to render, and return what is rendered."""
    again = SimpleNamespace(**vars(app))
    sphinx_ext._prepare(again)
    return again, sphinx_ext._outdated(again, env, set(), set(changed), set())


def test_successful_rendering_is_not_repeated(sphinx):
    words = sphinx[0].outdir / "searchindex.js"
    words.touch()
    app, outdated = rendered(*sphinx)
    assert outdated == ["a", "b"]
    assert not words.exists()  # it is made anew, of today's pages alone
    words.touch()
    sphinx_ext._finish(app, None)
    app, outdated = rendered(*sphinx)
    assert outdated == []
    assert words.exists()
    sphinx_ext._finish(app, None)
    _, outdated = rendered(*sphinx, changed=["a"])
    assert outdated == ["a", "b"]


def test_interrupted_rendering_starts_over(sphinx):
    """Half of its pages may be written, and to Sphinx they look newer than their sources."""
    sphinx_ext._finish(rendered(*sphinx)[0], None)
    assert rendered(*sphinx)[1] == []  # killed here
    assert rendered(*sphinx)[1] == ["a", "b"]


@pytest.mark.parametrize("failure", ["exception", "warning"])
def test_rendering_with_a_warning_or_error_starts_over(sphinx, failure):
    """Or else the warning that made it fail would not come again, and the next one would end well."""
    app, _ = rendered(*sphinx)
    app._warncount = 1 if failure == "warning" else 0
    sphinx_ext._finish(app, RuntimeError() if failure == "exception" else None)
    assert rendered(*sphinx)[1] == ["a", "b"]


def test_linkcheck_does_not_write_into_the_finished_book(sphinx):
    """Jupyter Book gives this builder the folder of the finished book; both share what Sphinx has read."""
    app, env = sphinx
    sphinx_ext._finish(rendered(app, env)[0], None)
    words = app.outdir / "searchindex.js"
    words.touch()
    checking = SimpleNamespace(**vars(app) | {"builder": SimpleNamespace(name="linkcheck", format="")})
    again, outdated = rendered(checking, env)
    assert (again.outdir, outdated) == (app.outdir.parent / "linkcheck", ["a", "b"])
    assert again.builder.outdir == again.outdir
    sphinx_ext._finish(again, None)
    assert words.exists()
    assert rendered(app, env)[1] == ["a", "b"]  # all of the book again


def test_changes_are_found_after_the_clock_is_set_back(sphinx):
    """A page that was written after the last rendering may carry an earlier time."""
    sphinx_ext._finish(rendered(*sphinx)[0], None)
    path = sphinx[0].srcdir / "a.md"
    path.write_text("A")
    os.utime(path, (1, 1))
    assert rendered(*sphinx)[1] == ["a", "b"]


def test_foreign_notebooks_beside_published_pages_are_kept(project, executed):
    reproduction = made()
    publish_pages("tiny").release()
    folder = project / "book" / "pages"
    page = (folder / f"{PAGES[0].slug}.ipynb").read_text()
    (folder / "mine.ipynb").write_text(page)  # a copy of a page, to be worked on
    (folder / "notes.ipynb").write_text('{"cells": [], "metadata": {}}')
    (folder / "of-old.ipynb").write_text(page.replace(f'"slug": "{PAGES[0].slug}"', '"slug": "of-old"'))
    publish_pages("tiny").release()
    assert {path.stem for path in folder.glob("*.ipynb")} == {page.slug for page in PAGES} | {"mine", "notes"}
    assert len(kept_versions(PAGES[0], reproduction)) == 1
