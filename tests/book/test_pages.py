"""A page is a notebook and a line in the table of contents; a template makes a page for each transform."""

from __future__ import annotations

import pytest
import yaml

from report_utils.binning import TRANSFORMS
from report_utils.book import pages as module
from report_utils.book.pages import Page, book_pages, full_contents, unlisted_notebooks
from report_utils.errors import InputError
from report_utils.profiles import project_root

CONTENTS = """
root: pages/index
parts:
  - caption: All
    chapters:
      - file: pages/a
        sections:
          - file: pages/3-3-transform
      - file: glossary
"""


@pytest.fixture
def root(tmp_path):
    (tmp_path / "_toc.yml").write_text(CONTENTS)
    (tmp_path / "notebooks").mkdir()
    for name in ("index", "a", "3-3-transform"):
        (tmp_path / "notebooks" / f"{name}.py").write_text("# %% [markdown]\n# # A page\n")
    return tmp_path


def test_a_notebook_and_a_line_make_a_page(root):
    pages = book_pages(root)
    assert [page.slug for page in pages][:3] == ["index", "a", "3-3-single-band"]
    assert pages[1] == Page("a", "a")
    assert unlisted_notebooks(root) == []


def test_a_line_without_a_notebook_is_refused(root):
    (root / "notebooks" / "a.py").unlink()
    with pytest.raises(InputError, match=r"_toc\.yml: pages/a has no notebook; add notebooks/a\.py, or"):
        book_pages(root)


def test_a_notebook_without_a_line_is_named(root):
    (root / "notebooks" / "mine.py").write_text("# %%\n1 + 1\n")
    (root / "notebooks" / "helper.py").write_text("LIMIT = 3\n")  # is no notebook
    assert unlisted_notebooks(root) == [
        "notebooks/mine.py makes no page; to have one, add `- file: pages/mine` to _toc.yml"
    ]


def test_a_table_of_contents_that_cannot_be_read_is_one_line(root):
    (root / "_toc.yml").write_text("parts: [")
    with pytest.raises(InputError, match=r"_toc\.yml: is not YAML .*; correct it") as caught:
        book_pages(root)
    assert "\n" not in str(caught.value)


def test_every_transform_has_its_page_in_the_reports_order(root):
    slugs = [f"3-3-{name.replace('_', '-')}" for name in TRANSFORMS]
    assert [page.slug for page in book_pages(root) if page.notebook == "3-3-transform"] == slugs
    (section,) = [part["chapters"][0]["sections"] for part in full_contents(root)["parts"]]
    assert [entry["file"] for entry in section] == [f"pages/{slug}" for slug in slugs]


def test_a_new_transform_has_its_page_and_its_line(root, monkeypatch):
    new = {"soft": TRANSFORMS["multi_band_2"]}
    monkeypatch.setattr(module, "TRANSFORMS", new)
    module._pages_of.cache_clear()
    (page,) = [page for page in book_pages(root) if page.notebook == "3-3-transform"]
    module._pages_of.cache_clear()
    assert (page.slug, page.title, page.parameters["transform"]) == ("3-3-soft", new["soft"].label, "soft")
    assert "pages/3-3-soft" in yaml.safe_dump(full_contents(root))


def test_the_book_finds_the_one_table_of_contents():
    root = project_root()
    assert (root / "book" / "_toc.yml").resolve() == root / "_toc.yml"
    assert unlisted_notebooks(root) == []
