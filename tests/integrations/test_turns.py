"""Turns are taken in the order of asking."""

from __future__ import annotations

import time
from threading import Thread

from grantctl.integrations.turns import Turns


def test_no_more_turns_than_there_are_things() -> None:
    turns = Turns("ab")
    assert turns.take(seconds=0) == "b"
    assert turns.take(seconds=0) == "a"
    assert turns.take(seconds=0.01) is None
    turns.give_back("a")
    assert turns.take(seconds=0) == "a"
    assert turns.take(seconds=0) is None


def test_the_thing_that_came_back_last_goes_first() -> None:
    turns = Turns("abc")
    taken = [turns.take(seconds=0), turns.take(seconds=0)]
    assert taken == ["c", "b"]
    turns.give_back("c")
    assert turns.take(seconds=0) == "c"


def test_who_gave_up_waiting_gets_no_turn() -> None:
    turns = Turns("a")
    assert turns.take(seconds=0) == "a"
    assert turns.take(seconds=0.01) is None
    turns.give_back("a")
    assert turns.take(seconds=0) == "a"


def test_what_nobody_uses_can_be_taken_all_at_once() -> None:
    turns = Turns("abc")
    turns.take(seconds=0)
    assert turns.take_free() == ["b", "a"]
    assert turns.take_free() == []
    assert turns.take(seconds=0.01) is None


def test_who_waits_is_not_overtaken() -> None:
    turns, order = Turns("a"), []
    turns.take(seconds=0)

    def wait(name: int) -> None:
        assert turns.take(seconds=30) == "a"
        order.append(name)
        turns.give_back("a")

    threads = [Thread(target=wait, args=(name,)) for name in range(5)]
    for at, thread in enumerate(threads, start=1):
        thread.start()
        while len(turns.waiting) < at:
            time.sleep(0.001)
    turns.give_back("a")
    assert turns.take(seconds=30) == "a"
    for thread in threads:
        thread.join()
    assert order == [0, 1, 2, 3, 4]


def test_many_who_come_and_go_use_each_thing_alone_and_lose_none() -> None:
    turns, used = Turns("abc"), {"a": 0, "b": 0, "c": 0}

    def work() -> None:
        for _ in range(2000):
            thing = turns.take(seconds=30)
            assert thing is not None
            used[thing] += 1
            assert used[thing] == 1
            used[thing] -= 1
            turns.give_back(thing)

    threads = [Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(turns.take_free()) == ["a", "b", "c"]
