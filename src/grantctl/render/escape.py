"""Text from data, made safe to show.

Owns the visible form of characters that must not reach a terminal or a pipe raw, and of those that
a stream cannot encode. Which characters these are, `model.is_unprintable` says; quoting is left to
each format.
"""

from __future__ import annotations

from grantctl.model import is_unprintable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO


def escape(text: str) -> str:
    r"""The text with every unprintable character as `\n`, `\x1b`, `\u202e` or `\U000e0001`.

    A backslash stays as it is: the result is for reading, not for parsing back. The joiner inside
    an emoji sequence is invisible, so it is escaped too.
    """
    # Everything that is_unprintable names fails isprintable(); the reverse does not hold.
    if text.isprintable():
        return text
    return "".join(_visible(character) for character in text)


def escape_lines(text: str) -> str:
    """The same for a document that was laid out already: its own line feeds stay."""
    return "\n".join(escape(line) for line in text.split("\n"))


def fit(text: str, stream: TextIO) -> str:
    """The text with a backslash escape for each character that the stream cannot encode."""
    if is_encodable(text, stream):
        return text
    encoding = stream.encoding
    return text.encode(encoding, "backslashreplace").decode(encoding)


def is_encodable(text: str, stream: TextIO) -> bool:
    """Whether the stream takes every character; one that names no encoding takes all."""
    encoding = getattr(stream, "encoding", None)
    if not encoding or text.isascii():
        return True
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _visible(character: str) -> str:
    if not is_unprintable(character):
        return character
    return character.encode("unicode_escape").decode("ascii")
