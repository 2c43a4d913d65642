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
    Word("dex", "glossary", "term-dex", "a tenth"),
    Word("AGN", "glossary", "term-AGN", "black holes"),
    Word("active galactic nucleus", "glossary", "term-agn", "black holes"),
    Word("energy band", "glossary", "term-band", "a range"),
    Word("band", "glossary", "term-band2", "a range"),
]


def marked(text, words=WORDS):
    tree = publish_doctree(text)
    count = glossary.mark_first_uses(tree, words, "../{}.html".format)
    return tree, [node.astext() for node in tree.findall(HoverWord)], count


def test_the_first_use_is_marked_and_no_other():
    tree, found, count = marked("Scatter in dex, and dex again. The AGN are bright; an active galactic nucleus is not.")
    assert found == ["dex", "AGN"]
    assert count == 2
    assert tree.astext() == "Scatter in dex, and dex again. The AGN are bright; an active galactic nucleus is not."
    first = next(iter(tree.findall(HoverWord)))
    assert first["uri"] == "../glossary.html#term-dex"
    assert first["preview"] == "a tenth"
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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Log luminosity distance; the luminosity is another", ["luminosity"]),
        ("One early epoch of the mission, then every epoch of a training", ["epoch"]),
        ("Their sum is the difference, which is\ncompleteness. The completeness of a sample", ["completeness"]),
        ("A halo scatters about it. Temperature scatter is small. Scatters of networks", ["Scatters"]),
    ],
)
def test_a_word_in_another_meaning_is_left_alone(text, expected):
    words = [
        Word(word, "glossary", f"term-{word}", word) for word in ("luminosity", "epoch", "completeness", "scatter")
    ]
    tree, found, _ = marked(text, words)
    assert found == expected
    (mark,) = tree.findall(HoverWord)
    assert mark.parent.astext() == text
    where = sum(len(node.astext()) for node in mark.parent.children[: mark.parent.index(mark)])
    assert where == text.rindex(expected[0])


def test_a_word_may_go_over_two_lines():
    assert marked("An energy\nband")[1] == ["energy\nband"]


def test_a_book_without_glossary_has_no_marks():
    assert marked("dex", [])[1:] == ([], 0)


def test_hover_words_are_links_with_a_described_meaning():
    writer = SimpleNamespace(body=[], builder=SimpleNamespace(current_docname="pages/2-data"))

    node = HoverWord(uri="g.html#term-x", preview="a &quot;range&quot; &lt; b", tip="hover-3")
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
        nodes.definition("", nodes.paragraph("", "Black\n <holes>.")),
    )
    tree = publish_doctree("")
    tree += nodes.definition_list("", item)
    assert glossary.words_of(tree) == [
        Word("AGN", "glossary", "term-AGN", "Black &lt;holes&gt;."),
        Word("nucleus", "glossary", "term-nucleus", "Black &lt;holes&gt;."),
    ]


def a_figure(name, caption):
    figure = nodes.figure(
        "", nodes.image(uri="pages/a b.svg", alt='two "bands"'), nodes.caption("", caption), ids=[name]
    )
    tree = publish_doctree("")
    tree += figure
    return tree


IMAGES = {"pages/a b.svg": ({"pages/results"}, "a b.svg")}


def test_a_figure_shows_its_picture_and_caption_where_it_is_named():
    previews, words = glossary.previews_of(a_figure("fig-9", "Figure 9. Compare < them."), "pages/results", IMAGES)
    assert previews == {("pages/results", "fig-9"): words[0].preview}
    assert [(word.text, word.page, word.anchor) for word in words] == [("Figure 9", "pages/results", "fig-9")]
    tree, found, _ = marked("Figures 9 and 10, Figure 90, then Figure 9's caption.", words)
    assert found == ["Figure 9"]
    writer = SimpleNamespace(body=[], builder=SimpleNamespace(current_docname="pages/2-data"))
    glossary.depart_hover_word(writer, next(iter(tree.findall(HoverWord))))
    assert 'src="../_images/a%20b.svg" alt="two &quot;bands&quot;"' in writer.body[0]
    assert "Compare &lt; them." in writer.body[0]


def test_a_figure_does_not_lead_to_itself_nor_others_by_its_name():
    tree = a_figure("fig-9", "Figure 9. All of Figure 9 at once.")
    _, words = glossary.previews_of(tree, "pages/results", IMAGES)
    assert glossary.mark_first_uses(tree, words, "{}.html".format) == 0
    part = a_figure("fig-11-right", "Figure 11, right, by itself. The same.")
    assert glossary.previews_of(part, "pages/results", IMAGES)[1] == []


def test_an_equation_is_shown_where_its_number_stands():
    tree = publish_doctree(".. math:: a < b\n")
    next(iter(tree.findall(nodes.math_block)))["label"] = "eq-a"
    previews, _ = glossary.previews_of(tree, "pages/results", {})
    assert previews == {("pages/results", "equation-eq-a"): r'<span class="math">\[a &lt; b\]</span>'}


def test_references_with_a_preview_become_hover_words_and_others_stay():
    tree = publish_doctree(
        "`here <results.html#equation-eq-a>`_ `there <../other.html#x>`_ `web <https://example.org/#x>`_\n\n"
        "`own <#equation-eq-a>`_"
    )
    first = next(iter(tree.findall(nodes.reference)))
    first[0] = nodes.inline("", first[0].astext())  # as Sphinx writes a reference to a label
    previews = {("pages/results", "equation-eq-a"): "shown", ("pages/own", "equation-eq-a"): "its own"}
    glossary.mark_references(tree, previews, {"results.html": "pages/results", "": "pages/own"}, 4)
    found = [(word.astext(), word["uri"], word["preview"], word["tip"]) for word in tree.findall(HoverWord)]
    assert found == [
        ("here", "results.html#equation-eq-a", "shown", "hover-5"),
        ("own", "#equation-eq-a", "its own", "hover-6"),
    ]
    assert [node.astext() for node in tree.findall(nodes.reference)] == ["there", "web"]


def test_a_citation_shows_its_entry():
    from pybtex.richtext import Text

    entry = SimpleNamespace(text=Text("A. Author. On A & B. 2024."))
    one = SimpleNamespace(
        bibliography_key=SimpleNamespace(docname="references"), citation_id="id7", formatted_entry=entry
    )
    assert glossary.citation_previews([one]) == {("references", "id7"): "A. Author. On A &amp; B. 2024."}


def test_the_glossary_explains_the_words_of_the_field():
    text = (project_root() / "book" / "glossary.md").read_text(encoding="utf-8")
    terms = set(re.findall(r"^(\S.*)\n(?=(?:\S.*\n)*  \S)", text, re.MULTILINE))
    assert {"dex", "AGN", "M500c", "ACIS", "PSF", "keV", "scatter", "fold", "halo"} <= terms
