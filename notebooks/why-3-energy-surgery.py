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
# # Energy surgery
#
# **The question.** What in the second band is it that helps: more channels, a map of hardness, or one number?
#
# Three operations on the counts each take away one kind of information and leave the others.
#
# - *Thinned copy* (the placebo): the second band is replaced by a random part of the first. There are as many events and
#   as many channels as before, and no spectrum.
# - *Another's hardness*: each event draws its band from the spectrum of the observation that is next in number of events.
#   The counts stay, and the spectrum is that of another cluster.
# - *Shuffled energies*: the energies of an observation are dealt to its events at random. Its hardness stays, and the map of
#   hardness is destroyed.
#
# Each is tried twice: networks are trained on such images, and networks that were trained on real images are shown them.

# %% tags=["parameters", "remove-cell"]
profile = None  # a name in profiles/ or a file; None: what REPORT_PROFILE names, or quick

# %% [markdown]
# ## Prediction
#
# *Committed before any of these networks was trained, and before a trained one had seen such images.*
#
# If the thermometer is what helps, **trained** on a thinned copy or on another's hardness, two bands are as bad as the first
# band alone: the ratio of scatters lies between 1/1.15 and 1.15. If one number is enough, networks trained on shuffled
# energies are as good as those trained on real ones, within the same margin.
#
# **At test time**, networks of two bands read hardness as temperature. Counts alone leave 0.18 dex ([](why-1-hidden-or-known)).
# Another's hardness is the temperature of another cluster of the same counts, so that errors have $\sqrt{2}$ times
# this spread, 0.25 dex, against 0.08 dex with its own hardness: a ratio of 2.5 to 4.5. A thinned copy always has the
# hardness of a typical cluster: a ratio of 2 to 6. Shuffled energies are unlike the training and may cost something: 1 to 1.5.
#
# **The rule.** As predicted if the 95% interval lies inside the range, not as predicted if it lies outside, else
# undecided. At test time the networks of both folds must agree, and now those of all training seeds (three at `quick`).
#
# ## Trained on such images

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]

import numpy as np
import pandas as pd
from IPython.display import Markdown
from matplotlib.figure import Figure

from report_utils.binning.interventions import experiment_images
from report_utils.binning.transforms import EXPERIMENTS, TRANSFORMS
from report_utils.errors import InputError, NotAvailableError
from report_utils.prediction.trained_networks import trained_networks
from report_utils.report import figures, open_reproduction
from report_utils.report.figures.style import NEUTRAL, OURS, PRINTED
from report_utils.report.intervals import MINIMUM_GROUPS
from report_utils.report.second_band import (
    PREDICTIONS,
    counted_verdicts,
    effect,
    predictions_markdown,
    predictions_table,
    range_verdict,
    summed_up,
)
from report_utils.report.statistics import scatter_contrast
from report_utils.report.wording import untrained_warning
from report_utils.reproduction.studies import WHY
from report_utils.reproduction.study_results import study_outcomes

KINDS = {
    "thinned_copy": ("thinned copy", 2, 6),
    "exchanged_hardness": ("another's hardness", 2.5, 4.5),
    "shuffled_energies": ("shuffled energies", 1, 1.5),
}
reproduction = open_reproduction(profile)
figures.use_book_style()
outcomes = study_outcomes(reproduction, WHY)
judged = predictions_table([one for one in PREDICTIONS if one.page == "why-3-energy-surgery"], outcomes)
command = f"report-utils study {WHY.name} --profile {reproduction.profile.name}"
needed = {variant for one, *_ in judged for variant in (one.numerator[0], one.denominator[0])}
titles = {variant.name: variant.title for variant in WHY.all_variants}
missing = [titles[name] for name in titles if name in needed and outcomes.get(name) is None]
notes = [f"Not trained yet: {'; '.join(missing)}. `{command}` trains them."] if missing else []
Markdown("\n\n".join([*notes, predictions_markdown(judged)]))

# %% [markdown]
# If both kinds of images without the cluster's own spectrum are as good as the first band alone, more channels alone do
# not help. If networks trained on shuffled energies have a ratio above 1, they do not make do with one number.
#
# ## Shown to networks that were trained on real images
#
# For the held-out clusters of each fold: the scatter with the operation over the scatter without it, and how far the mean
# of the predictions moves. Each network is judged by itself. The number is their mean; the parentheses run from the lowest
# to the highest end of their 95% intervals, which is wider than one such interval; ± is the standard deviation between
# training seeds of a fold. An operation makes networks *worse* if every interval lies above 1, and the mean by more than
# this deviation.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
real, rows, why_not = TRANSFORMS["multi_band_2"], {}, ""
try:
    reproduction.cross_validation(real.name)
    networks = trained_networks(reproduction, real.name)
except NotAvailableError as error:
    networks, why_not = [], f"These networks are not here: {error}."
dead = {f"fold {one.fold + 1}, training seed {one.training_seed}": one.why_untrained for one in networks}
networks = [one for one in networks if not one.why_untrained]
halos = reproduction.groups
shown = {"": experiment_images(reproduction.dataset, real)} if networks else {}
for kind in KINDS if networks else ():
    try:
        shown[kind] = experiment_images(reproduction.dataset, EXPERIMENTS[f"{real.name}_{kind}"])
    except InputError as error:
        why_not += f"Not shown: {error}. "
said = {(kind, one): one.predict(images[one.test]) for kind, images in shown.items() for one in networks}
for kind, (label, low, high) in KINDS.items():
    if kind not in shown:
        continue
    ratios, folds = [], []
    for one in networks:
        residuals = [said[which, one] - one.truth for which in (kind, "")]
        if len(np.unique(halos[one.test])) >= MINIMUM_GROUPS:
            ratios.append(scatter_contrast(residuals, groups=halos[one.test]))
            folds.append(one.fold)
    shift = np.mean([np.mean(said[kind, one] - said["", one]) for one in networks])
    rows[label] = (
        f"{low:g} to {high:g}",
        summed_up(ratios, folds),
        "–" if not ratios else "yes" if effect(ratios, folds) == 1 else "not shown",
        f"{shift:+.2f}".replace("-", "−"),
        range_verdict(ratios, low, high),
    )
table = pd.DataFrame.from_dict(
    rows, orient="index", columns=["Predicted", "Ratio", "Worse", "Mean shift [dex]", "Verdict"]
)
warning = untrained_warning({name: why for name, why in dead.items() if why})
Markdown("\n\n".join(filter(None, [why_not, warning, table.rename_axis("Operation").to_markdown() if rows else ""])))

# %% mystnb={"figure": {"caption": "**One network, four kinds of images.** Predicted against true mass of held-out clusters, by the network of two bands of the first fold, for real images and after each operation. The line marks equality.", "name": "fig-energy-surgery"}, "image": {"alt": "Four panels of predicted against true mass: real images and three operations on the energies."}} tags=["hide-input"]
figure = Figure(figsize=(8.0, 2.9), layout="constrained")
panels = figure.subplots(1, 4, sharex=True, sharey=True)
for ax, (kind, label) in zip(
    panels, {"": "real images", **{kind: label for kind, (label, *_) in KINDS.items()}}.items(), strict=True
):
    ax.set_title(label, fontsize="small")
    if kind in shown:
        first = networks[0]
        ax.plot(first.truth, said[kind, first], ".", ms=3, color=OURS if not kind else PRINTED)
        ends = [first.truth.min(), first.truth.max()]
        ax.plot(ends, ends, color=NEUTRAL, lw=0.9)
    else:
        ax.text(0.5, 0.5, "not shown", ha="center", va="center", transform=ax.transAxes)
panels[0].set_ylabel("predicted log mass")
figure.supxlabel("true log mass", fontsize="medium")
figure if shown else None

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
verdicts = [verdict for _, measured, verdict in judged if measured is not None]
verdicts += [verdict for *_, verdict in rows.values()]
trained = [f"{one.label} {ratio:.2f} (*{verdict}*)" for one, ratio, verdict in judged if ratio is not None]
found = f"{counted_verdicts(verdicts)} Ratios of scatters, trained: {'; '.join(trained) or 'none yet'}."
Markdown(f"**What was found.** {found if verdicts else 'Nothing can be measured here yet.'}")
