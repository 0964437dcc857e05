"""Rows of users and of memberships: what each member may be, the same at once as one by one."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grantctl.errors import InvalidError
from grantctl.interop import user_rows
from grantctl.interop.flat_blocks import RowShape
from grantctl.interop.flat_formats import FlatFormat
from grantctl.interop.flat_rows import open_flat_file
from grantctl.interop.flat_texts import checked_texts
from grantctl.interop.membership_rows import MEMBERSHIP_SHAPE, MembershipBlock, membership_blocks
from grantctl.interop.user_rows import USER_SHAPE, UserBlock, user_blocks
from grantctl.model import normalize_email, require_text

NOW = 1_800_000_000_000_000  # 2027-01-15T08:00Z
SOON = "2027-01-15T09:00:00+01:00"


def file_of(rows: list[dict[str, str]], shape: RowShape) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def users(*rows: dict[str, str]) -> UserBlock:
    content = io.BytesIO(file_of(list(rows), USER_SHAPE))
    (block,) = user_blocks(open_flat_file(content, USER_SHAPE, format=FlatFormat.NDJSON))
    return block


def memberships(*rows: dict[str, str]) -> MembershipBlock:
    content = io.BytesIO(file_of(list(rows), MEMBERSHIP_SHAPE))
    file = open_flat_file(content, MEMBERSHIP_SHAPE, format=FlatFormat.NDJSON)
    (block,) = membership_blocks(file, now=NOW)
    return block


def test_emails_are_read_as_they_are_kept() -> None:
    block = users(
        {"email": " Ada@Example.COM "}, {"email": "zoe\u0308@example.com"}, {"email": "b@c"}
    )
    assert block == UserBlock(
        ["ada@example.com", "zoë@example.com", "b@c"], None, None, None, range(1, 4)
    )


@given(st.lists(st.text(st.sampled_from("aZ@. \n\té\u0301\u200b~!Ⓐ"), max_size=8), min_size=1))
def test_emails_at_once_are_what_each_is_by_itself(emails: list[str]) -> None:
    try:
        wanted = [normalize_email(one) for one in emails]
    except InvalidError:
        with pytest.raises(InvalidError):
            users(*({"email": one} for one in emails))
    else:
        assert list(users(*({"email": one} for one in emails)).emails) == wanted


@given(st.from_regex(user_rows._PLAIN_EMAILS, fullmatch=True))
def test_a_plain_email_is_kept_as_it_is(text: str) -> None:
    for email in text.splitlines():
        assert normalize_email(email[:254]) == email[:254] or "@" not in email[:254]


@given(st.lists(st.text(max_size=6) | st.none(), min_size=1))
def test_texts_at_once_are_what_each_is_by_itself(texts: list[str | None]) -> None:
    def one_by_one() -> list[str | None]:
        return [None if t is None else require_text(t, what="a name", longest=4) for t in texts]

    try:
        wanted = one_by_one()
    except InvalidError as error:
        with pytest.raises(InvalidError) as told:
            checked_texts(texts, range(len(texts)), what="a name", longest=4)
        assert told.value.message.endswith(f": {error.message}")
    else:
        assert checked_texts(texts, range(len(texts)), what="a name", longest=4) == wanted


ID_HINT = "the id `{}` would stand for {}"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"email": "ada"}, "`ada` is not an e-mail address"),
        ({"email": "a@b@c"}, "`a@b@c` is not an e-mail address"),
        ({"email": "a" * 254 + "@b"}, "an e-mail address may have 254 characters at most"),
        ({"email": "a@b", "name": "x" * 201}, "a name may have 200 characters at most, not 201"),
        ({"email": "a@b", "name": " "}, "a name may not be empty"),
        ({"email": "a@b", "name": "a\0b"}, "a name holds the control character U+0000"),
        ({"email": "a@b", "name": "\ud800"}, "a name holds the control character U+D800"),
        ({"email": "a@b", "name": "x\x1b[31m"}, "a name holds the control character U+001B"),
        ({"email": "a@b", "role": "root"}, "no role `root`"),
        ({"email": "a@b", "role": ""}, "no role ``"),
        ({"email": "a@b", "role": "Admin"}, "no role `Admin`"),
        ({"email": "a@b", "id": "*"}, ID_HINT.format("*", "everyone")),
        ({"email": "a@b", "id": "c@d"}, ID_HINT.format("c@d", "an e-mail address")),
        ({"email": "a@b", "id": "x" * 256}, "an id may have 255 characters at most, not 256"),
        ({"email": "a@b", "id": "\0"}, "an id holds the control character U+0000"),
        ({"email": "a@b", "id": ""}, "an id may not be empty"),
    ],
)
def test_a_row_of_a_user_that_may_not_be_is_a_fault(row: dict[str, str], message: str) -> None:
    for good in ({"email": "x@y"}, {"email": "x@y", "name": "x", "role": "user", "id": "i-*"}):
        with pytest.raises(InvalidError) as told:
            users(good, good, row, good)
        assert told.value.message == f"line 3: {message}"


def test_a_membership_may_have_an_end() -> None:
    block = memberships(
        {"user": "a", "group": "g", "expires_at": "2030-01-01"},
        {"user": "b", "group": "g"},
        {"user": "c", "group": "h", "expires_at": "2030-01-01T02:00+02:00"},
    )
    end = int(datetime(2030, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
    assert (list(block.users), list(block.groups)) == (["a", "b", "c"], ["g", "g", "h"])
    assert block.ends == [end, None, end]
    assert memberships({"user": "a", "group": "g"}).ends is None


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"user": "a", "group": " "}, "a group may not be empty"),
        ({"user": "a\0", "group": "g"}, "a user holds the control character U+0000"),
        ({"user": "a" * 256, "group": "g"}, "a user may have 255 characters at most, not 256"),
        ({"user": "a", "group": "g", "expires_at": "soon"}, "`soon` is no date or time"),
        ({"user": "a", "group": "g", "expires_at": "90d"}, "`90d` is no date or time"),
        ({"user": "a", "group": "g", "expires_at": SOON}, "a membership cannot expire in the past"),
        (
            {"user": "a", "group": "g", "expires_at": "2020-01-01"},
            "a membership cannot expire in the past",
        ),
    ],
)
def test_a_row_of_a_membership_that_may_not_be_is_a_fault(
    row: dict[str, str], message: str
) -> None:
    with pytest.raises(InvalidError) as told:
        memberships({"user": "x", "group": "y"}, row)
    assert told.value.message == f"line 2: {message}"
