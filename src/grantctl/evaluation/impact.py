"""Whom a change reaches: who is let in before and after it, as sets of groups and users.

Owns what a change makes of these sets, and how the users between them are told apart, so that a
database can count them without asking about each. Leaves the counting to `store.impact_reader`.

INVARIANT, held by property tests: whom a shift counts are those for whom the evaluator's verdicts
before and after the change differ.
"""

from __future__ import annotations

from grantctl.lean import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_NOBODY: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom one flag, or the rules of one resource, let in: pks of users, and of held groups.

    `groups` holds every group whose members are let in, those below a granting one too.
    """

    is_everyone: bool = False
    groups: frozenset[int] = _NOBODY
    users: frozenset[int] = _NOBODY

    @property
    def is_nobody(self) -> bool:
        return not (self.is_everyone or self.groups or self.users)

    def besides(self, other: Audience) -> Audience:
        """Those ways in that the other one lacks."""
        if other.is_everyone:
            return Audience()
        if self.is_everyone:
            return Audience(is_everyone=True)
        return Audience(groups=self.groups - other.groups, users=self.users - other.users)


@dataclass(frozen=True, slots=True)
class Part:
    """Users who are `within` one audience, not `without` another, and pass every one of `gates`.

    The parts of a shift have no user in common.
    """

    within: Audience
    without: Audience
    gates: tuple[Audience, ...] = ()


@dataclass(frozen=True, slots=True)
class Shift:
    """Who is let in before and after a change: whoever is in every one of the audiences.

    Several stand for a resource and its bases, each at the same place in both. `includes_admins`:
    admins are judged as users are; else they are let in whatever happens. Pending users never are.
    """

    before: tuple[Audience, ...]
    after: tuple[Audience, ...]
    includes_admins: bool = False

    def gained(self) -> tuple[Part, ...]:
        """Whom the change lets in."""
        return tuple(_parts(self.after, self.before))

    def lost(self) -> tuple[Part, ...]:
        """Whom the change shuts out."""
        return tuple(_parts(self.before, self.after))


def _parts(inside: tuple[Audience, ...], outside: tuple[Audience, ...]) -> Iterator[Part]:
    """Users who are in every `inside` and not in every `outside`, by the first one they fail."""
    passed: list[Audience] = []
    for at, (now_in, still_in) in enumerate(zip(inside, outside, strict=True)):
        if now_in == still_in:
            continue
        within = now_in.besides(still_in)
        if not within.is_nobody:
            others = (*inside[:at], *inside[at + 1 :], *passed)
            gates = tuple(dict.fromkeys(one for one in others if not one.is_everyone))
            yield Part(within, still_in, gates)
        passed.append(still_in)
