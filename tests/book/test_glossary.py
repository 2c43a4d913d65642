"""The first use of a word leads to the glossary, in all its forms, and nowhere that it would be in the way."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest
from docutils import nodes
from docutils.core import publish_doctree

from report_utils.book import glossary
from report_utils.book.glossary import HoverWord, Word
from report_utils.profiles import project_root

WORDS = [
    Word("dex", "term-dex", "a tenth"),
    Word("AGN", "term-AGN", "black holes"),
    Word("active galactic nucleus", "term-agn", "black holes"),
    Word("energy band", "term-band", "a range"),
    Word("band", "term-band2", "a range"),
]


def marked(text, words=WORDS):
    tree = publish_doctree(text)
    count = glossary.mark_first_uses(tree, words, "../glossary.html")
    return tree, [node.astext() for node in tree.findall(HoverWord)], count


def test_the_first_use_is_marked_and_no_other():
    tree, found, count = marked("Scatter in dex, and dex again. The AGN are bright; an active galactic nucleus is not.")
    assert found == ["dex", "AGN"]
    assert count == 2
    assert tree.astext() == "Scatter in dex, and dex again. The AGN are bright; an active galactic nucleus is not."
    first = next(iter(tree.findall(HoverWord)))
    assert first["uri"] == "../glossary.html#term-dex"
    assert first["meaning"] == "a tenth"
    assert first["tip"] == "hover-1"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Energy bands are many", ["Energy bands"]),
        ("A broadband, a bandit, index and dexter", []),
        ("The file band.py, or a/band", []),
        ("agn is something else", []),
        ("Band after band", ["Band"]),
    ],
)
def test_words_are_whole(text, expected):
    assert marked(text)[1] == expected


@pytest.mark.parametrize(
    "text",
    ["Title with dex\n==============\n", "``dex``", "`a dex <https://example.org>`_", "::\n\n  dex\n", ":math:`dex`"],
)
def test_titles_code_links_and_equations_stay_as_they_are(text):
    assert marked(text)[1] == []


def test_a_book_without_glossary_has_no_marks():
    assert marked("dex", [])[1:] == ([], 0)


def test_hover_words_are_links_with_a_described_meaning():
    writer = SimpleNamespace(body=[])

    node = HoverWord(uri="g.html#term-x", meaning='a "range" < b', tip="hover-3")
    glossary.visit_hover_word(writer, node)
    glossary.depart_hover_word(writer, node)
    text = "".join(writer.body)
    assert 'href="g.html#term-x" aria-describedby="hover-3"' in text
    assert 'role="tooltip" id="hover-3">a &quot;range&quot; &lt; b</span>' in text
    assert text.count("<span") == text.count("</span>")


def test_words_come_from_definitions():
    item = nodes.definition_list_item(
        "",
        nodes.term("", "AGN", ids=["term-AGN"]),
        nodes.term("", "nucleus", ids=["term-nucleus"]),
        nodes.definition("", nodes.paragraph("", "Black\n holes.")),
    )
    tree = publish_doctree("")
    tree += nodes.definition_list("", item)
    assert glossary.words_of(tree) == [
        Word("AGN", "term-AGN", "Black holes."),
        Word("nucleus", "term-nucleus", "Black holes."),
    ]


def test_the_glossary_explains_the_words_of_the_field():
    text = (project_root() / "book" / "glossary.md").read_text(encoding="utf-8")
    terms = set(re.findall(r"^(\S.*)\n(?=(?:\S.*\n)*  \S)", text, re.MULTILINE))
    assert {"dex", "AGN", "M500c", "ACIS", "PSF", "keV", "scatter", "fold", "halo"} <= terms
