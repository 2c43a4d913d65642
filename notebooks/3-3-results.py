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
# # 3.3 Training results
#
# **The question.** Which image lets the network weigh clusters best, and by how much?
#
# For each transform the residuals {eq}`eq-residual` of all test clusters in all eight views are collected.
# Bias and scatter are their mean and standard deviation,
#
# $$
# \begin{aligned}
# b &= \frac{1}{8n} \sum_{i,v} r_{iv}, \\
# \sigma^2 &= \frac{1}{8n} \sum_{i,v} (r_{iv} - b)^2 .
# \end{aligned}
# $$ (eq-bias-scatter)
#
# Brackets are 95% intervals from a bootstrap over halos, bias-corrected and accelerated {cite}`Efron1987`. Where a
# transform has been trained several times, from other weights and in another order, the sums run over these trainings
# as well, and each resample draws among the trainings of each fold {cite}`Rao1988`.

# %% tags=["parameters", "remove-cell"]
profile = None  # a name in profiles/ or a file; None: what REPORT_PROFILE names, or quick

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
import numpy as np
import pandas as pd
from IPython.display import Markdown
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from report_utils.binning import TRANSFORMS
from report_utils.report import figures, open_reproduction
from report_utils.report.claim_tests import printed_contrast
from report_utils.report.figures import PREDICTED_MASS, RESIDUAL, TRUE_MASS
from report_utils.report.figures.style import NEUTRAL
from report_utils.report.printed_numbers import table_row
from report_utils.report.reproduced_results import Judged
from report_utils.report.statistics import mass_bins
from report_utils.report.tables import shape_markdown, table_one_markdown
from report_utils.report.wording import interval_text, untrained_warning

figures.use_book_style()
reproduction = open_reproduction(profile)
judged = Judged(reproduction)
chosen = {name: judged.quoted([name]) for name in judged.table.index}  # where each transform is shown
results = {name: source.results[name] for name, (_, source) in chosen.items() if name in source.results}
untrained = {
    f"{TRANSFORMS[name].label}{f', {label}' if judged.full else ''}": one.untrained
    for label, source in judged.sources.items()
    for name, one in source.everything.items()
}
introduction = "\n\n".join(filter(None, [untrained_warning(untrained), judged.about_full_size]))
Markdown(introduction) if introduction else None

# %% [markdown]
# (full-size-protocol)=
# **Table 1.** Scatter (the report's standard deviation) and bias [dex], as printed and as found here. The smallest printed
# scatter and the printed bias nearest to 0 are in bold; ours are where their intervals leave out all other rows. Each row
# links to its page.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
links = {name: f"3-3-{name.replace('_', '-')}.ipynb" for name in judged.table.index}
Markdown(table_one_markdown(judged.tables, links=links))

# %% [markdown]
# The report's text cites AGN-less results, but no table prints them, and only a footnote mentions the thresholded
# single band. The text gives the best scatter as 0.06196, the table as 0.05818. The report does not say how its folds
# treat halos. Here folds are drawn regardless of halos, unless the table below says otherwise, so another snapshot of a
# test halo may be in training. [Do the networks recognise halos?](halos.ipynb) measures how much smaller this makes scatters.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
Markdown(judged.how_trained)

# %% mystnb={"figure": {"caption": "**Figure 9.** For every transform a histogram of the residuals and, below it, predictions against true masses with the line of perfect accuracy. All panels share the same axes and follow the report's order, row by row. Transforms that the report does not draw come last. Compare the widths of the histograms of one size: those of a single channel with all others.", "name": "fig-9"}, "image": {"alt": "Grid of pairs of panels: residual histograms and predicted against true mass for each transform."}} tags=["hide-input"]
n_columns, n_rows = 4, -(-len(results) // 4)
if results:
    figure = Figure(figsize=(8.6, 4.1 * n_rows), layout="constrained")
    axes = figure.subplots(2 * n_rows, n_columns, squeeze=False)
    limit, masses = figures.residual_limit(results.values()), figures.mass_limits(results.values())
    histograms = []
    for number, name in enumerate(name for name in judged.table.index if name in results):
        row, column = divmod(number, n_columns)
        above, below = axes[2 * row, column], axes[2 * row + 1, column]
        one, is_last = results[name], number + n_columns >= len(results)
        figures.draw_residuals(above, one.residuals, limit)
        figures.draw_predictions(below, one.truth, one.predictions, masses)
        model, channels = judged.table.loc[name, ["model", "channels"]]
        above.set_title(f"{model}\n{channels} keV", fontsize="small")
        scatter = f"σ = {one.residuals.std():.3f}"
        above.text(0.97, 0.95, scatter, transform=above.transAxes, ha="right", va="top", fontsize="small")
        below.text(0.04, 0.97, chosen[name][0], transform=below.transAxes, va="top", fontsize="small")
        histograms.append(above)
        if column == 0:
            above.set_ylabel("test views [%]", fontsize="small")
            below.set_ylabel(PREDICTED_MASS, fontsize="small")
        for axis in (above.xaxis, above.yaxis, below.xaxis, below.yaxis):
            axis.set_major_locator(MaxNLocator(4))
        above.tick_params(labelleft=column == 0, labelbottom=is_last)
        below.tick_params(labelleft=column == 0, labelbottom=is_last)
        if is_last:
            above.set_xlabel(RESIDUAL, fontsize="small")
            below.set_xlabel(TRUE_MASS, fontsize="small")
    highest = max(ax.get_ylim()[1] for ax in histograms)
    for ax in histograms:
        ax.set_ylim(0, highest)
    for ax in axes.flat:
        ax.tick_params(labelsize="x-small")
        if not ax.has_data():
            ax.set_axis_off()
figure if results else figures.nothing_trained()

# %% mystnb={"figure": {"caption": "**Where the gain is.** Bias and scatter in five bins of true mass with equally many clusters, with 95% intervals; points are shifted sideways to keep them apart. A bias that falls with the mass overestimates low masses and underestimates high ones: regression to the mean.", "name": "fig-scatter-by-mass"}, "image": {"alt": "Bias and scatter in bins of true mass for one, two and four bands."}} tags=["hide-input"]
n_bins = 5
bands = {f"{k} band{'s' if k > 1 else ''}": f"multi_band_{k}" for k in (1, 2, 4)}
where, source = judged.quoted(bands.values())
drawn = {label: source.results[name] for label, name in bands.items() if name in source.results} or results
if drawn:
    figure = Figure(figsize=(8.0, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    shifts = 0.008 * (np.arange(len(drawn)) - (len(drawn) - 1) / 2)
    for (label, one), marker, shift in zip(drawn.items(), "osD^v", shifts, strict=False):
        bins = mass_bins(one, n_bins)
        centres = [part.log10_mass + shift for part in bins]
        for ax, measured in ((left, [part.bias for part in bins]), (right, [part.scatter for part in bins])):
            values = np.array([interval.value for interval in measured])
            ends = np.array([[interval.low, interval.high] for interval in measured])
            reach = np.abs(ends - values[:, None]).T
            ax.errorbar(centres, values, yerr=reach, marker=marker, capsize=2, elinewidth=0.8, label=label)
    left.axhline(0, color=NEUTRAL, lw=0.8)
    left.set(xlabel=TRUE_MASS, ylabel="bias [dex]")
    right.set(xlabel=TRUE_MASS, ylabel="scatter [dex]")
    right.set_ylim(bottom=0)
    right.legend(title=where or None, fontsize="small", title_fontsize="small")
figure if drawn else figures.nothing_trained()

# %% [markdown]
# ## The shape of the errors
#
# An uncertain network draws its predictions to the mean mass. The residual then falls with the true mass, with a slope
# between 0 and −1: regression to the mean. The robust scatter is half the range from the 16th to the
# 84th percentile. Outliers are views beyond three robust scatters (0.3% of a Gaussian).

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
Markdown(shape_markdown(judged.tables))

# %% [markdown]
# ## Step by step
#
# Each ratio is on the same clusters.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
STEPS = {
    "from the lowest band to two": ("multi_band_2", "multi_band_1"),
    "from all photons in a single band to two bands": ("multi_band_2", "single_band"),
    "from two bands to four": ("multi_band_4", "multi_band_2"),
    "from all pixels in four bands to the 25% retained": ("retained_25", "multi_band_4"),
    "without AGN, at two bands": ("agn_less_2", "multi_band_2"),
}
measured, table = [], []
for step, names in STEPS.items():
    where, source = judged.quoted(names)
    if not source.runs.untrained.keys().isdisjoint(names):
        table.append(
            {"step": step, "ratio of scatters": "not known: a network did not train", "where": where or "here"}
        )
        continue
    if not set(names) <= source.results.keys():
        continue
    ratio, printed = interval_text(source.runs.ratio(*names), ".2f"), printed_contrast(names, (1, -1))
    over = [source.results[name].residuals.std() / table_row(TRANSFORMS[name]).scatter for name in names if printed]
    measured.append(f"{step} {ratio} {where}".rstrip())
    table.append(
        {
            "step": step,
            "ratio of scatters": ratio,
            "where": where or "here",
            "the report's ratio": f"{printed:.2f}" if printed else "",
            "scatters over the printed, before and after": ", ".join(f"{one:.2f}" for one in over[::-1]),
        }
    )
Markdown(pd.DataFrame(table).fillna("").to_markdown(index=False, disable_numparse=True)) if table else None

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
found = f"Ratios of scatters on the same clusters: {'; '.join(measured[:3])}."
Markdown(f"**What was found.** {found if measured else 'Nothing is measured here yet.'}")
