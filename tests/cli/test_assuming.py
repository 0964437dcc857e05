"""Questions about what would be: every option, in every format, and always marked."""

from __future__ import annotations

import json

import pytest
from sqlmodel import Session, col, update

from grantctl.config import OUTPUTS
from grantctl.store.database import Database
from grantctl.store.session import change
from grantctl.store.tables import UserRow
from tests.cli.credential_desk import Desk
from tests.cli.office import undated
from tests.conftest import Cli, Outcome
from tests.contract.damage import OPEN_WEBUI

DANA, CHEN = "dana@example.com", "chen@example.com"
WITH = ("--with-group", "engineering")
HEADLINE = "hypothetical: with group engineering"
WARNED = f"warning: {HEADLINE}\n"
ASSUMED = [{"kind": "with_group", "group": {"id": "g-eng", "name": "engineering"}}]
ON_SQLITE = pytest.mark.parametrize("engine", ["sqlite"])


@pytest.fixture
def office(resource_office: Database, cli: Cli) -> Cli:
    """The command line on a database that holds the office and its resources."""
    return cli


def test_check_says_what_would_be_and_that_it_would_be(office: Cli) -> None:
    assert office("check", DANA, "chat.controls").code == 3
    assert office("check", DANA, "chat.controls", *WITH) == Outcome(
        0, "allowed (hypothetical): group `engineering` sets it true\n", WARNED
    )
    assert office("check", DANA, "read", "model:gpt-4o", *WITH) == Outcome(
        0, "allowed (hypothetical): group `engineering` is granted `read`\n", WARNED
    )
    assert office("check", "bob@example.com", "chat.controls", "--role", "pending") == Outcome(
        3,
        "denied (hypothetical): pending users are denied everything\n",
        "warning: hypothetical: role pending\n",
    )
    assert office("check", DANA, "chat.controls", *WITH, "-q") == Outcome(0, "", "")
    assert office("check", DANA, "chat.controls").code == 3


def test_each_option_assumes_what_it_says(office: Cli) -> None:
    for user, key, options, words, code in (
        (DANA, "chat.controls", (*WITH, "--without-group", "staff"), None, 0),
        (DANA, "notes", ("--without-group", "staff"), "without group staff", 3),
        (DANA, "chat.enforced", ("--role", "admin"), "role admin", 0),
        ("eli@example.com", "notes", ("--role", "user"), "role user", 0),
        (DANA, "chat.controls", ("--set", "staff:chat.controls=true"), None, 0),
        (DANA, "notes", ("--set", "g-staff:notes=unset"), "notes unset in staff", 3),
        (DANA, "notes", ("--set", "staff:notes=False"), "notes false in staff", 3),
        (DANA, "chat.enforced", ("--set", "support:chat=true"), "chat true in support", 0),
        (DANA, "chat.controls", ("--default", "chat.controls=true"), None, 0),
        (DANA, "chat.share", ("--default", "chat=false"), "chat false by default", 3),
        (CHEN, "chat.controls", ("--at", "2099-01-01"), "at 2099-01-01 00:00 UTC", 3),
        (CHEN, "chat.controls", ("--at", "2098-12-31T23:59:59"), "at 2098-12-31 23:59:59 UTC", 0),
        ("gus@example.com", "chat.controls", ("--at", "2019-12-31"), None, 0),
    ):
        outcome = office("check", user, key, *options)
        assert outcome.code == code, (options, outcome)
        if words is not None:
            assert outcome.err.splitlines()[0] == f"warning: hypothetical: {words}"


def test_options_add_up(office: Cli) -> None:
    outcome = office(
        *("check", "u-flo", "chat.valves", "--with-group", "interns", "--with-group", "support"),
        *("--set", "interns:chat.valves=true", "--set", "support:chat.controls=false"),
        *("--default", "chat.valves=false", "--at", "2098-01-01"),
    )
    assert outcome == Outcome(
        0,
        "allowed (hypothetical): group `interns` sets it true\n",
        "warning: hypothetical: with group interns, with group support, chat.valves true in "
        "interns, chat.controls false in support, chat.valves false by default, at 2098-01-01 "
        "00:00 UTC\n",
    )


def test_explain_marks_the_tree_and_advises_nothing(office: Cli) -> None:
    options = (*WITH, "--set", "engineering:chat.controls=false")
    assert office("explain", DANA, "chat.controls", *options) == Outcome(
        3,
        "✗ denied (hypothetical): dana@example.com may not chat.controls\n"
        f"├─ ! {HEADLINE}, chat.controls false in engineering\n"
        "├─ because none of 3 groups sets it true (1 false, 2 absent), and the default is false\n"
        "├─ · role: user, decides nothing\n"
        "├─ · group engineering: false\n"
        "├─ · group staff: absent, held through engineering\n"
        "├─ · group support: absent\n"
        "└─ · default: false\n",
        "",
    )
    assert office("explain", DANA, "read", "model:gpt-4o", *WITH) == Outcome(
        0,
        "✓ allowed (hypothetical): dana@example.com may read model:gpt-4o\n"
        f"├─ ! {HEADLINE}\n"
        "├─ because group `engineering` is granted `read`\n"
        "├─ · role: user, decides nothing\n"
        "└─ ✓ model:gpt-4o (GPT-4o), restricted: 1 grant\n"
        "   ├─ · the owner is `ada@example.com`, not the user\n"
        "   └─ ✓ grant of read to group engineering: covers read, the user is in it\n",
        "",
    )


@pytest.mark.parametrize("asked", [("chat.controls",), ("read", "model:gpt-4o")])
def test_the_documents_of_check_and_explain_hold_the_assumptions(
    asked: tuple[str, ...], office: Cli
) -> None:
    for command in ("check", "explain"):
        outcome = office(command, DANA, *asked, *WITH, "-o", "json")
        document = json.loads(outcome.out)
        assert (outcome.code, outcome.err) == (0, "")
        assert document["data"]["assumptions"] == ASSUMED
        assert document["data"]["remedies"] == []
        assert document["data"]["notices"][0] == {"code": "assumption", "message": HEADLINE}
        assert document["warnings"][0] == HEADLINE
        denied = json.loads(office(command, DANA, *asked, "-o", "json").out)
        assert "assumptions" not in denied["data"]


def test_every_kind_of_assumption_has_its_document(office: Cli) -> None:
    outcome = office(
        *(
            "check",
            DANA,
            "notes",
            "-o",
            "json",
            "--fields",
            "allowed,assumptions",
            "--role",
            "user",
        ),
        *("--without-group", "staff", "--set", "support:chat=unset", "--set", "support:notes=true"),
        *("--default", "notes=false", "--at", "2030-01-01T01:00+01:00"),
    )
    support = {"id": "g-sup", "name": "support"}
    chat = ["chat.controls", "chat.enforced", "chat.share", "chat.valves"]
    assert json.loads(outcome.out)["data"] == {
        "allowed": True,
        "assumptions": [
            {"kind": "without_group", "group": {"id": "g-staff", "name": "staff"}},
            {"kind": "role", "role": "user"},
            {
                "kind": "flag",
                "group": support,
                "permission": "chat",
                "value": None,
                "permissions": chat,
            },
            {
                "kind": "flag",
                "group": support,
                "permission": "notes",
                "value": True,
                "permissions": ["notes"],
            },
            {"kind": "default", "permission": "notes", "value": False, "permissions": ["notes"]},
            {"kind": "at", "at": "2030-01-01T00:00:00Z"},
        ],
    }


def test_who_can_assumes_it_of_everybody(office: Cli) -> None:
    assert office("who-can", "chat.controls", *WITH, "--without-group", "staff") == Outcome(
        0,
        "ada@example.com\tadmin\t\n"
        "bob@example.com\tgroup\tengineering\n"
        "chen@example.com\tgroup\tengineering\n"
        "dana@example.com\tgroup\tengineering\n"
        "u-flo\tgroup\tengineering\n"
        "gus@example.com\tgroup\tengineering\n",
        f"{WARNED[:-1]}, without group staff\n",
    )
    assert office("who-can", "chat.enforced", "--role", "user", "-o", "name").out == ""
    assert office("who-can", "chat.enforced", "--set", "staff:chat.enforced=true").out == (
        "ada@example.com\tadmin\t\n"
        "bob@example.com\tgroup\tengineering › staff\n"
        "chen@example.com\tgroup\tinterns › engineering › staff\n"
        "dana@example.com\tgroup\tsupport › staff\n"
    )
    assert office(
        "who-can", "read", "model:gpt-4o", "--with-group", "interns", "-o", "name"
    ).out == (
        "ada@example.com\nbob@example.com\nchen@example.com\ndana@example.com\nu-flo\n"
        "gus@example.com\n"
    )


def test_access_lists_what_would_be(office: Cli) -> None:
    assert office("access", DANA, "chat.controls", *WITH) == Outcome(
        0, "chat.controls\tallow\tgroup engineering\tengineering\n", WARNED
    )
    assert office("access", DANA, "--type", "model", "--action", "read", *WITH) == Outcome(
        0,
        "model:gpt-4o\tread\tgroup\tengineering\tGPT-4o\n"
        "model:helper\tread\towner, public\t\tHelper\n"
        "model:llama3\tread\tpublic\t\tLlama 3\n",
        WARNED,
    )


LISTS = (
    ("who-can", "chat.controls"),
    ("who-can", "read", "model:gpt-4o"),
    ("access", DANA, "chat"),
    ("access", DANA, "--type", "model"),
    ("access", DANA, "--diff", CHEN),
    ("access", DANA, "--diff", DANA, "--type", "model"),
)


@pytest.mark.parametrize("command", LISTS, ids=" ".join)
def test_lists_are_marked_in_every_format(command: tuple[str, ...], office: Cli) -> None:
    for output in OUTPUTS:
        outcome = office(*command, *WITH, "-o", output)
        assert outcome.code == 0
        if output in ("json", "yaml"):
            assert HEADLINE in outcome.out
            assert HEADLINE not in outcome.err
        else:
            assert HEADLINE not in outcome.out
            assert outcome.err.startswith(WARNED)
            assert outcome.err.count(HEADLINE) == 1
    document = json.loads(office(*command, *WITH, "-o", "json").out)
    assert list(document) == ["schema", "data", "warnings", "next_cursor", "assumptions"]
    assert document["assumptions"] == ASSUMED
    assert document["warnings"] == [HEADLINE]


def test_a_table_on_a_terminal_says_it_above(office: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grantctl.render.style._is_terminal", lambda *_: True, raising=True)
    outcome = office("access", DANA, "notes", "--role", "admin", env={"COLUMNS": "80"})
    assert outcome.err == ""
    assert outcome.out.splitlines()[:2] == ["hypothetical: role admin", ""]


def test_batches_take_assumptions_for_every_row(office: Cli) -> None:
    rows = f"{DANA}\tchat.controls\nu-flo\tchat.controls\n{DANA}\tread\tmodel:gpt-4o\n"
    assert office("check", "--batch", "-", *WITH, stdin=rows) == Outcome(
        0,
        f"{DANA}\tchat.controls\tallow\tgroup\n"
        "u-flo\tchat.controls\tallow\tgroup\n"
        f"{DANA}\tread model:gpt-4o\tallow\tgrant\n",
        WARNED,
    )
    explained = office("explain", "--batch", "-", *WITH, "-o", "ndjson", stdin=rows)
    for line in explained.out.splitlines():
        one = json.loads(line)
        assert (one["verdict"], one["commands"]) == ("allow", [])
        assert one["decision"]["assumptions"] == ASSUMED
    trees = office("explain", "--batch", "-", *WITH, stdin=rows).out
    assert trees.count(f"├─ ! {HEADLINE}\n") == 3
    counts = [
        office(*command, "--batch", "-", *WITH, "-o", "name", stdin=text).out.count("\n")
        for command, text in (
            (("who-can",), "chat.controls\nread\tmodel:gpt-4o\n"),
            (("access", "chat.controls"), f"{DANA}\nu-flo\n"),
            (("access", "--type", "model", "--action", "read"), f"{DANA}\nu-flo\n"),
        )
    ]
    assert counts == [12, 2, 6]


@ON_SQLITE
def test_a_token_is_judged_of_its_user_as_it_would_be_and_at_that_time(desk: Desk) -> None:
    token = desk.issue("bob@example.com", "--ttl", "1h")
    key = desk.key("bob@example.com")

    def check(text: str, *options: str) -> Outcome:
        return desk("check", "--token", "-", "chat.controls", *options, stdin=text)

    assert check(token).code == check(key).code == 0
    late = check(token, "--at", "2h")
    assert late.code == 3
    assert late.out.startswith(
        "denied (hypothetical): the token is not accepted: it expired 1 hour ago"
    )
    assert late.err.startswith("warning: hypothetical: at ")
    assert check(key, "--at", "2h").code == 0
    for one in (token, key):
        assert check(one, "--role", "pending").out == (
            "denied (hypothetical): the token is not accepted: its user is pending\n"
        )
        assert check(one, "--without-group", "engineering").out.startswith("denied (hypothetical)")
    assert check(key, "--default", "features.api_keys=false").out == (
        "denied (hypothetical): the token is not accepted: "
        "its user lacks the permission `features.api_keys`\n"
    )
    refused = check(token, "--role", "pending", "-o", "json")
    data = json.loads(refused.out)["data"]
    assert (refused.code, data["reason"]) == (3, "token")
    assert data["assumptions"] == [{"kind": "role", "role": "pending"}]
    explained = desk("explain", "--token", "-", "chat.controls", "--role", "pending", stdin=key)
    assert explained == check(key, "--role", "pending")


@ON_SQLITE
def test_the_token_of_a_pending_user_is_accepted_where_the_user_would_not_be(desk: Desk) -> None:
    token, key = desk.issue("dana@example.com"), desk.key("dana@example.com")

    def work(session: Session) -> None:  # a suspension would revoke the tokens, too
        session.exec(update(UserRow).where(col(UserRow.id) == "u-dana").values(role="pending"))

    change(desk.database, work, dry_run=False)
    for text in (token, key):
        asked = ("check", "--token", "-", "chat.share")
        assert desk(*asked, stdin=text).code == 3
        assert desk(*asked, "--role", "user", stdin=text) == Outcome(
            0,
            "allowed (hypothetical): the default is true\n",
            "warning: hypothetical: role user\n"
            "warning: `support` says false for `chat.share` without effect: true anywhere wins\n",
        )


REFUSED = {
    "no group": (("--with-group", "enginering"), 4),
    "no role": (("--role", "boss"), 5),
    "no flag": (("--set", "engineering:chat.controls"), 2),
    "no value": (("--set", "engineering:chat.controls=yes"), 2),
    "no key": (("--set", "engineering=true"), 2),
    "an unknown key": (("--set", "engineering:chat.contrls=true"), 4),
    "an unset default": (("--default", "chat.controls=unset"), 2),
    "an empty default": (("--default", "=true"), 2),
    "no time": (("--at", "tomorrow"), 2),
    "an empty group": (("--with-group", ""), 4),
    "an empty role": (("--role", ""), 5),
    "an empty time": (("--at", ""), 2),
    "both": (("--with-group", "staff", "--without-group", "g-staff"), 5),
    "two values": (("--default", "chat=true", "--default", "chat.share=false"), 5),
}


@pytest.mark.parametrize(("options", "code"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_assumed_is_an_error_whatever_is_asked(
    options: tuple[str, ...], code: int, office: Cli
) -> None:
    for command in (("check", DANA, "notes"), *LISTS[:4]):
        outcome = office(*command, *options)
        assert (outcome.code, outcome.out) == (code, ""), outcome
        assert outcome.err.startswith("error: ")
        told = json.loads(office(*command, *options, "-o", "json").err)
        assert told["error"]["exit_code"] == code


def test_the_errors_say_what_is_meant(office: Cli) -> None:
    assert office("check", DANA, "notes", "--with-group", "enginering").err == (
        "error: no group `enginering`\nhint: did you mean `engineering`? grantctl groups list\n"
    )
    assert office("check", DANA, "notes", "--set", "notes=true").err == (
        "error: `notes` is not of the form GROUP:KEY\nhint: e.g. --set editors:chat.controls=true\n"
    )
    assert office("check", DANA, "notes", "--default", "notes=unset").err == (
        "error: `notes=unset` is not of the form KEY=true or KEY=false\n"
        "hint: e.g. --default chat.controls=true\n"
    )


def test_an_attached_database_is_asked_what_would_be(process: Cli) -> None:
    env = {"GRANTCTL_DATABASE": f"openwebui+sqlite:///{OPEN_WEBUI}"}
    real = process("who-can", "chat", "-o", "name", env=env)
    assumed = process("who-can", "chat", "-o", "name", "--role", "pending", env=env)
    assert (real.code, assumed.code) == (0, 0)
    assert real.out
    assert assumed.out == ""


def test_questions_without_assumptions_are_answered_as_ever(office: Cli) -> None:
    for command in (("check", DANA, "notes", "-o", "json"), ("explain", DANA, "notes")):
        assert undated(office(*command).out) == undated(office(*command, "--color", "never").out)
        assert "hypothetical" not in office(*command).out


def test_a_process_answers_as_well(url: str, resource_office: Database, process: Cli) -> None:
    outcome = process("check", DANA, "chat.controls", *WITH, env={"GRANTCTL_DATABASE": url})
    assert outcome == Outcome(
        0, "allowed (hypothetical): group `engineering` sets it true\n", WARNED
    )
