"""Numbers as a table or an option writes them: digits, a point, an exponent, and nothing that only Python takes.

``float`` and ``int`` also take ``1_6e13`` (160 times what was meant), digits of other scripts, ``nan`` and ``inf``.
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
