"""The cases that Open WebUI's own functions answered about claims, beside what we decide.

Owns reading them. Leaves which may differ to `identity_differences`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from tests.interop.sources import FIXTURES

from grantctl.evaluation.facts import Group, Membership
from grantctl.evaluation.identity import (
    ClaimRules,
    GroupAction,
    HeldGroup,
    IdentityFacts,
    MissingRole,
    RoleDecision,
    UnmatchedRole,
    decide_groups,
    decide_role,
)
from grantctl.model import Role, Source

NOW = datetime(2026, 1, 1, tzinfo=UTC)
REFUSED, RAISED = "refused", "raised an exception"
# What each version does that the settings can say.
OUTCOMES: Mapping[str, Mapping[str, Any]] = {
    "0.6.43": {
        "unmatched_role": UnmatchedRole.DEFAULT_ROLE,
        "missing_role": MissingRole.DEFAULT_ROLE,
    },
    "0.12.4": {"unmatched_role": UnmatchedRole.REFUSE, "missing_role": MissingRole.KEEP},
}


@dataclass(frozen=True)
class Case:
    """One thing that the answers say otherwise: a user's role, or one group of one case.

    `subject`: the configuration's name, or the case's and the group's. `user`: the stored role.
    """

    subject: str
    claims: Mapping[str, Any]
    reference: str
    ours: str
    user: str | None = None


@cache
def oauth_answers(version: str) -> Mapping[str, Any]:
    """What is stored of a version's answers about identity providers."""
    text = (FIXTURES / version / "oauth.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


def role_cases(version: str, *, is_last_admin: bool = False) -> Iterator[tuple[Case, RoleDecision]]:
    """Every case about roles, and what we decide in it."""
    asked = oauth_answers(version)["role_mapping"]
    for one in asked["cases"]:
        rules = _role_rules(version, {**asked["base_config"], **asked["configs"][one["config"]]})
        before = None if one["user"] is None else _role(one["user"])
        is_last = is_last_admin and before is Role.ADMIN
        facts = IdentityFacts(one["users_in_db"], before, is_last, (), NOW)
        ours = decide_role(one["claims"], rules, facts)
        reference = one["role"] if "role" in one else _error(one["error"])
        yield (
            Case(one["config"], one["claims"], reference, ours.role or REFUSED, one["user"]),
            ours,
        )


def group_cases(version: str, source: Source) -> Iterator[Case]:
    """Every group of every case, with what is done about it there and by us."""
    asked = oauth_answers(version)["group_sync"]
    for one in asked["cases"]:
        config = one["config"]
        rules = ClaimRules(
            group_management=True,
            group_creation=config["ENABLE_OAUTH_GROUP_CREATION"],
            groups_claim=config["OAUTH_GROUPS_CLAIM"],
            groups_separator=asked["separator"],
            blocked_groups=tuple(json.loads(config["OAUTH_BLOCKED_GROUPS"]) or ()),
        )
        if "error" in one:
            assert _decided(one["claims"], rules, asked, source) == {}
            yield Case(f"{one['case']}/", one["claims"], RAISED, "nothing")
        else:
            yield from _compared(one["case"], one["claims"], one["changed"], rules, asked, source)


def group_name_cases(version: str) -> Iterator[Case]:
    """Every group of every list of names that it is to be in."""
    asked = oauth_answers(version)
    rules = ClaimRules(group_management=True)
    for at, one in enumerate(asked["sync_groups_by_group_names"]):
        claims = {"groups": one["names"]}
        before = asked["group_sync"]
        yield from _compared(str(at), claims, one["changed"], rules, before, Source.OAUTH)


def _role(stored: str) -> Role:
    return Role(stored) if stored in list(Role) else Role.PENDING


def _error(text: str) -> str:
    return REFUSED if text.startswith("HTTPException: 403") else RAISED


def _role_rules(version: str, config: Mapping[str, Any]) -> ClaimRules:
    return ClaimRules(
        default_role=Role(config["DEFAULT_USER_ROLE"]),
        role_management=config["ENABLE_OAUTH_ROLE_MANAGEMENT"],
        roles_claim=config["OAUTH_ROLES_CLAIM"],
        roles_separator=config.get("separator", ","),
        allowed_roles=tuple(map(str, config["OAUTH_ALLOWED_ROLES"])),
        admin_roles=tuple(map(str, config["OAUTH_ADMIN_ROLES"])),
        **OUTCOMES[version],
    )


def _facts(asked: Mapping[str, Any], source: Source) -> IdentityFacts:
    groups = tuple(
        HeldGroup(
            Group(pk, id_, one["name"]),
            Membership(pk, source) if asked["user"] in one["members"] else None,
        )
        for pk, (id_, one) in enumerate(asked["before"].items(), start=1)
    )
    return IdentityFacts(2, Role.USER, False, groups, NOW)


_SIGNS = {
    GroupAction.ADD: "+",
    GroupAction.CREATE: "+",
    GroupAction.REMOVE: "-",
}


def _decided(
    claims: Mapping[str, Any], rules: ClaimRules, asked: Mapping[str, Any], source: Source
) -> dict[str, str]:
    """By a group's id, or the name of one that is made: joined or left."""
    decision = decide_groups(claims, rules, _facts(asked, source), Role.USER)
    return {
        one.group_id or one.name: _SIGNS[one.action]
        for one in decision.changes
        if one.action in _SIGNS
    }


def _compared(
    subject: str,
    claims: Mapping[str, Any],
    changed: Mapping[str, Any],
    rules: ClaimRules,
    asked: Mapping[str, Any],
    source: Source,
) -> Iterator[Case]:
    ours = _decided(claims, rules, asked, source)
    before = asked["before"]
    reference = {}
    for id_, group in changed.items():
        was, is_ = (
            asked["user"] in one["members"] for one in (before.get(id_, {"members": ()}), group)
        )
        if was is not is_:
            reference[id_ if id_ in before else group["name"]] = "+" if is_ else "-"
    for key in sorted({*ours, *reference, *before}):
        yield Case(f"{subject}/{key}", claims, reference.get(key, "="), ours.get(key, "="))
