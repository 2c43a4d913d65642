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
# # Where to cut
#
# **The question.** Is the report's edge at 2.5 keV special, and how many bands are useful?
#
# The report splits the photons at 2.5, 5 and 7.5 keV and does not say why. Here the edge of a two-band split moves from
# 0.5 to 7.5 keV, and then the number of bands grows from one to twelve.
#
# ## Prediction
#
# Spectra say beforehand where a cut is good. Let $p$ be the share of a cluster's $N$ photons above an edge. Photons
# arrive independently, so $p$ is known to $\sqrt{p(1-p)/N}$, and the Fisher information of the two counts on the
# temperature is
#
# $$
# I = \frac{N}{p\,(1-p)} \left(\frac{\mathrm{d}p}{\mathrm{d}\log_{10} T}\right)^{2} , \qquad
# \sigma(\log_{10} T) \geq I^{-1/2} .
# $$ (eq-information)
#
# A low edge splits where the spectrum hardly changes with temperature. A high edge leaves few photons above it. In
# between, the information should be flat. Several bands have the sum over bands of $n_b (s_b - \bar s)^2$ in its place,
# with $s_b$ the change of $\ln n_b$ with $\log_{10} T$ and $\bar s$ its mean over photons.
#
# Temperature is not yet mass. A band's counts also change with redshift, with the absorption on the way, and with
# AGN. The best linear estimate of the mass from counts, angular size and the bands' shares, with all of these unknown,
# has a scatter that is computed here in the same way as on the page about hidden and known distances. It is averaged
# over 110 clusters of the default simulation with a seed of their own, whose photons are not drawn: only their expected
# spectra are used. Events of AGN are either left out, as if the image told them apart entirely, or their number is one
# more unknown, as if it did not tell them apart at all. The truth should lie between the two.
#
# These predictions follow, and each is judged by its ratio of scatters on the same clusters:
#
# - *An edge* over 2.5 keV is predicted by the two numbers of the arithmetic. If both lie within 15 % of 1, the edge is
#   predicted to be as good as 2.5 keV, to 15 %. If not, the ratio is predicted to lie between the two numbers, widened
#   by a factor of 1.25 on both sides. (The study's other predictions allow the same two margins.)
# - *A number of bands* over two bands likewise. The edges come in an order that the arithmetic fixes here: at each step
#   the edge that lowers the expected scatter most, with AGN not told apart.
# - *The report's third band* over its first two, and *its fourth* over its first three, likewise.
# - *No event above 7.5 keV*: the share of such observations is predicted to 5 percentage points.
#
# A prediction holds if the 95% interval lies inside its range, fails if it lies outside, and is undecided otherwise.
# *The report's edge is special* if the intervals of 1.5, 2, 3 and 4 keV over 2.5 keV all lie above 1. It is *not special*
# if one of them lies within 15 % of 1 or below 1. The arithmetic predicts that it is not.
#
# The arithmetic is that of the best estimate. Trees and small networks are not, and are worse where there is more to
# learn: this should draw ratios towards 1.
#
# Some outcomes were known before. The networks of the report's three and four bands stand in this book's Table 1, and
# regressions on total counts split at 2.5, 5 and 7.5 keV on the page *What a few counts tell*. In a draft of the
# simulation, trees on radial profiles had scatters of 0.160 dex with one band, 0.095 with two and 0.092 with three.

# %% tags=["parameters", "remove-cell"]
profile = None  # a name in profiles/ or a file; None: what REPORT_PROFILE names, or quick

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
from dataclasses import replace
from math import inf

import numpy as np
from IPython.display import Markdown
from matplotlib.figure import Figure
from scipy.stats import bootstrap

from report_utils.binning import BAND_EDGES_KEV
from report_utils.binning.transforms import FINE_EDGES_KEV
from report_utils.experiments.band_information import (
    best_edges,
    merged,
    scatter_of_sample,
    temperature_information,
    typical_spectra,
)
from report_utils.report import figures, open_reproduction
from report_utils.report.band_regressions import all_splits, band_regressions, growing_splits, split_name
from report_utils.report.claim_tests import MARGIN, Runs
from report_utils.report.figures.style import AGN_LESS, NEUTRAL, OURS
from report_utils.report.intervals import FAILS, HOLDS, MINIMUM_GROUPS, UNDECIDED, Interval, within
from report_utils.report.second_band import TOLERANCE, Prediction, scatter_ratio
from report_utils.report.seeds import all_seeds, trained_only
from report_utils.report.wording import interval_text, markdown_table
from report_utils.reproduction.studies import WHY
from report_utils.reproduction.study_results import study_outcomes

reproduction = open_reproduction(profile)
figures.use_book_style()
inner = FINE_EDGES_KEV[1:-1]
spectra = typical_spectra(FINE_EDGES_KEV)
treatments = {"AGN told apart": True, "AGN not told apart": False}


def expected(edges):
    """The scatter in bands with these inner edges, for each treatment of AGN [dex]."""
    coarse = (0, *sorted(edges), inf)
    return np.array(
        [scatter_of_sample(spectra, FINE_EDGES_KEV, coarse, agn_told_apart=apart) for apart in treatments.values()]
    )


def predicted_range(numerator, denominator):
    """Where the ratio of two scatters is predicted to lie."""
    ratios = expected(numerator) / expected(denominator)
    if ratios.min() > 1 / MARGIN and ratios.max() < MARGIN:
        return 1 / MARGIN, MARGIN
    return ratios.min() / TOLERANCE, ratios.max() * TOLERANCE


order = best_edges(spectra, FINE_EDGES_KEV, agn_told_apart=False)
of_edges = {edge: predicted_range((edge,), (2.5,)) for edge in inner if edge != 2.5}
of_numbers = {n: predicted_range(order[: n - 1], order[:1]) for n in range(1, len(order) + 2) if n != 2}
of_report = {n: predicted_range(BAND_EDGES_KEV[1:n], BAND_EDGES_KEV[1 : n - 1]) for n in (3, 4)}
empty_share = np.mean([np.exp(-(one.gas[-1] + one.agn[-1])) for one in spectra])
empty_range = empty_share - 0.05, empty_share + 0.05


def range_text(found):
    return "{:.2f} to {:.2f}".format(*found)


def information_of(edges):
    """The least error of log10 T from a cluster's bands, its median over the clusters [dex]."""
    bands = [merged(one, FINE_EDGES_KEV, (0, *edges, inf)) for one in spectra]
    return np.median([temperature_information(one.gas, one.hotter) ** -0.5 for one in bands])


rows = [
    [
        f"{edge:g}",
        f"{information_of((edge,)):.3f}",
        *(f"{value:.3f}" for value in expected((edge,))),
        range_text(of_edges[edge]) if edge in of_edges else "1",
    ]
    for edge in inner
]
rows.append(["all twelve bands", f"{information_of(inner):.3f}", *(f"{value:.3f}" for value in expected(inner)), ""])
Markdown(
    markdown_table(
        ["Edge [keV]", "Error of log10 T", *(f"Scatter, {name}" for name in treatments), "Ratio to 2.5 keV"],
        rows,
        "lrrrr",
    )
)

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
rows = [
    [f"{n} bands over 2 (edge {n - 1}: {order[n - 2]:g} keV)" if n > 1 else "1 band over 2", range_text(found)]
    for n, found in of_numbers.items()
]
rows += [[f"the report's {n} bands over its {n - 1}", range_text(found)] for n, found in of_report.items()]
rows += [["share of observations with no event above 7.5 keV", range_text(empty_range)]]
Markdown(f"The first edge is {order[0]:g} keV.\n\n" + markdown_table(["Ratio of scatters", "Predicted"], rows, "lr"))

# %% [markdown]
# ## Experiment
#
# **The regression.** Boosted trees see an observation's events in eight rings about their middle, in each band. This is
# all that an image tells of a round cluster, and trees cost a second where a network costs minutes, so every edge can
# be tried. They have the settings, folds and test clusters of the page *What a few counts tell*. Their counts in twelve
# bands are not in the book's usual data: the observations are simulated, or read, once more for them, half a minute on
# two cores at `quick`. Only `report-utils study why` does this. Without it, the predictions that the project has
# committed are judged here, and the origin is shown.
#
# **Networks** of the study cut the photons at five of the edges, with three training seeds each, on images as the report
# makes them. Their second band is open, unlike the report's, which ends at 5 keV.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
command = f"`report-utils study {WHY.name} --profile {reproduction.profile.name}`"
regressions = band_regressions(reproduction, all_splits(order))
trees = None if regressions is None else Runs(regressions.of_split)
cuts = tuple(variant for variant in WHY.variants if variant.name.startswith("cut-"))
outcomes = study_outcomes(reproduction, replace(WHY, variants=cuts))
edge_of = {float(variant.name.removeprefix("cut-").replace("_", ".")): variant.name for variant in cuts}
decided = trees is not None and trees.n_halos >= MINIMUM_GROUPS


def of_trees(numerator, denominator):
    """The ratio of the trees' scatters in two splits, or None."""
    return trees.ratio(split_name(numerator), split_name(denominator)) if decided else None


def scatter_text(split):
    """The trees' scatter in a split [dex]."""
    return interval_text(trees.contrast((split_name(split),), (1,)), ".3f") if decided else "–"


def of_networks(edge):
    """The ratio of the networks' scatters, a cut over the one at 2.5 keV, or None."""
    cut, of_report = ((edge_of[one], "multi_band_2") for one in (edge, 2.5))
    return scatter_ratio(outcomes, cut, of_report)


def each_network(edge):
    """The same ratio in each fold with each training seed that both have; nothing where one is not trained."""
    of_both = [outcomes.get(edge_of[one]) for one in (edge, 2.5)]
    if None in of_both:
        return []
    return [
        np.divide(*(one.residuals[one.fold == fold].std() for one in of_seed))
        for of_seed in zip(*(one.cross_validations["multi_band_2"] for one in of_both), strict=False)
        for fold in np.unique(of_seed[0].fold)
    ]


def verdict(found, predicted):
    """What an interval says on a predicted range."""
    if found is None:
        return "not measured"
    return Prediction("why-6-cuts", "", ("", ""), ("", ""), *predicted).verdict(found)


growing = growing_splits(order)
by_edge = {edge: of_trees((edge,), (2.5,)) for edge in of_edges}
by_number = {n: of_trees(growing[n - 1], growing[1]) for n in of_numbers}
by_report = {n: of_trees(BAND_EDGES_KEV[1:n], BAND_EDGES_KEV[1 : n - 1]) for n in of_report}
networks = {edge: of_networks(edge) for edge in edge_of if edge != 2.5}
single = {edge: each_network(edge) for edge, found in networks.items() if found is not None}
lines = []
if trees is None:
    lines.append(f"No counts in fine bands: {command} makes them.")
elif not decided:
    lines.append(f"Regressions are not judged: {trees.n_halos} halos are tested, {MINIMUM_GROUPS} are needed.")
elif regressions.origin:
    lines.append(f"Regressions: committed predictions, {regressions.origin}.")
if not any(networks.values()):
    lines.append(f"No networks at other edges, or too few halos: {command} trains them.")
Markdown("\n\n".join(lines)) if lines else None

# %% mystnb={"figure": {"caption": "**Where to cut, and how often.** Left: the scatter of a two-band split at each edge, over that at 2.5 keV. Right: the scatter in more bands over that in two. Both as measured, with 95% intervals, above the predicted ranges in grey; dots are single networks; the line at 1 is no difference.", "name": "fig-cuts"}, "image": {"alt": "Two panels of ratios of scatters: against the edge of a two-band split from 0.5 to 7.5 keV, and against the number of bands from 1 to 12, with intervals and predicted ranges."}} tags=["hide-input"]
figure = Figure(figsize=(8.0, 4.0), layout="constrained")
left, right = figure.subplots(1, 2, sharey=True)


def draw(ax, found, **look):
    found = {place: one for place, one in found.items() if one is not None}
    if not found:
        return
    values = np.array([one.value for one in found.values()])
    ends = np.array([(one.low, one.high) for one in found.values()]).T
    ax.errorbar(list(found), values, yerr=np.abs(ends - values), ls="none", capsize=2.5, ms=5, elinewidth=1.2, **look)


for ax, ranges, width in ((left, of_edges, 1.07), (right, of_numbers, None)):
    for place, (low, high) in ranges.items():
        sides = (place / width, place * width) if width else (place - 0.3, place + 0.3)
        label = "predicted" if ax is left and place == inner[0] else None
        ax.fill_between(sides, low, high, color=NEUTRAL, alpha=0.35, lw=0, label=label)
    ax.axhline(1, color="black", lw=0.8)
draw(left, by_edge, color=AGN_LESS, marker="^", label="trees on ring counts")
draw(left, {edge * 1.03: one for edge, one in networks.items()}, color=OURS, marker="o", label="networks")
for edge, found in single.items():
    label = None if edge != next(iter(single)) else "each network"
    left.plot([edge * 1.08] * len(found), found, ".", color=OURS, ms=4, alpha=0.6, label=label)
draw(right, by_number, color=AGN_LESS, marker="^")
left.set_xscale("log")
left.set_xticks(inner, [f"{edge:g}" if edge not in {0.7, 3, 6} else "" for edge in inner], fontsize="small")
left.set_yscale("log")
left.set_yticks([0.5, 0.7, 1, 1.5, 2, 3], ["0.5", "0.7", "1", "1.5", "2", "3"])
left.minorticks_off()
left.set_xlabel("edge between two bands [keV]", fontsize="medium")
left.set_ylabel("ratio of scatters", fontsize="medium")
right.set_xticks(range(1, 13))
right.set_xlabel("number of bands", fontsize="medium")
left.set_title("over a cut at 2.5 keV")
right.set_title("over two bands")
figure.legend(loc="outside upper right", ncols=4, fontsize="small")
figure

# %% [markdown]
# ## Edge by edge
#
# Ratios are over the cut at 2.5 keV, on the same clusters, with halos and the networks' seeds resampled. The trees'
# own scatters are in dex. The last column has the range of single networks, each over the one of the same fold and
# seed: a ratio for which these lie on both sides of 1 is no effect.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]


def cells(found, predicted):
    return ["–", "–"] if found is None else [interval_text(found, ".2f"), verdict(found, predicted)]


header = ["Trees [dex]", "Predicted", "Trees, ratio", "Verdict"]
rows = [
    [
        f"{edge:g}",
        scatter_text((edge,)),
        range_text(predicted),
        *cells(by_edge[edge], predicted),
        *cells(networks.get(edge), predicted),
        f"{min(single[edge]):.2f} to {max(single[edge]):.2f}" if edge in single else "–",
    ]
    for edge, predicted in of_edges.items()
]
rows.insert(inner.index(2.5), ["2.5", scatter_text((2.5,)), "1", "1", "", "1", "", "1"])
Markdown(markdown_table(["Edge [keV]", *header, "Networks, ratio", "Verdict", "Each network"], rows, "lrrrlrlr"))

# %% [markdown]
# ## More bands

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
rows = [
    [
        f"{n} over 2" + (f" (adds {order[n - 2]:g} keV)" if n > 2 else ""),
        scatter_text(growing[n - 1]),
        range_text(predicted),
        *cells(by_number[n], predicted),
    ]
    for n, predicted in of_numbers.items()
]
rows += [
    [
        f"the report's {n} over its {n - 1}",
        scatter_text(BAND_EDGES_KEV[1:n]),
        range_text(predicted),
        *cells(by_report[n], predicted),
    ]
    for n, predicted in of_report.items()
]
Markdown(markdown_table(["Bands", *header], rows, "lrrrl"))

# %% [markdown]
# ## The report's fourth band
#
# Above 7.5 keV the telescope collects little, and the gas emits little. Here the observations are ordered by their
# number of events, and each third is looked at alone: how many of its observations have no event above 7.5 keV, how
# many such events the middle one has, how many of them in all are those of AGN, and what the fourth band adds to the
# report's first three. The share of AGN is known where there are observations without AGN.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
events = np.concatenate([part.sum(axis=(1, 2)) for part in np.array_split(reproduction.counts(), 50)])
high, total, groups = events[:, -1], events.sum(axis=1), reproduction.groups
without_agn = (
    reproduction.counts("agn_less")[..., -1].sum(axis=(1, 2)) if reproduction.available("agn_less_1") else None
)
names = ("multi_band_3", "multi_band_4")
there = all(reproduction.holds(key) for name in names for key in reproduction.fit_keys(name, 0))
trained = trained_only(all_seeds(reproduction, names)) if there else {}


def share_empty(rows):
    """The share of some observations that have no event above 7.5 keV, with halos resampled."""
    _, halo = np.unique(groups[rows], return_inverse=True)
    of_halo = [np.bincount(halo, weights) for weights in (high[rows] == 0, np.ones(len(rows)))]
    share = float(np.mean(high[rows] == 0))
    if len(of_halo[0]) < MINIMUM_GROUPS or share in {0, 1}:
        return Interval(share, np.nan, np.nan)
    found = bootstrap(
        of_halo,
        lambda empty, n, axis: empty.sum(axis) / n.sum(axis),
        paired=True,
        n_resamples=4000,
        rng=np.random.default_rng(0),
    )
    return Interval(share, *map(float, found.confidence_interval))


def share_text(found):
    return interval_text(found, ".2f") if np.isfinite(found.low) else f"{found.value:.2f}"


def fourth_over_third(tested, rows, three, four):
    """The ratio of scatters with the fourth band over without it, in some observations, or None."""
    if not {three, four} <= tested.keys():
        return None
    runs = Runs({name: tested[name].among(rows) for name in (three, four)})
    return runs.ratio(four, three) if runs.n_halos >= MINIMUM_GROUPS else None


of_trees_all = {} if trees is None else trees.tested
splits_of_report = [split_name(BAND_EDGES_KEV[1:n]) for n in (3, 4)]
ranked = np.argsort(total, kind="stable")
chosen = dict(zip(("fewest events", "middle third", "most events"), np.array_split(ranked, 3), strict=True))
chosen["all"] = np.sort(ranked)
rows, fourth = [], {}
for label, members in chosen.items():
    of_agn = "–" if without_agn is None else f"{1 - without_agn[members].sum() / max(high[members].sum(), 1):.0%}"
    fourth[label] = [
        fourth_over_third(of_trees_all, members, *splits_of_report),
        fourth_over_third(trained, members, *names),
    ]
    rows.append(
        [
            label,
            f"{np.median(total[members]):,.0f}".replace(",", "\u202f"),
            share_text(share_empty(members)),
            f"{np.median(high[members]):.0f}",
            of_agn,
            *("–" if one is None else interval_text(one, ".2f") for one in fourth[label]),
        ]
    )
settings = reproduction.observations.settings
background = None if settings is None else settings.particle_background
simulated = {None: "an archive's own", True: "with", False: "without"}[background]
Markdown(
    markdown_table(
        ["Observations", "Events", "Empty", "Events above 7.5", "Of AGN", "4 over 3 bands, trees", "Networks"],
        rows,
        "lrrrrrr",
    )
    + f"\n\nParticle background: {simulated}."
)

# %% [markdown]
# ## The predictions, judged
#
# Numbers are ratios of scatters, below 1 where more is gained, or shares of observations.


# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
def special(near):
    """What the rule says on the report's edge."""
    found = [one for one in near if one is not None]
    if not found:
        return "not measured"
    if all(one.low > 1 for one in found):
        return "special"
    if any(within(one, MARGIN) == HOLDS or one.high < 1 for one in found):
        return "not special, as predicted"
    return UNDECIDED


def listed(found, predicted):
    """How many predictions hold, fail, and are undecided."""
    verdicts = [verdict(found[place], predicted[place]) for place in found if found[place] is not None]
    return ", ".join(f"{verdicts.count(one)} {one}" for one in dict.fromkeys(verdicts)) or "not measured"


NEAR = (1.5, 2, 3, 4)
of_all = share_empty(chosen["all"])
alike = {HOLDS: f"redundant, to {MARGIN - 1:.0%}", FAILS: "not redundant", UNDECIDED: UNDECIDED}
last_gain = of_trees(growing[-1], growing[3])
least = min(
    (edge for edge, one in by_edge.items() if one is not None), key=lambda edge: by_edge[edge].value, default=None
)
of_edge = {
    "trees": special([by_edge[edge] for edge in NEAR]),
    "networks": special([networks[edge] for edge in NEAR if edge in networks]),
}
of_fourth = {
    kind: ("–", "not measured") if one is None else (interval_text(one, ".2f"), alike[within(one, MARGIN)])
    for kind, one in zip(("trees", "networks"), fourth["all"], strict=True)
}
rows = [
    [f"2.5 keV by trees, against {split_name(NEAR)} keV", "", of_edge["trees"]],
    [
        f"2.5 keV by networks, against {split_name(edge for edge in NEAR if edge in networks)} keV",
        "",
        of_edge["networks"],
    ],
    ["other edges by trees", "", listed(by_edge, of_edges)],
    ["other edges by networks", "", listed(networks, of_edges)],
    ["numbers of bands", "", listed(by_number, of_numbers)],
    *([f"the report's fourth band over its third, by {kind}", *found] for kind, found in of_fourth.items()),
    ["observations with no event above 7.5 keV", share_text(of_all), verdict(of_all, empty_range)],
]
if least is not None:
    rows.append(
        [f"the best other edge by trees: {least:g} keV", interval_text(by_edge[least], ".2f"), "chosen afterwards"]
    )
if last_gain is not None:
    rows.append(["twelve bands over four, by trees", interval_text(last_gain, ".2f"), "not predicted"])
Markdown(markdown_table(["Quantity", "Here", "Verdict"], rows, "lrl"))

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
Markdown(
    f"**What was found.** The report's edge at 2.5 keV, by trees: *{of_edge['trees']}*; by networks: *{of_edge['networks']}*. "
    f"Its fourth band over its third, by trees: {of_fourth['trees'][0]}, *{of_fourth['trees'][1]}*."
)
