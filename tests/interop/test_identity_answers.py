"""Our mapping of claims to roles and groups, against Open WebUI's own answers.

What differs, and why, is listed in `identity_differences`.
"""

from __future__ import annotations

import json

import pytest
from tests.interop.identity_cases import (
    NOW,
    OUTCOMES,
    RAISED,
    group_cases,
    group_name_cases,
    oauth_answers,
    role_cases,
)
from tests.interop.identity_differences import (
    GROUP_NAMES,
    GROUPS,
    KEPT,
    ROLES,
    counted,
    differing,
    expected,
)
from tests.interop.sources import FIXTURES

from grantctl.evaluation.facts import Group
from grantctl.evaluation.identity import (
    ClaimRules,
    GroupAction,
    HeldGroup,
    IdentityFacts,
    RoleReason,
    decide_groups,
)
from grantctl.evaluation.identity_blocking import is_blocked
from grantctl.model import Role, Source

VERSIONS = tuple(OUTCOMES)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_role_is_the_reference_s(version: str) -> None:
    cases = [case for case, _ in role_cases(version)]
    assert len(cases) == 582
    assert counted(differing(cases), ROLES[version]) == expected(ROLES[version])


@pytest.mark.parametrize("version", VERSIONS)
def test_the_last_admin_stays_admin_where_the_reference_demotes(version: str) -> None:
    demoted, kept = [], []
    usual, with_one_admin = role_cases(version), role_cases(version, is_last_admin=True)
    for (case, before), (_, after) in zip(usual, with_one_admin, strict=True):
        if case.user == "admin" and case.reference in ("user", "pending", RAISED):
            demoted.append(case)
        if before != after:
            assert (before.before, after.role) == (Role.ADMIN, Role.ADMIN)
            assert (after.reason, after.instead) == (RoleReason.LAST_ADMIN_KEPT, before)
            kept.append(case)
    # Those that we do not demote at all are among the differences.
    assert kept == [case for case in demoted if case.ours != "admin"]
    assert (len(demoted), len(kept)) == {"0.6.43": (100, 98), "0.12.4": (13, 13)}[version]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_group_is_joined_and_left_as_by_the_reference(version: str) -> None:
    cases = list(group_cases(version, Source.OAUTH))
    assert counted(differing(cases), GROUPS[version]) == expected(GROUPS[version])


@pytest.mark.parametrize("source", [Source.MANUAL, Source.IMPORT])
@pytest.mark.parametrize("version", VERSIONS)
def test_no_group_is_left_that_no_claim_had_the_user_join(version: str, source: Source) -> None:
    cases = list(group_cases(version, source))
    assert not [case for case in cases if case.ours == "-"]
    differences = (*GROUPS[version], KEPT)
    assert counted(differing(cases), differences) == expected(differences)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_list_of_names_is_followed_as_by_the_reference(version: str) -> None:
    cases = list(group_name_cases(version))
    assert counted(differing(cases), GROUP_NAMES) == expected(GROUP_NAMES)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_group_that_is_named_twice_is_made_once(version: str) -> None:
    asked = oauth_answers(version)["create_groups_by_group_names"]
    facts = IdentityFacts(2, Role.USER, False, (HeldGroup(Group(1, "alpha", "Alpha")),), NOW)
    rules = ClaimRules(group_management=True, group_creation=True)
    decision = decide_groups({"groups": asked["names"]}, rules, facts, Role.USER)
    made = [one.name for one in decision.changes if one.action is GroupAction.CREATE]
    assert (made, [name for name, *_ in asked["created"]]) == (["Fresh"], ["Fresh", "Fresh"])


@pytest.mark.parametrize("version", VERSIONS)
def test_the_blocked_groups_are_the_reference_s(version: str) -> None:
    text = (FIXTURES / version / "functions.json").read_text(encoding="utf-8")
    cases = json.loads(text)["is_in_blocked_groups"]
    assert len(cases) == 51
    ours = [is_blocked(one["group"], tuple(one["patterns"] or ())) for one in cases]
    assert ours == [one["result"] for one in cases]
