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
# # {{ title }}
#
# **The question.** Which {{ clusters }} does the network learn to weigh at which moment, when energy bands
# are switched on one after the other?
#
# Two networks that were trained apart cannot be compared weight by weight. The report therefore trains
# **one** network on four-band images in four phases. In phase $j$ it sees the bands up to $j$; the channels
# above are zero,
#
# $$
# x^{(j)}_b = \begin{cases} x_b & b \le j, \\ 0 & b > j. \end{cases}
# $$ (eq-phase-{{ slug }})
#
# At the end of each phase a little Gaussian noise is added to all weights, to shake the network out of its
# minimum, and one more epoch is trained. After every epoch the prediction for every test cluster is
# recorded. The report does not print the size of the noise and speaks once of a permutation; here it is a
# fixed fraction of the spread of each layer's kernel.

# %% tags=["parameters", "remove-cell"]
profile = "quick"
transform = "multi_band_4"

# %% mystnb={"figure": {"caption": "**{{ figure }}.** Every row is a test cluster, the lightest at the top, every column an epoch; the colour is the prediction minus the mean true mass, and the last column the truth. White lines part the phases. Read along a row to see a cluster's prediction change, down a column to see how well the network sorts at that epoch. Look at the middle rows before and after the second band comes.", "name": "fig-10-{{ slug }}"}, "image": {"alt": "Heatmap of predictions for every test cluster at every epoch, with the true masses as last column."}} tags=["hide-input"]
from IPython.display import Markdown

from report_utils.dynamics import plot_dynamics
from report_utils.report import figures, open_reproduction
from report_utils.report.claims import too_few_halos
from report_utils.report.figures.style import new_figure
from report_utils.report.intervals import MINIMUM_GROUPS
from report_utils.report.rank_statistics import halos, hard_in_seeds, middle_third, phase_ratio, phase_residuals
from report_utils.report.seeds import untrained_phases
from report_utils.report.sentences import change, dynamics_provenance, listing, trainings, untrained_warning
from report_utils.report.tables import markdown_table
from report_utils.report.viewers import cluster_viewer

reproduction = open_reproduction(profile)
figures.use_book_style()
seeds = reproduction.all_dynamics(transform)
dynamics = seeds[0]

figure = new_figure(8.0, 5.2)
plot_dynamics(dynamics, figure.subplots(), item="test observation", unit="dex")
cluster_viewer(reproduction, dynamics, figure=figure)

# %% [markdown]
# The picture can be read cell by cell and sorted anew: clusters with the largest last error, or those that a
# phase has helped most, come to the top. The [viewer works for any model](any-model.ipynb) that is trained
# with Keras.
#
# ## In numbers

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
ends = phase_residuals(dynamics)
middle = middle_third(dynamics.truth)
groups = halos(dynamics)
n_halos = len(set(groups.tolist()))
dead = untrained_phases(seeds)
rows = []
for phase, residuals in enumerate([] if dead else ends, start=1):
    rows.append(
        [
            str(phase),
            f"{residuals.mean():+.3f}".replace("-", "−"),
            f"{residuals.std():.3f}",
            f"{residuals[middle].std():.3f}",
            f"{residuals[~middle].std():.3f}",
        ]
    )
first = "" if len(seeds) == 1 else ", of the training drawn above"
Markdown(
    untrained_warning({f"dynamics of {transform}": dead}) + "\n\n"
    f"Residuals at the end of each phase [dex]{first}, for all test clusters, for the middle third of their masses, "
    "and for the rest:\n\n" + markdown_table(["bands", "bias", "scatter", "in the middle", "outside"], rows, "rrrrr")
)

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
steps = []
for phase in range(1, 1 if dead else len(ends)):
    if n_halos < MINIMUM_GROUPS:
        ratio = ends[phase].std() / ends[phase - 1].std()
        said = f"is {ratio:.2f} times what it was ({too_few_halos(n_halos)})"
    else:
        said = change(phase_ratio(seeds, phase + 1, phase))
    steps.append(f"With band {phase + 1}, the scatter {said}.")
names = reproduction.catalogue["cluster_id"].to_numpy()
hard = [f"{names[row]} ({times} of {len(seeds)})" for row, times in hard_in_seeds(seeds).items()]
stays = (
    f"Beyond three robust scatters at the end of every phase (in how many trainings): {listing(hard)}."
    if hard
    else "No test cluster lies beyond three robust scatters at the end of every phase."
)
found = (
    "From the end of each phase to that of the next:\n\n"
    + "\n".join(f"- {step}" for step in steps)
    + f"\n\n{stays}\n\nA later phase has also been trained for longer, so a gain is not the band's alone."
)
Markdown(
    f"**What was found.** {f'Nothing, for the network did not train: {dead}.' if dead else found} "
    f"{trainings([len(seeds)])}"
    f"\n\n{dynamics_provenance(reproduction.profile, len(reproduction.catalogue), len(dynamics.truth), [len(seeds)])}"
)
