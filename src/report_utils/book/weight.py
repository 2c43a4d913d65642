"""How heavy pages are: what a reader loads."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from report_utils.book.markup import PageMarkup

LARGEST_PAGE = 1_500_000
"""A page's HTML with its own pictures and data [bytes]; what all pages share is not counted."""

LARGEST_FRONT_PAGE = 300_000
"""All that the front page loads, shared or not, compressed [bytes]."""

_SHARED = "_static"


@dataclass(frozen=True)
class Part:
    """A file that a page loads, or its HTML.

    Parameters
    ----------
    path : Path
    size, compressed : int
        [bytes]; compressed as by a web server, by gzip.
    """

    path: Path
    size: int
    compressed: int


def parts_of(path: Path, page: PageMarkup) -> list[Part]:
    """Return a page's HTML and all files that it loads, each once, the heaviest first."""
    files = {path}
    for reference in page.references:
        parts = urlsplit(reference.address)
        if reference.is_loaded and not parts.scheme and not parts.netloc and parts.path:
            files.add((path.parent / unquote(parts.path)).resolve())
    contents = [(file, file.read_bytes()) for file in sorted(files) if file.is_file()]
    parts = [Part(file, len(content), len(gzip.compress(content, 6, mtime=0))) for file, content in contents]
    return sorted(parts, key=lambda part: -part.compressed)


def own_size(parts: list[Part], folder: Path) -> int:
    """Return the size [bytes] of what a page does not share with all others."""
    shared = (folder / _SHARED).resolve()
    return sum(part.size for part in parts if not part.path.resolve().is_relative_to(shared))
