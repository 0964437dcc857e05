"""Many logins at once: one transaction, refused ones left out, any malformed line nothing."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from grantctl.errors import InvalidError
from grantctl.operations import oauth_sync
from grantctl.operations.changes import Change
from grantctl.operations.claims_files import (
    MAX_CLAIMS_BYTES,
    ClaimsLines,
    open_claims_lines,
    parse_claims,
)
from grantctl.operations.oauth_plan import LoginOutcome
from grantctl.operations.oauth_sync import SyncReport, sync
from grantctl.operations.policies import unset_policy
from grantctl.store.database import Database
from tests.credentials.provider import ISSUER
from tests.operations.directories import DRY, INTENT, add_user, events
from tests.operations.oauth_examples import Realm, make_realm

CREATED, UPDATED, UNCHANGED, REFUSED = LoginOutcome


@pytest.fixture
def realm(database: Database, tmp_path: Path) -> Realm:
    made = make_realm(database, tmp_path)
    made.policies(role_management="true", group_management="true", group_creation="true")
    return made


@contextmanager
def lines_of(*rows: Any) -> Iterator[ClaimsLines]:
    texts = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    with open_claims_lines(io.BytesIO("\n".join(texts).encode())) as lines:
        yield lines


def synced(realm: Realm, *rows: Any, **named: Any) -> SyncReport:
    options = {"intent": INTENT, **named}
    with lines_of(*rows) as lines:
        return sync(realm.database, lines=lines, **options)


def person(name: str, **claims: Any) -> dict[str, Any]:
    return {"sub": name, "email": f"{name}@example.com", "name": name.title(), **claims}


def test_each_line_makes_or_updates_a_user_and_one_entry_tells_how_many(realm: Realm) -> None:
    add_user(realm.database, "bob")
    realm.link("bob@example.com", "bob")
    realm.group("old", "bob@example.com", source="oauth")
    seen: list[int] = []
    report = synced(
        realm,
        person("ada", roles=["user"], groups=["eng", "ops"]),
        "",
        person("bob", roles="x,user"),
        person("bob", roles=["user"], groups="eng"),
        person("chen", email="bob@example.com"),
        person("dana", email=None),
        progress=seen.append,
    )
    assert report.counts == {CREATED: 1, UPDATED: 1, UNCHANGED: 1, REFUSED: 2}
    rows = {row.line: row for row in report.rows}
    assert list(rows) == [1, 3, 4, 5, 6]
    assert seen == [1, 2, 3, 4, 5]
    assert (rows[1].outcome, rows[1].role_before, rows[1].role) == (CREATED, None, "user")
    assert rows[1].groups_added == ("eng", "ops")
    assert (rows[3].outcome, rows[3].role) == (UNCHANGED, "user")
    assert (rows[4].groups_added, rows[4].groups_removed) == (("eng",), ("old",))
    assert [rows[line].refusal.reason.value for line in (5, 6)] == [  # type: ignore[union-attr]
        "email_taken",
        "email_unusable",
    ]
    assert realm.groups_of("bob@example.com") == {"eng": "oauth"}
    assert set(realm.roles()) == {"root", "ada", "bob"}
    identity = realm.user("ada@example.com").identities[0]
    assert (identity.issuer, identity.last_login_at) == (ISSUER, None)
    assert events(realm.database)[-1] == (
        "identity.sync",
        None,
        {"issuer": ISSUER, "created": 1, "updated": 1, "unchanged": 1, "refused": 2},
    )


def test_the_same_file_again_changes_nothing(realm: Realm) -> None:
    rows = [person(f"user{at}", roles=["user"], groups=[f"g{at % 3}"]) for at in range(9)]
    synced(realm, *rows)
    before = realm.state()
    assert synced(realm, *rows).counts[UNCHANGED] == 9
    assert realm.state() == before


def test_only_the_refused_rows_are_kept_where_nobody_wants_the_others(realm: Realm) -> None:
    report = synced(realm, person("ada"), person("bob", email="no"), keep_rows=False)
    assert [row.line for row in report.rows] == [2]
    assert report.refused_count == 1


MALFORMED: dict[str, tuple[str, str]] = {
    "no JSON": ("{", "line 2 is not JSON"),
    "a list": ("[]", "line 2 is not a JSON object"),
    "a member twice": ('{"sub": "a", "sub": "b"}', "line 2 has a member that stands twice"),
    "a lone surrogate": (r'{"sub": "\ud800"}', "line 2 holds half of a surrogate pair"),
    "NaN": ('{"sub": NaN}', "line 2 holds NaN, which is not JSON"),
    "too deep": (f'{{"a": {"[" * 40}{"]" * 40}}}', "line 2 is nested deeper than 32 levels"),
    "two objects": ("{}{}", "line 2 is not JSON"),
    "too long": (
        f'{{"a": "{"x" * MAX_CLAIMS_BYTES}"}}',
        f"line 2 is longer than {MAX_CLAIMS_BYTES} bytes",
    ),
}


@pytest.mark.parametrize("engine", ["sqlite"])
@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_line_is_named_and_nothing_is_done(realm: Realm, name: str) -> None:
    line, message = MALFORMED[name]
    before = realm.state()
    with pytest.raises(InvalidError) as error:
        synced(realm, person("ada"), line, person("bob"))
    assert error.value.message == message
    assert realm.state() == before


def test_lines_that_are_no_utf_8_are_malformed() -> None:
    with (
        pytest.raises(InvalidError, match=r"^line 1 is not UTF-8$"),
        open_claims_lines(io.BytesIO(b'{"sub": "\xff"}')),
    ):
        pass
    with pytest.raises(InvalidError, match=r"^what should be claims is not a JSON object$"):
        parse_claims(b"[]")
    with pytest.raises(InvalidError, match="at most"):
        parse_claims(b" " * (MAX_CLAIMS_BYTES + 1))


def test_an_error_in_the_last_line_takes_everything_back(
    realm: Realm, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, carry_out = realm.state(), oauth_sync.carry_out
    done = []

    def fail(change: Change, plan: Any) -> Any:
        done.append(plan)
        if len(done) == 3:
            raise InvalidError("the third fails")
        return carry_out(change, plan)

    monkeypatch.setattr(oauth_sync, "carry_out", fail)
    with pytest.raises(InvalidError, match="the third fails"):
        synced(realm, *(person(name, groups=["g"]) for name in ("ada", "bob", "chen")))
    assert realm.state() == before


def test_a_dry_run_tells_all_and_keeps_nothing(realm: Realm) -> None:
    before = realm.state()
    report = synced(realm, person("ada", groups=["a"]), person("ada"), intent=DRY)
    assert report.counts == {CREATED: 1, UPDATED: 0, UNCHANGED: 1, REFUSED: 0}
    assert realm.state() == before


def test_the_last_admin_stays_whatever_the_file_says(realm: Realm) -> None:
    add_user(realm.database, "bob")
    realm.link("root@example.com", "root")
    realm.link("bob@example.com", "bob")
    synced(realm, person("bob", roles=["admin"]))
    synced(realm, person("root", roles=["x"]), person("bob", roles=["x"]))
    assert realm.roles() == {"root": "pending", "bob": "admin"}


@pytest.mark.parametrize("engine", ["sqlite"])
def test_an_issuer_must_be_known_and_claims_of_another_are_refused(realm: Realm) -> None:
    other = person("ada", iss="https://other.example")
    assert synced(realm, other).refused_count == 1
    assert synced(realm, other, issuer="https://other.example").counts[CREATED] == 1
    unset_policy(realm.database, INTENT, "oauth.issuer")
    with pytest.raises(InvalidError, match=r"^no issuer is named, and none is set$"):
        synced(realm, person("bob"))


def test_more_rows_than_the_session_remembers_are_all_written(
    realm: Realm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oauth_sync, "_FORGET_AFTER", 2)
    report = synced(realm, *(person(f"u{at}", groups=["all"]) for at in range(7)))
    assert report.counts[CREATED] == 7
    assert len(realm.roles()) == 8
    assert all(realm.groups_of(f"u{at}@example.com") == {"all": "oauth"} for at in range(7))
