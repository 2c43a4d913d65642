# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The dynamics of any model
#
# **The question.** The dynamics picture does not depend on galaxy clusters. What does it show for another model,
# and what does one need to draw it?
#
# One needs this package and three lines:
#
# ```bash
# pip install .  # in a copy of this repository
# ```
#
# ```python
# recording = Recording(y_test)
# model.fit(x, y, epochs=30, callbacks=[PredictionRecorder(x_test, recording)])
# recording.save_html("mine.html")
# ```
#
# `mine.html` is one file that anyone can open, without a server. In a notebook, `recording.viewer()` shows the
# same. No framework is imported with `report_utils.dynamics`; each has a few lines of its own:
#
# | trained by | recorded by |
# |---|---|
# | Keras | `callbacks=[PredictionRecorder(x_test, recording)]` |
# | a loop in PyTorch | `TorchRecorder(model, x_test, recording)`, and `.record()` after each epoch |
# | Lightning | `callbacks=[LightningRecorder(x_test, recording)]` |
# | scikit-learn | `record_partial_fit`, `record_staged` (boosting), `record_warm_start` (forests) |
# | XGBoost, LightGBM | `callbacks=[XGBoostRecorder(x_test, recording)]`, `LightGBMRecorder` |
# | anything else | `recording.record(predictions)` after each epoch |
#
# A recorded Keras or PyTorch training gives the same weights as one that is not recorded, bit for bit.
# `Recording(y_test, path="run")` keeps each epoch on disk at once, so that a killed training loses nothing;
# `report-utils dynamics view run` opens it. [The gallery](dynamics-gallery.ipynb) shows four more examples,
# and [the reference](../api/dynamics.md) all options.
#
# ## Boxes
#
# The example fits into one cell. How much does a box hold? The model sees two noisy pictures of 16 × 16
# pixels, one of the box from the front and one from above, and predicts the volume
#
# $$
# V = w\,h\,d .
# $$ (eq-volume)
#
# The front shows width $w$ and height $h$. The depth $d$ is visible only from above, and a `Curriculum` opens that
# picture in the second phase. In the first phase the model can therefore learn two of three lengths.

# %% tags=["parameters", "remove-cell"]
profile = "quick"  # every page has one; this page brings its own data

# %% tags=["hide-input", "remove-stderr"]
import os

os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0", "TF_NUM_INTRAOP_THREADS": "1"}

import keras
import numpy as np
import pandas as pd
from IPython.display import Markdown

from report_utils.dynamics import Curriculum, PredictionRecorder, Recording

PIXEL, SIZE, N_TRAIN, N_TEST, EPOCHS = 0.5, 16, 4000, 120, 12  # pixels of half a decimetre: volumes in litres

rng = np.random.default_rng(626)
keras.utils.set_random_seed(626)
width, height, depth = rng.integers(4, 15, size=(3, N_TRAIN + N_TEST))


def views(across, up):
    """Draw boxes, each somewhere in its picture, with noise: (n, 16, 16)."""
    left, below = (rng.integers(0, SIZE + 1 - extent) for extent in (across, up))
    y, x = np.mgrid[:SIZE, :SIZE][:, None]
    left, below, across, up = (values[:, None, None] for values in (left, below, across, up))
    inside = (x >= left) & (x < left + across) & (y >= below) & (y < below + up)
    return inside + 0.3 * rng.standard_normal(inside.shape)


pictures = np.stack([views(width, height), views(width, depth)], axis=-1).astype(np.float32)
volume = PIXEL**3 * width * height * depth
train, test = slice(N_TEST, None), slice(N_TEST)
mean, spread = volume[train].mean(), volume[train].std()

model = keras.Sequential(
    [
        keras.Input((SIZE, SIZE, 2)),
        keras.layers.Flatten(),
        keras.layers.Dense(64, activation="relu"),
        keras.layers.Dense(32, activation="relu"),
        keras.layers.Dense(1),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(1e-3), loss="mse")


def litres(model, inputs):
    return mean + spread * model.predict(inputs, verbose=0)


recording = Recording(volume[test], name="boxes")
for phase in Curriculum({"front": [0], "both views": [1]}).phases(recording):
    shown = phase.open(pictures)
    recorder = PredictionRecorder(shown[test], recording, predict=litres)
    target = (volume[train] - mean) / spread
    model.fit(shown[train], target, epochs=EPOCHS, batch_size=64, verbose=0, callbacks=[recorder])

# %% mystnb={"figure": {"caption": "**Boxes.** Every row is a box of the test set, the smallest at the top; the colour is the predicted volume minus the mean true volume. The rows come into order when the second picture is switched on. Sort by the gain of that phase to see which boxes it has helped most.", "name": "fig-boxes"}, "image": {"alt": "Heatmap of the predicted volumes of all test boxes at every epoch, with the true ones as last column."}} tags=["hide-input"]
recording.viewer(
    item="box",
    quantity="volume [litres]",
    unit="litres",
    images=np.flip(pictures[test], axis=1),
    channels=["front", "above"],
)

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
scatter = recording.scatter[recording.phase_ends]
residuals = recording.residuals[recording.phase_ends][..., 0]
off = np.abs(depth[test] - depth[train].mean())
extreme = off > np.median(off)
table = pd.DataFrame(
    {
        "all boxes": residuals.std(axis=1),
        "depth near the mean": residuals[:, ~extreme].std(axis=1),
        "depth far from it": residuals[:, extreme].std(axis=1),
    },
    index=recording.phase_titles,
)
Markdown(table.rename_axis("end of").to_markdown(floatfmt=".1f"))

# %% [markdown]
# The table has the scatter at the end of each phase [litres]. The depth of the boxes in the last column could not be
# guessed. As in the report's picture, the second phase has also been trained for longer.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
gain = table.loc["front"] - table.loc["both views"]
Markdown(
    f"**What was found.** The picture from above reduces the scatter from {scatter[0]:.1f} to {scatter[1]:.1f} litres: by "
    f"{gain['depth far from it']:.1f} litres for the half of the boxes whose depth is far from the mean, and by "
    f"{gain['depth near the mean']:.1f} for the others ({N_TRAIN} boxes in training, {N_TEST} shown)."
)
