"""Damaged files, made by a seeded mutator: each is read or refused with one line, and none crashes."""

import gzip
import os

import numpy as np
import pytest

from report_utils.errors import InputError
from report_utils.events import read_events

FRESH = int(os.environ.get("REPORT_MUTATION_SEED", "0"))
CARD = 80


def cut(rng, content):
    return content[: rng.integers(0, len(content))]


def flip_bits(rng, content):
    content = bytearray(content)
    for place in rng.integers(0, len(content), rng.integers(1, 30)):
        content[place] ^= 1 << rng.integers(8)
    return bytes(content)


def header_cards(content):
    return [
        at
        for at in range(0, len(content) - CARD, CARD)
        if content[at : at + 10].isascii() and content[at + 8 : at + 10] == b"= "
    ]


def change_value(rng, content):
    """Rename and retype columns, claim other units and sizes, put text where numbers belong."""
    values = [
        "0",
        "-1",
        "99999999999",
        "1E300",
        "NaN",
        "T",
        "'keV     '",
        "'deg     '",
        "'1A      '",
        "'2D      '",
        "'1J      '",
        "'ENERGY  '",
        "'RA      '",
        "garbage",
    ]
    for at in rng.choice(header_cards(content), 2):
        content = content[: at + 10] + f"{rng.choice(values):>20}".encode() + content[at + 30 :]
    return content


def remove_card(rng, content):
    at = rng.choice(header_cards(content))
    return content[:at] + b" " * CARD + content[at + CARD :]


def garble_rows(rng, content):
    start = content.rindex(b"END" + b" " * 77) // 2880 * 2880 + 2880
    at = rng.integers(start, len(content) - 8)
    patterns = [b"\xff" * 8, b"\x7f\xf0" + b"\0" * 6, b"\0" * 8, b"text here"[:8]]
    return content[:at] + patterns[rng.integers(len(patterns))] + content[at + 8 :]


MUTATIONS = [cut, flip_bits, change_value, remove_card, garble_rows]


@pytest.mark.parametrize("layout", ["chandra", "sixte_imaging", "erosita", "photons"])
def test_every_damaged_file_is_read_or_refused_with_one_line(layout, request, tmp_path):
    whole = request.getfixturevalue(layout)().read_bytes()
    outcomes = {"read": 0, "refused": 0}
    path = tmp_path / "damaged.fits"
    for case in range(60):
        rng = np.random.default_rng([FRESH, case])
        damaged = MUTATIONS[case % len(MUTATIONS)](rng, whole)
        packed = case % 4 == 3
        if packed:
            damaged = cut(rng, gzip.compress(damaged)) if case % 8 == 7 else gzip.compress(damaged)
        path.write_bytes(damaged)
        refusal = None
        try:
            events = read_events(path)
        except InputError as error:
            refusal = str(error)
        if refusal is not None:
            assert "\n" not in refusal, (case, refusal)
            assert str(path) in refusal, (case, refusal)
            outcomes["refused"] += 1
        else:
            assert len(events) > 0
            assert all(np.isfinite(column).all() for column in events.columns().values())
            assert events.energy.min() >= 0
            outcomes["read"] += 1
    assert min(outcomes.values()) > 5, outcomes
