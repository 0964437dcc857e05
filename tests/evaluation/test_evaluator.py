"""The rules of a decision, one sentence each."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from grantctl.evaluation.decision import Decision, Reason, Step
from grantctl.evaluation.evaluator import (
    decide,
    effective_permissions,
    has_permission,
    held_groups,
)
from grantctl.evaluation.facts import Permission
from grantctl.model import Role
from tests.evaluation.directory import ADA, NOW, Directory

SECOND = timedelta(microseconds=1)
PENDING = replace(ADA, role=Role.PENDING)
ADMIN = replace(ADA, role=Role.ADMIN)


def decided(directory: Directory, key: str = "chat.controls", **asked: bool) -> Decision:
    return decide(directory.facts(key), key, now=NOW, **asked)


def one_group(value: bool | None, **fields: object) -> Directory:
    flags = {} if value is None else {("g", "chat.controls"): value}
    return replace(
        Directory(groups={"g": ("editors", None)}, members={"g": None}, flags=flags), **fields
    )


def held(directory: Directory) -> dict[str, str]:
    return {
        one.group.name: " > ".join(group.name for group in one.path)
        for one in held_groups(directory.facts(), NOW)
    }


def test_a_pending_user_is_denied_whatever_the_groups_say() -> None:
    decision = decided(one_group(True, user=PENDING))
    assert (decision.allowed, decision.reason) == (False, Reason.PENDING)
    assert decision.cause == "pending users are denied everything"
    assert decision.is_decided_by_role


def test_an_admin_is_allowed_whatever_the_groups_say() -> None:
    decision = decided(one_group(False, user=ADMIN))
    assert (decision.allowed, decision.reason) == (True, Reason.ADMIN)
    assert decision.cause == "admins are allowed everything"


def test_true_in_a_group_allows() -> None:
    decision = decided(one_group(True))
    assert (decision.allowed, decision.reason) == (True, Reason.GROUP)
    assert decision.cause == "group `editors` sets it true"


def test_a_true_default_allows_a_user_without_groups() -> None:
    decision = decided(Directory(), "chat.tts")
    assert (decision.allowed, decision.reason) == (True, Reason.DEFAULT)
    assert decision.cause == "the default is true"


@pytest.mark.parametrize(
    ("directory", "cause"),
    [
        (Directory(), "the user is in no group, and the default is false"),
        (
            one_group(None),
            "the user's one group, `editors`, does not set it, and the default is false",
        ),
        (one_group(False), "the user's one group, `editors`, sets it false, and the default is"),
        (
            Directory(
                groups={"g": ("a", None), "h": ("b", "g")},
                members={"h": None},
                flags={("g", "chat.controls"): False},
            ),
            "none of 2 groups sets it true (1 false, 1 absent), and the default is false",
        ),
    ],
)
def test_what_no_source_grants_is_denied_and_what_was_looked_at_is_said(
    directory: Directory, cause: str
) -> None:
    decision = decided(directory)
    assert (decision.allowed, decision.reason) == (False, Reason.NOT_GRANTED)
    assert decision.cause.startswith(cause)


def test_false_in_one_group_does_not_hide_true_in_another() -> None:
    directory = Directory(
        groups={"a": ("no", None), "b": ("yes", None)},
        members={"a": None, "b": None},
        flags={("a", "chat.controls"): False, ("b", "chat.controls"): True},
    )
    decision = decided(directory)
    assert decision.allowed
    marks = [
        (flag.held.group.name, flag.value, flag.is_decisive) for flag in decision.leaves[0].flags
    ]
    assert marks == [("no", False, False), ("yes", True, True)]


def test_false_in_a_group_does_not_hide_a_true_default() -> None:
    directory = replace(one_group(None), flags={("g", "chat.tts"): False})
    decision = decided(directory, "chat.tts")
    assert (decision.allowed, decision.reason) == (True, Reason.DEFAULT)


def test_every_group_that_says_true_is_marked_as_decisive() -> None:
    names = "abcde"
    directory = Directory(
        groups={id: (f"group {id}", None) for id in names},
        members=dict.fromkeys(names),
        flags={(id, "chat.controls"): True for id in names},
    )
    decision = decided(directory)
    assert decision.cause == "groups `group a`, `group b`, `group c` and 2 more set it true"
    assert [flag.is_decisive for flag in decision.leaves[0].flags] == [True] * 5


def test_absent_and_false_are_told_apart() -> None:
    assert [flag.value for flag in decided(one_group(None)).leaves[0].flags] == [None]
    assert [flag.value for flag in decided(one_group(False)).leaves[0].flags] == [False]


def test_where_the_role_decides_no_source_is_marked() -> None:
    decision = decided(replace(one_group(True, user=ADMIN)))
    [leaf] = decision.leaves
    assert not any(flag.is_decisive for flag in leaf.flags)
    assert not leaf.is_default_decisive


def test_the_default_is_decisive_only_where_no_group_is() -> None:
    assert decided(Directory(), "chat.tts").leaves[0].is_default_decisive
    both = replace(one_group(None), flags={("g", "chat.tts"): True})
    assert not decided(both, "chat.tts").leaves[0].is_default_decisive


def test_every_step_is_recorded_and_one_alone_has_a_verdict() -> None:
    decision = decided(one_group(True, user=ADMIN))
    assert decision.steps == (
        Step("pending", None, "role admin is not pending"),
        Step("admin", True, "admins are allowed everything"),
        Step("group", None, "group `editors` sets it true"),
        Step("default", None, "the default is false"),
        Step("not_granted", None, "not reached"),
    )


@pytest.mark.parametrize("user", [PENDING, ADMIN, ADA])
def test_ignoring_the_role_asks_the_tree_alone(user: object) -> None:
    for value in (True, False):
        decision = decided(one_group(value, user=user), ignore_role=True)
        assert decision.allowed is value
        assert not decision.is_decided_by_role
        assert [step.verdict for step in decision.steps[:2]] == [None, None]
        assert "not asked" in decision.steps[0].detail


def test_a_member_of_a_child_holds_what_the_parent_sets_and_not_the_reverse() -> None:
    tree = Directory(
        groups={"top": ("company", None), "mid": ("it", "top"), "low": ("ops", "mid")},
        flags={("top", "chat.controls"): True, ("low", "chat.share"): True},
    )
    below = replace(tree, members={"low": None})
    assert held(below) == {"company": "ops > it > company", "it": "ops > it", "ops": "ops"}
    assert decided(below).cause == "group `company`, held through `ops`, sets it true"
    above = replace(tree, members={"top": None})
    assert held(above) == {"company": "company"}
    assert not decided(above, "chat.share").allowed


def test_a_group_that_is_held_in_two_ways_is_listed_once_by_the_shortest() -> None:
    directory = Directory(
        groups={"top": ("t", None), "mid": ("m", "top"), "low": ("l", "mid"), "b": ("b", "top")},
        members={"low": None, "mid": None, "b": None},
    )
    assert held(directory) == {"b": "b", "l": "l", "m": "m", "t": "b > t"}
    assert held(replace(directory, members={"low": None, "top": None}))["t"] == "t"


def test_a_cycle_of_groups_ends_where_it_meets_itself() -> None:
    directory = Directory(
        groups={"a": ("a", "b"), "b": ("b", "c"), "c": ("c", "a"), "own": ("own", "own")},
        members={"b": None, "own": None},
        flags={("a", "chat.controls"): True},
    )
    assert held(directory) == {"a": "b > c > a", "b": "b", "c": "b > c", "own": "own"}
    assert decided(directory).allowed


def test_a_parent_that_does_not_exist_ends_the_way_up() -> None:
    facts = one_group(True).facts()
    [group] = facts.groups.values()
    facts = replace(facts, groups={group.pk: replace(group, parent=99)})
    assert [one.group.name for one in held_groups(facts, NOW)] == ["editors"]


@pytest.mark.parametrize(
    ("ends_after", "counts"), [(-SECOND, False), (timedelta(0), False), (SECOND, True)]
)
def test_a_membership_ends_exactly_at_its_expiry(ends_after: timedelta, counts: bool) -> None:
    directory = one_group(True, members={"g": NOW + ends_after})
    decision = decided(directory)
    assert decision.allowed is counts
    assert [group.name for group in decision.expired] == ([] if counts else ["editors"])
    assert has_permission(directory.facts(), "chat.controls", now=NOW) is counts


def test_an_expired_membership_leads_to_no_parent_either() -> None:
    directory = Directory(
        groups={"top": ("top", None), "low": ("low", "top")},
        members={"low": NOW},
        flags={("top", "chat.controls"): True},
    )
    assert held(directory) == {}
    assert not decided(directory).allowed


def test_a_category_is_allowed_if_any_leaf_under_it_is() -> None:
    decision = decided(Directory(), "chat")
    assert (decision.allowed, decision.reason) == (True, Reason.LEAVES)
    assert decision.cause == "1 of 5 permissions under it is allowed, and one is enough"
    assert decision.is_category
    assert [leaf.permission.key for leaf in decision.leaves if leaf.allowed] == ["chat.tts"]


def test_a_category_without_a_true_leaf_is_denied() -> None:
    catalogue = {"chat.a": Permission("chat.a", False), "chat.b": Permission("chat.b", False)}
    decision = decided(Directory(catalogue=catalogue), "chat")
    assert not decision.allowed
    assert decision.cause == "0 of 2 permissions under it are allowed"


def test_all_of_a_category_asks_for_every_leaf() -> None:
    decision = decided(Directory(), "chat", require_all=True)
    assert not decision.allowed
    assert decision.cause == "1 of 5 permissions under it is allowed, and every one is asked for"
    catalogue = {"chat.a": Permission("chat.a", True), "chat.b": Permission("chat.b", True)}
    assert decided(Directory(catalogue=catalogue), "chat", require_all=True).allowed


def test_all_of_a_leaf_is_the_leaf() -> None:
    decision = decided(one_group(True), require_all=True)
    assert (decision.allowed, decision.reason) == (True, Reason.GROUP)


def test_a_category_is_decided_by_the_role_first() -> None:
    assert decided(Directory(user=ADMIN), "chat", require_all=True).reason is Reason.ADMIN
    decision = decided(Directory(user=PENDING), "chat")
    assert decision.reason is Reason.PENDING
    assert decision.steps[-1].verdict is None


@pytest.mark.parametrize("key", ["cha", "chat.", "chat.controls.x", "", "Chat", "nowhere"])
def test_an_unknown_key_is_an_error_and_no_answer(key: str) -> None:
    facts = one_group(True).facts()
    with pytest.raises(KeyError):
        has_permission(facts, key, now=NOW)
    with pytest.raises(KeyError):
        decide(facts, key, now=NOW)


def test_effective_permissions_are_the_defaults_combined_with_every_group() -> None:
    directory = one_group(True)
    of_tree = {
        "chat.controls": True,
        "chat.enforced": False,
        "chat.share": False,
        "chat.tts": True,
        "chat.valves": False,
        "notes": False,
    }
    facts = directory.facts()
    assert effective_permissions(facts, now=NOW) == of_tree
    for user in (ADMIN, PENDING):
        facts = replace(facts, user=user)
        by_role = dict.fromkeys(of_tree, user is ADMIN)
        assert effective_permissions(facts, now=NOW) == by_role
        assert effective_permissions(facts, now=NOW, ignore_role=True) == of_tree
