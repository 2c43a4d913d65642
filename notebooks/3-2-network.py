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
# # The network and its training
#
# **The question.** What is trained, how, and how is it tested?
#
# ## Architecture
#
# Three convolutions with 3 × 3 kernels, each followed by a maximum over 2 × 2 pixels; a mean over what is
# left of the image {cite}`Lin2014`; and a small stack of dense layers down to one number. It follows
# {cite}`Ntampaka2019`, without their dropout. With $k$ input channels, a convolution from $c$ to $c'$
# channels has $9 c c' + c'$ parameters, so only the first layer knows how many bands there are. The mean
# over the image is what makes the network insensitive to where the cluster lies, and it is also why the
# same network can be trained at any number of pixels.

# %% tags=["parameters", "remove-cell"]
profile = "quick"

# %% tags=["hide-input", "remove-stderr"]
import os

os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0"}  # nothing is trained here

from IPython.display import Markdown
from IPython.utils.capture import capture_output

from report_utils.binning import TRANSFORMS, band_counts
from report_utils.cnn import build_cnn
from report_utils.report import PUBLISHED, figures, open_reproduction
from report_utils.report.sentences import example_rows, thousands
from report_utils.report.tables import markdown_table

reproduction = open_reproduction(profile)
figures.use_book_style()

model = build_cnn(4, 128)
lines = []
with capture_output():  # Keras shows an empty box besides
    model.summary(line_length=72, print_fn=lines.append)
print("\n".join(lines).strip())

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
ours = [(layer.name, tuple(layer.output.shape[1:]), layer.count_params()) for layer in model.layers]
printed = [(layer.name, layer.shape, layer.parameters) for layer in PUBLISHED.layers]
same = sum(one == other for one, other in zip(ours, printed, strict=True))
Markdown(
    f"**Figure 6.** Keras' own summary of the network at four channels and 128 pixels. Of its {len(ours)} "
    f"layers, {same} have the name, output shape and number of parameters that the report prints; in all "
    f"there are {thousands(model.count_params())} parameters, and the report prints "
    f"{thousands(PUBLISHED.network.n_parameters.value)}."
)

# %% mystnb={"figure": {"caption": "**Figure 7.** The network at four channels: height and depth go with the pixels, width with the channels. Notice where the image ends and a vector of 64 numbers begins: all that the dense layers learn of a cluster passes through these.", "name": "fig-7"}, "image": {"alt": "Drawing of the network as a row of boxes from the image to a single number."}} tags=["hide-input"]
shapes = [(type(layer).__name__, tuple(layer.output.shape[1:])) for layer in model.layers]
figures.architecture((128, 128, 4), shapes)

# %% [markdown]
# ## Symmetries
#
# A cluster may lie on the sky in any way, so its mass must not depend on quarter turns and reflections.
# These eight form a group $G$, and both training and test use all of it: a training image is shown from all
# sides, and a test cluster gives eight residuals. They are made as batches are drawn, after the split into
# training and test clusters, so that no cluster is in both.

# %% mystnb={"figure": {"caption": "**Figure 8.** An image and its seven symmetries. Notice that the box, and with it every pixel's content, stays the same; only the places change.", "name": "fig-8"}, "image": {"alt": "Eight images: four rotations of a cluster and four rotations of its mirror image."}} tags=["hide-input"]
row = int(example_rows(reproduction.catalogue["log10_mass"])[-2])
image = TRANSFORMS["single_band"](band_counts(reproduction.example_events(row), 128))
figures.symmetry_views(image[..., 0])

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
# not name its loss; the squared error is the choice that makes the prediction a conditional mean. Ten
# folds: each cluster is a test cluster once. The partition is the same for all transforms, so that they are
# compared on the same clusters.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
p, training, folds = PUBLISHED.training, reproduction.profile.training, reproduction.profile.folds
schedules = {"constant": "constant (our choice)", "one_cycle": "one cycle: up to this value and down again"}
targets = {"as_is": "log10 mass", "standardised": "log10 mass, scaled to mean 0 and variance 1 in training"}
inputs = {"as_is": "log counts", "standardised": "log counts, each channel centred, all divided by one spread"}
rows = [
    ["clusters", thousands(PUBLISHED.data.n_observations.value), thousands(len(reproduction.catalogue))],
    ["pixels a side", PUBLISHED.data.n_pixels.value, reproduction.profile.n_pixels],
    ["folds trained", f"{p.n_folds.value} of {p.n_folds.value}", f"{folds.run} of {folds.n_folds}"],
    ["epochs", p.epochs.value, training.epochs],
    ["images in a batch", p.batch_size.value, training.batch_size],
    ["optimiser", p.optimizer.value, "Adam"],
    ["learning rate", p.learning_rate.value, training.learning_rate],
    ["schedule", "not printed", schedules[training.schedule]],
    ["target", "not printed", targets[training.target]],
    ["images", "log counts", inputs[training.inputs]],
    ["halos kept in one fold", "not printed", "yes" if folds.grouped else "no"],
]
Markdown(
    "**What was found.** The network is the report's, layer by layer. The profile "
    f"`{reproduction.profile.name}` trains "
    "it so:\n\n"
    + markdown_table(["setting", "the report", "here"], [[str(cell) for cell in row] for row in rows], "lrr")
)
