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
# # Hidden or known
#
# **The question.** Why is one band so bad, and why are two so much better?
#
# A cluster with many events is massive, or it is nearby. Masses span a narrow range, so the flux constrains the distance;
# what remains unknown of it is degenerate with the mass. Call this the *hidden redshift*. A second band measures a
# temperature, more exactly T / (1 + z), which follows the mass and depends only weakly on the redshift: at fixed mass it
# falls by 0.09 dex, or 0.15 dex in mass, over the sample. Call this the *thermometer*. The first would explain why one
# band is bad, the second why two are good. Both can be tested, because the simulation is ours: the distance can be told
# to the network, or be made the same for all clusters, and the thermometer can be broken.

# %% tags=["parameters", "remove-cell"]
profile = None  # a name in profiles/ or a file; None: what REPORT_PROFILE names, or quick

# %% [markdown]
# ## Prediction
#
# *Committed before any of these networks was trained.*
#
# Suppose that an image gives three numbers, and that masses are read from them as well as a linear estimate can. All
# are logarithms to base 10, and *m* is that of the mass, *d* of the luminosity distance:
#
# - the number of events, 1.62 *m* − 1.78 *d*, with a scatter of 0.13 (luminosities follow {cite:t}`Pratt2009`);
# - the angular size, *m*/3 − 0.76 *d*, known to 0.15;
# - with two bands, the temperature as seen, 0.58 *m* − 0.09 *d*, with the scatter of ln T at fixed mass of the
#   experiment (0.07 in the book) and known to 0.03.
#
# In the sample *m* has a standard deviation of 0.24 and *d* one of 0.29. The least variance of *m* is then the first
# element of $(P^{-1} + A^T N^{-1} A)^{-1}$ {cite}`Rodgers2000`, with the slopes *A*, the prior variances *P* and the noise
# *N*. This gives, in dex:

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
import pandas as pd
from IPython.display import Markdown
from matplotlib.figure import Figure

from report_utils.experiments.expected_scatter import World, expected_one_and_two
from report_utils.report import figures, open_reproduction
from report_utils.report.claim_tests import Runs
from report_utils.report.figures.style import NEUTRAL, OURS, PRINTED
from report_utils.report.intervals import MINIMUM_GROUPS
from report_utils.report.second_band import (
    ONE_AND_TWO,
    PREDICTIONS,
    counted_verdicts,
    predictions_markdown,
    predictions_table,
    scatter_ratio,
)
from report_utils.report.wording import untrained_warning
from report_utils.reproduction.studies import WHY
from report_utils.reproduction.study_results import study_outcomes

WORLDS = {
    "default": World(),
    "distance-known": World(distance_known=True),
    "one-redshift": World(distance_known=True),
    "temperature-of-others": World(temperature_follows_mass=False),
    "sigma-0": World(0.0),
    "sigma-0.15": World(0.15),
    "sigma-0.3": World(0.3),
}
titles = {variant.name: variant.title for variant in WHY.all_variants}
expected = {name: expected_one_and_two(world) for name, world in WORLDS.items()}
rows = {titles[name]: (one, two, two / one) for name, (one, two) in expected.items()}
table = pd.DataFrame.from_dict(rows, orient="index", columns=["one band", "two bands", "ratio"])
Markdown(table.rename_axis("experiment").to_markdown(floatfmt=(".3f", ".3f", ".3f", ".2f")))

# %% [markdown]
# **The rule.** The statistic is the scatter of two bands over that of one, and that of one and of two with the distance
# given over hidden, on the same held-out clusters. The arithmetic is trusted to a factor of 1.25 either way, for a
# network trained for a few epochs is not the best estimate. A ratio is *as predicted* if its 95% interval lies inside
# that range, *not as predicted* if it lies outside, else undecided. Halos and three training seeds are resampled.
#
# ## What is done
#
# Each experiment trains a network of one band (all energies) and one of two bands on the profile's folds, with three seeds.
# *Distance given* means a further channel that holds the logarithm of the distance in every pixel. *All at one redshift*
# puts every cluster, with its mass and its scatters, at z = 0.2. *Regardless of mass* gives a cluster the temperature of
# another mass, drawn from the same snapshot.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
reproduction = open_reproduction(profile)
figures.use_book_style()
outcomes = study_outcomes(reproduction, WHY)
predictions = [one for one in PREDICTIONS if one.page == "why-1-hidden-or-known"]
judged = predictions_table(predictions, outcomes)
command = f"report-utils study {WHY.name} --profile {reproduction.profile.name}"
found = {name: outcomes.get(name) for name in WORLDS}
scatters, dead = {}, {}
for name, outcome in found.items():
    if outcome is not None:
        runs = Runs(outcome.cross_validations)
        dead |= {f"{titles[name]}, {transform}": why for transform, why in runs.untrained.items()}
        if not runs.untrained and runs.n_halos >= MINIMUM_GROUPS:
            scatters[name] = [runs.contrast((transform,), (1,)) for transform in ONE_AND_TWO]
missing = [titles[name] for name, outcome in found.items() if outcome is None]
notes = []
if reproduction.profile.archive_path is not None:
    notes.append("An archive has neither redshifts nor a simulation, so these experiments cannot be made with it.")
elif missing:
    notes.append(f"Not trained yet: {'; '.join(missing)}. `{command}` trains them.")
notes += [untrained_warning(dead)] if dead else []
Markdown("\n\n".join(notes)) if notes else None

# %% mystnb={"figure": {"caption": "**Hidden or known.** Scatter of the predicted mass with one band and with two in each experiment, with 95% intervals, and what the arithmetic above gives (bars). If the redshift hides the mass, one band has less scatter once the distance is known. If the thermometer is what helps, two bands are no better than one once it is broken.", "name": "fig-hidden-or-known"}, "image": {"alt": "Scatter with intervals of one and two bands for each experiment, beside short bars for the arithmetic."}} tags=["hide-input"]
figure = Figure(figsize=(8.0, 4.2), layout="constrained")
ax = figure.subplots()
for band, (label, colour, marker, shift) in enumerate(
    (("one band", PRINTED, "s", -0.14), ("two bands", OURS, "o", 0.14))
):
    for place, name in enumerate(WORLDS):
        value = expected[name][band]
        ax.plot([value, value], [place + shift - 0.12, place + shift + 0.12], color=colour, lw=3, alpha=0.45, zorder=1)
        if name in scatters:
            one = scatters[name][band]
            ax.plot([one.low, one.high], [place + shift] * 2, color=colour)
            ax.plot(one.value, place + shift, marker, color=colour)
    ax.plot([], [], marker, color=colour, label=label)
ax.plot([], [], "|", color=NEUTRAL, ms=12, mew=3, label="arithmetic")
ax.set_yticks(range(len(WORLDS)), [titles[name] for name in WORLDS])
ax.invert_yaxis()
ax.set_xlim(left=0)
ax.set_xlabel("scatter of the predicted mass [dex]")
figure.legend(loc="outside upper right", ncols=3, fontsize="small")
figure

# %% [markdown]
# Some scatters may lie below the arithmetic's. The arithmetic is no bound: how well an image tells each number was a guess.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
table = [
    [
        titles[name],
        *(f"{one:.3f}" for one in both),
        f"{sum(one.high < least for one, least in zip(both, expected[name], strict=True))} of 2",
    ]
    for name, both in scatters.items()
]
header = ["experiment", "one band [dex]", "two bands [dex]", "interval below the arithmetic"]
Markdown(pd.DataFrame(table, columns=header).to_markdown(index=False)) if table else None

# %% [markdown]
# ## The predictions, judged
#
# If one band that is told the distance has less than 0.71 of its scatter, the hidden distance makes most of the variance of
# its errors. If the ratio of two bands to one is nearer to 1 with temperatures of others than to its value in the book, most of the gain
# is the thermometer's.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
Markdown(predictions_markdown(judged))


# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
def two_over_one(name):
    return scatter_ratio(outcomes, (name, "multi_band_2"), (name, "single_band"))


ratios = {
    "two bands over one": two_over_one("default"),
    "the same with temperatures of others": two_over_one("temperature-of-others"),
    "one band told the distance, over hidden": scatter_ratio(
        outcomes, ("distance-known", "single_band"), ("default", "single_band")
    ),
}
measured = "; ".join(f"{what} {one:.2f}" for what, one in ratios.items() if one is not None)
verdicts = [verdict for _, found, verdict in judged if found is not None]
summary = f"Ratios of scatters: {measured or 'none yet'}. {counted_verdicts(verdicts)}"
Markdown(f"**What was found.** {summary if verdicts else 'Nothing can be measured here yet.'}")
