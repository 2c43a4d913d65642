"""Sphinx is not started for a book that is rendered already, and is for any other."""

import os

import pytest
from filelock import FileLock

from report_utils.book.rendered import STAMP, is_rendered, note_rendering, what_is_rendered


@pytest.fixture
def book(tmp_path):
    for name in ("_config.yml", "book/glossary.md", "book/pages/index.ipynb", "notebooks/index.py", "src/one.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    for name in ("index.html", "_static/report.css"):
        path = tmp_path / "_build" / "html" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    note_rendering(tmp_path, what_is_rendered(tmp_path))
    return tmp_path


def test_a_rendered_book_is_not_rendered_again(book):
    assert is_rendered(book)
    (book / "book" / "pages" / ".lock").touch()
    (book / "results").mkdir()
    (book / "results" / "one.json").touch()
    assert is_rendered(book)


@pytest.mark.parametrize(
    "name", ["_config.yml", "book/glossary.md", "book/pages/index.ipynb", "notebooks/index.py", "src/one.py"]
)
def test_an_edited_source_counts_though_its_time_stamp_stays(book, name):
    state = (book / name).stat()
    (book / name).write_text("other")
    os.utime(book / name, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert not is_rendered(book)


def test_a_new_source_and_a_lost_or_changed_rendered_file_count(book):
    (book / "book" / "new.md").touch()
    assert not is_rendered(book)
    (book / "book" / "new.md").unlink()
    assert is_rendered(book)
    (book / "_build" / "html" / "_static" / "report.css").write_text("other")
    assert not is_rendered(book)
    note_rendering(book, what_is_rendered(book))
    (book / "_build" / "html" / "_static" / "report.css").unlink()
    assert not is_rendered(book)


def test_where_it_is_published_counts(book, monkeypatch):
    monkeypatch.setenv("REPORT_BASE_URL", "https://elsewhere")
    assert not is_rendered(book)


def test_a_rendering_with_a_fault_is_done_again(book):
    note_rendering(book, None)
    assert not is_rendered(book)
    (book / STAMP).write_text("{")
    assert not is_rendered(book)


@pytest.mark.parametrize("name", ["book/glossary.md", "book/pages/index.ipynb"])
def test_a_source_that_is_edited_while_it_is_rendered_is_rendered_again(book, name):
    """Or the pages of another build that came between: what is noted is what the rendering began from."""
    before = what_is_rendered(book)
    (book / name).write_text("edited")
    note_rendering(book, before)
    assert not is_rendered(book)
    note_rendering(book, what_is_rendered(book))
    assert is_rendered(book)


def test_while_another_build_renders_nothing_is_noted(book):
    with FileLock(book / "book" / "pages" / ".lock"):
        note_rendering(book, what_is_rendered(book))
        assert not is_rendered(book)
