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
# A telescope that counts X-ray photons records a position and an energy for each. Max Lovig's report *Understanding the
# effects of energy band splitting in X-ray cluster mass estimation* {cite}`Lovig2024` turns the photons of a cluster into
# images, one for each energy band, and trains a small network to predict the cluster's mass from them. This book does all
# of it again, with observations of its own, and asks why.
#
# ```{container} offers
# To see it for yourself, [weigh a cluster](weigh-a-cluster.ipynb): heat it, move it away, cut out its core, and watch which
# network follows.
# ```

# %% tags=["parameters", "remove-cell"]
profile = None  # a name in profiles/ or a file; None: what REPORT_PROFILE names, or quick

# %% mystnb={"figure": {"caption": "**The result at a glance.** Scatter of the predicted mass against the number of energy bands: ours with 95% intervals, and the numbers that the report prints. A plus sign marks a band that is added to those before it. Where there are results of the report's own size, filled marks are at full size and open ones of this build. Grey, of this build: boosted trees that see the numbers of events in the same bands and no image, and, for simulated clusters, a straight line in the true temperature.", "name": "fig-headline"}, "image": {"alt": "Scatter of predicted masses for one to four energy bands: printed values and ours, with and without AGN, beside counts without an image and a line in the true temperature."}} tags=["hide-input"]
import numpy as np
from IPython.display import Markdown
from matplotlib.figure import Figure

from report_utils.binning import TRANSFORMS
from report_utils.events.bands import band_titles
from report_utils.report import figures, open_reproduction
from report_utils.report.claims import verdict_counts
from report_utils.report.figures.style import AGN_LESS, NEUTRAL, OURS, PRINTED
from report_utils.report.findings import Findings
from report_utils.report.printed_numbers import table_row
from report_utils.report.reproduced_results import Judged

reproduction = open_reproduction(profile)
judged = Judged(reproduction)
findings = Findings(judged)
figures.use_book_style()

bands = np.arange(1, 5)
figure = Figure(figsize=(7.0, 4.6), layout="constrained")
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
counts = {int(name[-1]): one.value for name, one in findings.scatters.get("counts", {}).items()}
if counts:
    ax.plot(list(counts), list(counts.values()), "x:", color=NEUTRAL, label="no image, counts in these bands")
for known in findings.scatters.get("temperature", {}).values():
    ax.axhline(known.value, color=NEUTRAL, ls="--", lw=1, label="line in the true temperature")
seen = [band_titles(TRANSFORMS[f"multi_band_{k}"].edges_kev) for k in bands]
added = [f"+ {new[-1]}" if new[:-1] == old else ", ".join(new) for old, new in zip([None, *seen], seen, strict=False)]
ax.set_xticks(bands, [f"{k}\n{names}" for k, names in zip(bands, added, strict=True)])
ax.set(xlabel="energy bands that the network sees", ylabel="scatter of the predicted mass [dex]")
ax.set_ylim(bottom=0)
figure.legend(loc="outside upper left", ncols=3, fontsize="small")
figure

# %% [markdown]
# ## The answer

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
points = "\n".join(f"- {sentence}" for sentence in findings.in_short)
Markdown("\n\n".join(filter(None, [judged.warning, points])) or "Too little is measured here for an answer.")

# %% [markdown]
# Brackets are 95% intervals. [The conclusion](5-conclusion.ipynb) says more. The pages on [the
# redshift](why-1-hidden-or-known.ipynb), [the spectrum](why-3-energy-surgery.ipynb), [simple counts](baselines.ipynb) and
# [readings of the report](sensitivity.ipynb) say how each was measured.
#
# ## What holds and what does not
#
# Each claim of the report is a test with a threshold that was fixed beforehand; [the claims page](4-3-claims.ipynb) gives
# each statistic, threshold and reason.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
Markdown("\n\n".join(filter(None, [findings.verdicts, judged.full_size_link])))

# %% [markdown]
# Unless the line at the top says 128 × 128 pixels, a pixel holds other photons than the report's; verdicts on emptied pixels
# depend on that most. Halos of test clusters may be in training, seen at other times; [a page](halos.ipynb) measures what that
# changes. Simulated clusters follow scaling relations, not the report's hydrodynamics. Mass enters the shape
# of their spectra through the temperature alone, so how much a second band helps follows from the scatter of temperatures
# that was put in.
#
# ## Where to go
#
# - **Read it:** [the problem](1-introduction.ipynb), [the images](3-1-images.ipynb), [the results](3-3-results.ipynb), [how the
#   network learns](4-1-dynamics-multi-band.ipynb), [why a second band helps](why-1-hidden-or-known.ipynb), [the
#   conclusion](5-conclusion.ipynb). Sections are numbered as in the report; unknown words are in the [glossary](../glossary.md).
# - **Check it:** [what became of every figure, number and claim](reproduction-status.ipynb).
# - **Change it:** [edit one section](edit-one-section.ipynb) and run it again; the code of each page is folded away in it.
# - **Use it:** [your own event files](own-observations.ipynb), the same questions.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
Markdown(f"**What was found.** {verdict_counts(judged.evidence, findings.by_reading)}")
