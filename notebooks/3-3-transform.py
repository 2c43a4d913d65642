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
# # One transform
#
# **The question.** How well does the network weigh clusters that it sees in this way?

# %% tags=["parameters", "remove-cell"]
profile = None  # a name in profiles/ or a file; None: what REPORT_PROFILE names, or quick
transform = "multi_band_2"
baseline = None  # another transform to compare with; None: what differs from this one in one thing

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
import numpy as np
import pandas as pd
from IPython.display import Markdown
from matplotlib.figure import Figure

from report_utils.binning import TRANSFORMS, get_transform
from report_utils.report import figures, open_reproduction
from report_utils.report.claim_tests import Runs
from report_utils.report.figures.residuals import PREDICTED_MASS, RESIDUAL, TRUE_MASS
from report_utils.report.figures.style import OURS, PRINTED
from report_utils.report.printed_numbers import table_row
from report_utils.report.reproduced_results import step
from report_utils.report.seeds import all_seeds
from report_utils.report.statistics import describe_all
from report_utils.report.tables import table_one, table_one_markdown
from report_utils.report.wording import untrained_warning

figures.use_book_style()
reproduction = open_reproduction(profile)
view = get_transform(transform)
plain = [other for other in TRANSFORMS.values() if other.source == "observation" and other.retained_percentile is None]
alike = [other.name for other in plain if other.channels == view.channels and other.name != transform]
baseline = baseline or (alike or ["multi_band_1"])[0]  # the same channels with AGN and all pixels, or the lowest band
results = all_seeds(reproduction, dict.fromkeys((transform, baseline)))
result = results[transform]
counts = reproduction.counts(view.source, view.counted_edges_kev)
Markdown(
    pd.DataFrame(
        {
            "channels [keV]": ", ".join(view.channels),
            "AGN": "removed" if view.source == "agn_less" else "included",
            "pixels": "all" if view.retained_percentile is None else f"{view.retained_percentile:g}% of the occupied",
            "compared with": TRANSFORMS[baseline].label,
        },
        index=[view.label],
    )
    .rename_axis("transform")
    .to_markdown(disable_numparse=True)
)

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
remains = ""
if view.retained_percentile is not None:
    pixels, photons = figures.median_remaining(counts, view.retained_percentile)
    remains = (
        f"The median observation keeps {pixels:.1%} of its occupied pixels and {photons:.1%} of its events, at "
        f"{reproduction.profile.n_pixels} × {reproduction.profile.n_pixels} pixels. Pixels that tie with the percentile stay."
    )
Markdown(remains) if remains else None

# %% mystnb={"figure": {"caption": "**What the network sees.** Some clusters under this transform, heavy ones first, at the number of pixels of this profile's training. Heavy and light clusters differ in brightness, in extent, and in the ratio of the channels where there are several.", "name": "fig-{{ slug }}-images"}, "image": {"alt": "Images of example clusters under this transform, one row or column for each."}} tags=["hide-input"]
rows = figures.example_rows(reproduction.catalogue["log10_mass"], 4)
cubes = np.array(counts[np.sort(rows)])[np.argsort(np.argsort(rows))]
names = [f"log M = {mass:.2f}" for mass in reproduction.catalogue["log10_mass"].to_numpy()[rows]]
figures.transform_images(list(view(cubes)), names, view.channels)

# %% [markdown]
# ## Training

# %% mystnb={"figure": {"caption": "**Learning curves.** Root mean square error of each epoch. On the training clusters it is Keras' running mean during the epoch, while the weights still change; on the fold's test clusters it is the error at the end of the epoch. Each fold and training seed has a line. Where the two part, the network learns its training clusters by heart; where the curves still fall at the end, it has not finished learning.", "name": "fig-{{ slug }}-curves"}, "image": {"alt": "Training and test error against epoch for each fold."}} tags=["hide-input"]
trainings = [curves for history in result.history for curves in history.values()]
one_line = "one line a fold" if len(result.history) == 1 else "one line a fold and seed"
look = {"alpha": 0.85} if len(trainings) <= 4 else {"alpha": 0.6, "lw": 0.8}
figure = Figure(figsize=(7.0, 3.4), layout="constrained")
ax = figure.subplots()
for number, curves in enumerate(trainings):
    for key, name, colour, line in (("loss", "training", OURS, "-"), ("val_loss", "test", PRINTED, "--")):
        if key in curves:
            error = np.sqrt(curves[key])
            label = f"{name}, {one_line}" if number == 0 else None
            ax.plot(np.arange(1, len(error) + 1), error, line, color=colour, label=label, **look)
ax.set(yscale="log", xlabel="epoch", ylabel="root mean square error [dex]")
low, high = ax.get_ylim()
ticks = [
    error for error in (0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.5, 0.7, 1, 2, 5, 10, 20) if low <= error <= high
]
ax.set_yticks(ticks, [f"{error:g}" for error in ticks])
ax.minorticks_off()
ax.xaxis.get_major_locator().set_params(integer=True)
ax.legend()
figure

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
warning = untrained_warning({TRANSFORMS[name].label: one.untrained for name, one in results.items()})
Markdown(warning) if warning else None

# %% [markdown]
# ## Test clusters

# %% mystnb={"figure": {"caption": "**Residuals and predictions.** Left: prediction minus truth for every test cluster in all eight views and trainings; the outermost bars hold what lies beyond the axis. Right: prediction against truth, with the line of perfect accuracy. Predictions that are drawn to the middle at both ends of the line show a network that hedges.", "name": "fig-{{ slug }}-residuals"}, "image": {"alt": "Left: histogram of residuals. Right: predicted against true mass with the diagonal."}} tags=["hide-input"]
figure = Figure(figsize=(8.0, 3.8), layout="constrained")
left, right = figure.subplots(1, 2)
figures.draw_residuals(left, result.residuals, figures.residual_limit([result]))
left.set(xlabel=RESIDUAL, ylabel="share of test views [%]")
figures.draw_predictions(right, result.truth, result.predictions, figures.mass_limits([result]))
right.set(xlabel=TRUE_MASS, ylabel=PREDICTED_MASS, aspect="equal")
figure

# %% [markdown]
# The robust scatter is half the range from the 16th to the 84th percentile; outliers are views beyond three robust
# scatters. The slope is the change of the residual per dex of true mass: 0 would be no regression to the mean, −1
# nothing else.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
Markdown(table_one_markdown({"here": table_one({transform: result}).loc[[transform]]}))

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
if not result.untrained:
    ours = describe_all({transform: result})[transform]
    shape = pd.DataFrame(
        {
            "test clusters": f"{ours.n_clusters}",
            "halos": f"{ours.n_groups}",
            "trainings": f"{ours.n_seeds}",
            "robust scatter [dex]": f"{ours.robust_scatter:.3f}",
            "outliers": f"{ours.outlier_fraction:.1%}",
            "R²": f"{ours.r_squared:.2f}",
            "slope": f"{ours.slope:+.2f}",
        },
        index=[view.label],
    )
None if result.untrained else Markdown(shape.to_markdown(index=False, disable_numparse=True, stralign="right"))

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
found = "The network did not train."
if not result.untrained:
    found = f"The scatter is {ours.scatter:.3f} dex and the bias {ours.bias:+.3f} dex."
printed = table_row(view)
found += (
    f" The report prints {printed.scatter:.5f} dex."
    if printed.printed
    else f" The report prints no scatter for it ({printed.where})."
)
if transform != baseline:
    change = step(Runs(results), (transform, baseline))
    found += f" Against *{TRANSFORMS[baseline].label}*, on the same clusters, the scatter {change}"
Markdown(f"**What was found.** {found}")
