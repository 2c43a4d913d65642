"""Is the rendered book all there? Pages exist, say something and weigh little; figures and links lead somewhere."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from report_utils.book.markup import PageMarkup, Reference, read_markup
from report_utils.book.pages import book_pages
from report_utils.book.weight import LARGEST_FRONT_PAGE, LARGEST_PAGE, own_size, parts_of

MINIMUM_CHARACTERS = 400
"""Text of the shortest page worth the name."""

_WITHOUT_TEXT_OF_THEIR_OWN = {"genindex.html", "py-modindex.html", "search.html", "index.html"}
"""Pages at the top that Sphinx makes, and the front door, which leads on to the first page."""


def check_book(folder: Path) -> list[str]:
    """Return what is wrong with a rendered book, one line for each fault.

    Parameters
    ----------
    folder : Path
        The folder of the HTML, such as ``_build/html``.
    """
    expected = [folder / "pages" / f"{page.slug}.html" for page in book_pages()]
    faults = [f"{path}: the page is missing" for path in expected if not path.is_file()]
    if not (folder / "index.html").is_file():
        faults.append(f"{folder / 'index.html'}: the book has no front door")
    parsed = {path.resolve(): read_markup(path) for path in rendered_pages(folder)}
    for path in list(parsed):
        faults += [f"{path}: {fault}" for fault in _page_faults(path, folder, parsed)]
    return faults


def rendered_pages(folder: Path) -> list[Path]:
    """Return the pages of a rendered book, in order."""
    return [path for path in sorted(folder.rglob("*.html")) if not path.relative_to(folder).parts[0].startswith("_")]


def weights(folder: Path) -> list[str]:
    """Return lines that say what the front page loads and which pages are the heaviest."""
    front = folder / "pages" / f"{book_pages()[0].slug}.html"
    if not front.is_file():
        return []
    parts = parts_of(front, read_markup(front))
    lines = [f"the front page loads {sum(part.compressed for part in parts) / 1000:.0f} kB compressed:"]
    for part in parts:
        name = part.path.resolve().relative_to(folder.resolve())
        lines.append(f"  {part.compressed / 1000:7.1f} kB  ({part.size / 1000:.1f} kB)  {name}")
    sizes = {path: own_size(parts_of(path, read_markup(path)), folder) for path in rendered_pages(folder)}
    lines.append("the heaviest pages, with what only they load:")
    for path, size in sorted(sizes.items(), key=lambda item: -item[1])[:5]:
        lines.append(f"  {size / 1000:7.1f} kB  {path.relative_to(folder)}")
    return lines


def _page_faults(path: Path, folder: Path, parsed: dict[Path, PageMarkup]) -> list[str]:
    page, faults = parsed[path], []
    if path.parent != folder.resolve() or path.name not in _WITHOUT_TEXT_OF_THEIR_OWN:
        n_characters = len("".join(page.text).strip())
        if n_characters < MINIMUM_CHARACTERS:
            faults.append(f"only {n_characters} characters of text")
        if not page.description:
            faults.append("no description for search engines and link previews")
        if page.n_main_headings != 1:
            faults.append(f"{page.n_main_headings} main headings instead of one")
    if page.images_without_text:
        faults.append(f"{page.images_without_text} pictures without alternative text")
    parts = parts_of(path, page)
    if (own := own_size(parts, folder)) > LARGEST_PAGE:
        faults.append(f"{own / 1e6:.2f} MB with its own pictures and data, more than {LARGEST_PAGE / 1e6:.1f} MB")
    if path == (folder / "pages" / f"{book_pages()[0].slug}.html").resolve():
        loaded = sum(part.compressed for part in parts)
        if loaded > LARGEST_FRONT_PAGE:
            faults.append(f"loads {loaded / 1000:.0f} kB compressed, more than {LARGEST_FRONT_PAGE / 1000:.0f} kB")
    return faults + [fault for reference in page.references if (fault := _reference_fault(path, reference, parsed))]


def _reference_fault(path: Path, reference: Reference, parsed: dict[Path, PageMarkup]) -> str | None:
    parts = urlsplit(reference.address)
    if parts.scheme or parts.netloc:
        # a page may link to the world, but must not load anything from it
        loads = reference.is_loaded and parts.scheme != "data"
        return f"loads {reference.address} from elsewhere" if loads else None
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if target.is_dir():
        target = target / "index.html"
    if not target.is_file() or target.stat().st_size == 0:
        return f"{reference.tag} leads to {reference.address}, which is missing or empty"
    if reference.tag == "a" and parts.fragment and target.suffix == ".html":
        if target not in parsed:
            parsed[target] = read_markup(target)
        if unquote(parts.fragment) not in parsed[target].ids:
            return f"link leads to {reference.address}, a place that page does not have"
    return None
