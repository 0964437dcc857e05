"""The beginning of a command line as a shell holds it, and words as a shell wants them back.

Owns the quoting, both ways. Bash replaces only what stands behind the last of its word breaks (`=`
and `:` among them; an `@` is replaced too), and puts a word on the line as it is given; zsh and
fish replace the whole word and quote it themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

_TOKEN = re.compile(
    r"\\(?P<escaped>.?)"
    r"|'(?P<single>[^']*)(?P<single_end>'?)"
    r'|"(?P<double>(?:\\.|[^"\\])*)\\?(?P<double_end>"?)'
    r"|(?P<space>\s+)"
    r"|(?P<plain>.)",
    re.DOTALL,
)
_KEPT_BREAKS = "@"  # readline's "special prefixes" begin a word and are part of it
_ESCAPED_IN_QUOTES = re.compile(r'\\([$`"\\])')
_ASSIGNMENT = re.compile(r"\w+=", re.ASCII)
_UNSAFE = re.compile(r"([^\w@%+=:,./-])")
_UNSAFE_IN_QUOTES = re.compile(r'([$`"\\])')


class Shell(StrEnum):
    """The shells that are understood."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


@dataclass(slots=True)
class ShellLine:
    """The words up to the cursor, without their quotes; the last one is being written.

    `kept`: how many characters of that word the shell leaves as they are; `quote`: the quote in
    which it ends, if any.
    """

    words: list[str] = field(default_factory=lambda: [""])
    kept: int = 0
    quote: str = ""

    @property
    def arguments(self) -> list[str]:
        """The finished words behind the program's name."""
        finished = self.words[:-1]
        program = next((at for at, word in enumerate(finished) if not _ASSIGNMENT.match(word)), 0)
        return finished[program + 1 :]

    def spelled(self, completions: Iterable[str], shell: Shell) -> Iterator[str]:
        """The completions of the last word as the shell takes them; none that it could not."""
        for completion in completions:
            rest = completion[self.kept :]
            if shell is not Shell.BASH:
                yield completion
            elif not self.quote:
                yield _UNSAFE.sub(r"\\\1", rest)
            elif self.quote == '"' and "!" not in rest:
                yield _UNSAFE_IN_QUOTES.sub(r"\\\1", rest)
            elif self.quote == "'" and "'" not in rest:
                yield rest


def read_line(text: str, breaks: str = "") -> ShellLine:
    """The line up to the cursor; `breaks` are the characters at which bash begins a word."""
    line = ShellLine()
    for token in _TOKEN.finditer(text):
        kind, start = token.lastgroup, len(line.words[-1])
        if kind == "space":
            line.words.append("")
            line.kept = 0
        elif kind == "escaped":
            line.words[-1] += token["escaped"]
        elif kind == "plain":
            line.words[-1] += token["plain"]
            if token["plain"] in breaks:
                line.kept = start + (token["plain"] not in _KEPT_BREAKS)
        else:
            line.words[-1] += token["single"] or _ESCAPED_IN_QUOTES.sub(
                r"\1", token["double"] or ""
            )
            if not (token["single_end"] or token["double_end"]):
                line.quote, line.kept = token[0][0], start
    return line
