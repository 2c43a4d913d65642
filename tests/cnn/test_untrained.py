"""A network that did not train is told from one that did."""

from __future__ import annotations

import numpy as np
import pytest

from report_utils.cnn import assign_folds, fit_fold
from report_utils.cnn.untrained import why_untrained
from report_utils.profiles import Training

TRUTH = np.random.default_rng(1).normal(14.1, 0.25, 400)


def predicted(slope):
    return np.repeat(14.1 + slope * (TRUTH - TRUTH.mean())[:, None], 8, axis=1)


@pytest.mark.parametrize(("slope", "trained"), [(1.0, True), (0.21, True), (0.19, False), (0.0, False)])
def test_predictions_that_spread_less_than_a_fifth_of_the_masses_are_no_result(slope, trained):
    reason = why_untrained(predicted(slope), TRUTH)
    assert (reason == "") is trained
    assert trained or reason.startswith("its predictions spread")


@pytest.mark.parametrize(("lowest", "trained"), [(0.5, True), (0.94, True), (0.96, False), (1.05, False)])
def test_a_loss_that_stays_at_the_variance_of_the_masses_is_no_training(lowest, trained):
    losses = [1.3 * 0.0625, lowest * 0.0625]
    assert (why_untrained(predicted(1.0), TRUTH, losses, 0.0625) == "") is trained


def bright_and_even(n=120):
    """Log images of a bright background whose small excess tells the mass: what kills ReLUs at quick's rate."""
    rng = np.random.default_rng(2)
    mass = rng.uniform(13.6, 14.8, n)
    y, x = np.mgrid[:32, :32] - 15.5
    cluster = np.exp(-(x**2 + y**2) / 18)[None] * 10 ** (mass - 12)[:, None, None]
    return np.log10(1 + rng.poisson(400 + cluster))[..., None].astype(np.float32), mass


def test_standardised_inputs_train_where_images_as_they_are_kill_the_network(capsys):
    images, mass = bright_and_even()
    fold_of, reasons = assign_folds(len(mass), 10, 0), {}
    for inputs in ("as_is", "standardised"):
        training = Training(
            epochs=8, batch_size=32, learning_rate=1e-2, schedule="one_cycle", target="standardised", inputs=inputs
        )
        fit = fit_fold(images, mass, fold_of, 0, training, 0)
        reasons[inputs] = why_untrained(fit.predictions, mass[fit.cluster])
    assert reasons["standardised"] == ""
    assert reasons["as_is"].startswith("its predictions spread")
    assert "fold 0 did not train: its predictions spread" in capsys.readouterr().err
