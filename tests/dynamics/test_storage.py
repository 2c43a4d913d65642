"""A recording on disk says the same as in memory, and an interrupted one keeps what it had."""

from __future__ import annotations

import numpy as np
import pytest
from tests.dynamics.made_up import classifier, regression

from report_utils.dynamics import Recording, load_recording
from report_utils.errors import InputError


def several_outputs(rng):
    truth = rng.normal(size=(9, 2))
    outputs = truth + rng.normal(size=(4, 9, 2))
    return Recording.from_arrays(
        outputs,
        truth,
        outputs=["mass", "size"],
        epoch=[0, 1, 5, 9],
        phase=[3, 3, 8, 8],
        phase_names=["one", "two"],
        group=list("aabbccdde"),
        names=[f"item {number}" for number in range(9)],
    )


def assert_same(one, other):
    for field in ("predictions", "truth", "item", "names", "epoch", "phase"):
        np.testing.assert_array_equal(getattr(one, field), getattr(other, field))
    for field in ("name", "dims", "columns", "views", "phase_titles"):
        assert getattr(one, field) == getattr(other, field)
    assert one.predictions.dtype == other.predictions.dtype == np.float32
    assert (one.group is None) == (other.group is None)
    if one.group is not None:
        np.testing.assert_array_equal(one.group, other.group)


@pytest.mark.parametrize("make", [regression, classifier, several_outputs])
@pytest.mark.parametrize("ending", ["npz", "parquet"])
def test_a_file_gives_back_what_was_recorded(rng, tmp_path, make, ending):
    recording = make(rng)
    recording.save(tmp_path / f"mine.{ending}")
    assert_same(load_recording(tmp_path / f"mine.{ending}"), recording)
    assert [file.name for file in tmp_path.iterdir()] == [f"mine.{ending}"]


def test_a_killed_training_keeps_what_it_had_and_goes_on(tmp_path):
    folder = tmp_path / "run"
    killed = Recording([0, 1, 2], path=folder, name="mine")
    killed.begin_phase("only", number=0)
    softmax = np.eye(3) * 0.7 + 0.1
    for epoch in range(3):
        killed.record(softmax, epoch=epoch)
    (folder / ".epoch-00000003.npz.1234").write_bytes(b"half")  # what a kill in the middle of writing leaves
    found = load_recording(folder)
    assert_same(found, killed)
    assert found.classes == ("0", "1", "2")
    found.begin_phase("more")
    found.record(softmax, epoch=3)
    again = load_recording(folder)
    assert_same(again, found)
    assert again.phase_titles == ["only", "more"]


def test_a_folder_is_not_recorded_over(tmp_path):
    Recording([1, 2], path=tmp_path / "run").record([1, 2])
    with pytest.raises(InputError, match="exists; name a new folder, or continue this recording"):
        Recording([1, 2], path=tmp_path / "run")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("none.npz", None, "there is no recording here"),
        ("none", None, "there is no recording here"),
        ("bad.npz", b"PK\x03\x04 half a zip", r"not a recording, or it is damaged"),
        ("bad.parquet", b"PAR1 half", r"not a recording, or it is damaged"),
        ("other.npz", {"x": np.ones(3)}, r"not a recording, or it is damaged \(KeyError\)"),
        ("pickle.npz", {"about": np.array([{}], dtype=object)}, "not a recording, or it is damaged"),
    ],
)
def test_what_is_no_recording_is_refused_by_name(tmp_path, name, content, words):
    path = tmp_path / name
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content:
        np.savez(path, **content, allow_pickle=True)
    with pytest.raises(InputError, match=f"{name}: .*{words}"):
        load_recording(path)


def test_a_damaged_epoch_is_named(tmp_path):
    Recording([1, 2], path=tmp_path / "run").record([1, 2])
    (tmp_path / "run" / "epoch-00000001.npz").write_bytes(b"")
    with pytest.raises(InputError, match=r"epoch-00000001\.npz is damaged; delete it"):
        load_recording(tmp_path / "run")


def test_another_ending_and_an_unwritable_place_are_refused(rng, tmp_path):
    with pytest.raises(InputError, match=r"written as \.npz or \.parquet"):
        regression(rng).save(tmp_path / "mine.csv")
    with pytest.raises(InputError, match="cannot write here"):
        regression(rng).save(tmp_path / "nowhere" / "mine.npz")


def test_the_long_table_has_a_row_for_each_epoch_item_and_view(rng):
    recording = regression(rng, n_items=5, n_views=2)
    frame = recording.to_frame()
    assert frame.columns.tolist() == ["epoch", "phase", "item", "view", "truth", "prediction"]
    one = frame.query("epoch == 3 and item == 102 and view == 'view 1'")
    assert one.prediction.tolist() == [recording.predictions[2, 2, 1]]
    assert one.truth.tolist() == [recording.truth[2]]
    probabilities = classifier(rng).to_frame()
    assert probabilities.columns[-3:].tolist() == ["prediction: cat", "prediction: dog", "prediction: owl"]
    assert set(probabilities.truth) <= {"cat", "dog", "owl"}


def test_xarray_has_the_axes_by_name(rng):
    pytest.importorskip("xarray", reason="xarray is not installed (pip install xarray)")
    dataset = several_outputs(rng).to_xarray()
    assert dict(dataset.sizes) == {"epoch": 4, "item": 9, "view": 1, "output": 2}
    assert dataset.truth.dims == ("item", "output")
    chosen = classifier(rng).to_xarray().prediction.sel(epoch=6, item=4, view="view 0")
    assert float(chosen.sum()) == pytest.approx(1, rel=1e-5)
