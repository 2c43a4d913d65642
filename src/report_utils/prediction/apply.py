"""Trained fits applied to observations of unknown mass, with the expected error.

Every finished fit of a profile predicts every view of every observation; the mean is the prediction. The expected
error is that of the profile's held-out clusters with similar predicted masses. It is valid for observations like those
of the training, from the same telescope with the same exposure. An event list alone only allows a check of the number
of events and their hardness.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from report_utils.binning import band_counts, get_transform
from report_utils.binning.observations import Observations
from report_utils.binning.transforms import Transform
from report_utils.cnn.untrained import WHAT_TO_TRY, untrained_folds
from report_utils.errors import InputError
from report_utils.events import Archive, open_archive
from report_utils.files.disk import clear_disk_errors, whole_file
from report_utils.prediction.limits import ExpectedError, TrainingRange, hardness
from report_utils.prediction.trained_networks import trained_networks
from report_utils.reproduction.one_profile import Reproduction

if TYPE_CHECKING:
    import pandas as pd

CAVEAT = "This is valid for observations like those of the training: same telescope, exposure and field."
IN_TRAINING = "was in the training"
_CHUNK = 64


@dataclass(frozen=True, eq=False)
class Predictions:
    """Predicted masses of an archive's observations."""

    table: pd.DataFrame
    """A row for each observation: cluster_id; log10_mass_predicted [log10 Msun], the mean over fits and views;
    spread_between_fits, expected_bias, expected_scatter [dex]; n_held_out, the clusters that these two were measured
    on; n_events, hardness; warning, empty where there is none; log10_mass, where the archive knows it; transform and
    profile.
    """
    transform: str
    profile: str
    of_fits: NDArray[np.float64]
    """``(n_observations, n_fits)`` [log10 Msun]. The mean over views of each fit's predictions, fold by fold, training
    seed by training seed.
    """
    error: ExpectedError
    training: TrainingRange

    def csv(self) -> str:
        """Return the table as CSV, masses and errors to a thousandth of a dex and more."""
        return self.table.to_csv(index=False, float_format="%.5g", lineterminator="\n")

    def summary(self) -> list[str]:
        """Return what was done and what to bear in mind, one fact per line."""
        warnings = self.table["warning"]
        warned = self.table.loc[~warnings.isin(["", IN_TRAINING]), "cluster_id"]
        n_known = int((warnings == IN_TRAINING).sum())
        what = f"{len(self.table)} observations, {self.transform}"
        how = f"mean of {self.of_fits.shape[1]} fits of the profile {self.profile} and 8 views"
        lines = [f"{what}: {how}", str(self.error), CAVEAT]
        if len(warned):
            names = ", ".join(warned[:5]) + (", ..." if len(warned) > 5 else "")
            lines.append(f"warning: {len(warned)} observations are unlike the training ({names}): see column warning")
        if n_known:
            lines.append(f"warning: {n_known} observations were in the training: what it says of them is no prediction")
        return lines


def predict(archive: str | Path | Archive, transform: str, reproduction: Reproduction) -> Predictions:
    """Predict the masses of an archive's observations with a profile's finished fits; nothing is trained.

    Observations are binned and thinned with the profile's settings. It is an InputError if the profile has no fits of
    this transform, or if an observation lacks an AGN-less list that it needs.
    """
    import pandas as pd

    chosen, profile = get_transform(transform), reproduction.profile
    archive = archive if isinstance(archive, Archive) else open_archive(archive)
    _check_lists(archive, chosen)
    networks = trained_networks(reproduction, transform)
    error = held_out_error(reproduction, transform)
    training = training_range(reproduction, chosen)
    observations = dataclasses.replace(
        reproduction.observations, archive=archive.folder.resolve(), settings=None, n_clusters=len(archive)
    )
    totals, predictions = [], []
    for counts in _counts(observations, chosen):
        totals.append(counts.sum(axis=(1, 2), dtype=np.int64))
        predictions.append(np.stack([network.predict_views(chosen(counts)) for network in networks], axis=1))
    of_fits = np.concatenate(predictions).mean(axis=2, dtype=np.float64)
    predicted, bands = of_fits.mean(axis=1), np.concatenate(totals)
    bins, hard, n_events = error.bin_of(predicted), hardness(bands), bands.sum(axis=1)
    known = _known(archive, reproduction)
    warnings = [
        IN_TRAINING if one else training.warning(*values)
        for one, *values in zip(known, n_events, hard, predicted, strict=True)
    ]
    table = pd.DataFrame(
        {
            "cluster_id": archive.ids,
            "log10_mass_predicted": predicted,
            "spread_between_fits": of_fits.std(axis=1, ddof=1) if len(networks) > 1 else np.nan,
            "expected_bias": error.bias[bins],
            "expected_scatter": error.scatter[bins],
            "n_held_out": error.n_clusters[bins],
            "n_events": n_events,
            "hardness": hard,
            "warning": warnings,
            "log10_mass": [one.log10_mass for one in archive.observations],
            "transform": transform,
            "profile": profile.name,
        }
    )
    return Predictions(table, transform, profile.name, of_fits, error, training)


def write_predictions(path: Path, predictions: Predictions) -> None:
    """Write the table as a CSV file, completely or not at all."""
    with clear_disk_errors(path, "--out"), whole_file(path) as temporary:
        temporary.write_text(predictions.csv(), encoding="utf-8")


def held_out_error(reproduction: Reproduction, transform: str) -> ExpectedError:
    """Return the errors of a transform's held-out clusters, each the mean over its views and training seeds."""
    results = reproduction.cross_validations(transform)
    for one in results:
        dead = untrained_folds(one.predictions, one.truth, one.fold, one.history, one.target_variance)
        if dead:
            fold, reason = next(iter(dead.items()))
            who = f"profile {reproduction.profile.name}: {transform!r}"
            msg = f"{who} cannot be used, fold {fold} did not train: {reason}; {WHAT_TO_TRY}"
            raise InputError(msg)
    predicted = np.mean([result.predictions.mean(axis=1, dtype=np.float64) for result in results], axis=0)
    return ExpectedError.of(predicted, predicted - results[0].truth)


def training_range(reproduction: Reproduction, transform: Transform) -> TrainingRange:
    """Return the range of the observations that the fits of a transform were trained on."""
    dataset, rows = reproduction.binned(transform.counted_edges_kev), _trained_rows(reproduction)
    counts = dataset.counts(transform.source)
    bands = np.concatenate(
        [counts[start : start + _CHUNK].sum(axis=(1, 2), dtype=np.int64) for start in range(0, len(counts), _CHUNK)]
    )[rows]
    columns = (bands.sum(axis=1), hardness(bands), dataset.log10_mass[rows])
    return TrainingRange(*((float(column.min()), float(column.max())) for column in columns))


def _trained_rows(reproduction: Reproduction) -> NDArray[np.intp]:
    """Return the clusters in the training of any fit: each fold tests clusters that all other folds train on."""
    fold_of = reproduction.fold_of()
    return np.flatnonzero(fold_of != 0) if reproduction.profile.folds.run == 1 else np.arange(len(fold_of))


def _check_lists(archive: Archive, transform: Transform) -> None:
    lacking = [name for name in archive.ids if name not in archive.agn_less]
    if transform.source == "agn_less" and lacking:
        msg = (
            f"{archive.folder}: {len(lacking)} of {len(archive)} observations have no AGN-less list (the first is"
            f" {lacking[0]!r}), which {transform.name!r} needs; ingest them with one, or choose a transform of the"
            " observation itself"
        )
        raise InputError(msg)


def _known(archive: Archive, reproduction: Reproduction) -> list[bool]:
    """Tell for each observation whether a fit of the profile was trained on it."""
    trained, folder = set(), reproduction.profile.archive_path
    if folder is not None:
        observations = open_archive(folder).observations
        trained = {observations[row].digest for row in _trained_rows(reproduction)}
    return [one.digest in trained for one in archive.observations]


def _counts(observations: Observations, transform: Transform) -> Iterator[NDArray[np.int32]]:
    """Yield the band counts of the observations in chunks, ``(n, n_pixels, n_pixels, n_bands)``."""
    for start in range(0, observations.n_clusters, _CHUNK):
        indices = range(start, min(start + _CHUNK, observations.n_clusters))
        events = (observations.events(index, transform.source) for index in indices)
        yield np.stack([band_counts(each, observations.n_pixels, transform.counted_edges_kev) for each in events])
