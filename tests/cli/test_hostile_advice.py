"""Fixes and plans about hostile names: shown escaped, quoted, and by id where they must."""

from __future__ import annotations

from dataclasses import replace
from shlex import split

from grantctl.evaluation.facts import Group, Membership
from grantctl.model import is_unprintable
from grantctl.store.database import Database
from tests.cli.office import OFFICE
from tests.commands import Cli
from tests.databases import prepared

GROUPS = (
    Group(1, "g-1", "R & D"),
    Group(2, "g-2", "-rf"),
    Group(3, "g-3", "two\nlines\x1b[31m"),
    Group(4, "g-4", "a [red]b[/] › c"),
)


@prepared
def hostile(database: Database) -> None:
    """Dana is in three groups of awkward names, Chen in one that sets it."""
    world = replace(
        OFFICE,
        groups=GROUPS,
        memberships=(
            *((4, Membership(pk)) for pk in (1, 2, 3)),
            (3, Membership(4)),
        ),
        flags={(pk, "notes"): True for pk in (1, 2, 3)},
    )
    world.write(database)


def commands(text: str) -> list[list[str]]:
    return [split(line)[1:] for line in text.splitlines() if line.startswith("    grantctl ")]


def test_fixes_are_shown_escaped_and_can_be_copied(hostile: Database, cli: Cli) -> None:
    asked = ("chen@example.com", "notes")
    shown = cli("explain", *asked, "--fix").out
    assert not any(map(is_unprintable, shown.replace("\n", "")))
    assert [command for command in commands(shown) if command[0] == "groups"] == [
        ["groups", "add", "--", "-rf", "chen@example.com"],
        ["groups", "add", "R & D", "chen@example.com"],
        ["groups", "add", "g-3", "chen@example.com"],
    ]
    assert "add the user to `two\\nlines\\x1b[31m` (1 user gains it)" in shown
    assert "every member of `a [red]b[/] › c` (1 user gains it)" in shown


def test_plans_are_shown_escaped_and_can_be_copied(hostile: Database, cli: Cli) -> None:
    asked = ("dana@example.com", "notes")
    shown = cli("revoke", "plan", *asked).out
    assert not any(map(is_unprintable, shown.replace("\n", "")))
    first = commands(shown)[:3]
    assert sorted(first) == [
        ["groups", "remove", "--", "-rf", "dana@example.com"],
        ["groups", "remove", "R & D", "dana@example.com"],
        ["groups", "remove", "g-3", "dana@example.com"],
    ]
    assert all(cli(*command).code == 0 for command in first)
    assert cli("check", *asked).code == 3
