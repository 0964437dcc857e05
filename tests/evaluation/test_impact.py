"""Shifts: their parts, and a tally, find exactly those who pass on one side alone."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from hypothesis import given
from hypothesis import strategies as st

from grantctl.evaluation.impact import Audience, Part, Shift
from grantctl.evaluation.impact_tally import Tally
from grantctl.evaluation.impact_tree import grow

GROUPS = range(1, 4)
PEOPLE = {user: {group for group in GROUPS if user >> group & 1} for user in range(16)}
AUDIENCES = st.builds(
    Audience,
    st.integers(0, 5).map(lambda number: number == 0),
    st.frozensets(st.sampled_from(GROUPS)),
    st.frozensets(st.sampled_from(range(16)), max_size=2),
)
CHAINS = st.lists(st.tuples(AUDIENCES, AUDIENCES), min_size=1, max_size=3)
SHIFTS = CHAINS.map(
    lambda pairs: Shift(tuple(before for before, _ in pairs), tuple(after for _, after in pairs))
)


def is_in(user: int, audience: Audience) -> bool:
    held = PEOPLE[user]
    return audience.is_everyone or user in audience.users or bool(held & audience.groups)


def meant(part: Part) -> list[int]:
    return [
        user
        for user in PEOPLE
        if is_in(user, part.within)
        and not is_in(user, part.without)
        and all(is_in(user, gate) for gate in part.gates)
    ]


def difference(inside: Sequence[Audience], outside: Sequence[Audience]) -> list[int]:
    return [
        user
        for user in PEOPLE
        if all(is_in(user, one) for one in inside) and not all(is_in(user, one) for one in outside)
    ]


@given(SHIFTS)
def test_the_parts_hold_everybody_between_once(shift: Shift) -> None:
    gained = [user for part in shift.gained() for user in meant(part)]
    lost = [user for part in shift.lost() for user in meant(part)]
    assert sorted(gained) == difference(shift.after, shift.before)
    assert sorted(lost) == difference(shift.before, shift.after)


@given(st.lists(SHIFTS, max_size=3), st.integers(0, 3))
def test_a_tally_counts_everybody_between(shifts: list[Shift], first: int) -> None:
    tally = Tally(shifts, first=first)
    for user, groups in PEOPLE.items():
        tally.add(user, groups, is_admin=False)
    gained = [difference(one.after, one.before) for one in shifts]
    lost = [difference(one.before, one.after) for one in shifts]
    assert (tally.gained, tally.lost) == ([*map(len, gained)], [*map(len, lost)])
    assert tally.first_gained == [users[:first] for users in gained]
    assert tally.first_lost == [users[:first] for users in lost]
    assert (tally.gaining, tally.losing) == (len({*chain(*gained)}), len({*chain(*lost)}))


def test_an_admin_counts_only_where_admins_are_judged() -> None:
    all_in, nobody = (Audience(is_everyone=True),), (Audience(),)
    tally = Tally([Shift(all_in, nobody), Shift(all_in, nobody, includes_admins=True)], first=1)
    tally.add(7, [], is_admin=True)
    assert (tally.lost, tally.first_lost) == ([0, 1], [[], [7]])


def test_a_tree_ends_where_a_circle_meets_itself() -> None:
    tree = grow({1: 3, 2: 1, 3: 2, 4: 2, 5: None})
    assert tree.below([1]) == {1, 2, 3, 4}
    assert tree.above(4) == (4, 2, 1, 3)
    assert tree.without([2]).parents == {1: 3, 3: None, 4: None, 5: None}
    assert tree.moved(4, 5).above(4) == (4, 5)
    assert tree.below([9]) == frozenset()
