"""Printing, with the real browser."""

from __future__ import annotations

import io
import os
import re
import stat

import pytest
from PIL import Image
from pypdf import PdfReader

from report_utils.book import pdf
from report_utils.book.metadata import read_citation
from report_utils.book.pages import full_contents
from report_utils.book.pdf import find_chromium, make_pdf, pages_of_places, print_document, print_summary
from report_utils.errors import InputError
from report_utils.profiles import project_root
from report_utils.widgets import data_address


def _has_browser():
    try:
        return bool(find_chromium())
    except InputError:
        return False


if not _has_browser() and os.environ.get("REPORT_NEEDS_BROWSER"):
    pytest.fail("Chromium is not installed", pytrace=False)
needs_browser = pytest.mark.skipif(not _has_browser(), reason="Chromium is not installed")


@needs_browser
def test_a_document_is_printed_with_outline_links_and_page_numbers(tmp_path):
    document, target = tmp_path / "d.html", tmp_path / "d.pdf"
    sections = "".join(f'<section style="break-before:page" id="p-{i}"><h1>Page {i}</h1></section>' for i in range(3))
    links = "".join(f'<a href="#p-{i}">{i}</a> ' for i in range(3))
    document.write_text(f"<!DOCTYPE html><title>T</title><body>{links}{sections}")
    print_document(document, target)
    content = target.read_bytes()
    assert pages_of_places(target) == {"p-0": 2, "p-1": 3, "p-2": 4}
    assert b"/Type /Outlines" in content
    assert len(re.findall(rb"/Type /Page\b", content)) == 4


@needs_browser
def test_figures_stay_with_their_captions_and_pages_have_numbers(tmp_path):
    pixel = io.BytesIO()
    Image.new("RGB", (40, 90), "navy").save(pixel, "png")
    source = data_address(pixel.getvalue(), "image/png")
    figures = "".join(
        f"<p>{'words ' * (60 * number)}</p><figure><img src='{source}#{number}' style='height: 90mm'>"
        f"<figcaption>Caption-{number}</figcaption></figure>"
        for number in range(8)
    )
    sheets = "".join(
        f"<link rel='stylesheet' href='{(project_root() / 'book' / '_assets' / name).as_uri()}'>"
        for name in ("plain.css", "print.css")
    )
    document, target = tmp_path / "d.html", tmp_path / "d.pdf"
    document.write_text(f"<!DOCTYPE html><title>T</title>{sheets}<body>{figures}")
    print_document(document, target)
    pages = PdfReader(target).pages
    assert len(pages) > 4
    texts = [page.extract_text() for page in pages]
    assert [len(page.images) for page in pages] == [text.count("Caption-") for text in texts]
    assert [text.split()[0] for text in texts[1:]] == [str(number) for number in range(2, len(pages) + 1)]


@needs_browser
@pytest.mark.skipif(not (project_root() / "_build" / "html" / "index.html").is_file(), reason="run `make book` first")
def test_the_book_is_printed_whole(tmp_path, monkeypatch):
    root = project_root()
    monkeypatch.setattr(pdf, "pdf_path", lambda source: tmp_path / "book.pdf")
    places = pages_of_places(make_pdf(root))
    chapters = pdf.chapters_of(full_contents(root))
    numbers = [places[chapter.name.replace("/", "-")] for chapter in chapters]
    assert numbers == sorted(numbers)
    assert numbers[0] > 1
    text = (tmp_path / "book.html").read_text(encoding="utf-8")
    for chapter, number in zip(chapters, numbers, strict=True):
        assert re.search(rf'<a href="#{chapter.name.replace("/", "-")}">[^<]+</a><span>{number}</span>', text)


@needs_browser
@pytest.mark.skipif(not (project_root() / "_build" / "html" / "index.html").is_file(), reason="run `make book` first")
def test_what_the_book_found_is_one_sheet_with_its_figure(tmp_path):
    root, target = project_root(), tmp_path / "sheet.pdf"
    print_summary(root / "_build" / "html", target, read_citation(root))
    (page,) = PdfReader(target).pages
    text = page.extract_text()
    assert "What this book found" in text
    assert "The result at a glance" in text
    assert "What was found." in text


def test_a_book_without_one_of_its_pages_is_said(tmp_path):
    html = tmp_path / "_build" / "html"
    html.mkdir(parents=True)
    (html / "index.html").touch()
    (tmp_path / "_config.yml").write_text("title: T\nauthor: A\n")
    (tmp_path / "_toc.yml").write_text("root: pages/index\n")
    with pytest.raises(InputError, match=r"pages/index\.html: the rendered book is older than its table of contents"):
        make_pdf(tmp_path)


def test_without_a_book_or_a_browser_there_is_one_clear_line(tmp_path, monkeypatch):
    with pytest.raises(InputError, match="make book"):
        make_pdf(tmp_path)
    monkeypatch.setenv(pdf.CHROMIUM_VARIABLE, "no-such-browser")
    with pytest.raises(InputError, match="Chromium is needed"):
        find_chromium()


def test_a_browser_that_does_not_print_is_said(tmp_path, monkeypatch):
    browser = tmp_path / "browser"
    browser.write_text("#!/bin/sh\necho 'out of paper' >&2\nexit 3\n")
    browser.chmod(browser.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv(pdf.CHROMIUM_VARIABLE, str(browser))
    (tmp_path / "d.html").write_text("x")
    with pytest.raises(InputError, match=r"exit status 3.*out of paper"):
        print_document(tmp_path / "d.html", tmp_path / "d.pdf")
