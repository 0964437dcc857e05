"""Moments on the command line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from grantctl.cli.times import parse_moment
from grantctl.errors import UsageError

NOW = datetime(2026, 1, 31, 12, 0, 0, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-02-01", datetime(2026, 2, 1, tzinfo=UTC)),
        ("20260201", datetime(2026, 2, 1, tzinfo=UTC)),
        ("2026-01-31T12:00:01", datetime(2026, 1, 31, 12, 0, 1, tzinfo=UTC)),
        ("2026-02-01 18:00", datetime(2026, 2, 1, 18, tzinfo=UTC)),
        ("2026-02-01T18:00Z", datetime(2026, 2, 1, 18, tzinfo=UTC)),
        ("2026-02-01T18:00+02:00", datetime(2026, 2, 1, 16, tzinfo=UTC)),
        ("9999-12-31T23:59:59.999999", datetime.max.replace(tzinfo=UTC)),
        (" 90d ", NOW + timedelta(days=90)),
        ("12h", NOW + timedelta(hours=12)),
        ("4w", NOW + timedelta(weeks=4)),
        ("30m", NOW + timedelta(minutes=30)),
    ],
)
def test_dates_times_and_durations_are_understood(text: str, moment: datetime) -> None:
    assert parse_moment(text, NOW) == moment
    assert parse_moment(text, NOW).tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "d", "90", "90s", "90D", "1.5d", "-90d", "+90d", "1d12h", "٣d", "٢٠٢٧-01-01"),
        *("tomorrow", "2026", "2026-02-30", "2026-13-01", "31.01.2027", "2026-02-01T25:00"),
        *("9999999999d", "9" * 5000 + "d", "9999-12-31T23:59:59-01:00", "now", "a\0b", "\ud800"),
    ],
)
def test_anything_else_is_refused_with_examples(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_moment(text, NOW)
    assert caught.value.message == f"`{text[:60]}` is no date, time or duration"
    assert caught.value.hint is not None
    assert "90d" in caught.value.hint


@pytest.mark.parametrize("text", ["2026-01-31", "0d", "2026-01-31T12:00", "1999-01-01"])
def test_what_is_past_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_moment(text, NOW)
    assert caught.value.message == f"`{text}` is not in the future"
