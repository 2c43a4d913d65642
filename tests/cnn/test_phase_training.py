"""The four-phase training and what it records."""

from __future__ import annotations

import numpy as np
import pytest

from report_utils import profiles
from report_utils.cnn import assign_folds
from report_utils.cnn import training as trainer
from report_utils.cnn.phase_training import train_in_phases

SHORT = profiles.Dynamics(epochs=2, batch_size=32, learning_rate=1e-3, target="standardised")


@pytest.fixture(scope="module")
def toy():
    rng = np.random.default_rng(5)
    mass = rng.uniform(13.6, 15.0, 40)
    images = rng.uniform(0.5, 1.5, (40, 8, 8, 3)) * (mass - 13)[:, None, None, None]
    return images.astype(np.float32), mass, assign_folds(40, 4, seed=0)


@pytest.fixture(scope="module")
def recorded(toy):
    images, mass, fold_of = toy
    return train_in_phases(images, mass, fold_of, SHORT, seed=3)


def test_everything_is_recorded(recorded, toy):
    _, mass, fold_of = toy
    assert recorded.predictions.shape == (9, 10, 8)
    np.testing.assert_array_equal(recorded.item, np.flatnonzero(fold_of == 0))
    np.testing.assert_array_equal(recorded.truth, mass[recorded.item])
    np.testing.assert_array_equal(recorded.phase, [0, 0, 0, 1, 1, 1, 2, 2, 2])
    assert set(recorded.states) == {"start", "noise_0", "noise_1", "noise_2"}
    assert len(recorded.loss) == 9
    # the noise changes the predictions, and not beyond recognition
    jump = np.abs(recorded.states["noise_1"] - recorded.predictions[4])
    assert 0 < jump.max() < 1


def test_closed_channels_decide_nothing_until_their_phase(toy, recorded):
    images, mass, fold_of = toy
    changed = images.copy()
    changed[..., 1] = 7.0
    other = train_in_phases(changed, mass, fold_of, SHORT, seed=3)
    np.testing.assert_array_equal(other.predictions[:3], recorded.predictions[:3])
    np.testing.assert_array_equal(other.states["noise_0"], recorded.states["noise_0"])
    assert not np.array_equal(other.predictions[3], recorded.predictions[3])


class _Interrupted(Exception):  # noqa: N818 - stands for a killed process
    pass


@pytest.mark.parametrize("stop_after", [2, 5])
def test_an_interrupted_dynamics_goes_on_bit_for_bit(toy, recorded, tmp_path, monkeypatch, stop_after):
    images, mass, fold_of = toy
    monkeypatch.setattr(trainer.Checkpoint.__init__, "__defaults__", (0.0,))
    path, epochs = tmp_path / "checkpoint.npz", iter(range(20))

    def interrupt(_):
        if next(epochs) == stop_after + 1:  # the first call tells what a checkpoint had done
            raise _Interrupted

    with pytest.raises(_Interrupted):
        train_in_phases(images, mass, fold_of, SHORT, seed=3, checkpoint=path, progress=interrupt)
    resumed = train_in_phases(images, mass, fold_of, SHORT, seed=3, checkpoint=path)
    np.testing.assert_array_equal(resumed.predictions, recorded.predictions)
    assert resumed.states.keys() == recorded.states.keys()
    for name, state in resumed.states.items():
        np.testing.assert_array_equal(state, recorded.states[name])
    np.testing.assert_array_equal(resumed.loss, recorded.loss)
