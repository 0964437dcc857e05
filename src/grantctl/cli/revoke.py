"""`grantctl revoke plan`: what it takes to take something away, though true anywhere wins."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from grantctl import operations
from grantctl.cli.asking import decision_line
from grantctl.cli.call import Call
from grantctl.cli.command import command, new_app
from grantctl.cli.fixing import ATTACHED
from grantctl.cli.questions import ASKED, RESOURCE, USER, wants_words
from grantctl.errors import ExitCode
from grantctl.evaluation.decision import WarningCode
from grantctl.model import parse_resource, require_action
from grantctl.render.decisions import user_document, verdict_word
from grantctl.render.revocation import way_document, write_ways

if TYPE_CHECKING:
    from grantctl.operations.revocation import Plan

app = new_app("What it takes to take something away; changes nothing.")
plans = new_app("Plans.")

LAST_ADMIN = (
    "the user is the last admin and must stay one: make another first, "
    "grantctl users set-role USER admin"
)
# What is lost lets a user do more; and a misspelt action looks like nothing to revoke.
_TOLD = (WarningCode.RESTRICTING_FLAG, WarningCode.ACTION_UNHEARD)


@command(plans, "plan")
def plan(call: Call, user: USER, asked: ASKED, resource: RESOURCE = None) -> ExitCode:
    """Say which edits really take a permission, all of a category, or ACTION on the resource
    TYPE:ID from USER, who loses what besides, and the alternatives. Changes nothing."""
    now = datetime.now(UTC)
    with call.database.reader() as reader:
        if resource is None:
            found = operations.revocation.plan(reader, user, asked, now=now)
        else:
            ref = parse_resource(resource)
            found = operations.revocation.plan_access(
                reader, user, require_action(asked), ref, now=now
            )
    warnings = [*_warnings(call, found)]
    if not wants_words(call):
        call.show_record("revocation-plan", _record(found), name_key="verdict", warnings=warnings)
        return ExitCode.OK
    if found.ways:
        call.say_plainly(decision_line(True, found.decision.cause))
        write_ways(sys.stdout, found.ways, call.style)
    else:
        call.say_plainly(f"nothing to revoke: {found.decision.cause}")
    for warning in warnings:
        call.warn(warning)
    return ExitCode.OK


app.add_typer(plans)


def _warnings(call: Call, found: Plan) -> list[str]:
    is_blocked = found.is_last_admin and any(one.way.is_demotion for one in found.ways)
    is_attached = call.database.url.is_attached and bool(found.ways)
    told = [one.message for one in found.decision.warnings if one.code in _TOLD]
    return told + [LAST_ADMIN] * is_blocked + [ATTACHED] * is_attached


def _record(found: Plan) -> dict[str, object]:
    return {
        "allowed": found.decision.allowed,
        "verdict": verdict_word(found.decision.allowed),
        "reason": found.decision.reason.value,
        "cause": found.decision.cause,
        "user": user_document(found.decision.user),
        "asked": found.asked,
        "resource": None if found.ref is None else str(found.ref),
        "last_admin": found.is_last_admin,
        "decided_at": found.decision.decided_at,
        "ways": [way_document(one) for one in found.ways],
    }
