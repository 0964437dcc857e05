"""Files of policy tests: what they assert, in TOML and in YAML alike, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grantctl.errors import InvalidError
from grantctl.evaluation.assertions import (
    Asked,
    Assertion,
    Circle,
    Given,
    NamedSource,
    Place,
    Population,
    RecordedTest,
    RulesLeftOut,
    SourceKind,
)
from grantctl.interop.policy_files import MAX_FILE_BYTES, PolicyFormat, format_of, read_assertions
from grantctl.interop.recorded_text import written
from grantctl.model import Role, parse_resource

TOML_FILE = """\
[[test]]
name = "editors"
user = ["ann", "ben"]
may = "chat.controls"
through = ["editors", "group:default", "default"]
may_not = [
  "notes",
  "write model:a:b c",
]
ignore_role = true

[[test]]
who = "everyone"
may_not = "*"

[[test]]
who = { role = "pending", group = "staff" }
may = { permission = "odd key:x" }
all = true
[test.given]
with_groups = "a"
without_groups = ["b", "c"]
role = "user"
set = { "x:y:chat" = false, "staff:notes" = "unset" }
default = { "notes" = true }
at = 2030-01-02T03:00:00+02:00

[[test]]
only = ["ann"]
may = { action = "read", resource = "model:x" }
ignore_owner = true
ignore_base = true

[[test]]
only = { users = "ann", groups = ["staff"], roles = ["admin"] }
may = "notes"

[[test]]
only = []
may = "notes"
"""
YAML_FILE = """\
tests:
- name: editors
  user: [ann, ben]
  may: chat.controls
  through: [editors, group:default, default]
  may_not:

  - notes
  - write model:a:b c
  ignore_role: true

- who: everyone
  may_not: "*"


- who: { role: pending, group: staff }
  may: { permission: "odd key:x" }
  all: true
  given:
    with_groups: a
    without_groups: [b, c]
    role: user
    set: { "x:y:chat": false, "staff:notes": unset }
    default: { notes: true }
    at: 2030-01-02T03:00:00+02:00

- only: [ann]
  may: { action: read, resource: "model:x" }
  ignore_owner: true
  ignore_base: true


- only: { users: ann, groups: [staff], roles: [admin] }
  may: notes

- only: []
  may: notes
"""
MODEL = parse_resource("model:a:b c")
HERE = Place("f", 1)


def _editors(user: str, asked: Asked, *, allowed: bool) -> Assertion:
    through = (
        NamedSource(SourceKind.GROUP, "editors"),
        NamedSource(SourceKind.GROUP, "default"),
        NamedSource(SourceKind.DEFAULT),
    )
    return Assertion(
        HERE,
        user,
        asked,
        allowed,
        "editors",
        through if allowed else (),
        RulesLeftOut(ignore_role=True),
    )


GIVEN = Given(
    with_groups=("a",),
    without_groups=("b", "c"),
    role=Role.USER,
    flags=(("x:y", "chat", False), ("staff", "notes", None)),
    defaults=(("notes", True),),
    at=datetime(2030, 1, 2, 1, tzinfo=UTC),
)
ASSERTED = [
    _editors("ann", Asked(key="chat.controls"), allowed=True),
    _editors("ben", Asked(key="chat.controls"), allowed=True),
    _editors("ann", Asked(key="notes"), allowed=False),
    _editors("ben", Asked(key="notes"), allowed=False),
    _editors("ann", Asked(action="write", ref=MODEL), allowed=False),
    _editors("ben", Asked(action="write", ref=MODEL), allowed=False),
    Assertion(HERE, Population(), Asked(), allowed=False),
    Assertion(
        HERE,
        Population(Role.PENDING, "staff"),
        Asked(key="odd key:x"),
        allowed=True,
        rules=RulesLeftOut(require_all=True),
        given=GIVEN,
    ),
    Assertion(
        HERE,
        Circle(("ann",)),
        Asked(action="read", ref=parse_resource("model:x")),
        allowed=True,
        rules=RulesLeftOut(ignore_owner=True, ignore_base=True),
    ),
    Assertion(HERE, Circle(("ann",), ("staff",), (Role.ADMIN,)), Asked(key="notes"), True),
    Assertion(HERE, Circle(), Asked(key="notes"), allowed=True),
]


def read(text: str | bytes, format: str = "toml") -> list[Assertion]:
    content = text.encode() if isinstance(text, str) else text
    return read_assertions(content, file="f", format=PolicyFormat(format))


@pytest.mark.parametrize(
    ("text", "format", "lines"),
    [
        (TOML_FILE, "toml", [4, 4, 7, 7, 8, 8, 14, 18, 30, 36, 40]),
        (YAML_FILE, "yaml", [4, 4, 8, 8, 9, 9, 13, 17, 28, 34, 37]),
    ],
)
def test_a_file_of_every_kind_of_test_is_read_the_same_in_both_formats(
    text: str, format: str, lines: list[int]
) -> None:
    found = read(text, format)
    assert found == read("\ufeff" + text, format)
    assert [one.place for one in found] == [Place("f", line) for line in lines]
    assert [replace(one, place=HERE) for one in found] == ASSERTED


def test_the_sentences_say_all_that_is_asserted() -> None:
    assert [str(one) for one in ASSERTED[::2]] == [
        "ann may chat.controls through group:editors, group:default and default, ignoring role",
        "ann may not notes, ignoring role",
        "ann may not write model:a:b c, ignoring role",
        "nobody may anything",
        "only ann may read model:x, ignoring owner and base",
        "nobody may notes",
    ]
    assert str(ASSERTED[7]) == (
        "everyone of role pending in group staff may odd key:x, all of it, given with group a, "
        "without group b, without group c, role user, x:y:chat=false, staff:notes=unset, "
        "default notes=true, at 2030-01-02 01:00 UTC"
    )
    assert str(ASSERTED[9]) == "only ann, group staff and role admin may notes"


@pytest.mark.parametrize(
    ("name", "format"),
    [("a.toml", "toml"), ("a/b.YML", "yaml"), ("x.yaml", "yaml"), ("toml", None), ("a.json", None)],
)
def test_the_ending_tells_the_format(name: str, format: str | None) -> None:
    assert format_of(name) == format


TEST = '[[test]]\nuser = "a"\n'
REFUSED = {
    "": "f: it holds no tests",
    "test = []": "f: it holds no tests",
    "[test]": "f:1: `test` is a table, not a list",
    "test = 1": "f:1: `test` is a number, not a list",
    "test = ['x']": "f:1: a test is text, not a table",
    "tests = 1": "f:1: unknown key `tests`",
    f"{TEST}mya = 'x'": "f:3: unknown key `mya`",
    TEST: "f:1: a test says neither `may` nor `may_not`",
    f"{TEST}may = []": "f:3: `may` is an empty list",
    f"{TEST}may = ['x', 3]": "f:3: `may` is a number, not text",
    f"{TEST}may = ''": "f:3: `may` is empty",
    f"{TEST}may = true": "f:3: `may` is a boolean, not text",
    f"{TEST}may = 'a..b'": "f:3: `a..b` is no permission key: a part between the dots is empty",
    f"{TEST}may = 'read model:'": "f:3: `model:` does not name a resource",
    f"{TEST}may = 'read Model:x'": "f:3: `Model` is no type of resource",
    f"{TEST}may = 'a:b model:x'": "f:3: `a:b` is no action: it holds one of `:=,*?`",
    f"{TEST}may = {{}}": "f:3: `may` holds neither `permission`, nor `action` and `resource`",
    f"{TEST}may = {{ action = 'read' }}": "f:3: `may` holds neither `permission`, nor `action`",
    f"{TEST}may = '*'": "f:3: `*` goes with `may_not`: nobody is asked for everything",
    f"{TEST}may_not = '*'\nall = true": "f:3: `all` goes with a category of permissions",
    f"{TEST}may = 'read model:x'\nall = true": "f:3: `all` goes with a category of permissions",
    f"{TEST}may = 'x'\nall = 1": "f:4: `all` is a number, not true or false",
    f"{TEST}may = 'x'\nignore_base = true": "f:3: `ignore_owner` and `ignore_base` go with a ",
    f"{TEST}may_not = 'x'\nthrough = 'y'": "f:4: `through` goes with `may` of a `user` or of `who`",
    f"{TEST}may = 'x'\nthrough = 'group: '": "f:4: `through` names no group",
    f"{TEST}may = 'x'\nthrough = []": "f:4: `through` is an empty list",
    f"{TEST}may = 'x'\nname = 1.5": "f:4: `name` is a number, not text",
    f"{TEST}may = 'x'\nwho = 'everyone'": "f:4: a test is about one of these, and this says "
    "`user` and `who`",
    "[[test]]\nmay = 'x'": "f:1: a test is about one of these, and this says none of `user`, "
    "`who` and `only`",
    "[[test]]\nuser = []\nmay = 'x'": "f:2: `user` is an empty list",
    '[[test]]\nuser = "a\\u0000"\nmay = "x"': "f:2: `user` holds a character that no name has",
    "[[test]]\nwho = 'all'\nmay = 'x'": "f:2: `who` is neither `everyone` nor a role or a group",
    "[[test]]\nwho = {}\nmay = 'x'": "f:2: `who` is neither `everyone` nor a role or a group",
    "[[test]]\nwho = ['x']\nmay = 'x'": "f:2: `who` is a list, not a table",
    "[[test]]\nwho.role = 'root'\nmay = 'x'": "f:2: no role `root`",
    "[[test]]\nonly = 3\nmay = 'x'": "f:2: `only` is a number, not a table",
    "[[test]]\nonly = 'a'\nmay_not = 'x'": "f:3: `only` goes with `may`, not with `may_not`",
    "[[test]]\nonly = 'a'\nmay = 'x'\nthrough = 'y'": "f:4: `through` goes with `may`",
    f"{TEST}may = 'x'\ngiven = {{}}": "f:4: `given` says nothing",
    f"{TEST}may = 'x'\ngiven = 'x'": "f:4: `given` is text, not a table",
    f"{TEST}may = 'x'\ngiven.groups = 'x'": "f:4: unknown key `groups`",
    f"{TEST}may = 'x'\ngiven.set = {{ x = true }}": "f:4: `x` is not of the form GROUP:KEY",
    f"{TEST}may = 'x'\ngiven.set = {{ 'g:x' = 'no' }}": "f:4: a flag is text, not true or false",
    f"{TEST}may = 'x'\ngiven.set = 'g:x'": "f:4: `set` is text, not a table",
    f"{TEST}may = 'x'\ngiven.default = {{ 'x.' = true }}": "f:4: `x.` is no permission key",
    f"{TEST}may = 'x'\ngiven.at = 'soon'": "f:4: `soon` is no date or time",
    f"{TEST}may = 'x'\ngiven.at = 12:00:00": "f:4: `at` is a time of day, not text",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_makes_no_sense_is_refused_at_its_line(text: str) -> None:
    with pytest.raises(InvalidError) as caught:
        read(text)
    assert caught.value.message.startswith(REFUSED[text])


def test_yaml_words_that_are_no_text_are_refused_with_what_to_do() -> None:
    with pytest.raises(InvalidError) as caught:
        read("tests:\n- user: 12\n  may: x\n", "yaml")
    assert (caught.value.message, caught.value.hint) == (
        "f:2: `user` is a number, not text",
        "put it in quotes",
    )
    with pytest.raises(InvalidError, match="f:3: `may` is null, not text"):
        read("tests:\n- user: a\n  may:\n", "yaml")


def test_what_is_no_text_or_too_long_is_refused() -> None:
    with pytest.raises(InvalidError, match=r"^f:2: it is not UTF-8$"):
        read(b"# a\n\xff")
    with pytest.raises(InvalidError, match=r"^f: it has more than 16 MiB$"):
        read(b"#" * (MAX_FILE_BYTES + 1))


names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)
users = names.filter(str.strip)
keys = st.sampled_from(["chat.controls", "*", "read model:x", "odd é key", 'with "quotes\\"', "a"])
asked = keys.map(lambda key: Asked(key=key)) | st.tuples(
    st.sampled_from(["read", "share"]), st.sampled_from(["a:b", " x ", "é-*", "x y: z"])
).map(lambda pair: Asked(action=pair[0], ref=parse_resource(f"model:{pair[1]}")))
sources = st.sampled_from([one for one in SourceKind if one is not SourceKind.GROUP]).map(
    NamedSource
) | users.map(lambda name: NamedSource(SourceKind.GROUP, name))
recorded = st.builds(
    lambda user, asked, allowed, through: RecordedTest(
        user, tuple(asked), allowed, tuple(through) if allowed else ()
    ),
    users,
    st.lists(asked, min_size=1, max_size=3),
    st.booleans(),
    st.lists(sources, max_size=2),
)


@pytest.mark.parametrize("format", PolicyFormat)
@given(tests=st.lists(recorded, min_size=1, max_size=3), is_ascii=st.booleans())
def test_what_is_recorded_is_read_again_as_what_it_was(
    format: PolicyFormat, tests: list[RecordedTest], is_ascii: bool
) -> None:
    text = "".join(written(tests, format, is_ascii=is_ascii))
    assert all(one.isprintable() for one in text.replace("\n", ""))
    assert text.isascii() or not is_ascii
    found = [
        (one.subject, one.asked, one.allowed, one.through)
        for one in read_assertions(text.encode(), file="f", format=format)
    ]
    assert found == [
        (test.user, one, test.allowed, test.through) for test in tests for one in test.asked
    ]
