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
# **The question.** How well do a few photon counts predict a cluster's mass, and what does a network add to them?
#
# Before there were networks, a mass was estimated from one or two numbers. The report's introduction names them. One is
# the number of events, which it calls *luminosity*, perhaps without those near the middle. The other is the *global
# temperature*, which counts show as *hardness*: the number of events in a higher band for each event in the lowest. With
# $N_c$ the events in channel $c$ of all pixels together, these are
#
# $$
# \log N = \log_{10}\Bigl(1 + \sum_c N_c\Bigr), \qquad
# H_c = \log_{10}\frac{1 + N_c}{1 + N_1} \quad (c \geq 2) ,
# $$ (eq-counts)
#
# and they are also taken without the core: the brightest tenth of the occupied pixels, the report's cut at
# 90% retained. Leaving out the core requires an image; the other counts need none. A straight line (ordinary least
# squares) and boosted trees {cite}`Ke2017` in the implementation of {cite:t}`Pedregosa2011` turn the counts into a mass.
# The trees have the library's own settings, fixed before any result was seen. Every regression sees the channels that
# the network beside it sees, is trained on the network's training clusters, and is tested on the same test clusters.
# A sum over pixels has no orientation, so it needs no views.

# %% tags=["parameters", "remove-cell"]
profile = None  # a name in profiles/ or a file; None: what REPORT_PROFILE names, or quick

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
import numpy as np
import pandas as pd
from IPython.display import Markdown
from matplotlib.figure import Figure

from report_utils.binning import get_transform
from report_utils.report import figures, open_reproduction
from report_utils.report.baselines import (
    BASELINES,
    all_baselines,
    count_statistics,
    cross_validate_regression,
    mean_mass,
    one_split,
    transform_statistics,
    tree_regression,
)
from report_utils.report.claim_tests import Runs
from report_utils.report.figures.style import AGN_LESS, NEUTRAL, OURS, PRINTED
from report_utils.report.seeds import all_seeds, trained_only
from report_utils.report.wording import interval_text, markdown_table, untrained_warning

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
fitted = all_baselines(transform_statistics(reproduction.counts, transforms), *split)
names = {key: " ".join(key) for key in fitted}
runs = Runs({"mean": mean_mass(*split), **networks, **{name: fitted[key] for key, name in names.items()}})
mean, of_networks = runs.scatter("mean"), {name: runs.scatter(name) for name in networks}
of_baselines = {key: runs.scatter(name) for key, name in names.items()}
ratios = {key: runs.ratio(key[0], name) for key, name in names.items()}  # of the network's scatter to the baseline's
warning = untrained_warning({get_transform(name).label: one.untrained for name, one in every.items()})
Markdown(warning) if warning else None

# %% mystnb={"figure": {"caption": "**Counts against networks.** The scatter of masses predicted from a few counts, against the channels that are seen. Each panel has one choice of counts, the network that sees the same channels as images, and the scatter of the masses themselves. Hardness needs a second band.", "name": "fig-baselines"}, "image": {"alt": "Four panels of scatter against energy channels: linear regression and boosted trees from photon numbers, hardness, both, and both without the core, beside the network."}} tags=["hide-input"]
looks = {
    "linear": ("linear regression", -0.12, {"color": PRINTED, "marker": "s", "markerfacecolor": "none"}),
    "trees": ("boosted trees", 0.12, {"color": AGN_LESS, "marker": "^"}),
}


def draw(ax, places, intervals, label, **look):
    values = np.array([interval.value for interval in intervals])
    ends = np.array([[interval.low, interval.high] for interval in intervals]).reshape(-1, 2)
    reach = np.abs(ends.T - values)
    ax.errorbar(places, values, yerr=reach, ls="none", capsize=2.5, ms=5, lw=1.2, elinewidth=1.2, label=label, **look)


figure = Figure(figsize=(8.0, 5.2), layout="constrained")
axes = figure.subplots(2, 2, sharex=True, sharey=True)
places = np.arange(len(labels))
for ax, (name, baseline) in zip(axes.flat, BASELINES.items(), strict=True):
    ax.axhline(mean.value, color=NEUTRAL, lw=0.9, ls=":", label="the mean mass for all")
    for regression, (label, shift, look) in looks.items():
        keys = {i: (transform, name, regression) for i, transform in enumerate(labels)}
        found = {i: of_baselines[key] for i, key in keys.items() if key in of_baselines}
        draw(ax, np.array(list(found), dtype=float) + shift, list(found.values()), label, **look)
    draw(ax, places, [of_networks[one] for one in labels], "network", color=OURS, marker="o")
    ax.set_title(baseline.title)
    ax.set_xticks(places, list(labels.values()))
axes[0, 0].set_ylim(bottom=0)
figure.supxlabel("energy bands that are seen (0+: all photons as one band)", fontsize="medium")
figure.supylabel("scatter of the predicted mass [dex]", fontsize="medium")
handles, names = axes[0, 0].get_legend_handles_labels()
figure.legend(handles, names, loc="outside upper right", ncols=4, fontsize="small")
figure

# %% [markdown]
# All numbers in these tables are scatters in dex with their 95% intervals. With one channel there is no hardness, so
# the last column then has photon numbers alone. The first table has the networks, the mean mass for every cluster, and all
# of the counts together; the second has straight lines, the third boosted trees. A ratio below 1 is the network's gain
# over all of the counts together.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
headings = {name: ", ".join(get_transform(name).channels) for name in transforms}
everything = ("without_core", "trees")


def table(columns):
    """Intervals by column and transform as a table; what one channel does not have is left out."""
    rows = [
        [headings[name], *("–" if of[name] is None else interval_text(of[name], ".3f") for of in columns.values())]
        for name in transforms
    ]
    return markdown_table(["Seen [keV]", *columns], rows, "l" + "r" * len(columns))


def of_regression(kind):
    return {
        one.title: {name: of_baselines.get((name, key, kind)) for name in transforms} for key, one in BASELINES.items()
    }


beside = {
    "Mean mass": dict.fromkeys(transforms, mean),
    "Network": of_networks,
    "Network / all counts by trees": {name: ratios[name, *everything] for name in transforms},
}
Markdown("\n\n".join([table(beside), table(of_regression("linear")), table(of_regression("trees"))]))

# %% [markdown]
# ## Where to split
#
# A few photons can still carry information. Here all photons are split once, at one of the report's three energies, and
# the trees see the totals of the two parts. Where a build has observations without AGN, they are shown as well.
# Scatters in dex:

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
Markdown(pd.DataFrame(rows, columns=["split at", *sources]).to_markdown(index=False, disable_numparse=True))

# %% [markdown]
# From the totals of two bands, which need no image, the table above has the scatter by trees. These ratios compare the
# lowest band with two bands, the totals with and without AGN, and a single split at 7.5 keV with none. If totals are
# worse with AGN, then telling AGN apart is a part of what the image provides.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
compared = {"totals, split at 7.5 keV over not split": totals.ratio("7.5 keV, with AGN", "nowhere, with AGN")}
if "without AGN" in sources:
    compared["totals split at 2.5 keV, without AGN over with AGN"] = totals.ratio(
        "2.5 keV, without AGN", "2.5 keV, with AGN"
    )
shown = {name: interval_text(ratio, ".2f") for name, ratio in compared.items()}
if {"multi_band_1", "multi_band_2"} <= set(transforms):
    one, two = (of_baselines[f"multi_band_{k}", "without_core", "trees"].value for k in (1, 2))
    shown["all counts by trees, two bands over the lowest"] = f"{two / one:.2f}"
    one, two = (of_networks[f"multi_band_{k}"].value for k in (1, 2))
    shown["network, two bands over the lowest"] = f"{two / one:.2f}"
    totals_of_two = ratios["multi_band_2", "both", "trees"]
    shown["network over totals by trees, at two bands"] = interval_text(totals_of_two, ".2f")
Markdown(pd.DataFrame({"ratio of scatters": shown}).rename_axis("compared").to_markdown(disable_numparse=True))


# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
def side(ratio):
    return "below 1" if ratio.high < 1 else "above 1" if ratio.low > 1 else "neither is shown to be better"


of_trees = {headings[name]: ratios[name, "without_core", "trees"] for name in transforms}
cases = [f"{interval_text(one, '.3f')} with {seen} keV (*{side(one)}*)" for seen, one in of_trees.items()]
found = f"Scatter of the network over that of trees that see all of its counts: {'; '.join(cases)}."
Markdown(f"**What was found.** {found if cases else 'No network has trained.'}")
