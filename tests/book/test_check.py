"""The check of the rendered book sees what a reader would stumble over."""

from __future__ import annotations

import pytest

from report_utils.book.check import check_book
from report_utils.book.pages import PAGES

TEXT = "<p>" + "All is said in words. " * 40 + "</p>"


@pytest.fixture
def book(tmp_path):
    """A made-up book with one picture on every page."""
    pages = tmp_path / "pages"
    pages.mkdir()
    (tmp_path / "index.html").write_text("<a href='pages/index.html'>in</a>")
    (pages / "figure.png").write_bytes(b"a picture")
    for page in PAGES:
        body = f"<h1 id='top'>{page.slug}</h1>{TEXT}<img src='figure.png' alt='what it shows'>"
        link = "<a href='index.html#top'>first</a> <a href='https://example.org/'>out</a>"
        (pages / f"{page.slug}.html").write_text(f"<html><body><article>{body}{link}</article></body></html>")
    return tmp_path


def faults_after(book, old, new, slug="2-data"):
    path = book / "pages" / f"{slug}.html"
    path.write_text(path.read_text().replace(old, new))
    return check_book(book)


def test_a_whole_book_has_no_faults(book):
    assert check_book(book) == []


def test_a_missing_page(book):
    (book / "pages" / "5-conclusion.html").unlink()
    assert [fault for fault in check_book(book) if "the page is missing" in fault] != []


def test_an_empty_page(book):
    faults = faults_after(book, TEXT, "<script>" + "x" * 900 + "</script>")
    assert any("characters of text" in fault for fault in faults)


@pytest.mark.parametrize("damage", ["unlink", "empty"])
def test_a_figure_that_does_not_load(book, damage):
    if damage == "unlink":
        (book / "pages" / "figure.png").unlink()
    else:
        (book / "pages" / "figure.png").write_bytes(b"")
    assert sum("img leads to figure.png" in fault for fault in check_book(book)) == len(PAGES)


def test_a_figure_without_alternative_text(book):
    assert any("1 pictures without" in fault for fault in faults_after(book, "alt='what it shows'", ""))


def test_a_broken_link_and_a_missing_place(book):
    assert any("nowhere.html" in fault for fault in faults_after(book, "index.html#top", "nowhere.html"))
    assert any("a place that page does not have" in f for f in faults_after(book, "nowhere.html", "index.html#bottom"))


def test_nothing_is_loaded_from_elsewhere(book):
    faults = faults_after(book, "src='figure.png'", "src='https://example.org/figure.png'")
    assert any("from elsewhere" in fault for fault in faults)
    inline = faults_after(book, "https://example.org/figure.png", "data:image/png;")
    assert not any("data:" in fault for fault in inline)
