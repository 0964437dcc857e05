"""`grantctl oauth simulate` and `login`: whole outputs, exit codes, and that no token is shown."""

from __future__ import annotations

import json
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.provider_desk import make_desk
from tests.conftest import Cli, Outcome
from tests.contract.damage import OPEN_WEBUI
from tests.credentials.provider import AUDIENCE, ISSUER, issued, issued_at, key_set
from tests.running import json_refusal, refusal, run

ADA = {"sub": "117", "email": "ada@example.com", "name": "Ada"}


@pytest.fixture
def engine() -> str:
    """The words are the same on both engines; what is written is tested on both elsewhere."""
    return "sqlite"


@pytest.fixture(scope="module")
def desk(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_desk(sqlite_template, tmp_path_factory.mktemp("desk"))


@pytest.fixture
def idp(cli: Cli, desk: Path, url: str) -> Cli:
    """Commands on a copy of that directory."""
    shutil.copyfile(desk, url.removeprefix("sqlite:///"))
    return cli


def now() -> datetime:
    return datetime.now(UTC)


def token_file(tmp_path: Path, text: str, mode: int = 0o600) -> str:
    path = tmp_path / "token"
    path.write_text(text)
    path.chmod(mode)
    return str(path)


def claims_of(**changes: Any) -> str:
    return json.dumps({**ADA, **changes})


def simulated(cli: Cli, *arguments: str, **claims: Any) -> Outcome:
    return cli("oauth", "simulate", "--claims", "-", *arguments, stdin=claims_of(**claims))


NEW = """\
✓ ada@example.com, who is new, {verb} let in as user
├─ · identity: `117` of `https://idp.example/realms/main`: nobody has it yet, and noted under this \
issuer
├─ · name: Ada
├─ role: none → user: `staff` in the claim `roles` is an allowed role (oauth.allowed_roles)
├─ default group: + everyone (users.default_group)
├─ groups: the claim `groups` names `eng`, `new`
│  ├─ + eng: the claim names it
│  └─ + new (made): the claim names it, and there is none of this name
{permissions}"""
PERMISSIONS = """\
├─ permissions: 25 of 47
│  └─ + 25: chat.call, chat.continue_response, chat.controls, chat.delete, chat.delete_message \
and 20 more
"""
LAST = PERMISSIONS.replace("├─", "└─", 1).replace("│  └─", "   └─")


def test_a_simulation_shows_all_that_a_login_would_do(idp: Cli) -> None:
    outcome = simulated(idp, roles=["staff"], groups=["eng", "new"])
    assert outcome == Outcome(0, NEW.format(verb="would be", permissions=LAST), "")
    assert idp("users", "list", "-o", "name").out == "root@example.com\n"


def test_a_login_does_it_and_says_so_in_the_same_words(idp: Cli, tmp_path: Path) -> None:
    text = issued_at(now(), roles=["staff"], groups=["eng", "new"])
    file = token_file(tmp_path, text)
    shown = idp("oauth", "simulate", "--id-token", file)
    note = "└─ · key 2 of the set is passed over: it is not for signatures\n"
    assert shown == Outcome(0, NEW.format(verb="would be", permissions=PERMISSIONS) + note, "")
    tried = idp("oauth", "login", "--id-token", file, "--dry-run")
    assert tried == Outcome(
        0,
        NEW.format(verb="would be", permissions=LAST),
        "warning: dry run: nothing was changed\n",
    )
    done = idp("oauth", "login", "--id-token", file)
    assert done == Outcome(0, NEW.format(verb="is", permissions=LAST), "")
    again = idp("oauth", "login", "--id-token", "-", stdin=f"{text}\n")
    assert again == Outcome(
        0,
        """\
✓ ada@example.com is let in as user
├─ · identity: `117` of `https://idp.example/realms/main`: found by the subject
├─ role: user, as before: `staff` in the claim `roles` is an allowed role (oauth.allowed_roles)
├─ groups: the claim `groups` names `eng`, `new`
│  ├─ = eng: the claim names it, and the user is in it
│  ├─ = everyone: made by hand: the claim has no say in it
│  └─ = new: the claim names it, and the user is in it
└─ permissions: 25 of 47, as before
""",
        "",
    )
    listed = idp("groups", "members", "eng", "--fields", "user,source")
    assert (listed.code, listed.out) == (0, "ada@example.com\toauth\n")


def test_who_is_pending_may_log_in_and_is_told_to_be_denied_everything(idp: Cli) -> None:
    outcome = simulated(idp, roles=["guest"])
    assert outcome == Outcome(
        0,
        """\
! ada@example.com, who is new, would be pending, and so denied everything
├─ · identity: `117` of `https://idp.example/realms/main`: nobody has it yet, and noted under this \
issuer
├─ · name: Ada
├─ role: none → pending: `guest` in the claim `roles` is no mapped role: `users.default_role`, as \
`oauth.unmatched_role` says
├─ default group: + everyone (users.default_group)
├─ groups: the claim `groups` names no group: nothing is changed
├─ permissions: 0 of 47, as before
└─ ! a pending user is denied everything, until: grantctl users approve ada@example.com
""",
        "",
    )
    done = idp(*("oauth", "login", "--id-token", "-"), stdin=issued_at(now(), roles=["guest"]))
    first = done.out.splitlines()[0]
    assert (done.code, first) == (
        0,
        "! ada@example.com, who is new, is pending, and so denied everything",
    )
    denied = idp("check", "ada@example.com", "chat.controls")
    assert (denied.code, denied.out.startswith("denied")) == (3, True)


def test_claims_are_tried_on_a_named_user(idp: Cli) -> None:
    idp("users", "create", "bob@example.com", "--role", "user")
    idp("groups", "add", "old", "bob@example.com")
    outcome = simulated(idp, "--user", "bob@example.com", roles=["admin"], email=None)
    assert outcome == Outcome(
        0,
        """\
✓ bob@example.com would be let in as admin
├─ · identity: `117` of `https://idp.example/realms/main`: tried on the user who is named
├─ role: user → admin: `admin` in the claim `roles` is an admin role (oauth.admin_roles)
├─ groups: an admin is allowed everything, whatever the groups
└─ permissions: 47 of 47
   └─ + 23: chat.temporary_enforced, features.api_keys, features.direct_tool_servers, \
sharing.knowledge, sharing.models and 18 more
""",
        "",
    )


def test_a_refusal_says_why_and_what_helps(idp: Cli) -> None:
    idp("config", "set", "oauth.signup", "false")
    expected = Outcome(
        3,
        """\
✗ refused: there is no such user, and `oauth.signup` is off
└─ · identity: `117` of `https://idp.example/realms/main`: nobody has it yet
""",
        "hint: have the subject stand for a user: grantctl oauth link USER "
        "--issuer https://idp.example/realms/main --subject 117\n",
    )
    assert simulated(idp) == expected
    text = issued_at(now())
    assert idp("oauth", "login", "--id-token", "-", stdin=text) == expected
    listed = idp("audit", "list", "--action", "login", "--fields", "action,object_id")
    assert listed.out == "login.refused\t117\n"


def test_an_address_that_is_a_user_s_is_a_conflict(idp: Cli) -> None:
    message = "`root@example.com` is a user's whom this subject does not stand for"
    outcome = simulated(idp, sub="evil", email="Root@Example.com")
    assert (outcome.code, outcome.out.splitlines()[0]) == (3, f"✗ refused: {message}")
    text = issued_at(now(), sub="evil", email="Root@Example.com")
    refused = idp("oauth", "login", "--id-token", "-", stdin=text)
    said, hint = refusal(refused)
    root = json.loads(idp("users", "show", "root@example.com", "-o", "ndjson").out)
    assert (refused.code, said) == (5, message)
    command = f"grantctl oauth link {root['id']} --issuer {ISSUER} --subject evil"
    assert hint == f"if it is the same person: {command}"
    assert root["identities"] == []
    assert idp(*command.split()[1:]).code == 0
    accepted = idp("oauth", "login", "--id-token", "-", stdin=text)
    assert accepted.out.startswith("✓ root@example.com is let in as admin\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nonsense", "it does not have three parts between dots"),
        (issued(), r"it expired \d+ days ago, on 2026-01-02 12:05 UTC"),
        (issued()[:-8] + "AAAAAAAA", r"its signature is wrong: was it signed with another key\?"),
    ],
    ids=["malformed", "expired", "changed"],
)
def test_an_invalid_token_is_refused_with_its_reason(idp: Cli, text: str, message: str) -> None:
    for command in ("simulate", "login"):
        outcome = idp("oauth", command, "--id-token", "-", stdin=text)
        assert (outcome.code, outcome.err) == (3, "")
        assert re.fullmatch(f"invalid: {message}\n", outcome.out)
        structured = idp("oauth", command, "--id-token", "-", "-o", "json", stdin=text)
        document = json.loads(structured.out)
        assert document["data"]["outcome"] == "refused"
        assert document["data"]["user"] is None
        assert document["data"]["refusal"]["reason"] in ("malformed", "expired", "bad_signature")
        assert "117" not in json.dumps(document)


def test_a_token_without_keys_is_shown_as_unverified(idp: Cli, tmp_path: Path) -> None:
    idp("config", "unset", "oauth.jwks")
    file = token_file(tmp_path, issued_at(now(), roles=["staff"]))
    outcome = idp("oauth", "simulate", "--id-token", file)
    assert outcome.code == 0
    assert outcome.out.endswith(
        "└─ ! nobody vouches for this token: without a key set, anybody could have written it\n"
    )
    document = json.loads(idp("oauth", "simulate", "--id-token", file, "-o", "json").out)
    assert (document["data"]["verified"], len(document["warnings"])) == (False, 1)
    refused = idp("oauth", "login", "--id-token", file)
    assert (refused.code, *refusal(refused)) == (
        5,
        "there is no key set to verify an ID token by",
        "--jwks FILE, or: grantctl config set oauth.jwks FILE",
    )
    keys = tmp_path / "keys.json"
    keys.write_bytes(key_set())
    assert idp("oauth", "login", "--id-token", file, "--jwks", str(keys)).code == 0


def test_options_count_in_the_place_of_settings(idp: Cli, tmp_path: Path) -> None:
    text = issued_at(now(), iss="https://other.example", aud="other", nonce="n-1", roles="staff")
    options = ("--issuer", "https://other.example", "--audience", "other")
    for command in ("simulate", "login"):
        asked = ("oauth", command, "--id-token", "-")
        assert idp(*asked, stdin=text).out == "invalid: it was issued by another issuer\n"
        wrong = idp(*asked, *options, "--nonce", "n-2", stdin=text)
        assert wrong.out == "invalid: it has the nonce of another login\n"
        assert idp(*asked, *options, "--nonce", "n-1", stdin=text).code == 0


def test_every_format_holds_the_same(idp: Cli) -> None:
    arguments = ("oauth", "simulate", "--claims", "-")
    stdin = claims_of(roles=["staff"], groups=["eng"])
    document = json.loads(idp(*arguments, "-o", "json", stdin=stdin).out)
    data = document["data"]
    assert document["schema"] == "grantctl.oauth-simulation/v1"
    gained = data["permissions"].pop("gained")
    assert (len(gained), "workspace.models" in gained) == (25, True)
    group = json.loads(idp("groups", "show", "eng", "-o", "ndjson").out)["id"]
    everyone = json.loads(idp("groups", "show", "everyone", "-o", "ndjson").out)["id"]
    assert data == {
        "outcome": "created",
        "verified": None,
        "refusal": None,
        "identity": {
            "issuer": ISSUER,
            "subject": "117",
            "matched_by": "nobody",
            "links": True,
        },
        "user": {
            "id": None,
            "email": "ada@example.com",
            "name": "Ada",
            "is_new": True,
            "before": None,
        },
        "role": {
            "before": None,
            "after": "user",
            "reason": "allowed_role",
            "because": "`staff` in the claim `roles` is an allowed role",
            "setting": "oauth.allowed_roles",
            "value": "staff",
            "claimed": ["staff"],
        },
        "groups": {
            "reason": "claimed",
            "because": "the claim `groups` names `eng`",
            "claimed": ["eng"],
            "changes": [
                {
                    "group": "eng",
                    "id": group,
                    "action": "add",
                    "reason": "claimed",
                    "because": "the claim names it",
                },
                {
                    "group": "everyone",
                    "id": everyone,
                    "action": "keep",
                    "reason": "made_by_hand",
                    "because": "made by hand: the claim has no say in it",
                },
            ],
        },
        "default_group": {"id": everyone, "name": "everyone"},
        "permissions": {"lost": [], "allowed": 25, "of": 47},
        "key_notes": [],
    }
    data["permissions"]["gained"] = gained
    assert yaml.safe_load(idp(*arguments, "-o", "yaml", stdin=stdin).out) == document
    assert json.loads(idp(*arguments, "-o", "ndjson", stdin=stdin).out) == data
    assert idp(*arguments, "-o", "name", stdin=stdin).out == "created\n"
    chosen = idp(*arguments, "--fields", "outcome,verified", stdin=stdin)
    assert chosen.out == "outcome:  created\nverified:\n"
    done = idp(
        *("oauth", "login", "--id-token", "-", "-o", "json"),
        stdin=issued_at(now(), roles=["staff"], groups=["eng"]),
    )
    login = json.loads(done.out)
    assert (login["schema"], login["data"]["verified"]) == ("grantctl.oauth-login/v1", True)
    shown = json.loads(idp("users", "show", "ada@example.com", "-o", "ndjson").out)
    assert login["data"]["user"]["id"] == shown["id"]


HOSTILE = "\x1b[31mred\u202e [bold]x[/bold]"


def test_what_a_provider_says_reaches_no_terminal_raw(idp: Cli) -> None:
    for arguments in ((), ("-o", "json"), ("-o", "csv"), ("--color", "always")):
        outcome = simulated(
            idp, *arguments, name=HOSTILE, roles=[HOSTILE], groups=[HOSTILE], sub=f"s{HOSTILE}"
        )
        assert not re.search("\x1b\\[31m|\u202e", outcome.out + outcome.err)
    outcome = simulated(idp, roles=["staff"], groups=["a\u202eb", "[/]"])
    assert "\u202e" not in outcome.out
    assert "+ [/] (made)" in outcome.out


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ((), 2, "claims or an ID token"),
        (("--claims", "-", "--id-token", "-"), 2, "claims or an ID token"),
        (
            ("--claims", "-", "--nonce", "n"),
            2,
            "`--audience`, `--jwks` and `--nonce` go with `--id-token`",
        ),
        (
            ("--claims", "no.json"),
            2,
            "`no.json` cannot be read: no such file or directory",
        ),
        (("--claims", "/"), 2, "`/` cannot be read: is a directory"),
        (("--claims", "-"), 5, "what should be claims is not JSON"),
        (("--id-token", "-"), 5, "there is no token on stdin"),
    ],
)
def test_what_cannot_be_read_is_a_mistake_of_use(
    idp: Cli, arguments: tuple[str, ...], code: int, message: str
) -> None:
    outcome = idp("oauth", "simulate", *arguments)
    assert (outcome.code, refusal(outcome)[0]) == (code, message)


@pytest.mark.parametrize("command", ["simulate", "login"])
def test_a_token_is_never_taken_as_an_argument_nor_repeated(
    idp: Cli, command: str, tmp_path: Path
) -> None:
    text = issued_at(now())
    outcome = idp("oauth", command, "--id-token", text)
    assert (outcome.code, *refusal(outcome)) == (
        2,
        "an ID token is never taken from the command line, where others may see it",
        "`--id-token -` reads it from stdin, `--id-token FILE` from a file",
    )
    extra = idp("oauth", command, "--id-token", "-", text, stdin=text)
    assert extra.code == 2
    open_file = token_file(tmp_path, text, 0o644)
    refused = idp("oauth", command, "--id-token", open_file)
    assert (refused.code, refusal(refused)[0]) == (
        5,
        f"others than its owner may use the token file `{open_file}`",
    )
    for one in (outcome, extra, refused):
        assert not [part for part in text.split(".") if part in one.out + one.err]


def test_no_database_is_needed_to_refuse_and_an_attached_one_is_only_read(tmp_path: Path) -> None:
    env = {"GRANTCTL_DATABASE": f"openwebui+sqlite:///{OPEN_WEBUI}"}
    claims = tmp_path / "claims.json"
    claims.write_text(claims_of(iss="google", sub="123"))
    outcome = run("oauth", "simulate", "--claims", str(claims), env=env)
    assert (outcome.code, "found by the subject" in outcome.out) == (0, True)
    keys = tmp_path / "jwks.json"
    keys.write_bytes(key_set())
    refused = run(
        *("oauth", "login", "--id-token", token_file(tmp_path, issued_at(now()))),
        *("--jwks", str(keys), "--issuer", ISSUER, "--audience", AUDIENCE, "-o", "json"),
        env=env,
    )
    assert json_refusal(refused)["code"] == "guard"


def test_a_login_as_a_process_of_its_own(idp: Cli, process: Cli, url: str, tmp_path: Path) -> None:
    text = issued_at(now(), roles=["staff"])
    done = process("oauth", "login", "--id-token", "-", stdin=text, env={"GRANTCTL_DATABASE": url})
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[0] == "✓ ada@example.com, who is new, is let in as user"
    ascii_env = {"GRANTCTL_DATABASE": url, "PYTHONIOENCODING": "ascii"}
    again = process("oauth", "login", "--id-token", "-", stdin=text, env=ascii_env)
    assert again.out.splitlines()[0] == "+ ada@example.com is let in as user"
    assert "role: user, as before" in again.out
