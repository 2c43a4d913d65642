"""What a layer tells by linear regression, and what is left of it once one direction is erased."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from report_utils.binning.symmetry import N_VIEWS, eight_views
from report_utils.prediction.trained_networks import quietly

if TYPE_CHECKING:
    import keras

N_PARTS = 5
"""Parts of a cross-validation."""
N_NEIGHBOURS = 10
PENALTIES = np.logspace(-3, 5, 17)
"""Of the ridge regression, among which each target's leave-one-out error chooses."""
_CHUNK = 64


def layer_outputs(model: keras.Model, images: NDArray[np.float32], layers: Sequence[str]) -> list[NDArray[np.float64]]:
    """Return the outputs of some layers, each ``(n_images, n_units)``, mean over the eight views of each image.

    ``model`` is a chain, such as :attr:`report_utils.prediction.trained_networks.TrainedNetwork.model`; the outputs of
    the named ``layers`` are vectors. A name that the model lacks is a ValueError.
    """
    with quietly():
        import keras
    outputs = inputs = keras.Input(model.input_shape[1:])
    asked = {name: model.get_layer(name) for name in layers}
    for layer in model.layers[1:]:  # called again: a layer of several models has several outputs
        outputs = layer(outputs)
        asked |= {name: outputs for name in layers if layer.name == name}
    read = keras.Model(inputs, asked)
    found: list[list[NDArray]] = [[] for _ in layers]
    for start in range(0, len(images), _CHUNK):
        views = np.concatenate([eight_views(image) for image in images[start : start + _CHUNK]])
        given = read(views, training=False)
        for kept, name in zip(found, layers, strict=True):
            output = keras.ops.convert_to_numpy(given[name]).astype(np.float64)
            kept.append(output.reshape(-1, N_VIEWS, output.shape[-1]).mean(axis=1))
    return [np.concatenate(kept) for kept in found]


def parts(groups: ArrayLike, seed: int = 0) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Yield the rows to fit and the rows to test of each part, where parts keep groups, two or more, whole."""
    from sklearn.model_selection import GroupKFold

    groups = np.asarray(groups)
    n_groups = len(np.unique(groups))
    if n_groups < 2:
        msg = f"{n_groups} group cannot be split into parts to fit and parts to test"
        raise ValueError(msg)
    yield from GroupKFold(min(N_PARTS, n_groups), shuffle=True, random_state=seed).split(groups, groups=groups)


def read_linearly(
    features: ArrayLike, targets: ArrayLike, groups: ArrayLike, *, erase: ArrayLike | None = None, nearest: bool = False
) -> NDArray[np.float64]:
    """Predict quantities from a layer's outputs, each cluster by a ridge regression that has not seen its halo.

    Features (n, n_units) are standardised. Each target of (n, n_targets) has its own penalty, chosen among
    :data:`PENALTIES` by the leave-one-out error of the clusters to fit. This is the linear probe of Alain & Bengio
    (2016, arXiv:1610.01644). A prediction stays within the values that were fitted: a unit that is silent in all of
    these can be loud in another. The direction of a quantity ``erase`` (n,) is erased beforehand (:func:`erasure`), as
    the clusters to fit tell it. With ``nearest``, the :data:`N_NEIGHBOURS` nearest clusters are averaged, which also
    follows curves.
    """
    from sklearn.linear_model import RidgeCV
    from sklearn.neighbors import KNeighborsRegressor
    from sklearn.preprocessing import StandardScaler

    features, targets = np.asarray(features, dtype=np.float64), np.asarray(targets, dtype=np.float64)
    predicted = np.empty_like(targets)
    for fitted, tested in parts(groups):
        # after the erasure, scaling would blow up what rounding leaves in units that do not vary
        scale = StandardScaler().fit(features[fitted])
        known, asked = scale.transform(features[fitted]), scale.transform(features[tested])
        if erase is not None:
            mean, projection = erasure(known, np.asarray(erase)[fitted])
            known, asked = known - (known - mean) @ projection, asked - (asked - mean) @ projection
        probe = (
            KNeighborsRegressor(min(N_NEIGHBOURS, len(fitted)))
            if nearest
            else RidgeCV(PENALTIES, alpha_per_target=targets.shape[1] > 1)
        )
        probe.fit(known, targets[fitted])
        found = probe.predict(asked).reshape(len(tested), -1)
        predicted[tested] = np.clip(found, targets[fitted].min(axis=0), targets[fitted].max(axis=0))
    return predicted


def explained(targets: ArrayLike, predicted: ArrayLike) -> NDArray[np.float64]:
    """Return the share of each target's variance that predictions explain, R^2, ``(n_targets,)``; 1 at most."""
    targets, predicted = np.asarray(targets), np.asarray(predicted)
    return 1 - np.sum((targets - predicted) ** 2, axis=0) / np.sum((targets - targets.mean(axis=0)) ** 2, axis=0)


def shuffled_r2(
    features: ArrayLike, targets: ArrayLike, groups: ArrayLike, n_shuffles: int = 20, seed: int = 0
) -> NDArray[np.float64]:
    """Return the R^2 of probes for the same targets with rows exchanged at random, ``(n_shuffles, n_targets)``.

    Whatever a probe explains of such labels it has memorised, not read (Hewitt & Liang 2019, EMNLP, 2733).
    """
    targets, rng = np.asarray(targets, dtype=np.float64), np.random.default_rng(seed)
    labels = np.concatenate([rng.permutation(targets) for _ in range(n_shuffles)], axis=1)
    return explained(labels, read_linearly(features, labels, groups)).reshape(n_shuffles, -1)


def erasure(features: ArrayLike, target: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the smallest change of features after which no linear probe reads a target from them (LEACE).

    In coordinates in which the features are white, their covariance with the target is one direction; that component is
    taken away (Belrose et al. 2023, NeurIPS 36, theorem 4.3). Labels at random erase a direction at random, isotropic
    where the features are white. Units that do not vary, or depend on others, are left as they are.

    With the mean ``(n_units,)`` and the projection ``(n_units, n_units)`` that are returned, features ``(n, n_units)``
    lose ``(features - mean) @ projection``; their covariance with the target is then zero.
    """
    features, target = np.asarray(features, dtype=np.float64), np.asarray(target, dtype=np.float64)
    mean = features.mean(axis=0)
    centred = features - mean
    variance, axes = np.linalg.eigh(centred.T @ centred / len(features))
    kept = variance > 1e-10 * max(variance[-1], np.finfo(float).tiny)
    root, axes = np.sqrt(variance[kept]), axes[:, kept]
    direction = (centred @ axes / root).T @ (target - target.mean())
    length = np.linalg.norm(direction)
    if length == 0:
        return mean, np.zeros((features.shape[1],) * 2)
    direction = direction / length
    return mean, np.outer(axes @ (direction / root), (direction * root) @ axes.T)


def erased(features: ArrayLike, target: ArrayLike, groups: ArrayLike) -> NDArray[np.float64]:
    """Erase a target's direction from each cluster's features, as clusters of other halos tell it, ``(n, n_units)``."""
    features, target = np.array(features, dtype=np.float64), np.asarray(target)
    left = features.copy()
    for fitted, tested in parts(groups):
        mean, projection = erasure(features[fitted], target[fitted])
        left[tested] -= (features[tested] - mean) @ projection
    return left


def grouping(features: ArrayLike, most: int = 6, seed: int = 0) -> tuple[NDArray[np.int32], float]:
    """Group clusters by their standardised features: k-means with the number of groups of the largest silhouette.

    Two to ``most`` groups are tried; there are more rows than that, not all alike. Returned are the group of each row,
    ``(n,)``, and the mean silhouette, from -1 to 1: separate groups are near 1 (Rousseeuw 1987, J. Comput. Appl. Math.
    20, 53).
    """
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score
    from sklearn.preprocessing import StandardScaler

    scaled = StandardScaler().fit_transform(features)
    most = min(most, len(np.unique(scaled, axis=0)))
    tried = [KMeans(k, n_init=10, random_state=seed).fit_predict(scaled) for k in range(2, most + 1)]
    return max(((labels, float(silhouette_score(scaled, labels))) for labels in tried), key=lambda one: one[1])


def between_groups(values: ArrayLike, group: ArrayLike) -> NDArray[np.float64]:
    """Return the share of each column's variance that lies between groups, ``(n_columns,)``."""
    import pandas as pd

    return explained(values, pd.DataFrame(np.asarray(values)).groupby(np.asarray(group)).transform("mean"))
