"""The whole book as one document: pages in order, places of their own, links that stay inside; and the sheet."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from pypdf import PdfWriter

from report_utils.book import pdf
from report_utils.book.pages import book_pages, full_contents
from report_utils.book.pdf import (
    Chapter,
    chapters_of,
    pages_of_places,
    print_summary,
    printable_html,
    summary_html,
)
from report_utils.errors import InputError
from report_utils.profiles import project_root

PAGES = book_pages()

CONTENTS = {
    "root": "pages/index",
    "parts": [
        {"caption": "One", "chapters": [{"file": "pages/a", "sections": [{"file": "pages/b"}]}]},
        {"caption": "Two", "chapters": [{"file": "glossary"}, {"file": "changelog"}, {"file": "api/index"}]},
    ],
}


def test_pages_come_in_reading_order_without_those_that_only_a_screen_needs():
    assert chapters_of(CONTENTS) == [
        Chapter("pages/index", 1),
        Chapter("pages/a", 1, "One"),
        Chapter("pages/b", 2, "One"),
        Chapter("glossary", 1, "Two"),
    ]


def test_the_book_s_own_contents_hold_every_page():
    names = [c.name for c in chapters_of(full_contents())]
    assert {f"pages/{page.slug}" for page in PAGES} <= set(names)
    assert len(set(names)) == len(names)


@pytest.fixture
def rendered(tmp_path):
    """Four rendered pages with what the real ones have."""
    static = tmp_path / "_static"
    static.mkdir()
    (tmp_path / "pages").mkdir()
    for chapter in chapters_of(CONTENTS):
        up = "../" * chapter.name.count("/")
        body = (
            f'<h1 id="top">Page &amp; {chapter.name}<a class="headerlink" href="#top">#</a></h1>'
            f'<p><a href="{up}glossary.html#top">a word</a><a href="#top">up</a><a href="https://example.org/">out</a>'
            f'<a href="{up}_sources/x.ipynb">a file</a><img alt="x" src="{up}_images/x.svg">'
            '<img alt="y" src="data:image/png;base64,AA=="></p>'
            '<details class="hide above-input"><summary>Show code</summary><pre>code</pre></details>'
            '<details class="made-by"><summary>How</summary></details><script>let x</script>'
            '<span class="hover-word"><a href="#top" aria-describedby="t">AGN</a>'
            '<span class="hover-text">tip</span></span>'
            "<noscript><p>plain</p></noscript>"
        )
        path = tmp_path / f"{chapter.name}.html"
        path.write_text(f'<html><body><nav>menu</nav><article class="bd-article">{body}</article></body></html>')
    return tmp_path


@pytest.fixture
def document(rendered):
    numbers = {"pages-index": 3, "pages-b": 12}
    return BeautifulSoup(printable_html(rendered, chapters_of(CONTENTS), "A & B", "Us", numbers), "html.parser")


def test_links_lead_to_places_of_the_document(document):
    ids = [element["id"] for element in document.select("[id]")]
    assert len(set(ids)) == len(ids)
    inside = [link["href"][1:] for link in document.select("a[href]") if link["href"].startswith("#")]
    assert set(inside) <= set(ids)
    assert {"glossary--top", "pages-b--top", "pages-b"} <= set(inside)
    outside = {link["href"] for link in document.select("a[href]") if not link["href"].startswith("#")}
    assert outside == {"https://example.org/"}
    assert "a file" in document.get_text()


def test_images_use_absolute_file_addresses(document, rendered):
    sources = {image["src"] for image in document.select("img")}
    assert sources == {(rendered / "_images" / "x.svg").as_uri(), "data:image/png;base64,AA=="}


def test_screen_only_elements_are_not_printed(document):
    text = document.get_text()
    for word in ("menu", "code", "How", "let x", "tip", "Show"):
        assert word not in text
    assert text.count("plain") == 4
    assert text.count("AGN") == 4
    assert document.select("[aria-describedby]") == []


def test_the_contents_have_parts_titles_and_numbers(document):
    lines = [line.get_text(" ", strip=True) for line in document.select("nav.contents li")]
    assert lines == [
        "Page & pages/index 3", "One", "Page & pages/a 000", "Page & pages/b 12", "Two", "Page & glossary 000",
    ]  # fmt: skip
    assert document.title.get_text() == "A & B"


def test_pdf_anchors_are_mapped_to_page_numbers(tmp_path):
    writer = PdfWriter()
    for name in ("first", "second", "third--x"):
        writer.add_blank_page(100, 100)
        writer.add_named_destination(name, len(writer.pages) - 1)
    writer.write(tmp_path / "book.pdf")
    assert pages_of_places(tmp_path / "book.pdf") == {"first": 1, "second": 2, "third--x": 3}


CITATION = {"title": "A & B", "version": "0.1.0"}


@pytest.fixture
def front_page(tmp_path):
    """A front page, as rendered."""
    (tmp_path / "_static").mkdir()
    (tmp_path / "pages").mkdir()
    body = (
        '<section><h1>Title<a class="headerlink" href="#">#</a></h1><p><em>Profile smoke.</em></p>'
        '<figure id="fig-headline"><img alt="x" src="../_images/x.svg"><figcaption>Scatter.</figcaption></figure>'
        '<p class="offers">To keep</p>'
        '<section id="the-answer"><h2>The answer</h2><ul><li>It is 0.1.</li></ul></section>'
        '<section id="where-to-go"><h2>Where to go</h2><ul><li><a href="2-data.html">there</a></li></ul>'
        "<div><p><strong>What was found.</strong> Two hold.</p></div></section></section>"
    )
    (tmp_path / "pages" / "index.html").write_text(f'<article class="bd-article">{body}</article>')
    return tmp_path


def test_the_front_page_has_the_section_that_is_left_out():
    text = (project_root() / "notebooks" / "index.py").read_text(encoding="utf-8")
    assert f"# ## {pdf.WAYS.replace('-', ' ').capitalize()}\n" in text


def test_the_sheet_has_figure_and_answer_and_no_ways_into_the_book(front_page):
    sheet = BeautifulSoup(summary_html(front_page, CITATION, 8), "html.parser")
    assert [heading.get_text() for heading in sheet.select("h1, h2")] == ["What this book found", "The answer"]
    (figure,) = sheet.select("figure")
    assert figure.img["src"] == (front_page / "_images" / "x.svg").as_uri()
    text = sheet.get_text()
    assert all(said in text for said in ("Profile smoke.", "It is 0.1.", "Two hold."))
    assert not any(gone in text for gone in ("there", "To keep", "#"))
    assert sheet.body["style"] == "font-size: 8pt"
    assert sheet.footer.get_text() == "A & B, version 0.1.0"


@pytest.mark.parametrize(("largest", "used"), [(99, 9.5), (8, 8)])
def test_letters_are_as_large_as_fits(front_page, tmp_path, monkeypatch, largest, used):
    sizes = []

    def print_document(document, target):
        sizes.append(float(document.read_text(encoding="utf-8").split("font-size: ")[1].split("pt")[0]))
        writer = PdfWriter()
        for _ in range(1 if sizes[-1] <= largest else 2):
            writer.add_blank_page(100, 100)
        writer.write(target)

    monkeypatch.setattr(pdf, "print_document", print_document)
    print_summary(front_page, tmp_path / "sheet.pdf", CITATION)
    assert sizes[-1] == used
    largest = 0
    with pytest.raises(InputError, match="does not fit on one sheet"):
        print_summary(front_page, tmp_path / "sheet.pdf", CITATION)
