"""A training that was killed goes on where it was, bit for bit, and loses no more than it may."""

from __future__ import annotations

import numpy as np
import pytest

from report_utils import profiles
from report_utils.cnn import assign_folds, fit_fold
from report_utils.cnn import training as trainer
from report_utils.cnn.network import fresh_network
from report_utils.cnn.phase_training import train_in_phases
from report_utils.profiles import Training
from report_utils.workers.deadline import OutOfTime, time_limit

FIT = Training(epochs=4, batch_size=32, learning_rate=3e-3, schedule="one_cycle", target="standardised")
PHASES = profiles.Dynamics(epochs=2, batch_size=32, learning_rate=1e-3, target="standardised")
FOLD_OF = assign_folds(40, 4, seed=0)


@pytest.fixture(scope="module")
def toy():
    rng = np.random.default_rng(5)
    mass = rng.uniform(13.6, 15.0, 40)
    images = rng.uniform(0.5, 1.5, (40, 8, 8, 2)) * (mass - 13)[:, None, None, None]
    return images.astype(np.float32), mass


@pytest.fixture
def every_epoch(monkeypatch):
    """Keep the state after every epoch."""
    monkeypatch.setattr(trainer.Checkpoint.__init__, "__defaults__", (0.0,))


class _Killed(Exception):  # noqa: N818 - stands for a killed process
    pass


@pytest.fixture
def killed_after_every_epoch(every_epoch, monkeypatch):
    """End a training just after it has saved its state."""
    save = trainer.Checkpoint.save

    def save_and_end(checkpoint, epochs_done):
        save(checkpoint, epochs_done)
        raise _Killed

    monkeypatch.setattr(trainer.Checkpoint, "save", save_and_end)


def killed_until(n_epochs, path, train):
    """Train from the state that the last attempt saved, which each time is one epoch further."""
    for epochs_done in range(1, n_epochs + 1):
        with pytest.raises(_Killed):
            train()
        with np.load(path) as state:
            assert state["epochs_done"] == epochs_done
    return train()


def fit(toy, settings=FIT, **options):
    return fit_fold(*toy, FOLD_OF, 0, settings, seed=1, **options)


def phases(toy, **options):
    return train_in_phases(*toy, FOLD_OF, PHASES, seed=3, **options)


@pytest.fixture(scope="module")
def whole_fit(toy):
    return fit(toy)


def same_fit(one, other):
    return (
        np.array_equal(one.predictions, other.predictions)
        and one.history == other.history
        and all(np.array_equal(a, b) for a, b in zip(one.weights, other.weights, strict=True))
    )


@pytest.mark.usefixtures("killed_after_every_epoch")
def test_a_fit_that_is_killed_after_every_epoch(toy, whole_fit, tmp_path):
    """The one-cycle schedule, Adam's moments and the order of the batches all go on where they were."""
    path = tmp_path / "checkpoint.npz"
    assert same_fit(killed_until(FIT.epochs, path, lambda: fit(toy, checkpoint=path)), whole_fit)


@pytest.mark.usefixtures("killed_after_every_epoch")
def test_a_fit_in_stages_that_is_killed_after_every_epoch(tmp_path):
    """Also just before and just after the images grow."""
    rng = np.random.default_rng(6)
    mass = rng.uniform(13.6, 15.0, 40)
    images = (rng.uniform(0.5, 1.5, (40, 16, 16, 2)) * (mass - 13)[:, None, None, None]).astype(np.float32)
    coarse = [profiles.CoarseStage(n_pixels=8, epochs=3)]
    settings = FIT.model_copy(update={"coarse": coarse, "epochs": 2})
    reports = []
    whole = fit((images, mass), settings, progress=reports.append)
    assert sum(reports) == pytest.approx(settings.whole_epochs(16) * 30 * 8)
    assert len(whole.history["loss"]) == 5
    path = tmp_path / "checkpoint.npz"
    assert same_fit(killed_until(5, path, lambda: fit((images, mass), settings, checkpoint=path)), whole)


@pytest.mark.usefixtures("killed_after_every_epoch")
def test_dynamics_that_are_killed_after_every_epoch(toy, tmp_path):
    """Also just before and just after the noise of each phase."""
    whole = phases(toy)
    path = tmp_path / "checkpoint.npz"
    resumed = killed_until(len(whole.phase), path, lambda: phases(toy, checkpoint=path))
    np.testing.assert_array_equal(resumed.predictions, whole.predictions)
    np.testing.assert_array_equal(resumed.loss, whole.loss)
    assert resumed.states.keys() == whole.states.keys()
    for name, state in whole.states.items():
        np.testing.assert_array_equal(resumed.states[name], state)


@pytest.mark.usefixtures("every_epoch")
@pytest.mark.parametrize(
    "other",
    [
        {"settings": FIT.model_copy(update={"learning_rate": 1e-3})},
        {"training_seed": 1},
        {"fold": 1},
        {"images": 2.0},
        {"mass": 0.1},
    ],
)
def test_another_training_does_not_go_on_from_this_ones_state(toy, tmp_path, other):
    path = tmp_path / "checkpoint.npz"
    fit(toy, checkpoint=path)
    images, mass = toy
    data = (images * np.float32(other.get("images", 1)), mass + other.get("mass", 0.0))
    settings, options = other.get("settings", FIT), {"training_seed": other.get("training_seed", 0)}
    arguments = (*data, FOLD_OF, other.get("fold", 0), settings, 1)
    assert same_fit(fit_fold(*arguments, checkpoint=path, **options), fit_fold(*arguments, **options))


@pytest.mark.slow("trains from each checkpoint")
def test_a_damaged_checkpoint_never_goes_on_wrongly(tmp_path, capsys):
    """Cut off or with a changed byte, anywhere: it is either not used, or what it restores is what was saved."""
    path = tmp_path / "checkpoint.npz"
    network = fresh_network(2, 8, (1,), 1e-3)
    checkpoint = trainer.Checkpoint(path, lambda: {"loss": np.arange(3.0)}, "this training")
    checkpoint.set_model(network)
    checkpoint.save(7)
    saved = [np.asarray(value) for value in network.variables]
    content, rng = path.read_bytes(), np.random.default_rng(0)
    ends = rng.integers(0, len(content), 40)
    places = [*rng.integers(0, len(content), 40), *range(60), *range(len(content) - 3000, len(content), 37)]
    damaged = [content[:end] for end in ends] + [
        content[:place] + bytes([content[place] ^ (1 << rng.integers(8))]) + content[place + 1 :] for place in places
    ]
    used = 0
    for text in damaged:
        path.write_bytes(text)
        for variable in network.variables:
            variable.assign(np.zeros(variable.shape, variable.dtype))
        epochs_done, state = trainer.restore(path, network, "this training")
        assert epochs_done in {0, 7}
        if epochs_done:
            used += 1
            np.testing.assert_array_equal(state["loss"], np.arange(3.0))
            for value, variable in zip(saved, network.variables, strict=True):
                np.testing.assert_array_equal(value, np.asarray(variable))
        else:
            assert not np.asarray(network.weights).any()
    assert 0 < used < len(damaged) / 2  # some bytes say nothing


@pytest.mark.parametrize("epoch", [3.0, 61.0, 120.0, 153.0, 299.0, 301.0, 590.0])
def test_no_more_than_five_minutes_or_one_epoch_are_lost(epoch, monkeypatch):
    """By a clock of its own: whatever the moment of the kill, what was done since the last save is this at most."""
    now, lost, done = [0.0], [], []
    monkeypatch.setattr(trainer.time, "monotonic", lambda: now[0])
    checkpoint = trainer.Checkpoint("somewhere", dict, "", trainer.CHECKPOINT_SECONDS)
    saved_at = [0.0]

    def save(epochs_done):
        saved_at[0] = checkpoint.saved = now[0]
        done.append(epochs_done)

    checkpoint.save = save
    for number in range(100):
        checkpoint.on_epoch_begin(number)
        now[0] += epoch
        lost.append(now[0] - saved_at[0])  # killed in the last moment before it could have been saved
        checkpoint.on_epoch_end(number)
    assert done
    assert max(lost) <= max(trainer.CHECKPOINT_SECONDS, epoch)
    assert max(lost) <= 600.0


def test_states_are_not_kept_more_often_than_needed(monkeypatch):
    now, done = [0.0], []
    monkeypatch.setattr(trainer.time, "monotonic", lambda: now[0])
    checkpoint = trainer.Checkpoint("somewhere", dict, "", 300.0)
    checkpoint.save = lambda epochs_done: (done.append(epochs_done), setattr(checkpoint, "saved", now[0]))
    for number in range(1000):
        checkpoint.on_epoch_begin(number)
        now[0] += 1.0
        checkpoint.on_epoch_end(number)
    assert done == [300, 600, 900]


def test_a_training_whose_time_is_over_keeps_its_state_and_stops(toy, whole_fit, tmp_path):
    """One epoch is trained; another one would end too late."""
    path = tmp_path / "checkpoint.npz"
    with time_limit(0.0), pytest.raises(OutOfTime):
        fit(toy, checkpoint=path)
    with np.load(path) as saved:
        assert saved["epochs_done"] == 1
    assert same_fit(fit(toy, checkpoint=path), whole_fit)
