from __future__ import annotations

import pytest

from grantctl.evaluation.identity import (
    ClaimRules,
    GroupAction,
    GroupChange,
    GroupReason,
    GroupsDecision,
    GroupsReason,
    claimed_groups,
    decide_groups,
)
from grantctl.lean import replace
from grantctl.model import Role, Source
from tests.evaluation.identities import TOMORROW, YESTERDAY, actions, facts_of, held

ON = ClaimRules(group_management=True)
MAKING = replace(ON, group_creation=True)


def groups(*names: object) -> dict[str, object]:
    return {"groups": list(names)}


def test_groups_are_joined_kept_left_and_made_as_the_claim_says() -> None:
    facts = facts_of(Role.USER, held("Beta", None), held("Alpha"), held("Delta"))
    assert decide_groups(groups("New", "Beta", "Alpha"), MAKING, facts, Role.USER) == (
        GroupsDecision(
            (
                GroupChange("Alpha", "g-Alpha", GroupAction.KEEP, GroupReason.ALREADY),
                GroupChange("Beta", "g-Beta", GroupAction.ADD, GroupReason.CLAIMED),
                GroupChange("Delta", "g-Delta", GroupAction.REMOVE, GroupReason.NOT_CLAIMED),
                GroupChange("New", None, GroupAction.CREATE, GroupReason.CREATED),
            ),
            GroupsReason.CLAIMED,
            claimed=("New", "Beta", "Alpha"),
        )
    )


@pytest.mark.parametrize(
    ("rules", "role", "reason", "is_managed"),
    [
        (ClaimRules(), Role.USER, GroupsReason.MANAGEMENT_OFF, False),
        (ON, Role.ADMIN, GroupsReason.ADMIN, False),
        (ON, None, GroupsReason.REFUSED, False),
    ],
    ids=["off", "admin", "refused"],
)
def test_whose_groups_claims_do_not_decide(
    rules: ClaimRules, role: Role | None, reason: GroupsReason, is_managed: bool
) -> None:
    facts = facts_of(Role.USER, held("Alpha"), held("Beta", None))
    decision = decide_groups(groups("Beta"), rules, facts, role)
    assert decision == GroupsDecision((), reason)
    assert decision.is_managed is is_managed


@pytest.mark.parametrize(
    "claims",
    [{}, {"groups": []}, {"groups": None}, {"groups": ""}, {"groups": 1.5}, {"groups": [None]}],
    ids=str,
)
def test_a_claim_that_names_no_group_changes_nothing(claims: dict[str, object]) -> None:
    decision = decide_groups(claims, MAKING, facts_of(Role.USER, held("Alpha")), Role.USER)
    assert (decision.changes, decision.reason) == ((), GroupsReason.NOTHING_CLAIMED)
    assert decision.is_managed


def test_groups_that_the_provider_left_out_are_told_of() -> None:
    claims: dict[str, object] = {"_claim_names": {"groups": "src1"}, "_claim_sources": {}}
    decision = decide_groups(claims, ON, facts_of(), Role.USER)
    assert decision.notes == (
        "the provider left the claim `groups` out, for there are too many groups",
    )


@pytest.mark.parametrize(
    ("source", "claimed", "unclaimed"),
    [
        (Source.OAUTH, ("keep", "already"), ("remove", "not_claimed")),
        (Source.MANUAL, ("keep", "already"), ("keep", "made_by_hand")),
        (Source.IMPORT, ("adopt", "adopted"), ("keep", "imported")),
        (None, ("add", "claimed"), None),
    ],
    ids=str,
)
def test_only_memberships_that_a_claim_made_are_removed(
    source: Source | None, claimed: object, unclaimed: object
) -> None:
    facts = facts_of(Role.USER, held("Alpha", source))
    assert actions(decide_groups(groups("Alpha"), ON, facts, Role.USER)) == {"Alpha": claimed}
    without = actions(decide_groups(groups("Beta"), ON, facts, Role.USER))
    assert without.get("Alpha") == unclaimed


@pytest.mark.parametrize(
    ("source", "unclaimed"),
    [
        (Source.OAUTH, ("remove", "not_claimed")),
        (Source.MANUAL, ("keep", "made_by_hand")),
        (Source.IMPORT, ("keep", "imported")),
    ],
    ids=str,
)
def test_an_expired_membership_is_made_anew_where_it_is_claimed(
    source: Source, unclaimed: object
) -> None:
    facts = facts_of(Role.USER, held("Alpha", source, expires_at=YESTERDAY))
    again = actions(decide_groups(groups("Alpha"), ON, facts, Role.USER))
    assert again == {"Alpha": ("add", "expired_again")}
    without = actions(decide_groups(groups("Beta"), ON, facts, Role.USER))
    assert without["Alpha"] == unclaimed


def test_a_membership_that_will_expire_is_held() -> None:
    facts = facts_of(Role.USER, held("Alpha", expires_at=TOMORROW))
    assert actions(decide_groups(groups("Alpha"), ON, facts, Role.USER)) == {
        "Alpha": ("keep", "already")
    }


def test_names_are_compared_exactly() -> None:
    facts = facts_of(Role.USER, held("Alpha"))
    assert actions(decide_groups(groups("alpha", " Alpha"), ON, facts, Role.USER)) == {
        " Alpha": ("skip", "unknown"),
        "Alpha": ("remove", "not_claimed"),
        "alpha": ("skip", "unknown"),
    }


def test_no_group_is_made_of_a_name_that_none_may_have() -> None:
    facts = facts_of(taken_names=frozenset({"g-1"}))
    assert actions(decide_groups(groups(" ", "a\x07b", "g-1"), MAKING, facts, Role.USER)) == {
        " ": ("skip", "unusable_name"),
        "a\x07b": ("skip", "unusable_name"),
        "g-1": ("skip", "name_taken"),
    }


def test_a_name_that_several_groups_have_names_none_of_them_unless_the_user_is_in_one() -> None:
    both = held("Twins", None, pk=1), held("Twins", None, pk=2)
    assert decide_groups(
        groups("Twins"), MAKING, facts_of(Role.USER, *both), Role.USER
    ).changes == (GroupChange("Twins", None, GroupAction.SKIP, GroupReason.AMBIGUOUS),)
    one = held("Twins", Source.OAUTH, pk=1), held("Twins", None, pk=2)
    assert decide_groups(groups("Twins"), MAKING, facts_of(Role.USER, *one), Role.USER).changes == (
        GroupChange("Twins", "g-Twins-1", GroupAction.KEEP, GroupReason.ALREADY),
    )
    ended = held("Twins", Source.OAUTH, pk=1, expires_at=YESTERDAY), held("Twins", None, pk=2)
    facts = facts_of(Role.USER, *ended)
    assert decide_groups(groups("Twins"), MAKING, facts, Role.USER).changes == (
        GroupChange("Twins", None, GroupAction.SKIP, GroupReason.AMBIGUOUS),
    )
    assert decide_groups(groups("x"), ON, facts_of(Role.USER, *one), Role.USER).changes == (
        GroupChange("Twins", "g-Twins-1", GroupAction.REMOVE, GroupReason.NOT_CLAIMED),
        GroupChange("x", None, GroupAction.SKIP, GroupReason.UNKNOWN),
    )


def test_blocked_groups_are_neither_joined_nor_left_nor_made() -> None:
    rules = replace(MAKING, blocked_groups=("secret-*", "^root$"))
    facts = facts_of(
        Role.USER,
        held("secret-a"),
        held("secret-b", None),
        held("secret-c"),
        held("secret-d", Source.IMPORT),
        held("groot"),
    )
    claims = groups("secret-b", "secret-c", "secret-d", "secret-e", "root")
    assert actions(decide_groups(claims, rules, facts, Role.USER)) == {
        "groot": ("remove", "not_claimed"),
        "root": ("skip", "blocked"),
        "secret-a": ("keep", "blocked"),
        "secret-b": ("skip", "blocked"),
        "secret-c": ("keep", "blocked"),
        "secret-d": ("keep", "blocked"),
        "secret-e": ("skip", "blocked"),
    }


def test_the_groups_to_look_up_are_those_that_are_claimed() -> None:
    claims: dict[str, object] = {"groups": "B;A;;B"}
    assert claimed_groups(claims, ON) == ("B", "A")
    assert claimed_groups(claims, ClaimRules()) == ()


def test_what_changes_something_is_told_from_what_does_not() -> None:
    changing = {one for one in GroupAction if one.is_change}
    assert changing == set(GroupAction) - {GroupAction.KEEP, GroupAction.SKIP}
