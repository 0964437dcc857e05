"""Columns of text, judged many at a time.

Owns the quick way to see that nothing is wrong with any of them. What is wrong, and where, is said
by the rule for one text, which both ways agree on; tests hold them together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from grantctl.errors import InvalidError
from grantctl.interop.flat_blocks import Column
from grantctl.model import require_text


def checked_texts(column: Column, lines: Sequence[int], *, what: str, longest: int) -> Column:
    """The column itself, if each of its texts may be stored; None stays.

    Raises InvalidError with the line, for what `require_text` refuses.
    """
    texts = [text for text in column if text is not None] if None in column else column
    if not texts or _are_plain(texts, longest):
        return column
    return each(column, lines, lambda text: require_text(text, what=what, longest=longest))


def each(column: Column, lines: Sequence[int], rule: Callable[[str], str]) -> list[str | None]:
    """What a rule makes of every text of a column. Raises InvalidError with the line."""
    made: list[str | None] = []
    for text, line in zip(column, lines, strict=True):
        try:
            made.append(None if text is None else rule(text))
        except InvalidError as error:
            raise InvalidError(f"line {line}: {error.message}", hint=error.hint) from None
    return made


def _are_plain(texts: Sequence[str | None], longest: int) -> bool:
    """Whether `require_text` has nothing against any; None is not among them."""
    known: Sequence[str] = texts  # type: ignore[assignment]  # see above
    return (
        max(map(len, known)) <= longest
        and "".join(known).isprintable()
        and all(map(str.strip, known))
    )
