"""Made-up cross-validations and dynamics whose answers are known."""

from dataclasses import replace

import numpy as np
import pytest

from report_utils.cnn.crossval import CrossValidation
from report_utils.dynamics import Recording

N_CLUSTERS, N_HALOS = 600, 120


def _made_up(transform, scatter, *, seed=0, n=N_CLUSTERS, shared=0.0, errors=None):
    """Gaussian errors of a known scatter; ``shared`` of their variance is the same in every transform."""
    truth = np.random.default_rng([1, n]).uniform(13.7, 15.0, n)
    common = np.random.default_rng([2, n]).normal(size=n)
    generator = np.random.default_rng([3, seed, sum(map(ord, transform))])
    if errors is None:
        errors = scatter * (np.sqrt(shared) * common + np.sqrt(1 - shared) * generator.normal(size=n))
    predictions = np.repeat((truth + errors)[:, None], 8, axis=1)
    history = {fold: {"loss": [0.09, 0.04, 0.02], "val_loss": [0.1, 0.05, 0.03]} for fold in range(2)}
    cluster = np.random.default_rng(4).permutation(n)
    group = np.array([f"halo-{i % N_HALOS:03d}" for i in range(n)])
    return CrossValidation(transform, cluster, np.arange(n) % 2, group, truth, predictions, history)


def _made_up_dynamics(transform, scatters, *, n=300, seed=0, epochs=3, errors=None, n_halos=60):
    """One phase for each scatter, the same errors in all its epochs; ``n_halos`` None records no halos."""
    generator = np.random.default_rng([5, seed])
    truth = np.random.default_rng(6).uniform(13.7, 15.0, n)
    phases = []
    for scatter in scatters:
        error = scatter * generator.normal(size=n) if errors is None else scatter * errors
        phases.append(np.repeat((truth + error)[None, :, None], epochs, axis=0))
    predictions = np.repeat(np.concatenate(phases), 8, axis=2)
    phase = np.repeat(np.arange(len(scatters)), epochs)
    group = None if n_halos is None else np.array([f"halo-{i % n_halos:03d}" for i in range(n)])
    return Recording.from_arrays(predictions, truth, phase=phase, group=group, name=transform)


REPORT_LIKE = {
    "single_band": 0.1125,
    "single_band_thresholded": 0.1125,
    "multi_band_1": 0.117,
    "multi_band_2": 0.0635,
    "multi_band_3": 0.061,
    "multi_band_4": 0.060,
    **{f"retained_{p}": 0.062 for p in (99, 95, 90, 75, 50, 25)},
    "agn_less_1": 0.116,
    "agn_less_2": 0.063,
    "agn_less_3": 0.061,
    "agn_less_4": 0.060,
}


@pytest.fixture
def made_up():
    return _made_up


@pytest.fixture
def made_up_dynamics():
    return _made_up_dynamics


@pytest.fixture
def report_like():
    """Sixteen transforms with scatters like the report's and errors that mostly belong to the cluster."""
    return {name: _made_up(name, scatter, shared=0.8) for name, scatter in REPORT_LIKE.items()}


@pytest.fixture
def with_scatters(report_like):
    """The same with the scatters of some transforms replaced."""

    def change(**scatters):
        return report_like | {name: _made_up(name, scatter, shared=0.8) for name, scatter in scatters.items()}

    return change


@pytest.fixture
def small(report_like):
    """As few clusters as a smoke run tests."""

    def cut(run):
        return replace(
            run,
            cluster=run.cluster[:10],
            group=run.group[:10],
            truth=run.truth[:10],
            predictions=run.predictions[:10],
            fold=run.fold[:10],
        )

    return {name: cut(run) for name, run in report_like.items()}
