"""Words as a POSIX shell reads them back.

Owns quoting as `shlex` does it, to which a test holds it; `shlex` itself takes longer to import
than a whole check may take.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@%+=:,./-")


def shell_word(word: str) -> str:
    """The word, quoted where a shell would take it for something else."""
    if word and _PLAIN.issuperset(word):
        return word
    return "'" + word.replace("'", "'\"'\"'") + "'"


def shell_line(words: Iterable[str]) -> str:
    """A command that a shell splits into these words."""
    return " ".join(map(shell_word, words))
