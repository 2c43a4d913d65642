"""The environment that libraries see: the settings of this project in place of the user's own.

Figures, pages and fits depend on the project alone. Every process of ours enters these surroundings before it imports
what reads them: the command line, a rendering, a worker, a page's kernel. Only ``KERAS_BACKEND`` is left
to the user.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

SETTINGS = Path(__file__).with_name("settings")
"""The folder with this project's ``matplotlibrc`` and ``keras.json``."""

_STATED = {
    "MATPLOTLIBRC": str(SETTINGS / "matplotlibrc"),
    "MPLBACKEND": "agg",
    "KERAS_HOME": str(SETTINGS),
    "ASTROPY_CONFIG_DIR": str(SETTINGS),  # it holds no astropy.cfg: astropy's defaults
    "DOCUTILSCONFIG": os.devnull,
}
_DROPPED = ("KERAS_MAX_EPOCHS", "KERAS_MAX_STEPS_PER_EPOCH", "KERAS_NNX_ENABLED")


def own_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment with this project's settings in place of those that it names."""
    return {name: value for name, value in environment.items() if name not in _DROPPED} | _STATED


def enter_surroundings() -> None:
    """Let this process, and all that it starts, find the settings of this project."""
    os.environ.update(_STATED)
    for name in _DROPPED:
        os.environ.pop(name, None)
