"""`grantctl who-can`: who has a permission, and through what."""

from __future__ import annotations

from datetime import UTC, datetime

from grantctl import operations
from grantctl.cli.call import Call
from grantctl.cli.command import command, new_app
from grantctl.cli.questions import ALL, IGNORE_ROLE, KEY
from grantctl.operations.questions import Subject
from grantctl.render.columns import Column
from grantctl.render.decisions import path_text

app = new_app("Who has a permission, and through what.")

COLUMNS = (
    Column("user", "User", is_name=True),
    Column("through", "Through"),
    Column("paths", "Path"),
    Column("id", "Id", is_extra=True),
    Column("name", "Name", is_extra=True),
    Column("role", "Role", is_extra=True),
)


@command(app, "who-can")
def who_can(call: Call, key: KEY, ignore_role: IGNORE_ROLE = False, every: ALL = False) -> None:
    """List every user who has the permission KEY, and through what: role, groups or the default."""
    question = operations.questions.Question(ignore_role=ignore_role, require_all=every)
    with call.database.reader() as reader:
        subjects = operations.questions.who_can(reader, key, question, now=datetime.now(UTC))
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
