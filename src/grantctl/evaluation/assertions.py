"""What a policy test asserts, as values.

Owns the shapes of an assertion and its sentence. Leaves reading files to `interop`, asking the
question to `operations`, and the verdict to the evaluator. Users and groups are named as in the
file: whom a name means, only a database tells.
"""

from __future__ import annotations

from grantctl.lean import StrEnum, dataclass, field
from grantctl.model import ResourceRef, Role

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from typing import TypeAlias

ANYTHING = "*"


class SourceKind(StrEnum):
    """What may grant something: `direct` is a grant to the user alone."""

    ROLE = "role"
    GROUP = "group"
    DEFAULT = "default"
    OWNER = "owner"
    DIRECT = "direct"
    EVERYONE = "everyone"
    PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class NamedSource:
    """A source as a test names it: `default`, or `group:editors`."""

    kind: SourceKind
    group: str | None = None

    def __str__(self) -> str:
        return self.kind.value if self.group is None else f"{self.kind}:{self.group}"


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a file an assertion stands; 1 is the first line."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Asked:
    """A permission or category, or an action on a resource; with neither, anything at all."""

    key: str | None = None
    action: str | None = None
    ref: ResourceRef | None = None

    def __str__(self) -> str:
        if self.ref is not None:
            return f"{self.action} {self.ref}"
        return self.key or "anything"


@dataclass(frozen=True, slots=True)
class Population:
    """Everyone, or everyone of a role, or of a group (directly or through a child), or of both."""

    role: Role | None = None
    group: str | None = None

    def __str__(self) -> str:
        parts = ["everyone"]
        parts += [f"of role {self.role}"] if self.role is not None else []
        parts += [f"in group {self.group}"] if self.group is not None else []
        return " ".join(parts)


@dataclass(frozen=True, slots=True)
class Circle:
    """Those who alone may: the users, each of whom must, and whoever is in a group or of a role."""

    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    roles: tuple[Role, ...] = ()

    def __str__(self) -> str:
        groups = (f"group {one}" for one in self.groups)
        roles = (f"role {one}" for one in self.roles)
        return joined((*self.users, *groups, *roles)) or "nobody"


@dataclass(frozen=True, slots=True)
class RulesLeftOut:
    """Which rules an assertion leaves out, and whether it asks for every leaf of a category."""

    ignore_role: bool = False
    ignore_owner: bool = False
    ignore_base: bool = False
    require_all: bool = False

    def __str__(self) -> str:
        named = {"role": self.ignore_role, "owner": self.ignore_owner, "base": self.ignore_base}
        ignored = [name for name, is_ignored in named.items() if is_ignored]
        words = ["all of it"] * self.require_all
        words += [f"ignoring {joined(ignored)}"] * bool(ignored)
        return ", ".join(words)


@dataclass(frozen=True, slots=True)
class Given:
    """What is assumed for the time of an assertion, as the file names it.

    `flags`: (group, key, value) with None for unset; `defaults`: (key, value); `at`: an aware UTC
    datetime.
    """

    with_groups: tuple[str, ...] = ()
    without_groups: tuple[str, ...] = ()
    role: Role | None = None
    flags: tuple[tuple[str, str, bool | None], ...] = ()
    defaults: tuple[tuple[str, bool], ...] = ()
    at: datetime | None = None

    def __str__(self) -> str:
        words = [f"with group {one}" for one in self.with_groups]
        words += [f"without group {one}" for one in self.without_groups]
        words += [] if self.role is None else [f"role {self.role}"]
        words += [f"{group}:{key}={_value(value)}" for group, key, value in self.flags]
        words += [f"default {key}={_value(value)}" for key, value in self.defaults]
        words += [] if self.at is None else [f"at {self.at:%Y-%m-%d %H:%M} UTC"]
        return ", ".join(words)


Subject: TypeAlias = "str | Population | Circle"


@dataclass(frozen=True, slots=True)
class Assertion:
    """One thing that must be so. `through` names sources, each of which must grant it."""

    place: Place
    subject: Subject
    asked: Asked
    allowed: bool
    name: str = ""
    through: tuple[NamedSource, ...] = ()
    rules: RulesLeftOut = field(default_factory=RulesLeftOut)
    given: Given | None = None

    def __str__(self) -> str:
        who = self.subject
        only = "only " if isinstance(who, Circle) and who != Circle() else ""
        verb = "may" if self.allowed else "may not"
        if isinstance(who, Population) and not self.allowed:
            who, verb = str(who).replace("everyone", "nobody", 1), "may"
        through = f" through {joined(map(str, self.through))}" if self.through else ""
        left_out = f", {self.rules}" if str(self.rules) else ""
        given = f", given {self.given}" if self.given is not None else ""
        return f"{only}{who} {verb} {self.asked}{through}{left_out}{given}"


@dataclass(frozen=True, slots=True)
class RecordedTest:
    """A test that freezes what one user may through these sources, or, without any, may not."""

    user: str
    asked: tuple[Asked, ...]
    allowed: bool
    through: tuple[NamedSource, ...] = ()


def joined(words: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *some, last = tuple(words) or ("",)
    return f"{', '.join(some)} and {last}" if some else last


def _value(value: bool | None) -> str:
    return "unset" if value is None else str(value).lower()
