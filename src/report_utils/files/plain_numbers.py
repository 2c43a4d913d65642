"""Numbers as a table or an option writes them: digits, a point and an exponent, but nothing that only Python accepts.

``float`` and ``int`` also accept ``1_6e13`` (ten times 1.6e13), digits of other scripts, ``nan`` and ``inf``.
"""

from __future__ import annotations

import math
import re

_REAL = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d{1,19}", re.ASCII)
_MAX_LENGTH = 100


def real(text: str) -> float | None:
    """Return the finite number that a text is, or None."""
    text = text.strip()
    if len(text) > _MAX_LENGTH or not _REAL.fullmatch(text):
        return None
    value = float(text)
    return value if math.isfinite(value) else None


def whole(text: str) -> int | None:
    """Return the whole number that a text is, or None."""
    text = text.strip()
    return int(text) if _WHOLE.fullmatch(text) else None
