"""Where a step of training spends its time: the plain Keras model with ``fit(x, y)``, and what is trained here.

Usage: ``python -m benchmarks.fit_profile``

TensorFlow's own profiler notes when each operation begins and ends, in processes of one thread that take turns, at 128
pixels and in batches of 16. What is kept, as a table that the book shows, is the median over the turns of the
milliseconds that each kind of operation takes of a batch.
"""

from __future__ import annotations

import numpy as np

from benchmarks.measuring import ONE_THREAD, in_a_process, where_and_when
from benchmarks.records import keep_table

TURNS, N_IMAGES, N_PIXELS, BATCH = 7, 40, 128, 16
KINDS = {
    "Convolutions, forward": ("Conv2D", "FusedConv2D"),
    "Convolutions, gradients of kernels": ("Conv2DBackpropFilter", "Conv2DBackpropFilterWithBias"),
    "Convolutions, gradients of pixels": ("Conv2DBackpropInput",),
    "Pooling and its gradient": ("MaxPool", "MaxPoolGrad"),
    "ReLU, biases and their gradients": ("Relu", "ReluGrad", "BiasAdd", "BiasAddGrad", "AddV2", "Sum"),
    "Views drawn": ("GatherV2",),
}
"""Kinds of operations by their names in TensorFlow, without what it puts before those of oneDNN."""
OTHER, BETWEEN = "Everything else (dense layers, Adam, loss)", "Between operations"
_CODE = f"""
import glob, tempfile, time
import numpy as np
import keras
import tensorflow as tf
from tensorflow.tsl.profiler.protobuf import xplane_pb2
from report_utils.binning import eight_views
from report_utils.cnn import build_cnn
from report_utils.cnn.images import ResidentImages
from report_utils.cnn.network import fresh_network

rng = np.random.default_rng(0)
mass = rng.uniform(13.6, 15.2, {N_IMAGES})
counts = rng.poisson(0.3 * (mass - 13)[:, None, None, None], ({N_IMAGES}, {N_PIXELS}, {N_PIXELS}, 4))
images = np.log10(1 + counts).astype(np.float32)
targets = (mass - mass.mean()).astype(np.float32)

def trained_here():
    network, resident = fresh_network(4, {N_PIXELS}, (0,), 5e-4), ResidentImages(images)
    def epoch():
        order = rng.permutation(8 * {N_IMAGES}).astype(np.int32).reshape(-1, {BATCH})
        network.train(resident, targets, [(order // 8, order % 8)], np.full(len(order), 5e-4, np.float32))
    return epoch

def plain():
    x, y = np.concatenate([eight_views(image) for image in images]), np.repeat(targets, 8)
    model = build_cnn(4, {N_PIXELS}, seed=0)
    model.compile(optimizer=keras.optimizers.Adam(5e-4), loss="mse")
    return lambda: model.fit(x, y, batch_size={BATCH}, epochs=1, verbose=0)

epoch = METHOD()
epoch()
folder = tempfile.mkdtemp()
tf.profiler.experimental.start(folder)
begin = time.perf_counter()
epoch()
out["seconds_of_epoch"] = time.perf_counter() - begin
tf.profiler.experimental.stop()
space = xplane_pb2.XSpace()
[path] = glob.glob(folder + "/**/*.xplane.pb", recursive=True)
space.ParseFromString(open(path, "rb").read())
out["operations"] = {{}}
for plane in space.planes:
    for line in plane.lines:
        for event in line.events:
            whole = plane.event_metadata[event.metadata_id].name
            name, _, operation = whole.rpartition(":")
            if name and "::" not in whole and operation.isidentifier():  # others are calls that hold operations
                out["operations"][operation] = out["operations"].get(operation, 0.0) + event.duration_ps / 1e12
"""


def profiled(method: str) -> dict[str, float]:
    """Return the milliseconds that each kind of operation takes of a batch, with what lies between and the whole."""
    found = in_a_process(_CODE.replace("METHOD", method), ONE_THREAD)
    n_batches = 8 * N_IMAGES // BATCH
    kinds = dict.fromkeys([*KINDS, OTHER], 0.0)
    for operation, seconds in found["operations"].items():
        bare = operation.removeprefix("_MklNative").removeprefix("_Mkl")
        kind = next((kind for kind, names in KINDS.items() if bare in names), OTHER)
        kinds[kind] += 1e3 * seconds / n_batches
    whole = 1e3 * found["seconds_of_epoch"] / n_batches
    return kinds | {BETWEEN: whole - sum(kinds.values()), "A batch": whole}


def main() -> None:
    turns: dict[str, list[dict[str, float]]] = {"plain": [], "trained_here": []}
    for _ in range(TURNS):
        for method, found in turns.items():
            found.append(profiled(method))
    rows = [
        [name, *(f"{np.median([one[name] for one in found]):.1f}" for found in turns.values())]
        for name in turns["trained_here"][0]
    ]
    for row in rows:
        print(*row, sep="\t")
    told = (
        f"Milliseconds of a batch of {BATCH} views at {N_PIXELS} pixels on one thread, medians of {TURNS} turns, each "
        f"a row of its own; {where_and_when()}; by TensorFlow's profiler."
    )
    keep_table("fit_profile", ["Part of a step", "Plain Keras [ms]", "Trained here [ms]"], rows, told)


if __name__ == "__main__":
    main()
