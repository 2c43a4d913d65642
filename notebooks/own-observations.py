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
# # Use your own observations
#
# **The question.** How does a folder of event files become this book, and how much can one learn from a few dozen
# clusters?
#
# This page shows every step with an example that is made on the spot: files of simulated clusters, one of them
# damaged. Only the files differ from a reader's own.
#
# ## A folder and its catalogue
#
# A catalogue is a CSV or Parquet table with a row for each observation. The name of the mass column gives
# its scale, and nothing is guessed: `log10_mass` ($\log_{10}$ of $M_{500c}$ in solar masses), `mass_msun`, or
# `mass_msun_h` with `--hubble-h`. Files are expected beside the catalogue; a name with `*` must match
# exactly one file. `events_agn_less`, `group` (the halo) and further columns are optional.

# %% tags=["parameters", "remove-cell"]
profile = None  # a name in profiles/ or a file; None: what REPORT_PROFILE names, or quick

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
import re
import tempfile
import textwrap
from contextlib import chdir
from pathlib import Path

import numpy as np
import pandas as pd
from IPython.display import Markdown
from matplotlib.figure import Figure

from report_utils.binning import TRANSFORMS, band_counts
from report_utils.events import export_observations, ingest, inspect_events, open_archive, read_catalogue
from report_utils.events.thinning import thin
from report_utils.prediction import predict
from report_utils.prediction.apply import IN_TRAINING
from report_utils.prediction.trained_networks import trained_networks
from report_utils.profiles import load_profile
from report_utils.report import Reproduction, figures, open_reproduction
from report_utils.report.figures import PREDICTED_MASS, TRUE_MASS
from report_utils.report.figures.style import NEUTRAL, OURS, PRINTED
from report_utils.report.seeds import SeedPredictions
from report_utils.report.statistics import expect_of_samples
from report_utils.report.wording import thousands, untrained_warning
from report_utils.simulation import SimulationSettings, simulate_observation


def show(text):
    same_each_time = re.sub(r" in [0-9.]+ s$", "", str(text), flags=re.MULTILINE)
    print("\n".join(textwrap.fill(line, 70, subsequent_indent="    ") for line in same_each_time.splitlines()))


N_FILES = 14
reproduction = open_reproduction(profile)
figures.use_book_style()
settings = reproduction.observations.settings or SimulationSettings()
new_seed = reproduction.profile.seed + 1  # other clusters than the profile's own
made = (simulate_observation(new_seed, index, settings=settings) for index in range(N_FILES))
temporary = tempfile.TemporaryDirectory(prefix="own-observations-")
folder = Path(temporary.name)
catalogue = export_observations(made, folder / "lists")
bad = read_catalogue(catalogue)[4].events
bad.write_bytes(bad.read_bytes()[:-200_000])
lines = re.sub(r"(\.\d\d)\d+", r"\1", catalogue.read_text(encoding="utf-8")).splitlines()
Markdown("```text\n" + "\n".join([*lines[:4], "..."]) + "\n```")

# %% [markdown]
# ## One file
#
# ```sh
# report-utils inspect lists/*.fits
# ```
#
# says what a file holds and how that was decided: the table and its columns, their units and the reasons, the counts
# in the four bands, the extent of the field, and what an ingest would leave out. Where names and mission do not decide
# the columns, state them with `--x X --y Y --energy PI --energy-unit eV`, and channels with `--channel-kev` or `--rmf`.
# All of these can also be columns of the catalogue. `--image out.png` draws the four bands.

# %% tags=["hide-input"]
with chdir(folder):
    show(inspect_events(Path("lists", read_catalogue(catalogue)[0].events.name)))

# %% [markdown]
# ## All files
#
# ```sh
# report-utils ingest lists/catalogue.csv --out archive
# ```
#
# reads them in parallel into an archive. A file that cannot be read is named with the reason, at the end and in
# `archive/ingest-report.json`. The others are kept, and the command exits with status 2. Once the file has been
# replaced, the same command reads only that one, because it knows the others by their digests. Here the fifth file
# is cut off:

# %% tags=["hide-input"]
with chdir(folder):
    report = ingest("lists/catalogue.csv", "archive")
    show(report)

# %% [markdown]
# Valid events are left out only on request, and the report counts them: bounds of
# energy (`--energy-min`, `--energy-max`), bad grades (`--good-grades`), bad times (`--gti file`), a region
# (`--region-arcsec`), particle background (`--background-source-ids`). A list with NaN or negative energies is
# refused unless `--drop-invalid` leaves such rows out. An observation without its AGN comes from a second list in the
# column `events_agn_less`, from the source ids that are AGN (`--agn-source-ids`), or from positions to mask
# (`--point-sources`). The archive records which of the three was used.
#
# ## From the archive to images
#
# ```python
# from report_utils.binning import TRANSFORMS, band_counts
# from report_utils.events import open_archive
#
# events = open_archive("archive").read(0)
# counts = band_counts(events, n_pixels=128)  # (128, 128, 4)
# image = TRANSFORMS["multi_band_2"](counts)  # (128, 128, 2)
# ```

# %% mystnb={"figure": {"caption": "**Three observations of the archive**, in the four bands from left to right, made by the lines above. These images are the quickest check of columns and units: a cluster is round and brightest in the first band, and gaps or edges of the camera look the same in all bands.", "name": "fig-own-images"}, "image": {"alt": "Images of three example observations in four energy bands."}} tags=["hide-input"]
archive = open_archive(folder / "archive")
n_events = np.array([one.n_events for one in archive.observations])
brightest = np.argsort(n_events)[::-1][:3]
shown = [archive.read(int(row)) for row in brightest]
figures.band_images([band_counts(events, 128) for events in shown], [f"{thousands(len(e))} events" for e in shown])

# %% [markdown]
# ## Thinning
#
# What is a photon worth? Earlier work on these data kept at most a fixed number of events of each cluster, drawn at
# random. `report-utils ingest --max-events 1000 --thin-seed 1` does so for an archive, and
# `max_events = 1000` in a profile's `[source]` does so for any source. Two profiles that differ in this line
# alone measure the cost. The draw depends on the seed and the cluster's name only, and fewer events are a
# subset of more. An AGN-less list that comes from labels loses the AGN events of the draw; a separate AGN-less list
# loses the same fraction.

# %% mystnb={"figure": {"caption": "**The same cluster with fewer events**, in two bands. The box belongs to the remaining events, so it shrinks a little as stray photons at the edge go. The second band empties first, because it has few events to begin with.", "name": "fig-thinning"}, "image": {"alt": "Images of one cluster in two bands with all, a tenth and a hundredth of its events."}} tags=["hide-input"]
whole = shown[0]
thinned = [whole, *(thin(whole, len(whole) // part, seed=1) for part in (10, 100))]
two_bands = TRANSFORMS["multi_band_2"]
figures.transform_images(
    [two_bands(band_counts(events, 64)) for events in thinned],
    [f"{thousands(len(events))} events" for events in thinned],
    two_bands.channels,
)

# %% [markdown]
# ## A book of your own
#
# A profile names the archive and says how much to train. `report-utils build --profile mine` then renders every page of
# this book from the archive; a page that has no data says so.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
text = """description = "My clusters"
seed = 1
n_pixels = 32

[source]
archive = "../archive"   # relative to this file
# max_events = 1000      # thin every observation to this many events

[folds]
run = 10                 # of ten: few clusters need them all

[training]
epochs = 30
batch_size = 16
learning_rate = 1e-3
schedule = "one_cycle"
target = "standardised"
inputs = "standardised"

[dynamics]
epochs = 20
batch_size = 16
learning_rate = 1e-3
target = "standardised"
inputs = "standardised"
"""
(folder / "profiles").mkdir()
(folder / "profiles" / "mine.toml").write_text(text, encoding="utf-8")
mine = Reproduction(load_profile(folder / "profiles" / "mine.toml"))
Markdown(f"```toml\n# profiles/mine.toml\n{text}```")

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
Markdown(f"The {len(archive)} example observations allow {len(mine.transforms)} of {len(TRANSFORMS)} transforms.")

# %% [markdown]
# ## What a few dozen clusters can tell
#
# The scatter of $n$ test clusters is itself a random number. Its spread is measured here on the
# held-out residuals of this profile's own networks. Samples of $n$ clusters are drawn from them, and the table shows the
# middle 95% of the samples' scatters. It also shows the ratio of the scatter with two bands to that
# with a single band, on the same clusters. The networks stay the same. With fewer clusters to learn from, the
# scatter also becomes larger, and only a training of your own shows by how much. With fewer than a hundred held-out
# clusters, and with a short training, the table only shows what it would look like.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
two, single = (reproduction.cross_validation(name) for name in ("multi_band_2", "single_band"))
networks = trained_networks(
    reproduction, two.transform
)  # what follows needs the networks: committed results do not hold them
dead = untrained_warning({each.transform: SeedPredictions.of(each).untrained for each in (two, single)})
sizes = () if dead else (20, 40, 80, 160)
expected = [expect_of_samples(n, two.residuals, single.residuals) for n in sizes]
rows = {
    "test clusters": [each.n_clusters for each in expected],
    "scatter of two bands [dex]": ["{:.3f} to {:.3f}".format(*each.scatter) for each in expected],
    "its ratio to a single band": ["{:.2f} to {:.2f}".format(*each.ratio) for each in expected],
    "samples that favour two bands": [f"{each.share_smaller:.0%}" for each in expected],
}
Markdown(dead or pd.DataFrame(rows).to_markdown(index=False, disable_numparse=True, stralign="right"))

# %% [markdown]
# The samples are drawn from these held-out clusters of this profile:

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
held_out = {
    "held-out clusters": [len(single.truth), len(two.truth)],
    "scatter [dex]": [single.residuals.std(), two.residuals.std()],
}
table = pd.DataFrame(held_out, index=["single band", "two bands"])
None if dead else Markdown(table.rename_axis("images").to_markdown(floatfmt=("", ".0f", ".3f")))

# %% [markdown]
# ## Predict only
#
# The fits of a profile can be applied to observations of unknown mass:
#
# ```sh
# report-utils ingest new.csv --out new --without-masses
# report-utils predict new --transform multi_band_2 --profile quick \
#     --out predictions.csv
# ```
#
# The prediction is the mean over all fits and the eight views. The output also gives the spread between the fits, and
# the bias and scatter of held-out clusters of similar predicted mass. It warns where an
# observation lies outside the training, in its number of events, its hardness (the ratio of events above
# the lowest band to those in it) or its predicted mass. All of this holds only for observations like those of the training: the
# same telescope, exposure and field. A network does not notice when it sees something else.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input", "remove-stderr"]
table = None
if not dead:
    with chdir(folder):
        predictions = predict("archive", "multi_band_2", reproduction)
    show("\n".join(predictions.summary()))
    table = predictions.table
Markdown(
    "A network that did not train predicts nothing: `report-utils predict` refuses."
    if dead
    else pd.DataFrame(
        {
            "cluster": table["cluster_id"],
            "predicted": table["log10_mass_predicted"].map("{:.2f}".format),
            "spread [dex]": table["spread_between_fits"].map("{:.2f}".format),
            "scatter [dex]": table["expected_scatter"].map("{:.2f}".format),
            "events": table["n_events"].map(thousands),
            "hardness": table["hardness"].map("{:.2f}".format),
            "truth": table["log10_mass"].map("{:.2f}".format),
        }
    ).to_markdown(index=False, disable_numparse=True, stralign="right")
)

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
warned = [] if dead else [f"- {row.cluster_id}: {row.warning}" for row in table.itertuples() if row.warning]
Markdown("Warnings:\n\n" + ("\n".join(warned) or "- none: all of them look like those of the training"))

# %% mystnb={"figure": {"caption": "**Predicted against true.** The example's clusters, which no network has seen, with the held-out scatter as error bars. Their masses are known because they are simulated. Compare the bars with the distances from the line.", "name": "fig-own-predictions"}, "image": {"alt": "Predicted against true mass of the example clusters with error bars and the line of perfect accuracy."}} tags=["hide-input"]
if not dead:
    truth = table["log10_mass"].to_numpy()
    predicted, scatter = table["log10_mass_predicted"].to_numpy(), table["expected_scatter"].to_numpy()
    is_doubtful = ~table["warning"].isin(["", IN_TRAINING]).to_numpy()
    figure = Figure(figsize=(5.0, 4.2), layout="constrained")
    ax = figure.subplots()
    for chosen, colour, marker, label in (
        (~is_doubtful, OURS, "o", "observations like the training"),
        (is_doubtful, PRINTED, "s", "unlike the training"),
    ):
        if chosen.any():
            points = truth[chosen], predicted[chosen], scatter[chosen]
            ax.errorbar(*points, fmt=marker, ms=4, color=colour, elinewidth=1, label=label)
    ends = [min(truth.min(), predicted.min()) - 0.05, max(truth.max(), predicted.max()) + 0.05]
    ax.plot(ends, ends, color=NEUTRAL, lw=1, label="perfect accuracy")
    ax.set(xlabel=TRUE_MASS, ylabel=PREDICTED_MASS)
    ax.legend(loc="lower right", fontsize="small")
figures.nothing_trained() if dead else figure

# %% [markdown]
# About two thirds of the clusters should lie within the expected scatter. If this profile was trained on an archive, the
# simulated example is what *predict only* must not be used for, and the warnings show it as far as they can. Changes
# smaller than the two widths below need more test clusters.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
quantities = {
    "files": f"{N_FILES}",
    "read": f"{len(report.added)}",
    "damaged, named and left out": f"{N_FILES - len(report.added)}",
}
if not dead:
    forty = expected[1]
    width = 50 * (forty.scatter[1] - forty.scatter[0]) / two.residuals.std()
    ratio_width = 100 * (forty.ratio[1] - forty.ratio[0]) / (forty.ratio[1] + forty.ratio[0])
    quantities |= {
        f"width of a scatter, from {forty.n_clusters} test clusters": f"±{width:.0f}%",
        "width of the ratio of two scatters on the same clusters": f"±{ratio_width:.0f}%",
    }
Markdown(pd.Series(quantities, name="here").rename_axis("quantity").to_markdown(disable_numparse=True))

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
found = "The networks of this profile did not train, so they tell nothing about masses."
if not dead:
    residual = predicted - truth
    within = int(np.sum(np.abs(residual - table["expected_bias"]) <= scatter))
    found = (
        f"The scatter of the example's clusters is {residual.std():.3f} dex, where {np.mean(scatter):.3f} was expected; "
        f"{within} of {len(table)} lie within the expected scatter."
    )
Markdown(f"**What was found.** {found}")
