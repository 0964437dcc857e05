"""`grantctl check --batch`: many questions, a line each."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from subprocess import PIPE, Popen

import pytest

from grantctl.errors import DatabaseError
from grantctl.store.connection import open_writing
from grantctl.store.reader import Reader
from grantctl.store.url import parse_url
from tests.conftest import Cli, Outcome
from tests.contract.damage import OPEN_WEBUI

ROWS = (
    "bob@example.com\tchat.controls\n"
    "dana@example.com\tchat.controls\n"
    "\n"
    "eli@example.com\tnotes\n"
    "ada@example.com\tchat\n"
)
ANSWERS = (
    "bob@example.com\tchat.controls\tallow\tgroup\n"
    "dana@example.com\tchat.controls\tdeny\tnot_granted\n"
    "eli@example.com\tnotes\tdeny\tpending\n"
    "ada@example.com\tchat\tallow\tadmin\n"
)


def test_a_file_s_rows_are_answered_in_their_order(office: Cli, tmp_path: Path) -> None:
    file = tmp_path / "rows.tsv"
    file.write_text(ROWS, encoding="utf-8")
    assert office("check", "--batch", str(file)) == Outcome(0, ANSWERS, "")


def test_stdin_is_read_like_a_file(office: Cli) -> None:
    assert office("check", "--batch", "-", stdin=ROWS) == Outcome(0, ANSWERS, "")
    assert office("check", "--batch", "-", stdin="") == Outcome(0, "", "")


def test_a_row_may_be_json(office: Cli) -> None:
    rows = [
        {"user": "bob@example.com", "permission": "chat.controls"},
        {"user": "dana@example.com", "key": "chat.controls"},
    ]
    stdin = "".join(f"{json.dumps(row)}\n" for row in rows) + "eli@example.com\tnotes\n"
    out = "".join(ANSWERS.splitlines(keepends=True)[:3])
    assert office("check", "--batch", "-", stdin=stdin) == Outcome(0, out, "")


@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_windows_line_ends_and_a_byte_order_mark_are_no_part_of_a_row(
    office: Cli, start: str, tmp_path: Path
) -> None:
    content = (start + ROWS.replace("\n", "\r\n")).encode()
    assert office("check", "--batch", "-", stdin=content) == Outcome(0, ANSWERS, "")
    file = tmp_path / "rows.tsv"
    file.write_bytes(content)
    assert office("check", "--batch", str(file)) == Outcome(0, ANSWERS, "")


NEITHER = "line 2 is neither `user<TAB>permission` nor `user<TAB>action<TAB>type:id`"
HALF = "line 2 has neither `permission`, nor `action` and `resource`"
NO_ACTION = "`a b` is no action: it holds a space or an invisible character"
UNANSWERABLE = [
    (b"nobody\tnotes", "nobody", "notes", "no user `nobody`"),
    (b"Bob\tnote", "Bob", "note", "no permission `note`"),
    (b"Bob", "", "", NEITHER),
    (b"Bob\t", "", "", NEITHER),
    (b"\tnotes", "", "", NEITHER),
    (b"Bob\tread\tmodel:x\tmore", "", "", NEITHER),
    (b"Bob\tnotes\tmore", "Bob", "notes more", "`more` does not name a resource"),
    (b"Bob\tread\tmodel:x", "Bob", "read model:x", "there are no resources"),
    (b"Bob\ta b\tmodel:x", "Bob", "a b model:x", NO_ACTION),
    (b'{"user": "Bob"', "", "", "line 2 is not JSON"),
    (b'{"user": "Bob"}', "", "", HALF),
    (b'{"user": "Bob", "action": "read"}', "", "", HALF),
    (b'{"user": "Bob", "action": "read", "resource": "m:x", "permission": "notes"}', "", "", HALF),
    (b'{"user": 1, "key": "notes"}', "", "", "line 2 lacks `user`"),
    (b'{"a":' * 100_000, "", "", "line 2 is not JSON"),
    (b'["Bob", "notes"]', "", "", NEITHER),
    (b"B\xffb\tnotes", "", "", "line 2 is not UTF-8"),
    (b"\xed\xa0\x80\tnotes", "", "", "line 2 is not UTF-8"),
    (b'{"user": "\\ud800", "key": "notes"}', "\\ud800", "notes", "no user `\\ud800`"),
    (b"a\0b\tnotes", "a\\x00b", "notes", "no user `a\\x00b`"),
    (b"a\x1bb\tnotes", "a\\x1bb", "notes", "no user `a\\x1bb`"),
    (b"a\rb\tnotes", "a\\rb", "notes", "no user `a\\rb`"),
]


def test_a_row_that_cannot_be_answered_fails_alone(office: Cli) -> None:
    first, last = b"bob@example.com\tchat.controls\n", b"\nbob@example.com\tnotes\n"
    for row, user, key, reason in UNANSWERABLE:
        outcome = office("check", "--batch", "-", stdin=first + row + last)
        assert outcome == Outcome(
            8,
            "bob@example.com\tchat.controls\tallow\tgroup\n"
            f"{user}\t{key}\terror\t{reason}\n"
            "bob@example.com\tnotes\tallow\tgroup\n",
            "",
        )


IN_FORMATS = [
    (
        "json",
        '{\n  "schema": "grantctl.verdicts/v1",\n  "data": [\n    {\n'
        '      "user": "Bob",\n      "permission": "notes",\n      "verdict": "allow",\n'
        '      "reason": "group",\n      "action": null,\n      "resource": null\n    },\n    {\n'
        '      "user": "",\n      "permission": "",\n      "verdict": "error",\n'
        f'      "reason": "{NEITHER}",\n      "action": null,\n'
        '      "resource": null\n    }\n  ],\n'
        '  "warnings": [],\n  "next_cursor": null\n}\n',
    ),
    (
        "ndjson",
        '{"user":"Bob","permission":"notes","verdict":"allow","reason":"group",'
        '"action":null,"resource":null}\n'
        '{"user":"","permission":"","verdict":"error",'
        f'"reason":"{NEITHER}","action":null,"resource":null}}\n',
    ),
    (
        "yaml",
        "schema: grantctl.verdicts/v1\ndata:\n- user: Bob\n  permission: notes\n"
        "  verdict: allow\n  reason: group\n  action: null\n  resource: null\n"
        "- user: ''\n  permission: ''\n"
        f"  verdict: error\n  reason: {NEITHER}\n  action: null\n  resource: null\n"
        "warnings: []\nnext_cursor: null\n",
    ),
    (
        "csv",
        "user,permission,verdict,reason,action,resource\nBob,notes,allow,group,,\n"
        f",,error,{NEITHER},,\n",
    ),
    ("name", "allow\nerror\n"),
]


def test_a_batch_is_answered_in_every_format_with_the_same_exit_code(office: Cli) -> None:
    stdin = "Bob\tnotes\nx\n"
    for output, out in IN_FORMATS:
        arguments = ("check", "--batch", "-", "-o", output)
        assert office(*arguments, stdin=stdin) == Outcome(8, out, "")
        assert office(*arguments, "-q", stdin=stdin) == Outcome(8, "", "")


def test_fields_and_flags_hold_for_every_row(office: Cli) -> None:
    arguments = ("check", "--batch", "-", "--fields", "verdict,user")
    stdin = "Flo\tchat\neli@example.com\tchat.share\n"
    assert office(*arguments, stdin=stdin).out == "allow\tFlo\ndeny\teli@example.com\n"
    assert office(*arguments, "--all", stdin=stdin).out == "deny\tFlo\ndeny\teli@example.com\n"
    assert office(*arguments, "--ignore-role", stdin=stdin).out == (
        "allow\tFlo\nallow\teli@example.com\n"
    )


def test_a_batch_takes_no_user_beside_the_file(office: Cli) -> None:
    assert office("check", "--batch", "-", "Bob", "notes", stdin=ROWS) == Outcome(
        2, "", "error: `--batch` takes its users and keys from the file, not from arguments\n"
    )


def test_a_file_that_cannot_be_read_is_a_usage_error(office: Cli, tmp_path: Path) -> None:
    missing = tmp_path / "missing.tsv"
    assert office("check", "--batch", str(missing)) == Outcome(
        2, "", f"error: `{missing}` cannot be read: no such file or directory\n"
    )
    assert office("check", "--batch", str(tmp_path)).err == (
        f"error: `{tmp_path}` cannot be read: is a directory\n"
    )


def test_a_database_that_fails_on_the_way_ends_the_batch(
    office: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = Reader.permission_facts

    def read(self: Reader, user: str, key: str, **options: bool) -> object:
        if user == "Bob":
            raise DatabaseError("the database cannot be reached")
        return plain(self, user, key, **options)

    monkeypatch.setattr(Reader, "permission_facts", read)
    outcome = office("check", "--batch", "-", stdin="Flo\tnotes\nBob\tnotes\nFlo\tnotes\n")
    assert outcome == Outcome(
        7, "Flo\tnotes\tdeny\tnot_granted\n", "error: the database cannot be reached\n"
    )


def test_whoever_asks_one_row_at_a_time_has_each_answer_at_once(office: Cli, url: str) -> None:
    environment = {**os.environ, "GRANTCTL_DATABASE": url}
    line = [sys.executable, "-m", "grantctl", "check", "--batch", "-"]
    with Popen(line, stdin=PIPE, stdout=PIPE, text=True, env=environment) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        asked = (("bob@example.com", "allow\tgroup"), ("nobody", "error\tno user `nobody`"))
        for user, answer in asked * 2:
            process.stdin.write(f"{user}\tchat.controls\n")
            process.stdin.flush()
            assert process.stdout.readline() == f"{user}\tchat.controls\t{answer}\n"
        value = "permissions set --group engineering chat.controls=false"
        assert office(*value.split()).code == 0
        process.stdin.write("bob@example.com\tchat.controls\n")
        process.stdin.flush()
        assert process.stdout.readline().startswith("bob@example.com\tchat.controls\tdeny\t")
        process.stdin.close()
    assert process.returncode == 8


def test_lines_are_numbered_from_one_part_to_the_next(office: Cli, tmp_path: Path) -> None:
    file = tmp_path / "rows.tsv"
    rows = 5000
    file.write_text("bob@example.com\tchat.controls\n" * rows + "\n\nwrong\n" + ROWS.rstrip())
    outcome = office("check", "--batch", str(file))
    lines = outcome.out.splitlines()
    assert outcome.code == 8
    assert set(lines[:rows]) == {"bob@example.com\tchat.controls\tallow\tgroup"}
    wrong = NEITHER.replace("line 2", f"line {rows + 3}")
    assert lines[rows] == f"\t\terror\t{wrong}"
    assert lines[rows + 1 :] == ANSWERS.splitlines()


def test_a_row_may_be_long_and_the_last_one_without_an_end(office: Cli) -> None:
    long = "x" * 300_000
    stdin = f"{long}\tchat.controls\r\nbob@example.com\tchat.controls"
    outcome = office("check", "--batch", "-", stdin=stdin)
    assert outcome.out.splitlines() == [
        f"{long}\tchat.controls\terror\tno user `{long[:80]}`",
        "bob@example.com\tchat.controls\tallow\tgroup",
    ]


@pytest.mark.parametrize("engine", ["sqlite"])
def test_damage_ends_the_batch_no_earlier_than_at_the_row_that_it_concerns(
    office: Cli, url: str
) -> None:
    connection = open_writing(parse_url(url))
    try:
        connection.run("PRAGMA ignore_check_constraints=ON")
        connection.run("UPDATE users SET role = 'root' WHERE email = 'eli@example.com'")
    finally:
        connection.close()
    first, second, _, last = ANSWERS.splitlines(keepends=True)
    plain = "".join(line for line in ROWS.splitlines(keepends=True) if "eli" not in line)
    assert office("check", "--batch", "-", stdin=plain) == Outcome(0, first + second + last, "")
    outcome = office("check", "--batch", "-", stdin=ROWS)
    assert (outcome.code, outcome.out) == (7, first + second)
    assert outcome.err.startswith("error: the database is damaged: the row of a user")


def test_an_attached_database_is_asked_like_any_other(cli: Cli) -> None:
    database = f"openwebui+sqlite:///{OPEN_WEBUI}"
    stdin = "ada@example.com\tchat.controls\nnobody\tchat\n"
    assert cli("check", "--batch", "-", "--database", database, stdin=stdin) == Outcome(
        8,
        "ada@example.com\tchat.controls\tallow\tadmin\nnobody\tchat\terror\tno user `nobody`\n",
        "",
    )
    names = cli("who-can", "chat.controls", "-o", "name", "--database", database).out
    rows = cli("who-can", "chat.controls", "--fields", "user", "--database", database).out
    assert names == rows
    assert names.startswith("ada@example.com\n")
