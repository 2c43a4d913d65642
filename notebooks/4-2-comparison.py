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
# # 4.2 Dynamics: Multi-Band against AGN-less
#
# **The question.** Does the network learn differently when the clusters have no AGN?
#
# The report puts the two pictures side by side and finds them nearly identical. Here the two trainings share their test
# clusters, their starting weights and the order of images, so they can also be compared cluster by cluster.

# %% tags=["parameters", "remove-cell"]
profile = None  # a name in profiles/ or a file; None: what REPORT_PROFILE names, or quick

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
import numpy as np
import pandas as pd
from IPython.display import Markdown
from matplotlib.figure import Figure

from report_utils.dynamics import compare_dynamics, plot_dynamics
from report_utils.report import figures, open_reproduction
from report_utils.report.claim_tests import MINIMUM_SEEDS
from report_utils.report.figures import cluster_viewer
from report_utils.report.figures.style import AGN_LESS, NEUTRAL, OURS
from report_utils.report.rank_statistics import distance_over_seeds
from report_utils.report.reproduced_results import dynamics_side_by_side
from report_utils.report.seeds import untrained_phases
from report_utils.report.wording import untrained_warning

figures.use_book_style()
reproduction = open_reproduction(profile)
labels = ("multi-band", "AGN-less")
sources = {
    label: list(of.values())
    for label, of in dynamics_side_by_side(reproduction, ["multi_band_4", "agn_less_4"]).items()
}
(where, seeds), *beside = sources.items()  # full size, if it has been run, and this build beside it
here, own = beside[0] if beside else (where, seeds)
first, second = (of_kind[0] for of_kind in seeds)
comparison = compare_dynamics(first, second)
pictures = [
    {
        "pictures": which,
        "trainings": label,
        "test clusters": len(of[0][0].truth),
        "epochs": len(of[0][0].phase),
        "with images": images,
    }
    for which, (label, of), images in zip(
        ("first, and all numbers", "below them"), sources.items(), ("no", "yes"), strict=False
    )
]
Markdown(pd.DataFrame(pictures).to_markdown(index=False)) if beside else None


# %% mystnb={"figure": {"caption": "**Figure 11.** Left: the dynamics of the multi-band observations. Right: those of the same clusters without AGN, on the same colour scale and with the rows in the same order. Predictions beyond the scale are turquoise or orange.", "name": "fig-11"}, "image": {"alt": "Two heatmaps of predictions at every epoch side by side: multi-band left, AGN-less right."}} tags=["hide-input"]
def drawn(first, second, pictured, where=""):
    figure = Figure(figsize=(9.5, 4.8), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    image = plot_dynamics(first, left, colour_bar=False, item="test observation")
    plot_dynamics(second, right, limit=image.get_clim()[1], colour_bar=False)
    left.set_title(labels[0], pad=18)
    right.set_title(labels[1], pad=18)
    right.set_ylabel("")
    figure.colorbar(image, ax=[left, right], label="prediction − mean truth [dex]", extend="both", fraction=0.03)
    return cluster_viewer(pictured, first, second, figure=figure, where=where)


drawn(first, second, None, where) if beside else drawn(first, second, reproduction)

# %% [markdown]
# The row under the pointer is marked in both pictures. A chosen cluster's two paths share a diagram.

# %% mystnb={"figure": {"caption": "**The same trainings in this build**, drawn as above. A click on a row shows the images of its cluster.", "name": "fig-11-here"}, "image": {"alt": "Two heatmaps of this build's predictions at every epoch side by side."}} tags=["hide-input"]
drawn(own[0][0], own[1][0], reproduction) if beside else None

# %% [markdown]
# ## How alike
#
# Each epoch has the two scatters, and two numbers that compare the trainings. The first is the root mean square
# difference of the two predictions for the same cluster,
#
# $$
# d = \Big[ \frac{1}{n} \sum_i \big( \hat y_i - \hat y_i^{\text{AGN-less}} \big)^2 \Big]^{1/2} ,
# $$ (eq-distance)
#
# with each $\hat y$ a mean over the eight views. The second is the rank correlation of the two, which depends on the
# order of the rows alone.

# %% mystnb={"figure": {"caption": "**How alike the two trainings are.** Left: the scatter of each, and the difference of their predictions for the same cluster. Right: the rank correlation of the predictions. If the difference stays below the scatters, the two differ by less than either errs.", "name": "fig-alike"}, "image": {"alt": "Left: scatters and root mean square difference against epoch. Right: rank correlation against epoch."}} tags=["hide-input"]
epochs = np.arange(1, len(comparison.phase) + 1)
figure = Figure(figsize=(8.0, 3.6), layout="constrained")
left, right = figure.subplots(1, 2)
for number, (label, colour, line) in enumerate(zip(labels, (OURS, AGN_LESS), ("-", "--"), strict=True)):
    left.plot(epochs, comparison.scatter[:, number], line, color=colour, label=label)
left.plot(epochs, comparison.rms_difference, ":", color="black", label="difference of the two (rms)")
left.set_ylabel("scatter, difference [dex]")
left.set_ylim(bottom=0)
figure.legend(loc="outside upper left", ncols=3, fontsize="small")
right.plot(epochs, comparison.rank_correlation, color=OURS)
right.set_ylabel("rank correlation")
lowest = right.get_ylim()[0]
right.set_ylim(lowest, 1 + 0.03 * (1 - lowest))  # 1 is the highest there can be
for ax in (left, right):
    ax.set_xlabel("epochs trained; lines: a band is added")
    ax.xaxis.get_major_locator().set_params(integer=True)
    for boundary in np.flatnonzero(np.diff(comparison.phase)) + 1.5:
        ax.axvline(boundary, color=NEUTRAL, lw=0.8)
figure

# %% [markdown]
# At the end of each phase, scatters and difference in dex:

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
ends = np.array(first.phase_ends)
at_ends = pd.DataFrame(
    {
        "bands": [f"{phase}" for phase in range(1, len(ends) + 1)],
        "scatter, multi-band": comparison.scatter[ends, 0],
        "scatter, AGN-less": comparison.scatter[ends, 1],
        "difference": comparison.rms_difference[ends],
        "rank correlation": comparison.rank_correlation[ends],
        "correlation of residuals": comparison.residual_correlation,
    }
)
dead = {f"dynamics, {kind}": untrained_phases(of_kind) for kind, of_kind in zip(labels, seeds, strict=True)}
warning = untrained_warning(dead)
Markdown(warning or at_ends.to_markdown(index=False, floatfmt=("", ".3f", ".3f", ".3f", ".3f", ".2f")))

# %% [markdown]
# How large a difference would another training seed alone bring? The distance over seeds answers that: it is the
# distance of a multi-band from an AGN-less training, over all epochs, in units of the distance of two trainings of one
# kind. At 1, removing the AGN changes no more than another seed does. It needs three seeds of each kind
# (`report-utils dynamics --seeds 3`); with fewer, it is undecided whether the two are *alike*.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
last = at_ends.iloc[-1]
distances = []
for label, kinds in sources.items():
    n_seeds = min(map(len, kinds))
    if n_seeds >= MINIMUM_SEEDS and not any(map(untrained_phases, kinds)):
        of_size = f" {label}" if beside else ""
        distances.append(f"Distance over {n_seeds} seeds{of_size}: {distance_over_seeds(*kinds):.2f}.")
found = (
    f"At the end the two trainings differ by {last['difference']:.3f} dex, {last['difference'] / last['scatter, multi-band']:.0%} "
    f"of the multi-band scatter; the correlation of their residuals is {last['correlation of residuals']:.2f}. "
    + (" ".join(distances) or "The distance over seeds is not known.")
)
Markdown(
    f"**What was found.** {f'*{where.capitalize()}.* ' if beside else ''}"
    f"{'A network of these dynamics did not train.' if warning else found}"
)
