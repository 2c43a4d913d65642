"""Sphinx is not started for a book that is rendered already, and is for any other."""

import json
import os

import pytest
from filelock import FileLock

from report_utils.book.rendered import (
    STAMP,
    claim_output,
    is_rendered,
    note_rendering,
    remove_rendered,
    what_is_rendered,
)
from report_utils.errors import InputError
from report_utils.runs.ownership import METADATA


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


def test_up_to_date_book_is_not_rendered_again(book):
    assert is_rendered(book)
    (book / "book" / "pages" / ".lock").touch()
    (book / "results").mkdir()
    (book / "results" / "one.json").touch()
    assert is_rendered(book)


@pytest.mark.parametrize(
    "name", ["_config.yml", "book/glossary.md", "book/pages/index.ipynb", "notebooks/index.py", "src/one.py"]
)
def test_edited_source_counts_even_with_an_old_time_stamp(book, name):
    state = (book / name).stat()
    (book / name).write_text("other")
    os.utime(book / name, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert not is_rendered(book)


def test_new_sources_and_changed_or_missing_output_count(book):
    (book / "book" / "new.md").touch()
    assert not is_rendered(book)
    (book / "book" / "new.md").unlink()
    assert is_rendered(book)
    (book / "_build" / "html" / "_static" / "report.css").write_text("other")
    assert not is_rendered(book)
    note_rendering(book, what_is_rendered(book))
    (book / "_build" / "html" / "_static" / "report.css").unlink()
    assert not is_rendered(book)


def test_change_of_published_address_counts(book, monkeypatch):
    monkeypatch.setenv("REPORT_BASE_URL", "https://elsewhere")
    assert not is_rendered(book)


def test_failed_rendering_is_repeated(book):
    note_rendering(book, None)
    assert not is_rendered(book)
    (book / STAMP).write_text("{")
    assert not is_rendered(book)


@pytest.mark.parametrize("name", ["book/glossary.md", "book/pages/index.ipynb"])
def test_source_edited_during_rendering_is_rendered_again(book, name):
    """Or the pages of another build that came between: what is noted is what the rendering began from."""
    before = what_is_rendered(book)
    (book / name).write_text("edited")
    note_rendering(book, before)
    assert not is_rendered(book)
    note_rendering(book, what_is_rendered(book))
    assert is_rendered(book)


def test_nothing_is_recorded_while_another_build_renders(book):
    with FileLock(book / "book" / "pages" / ".lock"):
        note_rendering(book, what_is_rendered(book))
        assert not is_rendered(book)


def put(root, names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"of somebody else: {name}")
    return {root / name: f"of somebody else: {name}" for name in names}


def test_rendered_book_is_removed_and_other_files_are_kept(book):
    (book / "_config.yml").write_text("extra_extensions: [report_utils.book.sphinx_ext]")
    page = {"metadata": {METADATA: {"digest": "d", "inputs": {"page": {"slug": "2-data"}}}}}
    for name in ("2-data", "my-copy"):
        (book / "book" / "pages" / f"{name}.ipynb").write_text(json.dumps(page))
    kept = put(book, ["_build/tried/mine.html", "_build/letter.txt", "book/pages/notes.ipynb", "book/pages/notes.txt"])
    gone = {path.relative_to(book).as_posix() for path in remove_rendered(book)}
    assert gone == {"_build/html", "_build/rendered.json", "book/pages/2-data.ipynb"}
    assert not any((book / name).exists() for name in gone)
    assert {path: path.read_text() for path in kept} == kept
    assert (book / "book" / "pages" / "my-copy.ipynb").is_file()


@pytest.mark.parametrize("whose", ["another book", "a link"])
def test_output_of_another_book_is_kept(book, tmp_path_factory, whose):
    if whose == "a link":
        (book / "_config.yml").write_text("extra_extensions: [report_utils.book.sphinx_ext]")
        (book / "_build").rename(elsewhere := tmp_path_factory.mktemp("other") / "_build")
        (book / "_build").symlink_to(elsewhere)
    with pytest.raises(InputError, match="nothing was removed"):
        remove_rendered(book)
    assert (book / "_build" / "html" / "index.html").is_file()


def test_external_output_folder_must_be_empty_or_marked(book, tmp_path_factory):
    claim_output(book / "_build" / "html", book)
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    claim_output(elsewhere / "new", book)
    (elsewhere / "new" / "index.html").touch()
    claim_output(elsewhere / "new", book)
    kept = put(elsewhere, ["other/_images/a.png"])
    with pytest.raises(InputError, match="holds other things than this book"):
        claim_output(elsewhere / "other", book)
    assert [path.read_text() for path in kept] == list(kept.values())
    assert [path.name for path in (elsewhere / "other").iterdir()] == ["_images"]
