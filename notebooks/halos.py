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
# A halo that is observed at several times is several observations. The report says nothing of halos and folds, so
# here folds are drawn regardless of halos. Then a network may be tested on a halo of which it knows another snapshot,
# and what it remembers of the halo would pass for what it measures of the mass: *leakage*. So the networks are
# trained once more with folds that keep each halo together.
#
# A cluster that both partitions test has been predicted twice: by a network that was trained on other snapshots of its
# halo, and by one that was not. All folds that keep halos together are run, so this holds for every cluster that the
# random folds test. Both were trained on equally many observations by the same protocol. The scatters of
# the two predictions of the same clusters are compared, so that what makes a cluster hard is in both and cancels.

# %% tags=["parameters", "remove-cell"]
profile = "quick"

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
from IPython.display import Markdown

from report_utils.binning import get_transform
from report_utils.report import figures, open_reproduction
from report_utils.report.figures.studies import partitions
from report_utils.report.leakage import compare_partitions, mates_in_training, scatter_by_mates
from report_utils.report.seeds import SeedPredictions, trained_only
from report_utils.report.sentences import provenance, untrained_warning
from report_utils.report.studies import judge_study
from report_utils.report.study_tables import judgements_markdown, leakage_blocks, leakage_text
from report_utils.reproduction.studies import HALOS, reproduce_variant
from report_utils.reproduction.study_results import seeds_of, study_outcomes

reproduction = open_reproduction(profile)
figures.use_book_style()
outcomes = study_outcomes(reproduction, HALOS)
command = f"report-utils study {HALOS.name} --profile {profile}"


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
Markdown(
    f"{provenance(reproduction.profile, len(reproduction.catalogue), seeds_of(outcomes))}\n\n{untrained_warning(dead)}"
)

# %% mystnb={"figure": {"caption": "**Halos seen and not seen.** Left: the scatter of three networks on the same clusters, with other observations of their halo in training and without. Right: random folds alone, their test clusters sorted by how many observations of the same halo were trained on. Leakage would raise the squares on the left over the circles, and let the points on the right fall; but points on the right are different clusters, and may fall for other reasons. The intervals on the left hold what other clusters would change in each scatter; the table has the interval of their ratio, which is far narrower.", "name": "fig-halos"}, "image": {"alt": "Scatter with intervals with and without the halo in training by number of bands, and for random folds by number of observations of the same halo in training."}} tags=["hide-input"]
partitions(compared, classes)

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
Markdown("\n\n".join(leakage_blocks(compared, classes, outcomes, command)))

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
(two_bands,) = judge_study(HALOS, outcomes).values()
Markdown(
    f"**{two_bands[0].claim.statement}** *Holds when:* {two_bands[0].claim.threshold}.\n\n"
    f"{judgements_markdown(two_bands, command)}"
)

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
Markdown(f"**What was found.** {leakage_text(compared, reproduction.groups, command)}")
