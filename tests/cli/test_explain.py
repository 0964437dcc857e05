"""`grantctl explain`: the whole tree, for every reason there is."""

from __future__ import annotations

import io
from dataclasses import replace
from shlex import split

import pytest

from grantctl.evaluation.decision import Decision
from grantctl.evaluation.evaluator import decide
from grantctl.evaluation.facts import Group, Membership, Permission, PermissionFacts, User
from grantctl.model import Role
from grantctl.render.explanation import write_explanation
from grantctl.render.style import Format, Style
from grantctl.store.database import Database
from tests.cli.office import FAR, JOINED, OFFICE
from tests.cli.trees import TREES
from tests.conftest import Cli, Outcome


def test_every_reason_has_its_tree(office: Cli) -> None:
    for question, code, tree in TREES.values():
        assert office("explain", *question.split()) == Outcome(code, tree, "")


def test_the_last_line_of_a_denial_is_a_command_that_works(office: Cli) -> None:
    for question, code, tree in TREES.values():
        if code == 3 and "--all" not in question:
            program, *command = split(tree.splitlines()[-1])
            assert program == "grantctl"
            assert office(*command).code == 0
            assert office("check", *question.split()).code == 0


def test_fields_are_shown_as_data(office: Cli) -> None:
    arguments = ("explain", "dana@example.com", "chat.controls", "--fields")
    assert office(*arguments, "verdict,remedies").out == (
        "verdict: deny\n"
        "remedies:\n"
        "  - description: add the user to `engineering`, which has it\n"
        "    commands:\n"
        "      grantctl groups add engineering dana@example.com\n"
        "  - description: set it for every member of `support`\n"
        "    commands:\n"
        "      grantctl permissions set --group=support chat.controls=true\n"
        "  - description: set it for every user\n"
        "    commands:\n"
        "      grantctl permissions set --default chat.controls=true\n"
    )


@pytest.mark.parametrize("arguments", [(), ("Bob",)])
def test_a_question_without_its_words_is_a_usage_error(
    office: Cli, arguments: tuple[str, ...]
) -> None:
    outcome = office("explain", *arguments)
    assert (outcome.code, outcome.out) == (2, "")


def test_names_that_need_it_are_quoted_and_shown_escaped(database: Database, cli: Cli) -> None:
    groups = (
        Group(1, "g-1", "R & D"),
        Group(2, "g-2", "-rf"),
        Group(3, "g-3", "two\nlines\x1b[31m"),
        Group(4, "g-4", "a [red]b[/] › c"),
    )
    world = replace(
        OFFICE,
        groups=groups,
        memberships=((4, Membership(4)),),
        flags={(pk, "notes"): True for pk in (1, 2, 3)},
    )
    world.write(database)
    assert (
        cli("explain", "dana@example.com", "notes").out
        == """\
✗ denied: dana@example.com may not notes
├─ because the user's one group, `a [red]b[/] › c`, does not set it, and the default is false
├─ · role: user, decides nothing
├─ · group a [red]b[/] › c: absent
└─ · default: false
to allow it, one of these:
  add the user to `-rf`, which has it
    grantctl groups add -- -rf dana@example.com
  add the user to `R & D`, which has it
    grantctl groups add 'R & D' dana@example.com
  add the user to `two\\nlines\\x1b[31m`, which has it
    grantctl groups add g-3 dana@example.com
  set it for every member of `a [red]b[/] › c`
    grantctl permissions set '--group=a [red]b[/] › c' notes=true
  set it for every user
    grantctl permissions set --default notes=true
"""
    )


def many_groups() -> Decision:
    """A user in fifty groups, of which one says true and one false."""
    names = [f"team {number:02}" for number in range(50)]
    groups = {pk: Group(pk, f"g-{pk}", name) for pk, name in enumerate(names, start=1)}
    facts = PermissionFacts(
        user=User(1, "u-1", "ada@example.com", "Ada", Role.USER),
        groups=groups,
        memberships=tuple(Membership(pk, added_by="root", added_at=JOINED) for pk in groups),
        flags={(7, "notes"): False, (9, "notes"): True},
        catalogue={"notes": Permission("notes", True)},
    )
    return decide(facts, "notes", now=JOINED)


def test_groups_that_say_nothing_share_a_line_where_they_are_many() -> None:
    stream = io.StringIO()
    write_explanation(stream, many_groups(), Style(Format.TABLE))
    assert (
        stream.getvalue()
        == """\
✓ allowed: ada@example.com may notes
├─ because group `team 08` sets it true
├─ · role: user, decides nothing
├─ ✓ group team 08: true (added by root on 2026-01-05)
├─ · group team 06: false (added by root on 2026-01-05)
├─ · 48 groups: absent (team 00, team 01, team 02, team 03, team 04 and 43 more)
├─ · default: true, too
└─ ! `team 06` says false for `notes` without effect: true anywhere wins
"""
    )


def test_leaves_that_are_alike_share_a_line_where_they_are_many() -> None:
    catalogue = {key: Permission(key, key < "x.f") for key in (f"x.{one}" for one in "abcdefgh")}
    facts = PermissionFacts(
        user=User(1, "u-1", "ada@example.com", "Ada", Role.USER), catalogue=catalogue
    )
    stream = io.StringIO()
    write_explanation(stream, decide(facts, "x", now=JOINED), Style(Format.TABLE))
    assert (
        stream.getvalue()
        == """\
✓ allowed: ada@example.com may x
├─ because 5 of 8 permissions under it are allowed, and one is enough
├─ · role: user, decides nothing
├─ ✓ 5 true by default: x.a, x.b, x.c, x.d, x.e
├─ ✗ x.f: false by default
├─ ✗ x.g: false by default
└─ ✗ x.h: false by default
"""
    )


def test_in_ascii_the_drawing_changes_and_the_names_are_not_mistaken_for_it() -> None:
    groups = {1: Group(1, "g-1", "büro › ✓", 2), 2: Group(2, "g-2", "all")}
    facts = PermissionFacts(
        user=User(1, "u-1", "ada@example.com", "Ada", Role.USER),
        groups=groups,
        memberships=(Membership(1, expires_at=FAR),),
        flags={(2, "notes"): True},
        catalogue={"notes": Permission("notes", False)},
    )
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    write_explanation(stream, decide(facts, "notes", now=JOINED), Style(Format.TABLE))
    stream.flush()
    assert (
        raw.getvalue().decode("ascii")
        == """\
+ allowed: ada@example.com may notes
|- because group `all`, held through `b\\xfcro \\u203a \\u2713`, sets it true
|- . role: user, decides nothing
|- + group all: true, held through b\\xfcro \\u203a \\u2713 (until 2099-01-01 00:00 UTC)
|- . group b\\xfcro \\u203a \\u2713: absent
|- . default: false
`- ! allowed until 2099-01-01 00:00 UTC, when the membership in `b\\xfcro \\u203a \\u2713` expires
"""
    )


def test_colour_is_used_where_it_is_asked_for(office: Cli) -> None:
    outcome = office("explain", "gus@example.com", "chat.controls", "--color", "always")
    red, dim, yellow = (f"\x1b[{code}m" for code in ("1;31", "2", "33"))
    bold, off = "\x1b[1m", "\x1b[0m"
    assert outcome.out == (
        f"{red}✗ denied: gus@example.com may not chat.controls{off}\n"
        "├─ because the user is in no group, and the default is false\n"
        f"├─ {dim}· role: user, decides nothing{off}\n"
        f"├─ {dim}· groups: none (1 membership expired){off}\n"
        f"├─ {dim}· default: false{off}\n"
        f"└─ {yellow}! the membership in `engineering` expired on 2020-01-01 00:00 UTC "
        f"and counts no more{off}\n"
        "to allow it, one of these:\n"
        "  renew the expired membership in `engineering`, which has it\n"
        f"    {bold}grantctl groups add engineering gus@example.com{off}\n"
        "  set it for every user\n"
        f"    {bold}grantctl permissions set --default chat.controls=true{off}\n"
    )
    colours = office("explain", "bob@example.com", "chat.controls", "--color", "always").out
    assert "\x1b[1;32m✓ allowed" in colours
    assert "\x1b[32m✓ group engineering: true" in colours


def test_a_real_process_on_an_ascii_terminal_prints_ascii(process: Cli) -> None:
    outcome = process("demo", env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    assert outcome.code == 0
    assert outcome.out.isascii()
    assert "- denied: dana@example.com may not chat.controls\n|- because" in outcome.out
