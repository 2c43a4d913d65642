"""Hover previews: a page's first use of a glossary word shows its meaning; a reference shows what it refers to.

Everything is in the page already: nothing is fetched, so it works from a file too.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

from docutils import nodes

GLOSSARY = "glossary"
"""The page that explains the words; its own definitions are the hover texts."""

_IMAGES = "//images/"
"""Stands in a preview for the way from a page to the book's pictures."""
_FIGURE = re.compile(r"Figure \d+(?=\.)")
"""How the caption of one of the report's figures begins."""

_NOT_MEANT = (
    "completeness axiom", "early epoch", "forgetting event", "luminosity distance", "scatter about", "scatter around",
    "scatters about", "scatters around", "scatters by", "temperature scatter", "which is completeness",
)  # fmt: skip
"""Phrases in which a word of the glossary has another meaning."""
_NOT_INSIDE = (
    nodes.title, nodes.literal, nodes.literal_block, nodes.reference, nodes.math, nodes.math_block, nodes.raw,
    nodes.term, nodes.citation, nodes.comment, nodes.rubric,
)  # fmt: skip


class Word(NamedTuple):
    """A word of the glossary, or the name of a figure."""

    text: str
    """As the glossary writes it."""
    page: str
    """The document that explains it."""
    anchor: str
    """Its place there."""
    preview: str
    """Its definition, or the figure, as HTML."""


class HoverWord(nodes.Inline, nodes.TextElement):
    """A word that shows its meaning under the pointer or the keyboard's focus."""


def visit_hover_word(self: Any, node: HoverWord) -> None:
    """Write a link; a screen reader reads the preview as its description."""
    self.body.append(f'<span class="hover-word"><a href="{html.escape(node["uri"])}" aria-describedby="{node["tip"]}">')


def depart_hover_word(self: Any, node: HoverWord) -> None:
    """End the link, and write the preview beside it."""
    root = "../" * self.builder.current_docname.count("/")
    preview = node["preview"].replace(_IMAGES, f"{root}_images/")
    self.body.append(f'</a><span class="hover-text" role="tooltip" id="{node["tip"]}">{preview}</span></span>')


def words_of(doctree: nodes.document) -> list[Word]:
    """Return the words that a glossary's page explains; several terms may share a meaning."""
    words = []
    for item in doctree.findall(nodes.definition_list_item):
        meaning = " ".join(" ".join(part.astext() for part in item.findall(nodes.definition)).split())
        for term in item.findall(nodes.term):
            if term["ids"]:
                words.append(Word(term.astext().strip(), GLOSSARY, term["ids"][0], html.escape(meaning)))
    return words


Previews = dict[tuple[str, str], str]
"""The HTML to show for a place, by document and name of the place."""


def citation_previews(citations: Any) -> Previews:
    """Return the entries of the bibliographies, given those that sphinxcontrib-bibtex keeps."""
    from pybtex.backends.plaintext import Backend

    return {
        (one.bibliography_key.docname, one.citation_id): html.escape(one.formatted_entry.text.render(Backend()))
        for one in citations
    }


def previews_of(doctree: nodes.document, docname: str, images: Mapping[str, Any]) -> tuple[Previews, list[Word]]:
    """Return previews of a document's numbered equations and its figures, and the words that stand for figures.

    ``images`` are the documents and the file name of each picture, as Sphinx's environment keeps them.
    """
    previews: Previews = {}
    words = []
    for block in doctree.findall(nodes.math_block):
        if block.get("label"):
            place, text = nodes.make_id(f"equation-{block['label']}"), html.escape(block.astext())
            previews[docname, place] = f'<span class="math">\\[{text}\\]</span>'
    for figure in doctree.findall(nodes.figure):
        picture, caption = figure.next_node(nodes.image), figure.next_node(nodes.caption)
        if picture is None or picture["uri"] not in images or caption is None or not figure["ids"]:
            continue
        source, words_for_it = quote(images[picture["uri"]][1]), html.escape(picture.get("alt", ""))
        shown = f'<img src="{_IMAGES}{source}" alt="{words_for_it}" loading="lazy">'
        preview = f"{shown}{html.escape(caption.astext())}"
        previews |= dict.fromkeys(((docname, place) for place in figure["ids"]), preview)
        if name := _FIGURE.match(caption.astext()):
            words.append(Word(name[0], docname, figure["ids"][0], preview))
    return previews, words


def mark_references(doctree: nodes.document, previews: Previews, documents: Mapping[str, str], count: int) -> None:
    """Turn references to places that have a preview into hover words, in place.

    ``documents`` maps addresses as seen from this document, its own being ``""``, to names; ``count`` is the number of
    hover words that the page has already.
    """
    for reference in list(doctree.findall(nodes.reference)):
        uri = reference.get("refuri") or f"#{reference.get('refid', '')}"
        page, _, place = uri.partition("#")
        preview = previews.get((documents.get(page, ""), place))
        if preview and not _is_excluded(reference.parent):
            count += 1
            mark = HoverWord("", "", *reference.children, uri=uri, preview=preview, tip=f"hover-{count}")
            reference.replace_self(mark)


def pattern_of(words: list[Word]) -> re.Pattern[str] | None:
    """Return what finds a word: whole, in its plural too, and with a capital where a sentence begins with it.

    It finds the phrases in which a word is not meant as well, before the word inside them.
    """
    if not words:
        return None
    forms = []
    for text in sorted([*(word.text for word in words), *_NOT_MEANT], key=len, reverse=True):
        first, rest = text[0], re.escape(text[1:]).replace(r"\ ", r"\s+")
        first = f"[{first}{first.upper()}]" if first.islower() else re.escape(first)
        forms.append(f"{first}{rest}s?")
    return re.compile(rf"(?<![\w/.-])(?:{'|'.join(forms)})(?![\w-]|\.\w)")


def mark_first_uses(doctree: nodes.document, words: list[Word], address: Callable[[str], str]) -> int:
    """Turn the first use of each word on a page into a hover word, in place, and return how many there are.

    ``address`` gives a document's address as seen from this one.
    """
    pattern = pattern_of(words)
    if pattern is None:
        return 0
    left = {word.text.casefold(): word for word in words}
    seen: set[str] = set()
    count = 0
    for text in list(doctree.findall(nodes.Text)):
        if _is_excluded(text.parent):
            continue
        pieces, end = [], 0
        for match in pattern.finditer(text):
            found = " ".join(match[0].casefold().split())
            word = left.get(found) or left.get(found.removesuffix("s"))
            if word is None or word.preview in seen or _is_inside(text, word.anchor):
                continue
            seen.add(word.preview)
            count += 1
            pieces.append(nodes.Text(text[end : match.start()]))
            uri = f"{address(word.page)}#{word.anchor}"
            mark = HoverWord(uri=uri, preview=word.preview, tip=f"hover-{count}")
            mark += nodes.Text(match[0])
            pieces.append(mark)
            end = match.end()
        if pieces:
            text.parent.replace(text, [*pieces, nodes.Text(text[end:])])
    return count


def _is_excluded(node: nodes.Node | None) -> bool:
    while node is not None and not isinstance(node, _NOT_INSIDE) and "cell_input" not in node.get("classes", []):
        node = node.parent
    return node is not None


def _is_inside(node: nodes.Node | None, place: str) -> bool:
    """Tell whether a node stands in what it would refer to."""
    while node is not None and place not in getattr(node, "attributes", {}).get("ids", ()):
        node = node.parent
    return node is not None
