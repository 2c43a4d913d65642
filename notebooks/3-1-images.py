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
# # 3.1 Images
#
# **The question.** How does a list of photons become an input of a convolutional network, and what do the variants
# look like?
#
# The recipe (report, section 3.1) begins with the box from the smallest to the largest $x$ and $y$ of the
# observation's own photons. The box is divided into $r \times r$ pixels with $r = 128$, the photons are sorted into
# pixels, and each energy band becomes a channel. With $n_b$ the photons of a pixel in band $b$, and $s$ those of all
# bands, a channel is
#
# $$
# f_b = \log_{10}(1 + n_b),
# $$ (eq-channel)
#
# and the **single band** is $\log_{10}(1 + s)$. The report's four bands are
#
# $$
# \begin{aligned}
# b_1 &: E \le 2.5\ \text{keV}, \\
# b_2 &: 2.5 < E \le 5\ \text{keV}, \\
# b_3 &: 5 < E \le 7.5\ \text{keV}, \\
# b_4 &: E > 7.5\ \text{keV}.
# \end{aligned}
# $$ (eq-bands)
#
# Since each observation has its own box, an image does not show how large a cluster is on the sky. A faint cluster
# with few outlying photons appears larger than a bright one. That is the report's choice, and this book keeps it.
# The images on this page have 128 pixels in every profile, whatever the networks are trained on.

# %% tags=["parameters", "remove-cell"]
profile = None  # a name in profiles/ or a file; None: what REPORT_PROFILE names, or quick

# %% tags=["hide-input"]
import pandas as pd
from IPython.display import Markdown
from matplotlib.figure import Figure

from report_utils.binning import TRANSFORMS, band_counts
from report_utils.binning.explorer import image_explorer
from report_utils.report import PUBLISHED, figures, open_reproduction
from report_utils.report.figures import BANDS, COLOUR_BAR, colour_limits
from report_utils.report.figures.style import show_image, small_colour_bar, without_ticks

figures.use_book_style()
reproduction = open_reproduction(profile)
rows = figures.example_rows(reproduction.catalogue["log10_mass"])
observations = [reproduction.example_events(int(row)) for row in rows]
counts = [band_counts(events, 128) for events in observations]
titles = [f"log M = {events.log10_mass:.2f}" for events in observations]

# %% [markdown]
# ## 3.1.1 Single band
#
# This image is the closest to earlier work {cite}`Ntampaka2019`, which also left out photons above 7.5 keV.
# The report finds that leaving them out makes little difference (its footnote 3); [a page of its
# own](3-3-single-band-thresholded.ipynb) tests that.

# %% mystnb={"figure": {"caption": "**Figure 3.** Six observations in a single band, the most massive cluster first. Each has its own box and colour scale. In simulated ones, bright dots outside the centres are AGN, and a dark cross in the widest images is the gap between the camera's chips.", "name": "fig-3"}, "image": {"alt": "Six images of clusters in a single band, logarithm of counts, with axes in arcseconds."}} tags=["hide-input"]
n_rows = -(-len(counts) // 3)
figure = Figure(figsize=(8.0, 2.55 * n_rows), layout="constrained")
for ax, cube, events, title in zip(figure.subplots(n_rows, 3).flat, counts, observations, titles, strict=False):
    image = TRANSFORMS["single_band"](cube)[..., 0]
    ax.set_box_aspect(1)
    drawn = show_image(ax, image, extent=(events.x.min(), events.x.max(), events.y.min(), events.y.max()))
    ax.set_title(title, fontsize="small")
    ax.tick_params(labelsize="x-small")
    small_colour_bar(figure, drawn, ax)
for ax in figure.axes[len(counts) :]:
    ax.set_axis_off()
figure.supxlabel(f"x [arcsec]; colour: {COLOUR_BAR}", fontsize="small")
figure.supylabel("y [arcsec]", fontsize="small")
figure

# %% [markdown]
# ## 3.1.2 Multi-band
#
# The first $k$ bands become the $k$ channels of one image, $k = 1, \dots, 4$.

# %% mystnb={"figure": {"caption": "**Figure 4.** The same six observations, one in each row, in the four bands from left to right. The cooler the gas, the faster its counts fall from band to band: the ratio of two bands measures the temperature.", "name": "fig-4"}, "image": {"alt": "Grid of images: six clusters by four energy bands."}} tags=["hide-input"]
figures.band_images(counts, titles)

# %% [markdown]
# The bands' shares of all photons of these observations:

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
total = sum(cube.sum(axis=(0, 1), dtype="int64") for cube in counts)
shares = pd.DataFrame([[f"{share:.2%}" for share in total / total.sum()]], columns=BANDS)
Markdown(shares.to_markdown(index=False, disable_numparse=True, stralign="right"))

# %% [markdown]
# ## 3.1.3 Large observations removed
#
# Does the network need the bright core? To see that, the report keeps only the pixels below a percentile. Its
# words speak of the lowest $p\,\%$ of the observations, its formulas of pixels below the $p\,\%$ percentile, and
# neither says what is counted. Here
#
# $$
# f_b^{(p)} = \begin{cases} \log_{10}(1 + n_b) & \text{where } s \le Q_p, \\ 0 & \text{elsewhere,} \end{cases}
# $$ (eq-retained)
#
# with $Q_p$ the $p$-th percentile of $s$ over the image's **occupied** pixels. Pixels equal to $Q_p$ stay.
# Without that rule the many pixels with a single photon would all go at once. The percentile cannot fall below one
# photon, so the smallest percentages may leave the same image.

# %% mystnb={"figure": {"caption": "**Figure 5.** The lowest two bands of the first observation of Figure 4, with 99 to 25% of its occupied pixels retained, on Figure 4's colour scale. The shares that remain stand above each column.", "name": "fig-5"}, "image": {"alt": "Images of one cluster in two bands with progressively more of the bright pixels removed."}} tags=["hide-input"]
limits = colour_limits(counts[0])
percentages = PUBLISHED.data.retained_percentages.value
left = {percentage: figures.remaining(counts[0], percentage) for percentage in percentages}
n_rows = 2 * (-(-len(percentages) // 3))
figure = Figure(figsize=(8.0, 2.6 * n_rows + 1.2), layout="constrained")
axes = figure.subplots(n_rows, 3)
drawn = [None, None]
for number, percentage in enumerate(percentages):
    image = TRANSFORMS[f"retained_{percentage}"](counts[0])
    top, column = 2 * (number // 3), number % 3
    for band in (0, 1):
        ax = axes[top + band, column]
        drawn[band] = show_image(ax, image[..., band], limits=limits[band])
        without_ticks(ax)
        if column == 0:
            ax.set_ylabel(BANDS[band], fontsize="small")
    pixels, photons = left[percentage]
    title = f"{percentage}% retained\n{pixels:.0%} of pixels, {photons:.0%} of events"
    axes[top, column].set_title(title, fontsize="small")
for band in (1, 0):  # the layout puts each further bar above the last
    bar = figure.colorbar(drawn[band], ax=axes, location="bottom", aspect=60, fraction=0.015)
    bar.ax.tick_params(labelsize="small")
    bar.set_label(f"{BANDS[band]}: {COLOUR_BAR}", fontsize="small")
figure

# %% [markdown]
# ## Pick one
#
# Here are a dozen observations under every transform, pixel by pixel. One scale for all channels shows how little the
# higher bands hold; a scale for each channel shows how its photons are spread.

# %% mystnb={"figure": {"caption": "**Images to explore.** Choose one of twelve observations and a transform. The numbers are the events in each channel, and in the pixel under the pointer. The cut of bright pixels leaves the same pixels in all bands, because it looks at all photons of a pixel.", "name": "fig-explorer"}, "image": {"alt": "Images of the chosen cluster under the chosen transform, one for each channel."}} tags=["hide-input"]
dozen = [int(row) for row in figures.example_rows(reproduction.catalogue["log10_mass"], 12)]
examples = [reproduction.example_events(row) for row in dozen]
without_agn = None
if reproduction.available("agn_less_1"):
    without_agn = [reproduction.example_events(row, "agn_less") for row in dozen]
image_explorer(examples, without_agn)

# %% [markdown]
# The AGN-less images are the multi-band images of the same clusters without AGN. Each transform [has its
# page](3-3-results.ipynb).

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
most, least = max(percentages), min(percentages)
Markdown(
    f"**What was found.** At {most}% retained, {left[most][0]:.1%} of this cluster's occupied pixels and "
    f"{left[most][1]:.0%} of its photons remain; at {least}%, {left[least][0]:.0%} of the pixels and "
    f"{left[least][1]:.0%} of the photons. There are {len(TRANSFORMS)} transforms in all."
)
