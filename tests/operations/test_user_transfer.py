"""Users in from a file, on both engines: as if each was made by itself, and all or nothing."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import Session, select

from grantctl.errors import ConflictError, GrantctlError, GuardError, InvalidError
from grantctl.interop import flat_csv, flat_rows
from grantctl.model import Role
from grantctl.operations import user_transfer
from grantctl.operations.bulk_reports import BulkTally, UserImport
from grantctl.operations.changes import Intent
from grantctl.operations.groups import create_group
from grantctl.operations.integrity import check_database
from grantctl.operations.new_ids import new_ids
from grantctl.operations.policies import set_default_role, set_policy
from grantctl.operations.policy_settings import DEFAULT_GROUP, REVOKE_ON_ROLE_CHANGE
from grantctl.operations.user_transfer import import_users
from grantctl.operations.users import create_user, show_user
from grantctl.store import bulk_writer
from grantctl.store.credential_tables import TokenRow
from grantctl.store.database import Database
from grantctl.store.driver_errors import TransientError
from grantctl.store.session import change
from grantctl.store.tables import UserRow
from tests.operations.bulk_examples import (
    COUNTS,
    MEMBER_ROWS,
    USER_ROWS,
    USER_TIMES,
    Rows,
    many_people,
    person,
    rows,
    write_file,
)
from tests.operations.directories import DRY, INTENT, add_user, events, labels, roles_of

Take = Callable[..., UserImport]
FILE = [
    person("ada", name="Ada"),
    {"email": " Bob@Example.com", "role": "user"},
    person("chen", id="c-1", name="Chen", role="admin"),
    {"email": "zoe\u0308@example.com", "name": "Zoë\\", "role": "pending"},
]
NAMED = [
    ("ada@example.com", "Ada", "admin", None, None),
    ("bob@example.com", "bob", "user", None, None),
    ("chen@example.com", "Chen", "admin", None, None),
    ("zoë@example.com", "Zoë\\", "pending", None, None),
]


@pytest.fixture
def take(database: Database, tmp_path: Path) -> Take:
    """Import rows, or the content of a file: `take([…], is_strict=True)`."""

    def run(
        content: Rows | bytes, *, ending: str = "ndjson", intent: Intent = INTENT, **named: Any
    ) -> UserImport:
        return import_users(database, intent, write_file(tmp_path, content, ending), **named)

    return run


@pytest.fixture(params=[None, 64])
def block_bytes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files in one piece, and in many."""
    if request.param:
        monkeypatch.setattr(flat_rows, "BLOCK_BYTES", request.param)
        monkeypatch.setattr(flat_csv, "BLOCK_ROWS", 1)
        monkeypatch.setattr(bulk_writer, "STREAMED_ROWS", 2)


def counts(report: UserImport) -> tuple[int, int, int, int]:
    tally = report.users
    return tally.created, tally.updated, tally.unchanged, tally.left_out


@pytest.mark.usefixtures("block_bytes")
@pytest.mark.parametrize("ending", ["ndjson", "csv"])
def test_users_are_made_as_if_each_was_made_by_itself(
    ending: str, database: Database, take: Take
) -> None:
    report = take(FILE, ending=ending)
    assert report == UserImport(report.format, BulkTally(created=4), 2, "ada@example.com", None)
    assert (report.format.value, rows(database, USER_ROWS)) == (ending, NAMED)
    ((created, updated),) = rows(database, USER_TIMES)
    assert created == updated
    assert show_user(database, "c-1", now=datetime.now(UTC)).user.email == "chen@example.com"
    ada = show_user(database, "ada@example.com", now=datetime.now(UTC)).user
    assert str(UUID(ada.id)) == ada.id
    assert UUID(ada.id).version == 4
    assert check_database(database) == []
    again = create_user(database, INTENT, email="dana@example.com").user
    assert again.role is Role.PENDING


@pytest.mark.usefixtures("block_bytes")
def test_who_is_here_already_stays(database: Database, take: Take) -> None:
    take(FILE)
    found = rows(database, USER_ROWS), events(database)
    assert counts(take(FILE[1:])) == (0, 0, 3, 0)
    assert (rows(database, USER_ROWS), events(database)) == found
    report = take([*FILE[1:], person("dana"), person("ada", name="Ada", role="admin")])
    assert counts(report) == (1, 0, 4, 0)
    assert labels(database)[-1] == "dana@example.com"


CONFLICTS = [
    (person("bob", role="pending"), "`bob@example.com` is here with another role"),
    (person("bob", name="Robert", role="admin"), None),
    (person("eve", id="c-1"), "`eve@example.com` is here with another e-mail"),
    (person("ada", id="c-1"), "`ada@example.com` is taken by another user than `c-1`"),
    (person("chen", id="c-2"), "`chen@example.com` is taken by the user `c-1`, not `c-2`"),
]


@pytest.mark.usefixtures("block_bytes")
@pytest.mark.parametrize(("row", "message"), CONFLICTS)
def test_a_row_that_does_not_fit_is_left_out_or_refused(
    row: dict[str, str], message: str | None, database: Database, take: Take
) -> None:
    take(FILE)
    found = rows(database, USER_ROWS), events(database)
    message = message or "`bob@example.com` is here with another name and another role"
    with pytest.raises(ConflictError) as told:
        take([person("new"), row], is_strict=True)
    assert told.value.message == f"line 2: {message}"
    assert (rows(database, USER_ROWS), events(database)) == found
    report = take([person("new"), row, person("newer")])
    assert (counts(report), report.users.reasons) == ((2, 0, 0, 1), [f"line 2: {message}"])
    assert rows(database, USER_ROWS)[:-2] == found[0]


@pytest.mark.usefixtures("block_bytes")
def test_users_are_brought_up_to_date_where_that_is_said(database: Database, take: Take) -> None:
    take(FILE)
    report = take(
        [
            person("bob", name="Robert", role="admin"),
            person("new"),
            person("eve", id="c-1"),
            {"email": "zoë@example.com"},
        ],
        may_update=True,
    )
    assert counts(report) == (1, 2, 1, 0)
    assert [row[:3] for row in rows(database, USER_ROWS)] == [
        ("ada@example.com", "Ada", "admin"),
        ("bob@example.com", "Robert", "admin"),
        ("eve@example.com", "Chen", "admin"),
        ("zoë@example.com", "Zoë\\", "pending"),
        ("new@example.com", "new", "pending"),
    ]
    times = rows(database, USER_TIMES)
    assert len({updated for _, updated in times}) == 2
    for row in (CONFLICTS[3][0], person("eve", id="c-2")):
        assert take([row], may_update=True).users.left_out == 1


def test_another_role_ends_tokens_and_the_last_admin_stays(database: Database, take: Take) -> None:
    add_user(database, "ada", Role.ADMIN)
    add_user(database, "bob")
    take([person("bob", role="pending")], may_update=True)
    ada, bob = rows(database, USER_ROWS)
    assert (ada[4], bob[2]) == (None, "pending")
    ((now,),) = rows(database, "SELECT updated_at FROM users WHERE role = 'pending'")
    assert bob[4] == now
    found = rows(database, USER_ROWS), events(database)
    with pytest.raises(GuardError) as told:
        take([person("ada", role="user")], may_update=True)
    assert told.value.message == "the import would leave no admin: the file demotes the last one"
    assert (rows(database, USER_ROWS), events(database)) == found
    changed = [person("ada", role="user"), person("bob", role="admin")]
    assert counts(take(changed, may_update=True)) == (0, 2, 0, 0)
    assert roles_of(database) == {"ada": "user", "bob": "admin"}


def give_tokens(database: Database, name: str) -> None:
    """A token and an API key of that user's."""

    def write(session: Session) -> None:
        user = session.exec(select(UserRow).where(UserRow.name == name)).one()
        for kind, key_hash in (("jwt", None), ("api_key", "hash")):
            session.add(
                TokenRow(
                    id=f"{kind}-{name}",
                    kind=kind,
                    user_pk=user.pk,
                    user_id=user.id,
                    name="",
                    scope="",
                    key_hash=key_hash,
                    source="grantctl",
                    issued_at=user.created_at,
                    issued_by="tester",
                )
            )

    change(database, write, dry_run=False)


@pytest.mark.parametrize(
    ("role", "by_policy", "ended"),
    [
        ("pending", "false", ["api_key", "jwt"]),
        ("admin", "true", ["jwt"]),
        ("admin", "false", []),
    ],
)
def test_tokens_end_as_where_a_role_is_given_by_itself(
    role: str, by_policy: str, ended: list[str], database: Database, take: Take
) -> None:
    add_user(database, "ada", Role.ADMIN)
    add_user(database, "bob")
    give_tokens(database, "Bob")
    set_policy(database, INTENT, REVOKE_ON_ROLE_CHANGE, by_policy)
    take([person("bob", role=role)], may_update=True)
    query = "SELECT kind FROM tokens WHERE revoked_at IS NOT NULL ORDER BY kind"
    assert [kind for (kind,) in rows(database, query)] == ended


@pytest.mark.usefixtures("block_bytes")
@pytest.mark.parametrize(
    ("twin", "email"),
    [
        ({"email": "ADA@example.com"}, "ada@example.com"),
        (person("ada", id="a-1"), "ada@example.com"),
        (person("eve", id="c-1"), "eve@example.com"),
        (person("ADA", id="c-2"), "ada@example.com"),
    ],
)
def test_nobody_stands_in_a_file_twice(
    twin: dict[str, str], email: str, database: Database, take: Take
) -> None:
    for before in ([], [person("first")], [person("first"), *FILE]):
        if before:
            take(before)
        found = rows(database, USER_ROWS), events(database)
        for may_update in (False, True):
            with pytest.raises(InvalidError) as told:
                take([*FILE, twin], may_update=may_update)
            assert told.value.message == f"line 5: `{email}` stands in the file twice"
            assert (rows(database, USER_ROWS), events(database)) == found


@pytest.mark.usefixtures("block_bytes")
@pytest.mark.parametrize(
    ("last", "message"),
    [
        (b"{}", "line 301: `email` is missing"),
        (b'{"email":"no"}', "line 301: `no` is not an e-mail address"),
        (b'{"email":"a@b","role":"root"}', "line 301: no role `root`"),
        (
            b'{"email":"a@b","name":"\\u0000"}',
            "line 301: a name holds the control character U+0000",
        ),
        (b'{"email":"a@b","name":"\xff"}', "line 301 is not UTF-8"),
        (b'{"email":"u7@example.com"}', "line 301: `u7@example.com` stands in the file twice"),
    ],
)
def test_a_fault_in_the_last_row_keeps_nothing(
    last: bytes, message: str, database: Database, take: Take, tmp_path: Path
) -> None:
    content = Path(write_file(tmp_path, many_people(300))).read_bytes() + last
    found = rows(database, COUNTS)
    with pytest.raises(GrantctlError) as told:
        take(content)
    assert told.value.message == message
    assert rows(database, COUNTS) == found


def test_a_dry_run_tells_and_changes_nothing(database: Database, take: Take) -> None:
    found = rows(database, COUNTS)
    assert counts(take(FILE, intent=DRY)) == (4, 0, 0, 0)
    assert rows(database, COUNTS) == found


def test_an_empty_file_makes_nothing(database: Database, take: Take) -> None:
    found = rows(database, COUNTS)
    for content in (b"", b"\n\n", b"\xef\xbb\xbf"):
        assert counts(take(content)) == (0, 0, 0, 0)
    assert counts(take(b"email,name\n", ending="csv")) == (0, 0, 0, 0)
    assert rows(database, COUNTS) == found


def test_new_users_get_the_default_role_and_the_default_group(
    database: Database, take: Take
) -> None:
    add_user(database, "ada")
    set_default_role(database, INTENT, Role.USER)
    group = create_group(database, INTENT, name="staff").group
    set_policy(database, INTENT, DEFAULT_GROUP, "staff")
    report = take([person("ada"), person("bob"), person("chen", role="pending")])
    assert (counts(report), report.default_group) == ((2, 0, 1, 0), group.id)
    assert roles_of(database) == {"ada": "admin", "bob": "user", "chen": "pending"}
    assert rows(database, MEMBER_ROWS) == [
        ("bob@example.com", "staff", "manual", "tester", None),
        ("chen@example.com", "staff", "manual", "tester", None),
    ]


def test_one_entry_of_the_audit_log_stands_for_an_import(
    database: Database, take: Take, tmp_path: Path
) -> None:
    take(FILE)
    take([person("bob", name="Robert")], may_update=True)
    after = {
        "source": str(tmp_path / "rows.ndjson"),
        "format": "ndjson",
        "admins": 0,
        "first_admin": None,
        "default_group": None,
    }
    first = {"counts": {"created": 4, "updated": 0}, "admins": 2, "first_admin": "ada@example.com"}
    assert events(database) == [
        ("user.import", None, {**after, **first}),
        ("user.import", None, {**after, "counts": {"created": 0, "updated": 1}}),
    ]


def test_a_transaction_that_another_made_fail_is_done_again(
    database: Database, take: Take, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = [TransientError("another change came first"), None]
    record = user_transfer._record

    def fail_once(*arguments: Any) -> None:
        record(*arguments)
        failure = failures.pop(0)
        if failure:
            raise failure

    monkeypatch.setattr(user_transfer, "_record", fail_once)
    assert counts(take(many_people(300))) == (300, 0, 0, 0)
    assert (failures, len(labels(database))) == ([], 300)


def test_progress_is_told(database: Database, take: Take, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flat_csv, "BLOCK_ROWS", 100)
    told: list[tuple[str, int]] = []
    take(many_people(250), ending="csv", progress=lambda what, count: told.append((what, count)))
    assert told == [("written", 100), ("written", 200), ("written", 250)]


@pytest.mark.parametrize("engine", ["sqlite"])
def test_memory_does_not_grow_with_the_file(database: Database, take: Take, tmp_path: Path) -> None:
    def peak(count: int) -> int:
        source = write_file(tmp_path, many_people(count))
        tracemalloc.start()
        try:
            import_users(database, DRY, source)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(100)
    assert peak(30_000) < peak(6_000) * 1.2


def test_new_ids_are_random_uuids() -> None:
    ids = new_ids(2000)
    assert len(set(ids)) == 2000
    for one in ids:
        assert str(UUID(one)) == one
        assert (UUID(one).version, UUID(one).variant) == (4, "specified in RFC 4122")
    assert {one[19] for one in ids} == set("89ab")
    assert new_ids(0) == []


@pytest.mark.parametrize(
    "twins", [("J\u030c", "\u01f0"), ("\u0130", "i\u0307"), ("\u1e9e", "\xdf")]
)
def test_twins_by_letter_case_are_one_address(
    twins: tuple[str, str], database: Database, take: Take
) -> None:
    with pytest.raises(InvalidError, match=r"^line 2: .* stands in the file twice$"):
        take([person(one) for one in twins])
    take([person(twins[0])])
    [(email, *_)] = rows(database, USER_ROWS)
    with database.reader() as reader:
        for words in (*(f"{one}@example.com" for one in twins), email):
            assert reader.find_user(words).email == email


@pytest.mark.usefixtures("block_bytes")
@pytest.mark.parametrize("last", [{"id": "b", "email": "new@x"}, {"email": "new@x"}])
def test_an_address_that_two_users_shall_have_is_a_fault_of_the_file(
    last: dict[str, str], database: Database, take: Take
) -> None:
    take([{"id": "a", "email": "a@x"}, {"id": "b", "email": "b@x"}])
    before = rows(database, USER_ROWS), events(database)
    with pytest.raises(InvalidError) as told:
        take([{"id": "a", "email": "new@x"}, last], may_update=True)
    assert told.value.message == "line 2: `new@x` stands in the file twice"
    assert (rows(database, USER_ROWS), events(database)) == before
