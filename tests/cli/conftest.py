"""The command, run in this process."""

from __future__ import annotations

import sys

import pytest

from report_utils import cli


@pytest.fixture
def run(monkeypatch, capsys):
    """Return the exit status of a command, and what it has printed."""

    def call(*arguments) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["report-utils", *map(str, arguments)])
        try:
            cli.main()
            status = 0
        except SystemExit as end:
            status = end.code or 0
        out, err = capsys.readouterr()
        return status, out, err

    return call
