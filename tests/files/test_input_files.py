"""Numbers as a table or an option writes them, and nothing that only Python takes."""

import pytest

from report_utils.files.input_files import real, whole


@pytest.mark.parametrize(
    "text", ["1_6e13", "1_6", "１４", "0x1p3", "1e400", "nan", "inf", "1,5", "1e99999", "9" * 200, ""]
)
def test_only_plain_numbers_are_numbers(text):
    assert real(text) is None
    assert whole(text) is None


@pytest.mark.parametrize(("text", "value"), [("1.6e13", 1.6e13), (" +.5 ", 0.5), ("-3.", -3.0), ("14", 14.0)])
def test_plain_numbers(text, value):
    assert real(text) == value
