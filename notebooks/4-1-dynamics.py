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
# # Dynamics
#
# **The question.** As energy bands are switched on one after the other, when does the network learn the mass of which
# cluster?
#
# Two networks that were trained apart cannot be compared weight by weight. The report therefore trains
# **one** network on four-band images in four phases. In phase $j$ it sees the bands up to $j$; the channels
# above are zero,
#
# $$
# x^{(j)}_b = \begin{cases} x_b & b \le j, \\ 0 & b > j. \end{cases}
# $$
#
# At the end of each phase a little Gaussian noise is added to all weights, which shakes the network out of its
# minimum, and one more epoch is trained. After every epoch the prediction for every test cluster is
# recorded. The report does not print the size of the noise, and once it speaks of a permutation. Here the noise is a
# fixed fraction of the spread of each layer's kernel.

# %% tags=["parameters", "remove-cell"]
profile = None  # a name in profiles/ or a file; None: what REPORT_PROFILE names, or quick
transform = "multi_band_4"

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
import pandas as pd
from IPython.display import Markdown
from matplotlib.figure import Figure

from report_utils.dynamics import plot_dynamics
from report_utils.report import PUBLISHED, figures, open_reproduction
from report_utils.report.figures import cluster_viewer
from report_utils.report.intervals import MINIMUM_GROUPS
from report_utils.report.rank_statistics import halos, hard_in_seeds, middle_third, phase_ratio, phase_residuals
from report_utils.report.reproduced_results import dynamics_side_by_side
from report_utils.report.seeds import untrained_phases
from report_utils.report.wording import TOO_FEW, interval_text, listing, untrained_warning

figures.use_book_style()
reproduction = open_reproduction(profile)
sources = {label: of[transform] for label, of in dynamics_side_by_side(reproduction, [transform]).items()}
(where, seeds), *beside = sources.items()  # full size, if it has been run, and this build beside it
here, own = beside[0] if beside else (where, seeds)
dynamics = seeds[0]
pictures = [
    {
        "picture": which,
        "training": label,
        "test clusters": len(of[0].truth),
        "epochs": len(of[0].phase),
        "with images": images,
    }
    for which, (label, of), images in zip(("first", "second"), sources.items(), ("no", "yes"), strict=False)
]
Markdown(pd.DataFrame(pictures).to_markdown(index=False)) if beside else None


# %% mystnb={"figure": {"caption": "**{{ figure }}.** Every row is a test cluster, the lowest mass at the top, and every column an epoch. The colour is the prediction minus the mean true mass, beyond the scale turquoise or orange; the last column is the truth. White lines separate the phases. A row shows how a cluster's prediction changes, a column how well the network sorts the clusters at that epoch.", "name": "fig-10-{{ slug }}"}, "image": {"alt": "Heatmap of predictions for every test cluster at every epoch, with the true masses as last column."}} tags=["hide-input"]
def drawn(recording, pictured, where=""):
    figure = Figure(figsize=(8.0, 5.2), layout="constrained")
    plot_dynamics(recording, figure.subplots(), item="test observation", unit="dex")
    return cluster_viewer(pictured, recording, figure=figure, where=where)


drawn(dynamics, None, where) if beside else drawn(dynamics, reproduction)

# %% [markdown]
# The picture can be read cell by cell and sorted in other ways: clusters with the largest last error, or those that a
# phase has helped most, then come to the top. The [viewer works for any model](any-model.ipynb).

# %% mystnb={"figure": {"caption": "**The same training in this build**, drawn as above. A click on a row shows the images of its cluster.", "name": "fig-10-here-{{ slug }}"}, "image": {"alt": "Heatmap of this build's predictions for every test cluster at every epoch."}} tags=["hide-input"]
drawn(own[0], reproduction) if beside else None

# %% [markdown]
# ## In numbers
#
# Residuals [dex] at the end of each phase of the training drawn first: for all test clusters, for the middle third of
# their masses, and for the rest. A later phase has also been trained for longer, so a gain need not come from the band alone.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
dead = untrained_phases(seeds)
ends = phase_residuals(dynamics)
middle = middle_third(dynamics.truth)
columns = ["bands", "bias", "scatter", "in the middle", "outside"]
rows = [
    [f"{phase}", residuals.mean(), residuals.std(), residuals[middle].std(), residuals[~middle].std()]
    for phase, residuals in enumerate(ends, start=1)
]
table = pd.DataFrame(rows, columns=columns)
if beside and not untrained_phases(own):
    table[f"scatter, {here}"] = [residuals.std() for residuals in phase_residuals(own[0])]
Markdown(
    untrained_warning({f"dynamics of {transform}": dead})
    if dead
    else table.to_markdown(index=False, floatfmt=("", "+.3f", *[".3f"] * (table.shape[1] - 2)))
)

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
printed = PUBLISHED.dynamics
full = printed.n_phases.value * (printed.epochs_before_noise.value + printed.epochs_after_noise.value)
Markdown(f"All of this rests on one fold, trained for {len(dynamics.phase)} epochs; the report trains for {full}.")

# %% [markdown]
# A *hard* cluster lies beyond three robust scatters after every phase.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
names = {} if beside else reproduction.catalogue["cluster_id"]
hard = [f"{names.get(row, f'cluster {row}')} ({times} of {len(seeds)})" for row, times in hard_in_seeds(seeds).items()]
None if dead else Markdown(f"Hard clusters, and in how many trainings: {listing(hard)}.")

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
n_halos = len(set(halos(dynamics).tolist()))
steps = []
for phase in range(1, 1 if dead else len(ends)):
    if n_halos < MINIMUM_GROUPS:
        ratio = f"{ends[phase].std() / ends[phase - 1].std():.2f} ({TOO_FEW})"
    else:
        ratio = interval_text(phase_ratio(seeds, phase + 1, phase), ".2f")
    steps.append(f"band {phase + 1} {ratio}")
n_trainings = f"{len(seeds)} training{'s' * (len(seeds) > 1)}"
found = f"The scatter with a further band over that without it, {n_trainings}: {'; '.join(steps)}."
Markdown(
    f"**What was found.** {f'*{where.capitalize()}.* ' if beside else ''}"
    f"{found if steps else f'The network did not train: {dead}.'}"
)
