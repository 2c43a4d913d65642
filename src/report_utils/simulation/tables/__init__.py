"""The simulation's small tables; PROVENANCE.md beside this file says where each comes from."""

from __future__ import annotations

from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray


@cache
def load_table(name: str) -> dict[str, NDArray]:
    """Return the arrays of ``<name>.npz``, read once per process and write-protected.

    Parameters
    ----------
    name : str
        ``apec``, ``acisi`` or ``mass_function``.
    """
    with resources.files(__name__).joinpath(f"{name}.npz").open("rb") as handle, np.load(handle) as arrays:
        table = {key: arrays[key] for key in arrays.files}
    for array in table.values():
        array.flags.writeable = False
    return table
