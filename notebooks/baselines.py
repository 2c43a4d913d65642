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
# # What a few counts tell
#
# **The question.** How much of a cluster's mass do a few photon counts give, and what does a network add to them?
#
# Before there were networks a mass was read from one or two numbers. The report's introduction names them: the
# *luminosity*, a number of photons, perhaps without those near the middle; and the *global temperature*, which photon
# counts show as *hardness*, how many photons a higher band has for each in the lowest. Of $N_c$, the events in
# channel $c$ of all pixels together, these are
#
# $$
# L = \log_{10}\Bigl(1 + \sum_c N_c\Bigr), \qquad
# H_c = \log_{10}\frac{1 + N_c}{1 + N_1} \quad (c \geq 2) ,
# $$ (eq-counts)
#
# and they are taken once more without the core: the brightest tenth of the occupied pixels, the report's cut at
# 90% retained. A straight line (ordinary least squares) and boosted trees {cite}`Ke2017` in the implementation of
# {cite:t}`Pedregosa2011` turn them into a mass. The trees have the library's own settings, fixed before any result was seen.
# Every regression sees the channels that the network beside it sees, is trained on the network's own training
# clusters, and is tested on the same test clusters. A sum over pixels has no orientation, so it needs no views.

# %% tags=["parameters", "remove-cell"]
profile = "quick"

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
from IPython.display import Markdown

from report_utils.binning import get_transform
from report_utils.report import figures, open_reproduction
from report_utils.report.baseline_tables import baselines_markdown, networks_markdown
from report_utils.report.baselines import all_baselines, mean_mass, weigh
from report_utils.report.count_statistics import count_statistics
from report_utils.report.figures.baselines import baseline_scatter
from report_utils.report.study_tables import interval_text
from report_utils.report.words import provenance

reproduction = open_reproduction(profile)
figures.use_book_style()
transforms = ("single_band", *(f"multi_band_{k}" for k in (1, 2, 3, 4)))
labels = dict(zip(transforms, ("0+", "1", "2", "3", "4"), strict=True))
split = (
    reproduction.dataset.log10_mass,
    reproduction.fold_of(),
    range(reproduction.profile.folds.run),
    reproduction.groups,
)
counts = {"observation": count_statistics(reproduction.counts())}
networks = {name: reproduction.cross_validations(name) for name in transforms}
weighed = weigh(
    networks,
    all_baselines(counts, transforms, *split),
    mean_mass(*split),
)
seeds = [len(trained) for trained in networks.values()]
Markdown(provenance(reproduction.profile, len(reproduction.catalogue), seeds))

# %% mystnb={"figure": {"caption": "**Counts against networks.** The scatter of masses from a few counts, a panel for each choice of counts, by the channels that are seen; in every panel the network that sees the same channels as images, and the scatter of the masses themselves. Look how far photon numbers get without hardness, for which a second band is needed, and whether the regressions on the last panel's counts reach the network.", "name": "fig-baselines"}, "image": {"alt": "Four panels of scatter against energy channels: linear regression and boosted trees from photon numbers, hardness, both, and both without the core, beside the network."}} tags=["hide-input"]
baseline_scatter(weighed, labels)

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
headings = {name: ", ".join(get_transform(name).channels) for name in transforms}
Markdown(
    "The networks, the mean mass for every cluster, and all of the counts together:\n\n"
    f"{networks_markdown(weighed, headings)}\n\n"
    f"Straight lines:\n\n{baselines_markdown(weighed, headings, 'linear')}\n\n"
    f"Boosted trees:\n\n{baselines_markdown(weighed, headings, 'trees')}"
)

# %% [markdown]
# All are scatters in dex with their intervals. One channel has no hardness, so there the last column holds photon
# numbers alone. A ratio below 1 is the network's gain over all of the counts together.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
lines = []
for name in transforms:
    ratio = weighed.ratios[name, "without_core", "trees"]
    verdict = (
        "the network is better"
        if ratio.high < 1
        else "the counts are better"
        if ratio.low > 1
        else "neither can be told to be better"
    )
    lines.append(f"- {headings[name]} keV: network over counts {interval_text(ratio, '.3f')}, {verdict}.")
one, two = (weighed.baselines[f"multi_band_{k}", "without_core", "trees"].value for k in (1, 2))
share = weighed.networks["multi_band_2"].value / weighed.networks["multi_band_1"].value
Markdown(
    "**What was found.** The network against all of the counts:\n\n"
    + "\n".join(lines)
    + f"\n\nFrom the lowest band to two bands, the scatter from counts falls to {two / one:.2f} of what it was, that of "
    f"the network to {share:.2f}. What of the effect the counts share with the network needs no image: it is in how "
    "many photons each band has."
)
