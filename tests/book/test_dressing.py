"""What stands around a page: its description, its buttons, its downloads, and no script that it does not need."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from report_utils.book import dressing
from report_utils.book.pages import book_pages
from report_utils.runs.ownership import METADATA

PAGES = book_pages()


def test_a_page_is_described_by_its_question():
    text = dressing.page_description(["Something before.", "The question. How much\n better?", "More."])
    assert text == "How much better?"
    assert dressing.page_description(["Only prose."]) == "Only prose."
    assert dressing.page_description([]) == ""


def test_a_long_description_ends_with_a_sentence_or_a_word():
    sentence = "A sentence of some length that says a thing. "
    short = dressing.page_description(["The question. " + sentence * 9])
    assert short.endswith("thing.")
    assert len(short) <= dressing.LONGEST_DESCRIPTION
    words = dressing.page_description(["The question. " + "word " * 90])
    assert words.endswith("word…")
    assert len(words) <= dressing.LONGEST_DESCRIPTION


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
    address = dressing.binder_address(url, "main", "3-3-transform")
    assert (address is None) == (expected is None)
    if expected:
        assert address.startswith(expected)


def buttons(pagename, url="", prints=()):
    """The buttons of a page, as the theme makes them, with this book's own."""
    source = {"type": "link", "url": f"../_sources/{pagename}.ipynb", "text": ".ipynb"}
    found = [{"type": "group", "label": "download-buttons", "buttons": [source, {"text": ".pdf"}]}]
    if url:
        found.append({"type": "group", "label": "source-buttons", "buttons": [{"type": "link", "url": url}]})
    dressing.add_buttons(found, pagename, "../", {"url": url, "branch": ""}, prints)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.slug)
def test_every_page_offers_its_notebook_and_its_text_source(page):
    (downloads,) = buttons(f"pages/{page.slug}")
    urls = [button.get("url") for button in downloads["buttons"]]
    assert urls[:2] == [f"../_sources/pages/{page.slug}.ipynb", f"../_sources/notebooks/{page.notebook}.py"]


def test_repository_buttons_appear_only_with_a_repository():
    _, source, binder = buttons("pages/2-data", "https://github.com/a/b")
    urls = [button["url"] for button in source["buttons"]]
    assert urls == ["https://github.com/a/b", "https://github.com/a/b/blob/main/notebooks/2-data.py"]
    assert binder["text"] == "Binder"
    assert len(buttons("pages/2-data", "https://example.org/a/b")) == 2
    assert len(buttons("glossary", "https://github.com/a/b")) == 2


def test_buttons_for_pdfs_appear_only_with_pdfs():
    offered = buttons("glossary", prints=[dressing.PDF, dressing.SUMMARY])[0]["buttons"]
    assert [button["url"] for button in offered[2:]] == [f"../{dressing.PDF}", f"../{dressing.SUMMARY}"]
    assert [button["text"] for button in buttons("glossary")[0]["buttons"]] == [".ipynb", ".pdf"]


def test_the_front_page_leads_to_the_pdfs_before_its_first_section():
    sections = '<section id="a"><h2>A</h2></section><section id="b"></section>'
    body = f'<section id="top">\n<h1>Title</h1>\n<p>words</p>{sections}</section>'
    assert dressing.with_offers(body, "../", []) == body
    offered = dressing.with_offers(body, "../", [dressing.SUMMARY])
    line, rest = offered.split('<section id="a">')
    assert f'<a href="../{dressing.SUMMARY}">' in line
    assert offered.count('class="offers"') == 1
    assert rest == body.split('<section id="a">')[1]


@pytest.fixture
def project(tmp_path):
    """A project with one executed page and one notebook."""
    source = tmp_path / "book"
    (source / "pages").mkdir(parents=True)
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "2-data.py").write_text("# %%\n")
    execute(source, "one")
    return tmp_path


def execute(source, digest):
    notebook = {"metadata": {METADATA: {"digest": digest, "inputs": {}, "seconds": 1.0}}}
    (source / "pages" / "2-data.ipynb").write_text(json.dumps(notebook))


def print_book(source):
    path = dressing.pdf_path(source)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"%PDF")
    path.with_name(dressing.SUMMARY).write_bytes(b"%PDF")
    path.with_suffix(".json").write_text(json.dumps(dressing.pages_digests(source)))


def test_a_pdf_is_offered_until_a_page_changes(project):
    source = project / "book"
    assert dressing.offered_prints(source) == []
    print_book(source)
    assert dressing.offered_prints(source) == [dressing.PDF, dressing.SUMMARY]
    dressing.pdf_path(source).with_name(dressing.SUMMARY).unlink()
    assert dressing.offered_prints(source) == [dressing.PDF]
    execute(source, "two")
    assert dressing.offered_prints(source) == []


def test_downloads_are_copied_and_old_ones_removed(project):
    source, rendered = project / "book", project / "_build" / "html"
    print_book(source)
    dressing.add_downloads(source, rendered)
    assert (rendered / "_sources/notebooks/2-data.py").read_text() == "# %%\n"
    assert (rendered / dressing.PDF).is_file()
    (rendered / "_sources/notebooks/of-old.py").write_text("")
    execute(source, "two")
    dressing.add_downloads(source, rendered)
    assert [path.name for path in (rendered / "_sources/notebooks").iterdir()] == ["2-data.py"]
    assert not (rendered / dressing.PDF).exists()


def script(filename="", body=""):
    return SimpleNamespace(filename=filename, attributes={"body": body})


SCRIPTS = [
    script("_static/doctools.js"),
    script("_static/mathjax/tex-svg.js"),
    script(body="window.MathJax = {}"),
    script("_static/copybutton.js"),
    script("_static/sphinx-thebe.js"),
    script(body="const THEBE_JS_URL = 'x'"),
    script("_static/togglebutton.js"),
    script(body="let toggleHintShow = 'x'"),
    script("_static/design-tabs.js"),
    "_static/sphinx-design.min.css",
]


def names(assets):
    return [getattr(asset, "filename", asset) or asset.attributes["body"] for asset in assets]


def test_a_plain_page_loads_what_every_page_needs():
    assert names(dressing.needed(SCRIPTS, "<p>words</p>")) == ["_static/doctools.js"]


def test_scripts_are_loaded_only_where_needed():
    assert "window.MathJax = {}" in names(dressing.needed(SCRIPTS, '<span class="math notranslate">'))
    assert "_static/copybutton.js" in names(dressing.needed(SCRIPTS, '<div class="highlight"><pre>'))
    assert "_static/sphinx-design.min.css" in names(dressing.needed(SCRIPTS, '<div class="sd-card">'))
    assert "_static/togglebutton.js" in names(dressing.needed(SCRIPTS, '<div class="dropdown admonition">'))
    everything = '<i class="math"><i class="highlight"><i class="sd-tab-set"><i class="toggle">'
    assert not any("thebe" in name.lower() for name in names(dressing.needed(SCRIPTS, everything)))


def test_checksum_is_dropped_from_digest_named_sheets():
    """Or else the first rendering would differ from the second."""
    name = f"_static/mystnb.{'ab' * 32}.css"
    assert dressing.without_checksum(f'<link href="{name}?v=8cd3d715" />') == f'<link href="{name}" />'
    other = '<link href="_static/report.css?v=8cd3d715" />'
    assert dressing.without_checksum(other) == other


def test_old_pages_and_pictures_go_and_other_files_stay(tmp_path):
    old, new = f"{'0' * 64}.svg", f"{'1' * 64}.svg"
    kept = {"pages/3-3-results.html", "_sources/pages/3-3-results.ipynb", "genindex.html", "_images/mine.svg"}
    removed = {"pages/3-3-soft-split.html", "_sources/pages/3-3-soft-split.ipynb"}
    for name in (*kept, *removed, f"_images/{old}", f"_images/{new}"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()

    def left():
        return {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}

    documents = {"pages/3-3-results", "glossary"}
    dressing.remove_old(tmp_path, documents, [])
    assert left() == kept | {f"_images/{old}", f"_images/{new}"}  # nothing was rendered that has pictures
    dressing.remove_old(tmp_path, documents, [new])
    assert left() == kept | {f"_images/{new}"}


STYLE = (
    "/*! licence */.fa-sr-only{x:1}.a{color:red}@font-face{font-family:Font Awesome\\ 6 Free;src:url(f.woff2)}"
    '.fa-bars:before{content:"x"}.fa-a:before,.fa-b:before{content:"y"}@media print{.fa-c{d:e}.g{h:i}}'
    "li.k .toggle i.fa-chevron-down{position:absolute}.l{m:n}"
)


def test_only_rules_of_the_icon_font_go():
    rest = dressing.without_icon_font(STYLE)
    assert (
        rest
        == "/*! licence */.a{color:red}@media print{.g{h:i}}li.k .toggle i.fa-chevron-down{position:absolute}.l{m:n}"
    )
    assert rest.count("{") == rest.count("}")


def test_the_style_sheet_is_shortened_once(tmp_path):
    sheet = tmp_path / "styles" / "pydata-sphinx-theme.css"
    sheet.parent.mkdir()
    sheet.write_text(STYLE)
    dressing.shorten_style(tmp_path)
    assert sheet.read_text() == dressing.without_icon_font(STYLE)
    before = sheet.stat().st_mtime_ns
    dressing.shorten_style(tmp_path)
    assert sheet.stat().st_mtime_ns == before


def test_faults_of_the_theme_for_screen_readers_are_repaired():
    assert dressing.repaired_body('<div role="list" class="citation-list"><p>') == '<div class="citation-list"><p>'
    assert dressing.named_toggles("<summary><i></i></summary>").startswith(
        '<summary aria-label="Pages below this one">'
    )
