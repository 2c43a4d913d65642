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
# # Do the networks recognise halos?
#
# **The question.** Are the networks as good on halos that they have never seen?
#
# A halo that is observed at several times gives several observations. The report says nothing about halos and folds, so
# folds are drawn here regardless of halos. A network may then be tested on a halo of which it knows another snapshot,
# and what it remembers about the halo would look like a measurement of the mass. That is *leakage*. To measure it, the
# networks are trained once more with folds that keep each halo together.
#
# A cluster that both partitions test has two predictions: one by a network that was trained on other snapshots of its
# halo, and one by a network that was not. All folds that keep halos together are run, so every cluster that the
# random folds test has both. Both networks were trained on equally many observations with the same protocol. The
# scatters of the two predictions are compared on the same clusters, so what makes a cluster hard is in both and cancels.
#
# There is something to remember. In the simulation a halo keeps its shape and whether its core is cool, and its deviations
# in temperature, gas mass and profile correlate by 0.7 from one snapshot to the next.

# %% tags=["parameters", "remove-cell"]
profile = None  # a name in profiles/ or a file; None: what REPORT_PROFILE names, or quick

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
import numpy as np
from IPython.display import Markdown
from matplotlib.figure import Figure

from report_utils.binning import get_transform
from report_utils.report import figures, open_reproduction
from report_utils.report.figures.style import AGN_LESS, NEUTRAL, OURS, PRINTED
from report_utils.report.leakage import compare_partitions, comparisons_markdown, mates_in_training, scatter_by_mates
from report_utils.report.seeds import SeedPredictions, trained_only
from report_utils.report.studies import judge_study, judgements_markdown
from report_utils.report.wording import interval_text, markdown_table, untrained_warning
from report_utils.reproduction.studies import HALOS, reproduce_variant
from report_utils.reproduction.study_results import study_outcomes

reproduction = open_reproduction(profile)
figures.use_book_style()
outcomes = study_outcomes(reproduction, HALOS)
command = f"report-utils study {HALOS.name} --profile {reproduction.profile.name}"


def bands(transform):
    n_bands = get_transform(transform).n_channels
    return f"{n_bands} band{'s' if n_bands > 1 else ''}"


random, grouped = outcomes["random"], outcomes["grouped"]
tested = {
    label: {bands(name): SeedPredictions.of(runs) for name, runs in outcome.cross_validations.items()}
    for label, outcome in outcomes.items()
    if outcome is not None
}
trained = {label: trained_only(results) for label, results in tested.items()}
compared = {} if None in (random, grouped) else compare_partitions(trained["random"], trained["grouped"])
classes = {}
if random is not None and random.origin is None:
    mates = mates_in_training(reproduce_variant(reproduction, HALOS.default).fold_of(), reproduction.groups)
    classes = {label: scatter_by_mates(result, mates) for label, result in trained["random"].items()}
dead = {
    f"{label}, {folds} folds": result.untrained
    for folds, results in tested.items()
    for label, result in results.items()
}
warning = untrained_warning(dead)
Markdown(warning) if warning else None


# %% mystnb={"figure": {"caption": "**Halos seen and not seen.** The scatter of three networks on the same clusters, with other observations of their halo in training and without. Leakage would raise the squares above the circles. The intervals show how each scatter varies from sample to sample of clusters; the table gives the interval of their ratio, in which what makes a cluster hard cancels.", "name": "fig-halos"}, "image": {"alt": "Scatter with intervals with and without the halo in training by number of bands."}} tags=["hide-input"]
def draw(ax, places, intervals, colour, marker, label):
    values = np.array([interval.value for interval in intervals])
    ends = np.array([[interval.low, interval.high] for interval in intervals]).reshape(-1, 2)
    ax.errorbar(places, values, yerr=np.abs(ends.T - values), fmt=marker, color=colour, capsize=3, label=label)


figure = Figure(figsize=(5.5, 3.4), layout="constrained")
ax = figure.subplots()
for kind, colour, marker, shift in (("seen", OURS, "o", -0.08), ("unseen", PRINTED, "s", 0.08)):
    found = {i: getattr(one, kind) for i, one in enumerate(compared.values()) if getattr(one, kind) is not None}
    label = "halo in training" if kind == "seen" else "halo not in training"
    draw(ax, np.array(list(found)) + shift, list(found.values()), colour, marker, label)
ax.set_xticks(np.arange(len(compared)), list(compared))
ax.set(xlabel="what the network sees", ylabel="scatter of the predicted mass [dex]")
ax.set_ylim(bottom=0)
if compared:
    ax.legend(fontsize="small")
figure if compared else None

# %% [markdown]
# Scatters are in dex, of the clusters that random and grouped folds both test. If the interval of a ratio includes 1, the
# network is not shown to recognise halos.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
notes = []
missing = [name for name, outcome in outcomes.items() if outcome is None]
if missing:
    notes.append(f"Networks with {' and '.join(missing)} folds have not been trained: `{command}` trains them.")
if compared:
    notes.append(comparisons_markdown(compared))
Markdown("\n\n".join(notes)) if notes else None

# %% mystnb={"figure": {"caption": "**Observations of the same halo in training.** Random folds alone, their test clusters sorted by the number of observations of the same halo in training. Leakage would make the points fall. They are different clusters, however, and may fall for other reasons.", "name": "fig-halo-mates"}, "image": {"alt": "Scatter with intervals for random folds by number of observations of the same halo in training."}} tags=["hide-input"]
figure = Figure(figsize=(5.5, 3.4), layout="constrained")
ax = figure.subplots()
looks = zip(classes.items(), (NEUTRAL, OURS, AGN_LESS), "^oD", (-0.12, 0, 0.12), strict=False)
for (label, of_network), colour, marker, shift in looks:
    found = {i: one.scatter for i, one in enumerate(of_network) if one.scatter is not None}
    draw(ax, np.array(list(found)) + shift, list(found.values()), colour, marker, label)
of_first = next(iter(classes.values()), ())
ax.set_xticks(range(len(of_first)), [one.label for one in of_first])
ax.set(xlabel="observations of the same halo in training", ylabel="scatter of the predicted mass [dex]")
ax.set_ylim(bottom=0)
if classes:
    ax.legend(fontsize="small", title="random folds", title_fontsize="small")
figure if classes else None

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
rows = [
    [one.label, f"{one.n_clusters}", f"{one.n_halos}", *(interval_text(of[i].scatter) for of in classes.values())]
    for i, one in enumerate(of_first)
]
header = ["Of its halo in training", "Clusters", "Halos", *(f"{label} [dex]" for label in classes)]
Markdown(markdown_table(header, rows, "r" * len(header))) if classes else None

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
(two_bands,) = judge_study(HALOS, outcomes).values()
Markdown(
    f"**{two_bands[0].claim.statement}** *Holds when:* {two_bands[0].claim.threshold}.\n\n"
    f"{judgements_markdown(two_bands, command)}"
)

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
n_clusters, n_halos = len(reproduction.groups), len(np.unique(reproduction.groups))
measured = [
    f"{interval_text(one.ratio, '.3f')} with {label}" for label, one in compared.items() if one.ratio is not None
]
if n_halos == n_clusters:
    found = "No two observations are known to show the same halo."
elif not measured:
    found = (
        "Too few halos are tested."
        if compared
        else f"Nothing is measured here yet: `{command}` trains both kinds of folds."
    )
else:
    found = (
        f"{n_clusters} observations show {n_halos} halos. The scatter without a cluster's own halo in training, over that "
        f"with it: {'; '.join(measured)}."
    )
Markdown(f"**What was found.** {found}")
