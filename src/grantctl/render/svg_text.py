"""Text in SVG: how wide it is about, and where it is cut.

Owns the widths of letters, since nothing here draws any: those of Helvetica, which most fonts that
stand in for it keep, and more for what it has not. Leaves escaping to `markup`.
"""

from __future__ import annotations

from unicodedata import east_asian_width

from grantctl.render.escape import escape

# In thousandths of the size, from the space on: Helvetica's own, from its metrics.
_ASCII_WIDTHS = (
    *(278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278),
    *(556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556),
    *(1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778),
    *(667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556),
    *(333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556),
    *(556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584),
)
_OTHER, _WIDE = 620, 1000
_ROOM = 1.12


def text_width(text: str, size: float) -> float:
    """How wide the text is about, in pixels, at a size in pixels: with room for a wider font."""
    return sum(map(_width, text)) * size * _ROOM / 1000


def cut_text(text: str, longest: int) -> str:
    """The text escaped, and of one that is longer than so many characters the beginning."""
    shown = escape(text)
    return shown if len(shown) <= longest else f"{shown[: longest - 1]}…"


def _width(character: str) -> int:
    code = ord(character)
    if 32 <= code < 127:
        return _ASCII_WIDTHS[code - 32]
    return _WIDE if east_asian_width(character) in ("W", "F") else _OTHER
