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
# # Images
#
# **The question.** How does a list of photons become something that a convolutional network can read, and
# what do the variants look like?
#
# The recipe (report, section 3.1): take the box from the smallest to the largest $x$ and $y$ among the
# observation's own photons, divide it into $r \times r$ pixels with $r = 128$, sort the photons into
# pixels, and make one channel of each energy band. With $n_b$ the photons of a pixel in band $b$, and $s$
# those of all bands, a channel is
#
# $$
# f_b = \log_{10}(1 + n_b),
# $$ (eq-channel)
#
# and the **single band** is $\log_{10}(1 + s)$. The four bands are
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
# Since the box is the observation's own, an image does not tell how large a cluster is on the sky: a faint
# one with few stray photons is shown larger than a bright one. That is the report's choice and is kept.
# Images on this page have 128 pixels in every profile, whatever the networks are trained on.

# %% tags=["parameters", "remove-cell"]
profile = "quick"

# %% tags=["hide-input"]
from IPython.display import Markdown

from report_utils.binning import TRANSFORMS, band_counts
from report_utils.binning.explorer import image_explorer
from report_utils.report import figures, open_reproduction
from report_utils.report.sentences import example_rows, listing, source_words, thousands

reproduction = open_reproduction(profile)
figures.use_book_style()
rows = example_rows(reproduction.catalogue["log10_mass"])
observations = [reproduction.example_events(int(row)) for row in rows]
counts = [band_counts(events, 128) for events in observations]
titles = [f"log M = {events.log10_mass:.2f}" for events in observations]

# %% [markdown]
# ## Single band
#
# The image that is closest to earlier work {cite}`Ntampaka2019`, which also left out photons above 7.5 keV;
# the report finds that this makes little difference (its footnote 3), and a [page of its
# own](3-3-single-band-thresholded.ipynb) tests that.

# %% mystnb={"figure": {"caption": "**Figure 3.** Six observations in a single band, the heaviest cluster first; each has its own box and colour scale. Notice the bright centres, the dots of AGN, and the dark cross of the gaps between the camera's chips in the widest ones.", "name": "fig-3"}, "image": {"alt": "Six images of clusters in a single band, logarithm of counts, with axes in arcseconds."}} tags=["hide-input"]
extents = [(float(e.x.min()), float(e.x.max()), float(e.y.min()), float(e.y.max())) for e in observations]
figures.single_band_images(counts, titles, extents)

# %% [markdown]
# ## Multi-band
#
# The first $k$ bands become the $k$ channels of one image, $k = 1, \dots, 4$.

# %% mystnb={"figure": {"caption": "**Figure 4.** The same six observations, one in each row, in the four bands from left to right. Notice how the light fades from band to band, and faster for light clusters, which are cooler: the ratio of bands is a thermometer. Almost nothing is left above 7.5 keV.", "name": "fig-4"}, "image": {"alt": "Grid of images: six clusters by four energy bands."}} tags=["hide-input"]
figures.band_images(counts, titles)

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
total = sum(cube.sum(axis=(0, 1), dtype="int64") for cube in counts)
shares = [f"{share:.2%}" for share in total / total.sum()]
names = [f"{share} {'lie ' if number == 1 else ''}in band {number}" for number, share in enumerate(shares, start=1)]
Markdown(f"Of all photons of these {len(rows)} observations, {listing(names)}.")

# %% [markdown]
# ## Large observations removed
#
# To see whether the network needs the bright core, the report keeps only pixels below a percentile. Its
# words speak of the lowest $p\,\%$ of the observations, its formulas of pixels below the $p\,\%$
# percentile, and both leave open what is counted. Here
#
# $$
# f_b^{(p)} = \begin{cases} \log_{10}(1 + n_b) & \text{where } s \le Q_p, \\ 0 & \text{elsewhere,} \end{cases}
# $$ (eq-retained)
#
# with $Q_p$ the $p$-th percentile of $s$ over the image's **occupied** pixels. Pixels equal to $Q_p$ stay;
# otherwise the many pixels with a single photon would all go at once. That is also why the smallest
# percentages may leave the same image: the percentile can then not fall below one photon.

# %% mystnb={"figure": {"caption": "**Figure 5.** The lowest two bands of the first observation of Figure 4, with 99 to 25% of its occupied pixels retained, on Figure 4's colour scale. Above each column: what remains. Notice that the core goes first, and the faint surroundings last.", "name": "fig-5"}, "image": {"alt": "Images of one cluster in two bands with progressively more of the bright pixels removed."}} tags=["hide-input"]
figures.retained_images(counts[0])

# %% [markdown]
# ## Pick one
#
# A dozen observations under every transform, pixel by pixel. On one scale for all channels, the higher bands
# show how little they hold; on a scale of its own, each shows how it is spread.

# %% mystnb={"figure": {"caption": "**Images to explore.** Any of twelve observations under any transform; the number of events in each channel, and in each pixel that is pointed at. Notice that the cut of bright pixels leaves the same pixels in all bands, since it looks at all photons of a pixel.", "name": "fig-explorer"}, "image": {"alt": "Images of the chosen cluster under the chosen transform, one for each channel."}} tags=["hide-input"]
dozen = [int(row) for row in example_rows(reproduction.catalogue["log10_mass"], 12)]
examples = [reproduction.example_events(row) for row in dozen]
without_agn = None
if reproduction.available("agn_less_1"):
    without_agn = [reproduction.example_events(row, "agn_less") for row in dozen]
image_explorer(examples, without_agn)

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
left = {p: figures.remaining(counts[0], p) for p in (99, 25)}
kinds = {transform.source for transform in TRANSFORMS.values()}
Markdown(
    f"**What was found.** At 99% retained, {left[99][0]:.1%} of this cluster's occupied pixels and "
    f"{left[99][1]:.0%} of its photons remain; at 25%, {left[25][0]:.0%} of the pixels and "
    f"{left[25][1]:.0%} of the photons. With the AGN-less images, which are the multi-band images of the "
    f"same clusters without AGN, there are {len(TRANSFORMS)} transforms in all, and [each has its "
    f"page](3-3-results.ipynb).\n\nShown are {len(rows)} of the {thousands(len(reproduction.catalogue))} "
    f"{source_words(reproduction.profile)} of the profile `{reproduction.profile.name}`, in images of "
    f"{counts[0].shape[0]} × {counts[0].shape[1]} pixels."
)
