"""Detect networks that did not train: their predictions hardly vary, or their losses hardly fall."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

LEAST_SPREAD = 0.2
"""Minimum spread of the predictions, in units of the spread of the true masses. Below it, a network explains at most 4%
of the masses' variance; the book's trained networks reach 0.65 and more."""

LEAST_GAIN = 0.05
"""Minimum fraction by which the loss must fall below the variance of the masses, the loss of predicting their mean."""

WHAT_TO_TRY = 'train with inputs = "standardised" in the profile, another learning_rate, or more epochs'


def why_untrained(
    predictions: ArrayLike, truth: ArrayLike, losses: Sequence[float] = (), target_variance: float = np.inf
) -> str:
    """Say why a network counts as untrained; empty if it has trained.

    Parameters
    ----------
    predictions : (n_clusters, n_views) [log10 Msun]
        For test clusters.
    truth : (n_clusters,) [log10 Msun]
    losses : sequence of float [dex^2], optional
        Training loss of each epoch.
    target_variance : float [dex^2], optional
        Variance of the training masses.
    """
    if not np.isfinite(predictions).all():
        return "its predictions are not finite"
    spread, of_truth = float(np.std(predictions)), float(np.std(truth))
    if spread < LEAST_SPREAD * of_truth:
        return f"its predictions spread {spread:.2g} dex, the true masses {of_truth:.2g}"
    if len(losses) and min(losses) > (1 - LEAST_GAIN) * target_variance:
        return f"its loss never fell below {min(losses):.2g} dex², the variance of the masses is {target_variance:.2g}"
    return ""


def untrained_folds(
    predictions: ArrayLike,
    truth: ArrayLike,
    fold: ArrayLike,
    history: Mapping[int, Mapping[str, Sequence[float]]],
    target_variance: Mapping[int, float],
) -> dict[int, str]:
    """Return the reason why a fold's fit counts as untrained, by fold; trained ones are left out.

    Parameters
    ----------
    predictions : (n_clusters, n_views) [log10 Msun]
    truth : (n_clusters,) [log10 Msun]
    fold : (n_clusters,) int
    history, target_variance
        As :class:`report_utils.cnn.crossval.CrossValidation` has them; losses are checked where both are known.
    """
    predictions, truth, fold = np.asarray(predictions), np.asarray(truth), np.asarray(fold)
    found = {}
    for number in np.unique(fold).tolist():
        rows, losses = fold == number, history.get(number, {}).get("loss", ())
        reason = why_untrained(predictions[rows], truth[rows], losses, target_variance.get(number, np.inf))
        if reason:
            found[number] = reason
    return found
