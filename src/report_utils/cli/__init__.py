"""The ``report-utils`` command. Every heavy import waits until a command needs it."""

from report_utils.cli import book, dynamics, events, grid, runs, studies  # noqa: F401 - each adds its commands
from report_utils.cli.app import app, main

__all__ = ["app", "main"]
