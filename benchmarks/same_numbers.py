"""How far the same fit comes out elsewhere: with other threads, other vector instructions, and on another backend.

Usage: ``python -m benchmarks.same_numbers``

One fit of ``smoke`` and one of ``quick`` (two bands, fold 0) are trained on one thread on TensorFlow, and then
otherwise, in processes of their own. What is kept, as a table that the book shows, is the root mean square of the
differences between test predictions, in units of that of the residuals, which ``report-utils verify`` judges by, and
the largest difference. Another training seed tells what is little.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime

import numpy as np

from benchmarks.measuring import in_a_process
from report_utils import provenance
from report_utils.disk import write_text
from report_utils.provenance import THREAD_VARIABLE
from report_utils.report.measurements import results_of_benchmarks
from report_utils.reproduction import Reproduction
from report_utils.verification import PREDICTION_TOLERANCE

_ONE = {THREAD_VARIABLE: "1", "TF_NUM_INTEROP_THREADS": "1", "OMP_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
_TWO, _FOUR = (
    {name: number for name in _ONE if name.endswith("THREADS")} | {"TF_CPP_MIN_LOG_LEVEL": "3"} for number in "24"
)
WAYS = {
    "another process": _ONE,
    "two threads": _TWO,
    "four threads": _FOUR,
    "AVX2 in place of AVX-512": _ONE | {"ONEDNN_MAX_CPU_ISA": "AVX2"},
    "without oneDNN": _ONE | {"TF_ENABLE_ONEDNN_OPTS": "0"},
    "JAX": _ONE | {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"},
    "another training seed": _ONE | {"SEED": "1"},
}
_CODE = """
import os
from report_utils.binning import get_transform
from report_utils.cnn import fit_fold
from report_utils.reproduction import Reproduction
one = Reproduction("PROFILE")
images, mass = one.dataset.images(get_transform("multi_band_2")), one.dataset.log10_mass
seed = int(os.environ.get("SEED", "0"))
fit = fit_fold(images, mass, one.fold_of(), 0, one.profile.training, one.profile.seed, training_seed=seed)
out["predictions"], out["truth"] = fit.predictions.tolist(), mass[fit.cluster].tolist()
"""


def trained(profile: str, environment: dict[str, str]) -> tuple[np.ndarray, np.ndarray]:
    """Return the test predictions of one fit, and their residuals."""
    found = in_a_process(_CODE.replace("PROFILE", profile), os.environ | environment)
    predictions = np.array(found["predictions"])
    return predictions, predictions - np.array(found["truth"])[:, None]


def main() -> None:
    rows = []
    for profile in ("smoke", "quick"):
        _ = Reproduction(profile).dataset
        reference, residuals = trained(profile, _ONE)
        for name, environment in WAYS.items():
            apart = trained(profile, environment)[0] - reference
            share = np.sqrt((apart**2).mean() / (residuals**2).mean())
            rows.append([profile, name, f"{share:.1g}", f"{np.abs(apart).max():.1g}"])
            print(*rows[-1], sep="\t", flush=True)
    told = (
        f"Test predictions of two bands, fold 0, against one thread on TensorFlow; {provenance.processor()}, "
        f"{datetime.now(UTC):%Y-%m-%d}, commit {str(provenance.source()['commit'])[:7]}. `report-utils verify` calls "
        f"a run of another machine alike up to {PREDICTION_TOLERANCE:g} of the residuals, and one of this machine "
        "equal only bit for bit."
    )
    columns = ["Profile", "Computed otherwise", "Differences over residuals", "Largest difference [dex]"]
    result = {"columns": columns, "rows": rows, "provenance": told}
    write_text(results_of_benchmarks() / "same_numbers.json", json.dumps(result, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
