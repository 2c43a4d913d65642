"""The printed numbers agree with each other where they should, and the disagreements are the listed ones."""

import math
import re
from dataclasses import replace

import pytest

from report_utils.binning import TRANSFORMS
from report_utils.profiles import load_profile
from report_utils.report.printed_numbers import PUBLISHED, Printed, has_reports_size, table_row


def test_sixteen_rows_eleven_of_them_printed():
    assert len(PUBLISHED.rows) == 16
    printed = [row for row in PUBLISHED.rows.values() if row.printed]
    assert len(printed) == 11
    assert all(row.bias is not None for row in printed)
    assert [name for name, row in PUBLISHED.rows.items() if not row.printed] == [
        *(f"agn_less_{k}" for k in (1, 2, 3, 4)),
        "single_band_thresholded",
    ]


def test_the_bold_scatter_of_table_one_is_its_smallest():
    assert PUBLISHED.best_row.transform == "multi_band_4"


@pytest.mark.parametrize("name", list(TRANSFORMS))
def test_each_transform_has_its_row(name):
    """Model and channels are those of Table 1, and of the transform."""
    row = table_row(TRANSFORMS[name])
    assert row is PUBLISHED.rows[name]
    assert TRANSFORMS[name].title.startswith(row.model)


def test_channels_are_abbreviated_as_in_table_one():
    channels = [PUBLISHED.rows[f"multi_band_{k}"].channels for k in (1, 2, 3, 4)]
    assert channels == ["0-2.5", "0-2.5, 2.5-5", "0-2.5, ..., 5-7.5", "0-2.5, ..., 7.5+"]


@pytest.mark.parametrize(
    "change",
    [
        {"edges_kev": (0, 1, 2.5)},
        {"edges_kev": (0, 2.5, 6)},
        {"name": "soft_bands", "title": "Soft bands"},
    ],
)
def test_a_printed_number_stands_only_beside_the_bands_that_it_was_printed_for(change):
    """Wrong bands under a name of the report's are the error that cannot be seen: 0.06345 beside 0-1, 1-2.5 keV."""
    ours = replace(TRANSFORMS["multi_band_2"], **change)
    row = table_row(ours)
    assert (row.bias, row.scatter, row.printed) == (None, None, False)
    assert (row.model, row.channels) == (ours.title, ", ".join(ours.channels))


def test_figure_six_adds_up():
    """Weights and biases follow from the shapes; 4 bytes each give the printed size."""
    assert sum(layer.parameters for layer in PUBLISHED.layers) == PUBLISHED.network.n_parameters.value
    channels = 4
    for layer in PUBLISHED.layers:
        out = layer.shape[-1]
        if layer.kind == "Conv2D":
            assert layer.parameters == 9 * channels * out + out
        elif layer.kind == "Dense":
            assert layer.parameters == channels * out + out
        else:
            assert layer.parameters == 0
        channels = out
    assert math.isclose(
        PUBLISHED.network.n_parameters.value * 4 / 1024, PUBLISHED.network.model_size.value, abs_tol=0.005
    )


def numbers(entry):
    """Every printed value below an entry."""
    for name in entry.__dataclass_fields__:
        value = getattr(entry, name)
        if isinstance(value, Printed):
            yield name, value
        elif hasattr(value, "__dataclass_fields__"):
            yield from numbers(value)


def test_every_number_says_where_it_stands():
    found = dict(numbers(PUBLISHED))
    assert len(found) >= 33
    for name, printed in found.items():
        assert re.search(r"(abstract|section \d|Figure \d|caption of Figure \d)", printed.where), name
    assert all(row.where for row in PUBLISHED.rows.values())


def test_the_loss_falls_to_less_than_a_third():
    """What the entry on the halved loss says."""
    one, two = (PUBLISHED.rows[name].scatter for name in ("multi_band_1", "multi_band_2"))
    assert (two / one) ** 2 < 1 / 3 < two / one < 0.6


def test_the_text_and_the_table_disagree_on_the_best_scatter():
    assert PUBLISHED.best_scatter_in_text.value > PUBLISHED.best_row.scatter


def test_only_the_reports_size_is_comparable():
    """Whatever the schedule: `full` is shorter than the report's, and pages say so."""
    for name in ("paper", "full"):
        profile = load_profile(name)
        assert has_reports_size(profile, 3286)
        assert not has_reports_size(profile, 48)
        fewer = profile.folds.model_copy(update={"run": 9})
        assert not has_reports_size(profile.model_copy(update={"folds": fewer}), 3286)
    assert not has_reports_size(load_profile("quick"), 3286)
