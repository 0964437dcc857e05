"""How the impact of a change is said: in `impact` commands and in questions before a change."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from grantctl.cli.wording import amount

if TYPE_CHECKING:
    from grantctl.operations.impact import GroupImpact, Impact

FIRST_USERS = 10
ONLY_FIRST = f"the first {FIRST_USERS} users of each are named: all of them with --all"
EVERY_USER = Annotated[bool, typer.Option("--all", help="name every user, not only the first")]


def impact_record(impact: Impact) -> dict[str, object]:
    """The counts and the users of an impact, those who gain it first, as cells of a row."""
    users = (*impact.gained, *impact.lost)
    return {
        "gained": impact.gained_count,
        "lost": impact.lost_count,
        "users": [user.label for user in users],
        "ids": [user.id for user in users],
    }


def is_cut(impact: Impact) -> bool:
    """Whether users are counted who are not named."""
    named = len(impact.gained) + len(impact.lost)
    return named < impact.gained_count + impact.lost_count


def group_words(found: GroupImpact) -> str:
    """What a change of groups does, for a question: `2 of 3 members lose 1 permission`."""
    members = amount(found.member_count, "member")
    said = [
        f"{count} of {members} {_verb(verb, count)} {_rights(found, gains=verb == 'gain')}"
        for verb, count in (("gain", found.gaining_count), ("lose", found.losing_count))
        if count
    ]
    return " and ".join(said) or "nobody gains or loses anything"


def gain_and_loss(gaining: int, losing: int) -> str:
    """How many gain what is asked about and how many lose it: `2 users lose it`."""
    said = [
        f"{amount(count, 'user')} {_verb(verb, count)} it"
        for verb, count in (("gain", gaining), ("lose", losing))
        if count
    ]
    return " and ".join(said) or "nobody gains or loses it"


def _verb(verb: str, count: int) -> str:
    return f"{verb}s" if count == 1 else verb


def _rights(found: GroupImpact, *, gains: bool) -> str:
    flags = _count((one.impact for one in found.flags), gains=gains)
    accesses = _count((one.impact for one in found.accesses), gains=gains)
    said = [amount(flags, "permission")] * bool(flags)
    said += [f"{amount(accesses, 'action')} on resources"] * bool(accesses)
    return " and ".join(said)


def _count(impacts: Iterable[Impact], *, gains: bool) -> int:
    return sum(bool(one.gained_count if gains else one.lost_count) for one in impacts)
