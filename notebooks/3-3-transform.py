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
# # {{ title }}
#
# **The question.** How well does the network weigh clusters that it sees in this way: {{ title }}?

# %% tags=["parameters", "remove-cell"]
profile = "quick"
transform = "multi_band_2"
baseline = "multi_band_1"

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
import numpy as np
from IPython.display import Markdown

from report_utils.binning import TRANSFORMS
from report_utils.report import PUBLISHED, figures, open_reproduction
from report_utils.report.claim_tests import Runs
from report_utils.report.seeds import all_seeds
from report_utils.report.sentences import (
    beside_printed,
    change,
    example_rows,
    listing,
    provenance,
    trainings,
    untrained_warning,
)
from report_utils.report.statistics import describe_all
from report_utils.report.tables import table_one, table_one_markdown

reproduction = open_reproduction(profile)
figures.use_book_style()
view = TRANSFORMS[transform]
results = all_seeds(reproduction, dict.fromkeys((transform, baseline)))
result = results[transform]

kind = transform.rsplit("_", 1)[0]
about = {
    "single": "All photons in one image, whatever their energy.",
    "single_band": "One image, without photons above 7.5 keV, as in earlier work (report, footnote 3).",
    "multi_band": f"One channel for each of the lowest {view.n_channels} of the four energy bands.",
    "retained": "Four bands; the brightest of the occupied pixels are emptied, so the core goes first.",
    "agn_less": f"The lowest {view.n_channels} of four bands of the same clusters, without AGN.",
}[kind]
remains = ""
if kind == "retained":
    percentage = int(transform.rsplit("_", 1)[1])
    pixels, photons = figures.median_remaining(reproduction.counts(view.source), percentage)
    remains = (
        f" At this profile's {reproduction.profile.n_pixels} × {reproduction.profile.n_pixels} pixels, the median "
        f"observation keeps {pixels:.1%} of its occupied pixels and {photons:.1%} of its events; pixels that tie "
        "with the percentile stay."
    )
Markdown(f"{about} Channels: {listing([f'{channel} keV' for channel in view.channels])}.{remains}")

# %% mystnb={"figure": {"caption": "**What the network sees.** Some clusters under this transform, heavy ones first, at the number of pixels that this profile trains on. Notice what sets heavy and light clusters apart in these images: brightness, extent, and the ratio of the channels where there are several.", "name": "fig-{{ slug }}-images"}, "image": {"alt": "Images of example clusters under this transform, one row or column for each."}} tags=["hide-input"]
rows = example_rows(reproduction.catalogue["log10_mass"], 4)
cubes = np.array(reproduction.counts(view.source)[np.sort(rows)])[np.argsort(np.argsort(rows))]
names = [f"log M = {mass:.2f}" for mass in reproduction.catalogue["log10_mass"].to_numpy()[rows]]
figures.transform_images(list(view(cubes)), names, view.channels)

# %% [markdown]
# ## Training

# %% mystnb={"figure": {"caption": "**Learning curves.** Root mean square error of each epoch: on the training clusters Keras' running mean during the epoch, while the weights still change; on the fold's test clusters at its end. One line for each fold and training seed. Notice whether the two part (the network learns its training clusters by heart) and whether the curves still fall at the end.", "name": "fig-{{ slug }}-curves"}, "image": {"alt": "Training and test error against epoch for each fold."}} tags=["hide-input"]
figures.learning_curves(result.history)

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
Markdown(untrained_warning({TRANSFORMS[name].label: one.untrained for name, one in results.items()}))

# %% [markdown]
# ## Test clusters

# %% mystnb={"figure": {"caption": "**Residuals and predictions.** Left: prediction minus truth for every test cluster in all eight views and trainings; what lies beyond the axis is in the outermost bars. Right: prediction against truth, with the line of perfect accuracy. Notice the ends of the line: predictions that are drawn to the middle show a network that hedges.", "name": "fig-{{ slug }}-residuals"}, "image": {"alt": "Left: histogram of residuals. Right: predicted against true mass with the diagonal."}} tags=["hide-input"]
figures.residuals_and_predictions(result)

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
Markdown(table_one_markdown(table_one({transform: result}).loc[[transform]]))

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
printed = PUBLISHED.rows[transform]
said = (
    f"The report prints {printed.scatter:.5f} dex."
    if printed.printed
    else f"The report prints no number: {printed.where}."
)
sentences = [f"**What was found.** The network did not train. {said}"]
if not result.untrained:
    ours = describe_all({transform: result})[transform]
    r_squared = f"{ours.r_squared:.2f}".replace("-", "−")
    sentences = [
        (
            f"**What was found.** The scatter is {ours.scatter:.3f} dex and the bias {ours.bias:+.3f} dex, from "
            f"{ours.n_clusters} test clusters of {ours.n_groups} halos. {trainings([ours.n_seeds])} {said}"
        ),
        (
            f"Half the range from the 16th to the 84th percentile is {ours.robust_scatter:.3f} dex, "
            f"{ours.outlier_fraction:.1%} of the views lie beyond three times that, and R² is "
            f"{r_squared}. The residual changes by {ours.slope:+.2f} dex per dex of true mass; 0 would be no "
            "regression to the mean, −1 nothing else."
        ),
    ]
if transform != baseline and not any(one.untrained for one in results.values()):
    ratio = Runs(results).ratio(transform, baseline)
    sentences += [
        f"Against *{TRANSFORMS[baseline].label}*, on the same clusters, the scatter {change(ratio)}.",
        beside_printed(ratio, (transform, baseline), results),
    ]
Markdown(
    " ".join(sentences)
    + f"\n\n{provenance(reproduction.profile, len(reproduction.catalogue), [r.n_seeds for r in results.values()])}"
)
