"""Which pages there are, when one is stale, and what a failing notebook leaves behind."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from report_utils.binning import TRANSFORMS
from report_utils.book import kept_pages
from report_utils.book.check import MINIMUM_CHARACTERS
from report_utils.book.execute import METADATA, PageError, fill_in, read_template, run_page
from report_utils.book.kept_pages import NO_READS, Today
from report_utils.book.pages import Page, book_pages
from report_utils.errors import InputError
from report_utils.profiles import load_profile, project_root
from report_utils.reproduction.one_profile import Reproduction
from report_utils.reproduction.studies import HALOS, reproduce_variant
from report_utils.runs.store import Store
from tests.edited_code import edit_definition
from tests.profile_files import write_profile

ROOT = project_root()
PAGES = book_pages()


@pytest.mark.parametrize("name", sorted({page.notebook for page in PAGES}))
def test_notebooks_have_parameters_and_a_kernel(name):
    notebook = read_template(ROOT / "notebooks" / f"{name}.py")
    tagged = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    assert len(tagged) == 1
    assert "remove-cell" in tagged[0].metadata.tags
    assert "profile = " in tagged[0].source
    assert notebook.metadata.kernelspec.name == "python3"
    assert notebook.cells[0].source.startswith("# ")


def test_only_the_pages_that_build_networks_need_keras():
    for page in PAGES:
        text = (ROOT / "notebooks" / f"{page.notebook}.py").read_text()
        if page.notebook not in {"3-2-network", "any-model"}:
            assert "tensorflow" not in text.replace("TensorFlow", "")
            assert "import keras" not in text


def test_a_template_is_filled_in():
    notebook = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_markdown_cell("# {{ title }}\n\n(label-{{slug}})=\n$a_{b}$ {{ other }}"),
            nbformat.v4.new_code_cell("x = '{{ title }}'", metadata={"mystnb": {"figure": {"name": "fig-{{ slug }}"}}}),
        ]
    )
    filled = fill_in(notebook, Page("a-b", "t", "Multi-Band"))
    assert filled.cells[0].source == "# Multi-Band\n\n(label-a-b)=\n$a_{b}$ {{ other }}"
    with_words = fill_in(notebook, Page("a-b", "t", "Multi-Band", words={"other": "x"}))
    assert with_words.cells[0].source.endswith("$a_{b}$ x")
    assert filled.cells[1].metadata.mystnb.figure.name == "fig-a-b"
    assert filled.cells[1].source == "x = '{{ title }}'"
    assert notebook.cells[0].source.startswith("# {{ title }}")


TEMPLATE = """# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A page

# %% tags=["parameters", "remove-cell"]
profile = "quick"
number = 1

# %%
from report_utils.binning import TRANSFORMS
print(profile, 6 / number)
"""


def test_a_page_runs_with_its_parameters(tmp_path):
    template = tmp_path / "page.py"
    template.write_text(TEMPLATE)
    executed, _ = run_page(Page("page", "page", "A", {"number": 2}), template, "smoke")
    cells = [cell for cell in executed.cells if cell.cell_type == "code"]
    assert [output.text for cell in cells for output in cell.outputs] == ["smoke 3.0\n"]
    assert [cell.execution_count for cell in cells] == [1, 2]
    given = "# parameters of this page\nprofile = 'smoke'\nnumber = 2\n"
    assert cells[0].source == f'profile = "quick"\nnumber = 1\n\n{given}'
    assert executed.metadata[METADATA]["seconds"] > 0
    assert [cell.metadata.get("execution") for cell in cells] == [None, None]  # times would make each page differ
    assert str(tmp_path) not in nbformat.writes(executed)


def test_a_failing_page_names_notebook_cell_and_reason(tmp_path):
    template = tmp_path / "page.py"
    template.write_text(TEMPLATE)
    with pytest.raises(PageError, match=r"page\.py \(page page\), In \[2\]: ZeroDivisionError: division by zero"):
        run_page(Page("page", "page", "A", {"number": 0}), template, "smoke")
    assert [p.name for p in tmp_path.iterdir()] == ["page.py"]


def test_notebook_without_parameters_gets_its_profile_from_the_environment(tmp_path):
    template = tmp_path / "page.py"
    template.write_text("# %%\nimport os\nos.environ['REPORT_PROFILE']\n")
    executed, _ = run_page(Page("page", "page"), template, "smoke")
    assert executed.cells[0].outputs[0].data["text/plain"] == "'smoke'"
    assert executed.metadata.kernelspec.name == "python3"  # and without a header too


READER = """# %%
import json
from pathlib import Path

import beside
from report_utils.reproduction.one_profile import Reproduction

json.loads(Path("data/numbers.json").read_text())
Path("data/written.txt").write_text("mine")
Path("data/written.txt").read_text()
sorted(Path("data").glob("*.csv"))
reproduction = Reproduction("tiny.toml")
reproduction.store.holds(reproduction.data_key)
reproduction.store.load(reproduction.fit_key("single_band", 0))
"""


def test_everything_a_page_reads_is_recorded(tmp_path, runs_folder):
    write_profile(tmp_path / "tiny.toml")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "numbers.json").write_text("[1]")
    (tmp_path / "beside.py").write_text("")
    (tmp_path / "page.py").write_text(READER)
    page = Page("page", "page")
    _, reads = run_page(page, tmp_path / "page.py", "smoke", inside=[tmp_path], outside=[tmp_path / "elsewhere"])
    names = {Path(path).relative_to(tmp_path).as_posix() for path in reads["files"]}
    assert names == {"data/numbers.json", "beside.py", "tiny.toml"}
    assert reads["folders"] == [str(tmp_path / "data")]
    assert reads["runs"] == {"data/tiny": None, "fit/tiny/single_band/fold-0-seed-0": None}


def test_page_explains_what_the_profile_lacks(tmp_path):
    template = tmp_path / "page.py"
    source = (
        "# %%\nfrom report_utils.errors import NotAvailableError\n\nraise NotAvailableError('The archive has none.')"
    )
    template.write_text(source)
    notebook, _ = run_page(Page("a", "page", "AGN-less"), template, "smoke")
    assert "The archive has none." in notebook.cells[0].source
    assert notebook.cells[0].source.startswith("# AGN-less")
    assert "events_agn_less" in notebook.cells[0].source
    assert len(notebook.cells[0].source) > MINIMUM_CHARACTERS


def test_unsupported_backend_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    with pytest.raises(InputError, match="KERAS_BACKEND is 'torch'; this project trains on tensorflow or jax"):
        run_page(Page("page", "page"), ROOT / "notebooks" / "any-model.py", "smoke")


@pytest.fixture
def reproduction(runs_folder):
    return Reproduction("smoke")


SOME = {"1-introduction", "2-data", "3-2-network", "any-model", "4-1-dynamics-multi-band", "4-2-comparison"}


def _records(reproduction):
    today = Today(reproduction)
    return {page.slug: today.inputs(page) for page in PAGES if page.slug in SOME}


def changed(before, after):
    return {slug for slug in before if before[slug] != after[slug]}


def test_edited_notebook_makes_only_its_own_page_stale(reproduction, monkeypatch):
    before = _records(reproduction)
    original = kept_pages.Path.read_text

    def edited(self, *args, **kwargs):
        text = original(self, *args, **kwargs)
        return text + "\n# more" if self.name == "1-introduction.py" else text

    monkeypatch.setattr(kept_pages.Path, "read_text", edited)
    assert changed(before, _records(reproduction)) == {"1-introduction"}


def test_change_of_backend_makes_pages_stale(reproduction, monkeypatch):
    """Two of them train or build networks of their own, and no run of theirs would tell."""
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    before = _records(reproduction)
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    assert {"any-model", "3-2-network"} <= changed(before, _records(reproduction))


def test_edited_figure_redraws_pages_and_retrains_nothing(reproduction, monkeypatch):
    before, runs = _records(reproduction), [k.digest for k in reproduction.runs(TRANSFORMS, ["multi_band_4"])]
    edit_definition(monkeypatch, "dynamics.picture", "plot_dynamics")
    after = _records(reproduction)
    assert {"4-1-dynamics-multi-band", "4-2-comparison"} <= changed(before, after)
    assert "1-introduction" not in changed(before, after)
    assert [k.digest for k in reproduction.runs(TRANSFORMS, ["multi_band_4"])] == runs


def test_edited_network_is_retrained(reproduction, monkeypatch):
    fit, dynamics = reproduction.fit_key("single_band", 0), reproduction.dynamics_key("multi_band_4")
    data = reproduction.data_key
    edit_definition(monkeypatch, "cnn.model", "build_cnn")
    again = Reproduction("smoke")
    assert again.fit_key("single_band", 0).digest != fit.digest
    assert again.dynamics_key("multi_band_4").digest != dynamics.digest
    assert again.data_key.digest == data.digest


def test_a_changed_simulation_changes_everything(reproduction, monkeypatch):
    fit, data = reproduction.fit_key("single_band", 0), reproduction.data_key
    edit_definition(monkeypatch, "simulation.gas", "density_shape")
    again = Reproduction("smoke")
    assert again.data_key.digest != data.digest
    assert again.fit_key("single_band", 0).digest != fit.digest


def test_profiles_of_another_name_share_runs(tmp_path, reproduction):
    path = tmp_path / "copy.toml"
    path.write_text((load_profile("smoke").path).read_text())
    copy = Reproduction(str(path))
    assert copy.fit_key("single_band", 1).digest == reproduction.fit_key("single_band", 1).digest


def test_a_page_is_stale_when_a_file_or_folder_that_it_read_changes(tmp_path, reproduction):
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "page.py").write_text("# %%\n")
    folder = tmp_path / "benchmarks"
    folder.mkdir()
    (folder / "a.json").write_text("1")
    reads = {**NO_READS, "files": {"benchmarks/a.json": ""}, "folders": {"benchmarks": ""}}
    page, states = Page("page", "page"), []
    for change in (lambda: None, lambda: (folder / "a.json").write_text("2"), lambda: (folder / "b.json").touch()):
        change()
        states.append(Today(reproduction, tmp_path).inputs(page, reads))
    assert states[0]["files"] != states[1]["files"] == states[2]["files"]
    assert states[0]["folders"] == states[1]["folders"] != states[2]["folders"]


def test_page_is_stale_once_a_missing_run_exists(tmp_path):
    reproduction = Reproduction(write_profile(tmp_path / "tiny.toml"), Store(tmp_path / "runs"))
    varied = reproduce_variant(reproduction, HALOS.variants[0])
    keys = [varied.fit_key("single_band", 0), reproduction.fit_key("single_band", 1)]
    reads = {**NO_READS, "runs": {keys[0].name: None, keys[1].name: keys[1].digest}}
    before = Today(reproduction).inputs(PAGES[0], reads)["runs"]
    assert (
        before == reads["runs"]
    )  # what was there counts by what it was made from, and is computed where it is missing
    varied.store.save(keys[0], {}, {})
    assert Today(reproduction).inputs(PAGES[0], reads)["runs"] == {key.name: key.digest for key in keys}
