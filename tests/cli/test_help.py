"""The help: commands in panels, one line for each, and every command's own help on one screen."""

from __future__ import annotations

import re

import pytest
import typer

from report_utils.cli import app

PANELS = {
    "Book": ["build", "page", "pdf", "release", "check"],
    "Observations": ["simulate", "ingest", "export", "inspect", "observations"],
    "Training": ["fit", "study", "grid", "dynamics"],
    "Results": ["table", "status", "verify", "clean", "predict", "results"],
}
MANY_OPTIONS = {(), ("ingest",), ("inspect",)}
"""The list of commands, and the commands with the most options, need a larger screen."""


def commands(command, path=()):
    """Yield every command and group of commands, by its words."""
    yield path
    for name, inner in getattr(command, "commands", {}).items():
        yield from commands(inner, (*path, name))


COMMANDS = sorted(commands(typer.main.get_command(app)))


@pytest.fixture
def help_of(run, monkeypatch):
    """Return the lines of a command's help on a terminal of 100 columns."""
    monkeypatch.setenv("COLUMNS", "100")

    def read(*command, option="--help"):
        status, out, err = run(*command, option)
        assert (status, err) == (0, "")
        return out.rstrip().splitlines()

    return read


def test_each_command_has_one_line_in_its_panel(help_of):
    shown = "\n".join(help_of())
    for panel, names in PANELS.items():
        lines = shown.partition(f" {panel} ")[2].partition("╰")[0].splitlines()[1:]
        assert [re.match(r"│ ([\w-]+) ", line)[1] for line in lines] == names


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_fits_one_screen_and_options_one_line_each(help_of, command):
    lines = help_of(*command)
    assert len(lines) <= (40 if command in MANY_OPTIONS else 24)
    options = [line for line in lines if line.startswith("│")]
    assert options
    for line in options:
        assert re.match(r"│ \*? {0,5}[-\w\[]", line), f"this line continues the one above: {line}"


@pytest.mark.parametrize("command", ["ingest", "inspect"])
def test_seldom_used_options_are_in_the_long_help(help_of, command):
    short, long = help_of(command), help_of(command, option="--help-all")
    assert "--help-all" in "".join(short)
    for option in ("--rmf", "--channel-kev", "--gti", "--background-source-ids"):
        assert option not in "".join(short)
        assert option in "".join(long)
    names = [set(re.findall(r"--[\w-]+", "".join(lines))) for lines in (short, long)]
    assert names[0] < names[1]
    assert help_of(command) == short
