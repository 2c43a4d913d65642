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
# **The question.** How well does the network weigh clusters from the images of one transform?

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
from report_utils.report.claim_tests import Runs, printed_contrast
from report_utils.report.figures import PREDICTED_MASS, RESIDUAL, TRUE_MASS
from report_utils.report.figures.style import OURS, PRINTED
from report_utils.report.printed_numbers import table_row
from report_utils.report.reproduced_results import side_by_side
from report_utils.report.seeds import on_common_clusters
from report_utils.report.statistics import describe_all
from report_utils.report.wording import interval_text, markdown_table, untrained_warning

figures.use_book_style()
reproduction = open_reproduction(profile)
view = get_transform(transform)
plain = [other for other in TRANSFORMS.values() if other.source == "observation" and other.retained_percentile is None]
alike = [other.name for other in plain if other.channels == view.channels and other.name != transform]
fewer = [other.name for other in plain if other.edges_kev == view.edges_kev[:-1]]
rest = ["multi_band_1" if transform == "single_band" else "single_band"]
# the same channels with AGN and all pixels, or one band fewer, or one band
baseline = baseline or (alike + fewer + rest)[0]
sources = side_by_side(reproduction, dict.fromkeys((transform, baseline)))
results = list(sources.values())[-1]  # of this build
result, other = results[transform], get_transform(baseline)
counts = reproduction.counts(view.source, view.counted_edges_kev)
facts = {
    "channels [keV]": ", ".join(view.channels),
    "AGN": "removed" if view.source == "agn_less" else "included",
    "pixels": "all" if view.retained_percentile is None else f"{view.retained_percentile:g}% of the occupied",
    "compared with": f"[{other.label}](3-3-{baseline.replace('_', '-')}.ipynb)",
}
if view.retained_percentile is not None:
    shares = [figures.remaining(cube, view.retained_percentile) for cube in counts]
    pixels, photons = np.median(shares, axis=0)
    facts["the median observation keeps"] = f"{pixels:.1%} of its occupied pixels, {photons:.1%} of its events"
Markdown(markdown_table(["Transform", view.label], facts.items(), "ll"))

# %% mystnb={"figure": {"caption": "**What the network sees.** Three clusters, the most massive first. {{ shows }} The difference is this image less that of the transform compared with, each summed over its channels: red where there are more events, blue where there are fewer.", "name": "fig-{{ slug }}-images"}, "image": {"alt": "Images of three clusters under this transform, and their difference from the transform compared with."}} tags=["hide-input"]
rows = figures.example_rows(reproduction.catalogue["log10_mass"], 3)
names = [f"log M = {mass:.2f}" for mass in reproduction.catalogue["log10_mass"].to_numpy()[rows]]
others = reproduction.counts(other.source, other.counted_edges_kev)


def seen(image):
    """All events that an image shows, as one channel."""
    return np.log10(1 + (10.0 ** image.astype(float) - 1).sum(axis=-1))


images = [view(np.array(counts[row])) for row in rows]
differences = [seen(image) - seen(other(np.array(others[row]))) for image, row in zip(images, rows, strict=True)]
figures.transform_images(images, names, view.channels, differences)

# %% mystnb={"figure": {"caption": "**Learning curves.** Root mean square error of each epoch, a line for each fold and training seed; on the training clusters it is a mean over the epoch.", "name": "fig-{{ slug }}-curves"}, "image": {"alt": "Training and test error against epoch for each fold."}} tags=["hide-input"]
trainings = [curves for history in result.history for curves in history.values()]
look = {"alpha": 0.85} if len(trainings) <= 4 else {"alpha": 0.6, "lw": 0.8}
figure = Figure(figsize=(7.0, 2.8), layout="constrained")
ax = figure.subplots()
for number, curves in enumerate(trainings):
    for key, name, colour, line in (("loss", "training", OURS, "-"), ("val_loss", "test", PRINTED, "--")):
        if key in curves:
            error = np.sqrt(curves[key])
            label = f"{name} clusters" if number == 0 else None
            ax.plot(np.arange(1, len(error) + 1), error, line, color=colour, label=label, **look)
ax.set(yscale="log", xlabel="epoch", ylabel="error [dex]")
low, high = ax.get_ylim()
steps = (0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.1, 0.12, 0.15, 0.2, 0.3, 0.4, 0.6, 0.8, 1, 2, 5, 10, 20)
ticks = [error for error in steps if low <= error <= high]
ax.set_yticks(ticks, [f"{error:g}" for error in ticks])
ax.minorticks_off()
ax.xaxis.get_major_locator().set_params(integer=True)
ax.legend()
figure

# %% mystnb={"figure": {"caption": "**Residuals and predictions** of all test clusters, views and trainings. Left: the outermost bars hold what lies beyond the axis. Right: the line is perfect accuracy.", "name": "fig-{{ slug }}-residuals"}, "image": {"alt": "Left: histogram of residuals. Right: predicted against true mass with the diagonal."}} tags=["hide-input"]
figure = Figure(figsize=(8.0, 3.8), layout="constrained")
left, right = figure.subplots(1, 2)
figures.draw_residuals(left, result.residuals, figures.residual_limit([result]))
left.set(xlabel=RESIDUAL, ylabel="share of test views [%]")
figures.draw_predictions(right, result.truth, result.predictions, figures.mass_limits([result]))
right.set(xlabel=TRUE_MASS, ylabel=PREDICTED_MASS, aspect="equal")
figure

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
warning = untrained_warning({TRANSFORMS[name].label: one.untrained for name, one in results.items()})
trained = {label: of[transform] for label, of in sources.items() if not of[transform].untrained}
described = {label: describe_all({transform: of})[transform] for label, of in trained.items()}
measured = {
    "bias [dex]": lambda ours: f"{ours.bias:+.4f}",
    "scatter [dex]": lambda ours: f"{ours.scatter:.4f}",
    "robust scatter [dex]": lambda ours: f"{ours.robust_scatter:.4f}",
    "outliers": lambda ours: f"{ours.outlier_fraction:.1%}",
    "R²": lambda ours: f"{ours.r_squared:.3f}",
    "slope": lambda ours: f"{ours.slope:+.2f}",
    "test clusters, halos, trainings": lambda ours: f"{ours.n_clusters}, {ours.n_groups}, {ours.n_seeds}",
}
if table_row(view).printed:
    measured["scatter over the printed"] = lambda ours: f"{ours.scatter.value / table_row(view).scatter:.2f}"
header = ["Measured", *(f"{label} [95% interval]".capitalize() for label in described)]
rows = [[what, *(write(ours) for ours in described.values())] for what, write in measured.items()]
Markdown("\n\n".join(filter(None, [warning, markdown_table(header, rows, "l" * len(header)) if described else ""])))

# %% [markdown]
# The table of [all transforms](3-3-results.ipynb) explains these numbers.
#
# ## Clusters that gain and lose most
#
# A cluster's error is the root mean square of its residuals over views and trainings [dex]. With so many clusters some
# differences are large by chance, so the ends of this list are not all due to the images.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
common = on_common_clusters(results)
before, after = (np.sqrt((common[name].residuals ** 2).mean(axis=(0, 2))) for name in (baseline, transform))
change, who = after - before, common[transform]
order = np.argsort(change, kind="stable")
chosen = [*order[:3], *order[-3:]] if len(order) >= 6 else order
extremes = pd.DataFrame(
    {
        "cluster": reproduction.catalogue["cluster_id"].to_numpy()[who.cluster[chosen]],
        "true log M": [f"{mass:.2f}" for mass in who.truth[chosen]],
        "events": [f"{n}" for n in reproduction.catalogue["n_events"].to_numpy()[who.cluster[chosen]]],
        "error, compared": [f"{error:.3f}" for error in before[chosen]],
        "error, here": [f"{error:.3f}" for error in after[chosen]],
    }
)
falls = f"Clusters whose error falls: {np.mean(change < 0):.0%} of {len(change)}."
table = extremes.to_markdown(index=False, disable_numparse=True, stralign="right")
Markdown(warning or f"{table}\n\n{falls}")

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
# the first column that has what a sentence needs is quoted
places = {name: f" {name}" if len(sources) > 1 else "" for name in sources}
label, printed = next(iter(sources)), table_row(view)
scatter = f"is {described[label].scatter:.3f} dex" if label in described else "is not known: the network did not train"
prints = f"{printed.scatter:.5f}" if printed.printed else f"none ({printed.where})"
found = f"The scatter {scatter}{places[label]}; the report prints {prints}."
if transform != baseline:
    both = next(name for name, of in sources.items() if baseline in of)
    runs, printed = Runs(sources[both]), printed_contrast((transform, baseline), (1, -1))
    known = "not known" if runs.untrained else interval_text(runs.ratio(transform, baseline), ".2f")
    found += f" Divided by that of *{other.label}*, on the same clusters, it is {known}{places[both]}"
    found += f"; the report's ratio is {printed:.2f}." if printed else "."
Markdown(f"**What was found.** {found}")
