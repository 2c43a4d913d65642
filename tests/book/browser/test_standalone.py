"""Every page of the book as `report-utils page` writes it: one file, complete in itself."""

from __future__ import annotations

import nbformat
import pytest

from report_utils.book.build import PAGES_FOLDER
from report_utils.book.pages import book_pages
from report_utils.book.try_page import standalone_html
from report_utils.profiles import project_root

PAGES = book_pages()

EXECUTED = project_root() / PAGES_FOLDER


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.slug)
def test_a_page_of_its_own_is_whole_and_asks_for_nothing(reader, tmp_path, page):
    notebook = nbformat.read(EXECUTED / f"{page.slug}.ipynb", as_version=4)
    path = tmp_path / "page.html"
    path.write_text(standalone_html(notebook, page.slug), encoding="utf-8")
    said = reader.open(path.as_uri())
    assert said.console == []
    assert said.failed == []
    assert [url for url in said.requests if not url.startswith(("data:", "blob:"))] == [path.as_uri()]
    assert reader.run("return [...document.images].filter(i => i.naturalWidth === 0).map(i => i.src)") == []
    assert len(reader.run("return document.body.innerText")) > 300
