"""`grantctl db`: migrate, describe and check the database."""

from __future__ import annotations

from grantctl import operations
from grantctl.cli.call import Call
from grantctl.cli.command import command, new_app
from grantctl.errors import ExitCode
from grantctl.render.columns import Column
from grantctl.store.url import parse_url

app = new_app("Migrate, describe and check the database.")

FINDING_COLUMNS = (
    Column("code", "Finding", is_name=True),
    Column("object", "Object"),
    Column("message", "What is wrong"),
    Column("hint", "What helps"),
)


@command(app, "migrate", changes=True)
def migrate(call: Call) -> None:
    """Bring the schema to the revision of this version, in one transaction."""
    url = parse_url(call.settings.database.value)
    before, after = operations.databases.migrate_database(url, call.intent)
    record = {"database": str(url), "before": before, "after": after, "migrated": before != after}
    call.show_record("migration", record, name_key="after")
    call.say_dry_run()


@command(app, "status")
def status(call: Call) -> ExitCode:
    """Say which revision the database has; exit 7 unless it is the one that is needed."""
    found = operations.databases.read_status(call.database)
    record = {
        "database": found.url,
        "revision": found.revision,
        "expected": found.expected,
        "current": found.is_current,
        "users": found.user_count,
    }
    call.show_record("database", record, name_key="revision")
    if found.hint is not None:
        call.hint(found.hint)
    return ExitCode.OK if found.is_current else ExitCode.DATABASE


@command(app, "check")
def check(call: Call) -> ExitCode:
    """Look for damage, orphans, unsound keys, cycles and a missing admin; exit 3 if there are."""
    findings = operations.integrity.check_database(call.database)
    rows = [
        {"code": one.code, "object": one.object, "message": one.message, "hint": one.hint}
        for one in findings
    ]
    call.show_rows("integrity", rows, FINDING_COLUMNS)
    if not findings:
        call.say("nothing is wrong")
    return ExitCode.NO if findings else ExitCode.OK
