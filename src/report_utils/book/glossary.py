"""Hover texts: the first use of a glossary word on a page shows its meaning and links to the glossary."""

from __future__ import annotations

import html
import re
from typing import Any, NamedTuple

from docutils import nodes

GLOSSARY = "glossary"
"""The page that explains the words; its own definitions are the hover texts."""

_NOT_INSIDE = (
    nodes.title, nodes.literal, nodes.literal_block, nodes.reference, nodes.math, nodes.math_block, nodes.raw,
    nodes.term, nodes.citation, nodes.comment, nodes.rubric,
)  # fmt: skip


class Word(NamedTuple):
    """A word of the glossary."""

    text: str
    """As the glossary writes it."""
    anchor: str
    """Its place on the glossary's page."""
    meaning: str
    """Its definition, as plain text."""


class HoverWord(nodes.Inline, nodes.TextElement):
    """A word that shows its meaning under the pointer or the keyboard's focus."""


def visit_hover_word(self: Any, node: HoverWord) -> None:
    """Write a link to the glossary; a screen reader reads the meaning as its description."""
    self.body.append(f'<span class="hover-word"><a href="{html.escape(node["uri"])}" aria-describedby="{node["tip"]}">')


def depart_hover_word(self: Any, node: HoverWord) -> None:
    """End the link, and write its meaning beside it."""
    meaning = html.escape(node["meaning"])
    self.body.append(f'</a><span class="hover-text" role="tooltip" id="{node["tip"]}">{meaning}</span></span>')


def words_of(doctree: nodes.document) -> list[Word]:
    """Return the words that a glossary's page explains; several terms may share a meaning."""
    words = []
    for item in doctree.findall(nodes.definition_list_item):
        meaning = " ".join(" ".join(part.astext() for part in item.findall(nodes.definition)).split())
        for term in item.findall(nodes.term):
            if term["ids"]:
                words.append(Word(term.astext().strip(), term["ids"][0], meaning))
    return words


def pattern_of(words: list[Word]) -> re.Pattern[str] | None:
    """Return what finds a word: whole, in its plural too, and with a capital where a sentence begins with it."""
    if not words:
        return None
    forms = []
    for word in sorted(words, key=lambda word: -len(word.text)):
        first, rest = word.text[0], re.escape(word.text[1:])
        first = f"[{first}{first.upper()}]" if first.islower() else re.escape(first)
        forms.append(f"{first}{rest}s?")
    return re.compile(rf"(?<![\w/.-])(?:{'|'.join(forms)})(?![\w-]|\.\w)")


def mark_first_uses(doctree: nodes.document, words: list[Word], uri: str) -> int:
    """Turn the first use of each word on a page into a hover word, in place, and return how many there are.

    ``uri`` is the glossary's page as seen from this one.
    """
    pattern = pattern_of(words)
    if pattern is None:
        return 0
    left = {word.text.casefold(): word for word in words}
    seen: set[str] = set()
    count = 0
    for text in list(doctree.findall(nodes.Text)):
        if _is_excluded(text):
            continue
        pieces, end = [], 0
        for match in pattern.finditer(text):
            word = left.get(match[0].casefold()) or left.get(match[0].casefold().removesuffix("s"))
            if word is None or word.meaning in seen:
                continue
            seen.add(word.meaning)
            count += 1
            pieces.append(nodes.Text(text[end : match.start()]))
            mark = HoverWord(uri=f"{uri}#{word.anchor}", meaning=word.meaning, tip=f"hover-{count}")
            mark += nodes.Text(match[0])
            pieces.append(mark)
            end = match.end()
        if pieces:
            text.parent.replace(text, [*pieces, nodes.Text(text[end:])])
    return count


def _is_excluded(text: nodes.Text) -> bool:
    node = text.parent
    while node is not None and not isinstance(node, _NOT_INSIDE) and "cell_input" not in node.get("classes", []):
        node = node.parent
    return node is not None
