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
# # Is it an image problem?
#
# **The question.** The network sees images. Does it need them, or would a few numbers do?
#
# Two experiments. A *ladder* gives boosted trees more and more of what an image shows, up to the hardness in rings, and
# puts the network beside them. Networks are then trained from scratch on *destroyed images*, with the pixels in random
# order, or with those of each ring in random order.
#
# The simulation limits every answer. Its clusters are smooth ellipsoids with universal profiles, a few clumps, and AGN as
# points. There are no shocks, no sloshing, no filaments. **There is little morphology to learn from**, so this page can
# show what a network needs for *these* images. It cannot show that morphology is useless in real ones.

# %% tags=["parameters", "remove-cell"]
profile = None  # a name in profiles/ or a file; None: what REPORT_PROFILE names, or quick

# %% [markdown]
# ## Prediction
#
# *Committed before the trees of this page were fitted and before any network had been trained on a destroyed image.*
#
# **What was known.** Scatters of the book's networks, and those of trees on total counts, stand on other pages. A draft of
# the simulation gave 0.226 dex from total counts without AGN, 0.160 from ring counts in one band and 0.095 in two; and
# 0.137 and 0.073 with the network.
#
# **The ladder.** The arithmetic of [](why-1-hidden-or-known) gives 0.194 dex from counts, 0.181 with an angular size known
# to 0.15 dex, and 0.079 from counts and hardness. The image does not show the size as an angle, because its box is the
# extremes of the events: the size is in pixels, and says less. AGN spoil the hardness. Rings show a core that
# is too bright, and hardness in rings shows AGN, so both should help a little. The network sees AGN as points.
# Each step over the one before:
#
# | Ratio of scatters | Predicted |
# |:--|--:|
# | size in pixels added to totals | 0.85 to 1.05 |
# | hardness added | 0.4 to 0.75 |
# | counts in rings added | 0.8 to 1 |
# | hardness in rings added | 0.85 to 1 |
# | network of two bands, over the trees at the top | 0.7 to 1 |
# | network of one band, over trees on rings of one band | 0.75 to 1.05 |
#
# **The floors.** From truths, with straight lines in logarithms: 0.057 dex from the temperature, 0.051 with the redshift,
# 0.043 with the luminosity too.
#
# | Ratio of scatters | Predicted |
# |:--|--:|
# | true T and z, over true T | 0.8 to 1 |
# | true T, L and z, over true T and z | 0.75 to 1 |
# | network of two bands, over true T | 1.1 to 1.8 |
#
# **Destroyed images**, over real ones. If the steps of the ladder above hardness are small, a network loses little when
# pixels are permuted: totals, hardness and the histogram of pixels stay, and for a round cluster the histogram is almost
# its profile. Predicted are 1 to 1.4 with one band and 1.05 to 1.5 with two, where AGN must be told from gas. Without
# AGN there is less to lose: 0.95 to 1.3 with either. A scrambled azimuth leaves the profile and the bright pixels of
# AGN, and should change nothing: 1/1.15 to 1.15 in all four.
#
# **The rule.** As predicted if the 95% interval lies inside the range, not as predicted if it lies outside, else
# undecided.

# %% [markdown]
# ## A ladder of what is seen
#
# Boosted trees predict masses, with the settings and the folds of the page *What a few counts tell*, so that they are
# trained on the network's training clusters and tested on its test clusters. Each rung has all that the rung below has,
# and one thing more:
#
# 1. *totals*: the number of events in the bands that are seen;
# 2. *size*: the radius about the median event that holds half of the events. It is in pixels: the image does
#    not tell how many arcsec a pixel has, because the box is set by the outermost of the observation's own events;
# 3. *hardness*: the ratio of the bands;
# 4. *rings*: counts in eight rings about the median event;
# 5. *hardness in rings*;
# 6. the network, which sees the image. It stands beside the trees and does not build on them.
#
# When the predictions were made, this book already held the scatters of trees on ring counts in one and in two bands, on
# the page [](why-6-cuts). The prediction does not list them among what was known.
#
# With one band, rungs 3 and 5 are empty. What the prediction calls *floors* is the scatter of straight lines in
# logarithms, fitted in the same folds to truths that no image shows: temperature, redshift, and luminosity. They are
# references, not floors: a network that is told the distance may fall below them. An archive has none of them.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
from math import inf

import numpy as np
from IPython.display import Markdown
from matplotlib.figure import Figure

from report_utils.binning import BAND_EDGES_KEV, get_transform
from report_utils.experiments.rings import half_count_radii, radial_profiles
from report_utils.report import figures, open_reproduction
from report_utils.report.baselines import (
    cross_validate_regression,
    hardness,
    linear_regression,
    luminosity,
    tree_regression,
)
from report_utils.report.claim_tests import Runs
from report_utils.report.figures.style import AGN_LESS, NEUTRAL, OURS, PRINTED
from report_utils.report.intervals import MINIMUM_GROUPS
from report_utils.report.second_band import PREDICTIONS, counted_verdicts, predictions_table, range_verdict
from report_utils.report.seeds import SeedPredictions, on_common_clusters, trained_only
from report_utils.report.wording import interval_text, markdown_table, untrained_warning
from report_utils.reproduction.studies import WHY
from report_utils.reproduction.study_results import study_outcomes

reproduction = open_reproduction(profile)
figures.use_book_style()
N_RINGS, NO_AGN = 8, "two bands, no AGN"
ONE, TWO, FOUR = NETWORKS = {"one band": "single_band", "two bands": "multi_band_2", "four bands": "multi_band_4"}
if reproduction.available("agn_less_2"):
    NETWORKS[NO_AGN] = "agn_less_2"
REAL, PERMUTED, SCRAMBLED = "network", "network, pixels permuted", "network, azimuth scrambled"
of_sample = (
    reproduction.dataset.log10_mass,
    reproduction.fold_of(),
    range(reproduction.profile.folds.run),
    reproduction.groups,
)


def rungs(profiles, transform):
    """What is added at each rung to what a transform's image shows, where it adds anything."""
    seen = [band for summed in get_transform(transform).bands(BAND_EDGES_KEV) for band in summed]
    n, _, n_bands = profiles.shape
    totals = profiles.sum(axis=1)
    rings = profiles.reshape(n, N_RINGS, -1, n_bands).sum(axis=2).reshape(-1, n_bands)
    added = {
        "totals": luminosity(totals, transform),
        "+ size": np.log10(half_count_radii(profiles[..., seen].sum(axis=-1), 0.5) + 0.5)[:, None],
        "+ hardness": hardness(totals, transform),
        "+ rings": luminosity(rings, transform).reshape(n, -1),
        "+ hardness in rings": hardness(rings, transform).reshape(n, -1),
    }
    return {name: columns for name, columns in added.items() if columns.shape[1]}


def climb(transform, only=None):
    """Cross-validate trees on each rung of a transform's ladder, or only on some."""
    counts = reproduction.counts(get_transform(transform).source)
    added = rungs(radial_profiles(counts, counts.shape[1]), transform)  # rings half a pixel wide
    return {
        name: cross_validate_regression(name, tree_regression, np.hstack(list(added.values())[:height]), *of_sample)
        for height, name in enumerate(added, start=1)
        if only is None or name in only
    }


tops = {ONE: "+ rings", TWO: "+ hardness in rings"}
shown = {(bands, name): tested for bands in (ONE, TWO) for name, tested in climb(NETWORKS[bands]).items()}
if NO_AGN in NETWORKS:
    top = climb(NETWORKS[NO_AGN], only=("+ hardness", "+ rings", "+ hardness in rings"))
    shown |= {(NO_AGN, name): tested for name, tested in top.items()}

notes = []
truths, floors = ["temperature_keV", "redshift", "luminosity"], {"true T": 1, "true T, z": 2, "true T, L, z": 3}
if set(truths) <= set(reproduction.catalogue):
    known = reproduction.catalogue[truths].to_numpy() + np.array([0, 1, 0])  # 1 + z
    for name, n_known in floors.items():
        seen = np.log10(known[:, :n_known])
        shown["floor", name] = cross_validate_regression(name, linear_regression, seen, *of_sample)
else:
    notes.append(
        "An archive does not tell true temperatures, redshifts and luminosities: these references are missing."
    )

outcomes = study_outcomes(reproduction, WHY)
found_of = {name: one.cross_validations for name, one in outcomes.items() if one is not None}
networks = {
    (bands, REAL): SeedPredictions.of(found_of.get("default", {}).get(name) or reproduction.cross_validations(name))
    for bands, name in NETWORKS.items()
}
for label, variant in ((PERMUTED, "permuted-pixels"), (SCRAMBLED, "scrambled-azimuth")):
    for bands in (ONE, TWO):
        if NETWORKS[bands] in found_of.get(variant, {}):
            networks[bands, label] = SeedPredictions.of(found_of[variant][NETWORKS[bands]])
notes.append(untrained_warning({", ".join(key): one.untrained for key, one in networks.items()}))
shown |= trained_only(networks)
shown = {key: SeedPredictions.of(one) for key, one in shown.items()}
runs = Runs({", ".join(key): one for key, one in shown.items()})
same_clusters = on_common_clusters(shown)
decided = runs.n_halos >= MINIMUM_GROUPS
if not decided:
    notes.append(f"Nothing is judged: {runs.n_halos} halos are tested, and {MINIMUM_GROUPS} or more are needed.")


def scatter(key):
    """A scatter with its interval [dex], or None."""
    return runs.contrast((", ".join(key),), (1,)) if decided and key in shown else None


def ratio(numerator, denominator):
    """A ratio of scatters on the same clusters, or None."""
    possible = decided and numerator in shown and denominator in shown
    return runs.ratio(", ".join(numerator), ", ".join(denominator)) if possible else None


def scatters_of(one):
    """The scatter of each network by itself, (n_seeds, n_folds) [dex]."""
    return np.array([[seed[one.fold == fold].std() for fold in np.unique(one.fold)] for seed in one.residuals])


def of_each(numerator, denominator):
    """The ratio of two scatters in each fold, with each training seed that both have, or with each if one has but one."""
    above, below = scatters_of(numerator), scatters_of(denominator)
    n_seeds = min(len(above), len(below))
    return (above / below if n_seeds == 1 else above[:n_seeds] / below[:n_seeds]).ravel()


def each_text(ratios):
    """From the smallest ratio to the largest."""
    return f"{min(ratios):.2f} to {max(ratios):.2f}" if len(ratios) else "–"


def verdict(found, low, high):
    """What an interval says on a predicted range."""
    return "not measured" if found is None else range_verdict([found], low, high)


Markdown("\n\n".join(filter(None, notes))) if any(notes) else None

# %% mystnb={"figure": {"caption": "**What is seen, and how well it tells the mass.** The scatter of boosted trees that see more and more of an image, with one band and with two; of the networks on real and on destroyed images; and of straight lines in truths that no image shows. Intervals are 95%; small dots are single networks, one for each fold and training seed.", "name": "fig-image-ladder"}, "image": {"alt": "Horizontal ladder of scatters with intervals: trees from totals to hardness in rings, networks, and true temperatures, for one band and two bands."}} tags=["hide-input"]
steps = list(dict.fromkeys(step for bands in (TWO, ONE, "floor") for of, step in shown if of == bands))
looks = {
    ONE: {"color": PRINTED, "marker": "s", "label": ONE},
    TWO: {"color": OURS, "marker": "o", "label": TWO},
    NO_AGN: {"color": AGN_LESS, "marker": "v", "label": NO_AGN},
    FOUR: {"color": "#cc78bc", "marker": "D", "label": FOUR},
    "floor": {"color": "0.35", "marker": "^", "label": "truths"},
}
figure = Figure(figsize=(8.0, 0.9 + 0.36 * len(steps)), layout="constrained")
ax = figure.subplots()
for place, (bands, look) in enumerate(looks.items()):
    heights = {step: i + (place - 1.5) * 0.17 if bands != "floor" else i for i, step in enumerate(steps)}
    of_bands = {step: found for step in steps if (found := scatter((bands, step))) is not None}
    if not of_bands:
        continue
    values = np.array([one.value for one in of_bands.values()])
    ends = np.abs(np.array([(one.low, one.high) for one in of_bands.values()]).T - values)
    ax.errorbar(values, [heights[step] for step in of_bands], xerr=ends, ls="none", ms=5, capsize=2.5, lw=1.2, **look)
    for step in of_bands:
        if step in {REAL, PERMUTED, SCRAMBLED}:
            one = same_clusters[bands, step]
            alone = scatters_of(one).ravel()
            ax.plot(alone, [heights[step]] * len(alone), ".", color=look["color"], ms=3, alpha=0.6)
ax.set_yticks(range(len(steps)), steps)
ax.invert_yaxis()
ax.grid(axis="x", color=NEUTRAL, alpha=0.3)
ax.set_xlim(left=0)
ax.set_xlabel("scatter of the predicted mass [dex]")
if decided:
    figure.legend(loc="outside upper right", ncols=5, fontsize="small")
figure if decided else None

# %% [markdown]
# Predictions are judged on the ladder of two bands; the one about the network of one band has a ladder of its own. The
# last column has the range of single networks, or of the trees of single folds. A range on both sides of 1 is no effect.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
ranges = {
    "size in pixels added to totals": ((TWO, "+ size"), (TWO, "totals"), 0.85, 1.05),
    "hardness added": ((TWO, "+ hardness"), (TWO, "+ size"), 0.4, 0.75),
    "counts in rings added": ((TWO, "+ rings"), (TWO, "+ hardness"), 0.8, 1),
    "hardness in rings added": ((TWO, "+ hardness in rings"), (TWO, "+ rings"), 0.85, 1),
    "network of two bands, over the trees at the top": ((TWO, REAL), (TWO, tops[TWO]), 0.7, 1),
    "network of one band, over trees on rings of one band": ((ONE, REAL), (ONE, tops[ONE]), 0.75, 1.05),
    "true T and z, over true T": (("floor", "true T, z"), ("floor", "true T"), 0.8, 1),
    "true T, L and z, over true T and z": (("floor", "true T, L, z"), ("floor", "true T, z"), 0.75, 1),
    "network of two bands, over true T": ((TWO, REAL), ("floor", "true T"), 1.1, 1.8),
}
judged = {}
for label, (above, below, low, high) in ranges.items():
    found = ratio(above, below)
    alone = [] if found is None else of_each(same_clusters[above], same_clusters[below])
    judged[label] = low, high, found, alone, verdict(found, low, high)


def judged_markdown(judged):
    """Write predictions beside what was measured."""
    cells = [
        [
            label,
            f"{low:.3g} to {high:.3g}",
            "" if found is None else interval_text(found, ".2f"),
            said,
            each_text(alone),
        ]
        for label, (low, high, found, alone, said) in judged.items()
    ]
    return markdown_table(
        ["Ratio of scatters", "Predicted", "Measured [95% interval]", "Verdict", "Each"], cells, "lrrlr"
    )


rows = [
    [
        step,
        *(
            "–" if (found := scatter((bands, step))) is None else interval_text(found, ".3f")
            for bands in (ONE, TWO, NO_AGN, FOUR, "floor")
        ),
    ]
    for step in steps
]
scatters = markdown_table(["Scatter [dex]", ONE, TWO, NO_AGN, FOUR, "truths"], rows, "lrrrrr")
Markdown(f"{judged_markdown(judged)}\n\n{scatters}" if decided else judged_markdown(judged))

# %% [markdown]
# ## Destroyed images
#
# Networks are trained from scratch on images whose pixels are in random order (*permuted*), and on images in which only
# the pixels of each ring are (*azimuth scrambled*; rings are one pixel wide, about the centroid). All bands of a pixel
# move together. Each is compared to the network of real images, on the same clusters, with three training seeds.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
predictions = [one for one in PREDICTIONS if one.page == "why-4-image"]
needed = ("default", "permuted-pixels", "scrambled-azimuth")
titles = {variant.name: variant.title for variant in WHY.all_variants}
missing = [titles[name] for name in needed if name not in found_of]
notes = []
if missing:
    command = f"report-utils study {WHY.name} --profile {reproduction.profile.name}"
    notes.append(f"Not trained yet: {'; '.join(missing)}. `{command}` trains them.")
if not reproduction.available("agn_less_1"):
    notes.append("Without AGN-less lists, there is no comparison without AGN.")
destroyed = {}
for one, found, said in predictions_table(predictions, outcomes):
    alone = []
    if found is not None:
        of_both = {part: SeedPredictions.of(found_of[part[0]][part[1]]) for part in (one.numerator, one.denominator)}
        alone = of_each(*on_common_clusters(of_both).values())
    destroyed[one.label] = one.low, one.high, found, alone, said


def cost_of_agn(variant):
    """With two bands: the ratio of destroyed to real images with AGN, over the one without AGN; or None."""
    names = [(name, transform) for transform in ("multi_band_2", "agn_less_2") for name in (variant, "default")]
    if not all(transform in found_of.get(name, {}) for name, transform in names):
        return None
    four = Runs({" ".join(one): found_of[one[0]][one[1]] for one in names})
    if four.untrained or four.n_halos < MINIMUM_GROUPS:
        return None
    return four.contrast([" ".join(one) for one in names], (1, -1, -1, 1))


Markdown("\n\n".join([*notes, judged_markdown(destroyed)]))

# %% [markdown]
# ## What was not predicted
#
# These were added after outcomes had been seen. They say where the steps of the ladder come from, and have no verdict. A
# network learns in another way than trees, so its ratio to them is not what the image alone adds. Destroyed images are
# shown to the same kind of network.
#
# *With AGN over without* is below 1 if the network gains more over the trees where images hold AGN. *Permuted pixels squared,
# over real* is below 1 if most of the network's gain over the trees, in log scatter, does not need to know where pixels lie. An
# AGN is bright and hard in few pixels, which could explain a ratio below 1; this was not tested. The line in the true temperature is no floor if
# a network that is told the distance lies below it.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
more = {
    "network over trees on totals, size and hardness, two bands": ((TWO, REAL), (TWO, "+ hardness")),
    "the same without AGN": ((NO_AGN, REAL), (NO_AGN, "+ hardness")),
    "network on permuted pixels over the same trees, two bands": ((TWO, PERMUTED), (TWO, "+ hardness")),
    "network of two bands, with AGN over without": ((TWO, REAL), (NO_AGN, REAL)),
    "counts in rings added, one band": ((ONE, "+ rings"), (ONE, "+ size")),
    "counts in rings added, two bands without AGN": ((NO_AGN, "+ rings"), (NO_AGN, "+ hardness")),
    "hardness in rings added, two bands without AGN": ((NO_AGN, "+ hardness in rings"), (NO_AGN, "+ rings")),
}
found_more = {}
for label, (above, below) in more.items():
    if (found := ratio(above, below)) is not None:
        found_more[label] = found, of_each(same_clusters[above], same_clusters[below])


def said_of(found, alone):
    """Whether a ratio differs from 1: its interval must say so and, where there are any, each network."""
    if found.high < 1 and max(alone, default=0) < 1:
        return "below 1"
    return "above 1" if found.low > 1 and min(alone, default=inf) > 1 else "no difference shown"


for label, variant in (("pixels permuted", "permuted-pixels"), ("azimuth scrambled", "scrambled-azimuth")):
    if (found := cost_of_agn(variant)) is not None:
        found_more[f"{label}, two bands: destroyed over real with AGN, over the same without"] = found, []
with_and_without = [(bands, step) for bands in (TWO, NO_AGN) for step in (REAL, "+ hardness")]
if decided and all(one in shown for one in with_and_without):
    apart = runs.contrast([", ".join(one) for one in with_and_without], (1, -1, -1, 1))
    found_more["network over trees on totals, size and hardness, with AGN over without"] = apart, []
kept = [(TWO, PERMUTED), (TWO, REAL), (TWO, "+ hardness")]
if decided and all(one in shown for one in kept) and (ratio(*kept[1:]).high < 1):
    half = runs.contrast([", ".join(one) for one in kept], (2, -1, -1))
    found_more["network over the same trees, two bands: permuted pixels squared, over real"] = half, []
told, temperature = found_of.get("distance-known", {}).get("multi_band_2"), ("floor", "true T")
if decided and told and temperature in shown:
    of_both = Runs({"told": SeedPredictions.of(told), "true T": shown[temperature]})
    if not of_both.untrained:
        found_more["network of two bands told the distance, over true T"] = of_both.ratio("told", "true T"), []
rows = [
    [label, interval_text(found, ".2f"), each_text(alone), said_of(found, alone)]
    for label, (found, alone) in found_more.items()
]
header = ["Ratio of scatters", "Measured [95% interval]", "Each", "Outcome"]
Markdown(markdown_table(header, rows, "lrrl") if rows else "Nothing can be measured here.")

# %% [markdown]
# Simulated clusters have little morphology. What a network could learn from the shapes of real clusters, their images
# cannot tell: a step that is small in the simulation may be larger there.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
both = {**judged, **destroyed}
verdicts = [said for *_, said in both.values()]
measured_any = any(found is not None for _, _, found, *_ in both.values())
found = counted_verdicts(verdicts) if measured_any else "Nothing can be judged here."
for label, (one, alone) in list(found_more.items())[:1]:
    found += f" Ratio of scatters, {label}: {interval_text(one, '.2f')} (*{said_of(one, alone)}*)."
Markdown(f"**What was found.** {found}")
