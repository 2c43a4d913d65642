"""The text notebooks keep to the conventions that the page builder, the reader and the screen reader need."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import jupytext
import pytest

from report_utils.book.pages import book_pages

PAGES = book_pages()

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.py"))
TEMPLATES = {"3-3-transform", "4-1-dynamics"}


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def path(request):
    return request.param


@pytest.fixture
def notebook(path):
    return jupytext.read(path)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def figures_of(notebook):
    return [cell.metadata["mystnb"] for cell in code_cells(notebook) if "figure" in cell.metadata.get("mystnb", {})]


def prose(notebook):
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def test_parameters_come_first_and_code_is_folded(path, notebook):
    first, *others = code_cells(notebook)
    assert first.metadata["tags"] == ["parameters", "remove-cell"]
    assert "profile = " in first.source
    assert ("transform = " in first.source) == (path.stem in TEMPLATES)
    assert all("hide-input" in cell.metadata.get("tags", []) for cell in others)
    assert notebook.metadata["kernelspec"]["name"] == "python3"


def test_a_page_begins_with_its_question(notebook):
    text = prose(notebook)
    assert text.startswith("# ")
    assert text.count("\n# ") == 0
    paragraph = text.split("\n\n")[1]
    assert paragraph.startswith("**The question.** ")
    assert "?" in paragraph


def test_a_page_ends_with_what_was_found(notebook):
    """A page that measures nothing, such as the introduction, ends with what it says."""
    ends = ("**What was found.**", "**In short.**")
    assert any(end in notebook.cells[-1].source for end in ends)
    assert sum(ends[0] in cell.source for cell in notebook.cells) <= 1


MOST_WORDS = 45  # of prose in a code cell: a sentence or two, or a few short lines on what is missing


def words_of_prose(node):
    """Count the words of the sentences in some code; of alternatives only the longest counts.

    Texts without a full stop are labels, if they are short, and texts of many lines are files that a page shows.
    """
    match node:
        case ast.Expr(value=ast.Constant()):  # a docstring
            return 0
        case ast.If(test=test, body=body, orelse=orelse):
            return words_of_prose(test) + max(sum(map(words_of_prose, one)) for one in (body, orelse))
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return words_of_prose(test) + max(map(words_of_prose, (body, orelse)))
        case ast.JoinedStr(values=values):
            inserted = [part for part in values if isinstance(part, ast.FormattedValue)]
            text = "".join("x" if part in inserted else part.value for part in values)
        case ast.Constant(value=str(text)):
            inserted = []
        case _:
            inserted, text = ast.iter_child_nodes(node), ""
    n = len(text.split())
    is_prose = (n > 5 and re.search(r"[^\s\d][.!?;](\s|\*|$)", text)) or n > 15
    return n * (bool(is_prose) and text.count("\n") < 5) + sum(map(words_of_prose, inserted))


def test_sentences_stand_in_markdown_cells(notebook):
    for cell in code_cells(notebook):
        n = words_of_prose(ast.parse(cell.source))
        assert n <= MOST_WORDS, (
            f"{n} words of prose in the code cell that begins with {cell.source.strip().splitlines()[0]!r}, more than "
            f"{MOST_WORDS}: what is true whatever the numbers are belongs in a markdown cell, and numbers in a table"
        )


@pytest.mark.parametrize(
    ("code", "n"),
    [
        ("print('A label.')", 0),
        ("print('the head of a column or of a row')", 0),
        ("print('This sentence is of seven short words.')", 7),
        ("print(f'This {sum([1])} is {2} of several short words.')", 8),
        ("print('a sentence that goes on and on without coming to an end, as pieces do that make one')", 18),
        ("x = 'This one is of six words.' if y else 'And the other one is of seven.'", 7),
        ("if x:\n    y = 'This one is of six words.'\nelse:\n    y = 'The other one is of six.'", 6),
        ("def f():\n    'A docstring tells what is returned.'\n    return 'This one is of six words.'", 6),
        ("text = 'A file.\\n\\nThat a page shows.\\n\\n\\nTo its reader.'", 0),
    ],
)
def test_words_of_prose_are_those_of_one_alternative(code, n):
    assert words_of_prose(ast.parse(code)) == n


def test_figures_have_names_captions_and_words_for_those_who_cannot_see_them(notebook):
    for entry in figures_of(notebook):
        assert entry["figure"]["name"].startswith("fig-")
        assert entry["figure"]["caption"].startswith("**")
        assert len(entry["image"]["alt"]) > 20


def test_templates_name_their_figures_by_page_and_label_no_equation(path, notebook):
    if path.stem not in TEMPLATES:
        return
    assert all("{{ slug }}" in entry["figure"]["name"] for entry in figures_of(notebook))
    assert not re.findall(r"\$\$ \((eq-.*?)\)\n", prose(notebook) + "\n")
    assert "{{" not in prose(notebook)  # by hand it stands by itself


def test_all_eleven_figures_and_the_table_are_there():
    text = "".join(path.read_text(encoding="utf-8") for path in NOTEBOOKS)
    assert '"caption": "**{{ figure }}.**' in text
    text += "".join(f"**{page.words['figure']}.**" for page in PAGES if "figure" in page.words)
    missing = [number for number in range(1, 12) if f"**Figure {number}.**" not in text]
    assert not missing
    assert "**Table 1.**" in text


def test_names_are_unique_and_references_lead_somewhere():
    notebooks = [jupytext.read(path) for path in NOTEBOOKS]
    text = "\n".join(prose(notebook) for notebook in notebooks)
    names = [entry["figure"]["name"] for notebook in notebooks for entry in figures_of(notebook)]
    equations = re.findall(r"\$\$ \((eq-.*?)\)", text)
    assert len(set(names)) == len(names)
    assert len(set(equations)) == len(equations)
    assert set(re.findall(r"\{eq\}`(.*?)`", text)) <= set(equations)
    keys = set(
        re.findall(r"^@\w+\{(\w+),", (ROOT / "book" / "references.bib").read_text(encoding="utf-8"), re.MULTILINE)
    )
    cited = {key.strip() for group in re.findall(r"\{cite\w*(?::\w+)?\}`(.*?)`", text) for key in group.split(",")}
    assert cited
    assert cited <= keys


def imports_of(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [ast.unparse(node) for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]


def test_pages_that_show_results_do_not_import_the_training_library():
    lines = [line for path in NOTEBOOKS if path.stem not in {"3-2-network", "any-model"} for line in imports_of(path)]
    assert any("Reproduction" in line for line in lines)
    check = "import sys; print(sorted({'tensorflow', 'keras', 'jax', 'torch'} & set(sys.modules)))"
    command = [sys.executable, "-c", "\n".join([*dict.fromkeys(lines), check])]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_every_column_of_a_table_has_a_name():
    """A table whose rows have names says what they are names of: a screen reader reads the header with each cell."""
    for path in sorted((ROOT / "notebooks").glob("*.py")):
        text = path.read_text(encoding="utf-8")
        for place in re.finditer(r"\.to_markdown\(([^)]*)", text):
            named = "index=False" in place[1] or text[: place.start()].rstrip().endswith(('")', "')"))
            assert named, f"{path.name}: {text[place.start() - 60 : place.end()]}"
