"""`grantctl access`: everything that one user may, and on what it hangs."""

from __future__ import annotations

import json

from grantctl.config import OUTPUTS
from tests.conftest import Cli, Outcome

IN_FORMATS = {
    "table": (
        "chat.controls\tallow\tgroup interns › engineering\tengineering\n"
        "chat.enforced\tdeny\t\t\n"
        "chat.share\tallow\tdefault\t\n"
        "chat.valves\tallow\tdefault\t\n"
    ),
    "ndjson": (
        '{"permission":"chat.controls","verdict":"allow",'
        '"through":["group interns › engineering"],"hangs_on":"engineering","default":false,'
        '"true_in":["interns › engineering"],"false_in":["interns"]}\n'
        '{"permission":"chat.enforced","verdict":"deny","through":[],"hangs_on":null,'
        '"default":false,"true_in":[],"false_in":[]}\n'
        '{"permission":"chat.share","verdict":"allow","through":["default"],"hangs_on":null,'
        '"default":true,"true_in":[],"false_in":[]}\n'
        '{"permission":"chat.valves","verdict":"allow","through":["default"],"hangs_on":null,'
        '"default":true,"true_in":[],"false_in":[]}\n'
    ),
    "csv": (
        "permission,verdict,through,hangs_on,default,true_in,false_in\n"
        'chat.controls,allow,"[""group interns › engineering""]",engineering,false,'
        '"[""interns › engineering""]","[""interns""]"\n'
        "chat.enforced,deny,[],,false,[],[]\n"
        'chat.share,allow,"[""default""]",,true,[],[]\n'
        'chat.valves,allow,"[""default""]",,true,[],[]\n'
    ),
    "name": "chat.controls\nchat.enforced\nchat.share\nchat.valves\n",
}


def test_every_permission_under_a_key_is_listed_in_every_format(office: Cli) -> None:
    for output, out in IN_FORMATS.items():
        assert office("access", "chen@example.com", "chat", "-o", output) == Outcome(0, out, "")
    document = json.loads(office("access", "Chen", "chat", "-o", "json").out)
    assert document == {
        "schema": "grantctl.access/v1",
        "data": [json.loads(line) for line in IN_FORMATS["ndjson"].splitlines()],
        "warnings": [],
        "next_cursor": None,
    }
    assert office("access", "Chen", "chat.share", "-o", "yaml").out == (
        "schema: grantctl.access/v1\ndata:\n- permission: chat.share\n  verdict: allow\n"
        "  through:\n  - default\n  hangs_on: null\n  default: true\n  true_in: []\n"
        "  false_in: []\nwarnings: []\nnext_cursor: null\n"
    )


def test_without_a_key_everything_is_listed(office: Cli) -> None:
    assert office("access", "Bob").out == (
        "chat.controls\tallow\tgroup engineering\tengineering\n"
        "chat.enforced\tdeny\t\t\n"
        "chat.share\tallow\tdefault\t\n"
        "chat.valves\tallow\tdefault\t\n"
        "notes\tallow\tgroup engineering › staff\tstaff\n"
    )


def test_what_has_two_sources_hangs_on_none(office: Cli) -> None:
    office("permissions", "set", "--group=staff", "chat.controls=true", "chat.share=true")
    assert office("access", "Bob", "chat.controls").out == (
        "chat.controls\tallow\tgroup engineering, group engineering › staff\t\n"
    )
    assert office("access", "Bob", "chat.share").out == (
        "chat.share\tallow\tgroup engineering › staff, default\t\n"
    )


def test_where_the_role_decides_it_is_named_and_nothing_hangs_on_a_group(office: Cli) -> None:
    assert office("access", "Ada", "chat.controls").out == "chat.controls\tallow\trole admin\t\n"
    assert office("access", "Eli", "notes").out == "notes\tdeny\trole pending\t\n"
    assert office("access", "Eli", "notes", "--ignore-role").out == (
        "notes\tallow\tgroup support › staff\tstaff\n"
    )


def test_an_expired_membership_gives_nothing(office: Cli) -> None:
    assert office("access", "Gus", "chat.controls").out == "chat.controls\tdeny\t\t\n"


def test_the_exit_code_is_the_same_in_every_format(office: Cli) -> None:
    for output in OUTPUTS:
        assert office("access", "Gus", "-o", output).code == 0
        for arguments in (("nobody",), ("Gus", "cha")):
            outcome = office("access", *arguments, "-o", output)
            assert (outcome.code, outcome.out) == (4, "")
