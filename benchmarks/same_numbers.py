"""How far the same fit comes out elsewhere: with other threads, other vector instructions, and on another backend.

Usage: ``python -m benchmarks.same_numbers``

One fit of ``smoke`` and one of ``quick`` (two bands, fold 0) are trained on one thread on TensorFlow, and then
otherwise, in processes of their own. What is kept, as a table that the book shows, is the root mean square of the
differences between test predictions, in units of that of the residuals, which ``report-utils verify`` judges by, and
the largest difference. Another training seed tells what is little.
"""

from __future__ import annotations

import numpy as np

from benchmarks.measuring import ONE_THREAD, in_a_process, where_and_when
from benchmarks.records import keep_table
from report_utils.reproduction.one_profile import Reproduction
from report_utils.reproduction.verification import PREDICTION_TOLERANCE

_TWO, _FOUR = (ONE_THREAD | {name: number for name in ONE_THREAD if name.endswith("THREADS")} for number in "24")
WAYS = {
    "another process": ONE_THREAD,
    "two threads": _TWO,
    "four threads": _FOUR,
    "AVX2 in place of AVX-512": ONE_THREAD | {"ONEDNN_MAX_CPU_ISA": "AVX2"},
    "without oneDNN": ONE_THREAD | {"TF_ENABLE_ONEDNN_OPTS": "0"},
    "JAX": ONE_THREAD | {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"},
    "another training seed": ONE_THREAD | {"SEED": "1"},
}
_CODE = """
import os
from report_utils.binning import get_transform
from report_utils.cnn import fit_fold
from report_utils.reproduction.one_profile import Reproduction
one = Reproduction("PROFILE")
images, mass = one.dataset.images(get_transform("multi_band_2")), one.dataset.log10_mass
seed = int(os.environ.get("SEED", "0"))
fit = fit_fold(images, mass, one.fold_of(), 0, one.profile.training, one.profile.seed, training_seed=seed)
out["predictions"], out["truth"] = fit.predictions.tolist(), mass[fit.cluster].tolist()
"""


def trained(profile: str, environment: dict[str, str]) -> tuple[np.ndarray, np.ndarray]:
    """Return the test predictions of one fit, and their residuals."""
    found = in_a_process(_CODE.replace("PROFILE", profile), environment)
    predictions = np.array(found["predictions"])
    return predictions, predictions - np.array(found["truth"])[:, None]


def main() -> None:
    rows = []
    for profile in ("smoke", "quick"):
        _ = Reproduction(profile).dataset
        reference, residuals = trained(profile, ONE_THREAD)
        for name, environment in WAYS.items():
            apart = trained(profile, environment)[0] - reference
            share = np.sqrt((apart**2).mean() / (residuals**2).mean())
            rows.append([profile, name, f"{share:.1g}", f"{np.abs(apart).max():.1g}"])
            print(*rows[-1], sep="\t", flush=True)
    told = (
        f"Test predictions of two bands, fold 0, against one thread on TensorFlow; {where_and_when()}. "
        f"`report-utils verify` calls a run of another machine alike up to {PREDICTION_TOLERANCE:g} of the residuals, "
        "and one of this machine equal only bit for bit."
    )
    columns = ["Profile", "Computed otherwise", "Differences over residuals", "Largest difference [dex]"]
    keep_table("same_numbers", columns, rows, told)


if __name__ == "__main__":
    main()
