"""What a build would do and why, in a few lines that a reader can act on; runs and pages are made up."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest

from report_utils import cli
from report_utils.book import kept_pages
from report_utils.book.execute import METADATA
from report_utils.book.kept_pages import NO_READS, Today, page_record, version_path
from report_utils.book.pages import book_pages
from report_utils.book.status import book_status
from report_utils.errors import InputError
from report_utils.events import EventList, ingest
from report_utils.events.export import export_observations
from report_utils.reproduction.one_profile import Reproduction
from report_utils.reproduction.run_status import profile_keys
from report_utils.runs.store import Store
from tests.conftest import ROOT
from tests.edited_code import edit_definition
from tests.profile_files import write_profile

SLUGS = {"index", "1-introduction", "3-2-network", "3-3-multi-band-2", "3-3-results", "4-1-dynamics-multi-band"}
PAGES = [page for page in book_pages() if page.slug in SLUGS]
"""A few pages of each kind: to look at what all of them reach takes long."""


@pytest.fixture(autouse=True)
def few_pages(monkeypatch):
    monkeypatch.setattr("report_utils.book.status.book_pages", lambda: PAGES)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Runs and pages of a tiny profile, once for all tests."""
    folder = tmp_path_factory.mktemp("built")
    build_as_if(write_profile(folder / "tiny.toml"), Store(folder / "runs"))
    return folder / "runs"


@pytest.fixture
def profile(tmp_path, runs_folder, built):
    """A tiny profile whose runs and pages are all there."""
    shutil.copytree(built, runs_folder)
    return write_profile(tmp_path / "tiny.toml")


def build_as_if(profile, store=None):
    reproduction = Reproduction(profile, store)
    for key in profile_keys(reproduction):
        if reproduction.store.load(key) is None:
            reproduction.store.save(key, {"predictions": np.ones(3)}, {}, seconds=2.5)
    runs = {key.name: key.digest for key in profile_keys(reproduction)}
    runs |= {f"fit/tiny/single_band/fold-{fold}-seed-1": None for fold in range(2)}
    for page in PAGES:
        made = page_record(Today(reproduction), page, {**NO_READS, "runs": runs})
        path = version_path(page, reproduction, made)
        path.parent.mkdir(parents=True, exist_ok=True)
        record = made | {"seconds": 1.0, "versions": {"matplotlib": "3.0"}}
        path.write_text(json.dumps({"metadata": {METADATA: record}}))
    return profile


def counted(lines, group):
    (line,) = [line for line in lines if line.startswith(f"  {group} ")]
    return line.split(maxsplit=1)[1]


def why(lines):
    return lines[lines.index("why:") + 1 :] if "why:" in lines else []


def test_profile_that_was_never_built(tmp_path, runs_folder):
    lines = book_status(write_profile(tmp_path / "tiny.toml")).summary()
    assert lines[0] == f"profile tiny, runs in {runs_folder}"
    assert [counted(lines, group) for group in ("observations", "fits", "dynamics", "pages")] == [
        "1 missing",
        "32 missing",
        "2 missing",
        f"{len(PAGES)} missing",
    ]
    assert why(lines) == []
    assert not runs_folder.exists()  # looking changes nothing


def test_a_profile_that_has_been_built(profile):
    lines = book_status(profile).summary()
    assert counted(lines, "fits") == "32 fresh"
    assert lines[-1] == "a build has nothing to compute"


def test_a_changed_figure(profile, monkeypatch):
    """It redraws the pages that show it; no run is touched."""
    edit_definition(monkeypatch, "dynamics.picture", "plot_dynamics")
    lines = book_status(profile).summary()
    assert counted(lines, "fits") == "32 fresh"
    assert counted(lines, "dynamics") == "2 fresh"
    (reason,) = why(lines)
    assert reason.startswith("  code plot_dynamics changed  [")
    assert "pages" in reason
    assert 0 < int(reason.split("[")[1].split()[0]) < len(PAGES)


def test_a_changed_network(profile, monkeypatch):
    edit_definition(monkeypatch, "cnn.model", "build_cnn")
    lines = book_status(profile).summary()
    assert counted(lines, "observations") == "1 fresh"
    assert counted(lines, "fits") == "32 stale"
    (reason,) = why(lines)
    assert reason.startswith("  code build_cnn changed  [32 fits, 2 dynamics, ")


def test_a_changed_simulation(profile):
    write_profile(profile, ("n_clusters = 20", "n_clusters = 20\nsimulation = { sigma_ln_temperature = 0.15 }"))
    lines = book_status(profile).summary()
    assert counted(lines, "pages") == f"{len(PAGES)} stale"
    reasons = why(lines)
    assert reasons[0] == (
        f"  data: simulation.sigma_ln_temperature 0.07 -> 0.15  [1 data, 32 fits, 2 dynamics, {len(PAGES)} pages]"
    )


def test_a_changed_notebook(profile, monkeypatch):
    original = kept_pages.Path.read_text

    def edited(self, *args, **kwargs):
        text = original(self, *args, **kwargs)
        return text + "\n# more" if self.name == "1-introduction.py" else text

    monkeypatch.setattr(kept_pages.Path, "read_text", edited)
    lines = book_status(profile).summary()
    assert counted(lines, "pages") == f"{len(PAGES) - 1} fresh, 1 stale"
    assert why(lines) == ["  notebook 1-introduction changed  [1 page]"]


def test_a_changed_data_file(tmp_path, runs_folder):
    """An archive that has grown, and one whose events have changed."""
    profile = write_profile(tmp_path / "mine.toml", ("n_clusters = 20", 'archive = "archive"'))

    def ingested(folder, indices, seed):
        rng = np.random.default_rng(seed)
        made_up = (
            EventList(
                *rng.normal(0, 50, (2, 30)), rng.exponential(2, 30), cluster_id=f"c{i:02d}", log10_mass=14.0 + i / 50
            )
            for i in indices
        )
        catalogue = export_observations(made_up, tmp_path / folder, agn_less=False)
        ingest(catalogue, tmp_path / "archive")

    ingested("first", range(20), 5)
    build_as_if(profile)
    assert counted(book_status(profile).summary(), "fits") == "24 fresh"  # there are no AGN-less lists
    ingested("second", range(20, 21), 5)
    lines = book_status(profile).summary()
    assert why(lines)[0].startswith("  archive: 20 -> 21 observations  [1 data, 24 fits, 1 dynamics, ")
    build_as_if(profile)
    (tmp_path / "archive").rename(tmp_path / "old")
    ingested("third", range(21), 6)
    assert why(book_status(profile).summary())[0].startswith("  archive: its observations changed  [1 data, 24 fits")


def test_additional_training_seed_makes_pages_stale(profile):
    reproduction = Reproduction(profile)
    for fold in range(2):
        reproduction.store.save(reproduction.fit_key("single_band", fold, 1), {"predictions": np.ones(3)}, {})
    reasons = why(book_status(profile).summary())
    assert any("2 runs more to show: fit/tiny/single_band/fold-0-seed-1 ..." in reason for reason in reasons)


def test_runs_made_with_other_versions_are_noted(profile):
    reproduction = Reproduction(profile)
    path = reproduction.store.folder(reproduction.fit_key("single_band", 0)) / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["versions"]["numpy"] = "1.0"
    path.write_text(json.dumps(manifest))
    lines = book_status(profile).summary()
    assert counted(lines, "fits") == "32 fresh"
    assert any(line.startswith("  numpy 1.0 -> 2") or "numpy 1.0 ->" in line for line in lines)


def test_all_option_lists_every_run_and_page(profile, monkeypatch):
    edit_definition(monkeypatch, "cnn.model", "build_cnn")
    lines = book_status(profile).everything()
    assert len(lines) == 1 + 32 + 2 + len(PAGES)
    assert "stale    fit       fit/tiny/single_band/fold-0-seed-0: code build_cnn changed" in lines


def test_one_run_is_explained(profile):
    found = book_status(profile)
    lines = found.why("fit/tiny/single_band/fold-0-seed-0")
    assert lines[0] == "fit fit/tiny/single_band/fold-0-seed-0: fresh"
    assert "2.5 s" in lines[1]
    assert any("numpy" in line for line in lines)
    pages = found.why("3-3-results")
    assert pages[0] == "page 3-3-results: fresh"
    assert len([line for line in found.why("multi_band_2") if not line.startswith(" ")]) == 2
    with pytest.raises(InputError, match="no run or page of profile tiny is called 'nonsense'"):
        found.why("nonsense")


def test_status_command_options(profile, monkeypatch, capsys):
    for options, expected in (
        ([], "32 fresh"),
        (["--all"], "fresh    page      index"),
        (["--why", "index"], "page index: fresh"),
    ):
        monkeypatch.setattr(sys, "argv", ["report-utils", "status", "--profile", str(profile), *options])
        with pytest.raises(SystemExit) as end:
            cli.main()
        assert not end.value.code
        assert expected in capsys.readouterr().out


def test_status_imports_no_heavy_library(profile):
    code = (
        "import sys\nfrom report_utils.book.status import book_status\n"
        f"book_status({str(profile)!r}).summary()\n"
        "print([m for m in ('tensorflow', 'keras', 'pandas', 'astropy', 'matplotlib', 'nbformat') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert result.stdout.strip() == "[]"
