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
# # Multi-band against AGN-less
#
# **The question.** Does the network learn in another way when the clusters have no AGN?
#
# The report lays the two pictures side by side and finds them nearly identical. Here the two trainings
# share test clusters, weights at the start, and the order of images, so they can also be held against each
# other cluster by cluster.

# %% tags=["parameters", "remove-cell"]
profile = "quick"

# %% mystnb={"figure": {"caption": "**Figure 11.** Left: the dynamics of the multi-band observations; right: of the same clusters without AGN, on the same colour scale and with the rows in the same order. Notice rows that differ, if there are any, and compare with how much a single row changes from one epoch to the next.", "name": "fig-11"}, "image": {"alt": "Two heatmaps of predictions at every epoch side by side: multi-band left, AGN-less right."}} tags=["hide-input"]
import numpy as np
from IPython.display import Markdown

from report_utils.dynamics import compare_dynamics, plot_dynamics
from report_utils.report import figures, open_reproduction
from report_utils.report.claim_tests import MINIMUM_SEEDS
from report_utils.report.figures.style import new_figure
from report_utils.report.rank_statistics import distance_over_seeds
from report_utils.report.seeds import untrained_phases
from report_utils.report.sentences import dynamics_provenance, untrained_warning
from report_utils.report.tables import markdown_table
from report_utils.report.viewers import cluster_viewer

reproduction = open_reproduction(profile)
figures.use_book_style()
seeds = [reproduction.all_dynamics(name) for name in ("multi_band_4", "agn_less_4")]
first, second = (of_kind[0] for of_kind in seeds)
comparison = compare_dynamics(first, second)

figure = new_figure(9.5, 4.8)
left, right = figure.subplots(1, 2, sharey=True)
limit = float(np.abs(first.truth - first.truth.mean()).max())
image = plot_dynamics(first, left, limit=limit, colour_bar=False, item="test observation")
plot_dynamics(second, right, limit=limit, colour_bar=False)
left.set_title("multi-band", pad=18)
right.set_title("AGN-less", pad=18)
right.set_ylabel("")
figure.colorbar(image, ax=[left, right], label="prediction − mean truth [dex]", extend="both", fraction=0.03)
cluster_viewer(reproduction, first, second, figure=figure)

# %% [markdown]
# What is pointed at in one picture is marked in the other; a chosen cluster's two paths share a diagram.
#
# ## How alike
#
# Three numbers for each epoch: both scatters; the root mean square difference of the two predictions for
# the same cluster,
#
# $$
# d = \Big[ \frac{1}{n} \sum_i \big( \hat y_i - \hat y_i^{\text{AGN-less}} \big)^2 \Big]^{1/2} ,
# $$ (eq-distance)
#
# with each $\hat y$ a mean over the eight views; and the rank correlation of the two, which is about the
# order of the rows alone.

# %% mystnb={"figure": {"caption": "**How alike the two trainings are.** Left: the scatter of either, and how far apart their predictions of the same cluster are. Right: the rank correlation of the predictions. Notice whether the two differ by less than either errs.", "name": "fig-alike"}, "image": {"alt": "Left: scatters and root mean square difference against epoch. Right: rank correlation against epoch."}} tags=["hide-input"]
figures.dynamics_likeness(comparison, ("multi-band", "AGN-less"))

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
ends = first.phase_ends
rows = [
    [
        str(phase),
        f"{comparison.scatter[end, 0]:.3f}",
        f"{comparison.scatter[end, 1]:.3f}",
        f"{comparison.rms_difference[end]:.3f}",
        f"{comparison.rank_correlation[end]:.3f}",
        f"{comparison.residual_correlation[phase - 1]:.2f}",
    ]
    for phase, end in enumerate(ends, start=1)
]
header = [
    "bands",
    "scatter, multi-band",
    "scatter, AGN-less",
    "difference",
    "rank correlation",
    "correlation of residuals",
]
share = comparison.rms_difference[ends[-1]] / comparison.scatter[ends[-1], 0]
n_seeds = [len(of_kind) for of_kind in seeds]
if min(n_seeds) >= MINIMUM_SEEDS:
    distance = distance_over_seeds(*seeds)
    seed_words = (
        f"Over {min(n_seeds)} training seeds of each and all epochs, a multi-band and an AGN-less training are "
        f"{distance:.2f} times as far apart as two trainings of one kind (1: taking the AGN away changes no more than "
        "another seed does)."
    )
else:
    seed_words = (
        "How much of the difference another seed alone would bring is not known from so few trainings of each, so "
        "whether this is *alike* stays open until seeds are compared (`report-utils dynamics --seeds 3`)."
    )
kinds = dict(zip(("multi-band", "AGN-less"), seeds, strict=True))
warning = untrained_warning({f"dynamics, {kind}": untrained_phases(of_kind) for kind, of_kind in kinds.items()})
found = (
    "At the end of each phase, scatters and difference in dex:\n\n"
    + markdown_table(header, rows, "rrrrrr")
    + "\n\n**What was found.** At the end of the last phase the two trainings' predictions of the "
    f"same cluster differ by {comparison.rms_difference[ends[-1]]:.3f} dex (root mean square over the test clusters, "
    f"each prediction a mean over the eight views), which is {share:.0%} of the multi-band scatter, and their "
    f"residuals are correlated by {comparison.residual_correlation[-1]:.2f}. {seed_words}"
)
if warning:
    found = f"{warning}\n\n**What was found.** Nothing, for a network of these dynamics did not train."
Markdown(
    f"{found}\n\n{dynamics_provenance(reproduction.profile, len(reproduction.catalogue), len(first.truth), n_seeds)}"
)
