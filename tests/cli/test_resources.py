"""`grantctl resources`: whole outputs, exit codes, questions, and errors in every format."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pexpect  # type: ignore[import-untyped]
import pytest

from grantctl.config import OUTPUTS
from tests.cli.user_examples import BOB, make_people, said
from tests.conftest import Cli

DRY = "warning: dry run: nothing was changed\n"
TIMES = '"created_at":"2026-01-01T05:00:00Z","updated_at":"2026-01-01T05:00:00Z"'


@pytest.fixture
def models(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Ada, Bob in the group staff; two models of Ada's, one public, and a preset of the other."""
    make_people(cli, monkeypatch)
    for arguments in (
        ("model:gpt-3", "--owner", "ada@example.com", "--public"),
        ("model:gpt-4o", "--owner", "ada@example.com", "--name", "GPT [4]"),
        ("model:preset", "--base", "model:gpt-4o"),
    ):
        assert cli("resources", "create", *arguments).code == 0
    return cli


ROW = (
    '{"resource":"model:gpt-4o","name":"GPT [4]","owner":"ada@example.com","access":"private",'
    '"grants":0,"base":null,"type":"model","id":"gpt-4o","owner_missing":false,'
    f'"base_missing":false,{TIMES}}}\n'
)
LISTS = {
    "table": "model:gpt-4o\tGPT [4]\tada@example.com\tprivate\t0\t\n",
    "ndjson": ROW,
    "name": "model:gpt-4o\n",
    "csv": "resource,name,owner,access,grants,base,type,id,owner_missing,base_missing,"
    "created_at,updated_at\n"
    "model:gpt-4o,GPT [4],ada@example.com,private,0,,model,gpt-4o,false,false,"
    "2026-01-01T05:00:00Z,2026-01-01T05:00:00Z\n",
    "yaml": """\
schema: grantctl.resources/v1
data:
- resource: model:gpt-4o
  name: GPT [4]
  owner: ada@example.com
  access: private
  grants: 0
  base: null
  type: model
  id: gpt-4o
  owner_missing: false
  base_missing: false
  created_at: '2026-01-01T05:00:00Z'
  updated_at: '2026-01-01T05:00:00Z'
warnings: []
next_cursor: null
""",
}


def test_resources_are_listed_in_every_format(models: Cli) -> None:
    for output, expected in LISTS.items():
        listed = models("resources", "list", "--text", "[4]", "-o", output)
        assert said(listed, expected)
    document = models("resources", "list", "--text", "[4]", "-o", "json")
    assert json.loads(document.out) == {
        "schema": "grantctl.resources/v1",
        "data": [json.loads(ROW)],
        "warnings": [],
        "next_cursor": None,
    }


def test_resources_are_listed_by_what_they_are_and_page_by_page(models: Cli) -> None:
    for arguments, found in (
        (("--type", "model"), "model:gpt-3\nmodel:gpt-4o\nmodel:preset\n"),
        (("--type", "prompt"), ""),
        (("--owner", "Ada Okafor"), "model:gpt-3\nmodel:gpt-4o\n"),
        (("--access", "public"), "model:gpt-3\n"),
        (("--access", "private", "--owner", "ada@example.com"), "model:gpt-4o\n"),
        (("--access", "restricted"), ""),
        (("--text", "PRE"), "model:preset\n"),
    ):
        assert said(models("resources", "list", "-o", "name", *arguments), found)
    first = models("resources", "list", "--limit", "2", "-o", "name")
    more = "warning: there is more: --cursor 2, or --all\n"
    assert said(first, "model:gpt-3\nmodel:gpt-4o\n", more)
    rest = models("resources", "list", "--limit", "2", "--cursor", "2")
    assert said(rest, "model:preset\tpreset\t\tprivate\t0\tmodel:gpt-4o\n")


def test_a_resource_is_made_and_shown_with_all_that_hangs_on_it(models: Cli) -> None:
    made = models("resources", "create", "prompt:hi", "--owner", BOB)
    assert said(
        made,
        """\
outcome:       created
resource:      prompt:hi
name:          hi
owner:         bob@example.com
access:        private
grants:        0
base:
type:          prompt
id:            hi
owner_missing: false
base_missing:  false
created_at:    2026-01-01T07:00:00Z
updated_at:    2026-01-01T07:00:00Z
""",
    )
    models("resources", "grant", "model:gpt-4o", "read", "--group", "staff", "--user", "Bob [red]")
    assert said(
        models("resources", "show", "model:gpt-4o"),
        f"""\
resource:      model:gpt-4o
type:          model
id:            gpt-4o
name:          GPT [4]
owner:         ada@example.com
owner_id:      00000000-0000-0000-0000-000000000001
owner_missing: false
access:        restricted
base:
base_missing:  false
dependents:
  model:preset
created_at:    2026-01-01T05:00:00Z
updated_at:    2026-01-01T08:00:00Z
grants:
  - action:         read
    principal_type: group
    principal:      staff
    id:             00000000-0000-0000-0000-000000000003
    is_dangling:    false
  - action:         read
    principal_type: user
    principal:      bob@example.com
    id:             {BOB}
    is_dangling:    false
""",
    )
    shown = models("resources", "show", "model:preset", "-o", "json")
    assert json.loads(shown.out) == {
        "schema": "grantctl.resource/v1",
        "data": {
            "resource": "model:preset",
            "type": "model",
            "id": "preset",
            "name": "preset",
            "owner": None,
            "owner_id": None,
            "owner_missing": False,
            "access": "private",
            "base": "model:gpt-4o",
            "base_missing": False,
            "dependents": [],
            "created_at": "2026-01-01T06:00:00Z",
            "updated_at": "2026-01-01T06:00:00Z",
            "grants": [],
        },
        "warnings": [],
        "next_cursor": None,
    }


def test_a_resource_is_changed_and_its_owner_too(models: Cli) -> None:
    fields = ("--fields", "outcome,name,base")
    for arguments, answer in (
        (("--name", "P"), "updated\tP\tmodel:gpt-4o"),
        (("--name", "P", "--base", "model:gpt-4o"), "unchanged\tP\tmodel:gpt-4o"),
        (("--no-base",), "updated\tP\t"),
    ):
        changed = models("resources", "update", "model:preset", *arguments, *fields, "-o", "csv")
        assert changed.out.splitlines()[1] == answer.replace("\t", ",")
        assert (changed.code, changed.err) == (0, "")
    given = models("resources", "set-owner", "model:preset", "bob@example.com")
    assert said(given, "model:preset\tupdated\t\tbob@example.com\n")
    again = models("resources", "set-owner", "model:preset", BOB)
    assert said(again, "model:preset\tunchanged\tbob@example.com\tbob@example.com\n")
    taken = models("resources", "set-owner", "model:preset", "--none", "--dry-run")
    assert said(taken, "model:preset\tupdated\tbob@example.com\t\n", DRY)
    taken = models("resources", "set-owner", "model:preset", "--none", "-o", "name")
    assert said(taken, "model:preset\n")


def test_a_pattern_is_asked_about_before_owners_change(models: Cli) -> None:
    for number in range(3):
        models("resources", "create", f"model:gpt-{number + 5}")
    refused = models("resources", "set-owner", "model:gpt-*", BOB)
    question = (
        "let `bob@example.com` own 5 resources: `model:gpt-3`, `model:gpt-4o`, `model:gpt-5` "
        "and 2 more"
    )
    unconfirmed = f"error: {question}: not confirmed\nhint: confirm with --yes\n"
    assert said(refused, "", unconfirmed, 6)
    refused = models("resources", "set-owner", "model:gpt-?", "--none", "-o", "json")
    assert json.loads(refused.err)["error"]["message"].startswith("let nobody own 4 resources: ")
    given = models("resources", "set-owner", "model:gpt-*", BOB, "--yes", "-o", "name")
    assert given.out.splitlines() == [f"model:gpt-{one}" for one in ("3", "4o", "5", "6", "7")]


def test_a_deletion_is_asked_about_with_what_goes_along(models: Cli) -> None:
    models("resources", "grant", "model:preset", "read", "--group", "staff", "--everyone")
    refused = models("resources", "delete", "model:preset", "model:gpt-3")
    question = "delete 2 resources: `model:preset`, `model:gpt-3` with 2 grants"
    unconfirmed = f"error: {question}: not confirmed\nhint: confirm with --yes\n"
    assert said(refused, "", unconfirmed, 6)
    tried = models("resources", "delete", "model:preset", "--dry-run")
    assert said(tried, "model:preset\tpreset\t2\t\n", DRY)
    gone = models("resources", "delete", "model:preset", "--yes")
    assert said(gone, "model:preset\tpreset\t2\t\n")
    assert models("resources", "list", "-o", "name").out == "model:gpt-3\nmodel:gpt-4o\n"


def test_a_base_is_deleted_only_where_it_is_said(models: Cli) -> None:
    guard = (
        "error: `model:gpt-4o` is the base of `model:preset`\n"
        "hint: delete these too, or leave them without a base, which denies them to everybody but "
        "admins: --leave-missing\n"
    )
    for arguments in ((), ("--yes",), ("--dry-run",)):
        assert said(models("resources", "delete", "model:gpt-*", *arguments), "", guard, 5)
    leave = ("resources", "delete", "model:gpt-4o", "--leave-missing")
    question = (
        "delete `model:gpt-4o` with no grants, leaving `model:preset` without a base, "
        "denied to everybody but admins"
    )
    unconfirmed = f"error: {question}: not confirmed\nhint: confirm with --yes\n"
    assert said(models(*leave), "", unconfirmed, 6)
    warning = "warning: `model:preset` without a base: denied to everybody but admins\n"
    row = "model:gpt-4o\tGPT [4]\t0\tmodel:preset\n"
    assert said(models(*leave, "--yes"), row, warning)
    shown = models("resources", "show", "model:preset", "--fields", "base,base_missing")
    assert said(shown, "base:         model:gpt-4o\nbase_missing: true\n")
    made = models("resources", "create", "model:gpt-4o", "-o", "name")
    back = "warning: `model:preset` had no base, and got it back: `model:gpt-4o`\n"
    assert said(made, "model:gpt-4o\n", back)


FAILURES: tuple[tuple[tuple[str, ...], int, str, str], ...] = (
    (("show", "model:gpt"), 4, "not_found", "no resource `model:gpt`"),
    (("show", "model:gpt-*"), 4, "not_found", "no resource `model:gpt-*`"),
    (("show", "gpt"), 5, "invalid", "`gpt` does not name a resource"),
    (("create", "model:gpt-3"), 5, "conflict", "there is a resource `model:gpt-3` already"),
    (("create", "Model:x"), 5, "invalid", "`Model` is no type of resource"),
    (("create", "model:x", "--owner", "nobody"), 4, "not_found", "no user `nobody`"),
    (("create", "model:x", "--base", "a:b"), 4, "not_found", "no resource is of the type `a`"),
    (("create", "model:x", "--name", ""), 5, "invalid", "a resource's name may not be empty"),
    (
        ("update", "model:gpt-4o", "--base", "model:preset"),
        5,
        "guard",
        "`model:gpt-4o` cannot be made of `model:preset`, which is made of it: ",
    ),
    (("update", "model:gpt-3"), 2, "usage", "nothing to change"),
    (
        ("update", "model:gpt-3", "--base", "model:preset", "--no-base"),
        2,
        "usage",
        "say one of the two: `--base TYPE:ID` or `--no-base`",
    ),
    (("set-owner", "model:gpt-3"), 2, "usage", "say whose: `USER` or `--none`, and not both"),
    (("set-owner", "model:gpt-3", BOB, "--none"), 2, "usage", "say whose: "),
    (("set-owner", "model:*", "nobody", "--yes"), 4, "not_found", "no user `nobody`"),
    (("set-owner", "model:*", "nobody"), 4, "not_found", "no user `nobody`"),
    (("delete", "model:gone", "--yes"), 4, "not_found", "no resource `model:gone`"),
    (("delete", "model:gpt-3", "x*:y", "--yes"), 4, "not_found", "no resource matches `x*:y`"),
    (("delete",), 2, "usage", "missing argument `RESOURCE...`"),
    (("delete", "model:gpt-3"), 6, "unconfirmed", "delete `model:gpt-3` with no grants: not"),
    (("list", "--access", "open"), 2, "usage", "no access `open`"),
    (("list", "--type", "Model"), 5, "invalid", "`Model` is no type of resource"),
    (("list", "--owner", "nobody"), 4, "not_found", "no user `nobody`"),
    (("list", "--cursor", "x"), 2, "usage", "`x` is no cursor"),
    (("list", "--fields", "owner_pk"), 2, "usage", "no field `owner_pk`"),
)


def test_a_failure_is_the_same_in_every_format(models: Cli) -> None:
    before = models("resources", "list", "-o", "json").out
    for arguments, code, kind, message in FAILURES:
        for output in OUTPUTS:
            done = models("resources", *arguments, "-o", output)
            assert (done.out, done.code) == ("", code), (arguments, output, done)
            if output == "json":
                error = json.loads(done.err)["error"]
                assert (error["code"], error["exit_code"]) == (kind, code)
                assert error["message"].startswith(message)
            else:
                assert done.err.startswith(f"error: {message}"), (arguments, done.err)
    assert models("resources", "list", "-o", "json").out == before


@pytest.mark.parametrize("output", OUTPUTS)
def test_every_command_answers_in_every_format(models: Cli, output: str) -> None:
    for arguments in (
        ("list",),
        ("show", "model:preset"),
        ("create", "model:new"),
        ("update", "model:new", "--name", "x"),
        ("set-owner", "model:new", BOB),
        ("grant", "model:new", "read", "--user", BOB),
        ("revoke", "model:new", "read", "--user", BOB, "--dry-run"),
        ("publish", "model:preset"),
        ("restrict", "model:new"),
        ("delete", "model:new", "--yes"),
    ):
        done = models("resources", *arguments, "-o", output)
        assert (done.code, bool(done.out)) == (0, True), (arguments, done)
        if arguments[0] == "revoke":
            still = "warning: `bob@example.com` may still `read` `model:new`: owns it\n"
            assert done.err == (DRY if output in ("json", "yaml") else still + DRY)
        else:
            assert done.err == ""


@pytest.mark.parametrize("engine", ["sqlite"])
@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("n", 6), ("", 6)])
def test_on_a_terminal_the_answer_decides(
    models: Cli, url: str, answer: str, code: int, tmp_path: Path
) -> None:
    child = pexpect.spawn(
        sys.executable,
        ["-m", "grantctl", "resources", "delete", "model:p*", "--database", url],
        env={**os.environ, "TERM": "dumb"},
        encoding="utf-8",
        timeout=60,
        cwd=str(tmp_path),
        dimensions=(24, 200),
    )
    child.expect_exact("delete `model:preset` with no grants? [y/N] ")
    child.sendline(answer)
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == code
    assert ("model:preset" in models("resources", "list", "-o", "name").out) is (code != 0)


def test_every_change_is_audited_with_actor_and_reason(models: Cli) -> None:
    shared = ("--reason", "ticket 7", "--actor", "carol")
    for arguments in (
        ("create", "model:new"),
        ("update", "model:new", "--name", "x"),
        ("set-owner", "model:new", BOB),
        ("publish", "model:new"),
        ("grant", "model:new", "write", "--user", BOB),
        ("revoke", "model:new", "write", "--user", BOB),
        ("restrict", "model:new"),
        ("delete", "model:new", "--yes"),
    ):
        assert models("resources", *arguments, *shared).code == 0
        assert models("resources", "create", "model:other", "--dry-run", *shared).code == 0
    fields = ("--fields", "action,object_type,object_id,reason")
    log = models("audit", "list", "--by", "carol", *fields)
    actions = ("delete", "restrict", "revoke", "grant", "publish", "set_owner", "update", "create")
    assert log.out == "".join(f"resource.{one}\tresource\tmodel:new\tticket 7\n" for one in actions)
