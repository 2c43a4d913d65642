"""The ``report-utils`` command: one module for each panel of its help. Each command does its own heavy imports."""

# each module adds its commands to the application; their order is that of the panels
# isort: off
from report_utils.cli import book, observations, training, results  # noqa: F401
from report_utils.cli.app import app, main

__all__ = ["app", "main"]
