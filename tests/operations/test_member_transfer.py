"""Memberships in from a file, on both engines: as if each was added by itself, all or nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, select

from grantctl.errors import AmbiguousError, GrantctlError, NotFoundError
from grantctl.interop import flat_csv, flat_rows
from grantctl.operations.bulk_reports import BulkTally, MembershipImport
from grantctl.operations.changes import Intent
from grantctl.operations.groups import create_group
from grantctl.operations.integrity import check_database
from grantctl.operations.member_transfer import import_memberships
from grantctl.operations.memberships import add_members
from grantctl.operations.users import create_user
from grantctl.store import bulk_lookups, bulk_writer
from grantctl.store.connection import open_writing
from grantctl.store.database import Database
from grantctl.store.session import change
from grantctl.store.tables import GroupRow, MembershipRow, UserRow, to_microseconds
from tests.databases import prepared
from tests.operations.bulk_examples import COUNTS, MEMBER_ROWS, Rows, rows, write_file
from tests.operations.directories import DRY, INTENT, add_user, events

Take = Callable[..., MembershipImport]
Row = dict[str, str]

END = datetime(2090, 1, 1, tzinfo=UTC)
LATER = datetime(2091, 1, 1, tzinfo=UTC)
IMPORTER = Intent("importer")
WAYS = ("one block", "many blocks", "one by one", "nobody remembered")


@prepared
def offices(database: Database) -> None:
    """Ada, Bob and Chen; staff and support; Bob is in staff."""
    for name in ("ada", "bob", "chen"):
        add_user(database, name)
    for name in ("staff", "support"):
        create_group(database, INTENT, name=name)
    add_members(database, INTENT, "staff", ["bob@example.com"])


@pytest.fixture
def take(offices: Database, tmp_path: Path) -> Take:
    """Import rows, or the content of a file: `take([…], is_strict=True)`."""

    def run(
        content: Rows | bytes, *, ending: str = "ndjson", intent: Intent = IMPORTER, **named: Any
    ) -> MembershipImport:
        return import_memberships(offices, intent, write_file(tmp_path, content, ending), **named)

    return run


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """How a file is taken, of which the outcome tells nothing."""
    if request.param == "nobody remembered":
        monkeypatch.setattr(bulk_lookups, "MAX_REMEMBERED", 0)
    elif request.param != "one block":
        monkeypatch.setattr(flat_rows, "BLOCK_BYTES", 64)
        monkeypatch.setattr(flat_csv, "BLOCK_ROWS", 1)
        monkeypatch.setattr(bulk_writer, "STREAMED_ROWS", 2 if request.param[0] == "m" else 1)


def row(user: str, group: str, end: datetime | None = None) -> Row:
    expires = {} if end is None else {"expires_at": end.isoformat()}
    return {"user": user, "group": group, **expires}


def counts(report: MembershipImport) -> tuple[int, int, int, int]:
    tally = report.memberships
    return tally.created, tally.updated, tally.unchanged, tally.left_out


BOB = ("bob@example.com", "staff", "manual", "tester", None)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("ending", ["ndjson", "csv"])
def test_members_are_added(ending: str, offices: Database, take: Take) -> None:
    ((ada,),) = rows(offices, "SELECT id FROM users WHERE name = 'Ada'")
    ((support,),) = rows(offices, "SELECT id FROM groups WHERE name = 'support'")
    report = take(
        [
            row(ada, "staff", END),
            row("ADA@example.com ", support),
            row("chen@example.com", "staff"),
        ],
        ending=ending,
    )
    assert report == MembershipImport(report.format, BulkTally(created=3), 0)
    assert rows(offices, MEMBER_ROWS) == [
        ("ada@example.com", "staff", "import", "importer", to_microseconds(END)),
        ("ada@example.com", "support", "import", "importer", None),
        BOB,
        ("chen@example.com", "staff", "import", "importer", None),
    ]
    assert check_database(offices) == []


@pytest.mark.usefixtures("way")
def test_who_is_a_member_already_stays_but_for_the_end(offices: Database, take: Take) -> None:
    found = rows(offices, MEMBER_ROWS), events(offices)
    bob = row("bob@example.com", "staff")
    assert counts(take([bob])) == (0, 0, 1, 0)
    assert (rows(offices, MEMBER_ROWS), events(offices)) == found
    ada = row("ada@example.com", "staff")
    assert counts(take([ada, {**bob, "expires_at": "2090-01-01"}])) == (1, 1, 0, 0)
    assert counts(take([ada, bob])) == (0, 0, 2, 0)
    assert rows(offices, MEMBER_ROWS)[1] == (*BOB[:4], to_microseconds(END))


@pytest.mark.usefixtures("way")
def test_what_has_expired_counts_for_nothing(offices: Database, take: Take) -> None:
    past = datetime.now(UTC) - timedelta(days=1)

    def expire(session: Session) -> None:
        for one in session.exec(select(MembershipRow)):
            one.expires_at = past
            session.add(one)

    change(offices, expire, dry_run=False)
    assert counts(take([row("ada@example.com", "staff"), row("bob@example.com", "staff")])) == (
        *(2, 0, 0),
        0,
    )
    assert rows(offices, MEMBER_ROWS)[1] == (*BOB[:2], "import", "importer", None)
    change(offices, expire, dry_run=False)
    twice = [row("bob@example.com", "staff"), row("bob@example.com", "staff", END)]
    assert counts(take(twice)) == (1, 1, 0, 0)
    assert rows(offices, MEMBER_ROWS)[1] == (
        *(*BOB[:2], "import", "importer"),
        to_microseconds(END),
    )


@pytest.mark.usefixtures("way")
def test_rows_count_one_after_the_other(offices: Database, take: Take) -> None:
    ada = "ada@example.com"
    report = take(
        [
            row(ada, "staff"),
            row("bob@example.com", "support", END),
            row("ADA@example.com", "staff"),
            row(ada, "staff", END),
            row(ada, "staff"),
            row(ada, "staff", LATER),
            row(ada, "staff", LATER),
        ]
    )
    assert counts(report) == (2, 2, 3, 0)
    assert [one[4] for one in rows(offices, MEMBER_ROWS)] == [
        to_microseconds(LATER),
        None,
        to_microseconds(END),
    ]


@pytest.mark.usefixtures("way")
def test_who_is_not_here_is_left_out_or_refused(offices: Database, take: Take) -> None:
    file = [
        row("ada@example.com", "staff"),
        row("eve@example.com", "staff"),
        row("Ada", "staff"),
        row("chen@example.com", "sales"),
        row("chen@example.com", "staff"),
    ]
    found = rows(offices, COUNTS)
    with pytest.raises(NotFoundError) as told:
        take(file, is_strict=True)
    assert (told.value.message, told.value.hint) == (
        "line 2: no user `eve@example.com`",
        "grantctl users list",
    )
    with pytest.raises(NotFoundError) as told:
        take(file[3:], is_strict=True)
    assert (told.value.message, told.value.hint) == (
        "line 1: no group `sales`",
        "grantctl groups list, or make those that are missing: --create-groups",
    )
    assert rows(offices, COUNTS) == found
    report = take(file)
    assert (counts(report), report.memberships.reasons) == (
        (2, 0, 0, 3),
        [
            "line 2: no user `eve@example.com`",
            "line 3: no user `Ada`",
            "line 4: no group `sales`",
        ],
    )


@pytest.mark.usefixtures("way")
def test_groups_are_made_where_that_is_said(offices: Database, take: Take) -> None:
    names = ["sales", "staff", "sales", "legal", "sales"]
    people = ["ada", "ada", "bob", "bob", "ada"]
    file = [row(f"{who}@example.com", name) for who, name in zip(people, names, strict=True)]
    report = take(file, create_groups=True, is_strict=True)
    assert (counts(report), report.groups_created) == ((4, 0, 1, 0), 2)
    query = "SELECT name, description, parent_pk FROM groups ORDER BY name"
    assert rows(offices, query) == [(one, "", None) for one in sorted({*names, "support"})]
    again = take(file, create_groups=True)
    assert (counts(again), again.groups_created) == ((0, 0, 5, 0), 0)


def test_a_group_that_is_made_has_a_name_that_fits(offices: Database, take: Take) -> None:
    with pytest.raises(GrantctlError) as told:
        take([row("ada@example.com", "x" * 201)], create_groups=True)
    assert told.value.message == "line 1: a group's name may have 200 characters at most, not 201"


def test_a_name_that_several_groups_have_is_no_way_to_name_one(
    offices: Database, take: Take
) -> None:
    def twin(session: Session) -> None:
        now = datetime.now(UTC)
        session.add(
            GroupRow(id="g-2", name="staff", description="", created_at=now, updated_at=now)
        )

    change(offices, twin, dry_run=False)
    ((first,),) = rows(offices, "SELECT id FROM groups WHERE name = 'staff' AND id != 'g-2'")
    with pytest.raises(AmbiguousError) as told:
        take([row("ada@example.com", "support"), row("ada@example.com", "staff")])
    assert told.value.message == "line 2: more than one group is called `staff`"
    candidates = ", ".join(f"{one} (staff)" for one in sorted(["g-2", first]))
    assert told.value.hint == f"say which by id: {candidates}"
    assert counts(take([row("ada@example.com", "g-2")])) == (1, 0, 0, 0)


@pytest.mark.parametrize("maximum", [0, 100])
def test_an_id_comes_before_an_email(
    maximum: int,
    offices: Database,
    take: Take,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bulk_lookups, "MAX_REMEMBERED", maximum)
    made = create_user(offices, INTENT, email="eve@example.com").user

    def rename(session: Session) -> None:
        one = session.exec(select(UserRow).where(UserRow.id == made.id)).one()
        one.id = "ada@example.com"
        session.add(one)

    change(offices, rename, dry_run=False)
    take([row("ada@example.com", "support")] * 3)
    assert rows(offices, MEMBER_ROWS)[1][0] == "eve@example.com"


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize(
    ("last", "message"),
    [
        (b'{"user":"ada@example.com"}', "line 301: `group` is missing"),
        (
            b'{"user":"ada@example.com","group":"g","expires_at":"2020-01-01"}',
            "line 301: a membership cannot expire in the past",
        ),
    ],
)
def test_a_fault_in_the_last_row_keeps_nothing(
    last: bytes, message: str, offices: Database, take: Take, tmp_path: Path
) -> None:
    many = [row("ada@example.com", f"g{number}") for number in range(300)]
    content = Path(write_file(tmp_path, many)).read_bytes() + last
    found = rows(offices, COUNTS)
    with pytest.raises(GrantctlError) as told:
        take(content, create_groups=True)
    assert told.value.message == message
    assert rows(offices, COUNTS) == found
    assert counts(take(many, create_groups=True)) == (300, 0, 0, 0)


def test_a_dry_run_tells_and_changes_nothing(offices: Database, take: Take) -> None:
    found = rows(offices, COUNTS)
    report = take([row("ada@example.com", "sales")], intent=DRY, create_groups=True)
    assert (counts(report), report.groups_created) == ((1, 0, 0, 0), 1)
    assert rows(offices, COUNTS) == found


def test_one_entry_of_the_audit_log_stands_for_an_import(
    offices: Database, take: Take, tmp_path: Path
) -> None:
    found = len(events(offices))
    take(
        [row("ada@example.com", "sales"), row("bob@example.com", "staff", END)], create_groups=True
    )
    assert events(offices)[found:] == [
        (
            "group.import_members",
            None,
            {
                "source": str(tmp_path / "rows.ndjson"),
                "format": "ndjson",
                "counts": {"created": 1, "updated": 1},
                "groups_created": 1,
            },
        )
    ]


def test_everybody_is_remembered_only_for_a_file_that_is_long_enough(
    offices: Database, take: Take, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    remember = bulk_lookups.BulkLookups.remember_everybody

    def told(lookups: bulk_lookups.BulkLookups) -> None:
        asked.append("everybody")
        remember(lookups)

    monkeypatch.setattr(bulk_lookups.BulkLookups, "remember_everybody", told)
    file = [row(f"{name}@example.com", "staff") for name in ("ada", "bob", "chen")]
    take(file[:1])
    assert asked == []
    take(file)
    assert set(asked) == {"everybody"}


@pytest.mark.parametrize(
    "text", ["9999-12-31T23:59:59-01:00", "0001-01-01T00:00:00+01:00", "9999-12-31T24:00"]
)
def test_an_end_that_no_year_of_utc_has_is_refused(
    offices: Database, take: Take, text: str
) -> None:
    with pytest.raises(GrantctlError, match=r"^line 1: "):
        take([{**row("ada@example.com", "staff"), "expires_at": text}])
    assert check_database(offices) == []


def test_users_forgotten_while_rows_are_streamed_are_looked_up_again(
    offices: Database, take: Take, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_lookups, "MAX_REMEMBERED", 1)
    monkeypatch.setattr(flat_rows, "BLOCK_BYTES", 64)
    names = ("ada", "chen", "ada", "chen", "ada")
    groups = ("staff", "staff", "support", "support", "support")
    report = take(
        [row(f"{name}@example.com", group) for name, group in zip(names, groups, strict=True)]
    )
    assert counts(report) == (4, 0, 1, 0)


def test_an_id_goes_before_an_e_mail_address_without_a_sign_for_at(
    offices: Database, take: Take
) -> None:
    connection = open_writing(offices.url)
    try:
        connection.run("UPDATE users SET id = 'local' WHERE email = 'ada@example.com'")
        connection.run("UPDATE users SET email = 'local' WHERE email = 'chen@example.com'")
    finally:
        connection.close()
    take([row("local", "support")] * 10)  # so many that everybody is remembered
    assert [(email, group) for email, group, *_ in rows(offices, MEMBER_ROWS)] == [
        ("ada@example.com", "support"),
        ("bob@example.com", "staff"),
    ]
