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
# # Training results
#
# **The question.** Which image lets the network weigh clusters best, and by how much?
#
# For each transform the residuals {eq}`eq-residual` of all test clusters in all eight views are collected;
# bias and scatter are their mean and standard deviation,
#
# $$
# \begin{aligned}
# b &= \frac{1}{8n} \sum_{i,v} r_{iv}, \\
# \sigma^2 &= \frac{1}{8n} \sum_{i,v} (r_{iv} - b)^2 .
# \end{aligned}
# $$ (eq-bias-scatter)
#
# Brackets are intervals from a bootstrap over halos, bias-corrected and accelerated {cite}`Efron1987`. Where a
# transform has been trained several times, with other weights at the start and in another order, the sums run
# over these trainings as well, and each resample draws among those of each fold {cite}`Rao1988`. Each row leads
# to its page.

# %% tags=["parameters", "remove-cell"]
profile = "quick"

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
from IPython.display import Markdown

from report_utils.binning import TRANSFORMS
from report_utils.report import figures, open_reproduction
from report_utils.report.reproduced_results import Judged
from report_utils.report.sentences import folds_and_halos, provenance, trainings, untrained_warning
from report_utils.report.tables import shape_markdown, table_one_markdown

reproduction = open_reproduction(profile)
figures.use_book_style()
judged = Judged(reproduction)
results = judged.results

links = {name: f"3-3-{name.replace('_', '-')}.ipynb" for name in judged.table.index}
Markdown(
    "**Table 1.** Bias and scatter [dex], as printed and as found here; the bias nearest to 0 and "
    "the smallest scatter of either in bold.\n\n" + table_one_markdown(judged.table, links=links)
)

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
Markdown(
    untrained_warning({TRANSFORMS[name].label: one.untrained for name, one in judged.everything.items()}) + "\n\n"
    f"{provenance(reproduction.profile, len(reproduction.catalogue), judged.seeds)} {trainings(judged.seeds)} "
    f"{folds_and_halos(reproduction.profile, reproduction.fold_of(), reproduction.groups)}"
)

# %% [markdown]
# AGN-less results are cited in the report's text, but no table prints them; the thresholded single band is
# mentioned in a footnote only. The text gives the best scatter as 0.06196, the table as 0.05818.

# %% mystnb={"figure": {"caption": "**Figure 9.** For every transform a histogram of the residuals and, below it, predictions against true masses with the line of perfect accuracy, in the report's order (row by row), all on the same axes; last the thresholded single band, which the report does not draw. Compare the widths of the histograms: those of a single channel with all others.", "name": "fig-9"}, "image": {"alt": "Grid of sixteen pairs of panels: residual histograms and predicted against true mass for each transform."}} tags=["hide-input"]
figures.figure_nine(results)

# %% mystnb={"figure": {"caption": "**Where the gain is.** Bias and scatter in five bins of true mass with equally many clusters, with 95% intervals; points are moved apart sideways. Look for a bias that falls with the mass: light clusters overestimated and heavy ones underestimated are the mark of predictions that hedge.", "name": "fig-scatter-by-mass"}, "image": {"alt": "Bias and scatter in bins of true mass for one, two and four bands."}} tags=["hide-input"]
chosen = {f"{k} band{'s' if k > 1 else ''}": f"multi_band_{k}" for k in (1, 2, 4)}
figures.scatter_by_mass({label: results[name] for label, name in chosen.items() if name in results} or results)

# %% [markdown]
# ## The shape of the errors
#
# A network that hedges draws its predictions to the mean mass: the residual falls with the true mass, with a
# slope between 0 and −1, the regression to the mean. The robust scatter is half the range from the 16th to the
# 84th percentile; outliers are views beyond three of it (0.3% of a Gaussian).

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
Markdown(shape_markdown(judged.table))

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
steps = {
    "From the lowest band to two": ("multi_band_2", "multi_band_1"),
    "From all photons in a single band to two bands": ("multi_band_2", "single_band"),
    "From two bands to four": ("multi_band_4", "multi_band_2"),
    "From all pixels in four bands to the 25% retained": ("retained_25", "multi_band_4"),
    "Without AGN, at two bands": ("agn_less_2", "multi_band_2"),
}
lines = []
for step, names in steps.items():
    if set(names) <= set(judged.everything):
        lines.append(f"{step}, the scatter {judged.step(names)}")
Markdown("**What was found.** On the same clusters:\n\n" + "\n".join(f"- {line}" for line in lines))
