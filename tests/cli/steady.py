"""Ids and times that are the same in every run, so that whole outputs can be asserted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID

import pytest

from grantctl.operations import changes, groups, users

FIRST = datetime(2026, 1, 1, tzinfo=UTC)


def hold_steady(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let ids count from 1, and every change come an hour after the one before."""
    ids, hours = count(1), count()

    class Clock(datetime):
        @classmethod
        def now(cls, tz: object = None) -> Clock:
            return cls.fromtimestamp((FIRST + timedelta(hours=next(hours))).timestamp(), UTC)

    for module in (users, groups):
        monkeypatch.setattr(module, "uuid4", lambda: UUID(int=next(ids)))
    monkeypatch.setattr(changes, "datetime", Clock)
