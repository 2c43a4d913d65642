"""A notebook stands by itself: it runs on the profile that the environment names, and trains nothing that is there."""

import re

import pytest
from IPython.display import Markdown

PAGES = [
    ("1-introduction", {}),
    ("2-data", {}),
    ("3-1-images", {}),
    ("3-2-network", {}),
    ("3-3-results", {}),
    ("3-3-transform", {}),
    ("3-3-transform", {"transform": "single_band"}),
    ("3-3-transform", {"transform": "retained_50"}),
    ("3-3-transform", {"transform": "agn_less_2"}),
    ("4-1-dynamics", {}),
    ("4-1-dynamics", {"transform": "agn_less_4"}),
    ("4-2-comparison", {}),
    ("4-3-claims", {}),
    ("5-conclusion", {}),
    ("baselines", {}),
    ("edit-one-section", {}),
    ("full-size", {}),
    ("halos", {}),
    ("index", {}),
    ("performance", {}),
    ("reproduction-status", {}),
    ("sensitivity", {}),
    ("weigh-a-cluster", {}),
    ("why-1-hidden-or-known", {}),
    ("why-2-moved-cluster", {}),
    ("why-3-energy-surgery", {}),
    ("why-4-image", {}),
    ("why-5-errors", {}),
    ("why-6-cuts", {}),
    ("why-7-saliency", {}),
    ("why-8-layers", {}),
    ("why-9-box", {}),
]
"""All but the simulation's own page and those that train: their observations or networks take longer."""


def called(name, parameters):
    return "-".join([name, *parameters.values()])


@pytest.mark.parametrize(("name", "parameters"), PAGES, ids=[called(*page) for page in PAGES])
def test_notebook_runs_without_training(notebooks, name, parameters):
    page = notebooks.run(name, **parameters)
    assert re.search(r"^\*\*(What was found|In short)\.\*\*", page.text, re.MULTILINE)
    assert all(one.data.strip() for one in page.shown if isinstance(one, Markdown))  # an empty one shows its name
