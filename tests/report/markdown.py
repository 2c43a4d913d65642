"""Markdown tables as a reader sees them."""

import re


def cells(text):
    """Return the cells of each row of the tables in a text, headers included and the rules below them left out."""
    rows = [re.split(r"(?<!\\)\|", line)[1:-1] for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in row] for row in rows]
