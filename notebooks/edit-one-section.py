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
# # Edit one section
#
# **The question.** How do I follow an event through the code, change the network, add a transform, or add a page?
#
# Each section of this book is a notebook, kept as text in `notebooks/`. Change one and run `report-utils build`: that
# page runs again, and nothing else does. Take the change back, and the earlier page is found again.
#
# ## Open a notebook
#
# 1. Run `make setup-dev` once; it installs JupyterLab beside what the book needs. Then `source .venv/bin/activate` and
#    `jupyter lab`.
# 2. Right-click `notebooks/3-3-results.py`, or another notebook, and choose *Open With > Jupytext Notebook*. The text
#    file **is** the notebook. If you prefer an `.ipynb` file, make one with `jupytext --to ipynb
#    notebooks/3-3-results.py`. The two are then paired: `jupytext --sync notebooks/3-3-results.py` brings the older one
#    up to date, and so does JupyterLab when it saves. Git ignores the `.ipynb` files.
# 3. Change something, then *Run > Run All Cells*. The first code cell holds the parameters.
# 4. Run `report-utils status` to see which pages and runs are stale, and why. Run `report-utils build` to bring them up
#    to date and render the book. If a cell fails, the message names it by the number that Jupyter shows.
#
# ## Follow an event
#
# An event is a place and an energy. Here is one event of a simulated cluster, on its way to the network:

# %% tags=["parameters", "remove-cell"]
profile = None

# %% tags=["hide-input"]
import numpy as np
import pandas as pd
from IPython.display import Markdown

from report_utils.binning import TRANSFORMS, band_counts
from report_utils.book import book_pages
from report_utils.simulation import simulate_observation

events = simulate_observation(626, 0)
index = int(np.argmax(events.energy))
print(f"event {index}: x = {events.x[index]:.1f}, y = {events.y[index]:.1f} arcsec, ", end="")
print(f"energy = {events.energy[index]:.2f} keV")

counts = band_counts(events, n_pixels=32)
x, y = events.x, events.y
column = min(int((x[index] - x.min()) / (x.max() - x.min()) * 32), 31)
row = min(int((y[index] - y.min()) / (y.max() - y.min()) * 32), 31)
print(f"it falls into row {row}, column {column}")
print(f"events of this pixel in the four bands: {counts[row, column]}")

image = TRANSFORMS["multi_band_4"](counts)
print(f"what the network sees, log10(1 + counts): {image[row, column].round(3)}")

# %% [markdown]
# These are the steps, and where each one is:
#
# | Step | Function | Where |
# |---|---|---|
# | A file becomes an event list | `read_events` | `events/reading.py` |
# | Or an event list is simulated | `simulate_observation` | `simulation/observe.py` |
# | Events are counted by pixel and energy band | `band_counts` | `binning/counts.py` |
# | The counts of all observations are kept | `load_dataset` | `binning/dataset.py` |
# | Counts become an image | an entry of `TRANSFORMS` | `binning/transforms.py` |
# | The network | `build_cnn` | `cnn/model.py` |
# | It is trained on nine tenths and tested on the rest | `fit_fold` | `cnn/crossval.py` |
# | A worker process trains such a fit and keeps it | `train_fit` | `reproduction/training_tasks.py` |
# | The predictions are found again | `Reproduction.cross_validation` | `reproduction/one_profile.py` |
# | Residuals become bias and scatter | `describe_all` | `report/statistics.py` |
# | A figure is drawn | a folded cell | the page's notebook |
#
# All paths are below `src/report_utils/`. A package imports only from packages that come earlier in this table.
#
# ## Change the network
#
# Edit `build_cnn` in `src/report_utils/cnn/model.py`. Replace ReLU by GELU, add a dropout layer or a fourth convolution,
# or return any other Keras model, also a subclassed one, that takes the images and returns one number for each. What the
# function returns is trained and shown in Figure 6, and its code is part of each run's key, so nothing else needs an edit.
# Put a class of your own in the same file, or in another file of this package, so that its code is part of the key too.
#
# ```sh
# report-utils status --profile smoke   # every fit is stale, and says that the network changed
# report-utils build --profile smoke    # trains them again
# ```
#
# Networks with the report's kind of layers have a faster forward pass. Any other network trains more slowly, and the build
# says so.
#
# ## Add a transform
#
# Add an entry to `TRANSFORMS` in `src/report_utils/binning/transforms.py`: a name, a title, and the edges of up to twelve
# bands in keV. `inf` leaves the last band open.
#
# ```python
# Transform("soft_split", "Soft split", (0, 1, 2.5)),
# ```
#
# The next build counts the events in these bands and trains this transform, and only it. Its page, its line in the side
# bar, its row in Table 1 and its panel in Figure 9 follow from the entry. A number that the report printed stands only
# beside the bands that it was printed for.
#
# ## Add a page
#
# A page is a notebook in `notebooks/` and a line in `_toc.yml`. The shortest one:

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
EXAMPLE = """# %% [markdown]
# # How bright are the clusters?
#
# **The question.** How many photons does a cluster have?

# %% tags=["parameters", "remove-cell"]
profile = None

# %% tags=["hide-input"]
from report_utils.report import open_reproduction

open_reproduction(profile).catalogue["n_events"].describe()
"""
Markdown(f"```python\n{EXAMPLE}```")

# %% [markdown]
# Save it as `notebooks/brightness.py`, add `- file: pages/brightness` to `_toc.yml` where the page should appear, and
# build. What the page reads (runs, committed results, files of the project) is recorded while it runs, so it runs
# again when one of them has changed. If a line has no notebook, or a notebook no line, the build says which.
#
# ## Try other parameters
#
# One notebook makes the pages of all transforms. To see such a page with other parameters, and leave the book as it
# is:
#
# ```sh
# report-utils page 3-3-transform -p transform=agn_less_2
# papermill notebooks/3-3-transform.ipynb out.ipynb -p transform agn_less_2   # after jupytext --to ipynb
# ```
#
# The first writes the page as HTML to a folder of its own, or as a notebook with `--out page.ipynb`.
#
# ## Which notebook makes which page

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
made: dict[str, list] = {}
for page in book_pages():
    made.setdefault(page.notebook, []).append(page)
rows = []
for notebook, pages in made.items():
    shown = f"[]({pages[0].slug}.ipynb)" if len(pages) == 1 else f"{len(pages)} pages, one for each transform"
    rows.append([f"`{notebook}.py`", shown])
Markdown(pd.DataFrame(rows, columns=["Notebook", "Page"]).to_markdown(index=False))

# %% [markdown]
# ## On other machines
#
# Where the book is published from a repository, each page has a button for Binder, which sets up the environment of the
# lock file and opens the page's notebook. Each page also offers two downloads: the notebook as it was run, with its
# outputs, and its text. Both run where the package is installed and the project's folder is at hand.
#
# **What was found.** An event takes ten steps from its file, or from the simulation, to a figure. Changing the network takes one function, adding a transform
# one entry, and adding a page one notebook and one line.
