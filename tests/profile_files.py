"""A profile so small that its whole reproduction takes seconds; what several tests write to a folder of theirs."""

from __future__ import annotations

from pathlib import Path

TINY = """
description = "a test"
seed = 5
n_pixels = 16
[source]
n_clusters = 20
[folds]
run = 2
[training]
epochs = 1
batch_size = 64
[dynamics]
epochs = 1
batch_size = 64
"""


def write_profile(path: Path, *replacements: tuple[str, str]) -> Path:
    """Write the profile with some of its lines replaced."""
    text = TINY
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text)
    return path
