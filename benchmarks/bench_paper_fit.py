"""One epoch of a fit at the size of the paper: 3286 clusters, 128 pixels, four channels, batches of 16; its memory.

In a process of one thread, as a worker trains it; the images are made up, of the size of the report's.
"""

from __future__ import annotations

import os

from benchmarks.measuring import in_a_process, memory
from report_utils.binning import N_VIEWS
from report_utils.provenance import THREAD_VARIABLE
from report_utils.report.measurements import Measurement, Quantity

MEMORY_GOAL_MB = 2000.0
_CODE = """
import time
import numpy as np
from report_utils.cnn import assign_folds, fit_fold
from report_utils.profiles import load_profile
profile = load_profile("paper")
n_clusters, n_pixels = profile.source.n_clusters, profile.n_pixels
rng = np.random.default_rng(0)
mass = rng.uniform(13.6, 15.2, n_clusters)
images = np.empty((n_clusters, n_pixels, n_pixels, 4), np.float32)
for image, one in zip(images, mass):
    image[:] = np.log10(1 + rng.poisson(0.3 * (one - 13), image.shape))
training = profile.training.model_copy(update={"epochs": 1})
fold_of = assign_folds(n_clusters, profile.folds.n_folds, profile.seed)
begin = time.perf_counter()
fit_fold(images, mass, fold_of, 0, training, profile.seed)
out["epoch"] = time.perf_counter() - begin
out["n_train"] = int((fold_of != 0).sum())
"""


def measure() -> list[Measurement]:
    environment = os.environ | {THREAD_VARIABLE: "1", "TF_NUM_INTEROP_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    found = in_a_process(_CODE, environment)
    speed = Measurement(
        name="paper_fit/epoch",
        title="One epoch of a paper fit and its test, one thread",
        unit="s",
        ours=Quantity.of([found["epoch"]]),
        judged="ours",
        better="less",
        note=f"{N_VIEWS * found['n_train'] / found['epoch']:.0f} views per second, start and compilation included",
    )
    title = "Memory of a fit of the paper profile"
    return [speed, memory("paper_fit/memory", title, found["peak_mb"], goal=MEMORY_GOAL_MB, note="images included")]
