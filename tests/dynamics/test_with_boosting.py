"""XGBoost and LightGBM are recorded round by round, and their models are the same with and without."""

from __future__ import annotations

import numpy as np
import pytest

from report_utils.dynamics import Recording

RNG = np.random.default_rng(5)
X = RNG.normal(size=(90, 4))
Y = X @ [1.0, -2.0, 0.5, 0.0] + 0.1 * RNG.normal(size=90)
CLASS = np.digitize(Y, [-1, 1])
SHOWN, N_ROUNDS = slice(20), 5


def test_xgboost_is_recorded_every_round():
    xgboost = pytest.importorskip("xgboost", reason="XGBoost is not installed (pip install xgboost-cpu)")
    from report_utils.dynamics import XGBoostRecorder

    def fitted(objective, target, recording=None, **options):
        callbacks = [] if recording is None else [XGBoostRecorder(X[SHOWN], recording)]
        options = {"objective": objective, "max_depth": 3, "nthread": 1, "seed": 0} | options
        return xgboost.train(options, xgboost.DMatrix(X, target), N_ROUNDS, callbacks=callbacks, verbose_eval=False)

    numbers, classes = Recording(Y[SHOWN]), Recording(CLASS[SHOWN])
    model = fitted("reg:squarederror", Y, numbers)
    assert model.save_raw() == fitted("reg:squarederror", Y).save_raw()
    assert numbers.epoch.tolist() == [1, 2, 3, 4, 5]
    np.testing.assert_allclose(numbers.predictions[-1, :, 0], model.predict(xgboost.DMatrix(X[SHOWN])), rtol=1e-6)
    early = model.predict(xgboost.DMatrix(X[SHOWN]), iteration_range=(0, 2))
    np.testing.assert_allclose(numbers.predictions[1, :, 0], early, rtol=1e-6)
    fitted("multi:softprob", CLASS, classes, num_class=3)
    assert classes.predictions.shape == (N_ROUNDS, 20, 1, 3)


def test_lightgbm_is_recorded_every_round():
    lightgbm = pytest.importorskip("lightgbm", reason="LightGBM is not installed (pip install lightgbm)")
    from report_utils.dynamics import LightGBMRecorder

    def fitted(objective, target, recording=None, **options):
        callbacks = [] if recording is None else [LightGBMRecorder(X[SHOWN], recording)]
        options = {"objective": objective, "num_threads": 1, "verbose": -1, "min_data_in_leaf": 5, "seed": 0} | options
        return lightgbm.train(options, lightgbm.Dataset(X, target), N_ROUNDS, callbacks=callbacks)

    numbers, classes = Recording(Y[SHOWN]), Recording(CLASS[SHOWN])
    model = fitted("regression", Y, numbers)
    assert model.model_to_string() == fitted("regression", Y).model_to_string()
    assert numbers.epoch.tolist() == [1, 2, 3, 4, 5]
    np.testing.assert_allclose(numbers.predictions[-1, :, 0], model.predict(X[SHOWN]), rtol=1e-6)
    np.testing.assert_allclose(numbers.predictions[1, :, 0], model.predict(X[SHOWN], num_iteration=2), rtol=1e-6)
    fitted("multiclass", CLASS, classes, num_class=3)
    assert classes.predictions.shape == (N_ROUNDS, 20, 1, 3)
