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
# 90% retained. To leave out the core takes an image; the other counts need none. A straight line (ordinary least squares) and boosted trees {cite}`Ke2017` in the implementation of
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
from report_utils.report.baselines import all_baselines, cross_validate_regression, mean_mass, tree_regression, weigh
from report_utils.report.claim_tests import Runs
from report_utils.report.count_statistics import count_statistics, one_split
from report_utils.report.figures.baselines import baseline_scatter
from report_utils.report.seeds import all_seeds, trained_only
from report_utils.report.sentences import provenance, untrained_warning
from report_utils.report.study_tables import interval_text
from report_utils.report.tables import markdown_table

reproduction = open_reproduction(profile)
figures.use_book_style()
transforms = ("single_band", *(f"multi_band_{k}" for k in (1, 2, 3, 4)))
every = all_seeds(reproduction, transforms)
networks = trained_only(every)
labels = {name: label for name, label in zip(transforms, ("0+", "1", "2", "3", "4"), strict=True) if name in networks}
transforms = tuple(networks)
split = (
    reproduction.dataset.log10_mass,
    reproduction.fold_of(),
    range(reproduction.profile.folds.run),
    reproduction.groups,
)
counts = {"observation": count_statistics(reproduction.counts())}
weighed = weigh(
    networks,
    all_baselines(counts, transforms, *split),
    mean_mass(*split),
)
dead = untrained_warning({get_transform(name).label: one.untrained for name, one in every.items()})
seeds = [one.n_seeds for one in networks.values()]
Markdown(f"{provenance(reproduction.profile, len(reproduction.catalogue), seeds)}\n\n{dead}")

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

# %% [markdown]
# ## Where to split
#
# Few photons need not tell little. Here all photons are parted once, at one of the report's three energies, and the
# trees see the totals of the two parts; without AGN, where a build has such observations, as well.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
sources = {"with AGN": "observation"} | ({"without AGN": "agn_less"} if reproduction.available("agn_less_1") else {})
places = ("nowhere", "2.5 keV", "5 keV", "7.5 keV")
trained = {}
for label, source in sources.items():
    events = count_statistics(reproduction.counts(source)).total
    for n_low, place in enumerate(places):
        seen = one_split(events, n_low)
        trained[f"{place}, {label}"] = cross_validate_regression(place, tree_regression, seen, *split)
totals = Runs(trained)
rows = [
    [place, *(interval_text(totals.contrast((f"{place}, {s}",), (1,)), ".3f") for s in sources)] for place in places
]
Markdown(markdown_table(["split at", *sources], rows, "l" + "r" * len(sources)) + "\n\nScatters in dex.")

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
from_two = ""
if {"multi_band_1", "multi_band_2"} <= set(transforms):
    one, two = (weighed.baselines[f"multi_band_{k}", "without_core", "trees"].value for k in (1, 2))
    share = weighed.networks["multi_band_2"].value / weighed.networks["multi_band_1"].value
    ratio = weighed.ratios["multi_band_2", "both", "trees"]
    from_two = (
        f"From the lowest band to two bands, the scatter from counts falls to {two / one:.2f} of what it was, that of "
        f"the network to {share:.2f}. But these counts take an image too, to leave the core out. From the totals of two "
        f"bands, which need none, the scatter is {weighed.baselines['multi_band_2', 'both', 'trees'].value:.3f} dex; the "
        f"network's is {ratio.value:.2f} times that."
    )
without_image = ""
if "without AGN" in sources:
    agn = totals.ratio("2.5 keV, without AGN", "2.5 keV, with AGN")
    if agn.high < 1:
        without_image += (
            f" Of the same totals split at 2.5 keV the scatter without AGN is {interval_text(agn, '.2f')} times that with "
            "them: totals are misled by AGN, and to tell AGN apart is a part of what the image gives."
        )
late = totals.ratio("7.5 keV, with AGN", "nowhere, with AGN")
if late.high < 1:
    without_image += (
        f" A single split at 7.5 keV brings the scatter to {interval_text(late, '.2f')} times that without a split, few as "
        "the photons above it are."
    )
Markdown(
    "**What was found.** The network against all of the counts:\n\n"
    + "\n".join(lines)
    + f"\n\n{from_two}{without_image}"
)
