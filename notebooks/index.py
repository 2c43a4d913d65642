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
# **The question.** How much better does a convolutional network weigh galaxy clusters when it knows the
# energies of the X-ray photons as well as their positions?
#
# This book rebuilds Max Lovig's report *Understanding the effects of energy band splitting in X-ray cluster
# mass estimation* {cite}`Lovig2024` from the ground up: observations, images, networks, every
# figure, its table, and its claims, each as a test with a threshold that was fixed beforehand. All of it
# can be run again, one section at a time, and with other observations.
#
# **In short.** A telescope that counts X-ray photons records a position and an energy for each photon. The
# report turns a cluster's photons into an image of 128 × 128 pixels, whose values are logarithms of counts,
# and trains a small convolutional network to predict the cluster's mass from it. It finds a scatter of more than a
# tenth of a dex (a factor of 1.3 in mass) with one image of all photons. Two images, one of soft and one of harder
# photons, nearly halve it. It also finds that more bands add little, and that removing the bright core or the active
# galactic nuclei (AGN: accreting black holes, the bright dots in the images) changes little. A second picture, the
# *dynamics*, follows every test prediction through a training in which the bands are switched on one after the other.

# %% tags=["parameters", "remove-cell"]
profile = None  # a name in profiles/ or a file; None: what REPORT_PROFILE names, or quick

# %% mystnb={"figure": {"caption": "**The result at a glance.** Scatter of the predicted mass against the number of energy bands: ours with 95% intervals, and the numbers that the report prints. One band is 0-2.5 keV alone; each further band is added to it. Where committed results of the report's own size are at hand, filled marks are at full size and open ones of this build.", "name": "fig-headline"}, "image": {"alt": "Scatter of predicted masses for one to four energy bands: printed values, this reproduction, and this reproduction without AGN."}} tags=["hide-input"]
import numpy as np
from IPython.display import Markdown
from matplotlib.figure import Figure

from report_utils.binning import TRANSFORMS
from report_utils.report import figures, open_reproduction
from report_utils.report.claims import verdict_counts
from report_utils.report.figures.style import AGN_LESS, OURS, PRINTED
from report_utils.report.printed_numbers import table_row
from report_utils.report.reproduced_results import Judged
from report_utils.report.status_tables import status_summary
from report_utils.report.studies import over_seeds_summary
from report_utils.report.tables import verdicts_markdown

reproduction = open_reproduction(profile)
judged = Judged(reproduction)
figures.use_book_style()

bands = np.arange(1, 5)
figure = Figure(figsize=(7.0, 4.0), layout="constrained")
ax = figure.subplots()
printed = np.array([table_row(TRANSFORMS[f"multi_band_{k}"]).scatter for k in bands], dtype=float)
ax.plot(bands, printed, "s--", color=PRINTED, label="printed in the report")
kinds = (("multi_band", "", OURS, "o", -0.04), ("agn_less", ", without AGN", AGN_LESS, "^", 0.04))
for number, (where, table) in enumerate(judged.tables.items()):
    look = {"ls": "-"} if number == 0 else {"ls": ":", "mfc": "white", "lw": 1.1}
    for kind, without, colour, marker, shift in kinds:
        rows = table.loc[[f"{kind}_{k}" for k in bands]].set_index(bands).dropna(subset="scatter")
        if rows.empty:
            continue
        values = rows["scatter"].to_numpy()
        reach = np.abs(rows[["scatter_low", "scatter_high"]].to_numpy().T - values)
        places, label = rows.index + shift * (1 + number), f"{where}{without}"
        ax.errorbar(places, values, yerr=reach, marker=marker, color=colour, capsize=3, label=label, **look)
ax.set_xticks(bands, [f"{k}\n{'+ ' if k > 1 else ''}{band}" for k, band in zip(bands, figures.BANDS, strict=True)])
ax.set(xlabel="energy bands that the network sees", ylabel="scatter of the predicted mass [dex]")
ax.set_ylim(bottom=0)
figure.legend(loc="outside upper left", ncols=3, fontsize="small")
figure

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
pair = ("multi_band_2", "multi_band_1")
second = f"On the same clusters, with a second band the scatter {judged.step(pair)}"
if set(pair) <= set(judged.results):
    two, one = (judged.results[name].residuals.std() for name in pair)
    second += f" It is {one:.3f} dex with one and {two:.3f} dex with two."
Markdown(f"{judged.warning}\n\n{second}")

# %% [markdown]
# **Try it first.** [Weigh a cluster](weigh-a-cluster.ipynb) in the page: make it hotter, move it away, cut out its core, and
# see which network follows. No installation, and nothing leaves your browser.
#
# ## How to read this book
#
# The sections follow the report's own. Each page begins with the question it answers and ends with what was
# found. Figures have the report's numbers, and captions say what to look for. The code is folded away, because the text
# can be read without it; the line under each figure leads to the cell that made it. Where the report is silent or
# contradicts itself, the page says which choice was made.
#
# - **To read:** [the problem](1-introduction.ipynb), [the images](3-1-images.ipynb),
#   [the results](3-3-results.ipynb), [how the network learns](4-1-dynamics-multi-band.ipynb),
#   [the conclusion](5-conclusion.ipynb). Unknown words are in the [glossary](../glossary.md).
# - **To see why a second band helps:** nine experiments, from [hidden or known](why-1-hidden-or-known.ipynb) to
#   [the box](why-9-box.ipynb), each with a prediction that was written first.
# - **To change one section and run it again:** [edit one section](edit-one-section.ipynb).
# - **To ask the same of your own event files:** [use your own observations](own-observations.ipynb).
#
# ## How much of the report is there
#
# The table counts every figure, every claim and every printed number with a counterpart here, by its verdict. The
# [reproduction status](reproduction-status.ipynb) lists them one by one, with tolerances, reasons and runs.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
Markdown(status_summary(judged.status))

# %% [markdown]
# ## What became of the report's claims
#
# Each line is a test. The [claims page](4-3-claims.ipynb) gives its statistic, threshold, reason and measured
# values. *Undecided at this size* means that the interval includes both answers. The verdicts on emptied pixels hold for
# this profile's images, whose pixels hold other photons than the report's unless they are 128 × 128.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
command = f"report-utils study seeds --profile {reproduction.profile.name}"
Markdown(
    f"{verdicts_markdown({'Here': judged.evidence})}\n\n{over_seeds_summary(judged.evidence, judged.over_seeds, command)}"
)

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
Markdown(f"**What was found.** {second} {verdict_counts(judged.evidence)}")
