"""`grantctl permissions`: the catalogue, and what groups and defaults set."""

from __future__ import annotations

import json

from grantctl.config import OUTPUTS
from tests.conftest import Cli, Outcome

LISTED = (
    "chat.controls\tfalse\t1\t1\tfalse\t\topen the controls\n"
    "chat.enforced\tfalse\t0\t0\ttrue\t\tbe held\n"
    "chat.share\ttrue\t0\t1\tfalse\t\tshare chats\n"
    "chat.valves\ttrue\t0\t0\tfalse\tchat.controls\tset valves\n"
)
NOTES = "notes\tfalse\t1\t0\tfalse\t\twrite notes\n"
CONTROLS = {
    "key": "chat.controls",
    "default": False,
    "true_in": 1,
    "false_in": 1,
    "restricts": False,
    "gated_by": None,
    "description": "open the controls",
}
IN_FORMATS = {
    "ndjson": json.dumps(CONTROLS, separators=(",", ":")) + "\n",
    "json": json.dumps(
        {
            "schema": "grantctl.permissions/v1",
            "data": [CONTROLS],
            "warnings": [],
            "next_cursor": None,
        },
        indent=2,
    )
    + "\n",
    "yaml": (
        "schema: grantctl.permissions/v1\ndata:\n- key: chat.controls\n  default: false\n"
        "  true_in: 1\n  false_in: 1\n  restricts: false\n  gated_by: null\n"
        "  description: open the controls\nwarnings: []\nnext_cursor: null\n"
    ),
    "csv": (
        "key,default,true_in,false_in,restricts,gated_by,description\n"
        "chat.controls,false,1,1,false,,open the controls\n"
    ),
    "name": "chat.controls\n",
}


def test_the_catalogue_is_listed_whole_or_in_part_and_in_every_format(office: Cli) -> None:
    assert office("permissions", "list") == Outcome(0, LISTED + NOTES, "")
    assert office("permissions", "list", "chat") == Outcome(0, LISTED, "")
    for output, out in IN_FORMATS.items():
        assert office("permissions", "list", "chat.controls", "-o", output) == Outcome(0, out, "")
        assert office("permissions", "list", "chat.x", "-o", output).code == 4


def test_the_catalogue_is_a_tree(office: Cli) -> None:
    assert (
        office("permissions", "tree").out
        == """\
permissions
├─ chat
│  ├─ · controls: false (open the controls)
│  ├─ · enforced: false (restricts; be held)
│  ├─ ✓ share: true (share chats)
│  └─ ✓ valves: true (gated by chat.controls; set valves)
└─ · notes: false (write notes)
"""
    )
    assert office("permissions", "tree", "notes", "-o", "name").out == "notes\n"
    assert office("permissions", "tree", "--color=always").out.startswith(
        "\x1b[1mpermissions\x1b[0m\n├─ chat\n│  ├─ \x1b[2m· controls"
    )


def test_a_permission_is_shown_with_every_group_that_sets_it(office: Cli) -> None:
    assert (
        office("permissions", "show", "chat.controls").out
        == """\
key:         chat.controls
default:     false
true_in:     1
false_in:    1
restricts:   false
gated_by:
description: open the controls
gates:
  chat.valves
groups:
  - group:   engineering
    id:      g-eng
    value:   true
    members: 1
  - group:   interns
    id:      g-int
    value:   false
    members: 1
"""
    )
    assert office("permissions", "show", "chat") == Outcome(
        4,
        "",
        "error: `chat` is a category, not a permission\nhint: grantctl permissions list chat\n",
    )


def test_setting_a_flag_says_for_how_many_it_changes_something(office: Cli) -> None:
    arguments = ("permissions", "set", "--group", "support", "chat.controls=true")
    assert office(*arguments, "--dry-run") == Outcome(
        0, "chat.controls\t\ttrue\t2\t1\t0\n", "warning: dry run: nothing was changed\n"
    )
    assert office(*arguments) == Outcome(0, "chat.controls\t\ttrue\t2\t1\t0\n", "")
    assert office(*arguments) == Outcome(0, "chat.controls\ttrue\ttrue\t2\t0\t0\n", "")
    assert office("permissions", "unset", "--group=support", "chat.controls") == Outcome(
        0, "chat.controls\ttrue\t\t2\t0\t1\n", ""
    )


def test_a_change_in_json_counts_everybody_and_says_why(office: Cli) -> None:
    outcome = office("permissions", "set", "--default", "notes=true", "-o", "json")
    assert json.loads(outcome.out) == {
        "schema": "grantctl.permission-changes/v1",
        "data": [
            {
                "key": "notes",
                "before": False,
                "after": True,
                "users": 7,
                "gained": 2,
                "lost": 0,
                "still_allowed": {
                    "group `staff` sets it true": 3,
                    "admins are allowed everything": 1,
                },
                "still_denied": {"pending users are denied everything": 1},
            }
        ],
        "warnings": [],
        "next_cursor": None,
    }


# What is set, and what is said about it.
SAID = {
    "--group=support chat.share=false": (
        "`chat.share` false has no effect for 1 of 2 members: the default is true (1)"
    ),
    "--group=interns chat.controls=false": (
        "`chat.controls` false has no effect for its one member: "
        "group `engineering` sets it true (1)"
    ),
    "--group=interns chat.share=false": (
        "`chat.share` false has no effect for its one member: the default is true (1)"
    ),
    "--default notes=false": (
        "`notes` false has no effect for 4 of 7 users: group `staff` sets it true (3); "
        "admins are allowed everything (1)"
    ),
    "--group=engineering chat.enforced=true": (
        "`chat.enforced` restricts: where it is true, a user may do less"
    ),
    "--group=support notes=true": "",
}


def test_what_a_flag_does_not_do_is_said(office: Cli) -> None:
    for words, warning in SAID.items():
        arguments = ("permissions", "set", *words.split(), "--dry-run")
        said = [f"warning: {warning}"] if warning else []
        lines = office(*arguments).err.splitlines()
        assert lines == [*said, "warning: dry run: nothing was changed"]
        document = json.loads(office(*arguments, "-o", "json").out)
        assert document["warnings"] == ([warning] if warning else [])


def test_a_false_that_takes_from_nobody_is_said_even_where_all_members_have_another_source(
    office: Cli,
) -> None:
    office("permissions", "set", "--default", "chat.controls=true")
    outcome = office("permissions", "set", "--group=engineering", "chat.controls=false")
    assert outcome.err == (
        "warning: `chat.controls` false has no effect for any of 2 members: "
        "the default is true (2)\n"
    )
    office("permissions", "set", "--group=engineering", "chat.controls=true")
    outcome = office("permissions", "unset", "--group=engineering", "chat.controls")
    assert outcome.err.startswith("warning: `chat.controls` unset has no effect for any of 2 ")


def test_a_group_without_members_is_named(office: Cli) -> None:
    office("groups", "create", "empty")
    assert office("permissions", "set", "--group=empty", "notes=false") == Outcome(
        0, "notes\t\tfalse\t0\t0\t0\n", "warning: `empty` has no members\n"
    )


def test_a_category_sets_all_its_leaves_and_says_which(office: Cli) -> None:
    outcome = office("permissions", "set", "--group=support", "chat=TRUE", "notes=false")
    assert outcome == Outcome(
        0,
        "chat.controls\t\ttrue\t2\t1\t0\n"
        "chat.enforced\t\ttrue\t2\t1\t0\n"
        "chat.share\tfalse\ttrue\t2\t0\t0\n"
        "chat.valves\t\ttrue\t2\t0\t0\n"
        "notes\t\tfalse\t2\t0\t0\n",
        "warning: `chat` stands for 4 permissions: "
        "chat.controls, chat.enforced, chat.share, chat.valves\n"
        "warning: `chat.enforced` restricts: where it is true, a user may do less\n"
        "warning: `notes` false has no effect for 1 of 2 members: group `staff` sets it true (1)\n",
    )


REFUSED = {
    "set chat.share=true": (
        2,
        "error: say for whom: `--group GROUP` or `--default`, and not both\n"
        "hint: grantctl permissions set --group editors chat.controls=true\n",
    ),
    "set --group=support --default chat.share=true": (
        2,
        "error: say for whom: `--group GROUP` or `--default`, and not both\n"
        "hint: grantctl permissions set --group editors chat.controls=true\n",
    ),
    "set --default chat.share": (
        2,
        "error: `chat.share` is not of the form KEY=true or KEY=false\n"
        "hint: grantctl permissions set --group editors chat.controls=true\n",
    ),
    "set --default chat.share=yes": (
        2,
        "error: `chat.share=yes` is not of the form KEY=true or KEY=false\n"
        "hint: grantctl permissions set --group editors chat.controls=true\n",
    ),
    "set --default chat.share=true chat.share=false": (
        5,
        "error: `chat.share` is given two values\nhint: name it once\n",
    ),
    "set --default chat=true chat.share=false": (
        5,
        "error: `chat.share` is given two values\nhint: name it once, or leave its category out\n",
    ),
    "set --default =true": (4, "error: no permission ``\nhint: grantctl permissions list\n"),
    "set --group=nobody chat.share=true": (
        4,
        "error: no group `nobody`\nhint: grantctl groups list\n",
    ),
    "unset --default nothing": (
        4,
        "error: no permission `nothing`\nhint: grantctl permissions list\n",
    ),
    "define chat.share": (
        5,
        "error: `chat.share` is defined already\nhint: grantctl permissions show chat.share\n",
    ),
    "define chat.share.x": (
        5,
        "error: `chat.share` is a permission: nothing can lie under it\n",
    ),
    "undefine notes": (
        6,
        "error: undefine `notes`, which 1 group sets (3 users lose it): not confirmed\n"
        "hint: confirm with --yes\n",
    ),
}


def test_what_cannot_be_done_is_refused_and_changes_nothing(office: Cli) -> None:
    before = office("permissions", "list").out
    for words, (code, err) in REFUSED.items():
        assert office("permissions", *words.split()) == Outcome(code, "", err), words
    assert office("permissions", "list").out == before


def test_a_permission_is_defined_and_undefined(office: Cli) -> None:
    arguments = ("define", "reports.run", "--description=run", "--gated-by=notes", "--restricts")
    defined = (
        "key:         reports.run\n"
        "default:     false\n"
        "true_in:     0\n"
        "false_in:    0\n"
        "restricts:   true\n"
        "gated_by:    notes\n"
        "description: run\n"
    )
    assert office("permissions", *arguments, "--dry-run") == Outcome(
        0, defined, "warning: dry run: nothing was changed\n"
    )
    assert office("permissions", *arguments) == Outcome(0, defined, "")
    assert office("check", "Flo", "reports.run").code == 3
    assert office("permissions", "undefine", "notes", "--dry-run") == Outcome(
        0,
        "key:    notes\ngroups: 1\nungated:\n  reports.run\n",
        "warning: 3 users lose it\nwarning: dry run: nothing was changed\n",
    )
    assert office("permissions", "undefine", "notes", "--yes") == Outcome(
        0, "key:    notes\ngroups: 1\nungated:\n  reports.run\n", ""
    )
    assert office("check", "Flo", "notes").code == 4
    assert office("permissions", "undefine", "notes", "--yes").code == 4
    entries = office("audit", "list", "--fields", "action,object_id", "-o", "csv").out
    assert entries.splitlines()[1:3] == [
        "permission.undefine,notes",
        "permission.define,reports.run",
    ]


def test_the_exit_code_is_the_same_in_every_format(office: Cli) -> None:
    for output in OUTPUTS:
        for words, (code, _) in REFUSED.items():
            outcome = office("permissions", *words.split(), "-o", output)
            assert (outcome.code, outcome.out) == (code, "")
        for words in ("tree", "show notes", "set --default notes=true", "unset --default notes"):
            assert office("permissions", *words.split(), "-o", output).code == 0
