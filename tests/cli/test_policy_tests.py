"""`grantctl test`: whole outputs in every format, exit codes, files from everywhere."""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from grantctl.cli.completion_variables import FILES_EXIT, LINE_VARIABLE, SHELL_VARIABLE
from grantctl.config import OUTPUTS
from grantctl.store.database import Database
from tests.cli.office import undated
from tests.commands import Cli, Outcome

FILE = """\
[[test]]
name = "Bob opens the controls as an engineer"
user = "Bob"
may = "chat.controls"
through = "engineering"

[[test]]
name = "nobody in support opens them"
who = { group = "support" }
may = "chat.controls"

[[test]]
user = "nobody"
may_not = [
  "notes",
]

[[test]]
name = "Chen's through \\u001b[31mred"
user = "chen@example.com"
may = "chat.controls"
through = ["staff", "default"]
"""
ANSWER = """\
policy.toml:10: failed: nobody in support opens them
  expected: everyone in group support may chat.controls
  got: 2 may not: dana@example.com, eli@example.com
  ✗ denied: dana@example.com may not chat.controls
  ├─ because none of 2 groups sets it true (0 false, 2 absent), and the default is false
  ├─ · role: user, decides nothing
  ├─ · group staff: absent, held through support
  ├─ · group support: absent
  └─ · default: false
  to allow it, one of these:
    add the user to `engineering`, which has it
      grantctl groups add engineering dana@example.com
    set it for every member of `support`
      grantctl permissions set --group=support chat.controls=true
    set it for every user
      grantctl permissions set --default chat.controls=true
policy.toml:15: error
  expected: nobody may not notes
  got: no user `nobody`
  hint: grantctl users list
policy.toml:21: failed: Chen's through \\x1b[31mred
  expected: chen@example.com may chat.controls through group:staff and default
  got: allowed through group engineering
  ✓ allowed: chen@example.com may chat.controls
  ├─ because group `engineering`, held through `interns`, sets it true
  ├─ · role: user, decides nothing
  ├─ ✓ group engineering: true, held through interns (added by ada on 2026-01-05, until \
2099-01-01 00:00 UTC)
  ├─ · group interns: false (added by ada on 2026-01-05, until 2099-01-01 00:00 UTC)
  ├─ · group staff: absent, held through interns › engineering
  ├─ · default: false
  ├─ ! `interns` says false for `chat.controls` without effect: true anywhere wins
  └─ ! allowed until 2099-01-01 00:00 UTC, when the membership in `interns` expires
"""
SUMMARY = "1 passed, 2 failed, 1 error\n"
PASSED = (
    "policy.toml:4: passed: Bob opens the controls as an engineer: "
    "Bob may chat.controls through group:engineering\n"
)

Write = Callable[[str], str]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Write a file into the current folder, and name it."""
    monkeypatch.chdir(tmp_path)

    def work(text: str, name: str = "policy.toml") -> str:
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(text, encoding="utf-8")
        return name

    return work


def test_failures_show_place_expectation_answer_and_why(office: Cli, write: Write) -> None:
    assert office("test", write(FILE)) == Outcome(3, ANSWER, SUMMARY)


def test_what_passed_is_listed_when_asked_for(office: Cli, write: Write) -> None:
    file = write(FILE)
    for arguments in (("-v", file), ("run", "--verbose", file)):
        assert office("test", *arguments) == Outcome(3, PASSED + ANSWER, SUMMARY)
    passing = write(FILE.split("\n\n", maxsplit=1)[0])
    assert office("test", passing) == Outcome(0, "", "1 passed\n")


ROWS = [
    {
        "status": "passed",
        "file": "policy.toml",
        "line": 4,
        "name": "Bob opens the controls as an engineer",
        "assertion": "Bob may chat.controls through group:engineering",
        "got": "allowed: group `engineering` sets it true",
        "subject": "Bob",
        "asked": "chat.controls",
        "expected": "allow",
        "through": ["group:engineering"],
        "given": None,
        "hint": None,
        "decision": None,
    },
    {
        "status": "failed",
        "file": "policy.toml",
        "line": 10,
        "name": "nobody in support opens them",
        "assertion": "everyone in group support may chat.controls",
        "got": "2 may not: dana@example.com, eli@example.com",
        "subject": "everyone in group support",
        "asked": "chat.controls",
        "expected": "allow",
        "through": [],
        "given": None,
        "hint": None,
        "decision": "dana@example.com",
    },
    {
        "status": "error",
        "file": "policy.toml",
        "line": 15,
        "name": "nobody may not notes",
        "assertion": "nobody may not notes",
        "got": "no user `nobody`",
        "subject": "nobody",
        "asked": "notes",
        "expected": "deny",
        "through": [],
        "given": None,
        "hint": "grantctl users list",
        "decision": None,
    },
    {
        "status": "failed",
        "file": "policy.toml",
        "line": 21,
        "name": "Chen's through \x1b[31mred",
        "assertion": "chen@example.com may chat.controls through group:staff and default",
        "got": "allowed through group engineering",
        "subject": "chen@example.com",
        "asked": "chat.controls",
        "expected": "allow",
        "through": ["group:staff", "default"],
        "given": None,
        "hint": None,
        "decision": "chen@example.com",
    },
]


def without_decisions(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """The rows with nothing of a decision but whom it is about."""
    for row in rows:
        if isinstance(row["decision"], dict):
            row["decision"] = row["decision"]["user"]["email"]
    return rows


def test_json_holds_every_test_the_counts_and_of_failures_the_decision(
    office: Cli, write: Write
) -> None:
    outcome = office("test", write(FILE), "-o", "json")
    document = json.loads(outcome.out)
    decision = document["data"]["tests"][1]["decision"]
    explained = json.loads(office("explain", "Dana", "chat.controls", "-o", "json").out)["data"]
    assert undated(json.dumps(decision)) == undated(json.dumps(explained))
    assert without_decisions(document["data"]["tests"]) == ROWS
    assert document == {
        "schema": "grantctl.test-report/v1",
        "data": {
            "tests": ROWS,
            "counts": {"passed": 1, "failed": 2, "errors": 1},
        },
        "warnings": [],
        "next_cursor": None,
    }
    assert (outcome.code, outcome.err) == (3, SUMMARY)


IN_FORMATS = {
    "table": (
        "passed\tpolicy.toml\t4\tBob opens the controls as an engineer\n"
        "failed\tpolicy.toml\t10\tnobody in support opens them\n"
        "error\tpolicy.toml\t15\tnobody may not notes\n"
        "failed\tpolicy.toml\t21\tChen's through \\x1b[31mred\n"
    ),
    "csv": (
        "status,file,line,name\n"
        "passed,policy.toml,4,Bob opens the controls as an engineer\n"
        "failed,policy.toml,10,nobody in support opens them\n"
        "error,policy.toml,15,nobody may not notes\n"
        "failed,policy.toml,21,Chen's through \\x1b[31mred\n"
    ),
    "ndjson": (
        '{"status":"passed","file":"policy.toml","line":4,'
        '"name":"Bob opens the controls as an engineer"}\n'
        '{"status":"failed","file":"policy.toml","line":10,"name":"nobody in support opens them"}\n'
        '{"status":"error","file":"policy.toml","line":15,"name":"nobody may not notes"}\n'
        '{"status":"failed","file":"policy.toml","line":21,'
        '"name":"Chen\'s through \\u001b[31mred"}\n'
    ),
    "yaml": (
        "schema: grantctl.test-report/v1\ndata:\n  tests:\n"
        "  - status: passed\n    file: policy.toml\n    line: 4\n"
        "    name: Bob opens the controls as an engineer\n"
        "  - status: failed\n    file: policy.toml\n    line: 10\n"
        "    name: nobody in support opens them\n"
        "  - status: error\n    file: policy.toml\n    line: 15\n    name: nobody may not notes\n"
        "  - status: failed\n    file: policy.toml\n    line: 21\n"
        '    name: "Chen\'s through \\e[31mred"\n'
        "  counts:\n    passed: 1\n    failed: 2\n    errors: 1\nwarnings: []\nnext_cursor: null\n"
    ),
}


@pytest.mark.parametrize("output", IN_FORMATS)
def test_the_fields_that_are_asked_for_are_shown_in_every_format(
    office: Cli, write: Write, output: str
) -> None:
    fields = "--fields=status,file,line,name"
    outcome = office("test", write(FILE), "-o", output, fields)
    assert outcome == Outcome(3, IN_FORMATS[output], SUMMARY)


def test_as_names_the_tests_are_listed(office: Cli, write: Write) -> None:
    names = "".join(line.split("\t")[3] for line in IN_FORMATS["table"].splitlines(True))
    assert office("test", write(FILE), "-o", "name") == Outcome(3, names, SUMMARY)


def test_the_exit_code_is_the_same_in_every_format(office: Cli, write: Write) -> None:
    failing, passing = write(FILE), write(FILE.split("\n\n", maxsplit=1)[0], "good.toml")
    broken = write("[[test]]\nusr = 1\n", "bad.toml")
    for output in OUTPUTS:
        for file, code in ((failing, 3), (passing, 0), (broken, 5), ("none.toml", 2)):
            outcome = office("test", file, "-o", output)
            assert outcome.code == code, (output, outcome)
            assert outcome.out == "" or code in (0, 3)
        assert office("test", failing, "-o", output, "--fields=none").code == 2


def test_a_file_that_makes_no_sense_is_refused_before_any_is_run(office: Cli, write: Write) -> None:
    good, bad = write(FILE), write("[[test]]\nuser = 'Bob'\nmya = 'notes'\n", "bad.toml")
    assert office("test", good, bad, "--junit", "report.xml") == Outcome(
        5,
        "",
        "error: bad.toml:3: unknown key `mya`\n"
        "hint: did you mean `may`? a test may hold name, user, who, only, may, may_not, through, "
        "ignore_role, ignore_owner, ignore_base, all, given\n",
    )
    assert not Path("report.xml").exists()


def test_files_come_from_folders_and_stdin_too(office: Cli, write: Write) -> None:
    folder = Path(write("tests:\n- {user: Bob, may: notes}\n", "sub/b.yml")).parent
    write("[[test]]\nuser = 'Bob'\nmay_not = 'notes'\n", "sub/a.toml")
    write("no test", "sub/readme.md")
    outcome = office("test", str(folder), "-o", "ndjson", "--fields", "file,line,status")
    assert outcome == Outcome(
        3,
        '{"file":"sub/a.toml","line":3,"status":"failed"}\n'
        '{"file":"sub/b.yml","line":2,"status":"passed"}\n',
        "1 passed, 1 failed\n",
    )
    text = "tests:\n- {user: Bob, may: chat.enforced}\n"
    outcome = office("test", "-", "--format", "yaml", stdin=text)
    assert outcome.out.splitlines()[0] == "stdin:2: failed"
    assert outcome.code == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("-",), "error: stdin may be TOML or YAML\nhint: --format toml, or --format yaml\n"),
        (("x",), "error: `x` may be TOML or YAML\nhint: --format toml, or --format yaml\n"),
        (("",), "error: no file is named ``\nhint: grantctl test FILE\n"),
        (("x.toml",), "error: `x.toml` cannot be read: no such file or directory\n"),
        (("a\0b.toml",), "error: the name of the file is none that a file can have\n"),
        (
            (".",),
            "error: the folder `.` holds no policy tests\nhint: *.toml or *.yaml\n",
        ),
        (("x.toml", "--format", "json"), "error: no format `json`\nhint: one of toml, yaml\n"),
    ],
)
def test_what_cannot_be_read_is_a_usage_error(
    office: Cli, write: Write, arguments: tuple[str, ...], message: str
) -> None:
    outcome = office("test", *arguments, stdin="")
    assert outcome == Outcome(2, "", message)


def test_without_a_file_there_is_help_and_a_usage_error(office: Cli) -> None:
    for arguments in ((), ("run",)):
        outcome = office("test", *arguments)
        assert (outcome.code, outcome.out) == (2, "")
    assert office("test", "--help").code == office("test", "run", "--help").code == 0


def test_the_report_for_ci_holds_every_test(office: Cli, write: Write) -> None:
    file = write(FILE)
    assert office("test", file, "--junit", "report.xml") == Outcome(3, ANSWER, SUMMARY)
    report = Path("report.xml")
    assert stat.S_IMODE(report.stat().st_mode) == 0o600
    root = ET.fromstring(report.read_text(encoding="utf-8"))
    [suite] = root
    counts = {"tests": "4", "failures": "2", "errors": "1"}
    assert dict(root.attrib) == {"name": "grantctl test", **counts}
    assert dict(suite.attrib) == {"name": "policy.toml", **counts}
    assert [
        (case.get("line"), case.get("name"), [(part.tag, part.get("message")) for part in case])
        for case in suite
    ] == [
        (
            "4",
            "Bob opens the controls as an engineer: Bob may chat.controls through "
            "group:engineering",
            [],
        ),
        (
            "10",
            "nobody in support opens them: everyone in group support may chat.controls",
            [("failure", "2 may not: dana@example.com, eli@example.com")],
        ),
        ("15", "nobody may not notes", [("error", "no user `nobody`")]),
        (
            "21",
            "Chen's through \\x1b[31mred: chen@example.com may chat.controls through "
            "group:staff and default",
            [("failure", "allowed through group engineering")],
        ),
    ]
    body = suite[1][0].text or ""
    told = ANSWER[: ANSWER.index("policy.toml:15")].splitlines()
    assert body.splitlines() == ["policy.toml:10", *(line[2:] for line in told[1:])]


def test_a_report_that_cannot_be_written_is_an_error(office: Cli, write: Write) -> None:
    file = write(FILE)
    outcome = office("test", file, "--junit", "/dev/null/report.xml")
    told = "error: `/dev/null/report.xml` cannot be written: not a directory\n"
    assert outcome == Outcome(2, ANSWER, told)
    for path, message in (
        (".", "`.` is not a regular file"),
        ("-", "`--junit` names a file, and stdout is for the answer"),
    ):
        assert office("test", file, "--junit", path) == Outcome(2, "", f"error: {message}\n")
    assert not any(path.suffix == ".xml" or path.name == "-" for path in Path().iterdir())


def test_a_tab_completes_the_names_of_files(process: Cli) -> None:
    for line in ("grantctl test po", "grantctl test run a po", "grantctl test a --junit po"):
        env = {SHELL_VARIABLE: "bash", LINE_VARIABLE: line}
        assert process(env=env) == Outcome(FILES_EXIT, "", "")


HYPOTHETICAL = """\
[[test]]
user = "dana@example.com"
may_not = "chat.controls"
given = { with_groups = ["engineering"] }

[[test]]
user = "Dana"
may = "notes"
given = { without_groups = ["gone"] }

[[test]]
user = "Dana"
may = "notes"
given = { with_groups = ["staff"], without_groups = ["staff"] }
"""


HYPOTHETICAL_ANSWER = """\
policy.toml:3: failed
  expected: dana@example.com may not chat.controls, given with group engineering
  got: allowed: group `engineering` sets it true
  ✓ allowed (hypothetical): dana@example.com may chat.controls
  @
policy.toml:8: error
  expected: Dana may notes, given without group gone
  got: no group `gone`
  hint: grantctl groups list
policy.toml:13: error
  expected: Dana may notes, given with group staff, without group staff
  got: `staff` is assumed to be held, and not to be held
  hint: leave out --with-group or --without-group
"""


def test_a_failure_under_assumptions_is_marked_as_such(office: Cli, write: Write) -> None:
    outcome = office("test", write(HYPOTHETICAL))
    asked = ("explain", "Dana", "chat.controls", "--with-group=engineering")
    tree = office(*asked).out.replace("\n", "\n  ").rstrip()
    expected = re.sub(r"✓ allowed \(hyp.*\n  @", lambda _: tree, HYPOTHETICAL_ANSWER)
    assert outcome == Outcome(3, expected, "0 passed, 1 failed, 2 errors\n")
    assert "✓ allowed (hypothetical): dana@example.com may chat.controls" in outcome.out


RESOURCES = """\
tests:
- only: {users: [ada@example.com], groups: [engineering]}
  may: read model:gpt-4o
- only: [flo]
  may: write tool:calculator
- who: {role: user}
  may: read model:llama3
  through: public
- who: {role: pending}
  may_not: "*"
- who: {group: support}
  may_not: "*"
- user: bob@example.com
  may: share tool:calculator
  through: [owner]
- user: u-flo
  may: [write tool:calculator, read tool:none]
  through: direct
"""
RESOURCE_ANSWER = """\
3 passed
5 failed 3 more may: ada@example.com, bob@example.com, dana@example.com
7 passed
10 passed
12 failed 1 may something: dana@example.com
14 passed
17 passed
17 error no resource `tool:none`
"""


def test_resources_are_asked_about_as_permissions_are(
    resource_office: Database, cli: Cli, write: Write
) -> None:
    del resource_office
    file = write(RESOURCES.replace("[flo]", "[u-flo]"), "policy.yaml")
    outcome = cli("test", file, "-o", "ndjson")
    rows = [json.loads(line) for line in outcome.out.splitlines()]
    said = [
        " ".join([str(row["line"]), row["status"], *([row["got"]] * (row["status"] != "passed"))])
        for row in rows
    ]
    assert "".join(f"{line}\n" for line in said) == RESOURCE_ANSWER
    assert outcome.code == 3
