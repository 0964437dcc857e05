"""Values of a text file that know on which line they stand.

Owns their shape and the errors for those that are of another kind than they should be. Leaves TOML
and YAML to `placed_toml` and `placed_yaml`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import NoReturn, TypeAlias

from grantctl.errors import InvalidError

_MAX_ECHO = 80


@dataclass(frozen=True, slots=True)
class Unfit:
    """A value of a kind that nothing takes: `a number`, `null`."""

    kind: str


Value: TypeAlias = "str | bool | Unfit | tuple[Placed, ...] | Mapping[str, Placed]"


@dataclass(frozen=True, slots=True)
class Placed:
    """A value and where it stands: its own line, or that of the key which it belongs to."""

    file: str
    line: int
    value: Value

    def refuse(self, problem: str, *, hint: str | None = None) -> NoReturn:
        """Raise InvalidError, with the place."""
        raise InvalidError(f"{self.file}:{self.line}: {problem}", hint=hint)

    def table(self, what: str, known: Collection[str]) -> Mapping[str, Placed]:
        """The members, each of them known. Raises InvalidError."""
        if not isinstance(self.value, Mapping):
            self.refuse(f"{what} is {self._kind}, not a table")
        for key, one in self.value.items():
            if key not in known:
                close = get_close_matches(key, known, n=1)
                meant = f"did you mean `{close[0]}`? " if close else ""
                one.refuse(
                    f"unknown key `{key[:_MAX_ECHO]}`",
                    hint=f"{meant}{what} may hold {', '.join(known)}",
                )
        return self.value

    def items(self, what: str) -> tuple[Placed, ...]:
        """The parts of a list. Raises InvalidError."""
        if not isinstance(self.value, tuple):
            self.refuse(f"{what} is {self._kind}, not a list")
        return self.value

    def one_or_more(self, what: str) -> tuple[Placed, ...]:
        """The parts of a list, or the one value that stands for it. Raises InvalidError if none."""
        found = self.value if isinstance(self.value, tuple) else (self,)
        if not found:
            self.refuse(f"{what} is an empty list")
        return found

    def text(self, what: str) -> str:
        """A text that a database could hold. Raises InvalidError."""
        if not isinstance(self.value, str):
            self.refuse(f"{what} is {self._kind}, not text", hint="put it in quotes")
        if not self.value.strip():
            self.refuse(f"{what} is empty")
        if any(one == "\0" or "\ud800" <= one <= "\udfff" for one in self.value):
            self.refuse(f"{what} holds a character that no name has")
        return self.value

    def flag(self, what: str) -> bool:
        """True or false. Raises InvalidError."""
        if not isinstance(self.value, bool):
            self.refuse(f"{what} is {self._kind}, not true or false")
        return self.value

    @property
    def _kind(self) -> str:
        match self.value:
            case bool():
                return "a boolean"
            case str():
                return "text"
            case tuple():
                return "a list"
            case Unfit(kind):
                return kind
        return "a table"
