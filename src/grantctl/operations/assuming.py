"""What is assumed for a question: from the names that people give to facts.

Owns which names may stand together, and that they are of the moment for which is answered. Leaves
what follows from assumptions to `evaluation.assumptions`. Changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from grantctl.errors import InvalidError
from grantctl.evaluation.assumptions import Assumptions, FlagAssumption
from grantctl.evaluation.facts import Group, Permission
from grantctl.evaluation.rules import leaves_of
from grantctl.model import Role
from grantctl.store.reader import Reader
from grantctl.store.references import unknown_permission


@dataclass(frozen=True, slots=True)
class FlagPremise:
    """A flag as it is named: of a group, or a default where `group` is None.

    `key`: a permission, or a category, which stands for every permission under it. `value` None:
    the group does not set it.
    """

    group: str | None
    key: str
    value: bool | None


@dataclass(frozen=True, slots=True)
class Premises:
    """What is to be assumed, by names; `at` is an aware datetime.

    See `evaluation.assumptions.Assumptions` for what each means.
    """

    with_groups: tuple[str, ...] = ()
    without_groups: tuple[str, ...] = ()
    role: Role | None = None
    flags: tuple[FlagPremise, ...] = ()
    at: datetime | None = None

    def __bool__(self) -> bool:
        """Whether anything is assumed."""
        return self != Premises()


def resolve(reader: Reader, premises: Premises) -> Assumptions:
    """The facts that the premises name.

    INVARIANT: who asks a question under the assumptions does so within the same
    `reader.at_one_moment()`, so that names and answer are of one state; see `assumed`.
    Raises NotFoundError and AmbiguousError for names, InvalidError for premises that contradict
    one another, DatabaseError.
    """
    with reader.at_one_moment():
        with_groups = _groups(reader, premises.with_groups)
        without_groups = _groups(reader, premises.without_groups)
        for group in with_groups:
            if group in without_groups:
                raise InvalidError(
                    f"`{group.name}` is assumed to be held, and not to be held",
                    hint="leave out --with-group or --without-group",
                )
        flags = _flags(reader, premises.flags)
        real = reader.assuming(Assumptions())
        above: dict[int, Group] = {}
        flags_above: dict[tuple[int, str], bool] = {}
        for group in with_groups:
            groups, values = real.groups_above(group)
            above |= groups
            flags_above |= values
        return Assumptions(
            with_groups=with_groups,
            without_groups=without_groups,
            role=premises.role,
            flags=tuple(one for one in flags if one.group is not None),
            defaults=tuple(one for one in flags if one.group is None),
            at=premises.at,
            above=above,
            flags_above=flags_above,
        )


@contextmanager
def assumed(reader: Reader, premises: Premises) -> Iterator[Assumptions | None]:
    """The assumptions, and one moment for all that is asked under them; None where there are none.

    Raises as `resolve`.
    """
    if not premises:
        yield None
        return
    with reader.at_one_moment():
        yield resolve(reader, premises)


def parse_flag(text: str) -> tuple[str, str]:
    """The group and the key of `GROUP:KEY`; a group's name may hold colons. Raises InvalidError."""
    group, colon, key = text.rpartition(":")
    if not (colon and group and key):
        raise InvalidError(
            f"`{text[:80]}` is not of the form GROUP:KEY", hint="e.g. editors:chat.controls"
        )
    return group, key


def _groups(reader: Reader, references: Iterable[str]) -> tuple[Group, ...]:
    """Each group once, in the order given."""
    found = (reader.find_group(reference) for reference in references)
    return tuple({group.pk: group for group in found}.values())


def _flags(reader: Reader, premises: Iterable[FlagPremise]) -> tuple[FlagAssumption, ...]:
    found: list[FlagAssumption] = []
    values: dict[tuple[int | None, str], bool | None] = {}
    catalogue: Mapping[str, Permission] = {}
    for one in premises:
        catalogue = catalogue or reader.catalogue()
        leaves = leaves_of(catalogue, one.key)
        if not leaves:
            raise unknown_permission(one.key, catalogue)
        if one.group is None and one.value is None:
            raise InvalidError(f"the default of `{one.key}` is true or false, never unset")
        group = None if one.group is None else reader.find_group(one.group)
        for leaf in leaves:
            pair = (None if group is None else group.pk, leaf.key)
            if values.setdefault(pair, one.value) is not one.value:
                where = "by default" if group is None else f"in `{group.name}`"
                raise InvalidError(
                    f"`{leaf.key}` is given two values {where}",
                    hint="name it once, or leave its category out",
                )
        keys = tuple(leaf.key for leaf in leaves)
        found.append(FlagAssumption(group, one.key, one.value, keys))
    return tuple(dict.fromkeys(found))
