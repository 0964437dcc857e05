"""What samples of claims show to be amiss in the settings about an identity provider.

Owns the findings that only claims can give: a claim that none of them has, an admin who would be
demoted, who would be refused. Each sample is tried on the database as it is; nothing is changed.
Leaves what needs no claims to `oauth_lint`, whose names it offers too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlmodel import Session

from grantctl.evaluation.identity import RoleReason
from grantctl.evaluation.identity_claims import ABSENT, find_claim
from grantctl.model import Role
from grantctl.operations import policy_settings as keys
from grantctl.operations.identity_rules import IdentityRules
from grantctl.operations.oauth_lint import (
    LintFacts,
    LintFinding,
    find_problems,
    read_lint_facts,
)
from grantctl.operations.oauth_plan import plan_login
from grantctl.operations.oauth_refusals import LoginRefusal, RefusalReason
from grantctl.store.database import Database
from grantctl.store.session import connection_of, read_session

__all__ = ["LintFacts", "LintFinding", "LintReport", "lint"]

_MAX_NAMED = 5
_SETTING_OF = {
    RefusalReason.NO_SUBJECT: keys.OAUTH_SUB_CLAIM,
    RefusalReason.OTHER_ISSUER: keys.OAUTH_ISSUER,
    RefusalReason.DOMAIN_NOT_ALLOWED: keys.OAUTH_ALLOWED_DOMAINS,
    RefusalReason.SIGNUP_OFF: keys.OAUTH_SIGNUP,
    RefusalReason.EMAIL_UNUSABLE: keys.OAUTH_EMAIL_CLAIM,
    RefusalReason.EMAIL_UNPROVEN: keys.OAUTH_EMAIL_CLAIM,
    RefusalReason.EMAIL_TAKEN: keys.OAUTH_PROVIDER,
    RefusalReason.ROLE_REFUSED: keys.OAUTH_ALLOWED_ROLES,
}


@dataclass(frozen=True, slots=True)
class LintReport:
    """Whether anybody set up a provider at all, and what is amiss."""

    is_configured: bool
    findings: tuple[LintFinding, ...]


def lint(
    database: Database,
    samples: Iterable[Mapping[str, object]] = (),
    *,
    now: datetime | None = None,
) -> LintReport:
    """What is amiss in the settings, and in what they make of claims. Raises DatabaseError."""
    with read_session(database) as session:
        facts = read_lint_facts(connection_of(session))
        findings = [*find_problems(facts)]
        tried = _try_all(session, facts.rules, samples, now or datetime.now(UTC))
        if tried.count:
            findings += [*_unseen(facts.rules, tried), *_demoted(tried), *_refused(tried)]
        return LintReport(facts.is_configured, tuple(findings))


@dataclass(slots=True)
class _Tried:
    """What became of the samples. `seen`: how many have each of the claims that are asked for."""

    count: int = 0
    seen: Counter[str] = field(default_factory=Counter)
    demoted: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    refused: Counter[RefusalReason] = field(default_factory=Counter)
    first_refusals: dict[RefusalReason, LoginRefusal] = field(default_factory=dict)


def _try_all(
    session: Session,
    rules: IdentityRules,
    samples: Iterable[Mapping[str, object]],
    now: datetime,
) -> _Tried:
    tried = _Tried()
    for claims in samples:
        tried.count += 1
        for _, name in _asked(rules):
            tried.seen[name] += find_claim(claims, name) is not ABSENT
        plan = plan_login(
            session,
            claims,
            rules,
            issuer=rules.issuer or None,
            now=now,
            with_permissions=False,
        )
        if plan.refusal is not None:
            tried.refused[plan.refusal.reason] += 1
            tried.first_refusals.setdefault(plan.refusal.reason, plan.refusal)
        elif plan.role is not None and plan.role.reason is RoleReason.LAST_ADMIN_KEPT:
            tried.kept.append(plan.label)
        elif plan.role is not None and plan.role.before is Role.ADMIN is not plan.role.role:
            tried.demoted.append(plan.label)
    return tried


def _asked(rules: IdentityRules) -> Iterator[tuple[str, str]]:
    """The settings that name a claim which counts, and the claim."""
    yield keys.OAUTH_SUB_CLAIM, rules.sub_claim
    yield keys.OAUTH_EMAIL_CLAIM, rules.email_claim
    yield keys.OAUTH_NAME_CLAIM, rules.name_claim
    if rules.claims.role_management and rules.claims.roles_claim:
        yield keys.OAUTH_ROLES_CLAIM, rules.claims.roles_claim
    if rules.claims.group_management:
        yield keys.OAUTH_GROUPS_CLAIM, rules.claims.groups_claim


def _unseen(rules: IdentityRules, tried: _Tried) -> Iterator[LintFinding]:
    for key, name in _asked(rules):
        if not tried.seen[name]:
            yield LintFinding(
                "claim_never_seen",
                key,
                f"none of {tried.count} samples has the claim `{name}`",
                f"is it called otherwise, or not in the provider's scope? grantctl config set {key}"
                " CLAIM",
            )


def _demoted(tried: _Tried) -> Iterator[LintFinding]:
    if tried.demoted:
        yield LintFinding(
            "admins_demoted",
            keys.OAUTH_ADMIN_ROLES,
            f"who is admin now would be none after a login: {_some(tried.demoted)}",
            f"grantctl config get {keys.OAUTH_ADMIN_ROLES}",
        )
    if tried.kept:
        yield LintFinding(
            "last_admin_demoted",
            keys.OAUTH_ADMIN_ROLES,
            f"but for being the last admin, {_some(tried.kept)} would be none after a login",
            f"grantctl config get {keys.OAUTH_ADMIN_ROLES}",
        )


def _refused(tried: _Tried) -> Iterator[LintFinding]:
    for reason, count in sorted(tried.refused.items()):
        first = tried.first_refusals[reason]
        yield LintFinding(
            f"refused_{reason}",
            _SETTING_OF[reason],
            f"{count} of {tried.count} samples are refused, e.g.: {first.message}",
            first.hint or "",
        )


def _some(names: list[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:_MAX_NAMED])
    more = len(names) - _MAX_NAMED
    return f"{shown} and {more} more" if more > 0 else shown
