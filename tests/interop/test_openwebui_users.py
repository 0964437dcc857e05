"""How users become ours, one rule a test; ids too, as those of groups follow the same."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.interop.sources import (
    ADA,
    BCRYPT,
    STAFF,
    check_invariants,
    make,
    read,
    told,
)

from grantctl.interop.directory import FindingKind, ForeignDirectory, ForeignUser
from grantctl.model import Role

ADAPTED, REJECTED = FindingKind.ADAPTED, FindingKind.REJECTED
ARGON2 = "$argon2id$v=19$m=65536,t=3,p=1$c29tZXNhbHQ$aGFzaA"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MARK = "\N{REPLACEMENT CHARACTER}"
LONG = "x" * 1_000_000


def user(tmp_path: Path, **fields: object) -> tuple[ForeignUser, list[str]]:
    """What becomes of a user with these values, and what is told about it."""
    directory = read(make(tmp_path / "webui.db", "0.12.4", users=[{**ADA, **fields}]))
    check_invariants(directory)
    return directory.users[0], [one.reason for one in directory.findings]


@pytest.mark.parametrize("kept", ["Case-Id", "ünïcode-id", "we\"ird'id", "a\nb", " x ", "y" * 255])
def test_an_id_is_kept_verbatim(kept: str, tmp_path: Path) -> None:
    assert user(tmp_path, id=kept)[0].id == kept


@pytest.mark.parametrize(
    ("refused", "shown", "why"),
    [
        ("", "", "its id is empty"),
        (None, "", "its id is empty"),
        ("a\0b", f"a{MARK}b", "its id holds NUL or half of a surrogate pair"),
        ("y" * 256, "y" * 254 + "…", "its id has more than 255 characters"),
        (b"a\xff", f"a{MARK}", "the bytes of its id are not UTF-8"),
    ],
)
def test_an_id_that_cannot_be_ours_is_rejected(
    refused: object, shown: str, why: str, tmp_path: Path
) -> None:
    directory = read(
        make(
            tmp_path / "webui.db",
            "0.12.4",
            users=[ADA, {**ADA, "id": refused, "email": "other@example.com"}],
            groups=[STAFF, {**STAFF, "id": refused}],
        )
    )
    check_invariants(directory)
    assert [one.id for one in directory.users] == ["ada"]
    assert [one.id for one in directory.groups] == ["staff"]
    assert told(directory, "user") == [(REJECTED, shown, f"{why}: left out")]
    assert told(directory, "group") == [
        (REJECTED, shown, f"{why}: left out, with its memberships and permissions")
    ]


def test_of_two_users_with_one_id_the_second_is_rejected(tmp_path: Path) -> None:
    directory = read(make(tmp_path / "webui.db", "0.12.4", users=[ADA, ADA], groups=[STAFF, STAFF]))
    check_invariants(directory)
    assert [reason for _, _, reason in told(directory)] == [
        "another user has its id: left out",
        "another group has its id: left out, with its memberships and permissions",
    ]


@pytest.mark.parametrize(
    ("stored", "kept", "why"),
    [
        ("ada@example.com", "ada@example.com", None),
        (
            "ADA@Example.COM",
            "ada@example.com",
            "its e-mail address `ADA@Example.COM` kept in lower case as `ada@example.com`",
        ),
        (
            " ada@example.com",
            "ada@example.com",
            "its e-mail address ` ada@example.com` kept as `ada@example.com`",
        ),
        (
            "zoe\u0308@example.com",
            "zo\u00eb@example.com",
            "its e-mail address `zoe\u0308@example.com` kept as `zo\u00eb@example.com`",
        ),
        (None, None, "it has no e-mail address: kept without"),
        ("", None, "it has no e-mail address: kept without"),
        ("ada", None, "`ada` is no e-mail address: kept without"),
        ("a\0@b", None, f"`a{MARK}@b` is no e-mail address: kept without"),
        (b"a\xff@b", None, f"`a{MARK}@b` is no e-mail address: kept without"),
        ("a@" + "b" * 300, None, f"`a@{'b' * 77}…` is no e-mail address: kept without"),
    ],
)
def test_an_email_is_kept_as_ours_are(
    stored: object, kept: str | None, why: str | None, tmp_path: Path
) -> None:
    found, reasons = user(tmp_path, email=stored)
    assert (found.email, reasons) == (kept, [why] if why else [])


def test_of_twins_the_one_created_first_keeps_the_email(tmp_path: Path) -> None:
    users = [
        {**ADA, "id": "c", "email": "ada@example.com", "created_at": 9_000},
        {**ADA, "id": "b", "email": "ADA@example.com", "created_at": 8},
        {**ADA, "id": "a", "email": "Ada@Example.com", "created_at": 8},
        {**ADA, "id": "d", "email": "aDa@example.com", "created_at": 1_700_000_000_000},
    ]
    directory = read(make(tmp_path / "webui.db", "0.12.4", users=users))
    check_invariants(directory)
    assert [(one.id, one.email) for one in directory.users] == [
        ("a", "ada@example.com"),
        ("b", None),
        ("c", None),
        ("d", None),
    ]
    why = "its e-mail address `ada@example.com` is that of user `a`, who was created first"
    assert told(directory)[1:] == [(ADAPTED, one, f"{why}: kept without") for one in "bcd"]


@pytest.mark.parametrize(
    ("stored", "kept", "why"),
    [
        ("<b>[red]\n\x1b[0m</b>", "<b>[red]\n\x1b[0m</b>", []),
        ("  padded  ", "  padded  ", []),
        ("", "", []),
        (None, "", ["it has no name: kept with an empty one"]),
        (
            "a\0b",
            f"a{MARK}b",
            ["its name holds NUL or half of a surrogate pair: replaced by U+FFFD"],
        ),
        (
            b"caf\xe9",
            f"caf{MARK}",
            ["the bytes of its name are not all UTF-8: replaced by U+FFFD"],
        ),
        ("x" * 1000, "x" * 1000, []),
        pytest.param(LONG, "x" * 1000, ["its name has 1000000 characters: cut to 1000"], id="1 MB"),
    ],
)
def test_a_name_is_kept_as_data(stored: object, kept: str, why: list[str], tmp_path: Path) -> None:
    found, reasons = user(tmp_path, name=stored)
    assert (found.name, reasons) == (kept, why)


@pytest.mark.parametrize(
    ("stored", "kept", "why"),
    [
        ("admin", Role.ADMIN, None),
        ("user", Role.USER, None),
        ("pending", Role.PENDING, None),
        ("Admin", Role.PENDING, "its role `Admin` is unknown"),
        ("moderator", Role.PENDING, "its role `moderator` is unknown"),
        ("", Role.PENDING, "it has no role"),
        (None, Role.PENDING, "it has no role"),
    ],
)
def test_a_role_that_is_not_verified_is_pending(
    stored: str | None, kept: Role, why: str | None, tmp_path: Path
) -> None:
    found, reasons = user(tmp_path, role=stored)
    end = ", and Open WebUI lets only user and admin in: kept as pending"
    assert (found.role, reasons) == (kept, [why + end] if why else [])


def with_account(tmp_path: Path, form: str, **account: object) -> ForeignDirectory:
    accounts = [{"id": "ada", "password": BCRYPT, "active": 1, **account}]
    return read(make(tmp_path / "webui.db", form, accounts=accounts))


@pytest.mark.parametrize("kept", [BCRYPT, BCRYPT.replace("2b", "2a"), ARGON2])
def test_a_known_hash_is_kept(kept: str, tmp_path: Path) -> None:
    directory = with_account(tmp_path, "0.12.4", password=kept)
    assert (directory.users[0].password_hash, directory.findings) == (kept, ())


@pytest.mark.parametrize("stored", ["plain-secret", BCRYPT + "\n", BCRYPT[:-1], "$1$abc", "!"])
def test_an_unknown_hash_is_left_out_and_never_shown(stored: str, tmp_path: Path) -> None:
    directory = with_account(tmp_path, "0.12.4", password=stored)
    assert directory.users[0].password_hash is None
    why = "its password hash is neither bcrypt's nor argon2's: kept without password"
    assert told(directory) == [(ADAPTED, "ada", why)]


@pytest.mark.parametrize("stored", ["", None])
def test_no_hash_is_no_finding(stored: str | None, tmp_path: Path) -> None:
    directory = with_account(tmp_path, "0.12.4", password=stored)
    assert (directory.users[0].password_hash, directory.findings) == (None, ())


def test_a_user_without_account_has_no_password(tmp_path: Path) -> None:
    found, reasons = user(tmp_path)
    assert (found.role, found.password_hash, reasons) == (Role.ADMIN, None, [])


def test_an_account_without_user_is_rejected(tmp_path: Path) -> None:
    accounts = [{"id": "ghost", "password": BCRYPT, "active": 1}]
    directory = read(make(tmp_path / "webui.db", "0.12.4", accounts=accounts))
    assert [(one.object_type, one.object_id, one.kind) for one in directory.findings] == [
        ("account", "ghost", REJECTED)
    ]


@pytest.mark.parametrize("active", [0, None])
def test_since_0_12_a_switched_off_account_is_pending(active: int | None, tmp_path: Path) -> None:
    directory = with_account(tmp_path, "0.12.4", active=active)
    assert (directory.users[0].role, directory.users[0].password_hash) == (Role.PENDING, BCRYPT)
    why = "its account is switched off, so Open WebUI refuses all its requests"
    assert told(directory) == [(ADAPTED, "ada", f"{why}: admin kept as pending")]


@pytest.mark.parametrize("form", ["0.6.5", "0.6.43", "0.10.0"])
def test_before_0_12_a_switched_off_account_only_loses_its_password(
    form: str, tmp_path: Path
) -> None:
    directory = with_account(tmp_path, form, active=0)
    assert (directory.users[0].role, directory.users[0].password_hash) == (Role.ADMIN, None)
    why = "its account is switched off, so Open WebUI refuses its login: kept without password"
    assert told(directory) == [(ADAPTED, "ada", why)]


@pytest.mark.parametrize(
    ("stored", "kept"),
    [
        (1_700_000_000, datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
        (1_700_000_000_250, datetime(2023, 11, 14, 22, 13, 20, 250_000, tzinfo=UTC)),
        (1_700_000_000_000_001, datetime(2023, 11, 14, 22, 13, 20, 1, tzinfo=UTC)),
        (1_700_000_000_000_001_000, datetime(2023, 11, 14, 22, 13, 20, 1, tzinfo=UTC)),
        (1_700_000_000.5, datetime(2023, 11, 14, 22, 13, 20, 500_000, tzinfo=UTC)),
        ("1700000000", datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
        (0, EPOCH),
    ],
)
def test_a_moment_is_read_in_the_unit_of_its_magnitude(
    stored: object, kept: datetime, tmp_path: Path
) -> None:
    found, reasons = user(tmp_path, created_at=stored)
    assert (found.created_at, reasons) == (kept, [])


@pytest.mark.parametrize("stored", [None, -1, 1e22, float("inf"), "yesterday", b"\xff", ""])
def test_a_moment_that_makes_no_sense_is_1970(stored: object, tmp_path: Path) -> None:
    found, reasons = user(tmp_path, created_at=stored)
    assert found.created_at == EPOCH
    assert reasons == ["the time of its creation makes no sense: taken as 1970-01-01"]
