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
# # What the last layers know
#
# **The question.** What do the last layers of a network tell about a cluster besides its mass, with one band and with
# two, and does the last layer need it?
#
# The report leaves this to future work: clusters are to be grouped by their place in the penultimate layer, to see
# which of them gained from further bands. Here that layer is also read. A *linear probe* is a regression from a layer's
# outputs to a known quantity {cite}`Alain2016`. What a probe can read, the network need not use. So the
# direction of one quantity is erased from the layer in closed form (LEACE, {cite}`Belrose2023`), and the network's own
# last layer reads what remains.

# %% tags=["parameters", "remove-cell"]
profile = None  # a name in profiles/ or a file; None: what REPORT_PROFILE names, or quick

# %% [markdown]
# ## Prediction
#
# *Committed before any layer was read.*
#
# Six quantities of 1500 simulated clusters of another seed (no photon drawn) give the arithmetic: log of mass M,
# temperature T, luminosity distance D, luminosity L, counts (L / D²) and the temperature that is seen, T / (1 + z).
# Suppose that a network with one band knew the counts, and the angular size of R500 to 0.05 dex, and that two
# bands added T / (1 + z) to 0.03 dex. Linear regression on what is known then explains these shares of the variance:
#
# | R² | log M | log T | log D | log L | log counts | log T / (1 + z) | the last at fixed mass |
# |---|---|---|---|---|---|---|---|
# | one band | 0.48 | 0.42 | 0.86 | 0.65 | 1.00 | 0.59 | 0.37 |
# | two bands | 0.90 | 0.94 | 0.94 | 0.87 | 1.00 | 0.96 | 0.37 |
# | mass alone | 1 | 0.95 | 0.00 | 0.84 | 0.32 | 0.92 | 0 |
#
# Two things in this table are surprising. *Distance is no secret*: at nearly the same flux limit for all, bright
# observations are near, so that counts alone explain 0.69 of the variance of log D. And *T / (1 + z) is nearly the mass*:
# they correlate by 0.96, so a network that knows one knows the other. What T / (1 + z) says beyond the mass is small
# (0.042 dex) and is mostly the redshift, which one band shows almost as well.
#
# 1. *T / (1 + z)*. From the pooled features (64) R² is 0.45 to 0.80 with one band and at least 0.88 with two. The difference is at least 0.15.
# 2. *Distance* is read in both: R² from the pooled features is 0.55 to 0.92 with one band and 0.65 to 0.97 with two.
# 3. *The way to the mass.* The 20-unit layer tells the mass as well as the pooled features do (R² within 0.05), and less of
#    the distance with two bands: it needs only what makes the mass.
# 4. *Shuffled labels* are not read: their mean R² is 0.02 or less everywhere.
# 5. *Groups in the map.* They are slices of a continuum: no grouping reaches a silhouette of 0.6. The slices are
#    cut along counts and mass (these explain at least 0.5 of their own variance between groups). The second band helps most at the ends of the mass
#    range, not in its middle: root mean squares of residuals fall by the factors 0.38, 0.57 and 0.39 in the light, middle and heavy thirds,
#    for one band pulls towards the mean. The report's conjecture says the middle.
# 6. *Erased* from the 20-unit layer with two bands. The scatter of what the network's last layer then reads, over the scatter before: for T / (1 + z) 2.0 to
#    3.3 (arithmetic: 3.1), counts 1.2 to 2.3 (2.05), T / (1 + z) at fixed mass 1.05 to 2.0 (1.5), counts at fixed
#    mass 0.95 to 1.25 (1.02), random directions 1.00 to 1.6.
# 7. *Complete?* After the erasure a linear probe reads T / (1 + z) with R² of 0.02 or less. Neighbours in the layer still know it
#    (R² above 0.1), as the layer is curved.
# 8. *Selective?* No: with T / (1 + z) a linear probe loses the mass (R² at most 0.15; arithmetic 0.02), while it keeps
#    more than half of its R² of log D. Erasing T / (1 + z) erases mass; only the version at fixed mass tests the thermometer
#    apart from mass.
#
# **The rule.** Probes are ridge regressions on standardised features (means over the eight views), cross-validated over
# the held-out clusters of one network in five parts that keep halos whole; so is the erasure. A label is shuffled
# 20 times. Each fold's network is judged by itself. A range is *as predicted* if the value lies in it
# with every network, *not as predicted* if its 95 % interval, halos resampled, lies outside with every network, else
# *undecided*. Groups are those of k-means in the standardised 20-unit layer of the two-band network, with the k of 2 to 6 of the
# largest silhouette; thirds are thirds of the mass that two bands predict. Random directions are 50, isotropic in the whitened layer; their median counts.

# %% [markdown]
# ## What is done
#
# All networks of a fold, of one band and of two, see the same held-out clusters. Nothing is trained but regressions. The
# mean of the 20 units over the eight views, read by the last layer, is exactly the mass that the network predicts. An
# archive of your own tells masses and counts only: these are read, and the rest is left out. The networks of `quick` are
# kept with the project; they are trained again if what decides their numbers has changed.
#
# *New since the predictions were committed.* They were first tested on one network of each kind and fold. Here each has
# the profile's training seeds, three at `quick`. Predictions, thresholds and the rule are as they were: every network has
# to agree. A number is the mean over networks. Its parentheses run from the lowest to the highest end of the networks' 95%
# intervals, which is wider than one such interval; ± is the standard deviation between training seeds of a fold. A
# difference that is smaller than this, or that one network does not show, is not called an effect.
#
# *Corrected since.* The sample is selected by mass, not by flux. Counts trace the distance because log D, with a standard
# deviation of 0.29 and a slope of −1.78, spreads log counts more than log M does, with 0.24 and 1.62.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
import numpy as np
import pandas as pd
from IPython.display import Markdown
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from report_utils.binning import TRANSFORMS
from report_utils.cnn.layer_sizes import DENSE_UNITS
from report_utils.errors import NotAvailableError
from report_utils.experiments.probes import (
    between_groups,
    erased,
    grouping,
    layer_outputs,
    read_linearly,
    shuffled_r2,
)
from report_utils.experiments.variance_shares import at_fixed
from report_utils.prediction.trained_networks import networks_of_book
from report_utils.report import figures, open_reproduction
from report_utils.report.figures.style import NEUTRAL, OURS, PRINTED
from report_utils.report.intervals import MINIMUM_GROUPS, UNDECIDED, Interval
from report_utils.report.resampling import resample
from report_utils.report.second_band import (
    AS_PREDICTED,
    NOT_AS_PREDICTED,
    NOT_MEASURED,
    counted_verdicts,
    effect,
    overall,
    summed_up,
)
from report_utils.report.statistics import scatter_contrast
from report_utils.report.wording import untrained_warning
from report_utils.simulation.cosmology import luminosity_distance

ONE, TWO = "one band", "two bands"
NAMES = {ONE: "single_band", TWO: "multi_band_2"}
POOLED, UNITS, LAST = "global_average_pooling2d", f"dense_{len(DENSE_UNITS) - 1}", f"dense_{len(DENSE_UNITS)}"
LAYERS = {POOLED: "pooled features", UNITS: f"{DENSE_UNITS[-1]}-unit layer"}
MASS, TEMPERATURE, DISTANCE = "log M", "log T", "log D"
LUMINOSITY, COUNTS, SEEN = "log L", "log counts", "log T / (1 + z)"
SEEN_AT_MASS, COUNTS_AT_MASS, RANDOM = f"{SEEN} at fixed mass", f"{COUNTS} at fixed mass", "a random direction"
N_RANDOM = 50

reproduction = open_reproduction(profile)
figures.use_book_style()
catalogue, halos = reproduction.catalogue, reproduction.groups
simulated = "temperature_keV" in catalogue
quantities = {MASS: catalogue["log10_mass"]}
if simulated:
    redshift = catalogue["redshift"].to_numpy()
    quantities |= {
        TEMPERATURE: np.log10(catalogue["temperature_keV"]),
        DISTANCE: np.log10([luminosity_distance(z) for z in redshift]),
        LUMINOSITY: np.log10(catalogue["luminosity"]),
    }
quantities[COUNTS] = np.log10(np.maximum(catalogue["n_events"], 1))
if simulated:
    quantities[SEEN] = quantities[TEMPERATURE] - np.log10(1 + redshift)
truths = np.column_stack([np.asarray(one, dtype=float) for one in quantities.values()])
if simulated and np.ptp(redshift) == 0:
    quantities.pop(DISTANCE)  # the same for all: nothing to read
    truths = np.column_stack([np.asarray(one, dtype=float) for one in quantities.values()])

networks, missing = {label: {} for label in NAMES}, ""
try:
    networks = dict(zip(NAMES, networks_of_book(reproduction, NAMES.values()).values(), strict=True))
except NotAvailableError as error:
    missing = f"No layer is read: {error}."
dead = {
    f"{label}, fold {fold + 1}, training seed {seed}": one.why_untrained
    for label, of_places in networks.items()
    for (fold, seed), one in of_places.items()
}
places = [place for place in networks[ONE] if not any(networks[one][place].why_untrained for one in NAMES)]
if not missing and not places:
    missing = "No layer is read: of no fold and training seed have both networks trained."
rows_of = {place: networks[ONE][place].test for place in places}  # by fold and training seed
n_halos = {fold: len(set(halos[rows])) for (fold, _), rows in rows_of.items()}
if places and min(n_halos.values()) < MINIMUM_GROUPS:
    missing = f"No layer is read: {min(n_halos.values())} halos are held out, {MINIMUM_GROUPS} are needed."
    places = []

features, masses = {}, {}  # (label, place): outputs of both layers; predicted log10 mass
last = {}  # (label, place): weights and bias from the units to the mass
try:
    for label, name in NAMES.items():
        images = reproduction.dataset.images(TRANSFORMS[name]) if places else None
        for place in places:
            one = networks[label][place]
            model = one.model
            features[label, place] = dict(
                zip(LAYERS, layer_outputs(model, images[rows_of[place]], list(LAYERS)), strict=True)
            )
            kernel, bias = model.get_layer(LAST).get_weights()
            spread = one.target_scale.spread
            last[label, place] = kernel[:, 0] * spread, bias[0] * spread + one.target_scale.mean
            masses[label, place] = features[label, place][UNITS] @ last[label, place][0] + last[label, place][1]
except ValueError as error:
    missing, places = f"No layer is read: {error}.", []
folds = [fold for fold, _ in places]  # of each network

tested = {fold: rows for (fold, _), rows in rows_of.items()} if places else {}
held_out = [
    {"fold": fold + 1, "clusters": len(rows), "halos": n_halos[fold], "networks of each kind": folds.count(fold)}
    for fold, rows in tested.items()
]
parts = [missing, untrained_warning(dead), pd.DataFrame(held_out).to_markdown(index=False) if held_out else ""]
Markdown("\n\n".join(filter(None, parts)))

# %% [markdown]
# ## What can be read
#
# R² is the share of a quantity's variance that a probe predicts for clusters of other halos.
# *Shuffled* is the mean R² of the same probe for shuffled labels; what a probe reads beyond it is its selectivity
# {cite}`Hewitt2019`.


# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
def with_fixed_mass(place):
    """Return all quantities of a fold's held-out clusters, those at fixed mass last."""
    values = dict(zip(quantities, truths[rows_of[place]].T, strict=True))
    for name, of_what in ((SEEN_AT_MASS, SEEN), (COUNTS_AT_MASS, COUNTS)):
        if of_what in values:
            values[name] = at_fixed(values[of_what], values[MASS], degree=1)
    return values


def interval(place, columns, statistic):
    """Return a function of sums over a fold's held-out clusters; halos are resampled."""
    return resample([np.stack(one, axis=-1)[None] for one in columns], halos[rows_of[place]]).interval(statistic)


def r2_columns(truth, predicted):
    centred = truth - truth.mean()
    return [np.ones(len(truth)), centred, centred**2, (truth - predicted) ** 2]


def r2_of(totals):
    n, first, second, error = np.moveaxis(totals, -1, 0)
    return 1 - error / (second - first**2 / n)


known = {place: with_fixed_mass(place) for place in places}
SHOWN = [*quantities, *([SEEN_AT_MASS] if simulated else [])]
read, r2, shuffled = {}, {}, {}  # keys: label, place, layer, quantity
for label, place in features if places else ():
    targets = np.column_stack([known[place][name] for name in SHOWN])
    for layer, outputs in features[label, place].items():
        found = read_linearly(outputs, targets, halos[rows_of[place]])
        at_random = shuffled_r2(outputs, targets, halos[rows_of[place]])
        for name, predicted, control in zip(SHOWN, found.T, at_random.T, strict=True):
            key = label, place, layer, name
            read[key] = r2_columns(known[place][name], predicted)
            r2[key] = interval(place, [read[key]], lambda totals: r2_of(totals)[..., 0])
            error = 1.96 * control.std(ddof=1) / np.sqrt(len(control))
            shuffled[key] = Interval(
                float(control.mean()), float(control.mean() - error), float(control.mean() + error)
            )

table = [
    {
        "quantity": name,
        "layer": LAYERS[layer],
        "bands": label,
        "R²": summed_up([r2[label, place, layer, name] for place in places], folds),
        "shuffled": summed_up([shuffled[label, place, layer, name] for place in places], folds),
    }
    for name in (SHOWN if places else ())
    for layer in LAYERS
    for label in NAMES
]
None if missing else Markdown(pd.DataFrame(table).to_markdown(index=False))

# %% mystnb={"figure": {"caption": "**What the last layers tell.** Shares of variance that linear probes read from the pooled features (filled) and the 20-unit layer (open). Each symbol is one network, one shape for each fold; bars run from the lowest to the highest end of their 95% intervals, which is wider than one such interval. Grey: shuffled labels. What lies below -0.5 is cut off.", "name": "fig-probes"}, "image": {"alt": "R squared of linear probes by quantity, for one and two bands and two layers, with shuffled controls near zero."}} tags=["hide-input"]
figure = Figure(figsize=(8.0, 3.8), layout="constrained")
ax = figure.subplots()
if places:
    for position, name in enumerate(SHOWN):
        for turn, (label, layer) in enumerate([(label, layer) for label in NAMES for layer in LAYERS]):
            colour = PRINTED if label == ONE else OURS
            found = [r2[label, one, layer, name] for one in places]
            face, x = colour if layer == POOLED else "none", position + 0.19 * (turn - 1.5)
            ax.plot([x, x], [overall(found).low, overall(found).high], color=colour, lw=1)
            for number, (one, value) in enumerate(zip(places, found, strict=True)):
                beside = x + 0.12 * ((number + 0.5) / len(places) - 0.5)
                ax.plot(beside, value.value, "os^Dv"[one[0] % 5], color=colour, mfc=face, ms=3.5)
                ax.plot(beside, shuffled[label, one, layer, name].value, "_", color=NEUTRAL, ms=5)
    ax.axhline(0, color="black", lw=0.8)
    ax.set_xticks(
        range(len(SHOWN)),
        [name.replace("log T /", "log\nT /").replace(" at fixed", "\nat fixed") for name in SHOWN],
        fontsize="small",
    )
    ax.set_ylabel("R² of a linear probe")
    ax.set_ylim(max(ax.get_ylim()[0], -0.5), 1.05)
    for label, colour in ((ONE, PRINTED), (TWO, OURS)):
        for layer in LAYERS:
            face = colour if layer == POOLED else "none"
            ax.plot([], [], "o-", color=colour, mfc=face, ms=4.5, label=f"{label}, {LAYERS[layer]}")
    figure.legend(loc="outside upper center", ncols=2, fontsize="small")
figure if places else None

# %% [markdown]
# ## A map of the penultimate layer
#
# t-SNE {cite}`Maaten2008` keeps neighbours in the 20 units together in two dimensions. Distances between far points and
# sizes of groups mean nothing in it; the groups are made from the units, not from the map.

# %% mystnb={"figure": {"caption": "**Maps of the penultimate layer** with one band (top) and two (bottom), of the first network of each kind. Each point is a held-out cluster; colours give one quantity each, and last the groups of the two-band network. The axes of t-SNE have no units.", "name": "fig-layer-map"}, "image": {"alt": "Two rows of scatter plots of the penultimate layer, coloured by mass, temperature seen, distance, counts and group."}} tags=["hide-input"]
from sklearn.manifold import TSNE
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

with threadpool_limits(1):  # threads cost more than they save on so few clusters
    groups = {place: grouping(features[TWO, place][UNITS]) for place in places}
figure = Figure(figsize=(8.0, 4.1), layout="constrained")
if places:
    place = places[0]
    names = [name for name in (MASS, SEEN, DISTANCE, COUNTS) if name in known[place]]
    axes = figure.subplots(2, len(names) + 1, squeeze=False)
    for label, row in zip(NAMES, axes, strict=True):
        scaled = StandardScaler().fit_transform(features[label, place][UNITS])
        perplexity = min(30, (len(scaled) - 1) / 3)
        with threadpool_limits(1):
            spots = TSNE(init="pca", perplexity=perplexity, random_state=0).fit_transform(scaled)
        for number, (ax, name) in enumerate(zip(row, names, strict=False)):
            low, high = np.quantile(known[place][name], [0.02, 0.98])
            drawn = ax.scatter(*spots.T, c=known[place][name], s=5, cmap="viridis", vmin=low, vmax=high, lw=0)
            if label == TWO:
                look = {"location": "bottom", "extend": "both", "aspect": 15, "ticks": MaxNLocator(3)}
                scale = figure.colorbar(drawn, ax=axes[:, number], **look)
                scale.ax.tick_params(labelsize="x-small")
        row[-1].scatter(*spots.T, c=groups[place][0], s=5, cmap="tab10", vmin=0, vmax=9, lw=0)
        row[0].set_ylabel(label)
        for ax, name in zip(row, [*names, "group"], strict=True):
            ax.set_xticks([])
            ax.set_yticks([])
            if label == ONE:
                ax.set_title(name, fontsize="small")
figure if places else None


# %% [markdown]
# ### Which clusters gained
#
# The root mean square of the residuals with two bands over that with one, on the same clusters. It counts what one band
# pulls towards the mean, which a scatter within a group would leave out.


# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
def rms_columns(place, label, chosen):
    """Return what each cluster adds to the number, and squared residuals, of some groups of clusters."""
    squares = (masses[label, place] - known[place][MASS]) ** 2
    return [part for group in chosen for part in (group, group * squares)]


def rms_ratio(totals, place=0):
    n, squares = totals[..., 2 * place], totals[..., 2 * place + 1]
    return np.sqrt(squares[..., 1] / n[..., 1] / (squares[..., 0] / n[..., 0]))


def described(members):
    """Return a row on the same group of clusters with each network, of which ``members`` tells the clusters."""
    ratios, rms, n = [], {label: [] for label in NAMES}, []
    for place, chosen in members.items():
        columns = [rms_columns(place, label, [chosen.astype(float)]) for label in NAMES]
        n.append(int(chosen.sum()))
        for label, one in zip(NAMES, columns, strict=True):
            rms[label].append(np.sqrt(one[1].sum() / one[0].sum()))
        if len(set(halos[rows_of[place]][chosen])) >= MINIMUM_GROUPS:
            ratios.append(interval(place, columns, rms_ratio))
    means = {
        f"mean {q}": f"{np.mean([known[place][q][chosen].mean() for place, chosen in members.items()]):.2f}"
        for q in (MASS, DISTANCE, COUNTS)
        if q in quantities
    }
    enough = len(ratios) == len(members)
    return (
        {"number": f"{min(n)}" if min(n) == max(n) else f"{min(n)} to {max(n)}", **means}
        | {f"{label} [dex]": f"{np.mean(found):.3f}" for label, found in rms.items()}
        | {"two over one": summed_up(ratios, [fold for fold, _ in members]) if enough else "too few halos"}
    )


THIRDS = ("low-mass", "middle", "high-mass")
thirds, table = {}, []
for place in places:
    predicted = masses[TWO, place]
    of_third = np.digitize(predicted, np.quantile(predicted, [1 / 3, 2 / 3]))
    thirds[place] = [(of_third == i).astype(float) for i in range(len(THIRDS))]
for i, name in enumerate(THIRDS if places else ()):
    members = {place: thirds[place][i] > 0 for place in places}
    table.append({"clusters": f"{name} third"} | described(members))
for place in places[:1]:  # each network has groups of its own
    of_group = groups[place][0]
    by_mass = sorted(set(of_group), key=lambda each: known[place][MASS][of_group == each].mean())
    for i, each in enumerate(by_mass):
        table.append({"clusters": f"group {i + 1}, first network"} | described({place: of_group == each}))
between = {
    place: dict(
        zip(SHOWN, between_groups(np.column_stack([known[place][q] for q in SHOWN]), groups[place][0]), strict=True)
    )
    for place in places
}


def from_to(values, digits=2):
    low, high = (f"{end:.{digits}f}" for end in (min(values), max(values)))
    return low if low == high else f"{low} to {high}"


None if missing else Markdown(pd.DataFrame(table).to_markdown(index=False))

# %% [markdown]
# How well the networks group: the number of groups, their silhouette, and the share of each quantity's variance that lies
# between groups. A range is over the networks.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
grouped = (
    {
        "groups": from_to([of_each.max() + 1 for of_each, _ in groups.values()], 0),
        "silhouette": from_to([silhouette for _, silhouette in groups.values()]),
    }
    | {name: from_to([between[place][name] for place in places]) for name in SHOWN}
    if places
    else {}
)
None if missing else Markdown(pd.DataFrame([grouped]).to_markdown(index=False, disable_numparse=True))

# %% [markdown]
# ## What the last layer needs
#
# A direction of the 20-unit layer with two bands is erased {cite}`Belrose2023`, as clusters of other halos tell it, and
# the network's own last layer reads what is left. Random labels erase random directions. R² afterwards is that of new linear probes;
# *by neighbours*, that of the mean of the ten nearest clusters.
#
# Two things were changed after a run had been seen. Features are now standardised before the erasure instead of after it:
# scaled afterwards, units that are always zero blow up the erasure's rounding errors, from which probes had read all that was erased
# (R² of 0.97). And what a probe predicts stays within the values that it was fitted to: of the six networks of one band, one had units
# that fewer than a dozen clusters excite, and its probe missed three clusters by 1.5 to 3.2 dex (R² of −2.4 in place of 0.59).

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
growth, after, after_nearest, left_columns, draws, over_random = {}, {}, {}, {}, {}, {}
LEFT = [name for name in (MASS, SEEN, DISTANCE, COUNTS) if name in quantities]
ERASED = [*([SEEN] if simulated else []), COUNTS, *([SEEN_AT_MASS] if simulated else []), COUNTS_AT_MASS]
for place in places:
    units, group, (weights, bias) = features[TWO, place][UNITS], halos[rows_of[place]], last[TWO, place]
    before = masses[TWO, place] - known[place][MASS]
    targets = np.column_stack([known[place][name] for name in LEFT])
    for name in ERASED:
        left = erased(units, known[place][name], group) @ weights + bias - known[place][MASS]
        growth[name, place] = scatter_contrast([left, before], groups=group)
        for found, nearest in ((after, False), (after_nearest, True)):
            predicted = read_linearly(units, targets, group, erase=known[place][name], nearest=nearest)
            for q, column in zip(LEFT, predicted.T, strict=True):
                columns = r2_columns(known[place][q], column)
                if not nearest:
                    left_columns[name, place, q] = columns
                found[name, place, q] = interval(place, [columns], lambda totals: r2_of(totals)[..., 0])
    rng = np.random.default_rng(0)
    labels = [rng.permutation(known[place][MASS]) for _ in range(N_RANDOM)]
    tried = [erased(units, one, group) @ weights + bias - known[place][MASS] for one in labels]
    columns = [[np.ones(len(one)), one, one**2] for one in [before, *tried]]

    def median_growth(totals):
        n, first, second = np.moveaxis(totals, -1, 0)
        scatter = np.sqrt(second / n - (first / n) ** 2)
        return np.median(scatter[..., 1:] / scatter[..., :1], axis=-1)

    growth[RANDOM, place] = interval(place, columns, median_growth)
    draws[place] = np.quantile([one.std() / before.std() for one in tried], [0.05, 0.95])
    if simulated:  # at fixed mass over random
        errors = erased(units, known[place][SEEN_AT_MASS], group) @ weights + bias - known[place][MASS]
        columns[0] = [np.ones(len(errors)), errors, errors**2]
        over_random[place] = interval(place, columns, lambda totals: 1 / median_growth(totals))

table = []
for name in [*ERASED, RANDOM] if places else ():
    row = {"erased": name, "scatter grows by": summed_up([growth[name, place] for place in places], folds)}
    if name == RANDOM:
        low, high = np.mean(list(draws.values()), axis=0)
        row["scatter grows by"] += f"; nine in ten draws {low:.2f} to {high:.2f}"
    else:
        for q in LEFT:
            ends = [(r2[TWO, place, UNITS, q].value, after[name, place, q].value) for place in places]
            row[f"R² of {q}"] = "{:.2f} → {:.2f}".format(*np.mean(ends, axis=0)).replace("-", "−")
        nearest = np.mean([after_nearest[name, place, LEFT[1]].value for place in places])
        row[f"by neighbours, {LEFT[1]}"] = f"{nearest:.2f}".replace("-", "−")
    table.append(row)
None if missing else Markdown(pd.DataFrame(table).fillna("").to_markdown(index=False))

# %% [markdown]
# ## The predictions, judged
#
# The rule of this page confirms a range by the value, where other pages take the whole interval. Where an interval reaches out of the
# predicted range, the verdict says *by value*. Two rows are checks of the method, which hardly could fail: shuffled labels
# hold nothing to read, and the erasure removes what a linear probe reads. They are not counted below. A row numbered
# *none* was not predicted: a ratio of 1 says that losing the thermometer at fixed mass costs what a random direction costs. *Not
# settled*: the networks' intervals do not all lie on one side of 1, or the mean differs from 1 by no more than training
# seeds do.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
ANY, CHECK = np.inf, "check"


def exact(value):
    """Return a number of the whole fold that is judged without an interval."""
    return Interval(float(value), float(value), float(value))


def verdict(measured, low, high):
    """Judge as the rule says: by all values inside the range, or all intervals outside."""
    if not measured:
        return NOT_MEASURED
    if all(low <= one.value <= high for one in measured):
        return AS_PREDICTED
    outside = all(one.high < low or one.low > high for one in measured)
    return NOT_AS_PREDICTED if outside else UNDECIDED


def difference(place, one, other):
    """Return R² of the second key less that of the first, on the same clusters."""
    columns = [read[label, place, layer, name] for label, layer, name in (one, other)]
    return interval(place, columns, lambda totals: r2_of(totals)[..., 1] - r2_of(totals)[..., 0])


def middle_over_ends(place):
    columns = [rms_columns(place, label, thirds[place]) for label in NAMES]
    return interval(
        place, columns, lambda totals: rms_ratio(totals, 1) / np.maximum(rms_ratio(totals, 0), rms_ratio(totals, 2))
    )


def kept(place):
    """Return the share of the R² of distance that is left after the erasure."""
    columns = [left_columns[SEEN, place, DISTANCE], read[TWO, place, UNITS, DISTANCE]]
    return interval(place, columns, lambda totals: r2_of(totals)[..., 0] / r2_of(totals)[..., 1])


def r2_pooled(label, name):
    return [r2[label, place, POOLED, name] for place in places]


judged = []


def judge(number, what, measured, low, high, needed=()):
    """Add a prediction; with quantities that are not known here it is not measured."""
    measured = measured() if places and all(name in quantities for name in needed) else []
    judged.append((number, what, low, high, measured, verdict(measured, low, high)))


def by_value(measured, low, high):
    """Tell whether a prediction came out by values alone, with an interval that reaches out of the range."""
    return verdict(measured, low, high) == AS_PREDICTED and not all(
        low <= one.low and one.high <= high for one in measured
    )


judge(1, f"{SEEN}: R², one band", lambda: r2_pooled(ONE, SEEN), 0.45, 0.80, [SEEN])
judge(1, f"{SEEN}: R², two bands", lambda: r2_pooled(TWO, SEEN), 0.88, 1, [SEEN])
keys = [(label, POOLED, SEEN) for label in NAMES]
judge(1, f"{SEEN}: R², two less one", lambda: [difference(place, *keys) for place in places], 0.15, 1, [SEEN])
judge(2, f"{DISTANCE}: R², one band", lambda: r2_pooled(ONE, DISTANCE), 0.55, 0.92, [DISTANCE])
judge(2, f"{DISTANCE}: R², two bands", lambda: r2_pooled(TWO, DISTANCE), 0.65, 0.97, [DISTANCE])
for label in NAMES:
    judge(
        3, f"{MASS}: R², 20 units less pooled, {label}",
        lambda label=label: [difference(place, (label, POOLED, MASS), (label, UNITS, MASS)) for place in places], -0.05, 0.05,
    )  # fmt: skip
judge(
    3, f"{DISTANCE}: R², 20 units less pooled, two bands",
    lambda: [difference(place, (TWO, POOLED, DISTANCE), (TWO, UNITS, DISTANCE)) for place in places], -1, 0, [DISTANCE],
)  # fmt: skip
judge(
    4, f"{CHECK}: shuffled labels, largest mean R²",
    lambda: [max((one for key, one in shuffled.items() if key[1] == place), key=lambda one: one.value) for place in places],
    -ANY, 0.02,
)  # fmt: skip
judge(5, "silhouette of the groups", lambda: [exact(groups[place][1]) for place in places], -1, 0.6)
judge(
    5, f"variance of {COUNTS} and {MASS} between groups, the smaller",
    lambda: [exact(min(between[place][COUNTS], between[place][MASS])) for place in places], 0.5, 1,
)  # fmt: skip
judge(
    5,
    "gain: ratio in the middle third over the larger of the ends'",
    lambda: list(map(middle_over_ends, places)),
    1,
    ANY,
)
RANGES = {
    SEEN: (2.0, 3.3), COUNTS: (1.2, 2.3), SEEN_AT_MASS: (1.05, 2.0), COUNTS_AT_MASS: (0.95, 1.25), RANDOM: (1.0, 1.6),
}  # fmt: skip
for name, (low, high) in RANGES.items():
    judge(
        6, f"{name} erased: scatter grows by",
        lambda name=name: [growth[name, place] for place in places], low, high, [SEEN] if name in (SEEN, SEEN_AT_MASS) else [],
    )  # fmt: skip
judge(
    7,
    f"{CHECK}: {SEEN} afterwards, R², linear",
    lambda: [after[SEEN, place, SEEN] for place in places],
    -ANY,
    0.02,
    [SEEN],
)
judge(
    7,
    f"{SEEN} afterwards: R², neighbours",
    lambda: [after_nearest[SEEN, place, SEEN] for place in places],
    0.1,
    1,
    [SEEN],
)
judge(8, f"{MASS} afterwards: R²", lambda: [after[SEEN, place, MASS] for place in places], -ANY, 0.15, [SEEN])
judge(8, f"{DISTANCE} afterwards: share of its R² kept", lambda: list(map(kept, places)), 0.5, ANY, [SEEN, DISTANCE])


def range_text(low, high):
    if high in (1, ANY):
        return f"{low:g} or more"
    return f"{high:g} or less" if low in (-1, -ANY) else f"{low:g} to {high:g}".replace("-", "−")


table = [
    {
        "prediction": number,
        "what": what,
        "predicted": range_text(low, high),
        "measured": summed_up(measured, folds),
        "verdict": f"{said}, by value" if by_value(measured, low, high) else said,
    }
    for number, what, low, high, measured, said in judged
]
if over_random:
    over = list(over_random.values())
    table.append(
        {
            "prediction": "none",
            "what": f"{SEEN_AT_MASS} erased, over a random direction: ratio of scatters",
            "predicted": "",
            "measured": summed_up(over, folds),
            "verdict": {1: "above 1", -1: "below 1"}.get(effect(over, folds), "not settled"),
        }
    )
Markdown(pd.DataFrame(table).to_markdown(index=False)) if places else None

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
by_what = {what: (summed_up(measured, folds), said) for _, what, _, _, measured, said in judged}
first = [one for one in judged if not one[1].startswith(CHECK)]
n_by_value = sum(by_value(measured, low, high) for _, _, low, high, measured, _ in first)
found = counted_verdicts([said for *_, said in first]) + f" By value only: {n_by_value}."
if places and simulated:
    one, two, erasing = (
        by_what[f"{SEEN}{what}"] for what in (": R², one band", ": R², two bands", " erased: scatter grows by")
    )
    found += (
        f" A linear probe reads {SEEN} with R² of {one[0]} with one band and {two[0]} with two (a gain of 0.15 or more: "
        f"*{by_what[f'{SEEN}: R², two less one'][1]}*); erasing it multiplies the scatter by {erasing[0]} (*{erasing[1]}*)."
    )
Markdown(f"**What was found.** {found if places else missing}")
