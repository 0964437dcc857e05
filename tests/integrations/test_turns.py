"""Turns are taken in the order of asking."""

from __future__ import annotations

import time
from threading import Thread

from grantctl.integrations.turns import Turns


def test_no_more_turns_than_there_are() -> None:
    turns = Turns(2)
    assert turns.take(seconds=0)
    assert turns.take(seconds=0)
    assert not turns.take(seconds=0.01)
    turns.give_back()
    assert turns.take(seconds=0)
    assert not turns.take(seconds=0)


def test_who_gave_up_waiting_gets_no_turn() -> None:
    turns = Turns(1)
    assert turns.take(seconds=0)
    assert not turns.take(seconds=0.01)
    turns.give_back()
    assert turns.take(seconds=0)


def test_who_waits_is_not_overtaken() -> None:
    turns, order = Turns(1), []
    turns.take(seconds=0)

    def wait(name: int) -> None:
        assert turns.take(seconds=30)
        order.append(name)
        turns.give_back()

    threads = [Thread(target=wait, args=(name,)) for name in range(5)]
    for at, thread in enumerate(threads, start=1):
        thread.start()
        while len(turns._waiting) < at:
            time.sleep(0.001)
    turns.give_back()
    assert turns.take(seconds=30)
    for thread in threads:
        thread.join()
    assert order == [0, 1, 2, 3, 4]
