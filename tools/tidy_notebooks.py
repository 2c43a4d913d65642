"""Write text notebooks as Jupyter would save them, so that a later edit there changes only what was edited.

``python tools/tidy_notebooks.py [notebooks/one.py ...]``; all notebooks if none is named.
"""

from __future__ import annotations

import sys
from pathlib import Path

import jupytext
import nbformat

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"


def tidied(path: Path) -> str:
    """Return a text notebook's text after its way through a saved ``.ipynb`` file and back."""
    saved = nbformat.reads(nbformat.writes(nbformat.from_dict(jupytext.read(path))), as_version=4)
    config = jupytext.config.load_jupytext_configuration_file(str(FOLDER / "jupytext.toml"))
    return jupytext.writes(saved, fmt="py:percent", config=config)


def main() -> None:
    """Tidy the notebooks that are named, or all, and say which have changed."""
    for path in map(Path, sys.argv[1:] or sorted(FOLDER.glob("*.py"))):
        text = tidied(path)
        if text != path.read_text(encoding="utf-8"):
            path.write_text(text, encoding="utf-8")
            print(f"{path.name}: tidied")


if __name__ == "__main__":
    main()
