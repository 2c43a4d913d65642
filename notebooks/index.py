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
# # Energy bands and galaxy cluster masses
#
# **The question.** How much better does a convolutional network weigh galaxy clusters when it is told the
# energies of the X-ray photons, and not only where they arrived?
#
# This book rebuilds Max Lovig's report *Understanding the effects of energy band splitting in X-ray cluster
# mass estimation* {cite}`Lovig2024` from the ground up: observations, images, networks, every
# figure, its table, and its claims, each as a test with a threshold that was fixed beforehand. All of it
# can be run again, one section at a time, and with other observations.
#
# **In short.** A telescope that counts X-ray photons gives, for each photon, a place and an energy. The
# report turns a cluster's photons into an image of 128 × 128 pixels whose values are logarithms of counts,
# and trains a small convolutional network to read the cluster's mass off it. It finds that one image of all
# photons leaves a scatter of more than a tenth of a dex (a factor of 1.3 in mass), and that two images, one
# of soft and one of harder photons, nearly halve it. More bands, it says, add little; and neither removing
# the bright core nor removing active galactic nuclei (AGN: accreting black holes, the bright dots in the
# images) changes much. A second picture, the *dynamics*, follows every test prediction through a training
# in which the bands are switched on one after the other.

# %% tags=["parameters", "remove-cell"]
profile = "quick"

# %% mystnb={"figure": {"caption": "**The result at a glance.** Scatter of the predicted mass against the number of energy bands: ours with 95% intervals, and the numbers that the report prints. One band is 0-2.5 keV alone; each further one is added to it. Notice where the line falls, and where it no longer does.", "name": "fig-headline"}, "image": {"alt": "Scatter of predicted masses for one to four energy bands: printed values, this reproduction, and this reproduction without AGN."}} tags=["hide-input"]
from IPython.display import Markdown

from report_utils.report import figures, open_reproduction
from report_utils.report.reproduced_results import Judged
from report_utils.report.sentences import provenance, retained_caveat, trainings, verdict_counts
from report_utils.report.status_tables import status_summary
from report_utils.report.study_tables import over_seeds_summary
from report_utils.report.tables import claims_summary_markdown

reproduction = open_reproduction(profile)
judged = Judged(reproduction)
figures.use_book_style()

figures.scatter_by_bands(judged.table)

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
pair = ("multi_band_2", "multi_band_1")
second = f"On the same clusters, with a second band the scatter {judged.step(pair)}"
if set(pair) <= set(judged.results):
    two, one = (judged.results[name].residuals.std() for name in pair)
    second += f" It is {one:.3f} dex with one and {two:.3f} dex with two."
Markdown(
    f"{judged.warning}\n\n{second}\n\n{provenance(reproduction.profile, len(reproduction.catalogue), judged.seeds)} "
    f"{trainings(judged.seeds)}"
)

# %% [markdown]
# ## How to read this book
#
# The sections follow the report's own. Each page begins with the question it answers and ends with what was
# found. Figures carry the report's numbers, and captions say what to notice. Code is folded away: the text stands
# without it, and the line under each figure leads to the cell that made it. Where the report is silent or
# contradicts itself, the page says what was chosen.
#
# - **To read:** [the problem](1-introduction.ipynb), [the images](3-1-images.ipynb),
#   [the results](3-3-results.ipynb), [how the network learns](4-1-dynamics-multi-band.ipynb),
#   [the conclusion](5-conclusion.ipynb). Unknown words are in the [glossary](../glossary.md).
# - **To change one section and run it again:** [edit one section](edit-one-section.ipynb).
# - **To ask the same of your own event files:** [use your own observations](own-observations.ipynb).
#
# ## How much of the report is there
#
# Every figure, every claim and every printed number that one of ours can be held against, counted by its verdict; the
# [reproduction status](reproduction-status.ipynb) lists them one by one, with tolerances, reasons and runs.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
Markdown(status_summary(judged.status))

# %% [markdown]
# ## What became of the report's claims
#
# Each line is a test; the [claims page](4-3-claims.ipynb) gives statistic, threshold, reason and measured
# values. *Undecided at this size* means that the interval includes both answers.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
caveat = retained_caveat(reproduction.profile, len(reproduction.catalogue))
over_seeds = over_seeds_summary(judged.evidence, judged.over_seeds, f"report-utils study seeds --profile {profile}")
Markdown(
    f"{claims_summary_markdown(judged.evidence)}\n\n{over_seeds}\n\n{caveat}\n\n"
    f"**What was found.** {second} {verdict_counts(judged.evidence)}"
)
