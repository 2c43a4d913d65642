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
# # The same cluster, moved
#
# **The question.** How far does the predicted mass move if only the cluster's distance changes, or only its
# temperature?
#
# Occluding a part of an image makes an image that no telescope would take. A simulation can do better. Here it observes
# the same clusters again, with the same seeds and the same gas. Only one thing is changed: the distance, the
# temperature, the exposure, or the AGN. The trained networks of one band, of the lowest band and of two bands look at
# the new images. The true mass never changes, so a network that knew it would not move at all.
#
# ## Prediction
#
# *Written before any network was shown such an image.*
#
# Move a cluster to the luminosity distance $D_L$ and leave it as it is. Its counts fall by 2 dex per dex of distance.
# Were the mass read from counts alone at a fixed distance, $N \propto M^{\alpha}$ with $\alpha = 1.62$, it would move by
# $-2/\alpha = -1.23$ dex per dex. A regression that does not know the distance moves less. It has seen light, near
# clusters with the counts of heavy, far ones, so it trusts the counts less, and it has the angular size as well.
#
# A thermometer sees $T/(1+z)$. At a fixed mass, $M \propto T^{1.71}$ lets it move by 1.71 dex per dex of temperature.
# With distance it moves only as $1+z$ does:
#
# $$
# \frac{\mathrm{d} \log M}{\mathrm{d} \log D_L} = -1.71 \, \frac{\mathrm{d} \log (1+z)}{\mathrm{d} \log D_L} ,
# $$ (eq-thermometer-moved)
#
# with the numbers below for the grid of distances used here. Counts hardly depend on temperature: the cooling function
# is flat in these bands.
#
# These extremes bracket what is possible. The predicted ranges come from regressions of the mass on the observables
# of 110 simulated clusters of another seed. There are six for each kind of network: events of AGN are told apart or
# not, and the angular size is not seen, seen to 0.15 dex, or known. Each regression says how far its mass moves per dex
# of each change, and how far AGN move it on average over the clusters that have some. The predicted range goes
# from the lowest of the six to the highest, and on both sides further by a quarter of that end or by 0.1 dex
# per dex, whichever is more (by 0.01 dex for AGN).
#
# *The rule.* A prediction holds if the 95% interval of the mean over clusters lies inside its range, fails if it lies
# outside, and is undecided otherwise. Three comparisons on the same clusters are predicted as well: with two bands, the
# mass moves less with distance than with one, more with temperature, and less with exposure. Each holds if the
# interval of the difference excludes zero *and* each network alone says the same; a difference below the spread
# between networks is no effect.
#
# *The clusters.* Those that no network concerned was trained on, the first of each halo in the order of the catalogue,
# if its AGN-less list has from 1,000 to 60,000 events, and no more than 48. Halos are resampled. Other snapshots of
# their halos were in training, as everywhere in this book, unless folds are grouped.
#
# *The changes.* The distances are those of the redshifts 0.1, 0.15, 0.21, 0.29 and 0.42, the temperature is multiplied
# by 0.75, 1 and 1.33, the exposure by 0.25, 0.5 and 1, all on lists without AGN, because member AGN have fixed fluxes here
# and would not dim. AGN are added where the cluster is. A slope is that of least squares within each cluster.

# %% tags=["parameters", "remove-cell"]
profile = None  # a name in profiles/ or a file; None: what REPORT_PROFILE names, or quick

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
import numpy as np
from IPython.display import Markdown
from matplotlib.figure import Figure

from report_utils.binning import get_transform
from report_utils.errors import NotAvailableError
from report_utils.experiments.expected_scatter import SLOPE_OF_MASS_WITH_TEMPERATURE
from report_utils.experiments.moved_clusters import CHANGES, expected_responses, observed_again
from report_utils.prediction.trained_networks import trained_networks
from report_utils.report import figures, open_reproduction
from report_utils.report.figures.style import AGN_LESS, NEUTRAL, OURS, PRINTED, show_image, without_ticks
from report_utils.report.intervals import FAILS, HOLDS, MINIMUM_GROUPS, UNDECIDED
from report_utils.report.resampling import resample
from report_utils.report.second_band import Prediction, counted_verdicts
from report_utils.report.wording import interval_text, markdown_table, untrained_warning
from report_utils.simulation.cosmology import luminosity_distance

reproduction = open_reproduction(profile)
figures.use_book_style()
REDSHIFTS = (0.1, 0.15, 0.21, 0.29, 0.42)
FACTORS = {"temperature": (0.75, 1.0, 1.33), "exposure": (0.25, 0.5, 1.0)}
NETWORKS = {"single_band": "one band", "multi_band_1": "lowest band", "multi_band_2": "two bands"}
BANDS = {"single_band": (0, 1, 2, 3), "multi_band_1": (0,), "multi_band_2": (0, 1)}
PER_DEX = {change: "dex" if change == "AGN" else "dex per dex" for change in CHANGES}
log10_distance = np.log10([luminosity_distance(z) for z in REDSHIFTS])


def widened(low, high, least):
    """The range with its margins."""
    return low - max(abs(low) / 4, least), high + max(abs(high) / 4, least)


arithmetic = {name: expected_responses(bands) for name, bands in BANDS.items()}
predicted = {
    name: {change: widened(*ends, 0.01 if change == "AGN" else 0.1) for change, ends in of_each.items()}
    for name, of_each in arithmetic.items()
}


def slopes_within(x, y):
    """The least-squares slope of each row of y (..., n_settings) on x (n_settings,)."""
    centred = np.asarray(x) - np.mean(x)
    return y @ centred / (centred @ centred)


def range_text(ends):
    return "{:.2f} to {:.2f}".format(*ends).replace("-", "−")


stretch = slopes_within(log10_distance, np.log10(1 + np.array(REDSHIFTS)))
rows = [
    [change, PER_DEX[change], label, range_text(arithmetic[name][change]), range_text(predicted[name][change])]
    for change in CHANGES
    for name, label in NETWORKS.items()
]
Markdown(
    markdown_table(["Changed", "Unit", "Network", "Six regressions", "Predicted"], rows, "lllrr")
    + f"\n\nSlope of log (1 + z) with log D: {stretch:.2f}. "
    f"Thermometer: −{SLOPE_OF_MASS_WITH_TEMPERATURE * stretch:.2f} dex per dex of distance."
)

# %% [markdown]
# *Said afterwards.* That counts hardly depend on temperature is true only of the lowest band above about 2 keV. The
# regressions see counts as they are simulated, so the ranges do not rest on it.
#
# ## Experiment

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
MOST, FEWEST_EVENTS, MOST_EVENTS = 48, 1_000, 60_000
observations, fold_of = reproduction.observations, reproduction.fold_of()
notes, dead, asked = [], {}, {}


def chosen_clusters():
    """Rows of the clusters, by the rule above."""
    tested = np.flatnonzero(fold_of < reproduction.profile.folds.run)
    n_events = reproduction.catalogue["n_events_agn_less"].to_numpy()[tested]
    tested = tested[(n_events >= FEWEST_EVENTS) & (n_events <= MOST_EVENTS)]
    _, first = np.unique(reproduction.groups[tested], return_index=True)
    return tested[np.sort(first)][:MOST]


def networks_by_seed(name):
    """The trained networks, for each training seed one for each fold; seeds of which one did not train are left out."""
    by_seed = {}
    for one in trained_networks(reproduction, name):
        if why := one.why_untrained:
            dead[f"{NETWORKS[name]}, fold {one.fold + 1}, training seed {one.training_seed}"] = why
        by_seed.setdefault(one.training_seed, {})[one.fold] = one
    return {
        seed: of_fold for seed, of_fold in by_seed.items() if not any(one.why_untrained for one in of_fold.values())
    }


if observations.settings is None:
    notes.append("Nothing is shown: the observations of an archive cannot be made again.")
else:
    rows = chosen_clusters()
    if len(rows) < MINIMUM_GROUPS:
        notes.append(f"Nothing is shown: {len(rows)} halos fit the rule, {MINIMUM_GROUPS} are needed.")
    else:
        try:
            asked = {name: of_seed for name in NETWORKS if (of_seed := networks_by_seed(name))}
        except NotAvailableError as error:
            notes.append(f"Nothing is shown: {error}.")
notes += [untrained_warning(dead)] if dead else []
if asked:
    log10_mass, folds = reproduction.dataset.log10_mass[rows], fold_of[rows]
    n_networks = [str(sum(map(len, of_seed.values()))) for of_seed in asked.values()]
    masses_shown = f"{log10_mass.min():.2f} to {log10_mass.max():.2f}"
    header = ["Clusters and halos", "log M", *(f"Networks of {NETWORKS[name]}" for name in asked)]
    notes.append(markdown_table(header, [[str(len(rows)), masses_shown, *n_networks]], "r" * len(header)))
Markdown("\n\n".join(notes))

# %% tags=["hide-input"]
as_they_are = {source: reproduction.counts(source)[rows] if asked else None for source in ("agn_less", "observation")}


def again(rows, **settings):
    return observed_again(observations, rows, **settings)


def at_redshifts(rows, redshifts):
    return [again(rows, distance_redshift=z) for z in redshifts]


def heated(rows, factors):
    return [again(rows, temperature_factor=observations.settings.temperature_factor * factor) for factor in factors]


def predicted_masses(name, counts, folds):
    """Masses for each seed, cluster and setting, (n_seeds, n_clusters, n_settings), by the network of the fold."""
    images = np.stack([get_transform(name)(one) for one in counts], axis=1)
    masses = np.empty((len(asked[name]), *images.shape[:2]))
    for seed, of_fold in enumerate(asked[name].values()):
        for fold in np.unique(folds):
            here = images[folds == fold]
            found = of_fold[fold].predict(here.reshape(-1, *here.shape[2:]))
            masses[seed, folds == fold] = found.reshape(here.shape[:2])
    return masses


responses = {}  # for each change and network (n_seeds, n_clusters)
if asked:
    own = as_they_are["agn_less"]
    changed = {
        "distance": at_redshifts(rows, REDSHIFTS),
        "temperature": [own if factor == 1 else heated(rows, [factor])[0] for factor in FACTORS["temperature"]],
        "exposure": [
            own if factor == 1 else again(rows, exposure_s=observations.settings.exposure_s * factor)
            for factor in FACTORS["exposure"]
        ],
        "AGN": [own, as_they_are["observation"]],
    }
    places = {"distance": log10_distance, "AGN": [0, 1]}
    places |= {change: np.log10(factors) for change, factors in FACTORS.items()}
    has_agn = np.any(as_they_are["observation"] != own, axis=(1, 2, 3))
    masses = {
        change: {name: predicted_masses(name, counts, folds) for name in asked} for change, counts in changed.items()
    }
    responses = {
        change: {name: slopes_within(places[change], found) for name, found in of_each.items()}
        for change, of_each in masses.items()
    }

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
Markdown("## One cluster, sliding") if asked else None

# %% mystnb={"figure": {"caption": "**One cluster, sliding.** Above: the same cluster at five distances (counts of all energies, logarithmic, one colour scale). Below: the mass that networks predict for it, when it is moved (left) and when its gas is heated where it is (right). Thin lines are single networks, thick ones their mean; the dashed line is the true mass, which never changes, and the dotted line the cluster's own distance. A network that knew the mass would draw level lines: compare the slopes of one band and of two.", "name": "fig-sliding"}, "image": {"alt": "Five images of one cluster that fades and shrinks with distance; below, predicted masses against distance and against temperature for one and two bands, with the true mass as a horizontal line."}} tags=["hide-input"]
COLOURS = {"single_band": PRINTED, "multi_band_1": AGN_LESS, "multi_band_2": OURS}
SLIDING = {
    "redshift": tuple(np.geomspace(REDSHIFTS[0], REDSHIFTS[-1], 9)),
    "factor": tuple(np.geomspace(FACTORS["temperature"][0], FACTORS["temperature"][-1], 7)),
}
figure = Figure(figsize=(8.0, 5.6), layout="constrained")
if asked:
    one = int(np.argsort(log10_mass, kind="stable")[len(rows) // 2])  # of the median mass
    above, below = figure.subfigures(2, 1, height_ratios=(1, 2.1))
    panels = above.subplots(1, len(REDSHIFTS))
    images = [np.log10(1 + counts[one].sum(axis=-1)) for counts in changed["distance"]]
    for ax, image, redshift in zip(panels, images, REDSHIFTS, strict=True):
        show_image(ax, image, limits=(0, images[0].max()))
        without_ticks(ax)
        ax.set_title(f"{luminosity_distance(redshift):,.0f} Mpc".replace(",", "\u202f"), fontsize="small")
    here, fold = rows[one : one + 1], folds[one : one + 1]
    left, right = below.subplots(1, 2, sharey=True)
    slides = (
        (left, [luminosity_distance(z) for z in SLIDING["redshift"]], at_redshifts(here, SLIDING["redshift"])),
        (right, SLIDING["factor"], heated(here, SLIDING["factor"])),
    )
    for ax, x, counts in slides:
        for name in asked:
            of_seeds = predicted_masses(name, counts, fold)[:, 0]
            ax.plot(x, of_seeds.T, color=COLOURS[name], lw=0.6, alpha=0.6)
            ax.plot(x, of_seeds.mean(axis=0), color=COLOURS[name], lw=2.4, label=NETWORKS[name])
        ax.axhline(log10_mass[one], color="black", ls="--", lw=1.2, label="true mass")
        ax.set_xscale("log")
        ax.minorticks_off()
    places_left = [luminosity_distance(z) for z in REDSHIFTS]
    left.set_xticks(places_left, [f"{place:.0f}" for place in places_left])
    right.set_xticks(FACTORS["temperature"], [f"{factor:g}" for factor in FACTORS["temperature"]])
    own_redshift = reproduction.catalogue["redshift"].to_numpy()[rows[one]]
    left.axvline(luminosity_distance(own_redshift), color="black", ls=":", lw=1)
    left.set_xlabel("luminosity distance [Mpc]", fontsize="medium")
    right.set_xlabel("temperature over the cluster's own", fontsize="medium")
    left.set_ylabel("predicted log M [Msun]", fontsize="medium")
    below.legend(*left.get_legend_handles_labels(), loc="outside upper center", ncols=4, fontsize="small")
figure if asked else None

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
Markdown("## All clusters") if asked else None

# %% mystnb={"figure": {"caption": "**How far the predicted mass moves.** The mean over clusters for each change and network, with its 95% interval (halos and training seeds resampled), above the predicted range in grey. Small crosses are single networks on their own clusters. At the line, the change moves the predicted mass not at all.", "name": "fig-moved-slopes"}, "image": {"alt": "Four panels for distance, temperature, exposure and AGN: slopes of the predicted mass with intervals for one band, the lowest band and two bands, beside predicted ranges."}} tags=["hide-input"]


def mean_of(parts, keep):
    """The difference of mean responses, or one mean: its interval."""
    columns = [np.stack([one, np.ones_like(one)], axis=-1) for one, _ in parts]
    signs = [sign for _, sign in parts]
    columns = [column[:, keep] for column in columns]
    found = resample(columns, reproduction.groups[rows][keep], folds[keep])
    return found.interval(
        lambda totals: sum(sign * totals[..., k, 0] / totals[..., k, 1] for k, sign in enumerate(signs))
    )


def of_networks(change, name):
    """The mean response of each network over its own clusters, by fold and training seed."""
    keep = clusters_of(change)
    return {
        (fold, seed): responses[change][name][number][keep & (folds == fold)].mean()
        for number, seed in enumerate(asked[name])
        for fold in np.unique(folds[keep])
    }


def clusters_of(change):
    return has_agn if change == "AGN" else np.ones(len(rows), dtype=bool)


measured, verdicts = {}, {}
for change in responses:
    for name, found in responses[change].items():
        decided = clusters_of(change).sum() >= MINIMUM_GROUPS
        measured[change, name] = mean_of([(found, 1)], clusters_of(change)) if decided else None
        judge = Prediction("why-2-moved-cluster", "", ("", ""), ("", ""), *predicted[name][change])
        verdicts[change, name] = judge.verdict(measured[change, name]) if decided else UNDECIDED

figure = Figure(figsize=(8.0, 3.6), layout="constrained")
if asked:
    panels = figure.subplots(1, len(CHANGES), sharey=True)
    for ax, change in zip(panels, CHANGES, strict=True):
        for place, name in enumerate(asked):
            low, high = predicted[name][change]
            ax.margins(x=0.08)
            ax.barh(place, high - low, left=low, height=0.6, color=NEUTRAL, alpha=0.35, lw=0)
            if found := measured[change, name]:
                ax.plot([found.low, found.high], [place, place], color=COLOURS[name], lw=2.4)
                ax.plot(found.value, place, "o", color=COLOURS[name])
            single = list(of_networks(change, name).values())
            ax.plot(single, np.full(len(single), place + 0.38), "x", color=COLOURS[name], ms=4)
        ax.axvline(0, color="black", lw=0.8)
        ax.set_title(change, fontsize="medium")
        ax.set_xlabel(f"[{PER_DEX[change]}]", fontsize="small")
        ax.tick_params(axis="x", labelsize="small")
    panels[0].set_yticks(range(len(asked)), [NETWORKS[name] for name in asked])
    panels[0].set_ylim(len(asked) - 0.4, -0.6)
figure if asked else None

# %% [markdown]
# Changes are in dex of mass per dex, for AGN in dex of mass. *Single networks* gives the smallest and the largest value of
# a network, each on its own clusters.


# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
def networks_text(change, name):
    single = list(of_networks(change, name).values())
    return range_text((min(single), max(single)))


lines = [
    [
        change,
        NETWORKS[name],
        range_text(predicted[name][change]),
        interval_text(found, "+.3f" if change == "AGN" else "+.2f"),
        networks_text(change, name),
        verdicts[change, name],
    ]
    for (change, name), found in measured.items()
]
header = ["Changed", "Network", "Predicted", "Measured [95% interval]", "Single networks", "Verdict"]
Markdown(markdown_table(header, lines, "llrrrl")) if lines else None

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
COMPARISONS = {
    "distance": ("less with distance", -1),
    "temperature": ("more with temperature", 1),
    "exposure": ("less with exposure", -1),
}
compared, comparison_rows = {}, []
for change, (words, sign) in COMPARISONS.items() if {"single_band", "multi_band_2"} <= asked.keys() else ():
    way = np.sign(measured[change, "single_band"].value) if sign < 0 else 1  # less: towards zero
    two, one_band = responses[change]["multi_band_2"], responses[change]["single_band"]
    difference = mean_of([(two, sign * way), (one_band, -sign * way)], clusters_of(change))
    of_two, of_one = of_networks(change, "multi_band_2"), of_networks(change, "single_band")
    single = [sign * way * (of_two[key] - of_one[key]) for key in of_two.keys() & of_one.keys()]
    if difference.low > 0 and min(single) > 0:
        compared[change] = HOLDS
    else:
        compared[change] = FAILS if difference.high < 0 and max(single) < 0 else UNDECIDED
    comparison_rows.append(
        [
            f"two bands move {words}",
            interval_text(difference, "+.2f"),
            range_text((min(single), max(single))),
            compared[change],
        ]
    )
header = ["Predicted", "By [95% interval]", "Single networks", "Verdict"]
Markdown(f"### Two bands beside one\n\n{markdown_table(header, comparison_rows, 'lrrl')}") if comparison_rows else None

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
CHANGED = [(change, name) for change in ("distance", "temperature") for name in ("single_band", "multi_band_2")]
moved = "; ".join(
    f"{change}, {NETWORKS[name]} {interval_text(measured[change, name], '+.2f')}"
    for change, name in CHANGED
    if compared
)
found = f"Dex of predicted mass per dex of what is changed: {moved}. {counted_verdicts(list(verdicts.values()))}"
Markdown(f"**What was found.** {found if compared else 'Nothing was measured here.'}")
