"""Logins from an identity provider as data.

Owns the names of the JSON contracts `grantctl.oauth-simulation/v1`, `grantctl.oauth-login/v1`,
`grantctl.oauth-sync/v1` and `grantctl.oauth-lint/v1`. Leaves the tree to `oauth_trees`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from grantctl.evaluation.identity_words import group_sentence, groups_sentence, role_sentence
from grantctl.render.columns import Column

if TYPE_CHECKING:
    from grantctl.operations.oauth_lint import LintFinding
    from grantctl.operations.oauth_login import LoginResult
    from grantctl.operations.oauth_plan import LoginPlan
    from grantctl.operations.oauth_sync import SyncReport, SyncRow

Document = dict[str, Any]

SYNC_COLUMNS = (
    Column("line", "Line", justify="right"),
    Column("user", "User", is_name=True),
    Column("outcome", "Outcome"),
    Column("role_before", "Before"),
    Column("role", "Role"),
    Column("groups_added", "Added to"),
    Column("groups_removed", "Removed from"),
    Column("reason", "Reason"),
    Column("message", "Message", is_extra=True),
    Column("subject", "Subject", is_extra=True),
    Column("warnings", "Warnings", is_extra=True),
)
COUNT_COLUMNS = (
    Column("outcome", "Outcome", is_name=True),
    Column("users", "Users", justify="right"),
)
LINT_COLUMNS = (
    Column("code", "Finding", is_name=True),
    Column("setting", "Setting"),
    Column("message", "What is amiss"),
    Column("hint", "What helps"),
)


def login_document(result: LoginResult) -> Document:
    """A login that was tried or carried out; what it was refused before is null."""
    plan, refusal = result.plan, result.refusal
    if plan is None:
        reason = None if refusal is None else refusal.reason.value
        message = None if refusal is None else refusal.message
        told = {"reason": reason, "message": message, "hint": None}
        return {"outcome": "refused", "verified": False, "refusal": told} | dict.fromkeys(
            ("identity", "user", "role", "groups", "default_group", "permissions", "key_notes")
        )
    return {
        "outcome": plan.outcome.value,
        "verified": result.is_verified,
        "refusal": _refusal(plan),
        "identity": {
            "issuer": plan.issuer,
            "subject": plan.subject,
            "matched_by": plan.matched_by.value,
            "links": plan.links and plan.refusal is None,
        },
        "user": _user(result, plan),
        "role": _role(plan),
        "groups": _groups(plan),
        "default_group": plan.default_group
        and {"id": plan.default_group.id, "name": plan.default_group.name},
        "permissions": plan.permissions
        and {
            "gained": plan.permissions.gained,
            "lost": plan.permissions.lost,
            "allowed": plan.permissions.allowed_count,
            "of": plan.permissions.total_count,
        },
        "key_notes": result.key_notes,
    }


def _refusal(plan: LoginPlan) -> Document | None:
    if plan.refusal is None:
        return None
    return {
        "reason": plan.refusal.reason.value,
        "message": plan.refusal.message,
        "hint": plan.refusal.hint,
    }


def _user(result: LoginResult, plan: LoginPlan) -> Document:
    """The user as it is afterwards, and what of it was otherwise."""
    known = plan.user
    id_ = None if known is None else known.id
    before = None
    if known is not None:
        before = {"email": known.email, "name": known.name}
    return {
        "id": result.user.id if result.user is not None else id_,
        "email": plan.email,
        "name": plan.name,
        "is_new": known is None,
        "before": before,
    }


def _role(plan: LoginPlan) -> Document | None:
    role = plan.role
    if role is None:
        return None
    return {
        "before": role.before,
        "after": role.role,
        "reason": role.reason.value,
        "because": role_sentence(role, plan.rules),
        "setting": role.setting,
        "value": role.value,
        "claimed": role.claimed,
    }


def _groups(plan: LoginPlan) -> Document | None:
    groups = plan.groups
    if groups is None:
        return None
    return {
        "reason": groups.reason.value,
        "because": groups_sentence(groups, plan.rules),
        "claimed": groups.claimed,
        "changes": [
            {
                "group": one.name,
                "id": one.group_id,
                "action": one.action.value,
                "reason": one.reason.value,
                "because": group_sentence(one),
            }
            for one in groups.changes
        ],
    }


def sync_row(row: SyncRow) -> Document:
    """What became of one line."""
    return {
        "line": row.line,
        "subject": row.subject,
        "user": row.user,
        "outcome": row.outcome.value,
        "role_before": row.role_before,
        "role": row.role,
        "groups_added": row.groups_added,
        "groups_removed": row.groups_removed,
        "reason": None if row.refusal is None else row.refusal.reason.value,
        "message": None if row.refusal is None else row.refusal.message,
        "warnings": row.warnings,
    }


def count_rows(report: SyncReport) -> list[Document]:
    """How many users came to what."""
    return [{"outcome": one.value, "users": count} for one, count in report.counts.items()]


def lint_row(finding: LintFinding) -> Document:
    """One thing that is amiss."""
    return {
        "code": finding.code,
        "setting": finding.setting,
        "message": finding.message,
        "hint": finding.hint,
    }
