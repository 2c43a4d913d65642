"""The HTML of the interactive pictures."""

from __future__ import annotations

import base64
import json
import re
import zlib

import numpy as np
import pytest

from report_utils.errors import InputError
from report_utils.widgets import Widget, packed


def read_packed(numbers, shape):
    """What ``unpacked`` in widgets.js does."""
    planes = np.frombuffer(zlib.decompress(base64.b64decode(numbers["data"])), np.uint8).reshape(numbers["bytes"], -1)
    weights = 256 ** np.arange(numbers["bytes"])
    return (planes.T.astype(np.int64) @ weights + numbers["low"]).reshape(shape)


def data_of(html):
    return [json.loads(text) for text in re.findall(r'<script type="application/json">(.*?)</script>', html, re.DOTALL)]


@pytest.mark.parametrize(
    ("values", "n_bytes"),
    [([[0, 1], [2, 255]], 1), ([-3, 252], 1), ([-3, 253], 2), ([10**9, 10**9 + 70_000], 3), ([7, 7, 7], 1), ([], 1)],
)
def test_whole_numbers_are_packed_in_as_few_bytes_as_they_need(values, n_bytes):
    numbers = packed(values)
    assert numbers["bytes"] == n_bytes
    np.testing.assert_array_equal(read_packed(numbers, np.shape(values)), values)


def test_script_end_tag_in_data_is_escaped():
    label = "</script><script>alert(1)</script>"
    html = Widget("kind", "title", {"label": label}, (), "plain").html()
    assert data_of(html) == [{"label": label}]
    assert "alert(1)</script>" not in html


def test_a_saved_page_is_whole_and_escapes_its_title(tmp_path):
    widget = Widget("kind", "a < b", {"n": 1}, (), "<p>plain</p>")
    widget.save(tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert text.startswith("<!DOCTYPE html>")
    assert "<title>a &lt; b</title>" in text
    assert widget.html() in text
    with pytest.raises(InputError, match=r"cannot write here: .*; name another file"):
        widget.save(tmp_path)


def test_one_copy_of_the_script_is_enough_for_a_page():
    widget = Widget("kind", "title", {}, (), "plain")
    assert widget.html().count("DecompressionStream(") == 1
    assert "DecompressionStream(" not in widget.html(with_scripts=False)
    assert widget.html().startswith(widget.html(with_scripts=False))
