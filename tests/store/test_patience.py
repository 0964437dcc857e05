"""What was forgotten is read again when that is worth it."""

from __future__ import annotations

from grantctl.store.patience import LONG_WAY_SECONDS, MAX_LONG_WAYS, Patience


def test_what_was_never_read_is_read_at_once() -> None:
    assert Patience().is_worth_reading("chat")


def test_the_long_way_is_taken_until_reading_would_have_been_as_quick() -> None:
    patience = Patience()
    patience.note("chat", 3 * LONG_WAY_SECONDS)
    for _ in range(2):
        worth = [patience.is_worth_reading("chat") for _ in range(4)]
        assert worth == [False, False, False, True]
    assert patience.is_worth_reading("notes")


def test_one_slow_read_is_not_held_against_it_for_ever() -> None:
    patience = Patience()
    patience.note("chat", 3600.0)
    worth = [patience.is_worth_reading("chat") for _ in range(MAX_LONG_WAYS + 2)]
    assert sum(worth) == 1
