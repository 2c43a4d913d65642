"""A tiny profile whose runs are made up and stored under their real keys, so that nothing need be trained."""

from __future__ import annotations

import numpy as np

from report_utils.binning import get_transform
from report_utils.reproduction.training_tasks import tested


def store_fits(reproduction, transform, *, folds=None, seed=0, scatter=0.1, with_network=False):
    """Store a fit for each fold that is run, with residuals of a scatter [dex], and return the predictions by fold.

    With a network, its weights are those before training, so that it predicts masses, if not those stored.
    """
    weights, n_channels = [np.zeros(3, np.float32)], 1
    if with_network:
        from report_utils.cnn import build_cnn

        n_channels = get_transform(transform).n_channels
        weights = build_cnn(n_channels, reproduction.profile.n_pixels).get_weights()
    folds = range(reproduction.profile.folds.run) if folds is None else folds
    rng, fold_of, made = np.random.default_rng([seed, *map(ord, transform)]), reproduction.fold_of(), {}
    for fold in folds:
        cluster = np.flatnonzero(fold_of == fold)
        truth = reproduction.dataset.log10_mass[cluster]
        made[fold] = (truth[:, None] + scatter * rng.normal(size=(len(cluster), 8))).astype(np.float32)
        arrays = tested(reproduction.dataset, cluster) | {"predictions": made[fold]}
        arrays |= {f"weight_{number:02d}": weight for number, weight in enumerate(weights)}
        facts = {"fold": fold, "history": {"loss": [0.1], "val_loss": [0.2]}, "n_weights": len(weights)}
        facts |= {"input_mean": [0.0] * n_channels, "input_spread": 1.0, "target_variance": 0.2}
        reproduction.store.save(reproduction.fit_key(transform, fold, seed), arrays, facts, seconds=1.0)
    return made


def store_dynamics(reproduction, transform, *, seed=0, scatter=0.1):
    """Store a dynamics whose residuals have a scatter [dex] at every epoch."""
    n_epochs = (reproduction.profile.dynamics.epochs + 1) * get_transform(transform).n_channels
    cluster = np.flatnonzero(reproduction.fold_of() == 0)
    truth = reproduction.dataset.log10_mass[cluster]
    errors = np.random.default_rng(seed).normal(size=(n_epochs, len(cluster), 8))
    predictions = (truth[None, :, None] + scatter * errors).astype(np.float32)
    arrays = tested(reproduction.dataset, cluster) | {"predictions": predictions, "state_start": predictions[0]}
    facts = {"states": ["start"], "loss": [0.1] * n_epochs}
    reproduction.store.save(reproduction.dynamics_key(transform, seed), arrays, facts, seconds=1.0)
