"""The check of the rendered book sees what a reader would stumble over."""

from __future__ import annotations

import os

import pytest

from report_utils.book.check import LARGEST_FRONT_PAGE, LARGEST_PAGE, BookCheck
from report_utils.book.pages import book_pages

PAGES = book_pages()

TEXT = "<p>" + "All is said in words. " * 40 + "</p>"
HEAD = '<head><title>A page</title><meta name="description" content="What is it?"></head>'


@pytest.fixture
def book(tmp_path):
    """A made-up book with one picture on every page."""
    pages = tmp_path / "pages"
    pages.mkdir()
    (tmp_path / "_static").mkdir()
    (tmp_path / "_static" / "shared.js").write_text("let x;")
    (tmp_path / "index.html").write_text("<a href='pages/index.html'>in</a>")
    (pages / "figure.png").write_bytes(b"a picture")
    for page in PAGES:
        body = f"<h1 id='top'>{page.slug}</h1>{TEXT}<img src='figure.png' alt='what it shows'>"
        link = "<a href='index.html#top'>first</a> <a href='https://example.org/'>out</a>"
        script = "<script src='../_static/shared.js'></script>"
        html = f"<html>{HEAD}<body><article>{body}{link}</article>{script}</body></html>"
        (pages / f"{page.slug}.html").write_text(html)
    return tmp_path


def faults_after(book, old, new, slug="2-data"):
    path = book / "pages" / f"{slug}.html"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    return BookCheck(book).faults()


def test_complete_book_has_no_faults(book):
    assert BookCheck(book).faults() == []


def test_a_missing_page(book):
    (book / "pages" / "5-conclusion.html").unlink()
    assert [fault for fault in BookCheck(book).faults() if "the page is missing" in fault] != []


def test_an_empty_page(book):
    faults = faults_after(book, TEXT, "<script>" + "x" * 900 + "</script>")
    assert any("characters of text" in fault for fault in faults)


@pytest.mark.parametrize("damage", ["unlink", "empty"])
def test_a_figure_that_does_not_load(book, damage):
    if damage == "unlink":
        (book / "pages" / "figure.png").unlink()
    else:
        (book / "pages" / "figure.png").write_bytes(b"")
    assert sum("img leads to figure.png" in fault for fault in BookCheck(book).faults()) == len(PAGES)


def test_a_figure_without_alternative_text(book):
    assert any("1 pictures without" in fault for fault in faults_after(book, "alt='what it shows'", ""))


def test_a_broken_link_and_a_missing_place(book):
    assert any("nowhere.html" in fault for fault in faults_after(book, "index.html#top", "nowhere.html"))
    assert any("a place that page does not have" in f for f in faults_after(book, "nowhere.html", "index.html#bottom"))


def test_pages_without_notebooks_are_checked_too(book):
    (book / "glossary.html").write_text((book / "pages" / "2-data.html").read_text().replace("index.html", "gone.html"))
    assert any("glossary.html" in fault and "gone.html" in fault for fault in BookCheck(book).faults())


def test_external_resources_are_faults(book):
    faults = faults_after(book, "src='figure.png'", "src='https://example.org/figure.png'")
    assert any("from elsewhere" in fault for fault in faults)
    inline = faults_after(book, "https://example.org/figure.png", "data:image/png;")
    assert not any("data:" in fault for fault in inline)
    style = faults_after(book, "<title>", "<link rel='stylesheet' href='https://example.org/a.css'><title>")
    assert any("a.css from elsewhere" in fault for fault in style)
    canonical = faults_after(book, "stylesheet", "canonical")
    assert not any("a.css" in fault for fault in canonical)


def test_a_page_without_description_or_with_two_headings(book):
    assert any("no description" in fault for fault in faults_after(book, "What is it?", ""))
    assert any("2 main headings" in fault for fault in faults_after(book, "</article>", "<h1>again</h1></article>"))


def test_a_page_that_is_too_heavy(book):
    (book / "pages" / "figure.png").write_bytes(b"x" * LARGEST_PAGE)
    faults = BookCheck(book).faults()
    assert sum("1.50 MB with its own" in fault for fault in faults) == len(PAGES)
    # the front page counts compressed: this picture is next to nothing
    assert not any("kB compressed" in fault for fault in faults)


def test_pictures_of_previews_weigh_nothing_but_must_be_there(book):
    (book / "pages" / "other.png").write_bytes(b"x" * LARGEST_PAGE)
    preview = "<span class='hover-text'><img src='other.png' alt='x'></span></article>"
    assert faults_after(book, "</article>", preview) == []
    (book / "pages" / "other.png").unlink()
    assert any("img leads to other.png" in fault for fault in BookCheck(book).faults())


def test_front_page_weight_includes_shared_files(book):
    (book / "_static" / "shared.js").write_bytes(os.urandom(LARGEST_FRONT_PAGE))
    (fault,) = BookCheck(book).faults()
    assert f"{PAGES[0].slug}.html: loads" in fault
