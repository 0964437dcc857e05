"""What holds of every way to take something away: it is enough, and nothing of it is too much."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from grantctl.evaluation.access import has_access
from grantctl.evaluation.access_revocation import find_access_ways
from grantctl.evaluation.edits import Leave, SetFlags, edited, edited_access
from grantctl.evaluation.evaluator import has_permission
from grantctl.evaluation.facts import (
    AccessFacts,
    AccessGrant,
    Group,
    Membership,
    Resource,
    User,
)
from grantctl.evaluation.revocation import WayKind, find_ways
from grantctl.evaluation.way_ranking import RatedWay, ranked_ways
from grantctl.model import PrincipalType, ResourceRef, Role
from tests.contract.resource_worlds import ACTIONS, ResourceWorld, resource_worlds
from tests.contract.worlds import NOW
from tests.evaluation.directory import Directory
from tests.evaluation.test_access_invariants import every_facts
from tests.evaluation.test_invariants import answerable, directories


@given(directories())
def test_every_way_takes_it_away_and_no_edit_of_it_can_be_left_out(directory: Directory) -> None:
    facts = directory.facts()
    for key in answerable(directory):
        ways = find_ways(facts, key, now=NOW)
        assert bool(ways) is has_permission(facts, key, now=NOW)
        assert len({frozenset(way.commands) for way in ways}) == len(ways), ways
        for way in ways:
            assert not has_permission(edited(facts, way.edits), key, now=NOW), way
            for edit in way.edits:
                rest = [one for one in way.edits if one is not edit]
                assert has_permission(edited(facts, rest), key, now=NOW), (way, edit)


@given(directories())
def test_no_fewer_groups_left_and_flags_changed_would_do(directory: Directory) -> None:
    facts = directory.facts()
    for key in directory.catalogue:
        ways = find_ways(facts, key, now=NOW)
        if not ways or facts.user.role is Role.ADMIN or facts.catalogue[key].default:
            continue
        fewest = min(len(way.edits) for way in ways)
        single = [Leave(facts.user, facts.groups[one.group]) for one in facts.memberships]
        single += [SetFlags(group, (key,), False) for group in facts.groups.values()]
        for fewer in combinations(single, fewest - 1):
            assert has_permission(edited(facts, fewer), key, now=NOW), fewer


@given(resource_worlds(), st.sampled_from(ACTIONS))
def test_every_way_takes_a_resource_away_and_no_edit_of_it_can_be_left_out(
    world: ResourceWorld, action: str
) -> None:
    for facts in every_facts(world):
        ways = find_access_ways(facts, action, now=NOW)
        assert bool(ways) is has_access(facts, action, now=NOW)
        assert len({frozenset(way.commands) for way in ways}) == len(ways), ways
        for way in ways:
            assert not has_access(edited_access(facts, way.edits), action, now=NOW), way
            for edit in way.edits:
                rest = [one for one in way.edits if one is not edit]
                assert has_access(edited_access(facts, rest), action, now=NOW), (way, edit)


def test_where_some_groups_left_and_some_changed_are_fewest_that_comes_first() -> None:
    """Out of `a`, below three that set it, and one flag for the three groups below `q`."""
    above_a = {"a": ("a", "p1"), "p1": ("p1", "p2"), "p2": ("p2", "p3"), "p3": ("p3", None)}
    below_q = {"q": ("q", None), **{name: (name, "q") for name in ("b", "c", "d")}}
    directory = Directory(
        groups={**above_a, **below_q},
        members=dict.fromkeys("abcd"),
        flags={(group, "notes"): True for group in ("p1", "p2", "p3", "q")},
    )
    ways = find_ways(directory.facts(), "notes", now=NOW)
    assert {way.kind: len(way.edits) for way in ways} == {
        WayKind.LEAVE_GROUPS: 4,
        WayKind.CHANGE_GROUPS: 4,
        WayKind.MIXED: 2,
    }
    [mixed] = [way for way in ways if way.kind is WayKind.MIXED]
    assert [" ".join(command) for command in mixed.commands] == [
        "grantctl groups remove a ada@example.com",
        "grantctl permissions set --group=q notes=false",
    ]
    assert mixed.description == (
        "take the user out of `a` and set `notes` false for every member of `q`"
    )
    [leaving] = [way for way in ways if way.kind is WayKind.LEAVE_GROUPS]
    assert leaving.description == "take the user out of `a`, `b`, `c` and `d`"
    [changing] = [way for way in ways if way.kind is WayKind.CHANGE_GROUPS]
    assert changing.description == (
        "set `notes` false for every member of `p1`, set `notes` false for every member of `p2`, "
        "set `notes` false for every member of `p3` and set `notes` false for every member of `q`"
    )
    assert ranked_ways(map(RatedWay, ways))[0].way is mixed


def test_what_closes_a_resource_and_its_base_at_once_is_one_way() -> None:
    staff, eng = Group(1, "g-staff", "staff", None), Group(2, "g-eng", "eng", 1)
    base, preset = ResourceRef("model", "base"), ResourceRef("model", "preset")
    facts = AccessFacts(
        user=User(1, "u-ada", "ada@example.com", "Ada", Role.USER),
        chain=(
            Resource(2, preset, "Preset", base=base, grants=(_reading(staff),)),
            Resource(1, base, "Base", grants=(_reading(eng),)),
        ),
        groups={1: staff, 2: eng},
        memberships=(Membership(2),),
    )
    assert [way.description for way in find_access_ways(facts, "read", now=NOW)] == [
        "take the user out of `eng`",
        "revoke `read` on `model:preset` from every member of `staff`",
        "revoke `read` on `model:base` from every member of `eng`",
    ]


def test_a_way_that_holds_another_one_and_more_is_none() -> None:
    eng, ops = Group(1, "g-eng", "eng", None), Group(2, "g-ops", "ops", None)
    base, preset = ResourceRef("model", "base"), ResourceRef("model", "preset")
    facts = AccessFacts(
        user=User(1, "u-ada", "ada@example.com", "Ada", Role.USER),
        chain=(
            Resource(2, preset, "Preset", base=base, grants=(_reading(eng), _reading(ops))),
            Resource(1, base, "Base", grants=(_reading(eng),)),
        ),
        groups={1: eng, 2: ops},
        memberships=(Membership(1), Membership(2)),
    )
    assert [way.description for way in find_access_ways(facts, "read", now=NOW)] == [
        "revoke `read` on `model:preset` from every member of `eng` "
        "and revoke `read` on `model:preset` from every member of `ops`",
        "take the user out of `eng`",
        "revoke `read` on `model:base` from every member of `eng`",
    ]


def _reading(group: Group) -> AccessGrant:
    return AccessGrant("read", PrincipalType.GROUP, group.id, group.pk, group.name)
