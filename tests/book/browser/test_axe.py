"""Every page as axe sees it (https://github.com/dequelabs/axe-core), light and dark, wide and narrow.

axe is a script from npm. ``REPORT_AXE`` names its ``axe.min.js``; without it npm fetches the version below into a
temporary folder.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.book.browser.conftest import HTML, require
from tests.book.browser.test_browser import READ

VERSION = "4.10.3"
THEMES_OWN = {
    "region": "the side bar's logo and search field stand in no landmark",
    "aria-allowed-role": "docutils gives each entry of a bibliography a role of its own",
    "aria-deprecated-role": "and this role is deprecated",
}
"""What axe finds in every page of the theme and is not ours to mend; none of it is serious or critical."""
RUN = """
const done = arguments[arguments.length - 1];
const rules = arguments[0] === "dark" ? {runOnly: ["color-contrast"]} : {};  // all else is as in the light theme
axe.run(document, {resultTypes: ["violations"], ...rules}).then(
  found => done(found.violations.map(v => [v.impact, v.id, v.nodes.slice(0, 3).map(n => n.target.join(" "))])),
  error => done([["serious", String(error), []]]));
"""


@pytest.fixture(scope="module")
def axe(tmp_path_factory):
    """Return axe's source."""
    if named := os.environ.get("REPORT_AXE"):
        return Path(named).read_text(encoding="utf-8")
    npm = shutil.which("npm")
    if npm is None:
        require("npm is not installed, and REPORT_AXE does not name axe.min.js")
    folder = tmp_path_factory.mktemp("npm")
    command = [npm, "install", "--no-save", "--ignore-scripts", "--prefix", str(folder), f"axe-core@{VERSION}"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    source = folder / "node_modules" / "axe-core" / "axe.min.js"
    if not source.is_file():
        require(f"npm did not fetch axe-core: {result.stderr.strip()[-300:]}")
    return source.read_text(encoding="utf-8")


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 1440), ("light", 360)])
@pytest.mark.parametrize("name", [*READ, "search.html"])
def test_axe_finds_nothing_but_the_themes_own(reader, axe, name, theme, width):
    reader.resize(width)
    reader.driver.get((HTML / "index.html").as_uri())
    reader.set_theme(theme)
    reader.open((HTML / name).as_uri())
    assert reader.run("return document.documentElement.dataset.theme") == theme
    reader.run("document.querySelectorAll('article details').forEach(part => { part.open = true })")
    reader.wait_for("return document.getAnimations().every(animation => animation.playState === 'finished')")
    reader.run(axe)
    found = reader.driver.execute_async_script(RUN, theme)
    assert [fault for fault in found if fault[0] in {"serious", "critical"}] == []
    assert [fault for fault in found if fault[1] not in THEMES_OWN] == []
