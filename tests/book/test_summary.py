"""The sheet is the front page without its ways into the book, in letters that let all of it fit."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from pypdf import PdfWriter

from report_utils.book import summary
from report_utils.errors import InputError
from report_utils.profiles import project_root

CITATION = {"title": "A & B", "version": "0.1.0"}


@pytest.fixture
def rendered(tmp_path):
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
    assert f"# ## {summary.WAYS.replace('-', ' ').capitalize()}\n" in text


def test_the_sheet_has_figure_and_answer_and_no_ways_into_the_book(rendered):
    sheet = BeautifulSoup(summary.summary_html(rendered, CITATION, 8), "html.parser")
    assert [heading.get_text() for heading in sheet.select("h1, h2")] == ["What this book found", "The answer"]
    (figure,) = sheet.select("figure")
    assert figure.img["src"] == (rendered / "_images" / "x.svg").as_uri()
    text = sheet.get_text()
    assert all(said in text for said in ("Profile smoke.", "It is 0.1.", "Two hold."))
    assert not any(gone in text for gone in ("there", "To keep", "#"))
    assert sheet.body["style"] == "font-size: 8pt"
    assert sheet.footer.get_text() == "A & B, version 0.1.0"


@pytest.mark.parametrize(("largest", "used"), [(99, 9.5), (8, 8)])
def test_letters_are_as_large_as_fits(rendered, tmp_path, monkeypatch, largest, used):
    sizes = []

    def print_document(document, target):
        sizes.append(float(document.read_text(encoding="utf-8").split("font-size: ")[1].split("pt")[0]))
        writer = PdfWriter()
        for _ in range(1 if sizes[-1] <= largest else 2):
            writer.add_blank_page(100, 100)
        writer.write(target)

    monkeypatch.setattr(summary, "print_document", print_document)
    summary.print_summary(rendered, tmp_path / "sheet.pdf", CITATION)
    assert sizes[-1] == used
    largest = 0
    with pytest.raises(InputError, match="does not fit on one sheet"):
        summary.print_summary(rendered, tmp_path / "sheet.pdf", CITATION)
