"""`grantctl who-can`: who has a permission or may do something to a resource, and through what."""

from __future__ import annotations

from datetime import UTC, datetime

from grantctl import operations
from grantctl.cli.call import Call
from grantctl.cli.command import command, new_app
from grantctl.cli.questions import (
    ALL,
    ASKED,
    IGNORE_BASE,
    IGNORE_OWNER,
    IGNORE_ROLE,
    RESOURCE,
    parse_asked,
)
from grantctl.evaluation.access_decision import Reach
from grantctl.operations.questions import Subject
from grantctl.render.columns import Column
from grantctl.render.decisions import path_text

app = new_app("Who has a permission or may do something to a resource, and through what.")

COLUMNS = (
    Column("user", "User", is_name=True),
    Column("through", "Through"),
    Column("paths", "Path"),
    Column("id", "Id", is_extra=True),
    Column("name", "Name", is_extra=True),
    Column("role", "Role", is_extra=True),
)
ACCESS_COLUMNS = (
    Column("user", "User", is_name=True),
    Column("via", "Via"),
    Column("paths", "Path"),
    Column("id", "Id", is_extra=True),
    Column("name", "Name", is_extra=True),
    Column("role", "Role", is_extra=True),
)


@command(app, "who-can")
def who_can(
    call: Call,
    asked: ASKED,
    resource: RESOURCE = None,
    ignore_role: IGNORE_ROLE = False,
    ignore_owner: IGNORE_OWNER = False,
    ignore_base: IGNORE_BASE = False,
    every: ALL = False,
) -> None:
    """List every user who has the permission KEY, or may do ACTION to the resource TYPE:ID, and
    through what: role, owner, groups, everyone, the default."""
    question = parse_asked(
        asked,
        resource,
        ignore_role=ignore_role,
        ignore_owner=ignore_owner,
        ignore_base=ignore_base,
        require_all=every,
    )
    now = datetime.now(UTC)
    with call.database.reader() as reader:
        if question.ref is not None and question.access is not None:
            reaches = operations.access_questions.who_has_access(
                reader, question.ref, question.access, now=now
            )
            call.show_rows("access-subjects", map(_reach_record, reaches), ACCESS_COLUMNS)
        elif question.key is not None and question.permission is not None:
            subjects = operations.questions.who_can(
                reader, question.key, question.permission, now=now
            )
            call.show_rows("subjects", map(_record, subjects), COLUMNS)


def _record(subject: Subject) -> dict[str, object]:
    user = subject.user
    return {
        "user": user.label,
        "through": subject.through,
        "paths": [path_text(held.path) for held in subject.groups],
        "id": user.id,
        "name": user.name,
        "role": user.role.value,
    }


def _reach_record(reach: Reach) -> dict[str, object]:
    user = reach.user
    return {
        "user": user.label,
        "via": reach.via,
        "paths": [path_text(held.path) for held in reach.groups],
        "id": user.id,
        "name": user.name,
        "role": user.role.value,
    }
