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
# **The question.** How is a single section changed and run again, without doing all of the book anew?
#
# Every section is a notebook that is kept as text, in `notebooks/`. Change one and build: that page is run again,
# and no other. What a page shows is looked up among finished runs, so a changed picture or sentence takes seconds
# and trains nothing.
#
# ## In JupyterLab
#
# 1. `make test` once, which installs JupyterLab beside what the book needs; then
#    `source .venv/bin/activate` and `jupyter lab`.
# 2. In the file browser, open `notebooks/3-3-results.py`, or any other, with *Open With > Jupytext Notebook*. The text file
#    **is** the notebook; nothing else is needed. If you would rather work on an `.ipynb` file, make one with
#    `jupytext --to ipynb notebooks/3-3-results.py`. The two are paired from then on: `jupytext --sync
#    notebooks/3-3-results.py` brings the older one up to date with the newer one, in either direction, and JupyterLab
#    does so whenever it saves. Git ignores `.ipynb` files, so a change reads as a change of text.
# 3. Change something, then *Run > Run All Cells*. The second code cell on says what it needs; the first names the
#    **profile**, `quick` if you do not change it. A notebook finds the project from its own folder.
# 4. `report-utils build` runs your page alone and renders the book; `report-utils status` says beforehand what is
#    stale, and why.
#
# ## Without the book
#
# A notebook needs nothing of the book, only the package: `cd notebooks` and `python 3-3-results.py` computes all that
# its page shows. Missing runs are trained by `report-utils fit` and `report-utils dynamics`, which name what they do.
#
# ## Try other parameters
#
# Some pages are made from one template with different parameters. To see such a page with others, and leave the book
# as it is, say

# %% tags=["parameters", "remove-cell"]
profile = "quick"

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
from IPython.display import Markdown

from report_utils.binning import TRANSFORMS
from report_utils.book.pages import PAGES
from report_utils.report.tables import markdown_table
from report_utils.reproduction.one_profile import DYNAMICS_TRANSFORMS

Markdown(
    "```sh\n"
    f"report-utils page {next(page.slug for page in PAGES if page.notebook == '3-3-transform')} "
    f"-p transform={list(TRANSFORMS)[-3]} --profile {profile}\n"
    "```\n\n"
    "which runs the notebook and writes the page as HTML to a folder of its own; with `--out page.ipynb` as a "
    "notebook. Wrong names and values are answered with the right ones."
)

# %% [markdown]
# ## Change the network
#
# `build_cnn` in `src/report_utils/cnn/model.py` returns the network, and what it returns is what is trained, shown in
# Figure 6 and kept with each fit. Change an activation, add a layer, return another Keras model: anything that takes the
# images and gives one number for each will do. The next build trains every fit again. A network built unlike the report's
# cannot use its faster forward pass; it trains as it is, and the build says so.

# %% [markdown]
# ## Which notebook makes which page

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
made: dict[str, list] = {}
for page in PAGES:
    made.setdefault(page.notebook, []).append(page)
rows = []
for notebook, pages in made.items():
    shown = f"[](pages/{pages[0].slug}.ipynb)" if len(pages) == 1 else f"{len(pages)} pages, one for each parameter"
    names = ", ".join(f"`{name}`" for name in pages[0].parameters) or "–"
    rows.append([f"`{notebook}.py`", shown.replace("pages/", ""), names])
Markdown(markdown_table(["notebook", "makes", "parameters besides the profile"], rows, "lll"))

# %% [markdown]
# ## On other people's machines
#
# Where the book is published from a repository, each page has a button for Binder, which sets up the same environment
# from the lock file and opens the page's text notebook. There is no button for Colab: its Python is not the one that
# the lock file was made for, and without the lock file the numbers would not be these.
#
# Each page offers two downloads: the notebook as it was run, outputs and all, and its text source. Either runs where
# the package is installed and the project's folder is at hand.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
n_templates = sum(len(pages) > 1 for pages in made.values())
Markdown(
    f"**What was found.** The book's {len(PAGES)} run pages come from {len(made)} notebooks, {n_templates} of which "
    f"make several pages. Of {len(TRANSFORMS)} transforms and {len(DYNAMICS_TRANSFORMS)} recorded trainings each has a "
    "page, and each can be run anew alone."
)
