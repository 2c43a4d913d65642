"""Interactive pictures: pieces of HTML with their own script and data, which load nothing and need no library."""

from __future__ import annotations

import base64
import gzip
import html
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from report_utils.errors import InputError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FIGURE_DATA = "application/vnd.report-utils.csv+gzip"
"""The kind of output in which an executed notebook keeps a figure's data: CSV is seven times as long."""

_HERE = Path(__file__).resolve()
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>{title}</title>
{head}
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""
_STYLE = """<style>
:root { color-scheme: light dark; }
html[data-theme="light"] { color-scheme: light; }
html[data-theme="dark"] { color-scheme: dark; }
body { background: Canvas; color: CanvasText; font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem;
  padding: 1rem; }
h1 { font-size: 1.3rem; }
</style>"""


@dataclass(frozen=True, eq=False)
class Widget:
    """An interactive picture for a page, for a notebook, or for a file of its own."""

    kind: str
    """Name by which the script finds it."""
    title: str
    data: Mapping[str, Any]
    """Plain values for the script; arrays as :func:`packed` writes them."""
    scripts: tuple[Path, ...]
    """JavaScript files; a style sheet of the same name goes with each."""
    plain: str
    """HTML shown in its place where no script runs, and in print."""
    figure: Figure | None = None
    """What ``plain`` is a picture of."""

    def __repr__(self) -> str:
        return f"<{self.kind}: {self.title}>"

    def html(self, *, with_scripts: bool = True) -> str:
        """Return the HTML, the same for the same data.

        A page that holds another widget of this kind needs no second copy of script and style.
        """
        # a string may hold "</script>", which would end the element
        data = json.dumps(self.data, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
        # keep out MathJax and JupyterLab's shortcuts
        body = (
            f'<div class="ru-widget mathjax_ignore" data-lm-suppress-shortcuts="true" data-widget="{self.kind}">'
            f'<div class="ru-plain">{self.plain}</div><script type="application/json">{data}</script></div>'
        )
        return body + _script_and_style(self.scripts) if with_scripts else body

    def _repr_html_(self) -> str:
        return self.html()

    def save(self, path: str | Path) -> None:
        """Write the widget as a page of its own, which needs no server and no network."""
        text = whole_page(self.title, f"<h1>{html.escape(self.title)}</h1>\n{self.html()}", _STYLE)
        try:
            Path(path).write_text(text, encoding="utf-8")
        except OSError as error:
            msg = f"{path}: cannot write here: {error.strerror}; name another file"
            raise InputError(msg) from error


def _script_and_style(scripts: tuple[Path, ...]) -> str:
    files = (_HERE.with_suffix(".js"), *scripts)
    style = "".join(sheet.read_text(encoding="utf-8") for f in files if (sheet := f.with_suffix(".css")).is_file())
    code = "".join(file.read_text(encoding="utf-8") for file in files)
    return f'<style>\n{style}</style><script>(() => {{\n"use strict";\n{code}}})();</script>'


def packed(values: ArrayLike) -> dict[str, Any]:
    """Pack whole numbers for a script: less their smallest, byte plane by byte plane, deflated, in base64.

    The dict has ``low``, ``bytes`` (planes, the lowest first), ``data``; ``unpacked`` in ``widgets.js`` reads it.
    """
    values = np.asarray(values, dtype=np.int64)
    low = int(values.min(initial=np.iinfo(np.int64).max)) if values.size else 0
    shifted = np.ascontiguousarray(values - low).ravel()
    n_bytes = max(1, -(-int(shifted.max(initial=0)).bit_length() // 8))
    planes = shifted.astype("<u8").view(np.uint8).reshape(-1, 8)[:, :n_bytes].T
    return {"low": low, "bytes": n_bytes, "data": _base64(zlib.compress(planes.tobytes(), 9))}


def colour_table(name: str, *, under: str | None = None, over: str | None = None) -> str:
    """Return matplotlib's colour map of this name as 256 colours, three bytes each, in base64.

    ``under`` and ``over`` are the first and the last colour, which also stand for what lies beyond them.
    """
    from matplotlib import colormaps
    from matplotlib.colors import to_rgba_array

    colours: NDArray[np.uint8] = colormaps[name](np.arange(256), bytes=True)
    for place, colour in ((0, under), (-1, over)):
        if colour is not None:
            colours[place] = np.round(255 * to_rgba_array(colour)[0])
    return _base64(colours[:, :3].tobytes())


def picture(image: bytes, kind: str, text: str) -> str:
    """Return an image, such as of kind ``"png"``, as HTML; ``text`` describes it to readers who cannot see it."""
    return f'<img alt="{html.escape(text)}" src="{data_address(image, f"image/{kind}")}">'


def packed_text(text: str) -> str:
    """Return text compressed and in letters only, the same for the same text."""
    return _base64(gzip.compress(text.encode(), mtime=0))


def unpacked_text(data: str) -> str:
    """Return what :func:`packed_text` was given."""
    return gzip.decompress(base64.b64decode(data)).decode()


def data_address(content: bytes, kind: str) -> str:
    """Return an address that holds the content of a file, such as of kind ``"image/png"``, itself."""
    return f"data:{kind};base64,{_base64(content)}"


def whole_page(title: str, body: str, head: str) -> str:
    """Return HTML as a page of its own; ``head`` holds its styles and scripts."""
    return _PAGE.format(title=html.escape(title), head=head, body=body)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
