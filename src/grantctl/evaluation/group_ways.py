"""How users come by what groups give: which groups they are in, and which lie above these.

Owns the ties between the two, and the fewest that cut them. Leaves what is given to `fixes` and
`revocation`.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from grantctl.evaluation.facts import Group, MemberFacts


def own_groups(facts: MemberFacts, now: datetime) -> Iterator[Group]:
    """The groups that the user is in directly, as of now. Groups above them have more members."""
    for membership in facts.memberships:
        if not membership.is_expired(now) and membership.group in facts.groups:
            yield facts.groups[membership.group]


def groups_above(groups: Mapping[int, Group], start: int) -> set[int]:
    """The group and all above it, by pk; a cycle ends where it meets itself."""
    found: set[int] = set()
    at: int | None = start
    while at is not None and at in groups and at not in found:
        found.add(at)
        at = groups[at].parent
    return found


def fewest(ties: Iterable[tuple[int, int]]) -> tuple[list[int], list[int]]:
    """Fewest of both sides so that every tie has one of them (Kőnig's theorem)."""
    right_of: dict[int, list[int]] = {}
    for left, right in ties:
        right_of.setdefault(left, []).append(right)
    matched: dict[int, int] = {}  # right → left

    def match(left: int, seen: set[int]) -> bool:
        for right in right_of[left]:
            if right not in seen:
                seen.add(right)
                if right not in matched or match(matched[right], seen):
                    matched[right] = left
                    return True
        return False

    for left in right_of:
        match(left, set())
    lefts, rights = set(right_of) - set(matched.values()), set[int]()
    waiting = list(lefts)
    while waiting:
        for right in right_of[waiting.pop()]:
            if right not in rights:
                rights.add(right)
                if matched[right] not in lefts:
                    lefts.add(matched[right])
                    waiting.append(matched[right])
    return sorted(set(right_of) - lefts), sorted(rights)
