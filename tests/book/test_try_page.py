"""One page with other parameters: what is run, and what is said to wrong names and values."""

from __future__ import annotations

import nbformat
import pytest

from report_utils.book import try_page
from report_utils.book.pages import Page, book_pages
from report_utils.book.try_page import standalone_html
from report_utils.errors import InputError
from report_utils.profiles import load_profile


@pytest.mark.parametrize(
    ("name", "pairs", "slug", "parameters"),
    [
        ("3-3-transform", ["transform=agn_less_2"], "3-3-agn-less-2", ("agn_less_2",)),
        ("3-3-multi-band-2", [], "3-3-multi-band-2", ("multi_band_2",)),
        ("3-3-transform", [], "3-3-multi-band-2", ("multi_band_2",)),
        ("3-3-agn-less-4", [], "3-3-agn-less-4", ("agn_less_4",)),
        (
            "3-3-transform",
            ["transform=agn_less_2", "baseline=single_band"],
            "3-3-transform-agn-less-2-single-band",
            ("agn_less_2", "single_band"),
        ),
    ],
)
def test_parameters_name_a_page_of_the_book_or_one_beside_it(name, pairs, slug, parameters):
    page = try_page.page_with(name, pairs)
    assert page.slug == slug
    assert page.notebook == "3-3-transform"
    assert tuple(page.parameters.values()) == parameters


@pytest.mark.parametrize("page", book_pages(), ids=lambda page: page.slug)
def test_every_page_can_be_tried_as_it_is(page):
    assert try_page.page_with(page.slug, []).parameters == page.parameters


@pytest.mark.parametrize(
    ("name", "pairs", "said"),
    [
        ("3-9-nothing", [], ["unknown page '3-9-nothing'", "3-3-transform", "5-conclusion"]),
        ("2-data", ["transform=x"], ["page 2-data has no parameter 'transform'", "none but the profile"]),
        ("3-3-transform", ["transfrom=x"], ["'transfrom'", "transform, baseline"]),
        ("3-3-transform", ["transform=nix"], ["transform=nix", "unknown transform", "multi_band_2", "agn_less_4"]),
        ("3-3-transform", ["transform"], ["key=value"]),
        ("3-3-transform", ["profile=smoke"], ["--profile smoke"]),
    ],
)
def test_errors_for_wrong_names_and_values_list_valid_ones(name, pairs, said):
    with pytest.raises(InputError) as caught:
        try_page.page_with(name, pairs)
    assert len(str(caught.value).splitlines()) == 1
    for part in said:
        assert part in str(caught.value)


@pytest.mark.parametrize(
    ("pair", "value"), [("n=3", 3), ("x=0.5", 0.5), ("yes=False", False), ("yes=true", True), ("word=b=c", "b=c")]
)
def test_values_are_converted_to_the_type_of_the_default(pair, value):
    defaults = {"profile": "quick", "n": 1, "x": 1.0, "yes": True, "word": "a"}
    (found,) = try_page.assignments([pair], defaults, "p").values()
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("pair", ["n=2.5", "x=much", "yes=perhaps"])
def test_values_of_the_wrong_type_are_refused(pair):
    with pytest.raises(InputError, match=pair.replace(".", r"\.")):
        try_page.assignments([pair], {"n": 1, "x": 1.0, "yes": True}, "p")


DOT = "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAACADs="
"""A picture that is an address already, as the fallbacks of the interactive figures are."""


@pytest.fixture
def notebook():
    figure = {"data": {"text/html": f"<img alt='dot' src='{DOT}'>"}}
    picture = nbformat.v4.new_output("display_data", **figure)
    figure = {"data": {"image/svg+xml": "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>"}}
    output = nbformat.v4.new_output("display_data", **figure)
    text = "# A *page*\n\n**The question.** Why $x^2$ {cite}`Lovig2024`?\n\n$$\nx = y\n$$ (eq-x)\n\n"
    text += "See [others](2-data.ipynb)."
    code = nbformat.v4.new_code_cell(
        "1 + 1", outputs=[output, picture], metadata={"tags": ["hide-input"]}, execution_count=1
    )
    cells = [nbformat.v4.new_markdown_cell(text), code]
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return nbformat.v4.new_notebook(cells=cells, metadata=metadata)


def test_standalone_page_loads_nothing(notebook):
    text = standalone_html(notebook, "a-page")
    assert "<title>A page</title>" in text
    assert 'src="data:image/svg+xml;base64,' in text
    assert f'src="{DOT}"' in text
    assert "Lovig" in text.partition("References")[2]
    assert "2-data" not in text
    assert "<details" in text
    head, _, body = text.partition("<main>")
    assert 'src="' not in head
    assert body.count("<script") == 0
    assert "http" not in "".join(part.split('"')[0] for part in body.split('src="')[1:])
    assert len(notebook.cells) == 2


def test_users_docutils_conf_does_not_change_a_standalone_page(notebook, tmp_path, monkeypatch):
    plain = standalone_html(notebook, "p")
    (tmp_path / "docutils.conf").write_text("[general]\nid_prefix: hostile-\nraw_enabled: no\n")
    monkeypatch.setenv("DOCUTILSCONFIG", str(tmp_path / "docutils.conf"))
    assert standalone_html(notebook, "p") == plain


def test_mathjax_is_embedded_only_with_equations(notebook):
    assert len(standalone_html(notebook, "p")) > 1_500_000
    notebook.cells[0].source = "# A page\n\nNo equations here."
    assert len(standalone_html(notebook, "p")) < 200_000


def test_page_is_written_as_notebook_or_html(tmp_path, notebook):
    page = Page("a", "b")
    try_page.write_tried(notebook, page, tmp_path / "new" / "a.ipynb")
    assert nbformat.read(tmp_path / "new" / "a.ipynb", as_version=4).cells[0].source.startswith("# A *page*")
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot write here"):
        try_page.write_tried(notebook, page, tmp_path / "file" / "a.ipynb")


def test_default_target_is_below_the_build_folder():
    target = try_page.default_target(Page("a", "b"), load_profile("smoke"))
    assert target.parts[-4:] == ("_build", "tried", "smoke", "a.html")


def test_trying_a_page_leaves_the_book_unchanged(runs_folder, tmp_path):
    page = try_page.page_with("1-introduction", [])
    notebook = try_page.run_tried(page, load_profile("smoke"))
    (parameters,) = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    assert "profile = 'smoke'" in parameters.source
    assert not (runs_folder / "pages").exists()
