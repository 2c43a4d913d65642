"""What stands around a page: its description, its preview, its buttons."""

from __future__ import annotations

import pytest

from report_utils.book import page_header
from report_utils.book.pages import book_pages

PAGES = book_pages()


def test_a_page_is_described_by_its_question():
    text = page_header.page_description(["Something before.", "The question. How much\n better?", "More."])
    assert text == "How much better?"
    assert page_header.page_description(["Only prose."]) == "Only prose."
    assert page_header.page_description([]) == ""


def test_a_long_description_ends_with_a_sentence_or_a_word():
    sentence = "A sentence of some length that says a thing. "
    short = page_header.page_description(["The question. " + sentence * 9])
    assert short.endswith("thing.")
    assert len(short) <= page_header.LONGEST_DESCRIPTION
    words = page_header.page_description(["The question. " + "word " * 90])
    assert words.endswith("word…")
    assert len(words) <= page_header.LONGEST_DESCRIPTION


def test_previews_escape_and_have_a_picture_where_the_address_is_known():
    tags = page_header.preview_tags('A "title"', "a < b", "Book", "pages/index", "")
    assert '<meta name="description" content="a &lt; b" />' in tags
    assert 'property="og:title" content="A &quot;title&quot;"' in tags
    assert "og:image" not in tags
    tags = page_header.preview_tags("t", "d", "Book", "pages/index", "https://example.org/book/")
    assert 'content="https://example.org/book/_static/preview.png"' in tags
    assert 'content="https://example.org/book/pages/index.html"' in tags
    assert "description" not in page_header.preview_tags("t", "", "Book", "genindex", "")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://github.com/a/b", "https://mybinder.org/v2/gh/a/b/main?urlpath=lab/tree/notebooks/3-3-transform.py"),
        ("https://github.com/a/b.git", "https://mybinder.org/v2/gh/a/b/main?urlpath="),
        ("https://gitlab.com/a/b", "https://mybinder.org/v2/gl/a%2Fb/main?urlpath="),
        ("https://example.org/a/b", None),
        ("https://github.com/", None),
    ],
)
def test_binder_opens_the_text_notebook(url, expected):
    address = page_header.binder_address(url, "main", "3-3-transform")
    assert (address is None) == (expected is None)
    if expected:
        assert address.startswith(expected)


def buttons(pagename, source, url="", pdf=None):
    groups = page_header.header_buttons(pagename, source, "../", {"url": url, "branch": ""}, pdf)
    return {group["label"]: group["buttons"] for group in groups}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.slug)
def test_every_page_offers_its_notebook_and_its_text_source(page):
    found = buttons(f"pages/{page.slug}", f"pages/{page.slug}.ipynb")
    urls = [button.get("url") for button in found["download-buttons"]]
    assert urls[0] == f"../_sources/pages/{page.slug}.ipynb"
    assert urls[1] == f"../_sources/notebooks/{page.notebook}.py"
    assert set(found) == {"download-buttons"}


def test_what_needs_a_repository_is_there_only_with_one():
    found = buttons("pages/2-data", "pages/2-data.ipynb", "https://github.com/a/b/")
    assert set(found) == {"download-buttons", "launch-buttons", "repository-buttons"}
    assert [button["url"] for button in found["repository-buttons"]] == [
        "https://github.com/a/b",
        "https://github.com/a/b/blob/main/notebooks/2-data.py",
        "https://github.com/a/b/issues",
    ]
    assert "launch-buttons" not in buttons("pages/2-data", "pages/2-data.ipynb", "https://example.org/a/b")
    assert "launch-buttons" not in buttons("glossary", "glossary.md", "https://github.com/a/b")


def test_the_pdf_is_offered_where_it_is():
    assert "../book.pdf" in [
        b.get("url") for b in buttons("glossary", "glossary.md", pdf="book.pdf")["download-buttons"]
    ]
    assert [b["text"] for b in buttons("glossary", "glossary.md")["download-buttons"]] == [".md", "Print"]
    assert [b["text"] for b in buttons("genindex", "")["download-buttons"]] == ["Print"]
