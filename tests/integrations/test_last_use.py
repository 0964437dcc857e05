"""Uses are noted behind the answers, and never in their way."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest

from grantctl.errors import DatabaseError
from grantctl.evaluation.token_facts import StoredToken, TokenKind, TokenSource
from grantctl.integrations.last_use import MAX_WAITING, PAUSE, LastUse

NOW = datetime(2026, 1, 1, tzinfo=UTC)
Write = Callable[[StoredToken, datetime], None]


def token(pk: int, *, used: datetime | None = None) -> StoredToken:
    return StoredToken(
        pk=pk,
        id=f"id-{pk}",
        kind=TokenKind.JWT,
        user_id="u",
        name="",
        scope="",
        audience=None,
        kid=None,
        hint=None,
        source=TokenSource.GRANTCTL,
        issued_at=NOW,
        issued_by="tester",
        expires_at=None,
        last_used_at=used,
        revoked_at=None,
        revoked_by=None,
        revoke_reason=None,
    )


def test_what_was_noted_within_a_minute_is_not_written_again() -> None:
    written: list[int] = []
    last_use = LastUse(lambda one, now: written.append(one.pk))
    last_use.note(token(1, used=NOW - timedelta(seconds=59)), NOW)
    last_use.note(token(2, used=NOW - timedelta(seconds=60)), NOW)
    last_use.note(token(3), NOW)
    last_use.close()
    assert written == [2, 3]


def test_while_one_is_written_others_wait_each_once_and_not_too_many() -> None:
    written: list[int] = []
    begun, leave = Event(), Event()

    def write(one: StoredToken, now: datetime) -> None:
        begun.set()
        leave.wait(30)
        written.append(one.pk)

    last_use = LastUse(write)
    last_use.note(token(0), NOW)
    assert begun.wait(30)
    for pk in [*range(MAX_WAITING + 50), *range(MAX_WAITING + 50)]:
        last_use.note(token(pk), NOW)
    leave.set()
    last_use.close()
    assert written == list(range(MAX_WAITING))


@pytest.mark.parametrize("error", [DatabaseError("cannot be written"), ZeroDivisionError()])
def test_after_a_failure_it_rests_for_a_while(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "grantctl.integrations")
    attempts: list[int] = []

    def write(one: StoredToken, now: datetime) -> None:
        attempts.append(one.pk)
        raise error

    last_use = LastUse(write)
    for pk, now in enumerate((NOW, NOW, NOW + PAUSE - timedelta(seconds=1), NOW + PAUSE)):
        last_use.note(token(pk), now)
        last_use.close()  # which waits for it
    assert attempts == [0, 3]
    assert "the last use of a token is not noted" in caplog.messages[0]


def test_it_goes_on_after_it_was_closed() -> None:
    written: list[int] = []
    last_use = LastUse(lambda one, now: written.append(one.pk))
    last_use.close()
    for pk in (1, 2):
        last_use.note(token(pk), NOW)
        last_use.close()
    assert written == [1, 2]
