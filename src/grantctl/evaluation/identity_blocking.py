"""The groups that claims have no say in: names, regular expressions and wildcards.

Owns what an entry of `oauth.blocked_groups` means (Open WebUI's rule), and what is wrong with one.
The entries are the operator's, but the names that they are held against come from outside: no name
may keep an expression busy for long. In doubt a group is blocked, which changes nothing.
"""

from __future__ import annotations

import re
import warnings
from fnmatch import fnmatchcase
from functools import lru_cache
from math import comb

MAX_STEPS = 2_000_000  # of one expression on one name: some hundredths of a second

_MARKS = frozenset("^$[](){}+\\|")  # an entry that holds one is a regular expression
_TOKEN = re.compile(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]"
    r"|(?P<open>\((?:\?[^:=!>)]*[:=!>)]?)?)|(?P<close>\))"
    r"|(?P<times>\{\d+\})|(?P<repeat>[*+]|\{\d*,\d*\})|(?P<choice>[?|])|.",
    re.DOTALL,
)


def is_blocked(name: str, patterns: tuple[str, ...]) -> bool:
    """Whether an entry is this name, or a regular expression or wildcard that it fits.

    A regular expression may fit any part of the name. One that is malformed fits nothing. One that
    could be busy for ever fits everything, and so does one with many repetitions a long name.
    """
    return any(_fits(pattern, name) for pattern in patterns if pattern)


def pattern_problem(pattern: str) -> str | None:
    """What is wrong with an entry, or None."""
    if not _MARKS & set(pattern):
        return None
    if _compiled(pattern) is None:
        return "it is a malformed regular expression"
    if _repetitions(pattern) is None:
        return "it repeats what may match in several ways, which may take for ever: it blocks all"
    return None


def _fits(pattern: str, name: str) -> bool:
    if pattern == name:
        return True
    if _MARKS & set(pattern) and _matches(pattern, name):
        return True
    return ("*" in pattern or "?" in pattern) and fnmatchcase(name, pattern)


def _matches(pattern: str, name: str) -> bool:
    expression = _compiled(pattern)
    if expression is None:
        return False
    repetitions = _repetitions(pattern)
    if repetitions is None or comb(len(name) + repetitions, repetitions + 1) > MAX_STEPS:
        return True
    return expression.search(name) is not None


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of sets that a later Python may understand otherwise
        try:
            return re.compile(pattern)
        except (re.error, OverflowError, RecursionError):
            return None


@lru_cache(maxsize=1024)
def _repetitions(pattern: str) -> int | None:
    """How many repetitions the expression has, which can share a name's characters out.

    None where something that can match in several ways is itself repeated, as in `(a+)+`: the ways
    then double with each character.
    """
    is_manifold = [False]  # for each group that is open here, and for the whole
    count, is_after_manifold = 0, False
    for token in _TOKEN.finditer(pattern):
        is_repeated_manifold, is_after_manifold = is_after_manifold, False
        match token.lastgroup:
            case "open":
                if not token[0].endswith(")"):  # as `(?i)` does, which holds nothing
                    is_manifold.append(False)
            case "close" if len(is_manifold) == 1:
                return None  # it was read wrongly
            case "close":
                is_after_manifold = is_manifold.pop()
                is_manifold[-1] |= is_after_manifold
            case "times" | "repeat" if is_repeated_manifold:
                return None
            case "repeat":
                count += 1
                is_manifold[-1] = True
            case "choice":
                is_manifold[-1] = True
    return count
