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
# # Conclusion
#
# **The question.** Which of the report's claims remain when all of it is done again, and what comes next?

# %% tags=["parameters", "remove-cell"]
profile = None  # a name in profiles/ or a file; None: what REPORT_PROFILE names, or quick

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
import pandas as pd
from IPython.display import Markdown

from report_utils.report import open_reproduction
from report_utils.report.claims import CLAIMS, verdict_counts
from report_utils.report.intervals import FAILS, HOLDS, UNDECIDED
from report_utils.report.reproduced_results import Judged
from report_utils.report.second_band import (
    ONE_AND_TWO,
    PREDICTIONS,
    counted_verdicts,
    predictions_table,
    scatter_ratio,
)
from report_utils.reproduction.studies import WHY
from report_utils.reproduction.study_results import study_outcomes

reproduction = open_reproduction(profile)
judged = Judged(reproduction)
evidence = judged.evidence
blocks = [judged.warning]
for verdict, heading in (
    (HOLDS, "Borne out here"),
    (FAILS, "Not borne out here"),
    (UNDECIDED, "Left open at this size"),
):
    lines = [f"- {claim.statement}" for claim in CLAIMS if evidence[claim.name].verdict == verdict]
    if lines:
        blocks.append(f"**{heading}**\n\n" + "\n".join(lines))
Markdown("\n\n".join(blocks))

# %% [markdown]
# ## Why two bands
#
# The report leaves open what the second band teaches. Here the simulation can be changed, and the answer is taken apart
# into [nine experiments](why-1-hidden-or-known.ipynb), each predicted before it was made.
#
# - *Hidden redshift.* An image has no label of the distance, and a near light cluster looks like a far heavy one. If that is what
#   makes one band bad, a network that is [told the distance](why-1-hidden-or-known.ipynb) needs the second band much less.
# - *Thermometer.* The ratio of two bands depends on $T / (1 + z)$, in which distance nearly cancels, and mass follows
#   temperature {eq}`eq-mass-temperature`. If that is what helps, a second band without a spectrum or with
#   [that of another cluster](why-3-energy-surgery.ipynb) is worth nothing, and a worse thermometer is worth less.
# - *The image.* If structure matters, networks lose when [pixels change places](why-4-image.ipynb).

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
PARTS = {
    "hidden redshift": ("one band: distance given over hidden", "distance given: two bands over one"),
    "thermometer": (
        "temperatures regardless of mass: two over one",
        "scatter of ln T 0.3: two bands over one",
        "thinned copy over the first band alone",
        "another's hardness over the first band alone",
    ),
    "map of hardness": ("energies shuffled over two bands",),
    "the image": tuple(
        f"{done}: {of}" for done in ("pixels permuted", "azimuth scrambled") for of in ("one band", "two bands")
    ),
}
outcomes = study_outcomes(reproduction, WHY)
by_label = {one.label: (one, found, verdict) for one, found, verdict in predictions_table(PREDICTIONS, outcomes)}
tested = [(part, *by_label[label]) for part, labels in PARTS.items() for label in labels]
rows = [
    (part, one.label, f"{one.low:.2f} to {one.high:.2f}", "" if found is None else f"{found:.2f}", verdict)
    for part, one, found, verdict in tested
]
header = ["part of the answer", "ratio of scatters", "predicted", "measured [95% interval]", "verdict"]
Markdown(pd.DataFrame(rows, columns=header).to_markdown(index=False, disable_numparse=True))

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
judged_all = [verdict for _, found, verdict in by_label.values() if found is not None]
Markdown(
    f"All ratios of the study's networks: {counted_verdicts(judged_all).lower()}"
    if judged_all
    else f"Nothing of this is measured here yet: `report-utils study {WHY.name}` trains the networks."
)


# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
def ratios(*pairs):
    found = [scatter_ratio(outcomes, *pair) for pair in pairs]
    return None if None in found else [f"{one:.2f}" for one in found]


one, two = (("default", name) for name in ONE_AND_TWO)
told_one, told_two = (("distance-known", name) for name in ONE_AND_TWO)
sentences = (
    ("Told the distance, one band has {} of the scatter that it has without.", ratios((told_one, one))),
    (
        "Two bands then have {} of the scatter of one, and {} where the distance is hidden.",
        ratios((told_two, told_one), (two, one)),
    ),
    (
        "A second band without a spectrum has {} times the scatter of the first band alone.",
        ratios((("thinned-copy", "multi_band_2"), ("default", "multi_band_1"))),
    ),
    (
        "With energies shuffled among the events of each observation, two bands have {} times the scatter.",
        ratios((("shuffled-energies", "multi_band_2"), two)),
    ),
    (
        "With all pixels of each image in random order, they have {} times the scatter.",
        ratios((("permuted-pixels", two[1]), two)),
    ),
)
in_short = " ".join(text.format(*found) for text, found in sentences if found is not None)
Markdown(f"**In short.** {in_short}") if in_short else None

# %% [markdown]
# Further pages look at [the same cluster, moved](why-2-moved-cluster.ipynb), at [what errors are made
# of](why-5-errors.ipynb), at [where to cut](why-6-cuts.ipynb), at [where the network looks](why-7-saliency.ipynb), at
# [what its last layers know](why-8-layers.ipynb), and at [the box](why-9-box.ipynb).
#
# ## What this does not show
#
# - The verdicts on emptied pixels hold for this profile's training and its size of images. Unless that is the report's
#   own 128 × 128 pixels, a pixel holds other photons than in the report's images.
# - Simulated clusters come from scaling relations with scatter, not from hydrodynamics. They have substructure, mergers
#   and feedback only as far as [the simulation](2-simulation.ipynb) has them. A network could use, or be misled by,
#   what is missing. What is found here about structure is therefore a statement about this simulation.
# - Real observations have a particle background and field sources, which are options of the simulation and off by
#   default. They also have calibration errors, which are not simulated.
# - Results for an archive of observations need not hold for other observations.
#
# How often the networks were trained, and what their folds leave open, stands below. Where another snapshot of a test halo
# was in training, all scatters may be smaller than on new halos; whether that holds for the report is not known.
# [Do the networks recognise halos?](halos.ipynb) measures it.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
Markdown(judged.how_trained)

# %% [markdown]
# ## What next
#
# The report names two paths. One is methods that mark which parts of an image matter, such as integrated gradients
# or LIME {cite}`Ribeiro2016`. The other is to look at how clusters are grouped in the last layer before the
# prediction. Both [are](why-7-saliency.ipynb) [taken](why-8-layers.ipynb) in this book. A reproduction adds a third: to ask the same
# questions of real observations. This book's tools are made for that.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
pair = ("multi_band_2", "multi_band_1")
Markdown(
    f"**What was found.** With a second energy band the scatter {judged.step(pair)} "
    f"From two bands to four it {judged.step(('multi_band_4', 'multi_band_2'))} "
    f"{verdict_counts(evidence)}"
)
