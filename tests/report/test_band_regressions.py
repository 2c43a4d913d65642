"""Regressions in bands: what they see, and that committed predictions come back, or are refused."""

import json
import shutil
from math import inf
from pathlib import Path

import numpy as np
import pytest
from tests.profile_files import write_profile

from report_utils.binning.transforms import FINE_EDGES_KEV
from report_utils.errors import InputError
from report_utils.report.band_regressions import (
    all_splits,
    band_regressions,
    export_band_regressions,
    growing_splits,
    regress_bands,
)
from report_utils.reproduction.one_profile import Reproduction
from report_utils.runs.store import Store

ORDER = FINE_EDGES_KEV[1:-1]
FILE = "band-regressions.json"


@pytest.fixture(scope="module")
def reproduction(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bands")
    found = Reproduction(write_profile(folder / "tiny.toml"), Store(folder / "runs"))
    found.binned(FINE_EDGES_KEV)
    return found


@pytest.fixture(scope="module")
def elsewhere(reproduction, tmp_path_factory):
    """The same profile on a machine that has no counts."""
    return Reproduction(reproduction.profile, Store(tmp_path_factory.mktemp("elsewhere")))


@pytest.fixture(scope="module")
def exported(reproduction, tmp_path_factory):
    folder = tmp_path_factory.mktemp("exported")
    with pytest.MonkeyPatch.context() as patch:  # forests are grown for each split
        patch.setattr("report_utils.report.band_regressions.all_splits", growing_splits_of_two)
        assert export_band_regressions(reproduction, folder=folder) == {FILE: True}
        assert export_band_regressions(reproduction, folder=folder) == {FILE: False}
    return folder


def growing_splits_of_two(order):
    return growing_splits(order[:2])


@pytest.fixture
def committed(exported, tmp_path):
    """A copy of what was exported, for a test to damage."""
    return Path(shutil.copytree(exported, tmp_path / "results"))


def splits_in(folder):
    return json.loads((folder / FILE).read_text())["inputs"]["splits"]


def test_splits_grow_to_all_bands_and_none_comes_twice():
    growing = growing_splits((2.5, 1, 5))
    assert growing == ((), (2.5,), (1, 2.5), (1, 2.5, 5))
    splits = all_splits(ORDER)
    assert len(set(splits)) == len(splits)
    assert {(), (2.5,), (2.5, 5), (2.5, 5, 7.5), ORDER} <= set(splits)


def test_trees_see_the_mass_in_the_band_that_has_it_and_not_without_it():
    rng = np.random.default_rng(0)
    share = rng.uniform(0.1, 0.5, 600)
    profiles = np.stack([10_000 * (1 - share), 10_000 * share], axis=-1).astype(int)[:, None, :]
    folds = np.arange(600) % 10
    found = regress_bands(profiles, (0, 2.5, inf), [(), (2.5,)], share, folds, range(2), np.arange(600))
    blind, seeing = (found[name].residuals.std() for name in ("none", "2.5"))
    assert seeing < 0.1 * share.std() < blind
    assert found["none"].predictions.shape == (120, 1)


def test_committed_predictions_come_back_where_there_are_no_counts(reproduction, elsewhere, committed):
    splits = [tuple(split) for split in splits_in(committed)]
    computed = band_regressions(reproduction, splits)
    found = band_regressions(elsewhere, splits, folder=committed)
    assert not computed.origin
    assert "no input has changed" in found.origin
    assert found.of_split.keys() == computed.of_split.keys()
    for name, one in found.of_split.items():
        assert one.predictions == pytest.approx(computed.of_split[name].predictions, abs=1e-5)
        for column in ("cluster", "fold", "group", "truth"):
            assert np.array_equal(getattr(one, column), getattr(computed.of_split[name], column))
    assert export_band_regressions(elsewhere, folder=committed) == {}


def test_predictions_of_other_splits_are_not_used_and_those_of_other_code_say_so(elsewhere, committed):
    splits = [tuple(split) for split in splits_in(committed)]
    assert band_regressions(elsewhere, splits[1:], folder=committed) is None
    assert band_regressions(elsewhere, splits, folder=committed / "nowhere") is None
    content = json.loads((committed / FILE).read_text())
    content["inputs"]["code"]["regress_bands"] = "other"
    (committed / FILE).write_text(json.dumps(content))
    assert "code has changed" in band_regressions(elsewhere, splits, folder=committed).origin


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content.pop("predictions"),
        lambda content: content["truth"].pop(),
        lambda content: content.update(fold=["a"] * len(content["fold"])),
        lambda content: content["predictions"].update(none=[float("nan")] * len(content["truth"])),
        lambda content: content["predictions"].update(none=[[1.0]] * len(content["truth"])),
        lambda content: content["predictions"].pop("none"),
        lambda content: content["predictions"].update(more=content["truth"]),
        lambda content: content["truth"].__setitem__(0, 10**400),
        lambda content: content["cluster"].__setitem__(0, 10**30),
        lambda content: content["cluster"].__setitem__(0, 10**9),
        lambda content: content["cluster"].__setitem__(0, content["cluster"][1]),
        lambda content: content["fold"].__setitem__(0, 0.5),
        lambda content: content["fold"].__setitem__(0, 99),
        lambda content: content["truth"].__setitem__(0, True),
        lambda content: content.update(commit="<b>"),
        lambda content: content.update({name: [] for name in ("cluster", "fold", "group", "truth")}),
    ],
)
def test_a_damaged_file_is_refused_by_name(elsewhere, committed, damage):
    splits = [tuple(split) for split in splits_in(committed)]
    content = json.loads((committed / FILE).read_text())
    damage(content)
    (committed / FILE).write_text(json.dumps(content))
    with pytest.raises(InputError, match=FILE):
        band_regressions(elsewhere, splits, folder=committed)
