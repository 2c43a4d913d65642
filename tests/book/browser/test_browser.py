"""Every page of the rendered book in headless Chromium, from files and from a web server, wide and narrow."""

from __future__ import annotations

import pandas as pd
import pytest

from report_utils.book.check import rendered_pages
from report_utils.book.pages import book_pages
from tests.book.browser.conftest import HTML

PAGES = book_pages()

ALL_PAGES = [path.relative_to(HTML).as_posix() for path in rendered_pages(HTML)] if HTML.is_dir() else []
READ = [name for name in ALL_PAGES if name not in {"index.html", "search.html"}]
WIDTHS = (1440, 768, 360)
BROKEN_WORDS = r"""
const broken = [];
for (const cell of document.querySelectorAll("article table:not(.indextable) :is(td, th)")) {
  const walker = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    for (const word of node.data.matchAll(/[\p{L}\d.−]+/gu)) {
      const range = document.createRange();
      range.setStart(node, word.index);
      range.setEnd(node, word.index + word[0].length);
      if (new Set([...range.getClientRects()].map((box) => Math.round(box.top))).size > 1) broken.push(word[0]);
    }
  }
}
return broken;
"""
BACKGROUND = "return getComputedStyle(document.body).backgroundColor"


def test_all_pages_are_looked_at(reader):
    assert {f"pages/{page.slug}.html" for page in PAGES} <= set(READ)


@pytest.mark.parametrize("name", READ)
def test_a_page_is_whole_offline_at_every_width_and_in_both_themes(reader, name):
    reader.resize(WIDTHS[0])
    said = reader.open((HTML / name).as_uri())
    assert said.console == []
    assert said.failed == []
    assert [url for url in said.requests if not url.startswith(("file:", "data:", "blob:"))] == []
    assert len(said.requests) > 5  # the browser was heard
    assert reader.run("return [...document.images].filter(i => i.naturalWidth === 0).map(i => i.src)") == []
    assert reader.run("return document.querySelectorAll('mjx-merror, .math .merror').length") == 0
    if not name.startswith(("genindex", "py-modindex")):
        assert len(reader.run("return document.querySelector('article').innerText")) > 300

    too_wide = {}
    for width in WIDTHS:
        reader.resize(width)
        found = reader.run("return document.documentElement.scrollWidth - window.innerWidth")
        if found > 0:
            too_wide[width] = found
    assert too_wide == {}
    assert reader.run(BROKEN_WORDS) == []

    reader.resize(WIDTHS[0])
    grounds = {}
    for _ in range(3):
        reader.run("document.querySelector('.theme-switch-button').click()")
        grounds[reader.run("return document.documentElement.dataset.theme")] = reader.run(BACKGROUND)
    assert set(grounds) == {"light", "dark"}
    assert grounds["light"] != grounds["dark"]
    assert reader.heard().console == []


def test_from_a_web_server_nothing_else_is_asked(reader, host):
    said = reader.open(f"{host}pages/index.html")
    assert said.console == []
    assert said.failed == []
    outside = [url for url in said.requests if not url.startswith((host, "data:"))]
    assert outside == []
    own = [url for url in said.requests if url.startswith(host)]
    assert 10 < len(own) < 30
    assert not any("mathjax" in url or "fontawesome" in url or "searchindex" in url for url in own)


def test_the_front_door_leads_to_the_first_page(reader):
    reader.open((HTML / "index.html").as_uri())
    reader.wait_for("return location.pathname.endsWith('/pages/index.html')")


def results(reader, address, term):
    reader.open(f"{address}search.html?q={term}")
    reader.wait_for("return document.querySelector('.search-summary')?.innerText.length > 0")
    return reader.run("return [...document.querySelectorAll('#search-results li a')].map(a => a.innerText)")


@pytest.mark.parametrize("place", ["file", "server"])
def test_the_search_finds_a_term(reader, host, place):
    address = host if place == "server" else f"{HTML.as_uri()}/"
    reader.open(f"{address}pages/index.html")
    found = results(reader, address, "vignetting")
    assert "Glossary" in found
    assert "The simulation, checked" in found
    assert reader.heard().console == []
    assert results(reader, address, "xyzzyx") == []
    if place == "server":
        results(reader, address, "bootstrap")
        reader.wait_for("return document.querySelectorAll('#search-results li p.context').length > 0")


def press(reader, *keys):
    from selenium.webdriver.common.action_chains import ActionChains

    actions = ActionChains(reader.driver)
    for key in keys:
        actions.send_keys(key)
    actions.perform()


def test_the_keyboard_skips_to_the_text_and_shows_where_it_is(reader):
    from selenium.webdriver.common.keys import Keys

    reader.resize(1440)
    reader.open((HTML / "pages/index.html").as_uri())
    press(reader, Keys.TAB)
    assert reader.run("return document.activeElement.innerText") == "Skip to main content"
    reader.wait_for("return document.activeElement.getBoundingClientRect().top >= 0")
    press(reader, Keys.ENTER)
    assert reader.run("return location.hash") == "#main-content"
    unseen = []
    for _ in range(12):
        press(reader, Keys.TAB)
        assert reader.run("return document.querySelector('#main-content').contains(document.activeElement)")
        seen = "const s = getComputedStyle(document.activeElement); return s.outlineStyle + s.boxShadow"
        if reader.run(seen) == "nonenone":
            unseen.append(reader.run("return document.activeElement.outerHTML.slice(0, 80)"))
    assert unseen == []


@pytest.mark.parametrize("width", WIDTHS)
def test_words_show_their_meaning_inside_the_window_until_escape(reader, width):
    from selenium.webdriver.common.keys import Keys

    reader.resize(width)
    reader.open((HTML / "pages/index.html").as_uri())
    count = reader.run("return document.querySelectorAll('.hover-word > a').length")
    assert count > 3
    shown = (
        "const w = document.querySelectorAll('.hover-word')[arguments[0]]; w.scrollIntoView({block: 'center'});"
        "w.querySelector('a').focus(); const b = w.querySelector('.hover-text').getBoundingClientRect();"
        "return [b.width > 50 && b.height > 15, b.left >= 0 && b.right <= window.innerWidth + 0.5]"
    )
    assert [reader.run(shown, number) for number in range(count)] == [[True, True]] * count
    press(reader, Keys.ESCAPE)
    hidden = "return document.activeElement.parentElement.querySelector('.hover-text').getBoundingClientRect().width"
    assert reader.run(hidden) == 0
    text = reader.run("return document.querySelector('.hover-text').textContent")
    described = reader.run(
        "return document.getElementById(document.querySelector('.hover-word > a').getAttribute('aria-describedby'))"
        ".textContent"
    )
    assert described == text != ""


def test_a_figure_leads_to_the_code_that_made_it(reader):
    reader.resize(1440)
    reader.open((HTML / "pages/index.html").as_uri())
    assert reader.run("return document.querySelectorAll('article figure').length") == reader.run(
        "return document.querySelectorAll('article details.made-by').length"
    )
    reader.run("document.querySelector('details.made-by summary').click()")
    target = reader.run("return document.querySelector('details.made-by a').getAttribute('href').slice(1)")
    closed = "return document.getElementById(arguments[0]).closest('details').open"
    assert not reader.run(closed, target)
    reader.run("document.querySelector('details.made-by a').click()")
    reader.wait_for(f"return document.getElementById('{target}').closest('details').open")


def test_a_figure_opens_large_and_gives_its_files(reader):
    from selenium.webdriver.common.keys import Keys

    reader.resize(1440)
    reader.open((HTML / "pages/index.html").as_uri())
    button = "document.querySelector('.open-large')"
    reader.run(f"{button}.focus()")
    press(reader, Keys.ENTER)
    large = "return document.querySelector('dialog.large-figure[open] img')"
    assert reader.run(f"{large}.getBoundingClientRect().width") > 1200
    assert reader.run("return document.querySelector('dialog.large-figure').getAttribute('aria-label').length") > 20
    press(reader, Keys.ESCAPE)
    assert reader.run(large) is None
    assert reader.run(f"return document.activeElement === {button}")
    reader.run("document.querySelector('.bd-article figure > img').click()")
    assert reader.run(f"{large} !== null")
    reader.run("document.querySelector('dialog.large-figure button').click()")
    assert reader.run(large) is None
    links = reader.run("return [...document.querySelectorAll('.figure-tools a')].map(a => [a.href, a.download])")
    (picture, name), (data, _) = links[:2]
    assert name == "fig-headline.svg"
    assert picture.endswith(".svg")
    table = pd.read_csv(HTML / "_sources" / "figures" / data.rpartition("/")[2], comment="#")
    assert {"line", "bars"} <= set(table.kind)
    assert "printed in the report" in set(table.label)


@pytest.mark.parametrize(
    ("page", "link", "shown"),
    [
        ("3-3-results", "#equation-eq-residual", "mjx-container"),
        ("edit-one-section", "3-3-results.html#fig-9", "img"),
        ("index", "references.html#", ""),
    ],
)
def test_references_show_what_they_refer_to_inside_the_window(reader, page, link, shown):
    reader.resize(1440)
    reader.open((HTML / f"pages/{page}.html").as_uri())
    word = f"document.querySelector('.hover-word > a[href*=\"{link}\"]')"
    reader.run(f"{word}.scrollIntoView({{block: 'end'}}); {word}.focus()")
    top, bottom, width = reader.run(
        f"const box = {word}.nextSibling.getBoundingClientRect(); return [box.top, box.bottom, box.width]"
    )
    assert width > 100
    assert 0 <= top < bottom <= 900
    if shown:
        assert reader.run(f"return {word}.nextSibling.querySelector('{shown}') !== null")
    else:
        assert "Lovig" in reader.run(f"return {word}.nextSibling.innerText")


def test_code_is_copied_by_a_button(reader):
    reader.resize(1440)
    reader.open((HTML / "pages/own-observations.html").as_uri())
    n_blocks, n_buttons = reader.run(
        "const blocks = [...document.querySelectorAll('.bd-article div.highlight')];"
        "return [blocks.length, blocks.filter(block => block.querySelector('button.copybtn')).length]"
    )
    assert n_blocks == n_buttons > 3


def test_a_page_is_read_without_scripts(reader):
    reader.resize(1440)
    reader.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        reader.driver.get((HTML / "pages/index.html").as_uri())
    finally:
        reader.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    assert reader.run(BACKGROUND) not in {"rgba(0, 0, 0, 0)", ""}
    assert len(reader.run("return document.querySelector('article').innerText")) > 300
    assert reader.run("return getComputedStyle(document.querySelector('.theme-switch-button')).display") == "none"


def test_the_status_table_shows_what_is_chosen(reader):
    """From a file, and by the table's own words."""
    reader.open((HTML / "pages" / "reproduction-status.html").as_uri())
    shown = (
        "return [...document.querySelectorAll('.filterable tbody tr')].filter(row => !row.hidden)"
        ".map(row => [...row.cells].map(cell => cell.textContent.trim()))"
    )
    choose = "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input'))"
    everything = reader.run(shown)
    kind, verdict, words = reader.run("return [...document.querySelectorAll('.filters :is(select, input)')]")
    heads = reader.run("return [...document.querySelectorAll('.filterable th')].map(head => head.textContent.trim())")
    (claim,) = [row for row in everything if row[0] == "Claims" and "nearly halves" in row[1]]
    of_verdicts = heads.index("Verdict")
    for field, column, value in ((kind, 0, "Claims"), (verdict, of_verdicts, claim[of_verdicts])):
        reader.run(choose, field, value)
        assert {row[column] for row in reader.run(shown)} == {value}
        everything = [row for row in everything if row[column] == value]
        assert reader.run(shown) == everything
    reader.run(choose, words, "NEARLY HALVES")
    assert reader.run(shown) == [row for row in everything if "nearly halves" in " ".join(row)] != []
    reader.run(choose, words, "no such words")
    assert reader.run(shown) == []
    assert reader.run("return document.querySelector('.filters [role=status]').textContent").startswith("0 of ")
