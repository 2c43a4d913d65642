"""The help: commands in panels, one line for each, on one screen."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = str(Path(sys.executable).with_name("report-utils"))
PANELS = {
    "Book": ["build", "page", "serve", "pdf", "check"],
    "Observations": ["simulate", "ingest", "export", "inspect", "observations"],
    "Training": ["fit", "study", "grid", "dynamics"],
    "Results": ["table", "status", "verify", "clean", "predict", "results"],
}


def help_of(monkeypatch, *command):
    monkeypatch.setenv("COLUMNS", "80")
    return subprocess.run([COMMAND, *command, "--help"], capture_output=True, text=True, check=True).stdout


def test_each_command_has_one_line_in_its_panel(monkeypatch):
    shown = help_of(monkeypatch)
    for panel, commands in PANELS.items():
        lines = shown.partition(f" {panel} ")[2].partition("╰")[0].splitlines()[1:]
        assert [re.match(r"│ ([\w-]+) ", line)[1] for line in lines] == commands


@pytest.mark.parametrize("command", [name for commands in PANELS.values() for name in commands])
def test_the_help_of_a_command_fits_a_screen(monkeypatch, command):
    most = {"ingest": 60, "inspect": 40}.get(command, 24)  # one line for each of their options
    assert len(help_of(monkeypatch, command).splitlines()) <= most
