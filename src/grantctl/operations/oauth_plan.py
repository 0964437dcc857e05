"""What a login from an identity provider is going to do, of which nothing is done yet.

Owns the one plan that `oauth simulate` shows and `oauth login` and `oauth sync` carry out. Leaves
who is refused to `oauth_refusals`, role and groups to the evaluator, and carrying out to
`oauth_changes`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from shlex import quote

from sqlmodel import Session

from grantctl.evaluation.facts import Group, User
from grantctl.evaluation.identity import (
    ClaimRules,
    GroupsDecision,
    RoleDecision,
    decide_groups,
    decide_role,
)
from grantctl.model import MAX_NAME_LENGTH, Role
from grantctl.operations import policy_settings as keys
from grantctl.operations.claimed_person import ClaimedPerson, read_person
from grantctl.operations.identity_rules import IdentityRules
from grantctl.operations.oauth_effects import PermissionsChange, measure_permissions
from grantctl.operations.oauth_facts import (
    Match,
    MatchedBy,
    find_default_group,
    holder_of_email,
    match_user,
    read_facts,
)
from grantctl.operations.oauth_refusals import LoginRefusal, find_refusal, refused_role


class LoginOutcome(StrEnum):
    """What becomes of the user."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class LoginPlan:
    """What a login does.

    `user`: None where one is made. `email` and `name`: what the user has afterwards.
    `role` and `groups`: None where it is refused before they are asked for; `permissions` also
    where nobody asked. `default_group`: the one that a new user is put into. `links`: the subject
    is noted under the issuer.
    """

    rules: ClaimRules
    issuer: str | None
    subject: str | None
    matched_by: MatchedBy
    user: User | None
    email: str | None
    name: str
    links: bool = False
    role: RoleDecision | None = None
    groups: GroupsDecision | None = None
    default_group: Group | None = None
    permissions: PermissionsChange | None = None
    refusal: LoginRefusal | None = None
    warnings: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """What a person calls who logs in."""
        known = None if self.user is None else self.user.label
        return known or self.email or self.subject or "somebody"

    @property
    def new_role(self) -> Role | None:
        """The role afterwards, None where the login is refused."""
        return None if self.role is None or self.refusal is not None else self.role.role

    @property
    def outcome(self) -> LoginOutcome:
        """What becomes of the user."""
        if self.refusal is not None:
            return LoginOutcome.REFUSED
        if self.user is None:
            return LoginOutcome.CREATED
        is_changed = (
            self.links
            or (self.email, self.name) != (self.user.email, self.user.name)
            or self.new_role is not self.user.role
            or any(one.action.is_change for one in (self.groups.changes if self.groups else ()))
        )
        return LoginOutcome.UPDATED if is_changed else LoginOutcome.UNCHANGED


def plan_login(
    session: Session,
    claims: Mapping[str, object],
    rules: IdentityRules,
    *,
    issuer: str | None,
    now: datetime,
    named: str | None = None,
    with_permissions: bool = True,
) -> LoginPlan:
    """What these claims do at this moment, of the issuer that vouches for them.

    Where none does, it is the one that the claims name. `named`: the user whom they are tried on,
    whoever they speak of. Raises NotFoundError, AmbiguousError for that one.
    """
    person = read_person(claims, rules, issuer=issuer)
    match = match_user(session, person, rules, named=named)
    plan = _begun(session, person, rules, match)
    refusal = find_refusal(session, claims, person, rules, match)
    if refusal is not None:
        return replace(plan, refusal=refusal)
    joined = find_default_group(session, rules) if match.user is None else None
    facts = read_facts(session, claims, rules, match.user, joined=joined, now=now)
    role = decide_role(claims, rules.claims, facts)
    groups = decide_groups(claims, rules.claims, facts, role.role)
    plan = replace(plan, role=role, groups=groups, default_group=joined)
    plan = replace(plan, warnings=_warnings(rules, role, groups, plan))
    if role.role is None:
        return replace(plan, default_group=None, refusal=refused_role(role, rules))
    if not with_permissions:
        return plan
    permissions = measure_permissions(
        session, match.user, role=role.role, facts=facts, groups=groups
    )
    return replace(plan, permissions=permissions)


def _begun(
    session: Session, person: ClaimedPerson, rules: IdentityRules, match: Match
) -> LoginPlan:
    """The person as it is afterwards, should nothing speak against it."""
    user, warnings = match.user, list(person.notes)
    if person.issuer is None:
        warnings.append("no issuer is named, so that nobody is found by the subject")
    email, name = person.email, person.name
    if user is None:
        name = name or (email or "").partition("@")[0][:MAX_NAME_LENGTH]
    else:
        email = _new_email(session, user, person, rules, warnings)
        name = name if rules.update_name and name else user.name
    is_named = match.by is MatchedBy.NAMED
    can_link = person.issuer is not None and person.subject is not None
    return LoginPlan(
        rules=rules.claims,
        issuer=person.issuer,
        subject=person.subject,
        matched_by=match.by,
        user=user,
        email=email,
        name=name,
        links=can_link and not match.is_linked and not is_named,
        warnings=tuple(warnings),
    )


def _new_email(
    session: Session,
    user: User,
    person: ClaimedPerson,
    rules: IdentityRules,
    warnings: list[str],
) -> str | None:
    """The address that an existing user has afterwards: another one only by the setting."""
    if not rules.update_email or person.email in (None, user.email):
        return user.email
    if person.is_email_unproven:
        warnings.append(f"`{person.email}` is not verified: the e-mail address is kept")
        return user.email
    holder = holder_of_email(session, person.email or "")
    if holder is not None:
        warnings.append(f"`{person.email}` is another user's: the e-mail address is kept")
        return user.email
    return person.email


def _warnings(
    rules: IdentityRules,
    role: RoleDecision,
    groups: GroupsDecision,
    plan: LoginPlan,
) -> tuple[str, ...]:
    found = [*plan.warnings, *role.notes, *groups.notes]
    if plan.user is None and rules.default_group and plan.default_group is None:
        found.append(f"`{keys.DEFAULT_GROUP}` names a group that does not exist")
    if role.role is Role.PENDING:
        approve = f"grantctl users approve {quote(plan.label)}"
        found.append(f"a pending user is denied everything, until: {approve}")
    return tuple(found)
