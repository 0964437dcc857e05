"""A directory of one user, small enough to be written down: as facts, and changed by commands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from grantctl.evaluation.facts import Group, Membership, Permission, PermissionFacts, User
from grantctl.evaluation.rules import leaves_of
from grantctl.model import Role, Source

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
ADA = User(1, "u-ada", "ada@example.com", "Ada", Role.USER)
CATALOGUE = (
    Permission("chat.controls", False),
    Permission("chat.share", False),
    Permission("chat.tts", True),
    Permission("chat.valves", False, gated_by="chat.controls"),
    Permission("chat.enforced", False, restricts=True),
    Permission("notes", False),
)


@dataclass(frozen=True)
class Directory:
    """`groups`: id → (name, id of the parent); `members`: id of a group → when it ends;
    `flags`: (id of a group, key) → value."""

    user: User = ADA
    groups: Mapping[str, tuple[str, str | None]] = field(default_factory=dict)
    members: Mapping[str, datetime | None] = field(default_factory=dict)
    flags: Mapping[tuple[str, str], bool] = field(default_factory=dict)
    catalogue: Mapping[str, Permission] = field(
        default_factory=lambda: {one.key: one for one in CATALOGUE}
    )
    is_looked_up: bool = True

    def facts(self, key: str | None = None) -> PermissionFacts:
        """What the store knows; with advice about a key where one is given."""
        pks = {id: pk for pk, id in enumerate(self.groups, start=1)}
        groups = {
            pks[id]: Group(pks[id], id, name, None if above is None else pks[above])
            for id, (name, above) in self.groups.items()
        }
        flags = {(pks[id], name): value for (id, name), value in self.flags.items()}
        asked = leaves_of(self.catalogue, key) if key else ()
        return PermissionFacts(
            user=self.user,
            groups=groups,
            memberships=tuple(
                Membership(pks[id], Source.MANUAL, "root", None, expires_at)
                for id, expires_at in self.members.items()
            ),
            flags=flags,
            catalogue=self.catalogue,
            granting={
                one.key: tuple(
                    groups[pk] for (pk, name), value in flags.items() if name == one.key and value
                )
                for one in asked
            },
            taken_names=self._taken_names() if self.is_looked_up else None,
        )

    def _taken_names(self) -> frozenset[str]:
        counts = Counter(name for name, _ in self.groups.values())
        return frozenset(
            name
            for id, (name, _) in self.groups.items()
            if counts[name] > 1 or name in self.groups.keys() - {id}
        )

    def after(self, commands: Iterable[Sequence[str]]) -> Directory:
        """The directory once these commands have run, each understood as the command line would."""
        changed = self
        for program, noun, verb, *arguments in commands:
            assert program == "grantctl"
            changed = changed._after(noun, verb, arguments)
        return changed

    def _after(self, noun: str, verb: str, arguments: list[str]) -> Directory:
        at = arguments.index("--") if "--" in arguments else len(arguments)
        options = [one for one in arguments[:at] if one.startswith("-")]
        words = [one for one in arguments[:at] if not one.startswith("-")] + arguments[at + 1 :]
        match noun, verb, options, words:
            case "users", "approve", [], [user]:
                assert user in (self.user.id, self.user.email)
                return replace(self, user=replace(self.user, role=Role.USER))
            case "groups", "add", [], [group, user]:
                assert user in (self.user.id, self.user.email)
                return replace(self, members={**self.members, self._group(group): None})
            case "permissions", "set", [option], settings:
                return self._set(option, [one.rpartition("=")[::2] for one in settings])
        raise AssertionError((noun, verb, arguments))

    def _set(self, option: str, settings: list[tuple[str, str]]) -> Directory:
        assert settings
        assert {value for _, value in settings} == {"true"}
        keys = [one.key for key, _ in settings for one in leaves_of(self.catalogue, key)]
        if option == "--default":
            defaults = {key: replace(self.catalogue[key], default=True) for key in keys}
            return replace(self, catalogue={**self.catalogue, **defaults})
        name, equals, reference = option.partition("=")
        assert (name, equals) == ("--group", "=")
        group = self._group(reference)
        return replace(self, flags={**self.flags, **{(group, key): True for key in keys}})

    def _group(self, reference: str) -> str:
        """The id of the group that a reference names: by id, else by a name that is unique."""
        if reference in self.groups:
            return reference
        [found] = [id for id, (name, _) in self.groups.items() if name == reference]
        return found
