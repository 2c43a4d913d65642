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
# # What the errors are made of
#
# **The question.** What explains the errors of networks at fixed mass, with one band and with two?
#
# The simulation knows what a network cannot: the distance, the temperature, the core, the clumps and the AGN of each
# cluster. A network's *error* is its prediction less the truth, averaged over the eight views. Predictions regress to the
# mean: too high for clusters of low mass, too low for massive ones. So a cubic in the true log mass is taken out of each
# network's errors first. What is left is the error *at fixed mass*. It is split into what these six explain:
#
# - *distance*: log luminosity distance, the same thing as redshift here;
# - *temperature*: log temperature over that of the mean relation {eq}`eq-mass-temperature` at the same mass and
#   redshift;
# - *gas*: log luminosity outside the core, over $E(z)^2$: at fixed mass the simulation's gas mass is the same at all
#   redshifts, its density grows as $E(z)^2$, and the luminosity is that of 0.5-2 keV, which hardly depends on the
#   temperature. (The 7/3 of [](2-simulation) is that of {cite:t}`Pratt2009`);
# - *core*: whether the core is cool, and the log ratio of the luminosities with and without the core. The light of clumps,
#   a few percent where there are any, is in this ratio too;
# - *clumps*: their number;
# - *AGN*: by how much the events of AGN raise the log of the number of events.
#
# The same cubic in mass is taken out of these as well.
#
# **The rule for correlated predictors.** A linear regression gives each a slope, with the others held. Its $R^2$ is
# split by the average over orders {cite}`Lindeman1980,Groemping2006`: in the order in which predictors enter the
# regression, each adds something to $R^2$, and a predictor's share is what it adds in the mean over all 720
# orders. Shares are never negative and add up to $R^2$. A predictor that is unrelated to the errors gets about one divided
# by the number of independent clusters.
#
# ## Prediction
#
# Counts, angular size and the temperature $T/(1+z)$ of the second band are linear in the logs of mass, distance,
# temperature, gas and core. The numbers are those of the page about hidden and known distances, except that gas and
# core are told apart here (scatters of 0.10 and 0.09 dex in 300 clusters of another simulation seed, 1001). The best
# linear estimate then moves with each of these as the first table says {cite:p}`Rodgers2000`, and the share of each
# follows. The arithmetic takes the parameters as independent.
#
# - **One band** confuses distance and mass. Distance explains most: the estimate falls by 0.31 dex for each dex of
#   distance, which is 0.6 of the variance. Gas and core come after it. Temperature explains next to nothing.
# - **Two bands** measure the temperature, and take a cluster that is hot for its mass to be heavy. Read off the relation
#   the estimate would rise by 1.71 dex for each dex of temperature. Because of the noise it is 1.6. Temperature explains
#   most, 0.45 of the variance, and distance less than 0.15.
# - **AGN** add photons. One band takes these for gas, if the image does not give the AGN away: at most 0.35 dex for each
#   dex of counts. With two bands they also look hot. In the same 300 clusters the ratio of the bands rises by 0.74 dex for
#   each dex of counts that AGN add, and by 1.19 dex for each dex of temperature, so at most 1.0 dex of mass for each dex
#   of counts. AGN then explain more with two bands than with one.
# - **Clumps** add a few percent of light: next to nothing, in both.
#
# The ranges in the table of predictions were fixed before any error was looked at: a factor of 1.25 for slopes that the
# arithmetic gives, and 0.15 for the large shares. A prediction holds if its 95% interval lies inside the range, fails if
# it lies outside, and is undecided otherwise. For a difference between one and two bands it is also undecided if the
# networks differ more among themselves (largest less smallest, for one or for two bands) than the two do.
#
# Some outcomes were known before: the scatters of these networks stand in the book's Table 1, and those without AGN are
# about as large as those with.

# %% tags=["parameters", "remove-cell"]
profile = None  # a name in profiles/ or a file; None: what REPORT_PROFILE names, or quick

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
from functools import partial

import numpy as np
from IPython.display import Markdown
from matplotlib.figure import Figure

from report_utils.experiments.expected_scatter import (
    NOISE_OF_COUNTS,
    NOISE_OF_TEMPERATURE,
    SLOPE_OF_MASS_WITH_TEMPERATURE,
    SPREAD_OF_MASS,
    World,
    expected_response,
    expected_scatter,
    over_the_snapshots,
)
from report_utils.experiments.variance_shares import at_fixed, regression_slopes, second_moments, variance_shares
from report_utils.report import figures, open_reproduction
from report_utils.report.figures.style import NEUTRAL, OURS, PRINTED
from report_utils.report.intervals import MINIMUM_GROUPS, UNDECIDED
from report_utils.report.resampling import resample
from report_utils.report.second_band import AS_PREDICTED, NOT_AS_PREDICTED, counted_verdicts
from report_utils.report.seeds import SeedPredictions, on_common_clusters, trained_only
from report_utils.report.wording import interval_text, markdown_table, trainings, untrained_warning
from report_utils.reproduction.studies import SEEDS, WHY
from report_utils.reproduction.study_results import study_outcomes
from report_utils.simulation.cosmology import expansion_rate, luminosity_distance

reproduction = open_reproduction(profile)
figures.use_book_style()
ONE, TWO = NETWORKS = {"one band": "single_band", "two bands": "multi_band_2"}
PARAMETERS = ("mass", "distance", "temperature", "gas", "core")

spread, of_expansion, of_stretch = over_the_snapshots()
world = World()
prior = [SPREAD_OF_MASS, spread, world.sigma_ln_temperature / np.log(10), 0.10, 0.09]
counts = [1.62, 7 / 3 * of_expansion - 2, 0, 1, 1]
size = [1 / 3, -2 / 3 * of_expansion - (1 - 2 * of_stretch), 0, 0, 0]
of_mass = 1 / SLOPE_OF_MASS_WITH_TEMPERATURE
seen_temperature = [of_mass, of_mass * of_expansion - of_stretch, 1, 0, 0]
observables = [counts, size, seen_temperature]
noise = [NOISE_OF_COUNTS, world.size_noise, NOISE_OF_TEMPERATURE]

rows = []
for label, n_observables in ((ONE, 2), (TWO, 3)):
    seen = prior, observables[:n_observables], noise[:n_observables]
    response = expected_response(*seen)
    at_fixed_mass = expected_scatter(*seen) ** 2 - ((response[0] - 1) * prior[0]) ** 2
    expected = (response * prior)[1:] ** 2 / at_fixed_mass
    rows.append([f"{label}: slope [dex per dex]", *(f"{one:.2f}".replace("-", "−") for one in response[1:])])
    rows.append([f"{label}: share of the variance", *(f"{one:.2f}" for one in expected)])
Markdown(markdown_table(["From scaling relations", *PARAMETERS[1:]], rows, "lrrrr"))


# %% [markdown]
# ## The errors

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
outcome = study_outcomes(reproduction, WHY).get("default") or study_outcomes(reproduction, SEEDS).get("three-seeds")
runs = {} if outcome is None else outcome.cross_validations
tested = {
    label: SeedPredictions.of(runs.get(name) or reproduction.cross_validations(name))
    for label, name in NETWORKS.items()
}
trained = trained_only(tested)
notes = [untrained_warning({label: one.untrained for label, one in tested.items()})]
trained = on_common_clusters(trained) if trained else {}

catalogue = reproduction.catalogue
redshift = catalogue.get("redshift")
predictors = {}
if redshift is not None:
    expansion = np.log10([expansion_rate(z) for z in redshift])
    distance = np.log10([luminosity_distance(z) for z in redshift])
    mean_relation = (expansion + catalogue["log10_mass"]) / SLOPE_OF_MASS_WITH_TEMPERATURE
    outside = np.log10(catalogue["luminosity_core_excised"])
    predictors |= {
        "distance": distance,
        "temperature": np.log10(catalogue["temperature_keV"]) - mean_relation,
        "gas": outside - 2 * expansion,
        "core": np.column_stack([np.log10(catalogue["luminosity"]) - outside, catalogue["cool_core"]]),
        "clumps": catalogue["n_clumps"],
    }
else:
    notes.append("An archive tells no distances, temperatures, cores and clumps.")
if reproduction.available("agn_less_1"):
    agn_less = np.maximum(catalogue["n_events_agn_less"], 1)
    predictors["AGN"] = np.log10(np.maximum(catalogue["n_events"], 1) / agn_less)
else:
    notes.append("There are no AGN-less lists.")

columns = [np.asarray(values, dtype=float).reshape(len(catalogue), -1) for values in predictors.values()]
group_of = np.repeat(np.arange(len(columns)), [part.shape[1] for part in columns])
first_of = {name: int(np.argmax(group_of == place)) for place, name in enumerate(predictors)}
first = next(iter(trained.values()), None)
n_halos = 0 if first is None else len(np.unique(first.group))
measurable = bool(predictors) and n_halos >= MINIMUM_GROUPS
if first is not None and n_halos < MINIMUM_GROUPS:
    notes.append(f"Nothing is measured: {n_halos} halos are tested, {MINIMUM_GROUPS} are needed.")
if measurable:
    n_trained = trainings(one.n_seeds for one in trained.values())
    sample = [[str(len(first.truth)), str(n_halos), n_trained]]
    notes.append(markdown_table(["Test clusters", "Halos", "Trainings of each network"], sample, "rrr"))
Markdown("\n\n".join(filter(None, notes)) or "No network has trained.")


# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
def in_each_fold(values, fold, log10_mass):
    """Take the cubic in mass out of values (..., n_clusters), for the clusters of each fold by themselves."""
    values = np.array(values, dtype=float)
    for each in np.unique(fold):
        rows = fold == each
        values[..., rows] = at_fixed(values[..., rows].T, log10_mass[rows]).T
    return values


errors, whole, moments = {}, {}, []
if measurable:
    truths = in_each_fold(np.concatenate(columns, axis=1)[first.cluster].T, first.fold, first.truth).T
    for label, one in trained.items():
        whole[label] = one.residuals.mean(axis=2)
        errors[label] = in_each_fold(whole[label], one.fold, one.truth)
        moments.append(second_moments(truths, errors[label]))
    drawn = resample(moments, first.group, first.fold)
places = {label: place for place, label in enumerate(trained)}
kept = {}


def shares_in(totals):
    """All shares, computed once for each set of totals."""
    key = totals.tobytes()
    if key not in kept:
        kept[key] = variance_shares(totals, group_of)
    return kept[key]


def share(label, name, totals):
    """The share of one predictor, or of all together, of the variance with one or two bands."""
    found = shares_in(totals)[..., places[label], :]
    return found.sum(axis=-1) if name == "all" else found[..., list(predictors).index(name)]


def slope(label, name, totals):
    """The slope of the error with one predictor, the others held [dex per dex]."""
    return regression_slopes(totals[..., places[label], :], len(group_of))[..., first_of[name]]


def difference(larger, smaller, totals):
    """One share less another; both are a label and a name."""
    return share(*larger, totals) - share(*smaller, totals)


def of_networks(label, statistic, name):
    """A share or slope of each network by itself."""
    alone = moments[places[label]]
    sums = [alone[seed][first.fold == fold].sum(axis=0) for seed in range(len(alone)) for fold in np.unique(first.fold)]
    totals = np.repeat(np.array(sums)[:, None], len(places), axis=1)
    return statistic(label, name, totals)


def measure(statistic, *about):
    """A statistic with its interval, or None where it cannot be measured."""
    labels = [one[0] for one in about] if statistic is difference else about[:1]
    names = [one[1] for one in about] if statistic is difference else about[1:2]
    if not measurable or not set(labels) <= set(places) or not set(names) <= {*predictors, "all"}:
        return None
    return drawn.interval(partial(statistic, *about))


PREDICTED = [
    ("one band: slope with distance", slope, (ONE, "distance"), -0.39, -0.25),
    ("one band: share of distance", share, (ONE, "distance"), 0.43, 0.73),
    ("one band: share of temperature", share, (ONE, "temperature"), 0, 0.05),
    ("one band: share of gas", share, (ONE, "gas"), 0.03, 0.15),
    ("one band: share of the core", share, (ONE, "core"), 0, 0.10),
    ("one band: slope with AGN", slope, (ONE, "AGN"), 0, 0.35),
    ("one band: share of clumps", share, (ONE, "clumps"), 0, 0.02),
    ("two bands: slope with temperature", slope, (TWO, "temperature"), 1.29, 2.01),
    ("two bands: share of temperature", share, (TWO, "temperature"), 0.30, 0.60),
    ("two bands: slope with distance", slope, (TWO, "distance"), -0.15, 0),
    ("two bands: share of distance", share, (TWO, "distance"), 0, 0.15),
    ("two bands: share of gas", share, (TWO, "gas"), 0, 0.05),
    ("two bands: share of the core", share, (TWO, "core"), 0, 0.10),
    ("two bands: slope with AGN", slope, (TWO, "AGN"), 0, 1.0),
    ("two bands: share of clumps", share, (TWO, "clumps"), 0, 0.02),
    ("share of distance, one band less two", difference, ((ONE, "distance"), (TWO, "distance")), 0.3, 1),
    ("share of temperature, two bands less one", difference, ((TWO, "temperature"), (ONE, "temperature")), 0.25, 1),
    ("share of AGN, two bands less one", difference, ((TWO, "AGN"), (ONE, "AGN")), 0, 1),
]


def verdict_on(statistic, about, low, high, found):
    """The verdict of the rule in the Prediction."""
    if found is None:
        return "not measured"
    if statistic is difference:
        ranges = [np.ptp(of_networks(label, share, name)) for label, name in about]
        if abs(found.value) < max(ranges):
            return UNDECIDED
    if low < found.low and found.high < high:
        return AS_PREDICTED
    return NOT_AS_PREDICTED if found.high < low or found.low > high else UNDECIDED


judged = []
for text, statistic, about, low, high in PREDICTED:
    found = measure(statistic, *about)
    judged.append((text, low, high, found, verdict_on(statistic, about, low, high, found)))
cells = [
    [
        text,
        f"{low:g} to {high:g}".replace("-", "−"),
        "" if found is None else interval_text(found, ".2f"),
        verdict,
    ]
    for text, low, high, found, verdict in judged
]
Markdown(markdown_table(["Quantity", "Predicted", "Measured [95% interval]", "Verdict"], cells, "lrrl"))

# %% [markdown]
# Slopes are in dex of mass per dex. Intervals are of resampled halos and, where there are several, of training seeds.
# The next figure shows each cluster's error at fixed mass, averaged over training seeds.

# %% mystnb={"figure": {"caption": "**Errors against redshift.** The error at fixed mass of each test cluster against its redshift, coloured by its temperature over that of other clusters of its mass and redshift. Left: one band. Right: two bands. Points at a redshift are moved sideways at random, to be told apart. The black line joins the means at each redshift. A slope along the line is an error that comes from the distance; colours in layers are an error that comes from the temperature.", "name": "fig-errors-redshift"}, "image": {"alt": "Two panels of error at fixed mass against redshift, one band and two bands, points coloured by temperature at fixed mass, with means at each redshift."}} tags=["hide-input"]
figure = Figure(figsize=(8.0, 3.7), layout="constrained")
axes = figure.subplots(1, 2, sharex=True, sharey=True)
if measurable and redshift is not None:
    sideways = np.random.default_rng(0).uniform(-0.012, 0.012, len(first.truth))
    at = redshift.to_numpy()[first.cluster]
    colour = truths[:, first_of["temperature"]]
    limit = np.quantile(np.abs(colour), 0.95)
    for ax, label in zip(axes, NETWORKS, strict=True):
        ax.axhline(0, color=NEUTRAL, lw=0.9)
        ax.set(title=label, xlabel="redshift")
        if label not in errors:
            ax.text(0.5, 0.5, "did not train", ha="center", transform=ax.transAxes)
            continue
        error = errors[label].mean(axis=0)
        drawn_points = ax.scatter(
            at + sideways, error, c=colour, cmap="coolwarm", vmin=-limit, vmax=limit, s=13, lw=0.3, edgecolor="0.35"
        )
        snapshots = np.unique(at)
        if len(snapshots) < len(at) / 3:
            ax.plot(snapshots, [error[at == one].mean() for one in snapshots], color="black", lw=1.4)
    axes[0].set_ylabel("error at fixed mass [dex]")
    figure.colorbar(drawn_points, ax=axes, label="temperature at fixed mass [dex]", aspect=30, extend="both")
figure if measurable and redshift is not None else None

# %% mystnb={"figure": {"caption": "**Shares of the errors' variance.** What each predictor explains of the variance of errors at fixed mass, with one band and with two, with 95% intervals. Small dots are single networks, one for each fold and training seed. What none of them explains is shown at the bottom: noise, shape, and the networks' own faults. The dotted line is about what a single predictor unrelated to the errors would get.", "name": "fig-errors-shares"}, "image": {"alt": "Horizontal bars of the share of variance explained by distance, temperature, gas, core, clumps and AGN, with one band and two bands, with intervals and dots for single networks."}} tags=["hide-input"]
NAMES = (*predictors, "unexplained")
found_shares = {
    (label, name): measure(share, label, "all" if name == "unexplained" else name) for label in places for name in NAMES
}
figure = Figure(figsize=(8.0, 0.9 + 0.55 * len(NAMES)), layout="constrained")
ax = figure.subplots()
if measurable:
    for label, face, shift in ((ONE, PRINTED, -0.19), (TWO, OURS, 0.19)):
        if label not in places:
            continue
        for place, name in enumerate(NAMES):
            found = found_shares[label, name]
            value, ends = found.value, np.array([found.low, found.high])
            single = of_networks(label, share, "all" if name == "unexplained" else name)
            if name == "unexplained":
                value, ends, single = 1 - value, 1 - ends[::-1], 1 - single
            ax.barh(place + shift, value, 0.36, color=face, alpha=0.75, label=None if place else label)
            ax.plot(ends, [place + shift] * 2, color="black", lw=1.2)
            ax.plot(single, np.full(len(single), place + shift), ".", color="0.25", ms=4)
    ax.axvline(1 / n_halos, color=NEUTRAL, ls=":", lw=1.2)
    ax.set_yticks(range(len(NAMES)), NAMES)
    ax.set_ylim(len(NAMES) - 0.5, -0.5)
    ax.set_xlim(left=0)
    ax.set_xlabel("share of the variance of errors at fixed mass")
    figure.legend(loc="outside upper right", ncols=2)
figure if measurable else None

# %% [markdown]
# Shares do not say how large the errors are. The next table has the errors that belong to each share: the square root
# of the share, times the scatter at fixed mass. A predictor's error with two bands below that with one means that the
# second band removes it. Slopes are with the other predictors held, in dex of mass per dex (for clumps per clump); those of
# gas and clumps were not predicted. The core has two predictors, and so no slope of its own. Clumps are colder than their
# cluster, which would lower the estimate of two bands with each clump; this is not tested here.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]


def variance_of(label, totals):
    """The variance of errors at fixed mass [dex^2]."""
    of_label = totals[..., places[label], :]
    return of_label[..., -1] / of_label[..., 0] - (of_label[..., len(group_of) + 1] / of_label[..., 0]) ** 2


def error_of(label, name, totals):
    """The error that belongs to a share [dex]."""
    part = 1 - share(label, "all", totals) if name == "unexplained" else share(label, name, totals)
    return np.sqrt(np.maximum(part, 0) * variance_of(label, totals))


cells = []
if measurable:
    scatters = {
        label: drawn.interval(lambda totals, label=label: np.sqrt(variance_of(label, totals))) for label in places
    }
    nothing = [""] * len(places)
    cells.append(["all, mass included", *(f"{whole[label].std():.4f}" for label in places), *nothing])
    cells.append(["all, at fixed mass", *(interval_text(scatters[label]) for label in places), *nothing])
    for name in NAMES:
        of_name = [interval_text(drawn.interval(partial(error_of, label, name))) for label in places]
        with_slope = name in predictors and name != "core"
        slopes = [interval_text(measure(slope, label, name), ".3f") for label in places] if with_slope else nothing
        cells.append([name, *of_name, *slopes])
headings = ["What", *(f"Error, {label} [dex]" for label in places), *(f"Slope, {label}" for label in places)]
Markdown(markdown_table(headings, cells, "l" + "r" * 2 * len(places)) if cells else "There is nothing to show.")

# %% [markdown]
# ## What explains most
#
# The larger of two shares is *decided* if the interval of their difference lies above zero, and the difference is larger than
# what single networks differ by.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
table, most = [], []
for label in places:
    of_label = {name: found_shares[label, name] for name in predictors if found_shares[label, name] is not None}
    first_two = sorted(of_label, key=lambda name: -of_label[name].value)[:2]
    if not first_two:
        continue
    lead = measure(difference, (label, first_two[0]), (label, first_two[1])) if len(first_two) > 1 else None
    apart = max(np.ptp(of_networks(label, share, one)) for one in first_two)
    decided = "" if lead is None else "decided" if lead.low > 0 and lead.value > apart else "not decided"
    named = [f"{name} {interval_text(of_label[name], '.2f')}" for name in first_two]
    most.append(f"with {label}, {named[0]}" + f" (larger than the next one: *{decided}*)" * bool(decided))
    together = interval_text(measure(share, label, "all"), ".2f")
    table.append(
        [label, *named, *[""] * (2 - len(named)), "" if lead is None else interval_text(lead, ".2f"), decided, together]
    )
header = ["Network", "Largest share", "Next", "First less second", "The larger", "All together"]
Markdown(markdown_table(header, table, "llllll")) if table else None

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
verdicts = [verdict for *_, found, verdict in judged if found is not None]
missed = "; ".join(text for text, *_, verdict in judged if verdict == NOT_AS_PREDICTED) or "none"
found = f"Largest shares of the variance at fixed mass: {'; '.join(most)}."
found += f" {counted_verdicts(verdicts)} Not as predicted: {missed}." if verdicts else ""
Markdown(f"**What was found.** {found if most else 'Nothing was measured.'}")
