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


def buttons(pagename, url="", pdf=None):
    """The buttons of a page, as the theme makes them, with this book's own."""
    source = {"type": "link", "url": f"../_sources/{pagename}.ipynb", "text": ".ipynb"}
    found = [{"type": "group", "label": "download-buttons", "buttons": [source, {"text": ".pdf"}]}]
    if url:
        found.append({"type": "group", "label": "source-buttons", "buttons": [{"type": "link", "url": url}]})
    page_header.add_buttons(found, pagename, "../", {"url": url, "branch": ""}, pdf)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.slug)
def test_every_page_offers_its_notebook_and_its_text_source(page):
    (downloads,) = buttons(f"pages/{page.slug}")
    urls = [button.get("url") for button in downloads["buttons"]]
    assert urls[:2] == [f"../_sources/pages/{page.slug}.ipynb", f"../_sources/notebooks/{page.notebook}.py"]


def test_what_needs_a_repository_is_there_only_with_one():
    _, source, binder = buttons("pages/2-data", "https://github.com/a/b")
    urls = [button["url"] for button in source["buttons"]]
    assert urls == ["https://github.com/a/b", "https://github.com/a/b/blob/main/notebooks/2-data.py"]
    assert binder["text"] == "Binder"
    assert len(buttons("pages/2-data", "https://example.org/a/b")) == 2
    assert len(buttons("glossary", "https://github.com/a/b")) == 2


def test_the_pdf_is_offered_where_it_is():
    assert buttons("glossary", pdf="book.pdf")[0]["buttons"][-1]["url"] == "../book.pdf"
    assert [button["text"] for button in buttons("glossary")[0]["buttons"]] == [".ipynb", ".pdf"]
