"""The trained networks of a profile, as Keras models from images to masses."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from report_utils.binning import get_transform
from report_utils.cnn.crossval import Fit, fit_from_arrays
from report_utils.cnn.untrained import why_untrained
from report_utils.errors import NotAvailableError
from report_utils.profiles import Profile, project_root
from report_utils.reproduction.one_profile import Reproduction
from report_utils.runs.store import Run

if TYPE_CHECKING:
    import keras

    from report_utils.cnn.scales import TargetScale


@dataclass(frozen=True, eq=False)
class TrainedNetwork:
    """The network of one fit."""

    transform: str
    training_seed: int
    n_pixels: int
    fit: Fit
    target_scale: TargetScale
    """Of the masses that it was trained on."""
    truth: NDArray[np.float64]
    """Of the clusters in :attr:`test`, ``(n_test,)`` [log10 Msun]."""

    @property
    def fold(self) -> int:
        """Return the fold that it was not trained on."""
        return self.fit.fold

    @property
    def test(self) -> NDArray[np.integer]:
        """Return the rows of the held-out clusters in the catalogue, ``(n_test,)``."""
        return self.fit.cluster

    @property
    def why_untrained(self) -> str:
        """Return why it counts as not trained, or an empty text."""
        losses, variance = self.fit.history["loss"], self.fit.target_variance
        return why_untrained(self.fit.predictions, self.truth, losses, variance) or ""

    @property
    def model(self) -> keras.Model:
        """Return the network as a Keras model, from ``(n, n_pixels, n_pixels, n_channels)`` images to log10 masses.

        Its first and last layers are the scaling of images and masses. Those between are the layers of
        :func:`report_utils.cnn.build_cnn` by their names, or its whole model if that is not a sequence of layers.
        """
        with quietly():
            import keras

            from report_utils.cnn import build_cnn
        scale, target = self.fit.input_scale, self.target_scale
        n_channels = len(scale.mean)
        cnn = build_cnn(n_channels, self.n_pixels)
        cnn.set_weights(self.fit.weights)
        inputs = keras.Input((self.n_pixels, self.n_pixels, n_channels), name="log_counts")
        outputs = keras.layers.Rescaling(1 / scale.spread, (-scale.mean / scale.spread).tolist())(inputs)
        for layer in cnn.layers if isinstance(cnn, keras.Sequential) else [cnn]:
            outputs = layer(outputs)
        return keras.Model(inputs, keras.layers.Rescaling(target.spread, target.mean, name="log10_mass")(outputs))

    def predict_views(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        """Predict the masses of images in all eight views, ``(n_images, 8)`` [log10 Msun]."""
        with quietly():
            from report_utils.cnn.images import ResidentImages
            from report_utils.cnn.network import fresh_network
        network = fresh_network(images.shape[-1], self.n_pixels, (0,), 0.0, self.fit.input_scale)
        network.set_weights(self.fit.weights)
        return self.target_scale.to_log10_mass(network.predict_views(ResidentImages(images)))

    def predict(self, images: NDArray[np.float32]) -> NDArray[np.float64]:
        """Predict the masses of images, ``(n_images,)`` [log10 Msun]: the mean over the eight views."""
        return self.predict_views(images).mean(axis=1, dtype=np.float64)


def trained_networks(reproduction: Reproduction, transform: str) -> list[TrainedNetwork]:
    """Return the networks of a transform, seed by seed, fold by fold.

    A missing fit is a NotAvailableError that names the command that trains it. Most committed results hold no weights.
    """
    keys = reproduction.fit_keys_of_seeds(transform, reproduction.n_training_seeds(transform))
    return _networks(reproduction, transform, [reproduction.load(key) for key in keys])


def _networks(reproduction: Reproduction, transform: str, runs: Sequence[Run | None]) -> list[TrainedNetwork]:
    with quietly():
        from report_utils.cnn.scales import TargetScale

    profile, fold_of, masses = reproduction.profile, reproduction.fold_of(), reproduction.dataset.log10_mass
    found = [run for run in runs if run is not None and run.has_weights]
    if len(found) < len(runs):
        msg = (
            f"profile {profile.name}: {len(runs) - len(found)} of {len(runs)} fits of {transform!r} are not trained;"
            f" train them with: report-utils fit {get_transform(transform).name} --profile {_called(profile)}"
        )
        raise NotAvailableError(msg)
    networks = []
    for run in found:
        fit, seed = fit_from_arrays(run.array, run.facts()), run.manifest["inputs"]["training_seed"]
        scale = TargetScale(masses[fold_of != fit.fold], profile.training.target)
        networks.append(TrainedNetwork(transform, seed, profile.n_pixels, fit, scale, masses[fit.cluster]))
    return networks


def networks_of_book(
    reproduction: Reproduction, transforms: Iterable[str]
) -> dict[str, dict[tuple[int, int], TrainedNetwork]]:
    """Return the networks that pages look into, by transform and by (fold, training seed).

    They are committed ones as long as nothing that decides their numbers has changed; if not, they are trained. Where
    committed results without weights are shown, it is a NotAvailableError.
    """
    networks = {}
    for name in transforms:
        runs: Sequence[Run | None] = reproduction.committed_networks(name)
        if not runs:
            n_seeds = reproduction.book_seeds(name)
            reproduction.prepare([name], (), n_training_seeds=n_seeds)
            runs = [reproduction.load(key) for key in reproduction.fit_keys_of_seeds(name, n_seeds)]
        networks[name] = {(one.fold, one.training_seed): one for one in _networks(reproduction, name, runs)}
    return networks


def _called(profile: Profile) -> str:
    ours = project_root() / "profiles" / f"{profile.name}.toml"
    return profile.name if ours == profile.path else str(profile.path)


@contextmanager
def quietly() -> Iterator[None]:
    """Hide what TensorFlow writes to standard error during its import, which no setting turns off."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
