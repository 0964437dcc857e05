"""How far long work is, on stderr."""

from __future__ import annotations

import sys


class Progress:
    """A count on stderr, where that is a terminal; nothing is left of it at the end."""

    def __init__(self) -> None:
        self._is_shown = sys.stderr.isatty()
        self._width = 0

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._width:
            self._write("\r" + " " * self._width + "\r")

    def tell(self, what: str, count: int) -> None:
        if self._is_shown:
            text = f"{count} rows {what}"
            self._write("\r" + text.ljust(self._width))
            self._width = max(self._width, len(text))

    def _write(self, text: str) -> None:
        try:
            print(text, end="", file=sys.stderr, flush=True)
        except (OSError, ValueError):  # nobody reads it: the work goes on
            self._is_shown, self._width = False, 0
