"""Training time against clusters, folds and epochs, and the largest memory of training, in processes of one thread.

Made-up images of the size of the ``quick`` profile; a network is trained as a build trains it. The first epoch, in
which the network is compiled, is part of a fit, so small fits take longer than their share.
"""

from __future__ import annotations

from benchmarks.measuring import ONE_THREAD, growth, in_a_process
from benchmarks.records import Measurement

CLUSTERS, FOLDS, EPOCHS = (200, 400, 800, 1600), (1, 2, 3, 4), (1, 2, 4, 8)
_CODE = """
import time
import numpy as np
from report_utils.cnn import assign_folds, fit_fold
from report_utils.profiles import load_profile
profile = load_profile("quick")
rng = np.random.default_rng(0)
def fit(n_clusters, epochs, folds=1):
    mass = rng.uniform(13.6, 15.2, n_clusters)
    size = (n_clusters, profile.n_pixels, profile.n_pixels, 4)
    images = (rng.random(size, dtype=np.float32) * (mass - 13)[:, None, None, None]).astype(np.float32)
    training = profile.training.model_copy(update={"epochs": epochs})
    fold_of = assign_folds(n_clusters, 10, 0)
    begin = time.perf_counter()
    for fold in range(folds):
        fit_fold(images, mass, fold_of, fold, training, 0)
    return time.perf_counter() - begin
fit(50, 1)
"""


def measure() -> list[Measurement]:
    lines = "\n".join(
        [
            _CODE,
            f"out['clusters'] = [min(fit(n, 1) for _ in range(2)) for n in {CLUSTERS}]",
            f"out['folds'] = [min(fit(200, 1, n) for _ in range(2)) for n in {FOLDS}]",
            f"out['epochs'] = [min(fit(200, n) for _ in range(2)) for n in {EPOCHS}]",
        ]
    )
    seconds = in_a_process(lines, ONE_THREAD)
    return [
        growth("clusters", "Training against clusters", CLUSTERS, seconds["clusters"], "clusters"),
        growth("folds", "Training against folds", FOLDS, seconds["folds"], "folds"),
        growth("epochs", "Training against epochs", EPOCHS, seconds["epochs"], "epochs"),
    ]
