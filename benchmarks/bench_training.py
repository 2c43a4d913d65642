"""Compare the fits of this project with a plain Keras script that trains the same network on the same images.

Usage: ``python benchmarks/bench_training.py [--repeats 3]``

The plain script holds all eight views in memory and calls ``fit(x, y)`` on all cores, one fit after the other; ours
run in one-thread worker processes side by side. Both train a fixed number of epochs of the ``quick`` profile on
made-up images; what is quoted is fits per hour and their ratio, in alternating rounds.
"""

from __future__ import annotations

import argparse
import multiprocessing
import time

import numpy as np

from report_utils.binning import N_VIEWS, eight_views
from report_utils.cnn import assign_folds
from report_utils.processes import n_workers
from report_utils.profiles import Training
from report_utils.work import Task, run_tasks

N_CLUSTERS, N_PIXELS = 400, 32
TRAINING = Training(epochs=4, batch_size=64, learning_rate=3e-3, schedule="one_cycle", target="standardised")


def made_up() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    mass = rng.uniform(13.6, 15.2, N_CLUSTERS)
    images = rng.uniform(0, 1, (N_CLUSTERS, N_PIXELS, N_PIXELS, 4)) * (mass - 13)[:, None, None, None]
    return images.astype(np.float32), mass


def our_fit(fold: int) -> None:
    from report_utils.cnn import fit_fold

    images, mass = made_up()
    fit_fold(images, mass, assign_folds(N_CLUSTERS, 10, 0), fold, TRAINING, 0)


def plain_fits(connection, n_fits: int) -> None:
    """Run the plain script in a process of its own, so that its thread pools are sized as Keras sizes them."""
    import keras

    from report_utils.cnn import build_cnn

    images, mass = made_up()
    fold_of = assign_folds(N_CLUSTERS, 10, 0)
    begin = time.perf_counter()
    for fold in range(n_fits):
        train = fold_of != fold
        x = np.concatenate([eight_views(image) for image in images[train]])
        y = np.repeat((mass[train] - mass[train].mean()) / mass[train].std(), N_VIEWS)
        test = np.concatenate([eight_views(image) for image in images[~train]])
        model = build_cnn(4, N_PIXELS, seed=fold)
        model.compile(optimizer=keras.optimizers.Adam(1e-3), loss="mse")
        valid = (test, np.repeat(mass[~train], N_VIEWS))
        model.fit(x, y, batch_size=64, epochs=TRAINING.epochs, verbose=0, validation_data=valid)
        model.predict(test, verbose=0)
    connection.send(time.perf_counter() - begin)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3)
    n_fits = 2 * n_workers()
    context = multiprocessing.get_context("spawn")
    ratios = []
    for _ in range(parser.parse_args().repeats):
        here, there = context.Pipe()
        process = context.Process(target=plain_fits, args=(there, n_fits))
        process.start()
        plain = here.recv()
        process.join()
        begin = time.perf_counter()
        run_tasks([Task(f"fold {fold}", our_fit, {"fold": fold}, 1.0) for fold in range(n_fits)], "Ours")
        ours = time.perf_counter() - begin
        ratios.append(plain / ours)
        print(
            f"{n_fits} fits: plain Keras {plain:.1f} s without its import, ours {ours:.1f} s with start and import; "
            f"{3600 * n_fits / plain:.0f} against {3600 * n_fits / ours:.0f} fits an hour, ratio {ratios[-1]:.2f}"
        )
    print(f"median ratio {np.median(ratios):.2f}")


if __name__ == "__main__":
    main()
