"""How benchmarks measure: rounds in which methods take turns, processes of their own, and growth fitted to a power."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import t as student

from benchmarks.records import Measurement, Quantity
from report_utils.cnn.layer_sizes import CONVOLUTION_FILTERS, DENSE_UNITS
from report_utils.runs.manifests import THREAD_VARIABLE, processor, source

ONE_THREAD = {
    THREAD_VARIABLE: "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}
"""Environment variables of a process that computes with one thread, and leaves TensorFlow's chatter out."""

SCALES = {"s": 1.0, "ms": 1e3, "us": 1e6}


def alternate(methods: Mapping[str, Callable[[], Any]], rounds: int, *, warm_up: bool = True) -> dict[str, np.ndarray]:
    """Return the seconds of each method in each round, by name, after one round unmeasured unless that takes too long.

    The methods take turns, and in each round another one begins: what one leaves in the caches and in the allocator
    is met by all of the others.
    """
    seconds: dict[str, list[float]] = {name: [] for name in methods}
    names = list(methods)
    for number in range(-1 if warm_up else 0, rounds):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            begin = time.perf_counter()
            methods[name]()
            if number >= 0:
                seconds[name].append(time.perf_counter() - begin)
    return {name: np.array(values) for name, values in seconds.items()}


def speed(
    name: str, title: str, seconds: Mapping[str, np.ndarray], peer: str, *, unit: str = "ms", **options: Any
) -> Measurement:
    """Return how many times as fast as a peer the method called ``ours`` is, from the seconds of rounds by method.

    ``options`` are further fields of the measurement.
    """
    quantities = {one: Quantity.of(values * SCALES[unit]) for one, values in seconds.items()}
    return Measurement(
        name=name,
        title=title,
        unit=unit,
        ours=quantities.pop("ours"),
        peers=quantities,
        ratio=Quantity.of(seconds[peer] / seconds["ours"]),
        ratio_is=f"time of {peer} over ours",
        **options,
    )


def cost(
    name: str, title: str, seconds: Mapping[str, np.ndarray], peer: str, *, unit: str = "s", **options: Any
) -> Measurement:
    """Return how many times as long as a peer the method called ``ours`` takes; arguments as for :func:`speed`."""
    measured = speed(name, title, seconds, peer, unit=unit, better="less", **options)
    ratio = Quantity.of(seconds["ours"] / seconds[peer])
    return measured.model_copy(update={"ratio": ratio, "ratio_is": f"our time over that of {peer}"})


def shares(name: str, title: str, seconds: Mapping[str, float], note: str = "") -> list[Measurement]:
    """Return what each step takes of a whole [%], named ``name/step``."""
    total = sum(seconds.values())
    return [
        Measurement(
            name=f"{name}/{step}",
            title=f"{title}: {step}",
            unit="%",
            ours=Quantity.of([100 * value / total]),
            better="less",
            judged="ours",
            note=note,
        )
        for step, value in seconds.items()
    ]


def growth(name: str, title: str, sizes: Sequence[float], seconds: Sequence[float], x: str) -> Measurement:
    """Fit time to a power of size; the exponent comes with its 95 % interval (ordinary least squares of logarithms)."""
    x_log, y_log = np.log(sizes), np.log(seconds)
    slope, offset = np.polyfit(x_log, y_log, 1)
    freedom = len(sizes) - 2
    residual = y_log - slope * x_log - offset
    error = np.sqrt((residual**2).sum() / freedom / ((x_log - x_log.mean()) ** 2).sum())
    half = student.ppf(0.975, freedom) * error
    rounded = {"median": round(slope, 3), "low": round(slope - half, 3), "high": round(slope + half, 3)}
    return Measurement(
        name=f"growth/{name}",
        title=title,
        unit="exponent",
        ours=Quantity(**rounded, n=len(sizes)),
        judged="ours",
        better="less",
        goal=1.05,
        points=[(float(a), float(f"{b:.4g}")) for a, b in zip(sizes, seconds, strict=True)],
        points_are=(x, "seconds"),
        note="between its limits lies the 95 % interval of the fit",
    )


def useful_operations(n_channels: int, n_pixels: int) -> float:
    """Return the additions and multiplications of convolutions and dense layers that training needs for one image.

    A layer is computed once forwards and twice backwards, for its kernel and for its input; the first convolution
    needs no gradient for its input.
    """
    filters, units = (n_channels, *CONVOLUTION_FILTERS), (CONVOLUTION_FILTERS[-1], *DENSE_UNITS, 1)
    convolutions = [
        2.0 * 9 * n_in * n_out * (n_pixels / 2**i) ** 2 for i, (n_in, n_out) in enumerate(pairwise(filters))
    ]
    dense = sum(2.0 * n_in * n_out for n_in, n_out in pairwise(units))
    return 2 * convolutions[0] + 3 * (sum(convolutions[1:]) + dense)


def memory(name: str, title: str, megabytes: float, goal: float | None = None, note: str = "") -> Measurement:
    """Return a largest memory [MB]."""
    ours = Quantity.of([megabytes])
    return Measurement(name=name, title=title, unit="MB", ours=ours, judged="ours", better="less", goal=goal, note=note)


def in_a_process(code: str, environment: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Run Python code in a process of its own, and return what it has put into its dictionary ``out``.

    With it come ``peak_mb``, its largest memory [MB], and ``seconds``, from its start to its end.
    """
    peak = "out['peak_mb'] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024"
    whole = f"import json, resource\nout = {{}}\n{code}\n{peak}\nprint('\\n' + json.dumps(out), flush=True)\n"
    begin = time.perf_counter()
    result = run([sys.executable, "-c", whole], environment)
    seconds = time.perf_counter() - begin
    return json.loads(result.rsplit("\n", 2)[-2]) | {"seconds": seconds}


def program(name: str) -> str:
    """Return the path of a program beside this Python, such as ``report-utils``."""
    return str(Path(sys.executable).with_name(name))


def seconds_of_ended() -> float:
    """Return the processor time of all processes that this one, or one it waited for, has waited for [s]."""
    used = os.times()
    return used.children_user + used.children_system


def where_and_when() -> str:
    """Return the processor, today's date and the commit, as the tables of results that are kept name them."""
    return f"{processor()}, {datetime.now(UTC):%Y-%m-%d}, commit {str(source()['commit'])[:7]}"


def run(command: Sequence[str], environment: Mapping[str, str] | None = None, folder: Path | None = None) -> str:
    """Run a command and return what it prints; if it fails, the RuntimeError has the end of its messages."""
    whole = os.environ | dict(environment or {})
    result = subprocess.run(command, env=whole, cwd=folder, capture_output=True, text=True, check=False)
    if result.returncode:
        msg = f"{' '.join(command[:3])[:200]} ended with {result.returncode}: {result.stderr[-2000:]}"
        raise RuntimeError(msg)
    return result.stdout
