"""`grantctl who-can`: everybody who has a permission, and through what."""

from __future__ import annotations

import json

from grantctl.config import OUTPUTS
from tests.conftest import Cli, Outcome

IN_FORMATS = {
    "table": (
        "ada@example.com\tadmin\t\n"
        "bob@example.com\tgroup\tengineering\n"
        "chen@example.com\tgroup\tinterns › engineering\n"
    ),
    "ndjson": (
        '{"user":"ada@example.com","through":["admin"],"paths":[],'
        '"id":"u-ada","name":"Ada","role":"admin"}\n'
        '{"user":"bob@example.com","through":["group"],"paths":["engineering"],'
        '"id":"u-bob","name":"Bob","role":"user"}\n'
        '{"user":"chen@example.com","through":["group"],"paths":["interns › engineering"],'
        '"id":"u-chen","name":"Chen","role":"user"}\n'
    ),
    "yaml": (
        "schema: grantctl.subjects/v1\ndata:\n"
        "- user: ada@example.com\n  through:\n  - admin\n  paths: []\n"
        "  id: u-ada\n  name: Ada\n  role: admin\n"
        "- user: bob@example.com\n  through:\n  - group\n  paths:\n  - engineering\n"
        "  id: u-bob\n  name: Bob\n  role: user\n"
        "- user: chen@example.com\n  through:\n  - group\n  paths:\n  - interns › engineering\n"
        "  id: u-chen\n  name: Chen\n  role: user\n"
        "warnings: []\nnext_cursor: null\n"
    ),
    "csv": (
        "user,through,paths,id,name,role\n"
        'ada@example.com,"[""admin""]",[],u-ada,Ada,admin\n'
        'bob@example.com,"[""group""]","[""engineering""]",u-bob,Bob,user\n'
        'chen@example.com,"[""group""]","[""interns › engineering""]",u-chen,Chen,user\n'
    ),
    "name": "ada@example.com\nbob@example.com\nchen@example.com\n",
}


def test_everybody_is_listed_in_every_format(office: Cli) -> None:
    for output, out in IN_FORMATS.items():
        assert office("who-can", "chat.controls", "-o", output) == Outcome(0, out, ""), output
    lines = IN_FORMATS["ndjson"].splitlines()
    document = json.loads(office("who-can", "chat.controls", "-o", "json").out)
    assert document == {
        "schema": "grantctl.subjects/v1",
        "data": [json.loads(line) for line in lines],
        "warnings": [],
        "next_cursor": None,
    }


def test_a_default_and_a_group_are_both_named(office: Cli) -> None:
    assert office("permissions", "set", "--group=engineering", "chat.share=true").code == 0
    assert office("who-can", "chat.share", "--fields", "user,through,paths").out == (
        "ada@example.com\tadmin\t\n"
        "bob@example.com\tgroup, default\tengineering\n"
        "chen@example.com\tgroup, default\tinterns › engineering\n"
        "dana@example.com\tdefault\t\n"
        "u-flo\tdefault\t\n"
        "gus@example.com\tdefault\t\n"
    )


def test_pending_users_and_expired_members_are_not_listed(office: Cli) -> None:
    assert office("who-can", "notes", "-o", "name").out == (
        "ada@example.com\nbob@example.com\nchen@example.com\ndana@example.com\n"
    )


def test_ignoring_the_role_the_tree_alone_is_asked(office: Cli) -> None:
    assert office("who-can", "notes", "--ignore-role", "-o", "name").out == (
        "bob@example.com\nchen@example.com\ndana@example.com\neli@example.com\n"
    )


def test_of_a_category_any_permission_counts_and_with_all_every_one(office: Cli) -> None:
    assert len(office("who-can", "chat", "-o", "name").out.splitlines()) == 6
    assert office("who-can", "chat", "--all", "-o", "name").out == "ada@example.com\n"
    for key in ("chat.enforced", "chat.controls"):
        office("permissions", "set", "--group=staff", f"{key}=true")
    assert office("who-can", "chat", "--all", "--ignore-role").out == (
        "bob@example.com\tgroup, default\tengineering, engineering › staff\n"
        "chen@example.com\tgroup, default\tinterns › engineering, interns › engineering › staff\n"
        "dana@example.com\tgroup, default\tsupport › staff\n"
        "eli@example.com\tgroup, default\tsupport › staff\n"
    )


def test_nobody_is_an_empty_answer_and_no_denial(office: Cli) -> None:
    for output in OUTPUTS:
        outcome = office("who-can", "chat.enforced", "--ignore-role", "-o", output)
        assert (outcome.code, outcome.err) == (0, "")
        assert "@" not in outcome.out


def test_an_unknown_permission_is_an_error_before_anything_is_written(office: Cli) -> None:
    for output in OUTPUTS:
        outcome = office("who-can", "chat.control", "-o", output)
        assert (outcome.code, outcome.out) == (4, "")
        assert "no permission `chat.control`" in outcome.err
        assert "did you mean `chat.controls`?" in outcome.err
