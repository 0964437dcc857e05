"""`grantctl access USER --diff OTHER`, as a user and as a script would ask."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from grantctl.store.database import Database
from tests.cli.office import OFFICE
from tests.conftest import Cli, Outcome
from tests.contract.damage import OPEN_WEBUI

BOB, DANA, ELI = "bob@example.com", "dana@example.com", "eli@example.com"
BOB_HIMSELF = OFFICE.users[1]
DIFF = ("access", BOB, "--diff", ELI, "chat")
SUMMARY = "3 permissions differ: bob@example.com has 3, eli@example.com has 0\n"
IN_FORMATS = {
    "table": (
        "chat.controls\tallow\tdeny\tgroup engineering, role pending\n"
        "chat.share\tallow\tdeny\trole pending\n"
        "chat.valves\tallow\tdeny\trole pending\n"
    ),
    "ndjson": (
        '{"permission":"chat.controls","verdict":"allow","other_verdict":"deny",'
        '"sources":["group engineering","role pending"],"user":"bob@example.com",'
        '"other":"eli@example.com"}\n'
        '{"permission":"chat.share","verdict":"allow","other_verdict":"deny",'
        '"sources":["role pending"],"user":"bob@example.com","other":"eli@example.com"}\n'
        '{"permission":"chat.valves","verdict":"allow","other_verdict":"deny",'
        '"sources":["role pending"],"user":"bob@example.com","other":"eli@example.com"}\n'
    ),
    "csv": (
        "permission,verdict,other_verdict,sources,user,other\n"
        'chat.controls,allow,deny,"[""group engineering"",""role pending""]",'
        "bob@example.com,eli@example.com\n"
        'chat.share,allow,deny,"[""role pending""]",bob@example.com,eli@example.com\n'
        'chat.valves,allow,deny,"[""role pending""]",bob@example.com,eli@example.com\n'
    ),
    "name": "chat.controls\nchat.share\nchat.valves\n",
}


@pytest.fixture
def office(resource_office: Database, cli: Cli) -> Cli:
    """The command line on a database that holds the office and its resources."""
    return cli


def test_what_they_differ_in_is_listed_in_every_format(office: Cli) -> None:
    for output, out in IN_FORMATS.items():
        assert office(*DIFF, "-o", output) == Outcome(0, out, SUMMARY)
    outcome = office(*DIFF, "-o", "json")
    assert json.loads(outcome.out) == {
        "schema": "grantctl.access-diff/v1",
        "data": [json.loads(line) for line in IN_FORMATS["ndjson"].splitlines()],
        "warnings": [],
        "next_cursor": None,
    }
    assert outcome.err == SUMMARY
    assert office(*DIFF[:4], "notes", "-o", "yaml").out == (
        "schema: grantctl.access-diff/v1\ndata:\n- permission: notes\n  verdict: allow\n"
        "  other_verdict: deny\n  sources:\n  - role pending\n  user: bob@example.com\n"
        "  other: eli@example.com\nwarnings: []\nnext_cursor: null\n"
    )


def test_who_is_who_is_told_above_a_table(office: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grantctl.render.style._is_terminal", lambda *_: True)
    shown = office(
        *("access", BOB, "--diff", BOB, "--role", "pending", "notes", "--color", "never"),
        env={"COLUMNS": "120"},
    )
    assert shown.out.splitlines() == [
        "hypothetical: role pending",
        "",
        "Permission  bob@example.com  bob@example.com (hypothetical)  What makes the difference",
        "─" * 86,
        "notes       allow            deny                            role pending",
    ]


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_hostile_name_reaches_no_terminal(
    database: Database, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    users = (replace(BOB_HIMSELF, email="b\x1b[31m@example.com\n"), *OFFICE.users[2:])
    replace(OFFICE, users=users, memberships=()).write(database)
    monkeypatch.setattr("grantctl.render.style._is_terminal", lambda *_: True)
    asked = ("access", "u-bob", "--diff", "u-bob", "--role", "admin", "--color", "never")
    outcome = cli(*asked, env={"COLUMNS": "200"})
    assert "\x1b" not in outcome.out + outcome.err
    assert "b\\x1b[31m@example.com" in outcome.out
    assert outcome.err.count("\n") == 1


def test_of_resources_each_action_is_listed_with_what_lets_the_one_in(office: Cli) -> None:
    assert office("access", BOB, "--diff", DANA, "--type", "*") == Outcome(
        0,
        "model:gpt-4o\tread\tallow\tdeny\tgroup engineering\n"
        "model:helper\tread\tallow\tdeny\tbase model:gpt-4o: group engineering\n"
        "model:helper\twrite\tdeny\tallow\towner\n"
        "model:lost\twrite\tdeny\tallow\towner\n",
        "4 actions differ: bob@example.com has 2, dana@example.com has 2\n",
    )
    assert office("access", "u-flo", "--diff", BOB, "--type", "tool") == Outcome(
        0,
        "tool:calculator\tread\tdeny\tallow\towner, group engineering › staff\n",
        "1 action differs: u-flo has 0, bob@example.com has 1\n",
    )
    document = json.loads(office("access", "u-flo", "--diff", BOB, "--type", "*", "-o", "json").out)
    assert document["schema"] == "grantctl.reachable-diff/v1"
    assert document["data"][0] == {
        "resource": "model:gpt-4o",
        "action": "read",
        "verdict": "deny",
        "other_verdict": "allow",
        "sources": ["group engineering"],
        "user": "u-flo",
        "other": BOB,
        "name": "GPT-4o",
    }


def test_rules_that_are_left_out_make_no_difference(office: Cli) -> None:
    asked = ("access", BOB, "--diff", ELI)
    assert office(*asked, "chat.share", "--ignore-role") == Outcome(
        0, "", "bob@example.com and eli@example.com differ in no permissions\n"
    )
    owned = ("access", BOB, "--diff", DANA, "--type", "model", "--action", "write")
    assert office(*owned, "-o", "name").out == "model:helper\nmodel:lost\n"
    assert office(*owned, "--ignore-owner") == Outcome(
        0, "", "bob@example.com and dana@example.com differ in no actions\n"
    )
    based = ("access", BOB, "--diff", DANA, "--type", "model", "--action", "read")
    assert office(*based, "--ignore-base", "-o", "name").out == "model:gpt-4o\n"


def test_what_hangs_on_a_group_alone_is_the_difference_to_oneself_without_it(office: Cli) -> None:
    alone = ("access", BOB, "--diff", "u-bob", "--without-group")
    assert office(*alone, "engineering") == Outcome(
        0,
        "chat.controls\tallow\tdeny\tgroup engineering\n"
        "notes\tallow\tdeny\tgroup engineering › staff\n",
        "warning: hypothetical: without group engineering\n"
        "2 permissions differ: bob@example.com has 2, bob@example.com (hypothetical) has 0\n",
    )
    assert office(*alone, "support").out == ""
    assert office(*alone, "engineering", "--with-group", "support", "notes").out == ""


def test_assumptions_are_of_the_other_alone(office: Cli) -> None:
    outcome = office("access", DANA, "--diff", BOB, "--with-group", "support", "chat")
    assert outcome.out == "chat.controls\tdeny\tallow\tgroup engineering\n"
    outcome = office("access", BOB, "--diff", DANA, "--with-group", "engineering", "chat")
    assert outcome.out == ""
    gus = ("access", "gus@example.com", "--diff", "gus@example.com", "--at", "2019-01-01")
    assert office(*gus, "chat").out == "chat.controls\tdeny\tallow\tgroup engineering\n"


def test_nobody_differs_from_himself(office: Cli) -> None:
    for user in ("ada@example.com", BOB, ELI):
        for more in ((), ("--type", "*")):
            assert office("access", user, "--diff", user, *more).out == ""


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ((BOB, "--diff", "nobody"), 4, "no user `nobody`"),
        (("nobody", "--diff", BOB), 4, "no user `nobody`"),
        ((BOB, "--diff", DANA, "no.such"), 4, "no permission `no.such`"),
        ((BOB, "--diff", DANA, "--type", "modle"), 4, "no resource is of the type `modle`"),
        ((BOB, "--diff", DANA, "--action", "read"), 2, "go with `--type`"),
        (("--diff", DANA), 2, "missing argument `USER`"),
        (("--batch", "-", "--diff", DANA), 2, "it does not go with `--batch`"),
    ],
)
def test_what_cannot_be_compared_is_an_error(
    arguments: tuple[str, ...], code: int, message: str, office: Cli
) -> None:
    outcome = office("access", *arguments)
    assert (outcome.code, outcome.out) == (code, "")
    assert message in outcome.err.splitlines()[0]


def test_users_of_an_attached_database_are_compared(process: Cli) -> None:
    env = {"GRANTCTL_DATABASE": f"openwebui+sqlite:///{OPEN_WEBUI}"}
    users = process("users", "list", "-o", "name", env=env).out.splitlines()
    outcome = process("access", users[0], "--diff", users[1], "--type", "*", env=env)
    assert outcome.code == 0
    assert outcome.err.count("\n") == 1
