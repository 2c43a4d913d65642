"""A transform with its own bands, from events to training images; nothing else changes."""

from __future__ import annotations

from math import inf
from types import MappingProxyType

import numpy as np
import pytest
from tests.profile_files import write_profile

from report_utils.binning import TRANSFORMS, Transform, band_counts
from report_utils.errors import InputError
from report_utils.profiles import load_profile
from report_utils.reproduction.one_profile import Reproduction
from report_utils.reproduction.run_status import current_key, profile_keys
from report_utils.runs.store import Store

SOFT = Transform("soft_split", "Soft split", (0, 1, 2.5))


@pytest.fixture
def opened(tmp_path, monkeypatch):
    """Open a tiny profile whose observations are binned in this process, because starting workers takes longer."""
    monkeypatch.setattr(
        "report_utils.binning.dataset.run_tasks",
        lambda tasks, _description: [task.function(**task.arguments) for task in tasks],
    )
    path = write_profile(tmp_path / "tiny.toml")
    return lambda: Reproduction(load_profile(path), Store(tmp_path / "runs"))


@pytest.fixture
def with_soft_split(monkeypatch):
    """Add one entry to the table of transforms."""
    table = MappingProxyType({**TRANSFORMS, SOFT.name: SOFT})
    for module in ("report_utils.binning.transforms", "report_utils.reproduction.one_profile"):
        monkeypatch.setattr(f"{module}.TRANSFORMS", table)


def test_one_more_transform_changes_no_other_key(opened, request):
    before = {key.name: key.digest for key in profile_keys(opened())}
    request.getfixturevalue("with_soft_split")
    after = {key.name: key.digest for key in profile_keys(opened())}
    assert before.items() < after.items()
    new = sorted(set(after) - set(before))
    assert [name.split("/")[0] for name in new] == ["data", "fit", "fit"]
    assert all("soft_split" in name for name in new[1:])


def test_its_events_are_counted_in_its_own_bands(opened, with_soft_split):
    reproduction = opened()
    edges_kev = (0, 1, 2.5, inf)
    assert reproduction.counted_edges_kev[1:] == [edges_kev]
    images = reproduction.binned(edges_kev).images(SOFT)
    for index in (0, 7):
        counts = band_counts(reproduction.example_events(index), 16, edges_kev)
        np.testing.assert_array_equal(images[index], SOFT(counts))
    whole, fine = reproduction.counts(), reproduction.counts("observation", edges_kev)
    np.testing.assert_array_equal(fine[..., :2].sum(axis=-1), whole[..., 0])
    assert reproduction.fit_key("soft_split", 0).inputs["data"] == reproduction.data_key_of(edges_kev).inputs


def test_counts_in_other_bands_are_refused(opened, with_soft_split):
    message = r"'soft_split' is made of counts in the bands 0-1, 1-2.5, 2.5\+ keV, not 0-2.5, 2.5-5, 5-7.5, 7.5\+ keV"
    with pytest.raises(InputError, match=message):
        opened().dataset.images(SOFT)


def test_its_counts_belong_to_the_profile_as_long_as_the_transform_exists(opened, request):
    request.getfixturevalue("with_soft_split")
    reproduction = opened()
    about = reproduction.data_keys[1].described()
    assert current_key(reproduction, about).digest == about["digest"]
    request.getfixturevalue("monkeypatch").undo()
    assert current_key(opened(), about) is None
