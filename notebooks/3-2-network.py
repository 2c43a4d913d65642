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
# # 3.2 The network and its training
#
# **The question.** What is trained, how, and how is it tested?
#
# ## Architecture
#
# The report's network has three convolutions with 3 × 3 kernels, each followed by 2 × 2 max pooling. Global average
# pooling follows {cite}`Lin2014`, and a small stack of dense layers leads to one number. The design is that
# of {cite}`Ntampaka2019` without dropout. A convolution from $c$ to $c'$ channels has $9 c c' + c'$ parameters, so
# only the first layer depends on the number of bands. The mean over the image makes the network insensitive to where
# the cluster lies. It also lets the same network train at any number of pixels.

# %% tags=["parameters", "remove-cell"]
profile = None  # a name in profiles/ or a file; None: what REPORT_PROFILE names, or quick

# %% tags=["hide-input", "remove-stderr"]
import os
from collections import Counter

os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0"}  # nothing is trained here

import numpy as np
import pandas as pd
from IPython.display import Markdown
from IPython.utils.capture import capture_output
from keras import tree
from matplotlib.figure import Figure
from matplotlib.patches import Polygon

from report_utils.binning import TRANSFORMS, band_counts, eight_views
from report_utils.cnn import build_cnn
from report_utils.report import PUBLISHED, figures, open_reproduction
from report_utils.report.figures import COLOUR_BAR
from report_utils.report.figures.style import AGN_LESS, NEUTRAL, OURS, PRINTED, show_image, without_ticks
from report_utils.report.wording import thousands

figures.use_book_style()
reproduction = open_reproduction(profile)
model = build_cnn(4, 128)
lines = []
with capture_output():  # Keras shows an empty box besides
    model.summary(line_length=72, print_fn=lines.append)
print("\n".join(lines).strip())

# %% [markdown]
# **Figure 6.** Keras' own summary of the network for four channels and 128 pixels. The report does not name
# the activation functions.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
layers = [layer for layer in model.layers if type(layer).__name__ != "InputLayer"]
shapes = [tuple(tree.flatten(layer.output)[0].shape[1:]) for layer in layers]  # of the first, if there are several
ours = [(layer.name, shape, layer.count_params()) for layer, shape in zip(layers, shapes, strict=True)]
printed = [(layer.name, layer.shape, layer.parameters) for layer in PUBLISHED.layers]
same = len(set(ours) & set(printed))
functions = [layer.activation for layer in layers if hasattr(layer, "activation")]
activations = Counter(getattr(function, "__name__", type(function).__name__) for function in functions)
compared = {
    "layers with the same name, output shape and number of parameters": f"{same} of {len(ours)}",
    "parameters here": thousands(model.count_params()),
    "parameters in the report": thousands(PUBLISHED.network.n_parameters.value),
    "activation functions": ", ".join(f"`{name}` ({number} x)" for name, number in activations.items())
    or "not told by its layers",
}
Markdown(pd.Series(compared, name="the network").rename_axis("quantity").to_markdown(disable_numparse=True))

# %% mystnb={"figure": {"caption": "**Figure 7.** The network for four channels. Height and depth grow with the pixels, width with the channels. The mean over the image leaves one number a channel: all that the dense layers learn about a cluster passes through them.", "name": "fig-7"}, "image": {"alt": "Drawing of the network as a row of boxes from the image to a single number."}} tags=["hide-input"]
n_pixels = model.input_shape[1]
boxes = [("image", model.input_shape[1:])]
boxes += [(type(layer).__name__, shape) for layer, shape in zip(layers, shapes, strict=True)]
colours = {"Conv2D": OURS, "MaxPooling2D": AGN_LESS, "GlobalAveragePooling2D": PRINTED, "Dense": NEUTRAL}
names = {
    "Conv2D": "{} × {}\nconvolution",
    "MaxPooling2D": "{} × {}\nmaximum",
    "GlobalAveragePooling2D": "mean over\nthe image",
    "Dense": "dense",
}
sizes = [(), *(getattr(layer, "kernel_size", getattr(layer, "pool_size", ())) for layer in layers)]
figure = Figure(figsize=(9.0, 3.9), layout="constrained")
ax = figure.subplots()
x = 0.0
for (kind, shape), size in zip(boxes, sizes, strict=True):
    is_image, channels = len(shape) == 3, (shape or (1,))[-1]
    width = 0.12 + 0.085 * np.sqrt(channels) if is_image else 0.28
    height = 0.9 + 2.6 * shape[0] / n_pixels if is_image else 0.25 + 0.18 * np.sqrt(channels)
    depth = np.array([0.35, 0.22]) * (height / 1.6 if is_image else 0.25)
    front = np.array([[x, -height / 2], [x + width, -height / 2], [x + width, height / 2], [x, height / 2]])
    top = np.array([front[3], front[2], front[2] + depth, front[3] + depth])
    side = np.array([front[1], front[2], front[2] + depth, front[1] + depth])
    for face, alpha in ((front, 0.75), (top, 0.45), (side, 0.6)):
        colour = colours.get(kind, "#cccccc")
        ax.add_patch(Polygon(face, closed=True, facecolor=colour, edgecolor="black", lw=0.6, alpha=alpha))
    label = f"{shape[0]} × {shape[1]}\n× {channels}" if is_image else f"{channels}"
    ax.text(x + width / 2, -height / 2 - 0.15, label, ha="center", va="top", fontsize="x-small")
    above = (x + width / 2 + depth[0], height / 2 + depth[1] + 0.12)
    ax.text(*above, names.get(kind, kind).format(*size), ha="center", va="bottom", fontsize="x-small")
    x += max(width + depth[0] + 0.25, 1.1)
ax.set(xlim=(-0.5, x), ylim=(-2.5, 2.9))
ax.set_axis_off()
figure

# %% [markdown]
# ## Symmetries
#
# A cluster may have any orientation on the sky, so its mass must not depend on quarter turns and reflections.
# These eight form a group $G$, and training and test both use all of it. A training image is shown in all eight views,
# and a test cluster gives eight residuals. Views are made as batches are drawn, after the split into training and test
# clusters, so no cluster is in both.

# %% mystnb={"figure": {"caption": "**Figure 8.** An image and its seven symmetries, of the bright observation that they change most. The content of every pixel stays the same; only its place changes.", "name": "fig-8"}, "image": {"alt": "Eight images: four rotations of a cluster and four rotations of its mirror image."}} tags=["hide-input"]
n_events = reproduction.catalogue["n_events"].to_numpy()[:48]
bright = np.flatnonzero(n_events >= np.median(n_events))
small = TRANSFORMS["single_band"](np.array(reproduction.counts()[bright]))
# the least that a view differs from the image, over the image: large where turns and flips can all be told apart
differences = [np.abs(eight_views(one)[1:] - one).mean(axis=(1, 2, 3)).min() / one.mean() for one in small]
row = int(bright[np.argmax(differences)])
image = TRANSFORMS["single_band"](band_counts(reproduction.example_events(row), 128))
turns = ["as observed", "turned 90°", "turned 180°", "turned 270°"]
titles = [*turns, "mirrored", *(f"mirrored, {turn}" for turn in turns[1:])]
figure = Figure(figsize=(8.0, 4.5), layout="constrained")
axes = figure.subplots(2, 4)
for ax, view, title in zip(axes.flat, eight_views(image), titles, strict=True):
    drawn = show_image(ax, view[..., 0], limits=(0.0, float(image.max())))
    ax.set_title(title, fontsize="small")
    without_ticks(ax)
figure.colorbar(drawn, ax=axes, label=COLOUR_BAR, fraction=0.03)
figure

# %% [markdown]
# ## Protocol
#
# The network minimises the mean squared error over clusters $i$ and views $g$,
#
# $$
# L(\theta) = \frac{1}{8 n} \sum_{i=1}^{n} \sum_{g \in G} \big( \hat y_\theta(g x_i) - y_i \big)^2 ,
# $$ (eq-loss)
#
# with Adam {cite}`Kingma2015` in Keras {cite}`Chollet2015` on TensorFlow {cite}`Abadi2016`. The report does
# not name its loss. The squared error is the choice that makes the prediction a conditional mean. With ten folds, each
# cluster is a test cluster once. All transforms share one partition, so that they are compared on the same clusters.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
p, training, folds = PUBLISHED.training, reproduction.profile.training, reproduction.profile.folds
schedules = {"constant": "constant (our choice)", "one_cycle": "one cycle: up to this value and down again"}
targets = {"as_is": "log10 mass", "standardised": "log10 mass, scaled to mean 0 and variance 1 in training"}
inputs = {"as_is": "log counts", "standardised": "log counts, each channel centred, all divided by one spread"}
stages = training.stages(reproduction.profile.n_pixels)
epochs = [f"{number} at {n_pixels} pixels" if training.coarse else f"{number}" for n_pixels, number in stages]
settings = {
    "clusters": (thousands(PUBLISHED.data.n_observations.value), thousands(len(reproduction.catalogue))),
    "pixels a side": (PUBLISHED.data.n_pixels.value, reproduction.profile.n_pixels),
    "folds trained": (f"{p.n_folds.value} of {p.n_folds.value}", f"{folds.run} of {folds.n_folds}"),
    "epochs": (p.epochs.value, ", then ".join(epochs)),
    "images in a batch": (p.batch_size.value, training.batch_size),
    "optimiser": (p.optimizer.value, "Adam"),
    "learning rate": (p.learning_rate.value, training.learning_rate),
    "schedule": ("not printed", schedules[training.schedule]),
    "target": ("not printed", targets[training.target]),
    "images": ("log counts", inputs[training.inputs]),
    "arithmetic of the convolutions": ("not printed", training.precision),
    "halos kept in one fold": ("not printed", "yes" if folds.grouped else "no"),
}
table = pd.DataFrame(settings, index=["the report", f"here (profile `{reproduction.profile.name}`)"]).T
Markdown(table.rename_axis("setting").to_markdown(disable_numparse=True, colalign=("left", "right", "right")))

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
verdict = "has the layers of the report's Figure 6" if ours == printed else "is not the report's: its layers differ"
Markdown(f"**What was found.** The network {verdict}.")
