"""Probes of a linear world whose answers are known, and what erasing a direction leaves."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from report_utils.binning.symmetry import eight_views
from report_utils.experiments.probes import (
    between_groups,
    erased,
    erasure,
    explained,
    grouping,
    layer_outputs,
    parts,
    read_linearly,
    shuffled_r2,
)


def linear_world(n=2000, noise=0.5, seed=0):
    """Two hidden quantities seen by ten units, and a target that is the first plus noise."""
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=(n, 2))
    features = hidden @ rng.normal(size=(2, 10)) + 0.05 * rng.normal(size=(n, 10))
    return features, hidden + noise * rng.normal(size=(n, 2)), hidden, np.arange(n) // 4


def test_a_probe_reads_what_is_linear_in_the_features():
    features, targets, _, groups = linear_world()
    # of the variance 1 + 0.25 the noise cannot be read
    assert explained(targets, read_linearly(features, targets, groups)) == pytest.approx([0.8, 0.8], abs=0.03)


def test_a_unit_that_only_one_cluster_excites_does_not_spoil_the_reading():
    """In the clusters to fit it is all but silent, so standardised it lies ten thousand spreads from their mean."""
    rng = np.random.default_rng(4)
    target = rng.normal(size=200)
    silent = 1e-4 * rng.normal(size=200)
    silent[0] = 1.0
    features = np.column_stack([target + 0.1 * rng.normal(size=200), silent])
    predicted = read_linearly(features, target[:, None], np.arange(200))
    assert explained(target[:, None], predicted)[0] > 0.9
    assert np.abs(predicted).max() <= np.abs(target).max()


def test_shuffled_labels_are_not_read():
    features, targets, _, groups = linear_world(400)
    found = shuffled_r2(features, targets, groups, 10)
    assert found.shape == (10, 2)
    assert abs(found.mean(axis=0)).max() < 0.03


@given(st.integers(0, 2**32 - 1), st.integers(2, 12), st.booleans())
def test_erased_features_do_not_covary_with_the_target(seed, n_units, dead_unit):
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(50, n_units)) @ rng.normal(size=(n_units, n_units)) + 3
    if dead_unit:
        features[:, 0] = 0
    target = features[:, -1] + rng.normal(size=50)
    mean, projection = erasure(features, target)
    left = features - (features - mean) @ projection
    assert np.abs((left - left.mean(axis=0)).T @ (target - target.mean())).max() < 1e-7
    assert left.mean(axis=0) == pytest.approx(mean)
    assert projection @ projection == pytest.approx(projection, abs=1e-6)  # erasing twice changes nothing
    assert np.linalg.matrix_rank(projection) == 1


def test_erasing_takes_one_quantity_and_leaves_an_independent_one():
    features, _, hidden, groups = linear_world(noise=0)
    after = explained(hidden, read_linearly(features, hidden, groups, erase=hidden[:, 0]))
    assert after[0] < 0.02
    assert after[1] > 0.95
    left = erased(features, hidden[:, 0], groups)
    assert left.shape == features.shape
    assert abs(np.corrcoef(left.T, hidden[:, 0])[-1, :-1]).max() < 0.1


def test_units_that_do_not_vary_do_not_bring_back_what_was_erased():
    features, _, hidden, groups = linear_world(noise=0)
    features[:, [2, 5, 7]] = 0, 1, 0
    after = explained(hidden, read_linearly(features, hidden, groups, erase=hidden[:, 0]))
    assert after[0] < 0.02
    assert after[1] > 0.95


def test_neighbours_read_a_curve_that_no_line_reads():
    x = np.random.default_rng(0).uniform(-1, 1, size=(1000, 1))
    square, groups = x**2, np.arange(1000)
    assert explained(square, read_linearly(x, square, groups))[0] < 0.02
    assert explained(square, read_linearly(x, square, groups, nearest=True))[0] > 0.95


def test_features_that_do_not_vary_tell_nothing():
    targets, groups = np.random.default_rng(0).normal(size=(48, 2)), np.arange(48) // 2
    found = read_linearly(np.zeros((48, 5)), targets, groups, erase=targets[:, 0])
    assert (explained(targets, found) < 0.02).all()


def test_parts_keep_groups_whole_and_test_each_row_once():
    groups = np.array([0, 0, 1, 1, 2, 2, 2])
    tested = []
    for fitted, asked in parts(groups):
        assert not set(groups[fitted]) & set(groups[asked])
        tested.extend(asked)
    assert sorted(tested) == list(range(7))
    with pytest.raises(ValueError, match="1 group cannot be split"):
        next(parts(np.zeros(5)))


def test_separate_groups_are_found():
    rng = np.random.default_rng(0)
    truth = np.arange(120) % 3
    features = 20 * np.eye(3)[truth] + rng.normal(size=(120, 3))
    group, silhouette = grouping(features)
    assert silhouette > 0.8
    assert between_groups(truth[:, None].astype(float), group) == pytest.approx([1.0])
    assert between_groups(rng.normal(size=(120, 1)), group)[0] < 0.1


def test_outputs_of_layers_are_means_over_views():
    import keras

    image = keras.Input((8, 8, 1))
    chain = keras.Sequential([image, keras.layers.Reshape((64,), name="pixels"), keras.layers.Dense(1, name="mass")])
    outputs = keras.layers.Rescaling(2.0)(image)
    for layer in chain.layers:  # its layers belong to two models, as those of a trained network
        outputs = layer(outputs)
    model = keras.Model(image, outputs)
    images = np.random.default_rng(0).random((3, 8, 8, 1)).astype(np.float32)
    pixels, mass = layer_outputs(model, images, ["pixels", "mass"])
    assert pixels == pytest.approx(np.stack([2 * eight_views(one).mean(axis=0).ravel() for one in images]), abs=1e-6)
    kernel, bias = model.get_layer("mass").get_weights()
    assert mass == pytest.approx(pixels @ kernel + bias, abs=1e-5)
    (alone,) = layer_outputs(model, images, ["mass"])
    np.testing.assert_array_equal(alone, mass)
    with pytest.raises(ValueError, match="No such layer"):
        layer_outputs(model, images, ["other"])
