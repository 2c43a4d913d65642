"""Pages run with this very Python and this project's settings, whatever the user has installed or set up."""

from __future__ import annotations

import json
import os
import sys

import pytest

from report_utils.book import kernel
from report_utils.book.execute import run_page
from report_utils.book.pages import Page

HEAD = """# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% tags=["parameters", "remove-cell"]
profile = "quick"

# %%
"""
ASKED = """
import json, os, sys, locale
import matplotlib, numpy, pandas
from report_utils.report.figures.style import grid, svg_text, use_book_style
before = dict(matplotlib.rcParams)
use_book_style()
figure, axes = grid(1, 2)
image = numpy.arange(6.0).reshape(2, 3)
axes[0, 0].imshow(image)
axes[0, 1].plot([0, 1e-3, 1], label="a_b & c"); axes[0, 1].legend(); axes[0, 1].set_title("mass")
print(json.dumps({
    "python": sys.executable, "startup": sorted(name for name in globals() if "hostile" in name),
    "rc": [before["image.origin"], before["text.usetex"], str(before["backend"])],
    "width": pandas.get_option("display.width"), "encoding": locale.getpreferredencoding(), "svg": svg_text(figure),
}))
"""


def run(folder, code):
    template = folder / "page.py"
    template.write_text(HEAD + code)
    executed, _ = run_page(Page("page", "page"), template, "smoke")
    (text,) = [output.text for cell in executed.cells for output in cell.get("outputs", [])]
    return json.loads(text)


@pytest.fixture
def hostile(tmp_path, monkeypatch):
    """A home folder and an environment in which everything is set to what would spoil a page."""
    files = {
        ".ipython/profile_default/startup/0.py": "hostile = 1\nimport pandas; pandas.set_option('display.width', 7)",
        ".ipython/profile_default/ipython_config.py": "c.InteractiveShellApp.exec_lines = ['hostile_2 = 1']",
        ".ipython/profile_default/ipython_kernel_config.py": "c.InlineBackend.rc = {'image.origin': 'lower'}",
        ".jupyter/jupyter_config.py": "raise SystemExit('hostile')",
        ".jupyter/jupyter_client_config.json": '{"KernelManager": {"transport": "none"}}',
        ".jupytext": "notebook_metadata_filter = '-all'",
        ".config/matplotlib/matplotlibrc": "image.origin: lower\ntext.usetex: True\nsvg.fonttype: none\nno.such: 1",
        "startup.py": "hostile_3 = 1",
        "kernels/python3/kernel.json": json.dumps(
            {"argv": ["false", "{connection_file}"], "display_name": "Python 3", "language": "python"}
        ),
    }
    for name, text in files.items():
        path = tmp_path / "home" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    home = tmp_path / "home"
    variables = {
        "HOME": home,
        "XDG_CONFIG_HOME": home / ".config",
        "MPLCONFIGDIR": home / ".config" / "matplotlib",
        "MATPLOTLIBRC": home / ".config" / "matplotlib",
        "MPLBACKEND": "TkAgg",
        "IPYTHONDIR": home / ".ipython",
        "JUPYTER_PATH": home,
        "JUPYTER_CONFIG_DIR": home / ".jupyter",
        "JUPYTER_DEFAULT_PROVISIONER_NAME": "none",
        "PYTHONSTARTUP": home / "startup.py",
        "PYTHONWARNINGS": "error",
        "LC_ALL": "C",
        "PYTHONUTF8": "0",
        "TZ": "Pacific/Kiritimati",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, str(value))
    return home


def test_user_configuration_does_not_change_a_page(tmp_path, request):
    plain = run(tmp_path, ASKED)
    request.getfixturevalue("hostile")
    assert run(tmp_path, ASKED) == plain
    assert plain["python"] == sys.executable
    assert plain["startup"] == []
    assert plain["rc"][:2] == ["upper", False]
    assert plain["encoding"].lower() == "utf-8"


@pytest.mark.parametrize("name", ["t" * 75, "a ä $HOME"])
def test_page_runs_with_awkward_temporary_folder_names(tmp_path, monkeypatch, name):
    """The name of a socket has about a hundred bytes."""
    folder = tmp_path / name
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    assert run(tmp_path, "print(6 * 7)") == 42
    assert list(folder.iterdir()) == []


def test_kernel_uses_tcp_if_every_folder_name_is_too_long(tmp_path, monkeypatch):
    monkeypatch.setattr(kernel, "_kernel_folders", lambda: [tmp_path / ("t" * 75)])
    with kernel.kernel_settings() as settings:
        assert "transport" not in settings.KernelManager
    assert run(tmp_path, "print(6 * 7)") == 42


def test_socket_names_are_short_enough():
    """With the longest parent folder."""
    with kernel.kernel_settings() as settings:
        path = settings.KernelManager.ip
        parent = path.rpartition(f"/{kernel.FOLDER_PREFIX}")[0]
        assert len(os.fsencode(path)) - len(os.fsencode(parent)) + len("-99") + kernel._LONGEST_PARENT <= 103
