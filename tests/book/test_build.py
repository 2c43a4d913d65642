"""Which pages there are, when one is stale, and what a failing notebook leaves behind."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import yaml

from report_utils.binning import TRANSFORMS
from report_utils.book import build
from report_utils.book.check import MINIMUM_CHARACTERS
from report_utils.book.execute import (
    HOW_TO_HAVE_AGN_LESS,
    METADATA,
    PageError,
    fill_in,
    read_template,
    run_page,
    unavailable_page,
)
from report_utils.book.pages import PAGES, Page
from report_utils.errors import InputError
from report_utils.profiles import load_profile, project_root
from report_utils.reproduction.one_profile import Reproduction
from tests.edited_code import edit_definition

ROOT = project_root()


def toc_files(entry):
    if isinstance(entry, dict):
        return [v for k, v in entry.items() if k in {"file", "root"}] + [
            f for v in entry.values() for f in toc_files(v)
        ]
    return [f for item in entry for f in toc_files(item)] if isinstance(entry, list) else []


def test_the_table_of_contents_lists_every_page_once():
    listed = toc_files(yaml.safe_load((ROOT / "_toc.yml").read_text()))
    pages = [name.removeprefix("pages/") for name in listed if name.startswith("pages/")]
    assert sorted(pages) == sorted(page.slug for page in PAGES)
    assert pages == [page.slug for page in PAGES]
    assert (ROOT / "book" / "_toc.yml").resolve() == ROOT / "_toc.yml"


def test_every_transform_has_its_page_and_every_page_its_notebook():
    assert [p.transforms[0] for p in PAGES if p.notebook == "3-3-transform"] == list(TRANSFORMS)
    for page in PAGES:
        assert (ROOT / "notebooks" / f"{page.notebook}.py").is_file()


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
    executed = run_page(Page("page", "page", "A", {"number": 2}), template, "smoke", {"digest": "d"})
    outputs = [output.text for cell in executed.cells for output in cell.get("outputs", [])]
    assert outputs == ["smoke 3.0\n"]
    assert executed.metadata[METADATA]["digest"] == "d"
    assert executed.metadata[METADATA]["seconds"] > 0
    assert "papermill" not in executed.metadata
    assert str(tmp_path) not in nbformat.writes(executed)


def test_a_failing_page_names_notebook_cell_and_reason(tmp_path):
    template = tmp_path / "page.py"
    template.write_text(TEMPLATE)
    with pytest.raises(PageError, match=r"page\.py \(page page\), cell 3: ZeroDivisionError: division by zero"):
        run_page(Page("page", "page", "A", {"number": 0}), template, "smoke", {})
    assert [p.name for p in tmp_path.iterdir()] == ["page.py"]


def test_a_page_runs_on_no_backend_but_this_projects(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    with pytest.raises(InputError, match="KERAS_BACKEND is 'torch'; this project trains on tensorflow or jax"):
        run_page(Page("page", "page"), ROOT / "notebooks" / "any-model.py", "smoke", {})


def test_a_page_without_its_data_says_so():
    notebook = unavailable_page(Page("a", "b", "AGN-less"), "The archive has none.", HOW_TO_HAVE_AGN_LESS, {})
    assert "The archive has none." in notebook.cells[0].source
    assert notebook.cells[0].source.startswith("# AGN-less")
    assert "events_agn_less" in notebook.cells[0].source
    assert len(notebook.cells[0].source) > MINIMUM_CHARACTERS


@pytest.fixture
def reproduction(runs_folder):
    return Reproduction("smoke")


def _records(reproduction):
    return {page.slug: build.page_record(page, reproduction, ROOT)["digest"] for page in PAGES}


def changed(before, after):
    return {slug for slug in before if before[slug] != after[slug]}


def test_an_edited_notebook_makes_its_page_stale_alone(reproduction, monkeypatch):
    before = _records(reproduction)
    original = build.Path.read_text

    def edited(self, *args, **kwargs):
        text = original(self, *args, **kwargs)
        return text + "\n# more" if self.name == "1-introduction.py" else text

    monkeypatch.setattr(build.Path, "read_text", edited)
    assert changed(before, _records(reproduction)) == {"1-introduction"}


def test_another_backend_makes_pages_stale(reproduction, monkeypatch):
    """Two of them train or build networks of their own, and no run of theirs would tell."""
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    before = _records(reproduction)
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    assert {"any-model", "3-2-network"} <= changed(before, _records(reproduction))


def test_a_changed_figure_redraws_and_trains_nothing(reproduction, monkeypatch):
    before, runs = _records(reproduction), [k.digest for k in reproduction.runs(TRANSFORMS, ["multi_band_4"])]
    edit_definition(monkeypatch, "dynamics.plot", "plot_dynamics")
    after = _records(reproduction)
    assert {"4-1-dynamics-multi-band", "4-2-comparison"} <= changed(before, after)
    assert "1-introduction" not in changed(before, after)
    assert [k.digest for k in reproduction.runs(TRANSFORMS, ["multi_band_4"])] == runs


def test_a_changed_network_retrains(reproduction, monkeypatch):
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


def test_plain_jupyter_book_ends_bad_input_with_one_line(tmp_path, monkeypatch):
    monkeypatch.setenv("REPORT_PROFILE", "nonsense")
    jupyter_book = shutil.which("jupyter-book", path=str(Path(sys.executable).parent))
    command = [jupyter_book, "build", "book", "-q", "--path-output", str(tmp_path)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert "report-utils: unknown profile 'nonsense'" in result.stderr
    assert "Traceback" not in result.stderr
