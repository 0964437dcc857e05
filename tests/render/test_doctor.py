"""What `doctor` found, drawn: whole trees, in Unicode and in ASCII, with colour and without."""

from __future__ import annotations

from collections.abc import Sequence

from tests.render.examples import stream, style, written

from grantctl.render.doctor import Row, write_findings
from grantctl.render.style import Format


def row(
    status: str, check: str, section: str, message: str, subject: str = "", advice: str = ""
) -> Row:
    return {
        "status": status,
        "check": check,
        "subject": subject,
        "message": message,
        "advice": advice,
        "section": section,
    }


ROWS = (
    row("ok", "database_reachable", "database", "it answers", "sqlite:///g.db"),
    row("skipped", "clocks_agree", "database", "nobody knows"),
    row("skipped", "integrity", "integrity", "nobody knows"),
    row("skipped", "first", "settings", "for one reason"),
    row("skipped", "second", "settings", "for another"),
    row("note", "users_pending", "directory", "1 user"),
    row(
        "warning",
        "flags_shadowed",
        "permissions",
        "false without effect in `[red]\x1b[2J`: ha",
        "chat.share",
        "grantctl permissions unset --group=g chat.share",
    ),
    row("failure", "flag_values", "permissions", "neither"),
)


def drawn(rows: Sequence[Row], encoding: str = "utf-8", *, color: bool = False) -> str:
    to = stream(encoding)
    write_findings(to, rows, style(Format.TABLE, is_terminal=True, use_color=color))
    return written(to)


def test_a_tree_has_a_branch_a_section_and_advice_on_lines_of_its_own() -> None:
    assert drawn(ROWS) == (
        "✗ 1 failure, 1 warning, 1 note, 4 skipped\n"
        "├─ – database\n"
        "│  ├─ ✓ database_reachable sqlite:///g.db: it answers\n"
        "│  └─ – clocks_agree: nobody knows\n"
        "├─ – integrity: skipped, nobody knows\n"
        "├─ – settings\n"
        "│  ├─ – first: for one reason\n"
        "│  └─ – second: for another\n"
        "├─ · directory\n"
        "│  └─ · users_pending: 1 user\n"
        "└─ ✗ permissions\n"
        "   ├─ ! flags_shadowed chat.share: false without effect in `[red]\\x1b[2J`: ha\n"
        "   │  └─ grantctl permissions unset --group=g chat.share\n"
        "   └─ ✗ flag_values: neither\n"
    )


def test_a_stream_that_takes_ascii_alone_gets_ascii() -> None:
    assert drawn(ROWS[:2], "ascii") == (
        "~ 1 skipped\n"
        "`- ~ database\n"
        "   |- + database_reachable sqlite:///g.db: it answers\n"
        "   `- ~ clocks_agree: nobody knows\n"
    )


def test_colour_follows_the_status() -> None:
    assert drawn((ROWS[0], ROWS[3], ROWS[6]), color=True) == (
        "\x1b[1;33m! 1 warning, 1 skipped\x1b[0m\n"
        "├─ \x1b[32m✓ database\x1b[0m\n"
        "│  └─ \x1b[32m✓ database_reachable sqlite:///g.db: it answers\x1b[0m\n"
        "├─ \x1b[90m– settings: skipped, for one reason\x1b[0m\n"
        "└─ \x1b[33m! permissions\x1b[0m\n"
        "   └─ \x1b[33m! flags_shadowed chat.share: "
        "false without effect in `[red]\\x1b[2J`: ha\x1b[0m\n"
        "      └─ \x1b[1mgrantctl permissions unset --group=g chat.share\x1b[0m\n"
    )


def test_where_all_is_well_the_first_line_says_so() -> None:
    assert drawn(ROWS[:1]).splitlines()[0] == "✓ all is well"
    assert drawn((ROWS[0], ROWS[5])).splitlines()[0] == "· 1 note"
