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
# # A gallery of dynamics
#
# **The question.** What does the picture of all predictions at all epochs show that a loss curve does not?
#
# Four models that have nothing to do with each other, each trained in seconds on data that come with scikit-learn. Click
# a row to see its path, sort the rows, or search for one. [How a model of your own is recorded](any-model.ipynb) takes
# three lines.
#
# ## Digits: half a picture, then all of it
#
# A network reads handwritten digits of 8 × 8 pixels. In the first phase it sees only their left halves.

# %% tags=["parameters", "remove-cell"]
profile = "quick"  # every page has one; this page brings its own data

# %% tags=["hide-input"]
import numpy as np
import pandas as pd
from IPython.display import Markdown
from sklearn.datasets import load_diabetes, load_digits, make_friedman1
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.linear_model import SGDRegressor
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

from report_utils.dynamics import (
    Curriculum,
    Recording,
    cartography,
    learning,
    phase_gains,
    rank_correlation,
    record_partial_fit,
    record_staged,
)
from report_utils.dynamics.crescents import crescents, kept_crescents, made_now, record_crescents

digits = load_digits()
train, test = train_test_split(np.arange(len(digits.target)), test_size=400, random_state=0)
left = np.arange(64).reshape(8, 8)[:, :4].ravel()
right = np.arange(64).reshape(8, 8)[:, 4:].ravel()
pixels = digits.data / 16

of_digits = Recording(digits.target[test], item_ids=test, classes=10, name="digits")
model = MLPClassifier((64,), learning_rate_init=3e-3, random_state=0)
for phase in Curriculum({"left half": left, "both halves": right}).phases(of_digits):
    shown = phase.open(pixels)
    record_partial_fit(of_digits, model, shown[train], digits.target[train], shown[test], epochs=15, batch_size=64)

# %% mystnb={"figure": {"caption": "**Digits.** Every row is a picture of the test set, grouped by its digit; red rows are right, blue ones wrong, and pale ones undecided.", "name": "fig-gallery-digits"}, "image": {"alt": "Heatmap of how clearly each test digit is recognised at every epoch, grouped by digit, with a line where the right halves are switched on."}} tags=["hide-input"]
of_digits.viewer(item="picture", images=digits.images[test][..., None], channels=["pixels"])

# %% [markdown]
# A loss curve has a step where the right halves come. The picture tells whose step it is.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
end, last = of_digits.phase_ends
is_right = of_digits.values() > 0
by_digit = np.array([is_right[end][of_digits.truth == digit].mean() for digit in range(10)])
lost = int((is_right[end] & ~is_right[end + 1]).sum())
back = int((is_right[end] & ~is_right[end + 1] & is_right[last]).sum())
table = {
    "recognised least often by its left half": f"{by_digit.argmin()} ({by_digit.min():.0%})",
    "recognised most often by its left half": f"{by_digit.argmax()} ({by_digit.max():.0%})",
    "pictures that were right and turn wrong in the first epoch with the right half": f"{lost}",
    "of these, right again at the end": f"{back}",
}
Markdown(pd.Series(table, name="digits").rename_axis("quantity").to_markdown(disable_numparse=True))

# %% [markdown]
# ## Diabetes: groups of features
#
# A linear model predicts the progression of a disease from ten measurements: first from age and sex, then also from
# body mass and blood pressure, then from six blood values.

# %% tags=["hide-input"]
diabetes = load_diabetes(as_frame=True)
train, test = train_test_split(np.arange(len(diabetes.target)), test_size=120, random_state=0)
blood = [name for name in diabetes.data if name.startswith("s") and name != "sex"]
groups = {"age, sex": ["age", "sex"], "+ body": ["bmi", "bp"], "+ blood": blood}
features, target = diabetes.data * 20, diabetes.target.to_numpy()
target = target - target[train].mean()

of_diabetes = Recording(target[test], item_ids=test, name="diabetes")
model = SGDRegressor(learning_rate="constant", eta0=2e-4, random_state=0)
for phase in Curriculum(groups).phases(of_diabetes):
    shown = phase.open(features).to_numpy()
    record_partial_fit(of_diabetes, model, shown[train], target[train], shown[test], epochs=20)
gains = phase_gains(of_diabetes)

# %% mystnb={"figure": {"caption": "**Diabetes.** Every row is a patient of the test set, the least ill at the top. The first phase is pale: age and sex tell next to nothing, and the picture says so at a glance. Sort by the gain of a phase to see which patients it is about.", "name": "fig-gallery-diabetes"}, "image": {"alt": "Heatmap of the predicted course of the disease for every test patient at every epoch, in three phases."}} tags=["hide-input"]
of_diabetes.viewer(item="patient", quantity="course, less the mean", features=diabetes.data.iloc[test])

# %% [markdown]
# A loss curve shows three steps down. The picture shows with which of them the order of the patients comes. The gain is by
# how much the scatter falls in a phase, with its 95% interval over patients; the rank correlation is that with the truth.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
ranks = rank_correlation(of_diabetes)[of_diabetes.phase_ends]
gained = {row.phase: f"{row.gain:.1f} [{row.low:.1f}, {row.high:.1f}]".replace("-", "−") for row in gains.itertuples()}
table = {
    "phase": of_diabetes.phase_titles,
    "gain": [gained.get(phase, "") for phase in of_diabetes.phase_titles],
    "rank correlation at its end": [f"{rank:.2f}" for rank in ranks],
}
Markdown(pd.DataFrame(table).to_markdown(index=False, disable_numparse=True))

# %% [markdown]
# ## Boosting: stage by stage
#
# Gradient boosting adds one tree after the other. Its stages are recorded after the fit, from `staged_predict`.

# %% tags=["hide-input"]
x, y = make_friedman1(1200, noise=1.0, random_state=0)
train, test = slice(300, None), slice(300)
of_boosting = Recording(y[test], name="boosting")
record_staged(of_boosting, GradientBoostingRegressor(n_estimators=120, random_state=0).fit(x[train], y[train]), x[test])

# %% mystnb={"figure": {"caption": "**Boosting.** Every row is a point of the test set, every column a tree. All rows begin at the mean, and the extreme ones take the longest to reach their colour: the lowest and the highest rows are pale until late.", "name": "fig-gallery-boosting"}, "image": {"alt": "Heatmap of boosted predictions of every test point after each tree, which fan out from the mean."}} tags=["hide-input"]
of_boosting.viewer(item="point", quantity="y")

# %% [markdown]
# The loss falls smoothly and says nothing of which points come last. The picture does. *Right* means within half of the
# spread.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
order = np.argsort(of_boosting.truth)
epochs = learning(of_boosting).learnt[order]
middle, ends = epochs[100:200], np.concatenate([epochs[:30], epochs[-30:]])
table = {
    "points": ["middle third", "outer fifth"],
    "right at the end": [f"{np.mean(of >= 0):.0%}" for of in (middle, ends)],
    "half of these from tree": [f"{np.median(of[of >= 0]):.0f}" for of in (middle, ends)],
}
Markdown(pd.DataFrame(table).to_markdown(index=False, disable_numparse=True))

# %% [markdown]
# ## Wrong labels are learnt last
#
# A network learns two crescents of points, and every tenth point has the wrong label. Here the items are those that are
# *trained* on. Data set cartography {cite:p}`Swayamdipta2020` asks for the mean probability that a training gave to each
# label, and forgetting events {cite:p}`Toneva2019` for how often it was unlearnt; both are numbers of a recording. The
# network is PyTorch's, and this is the whole loop:
#
# ```python
# recorder = TorchRecorder(model, points, recording, predict=lambda model, x: model(x).softmax(1))
# recorder.record()
# for _ in range(60):
#     train_one_epoch(model)
#     recorder.record()
# ```
#
# Where PyTorch is installed (`pip install torch`), the network is trained for this page. Where it is not, the page shows
# a recording that was made in the same way and comes with the package.

# %% tags=["hide-input"]
_, _, wrong = crescents()
of_moons, made = kept_crescents()
trained = f"Trained with PyTorch {made['torch']} on {made['date']}, and kept."
try:
    of_moons = record_crescents()
    trained = f"Trained for this page with PyTorch {made_now()['torch']}."
except ImportError:
    pass

# %% mystnb={"figure": {"caption": "**Crescents.** Every row is a point that the network is trained on, grouped by the label that it was given. Most rows are red within a few epochs. The blue ones at the bottom of each group are nearly all wrong labels: sort by ease, hardest first, and click some.", "name": "fig-gallery-crescents"}, "image": {"alt": "Heatmap of how clearly each training point is given its label at every epoch; a few rows stay blue."}} tags=["hide-input"]
names = [f"{number}{' (wrong label)' if is_wrong else ''}" for number, is_wrong in enumerate(wrong)]
of_moons.viewer(item="point", labels=names)

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
Markdown(trained)

# %% [markdown]
# The loss is a mean, in which so few points hardly count. In the picture they are the rows that stay blue. Cartography
# puts a number to it: how many of the points with the least confidence have a wrong label. A loss curve says how much was
# learnt, the picture says of which items.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
where = cartography(of_moons)
hardest = np.argsort(where.confidence)[: wrong.sum()]
Markdown(
    f"**What was found.** {wrong[hardest].sum()} of the {wrong.sum()} points that were hardest to learn have a wrong label. "
    f"{lost} digits were right until their right halves came, and {back} of them are right again at the end. The rank "
    f"correlation of patients goes from {' to '.join(f'{rank:.2f}' for rank in ranks)}."
)
