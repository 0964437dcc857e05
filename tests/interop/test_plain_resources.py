"""The quick way to the row of a resource: it says what the strict one says, or nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.interop.resource_examples import EXAMPLES, records
from tests.interop.resource_examples import record_of as record_of_plain

from grantctl.errors import InvalidError
from grantctl.interop.plain_resources import PlainRow, QuickReader, plain_of
from grantctl.interop.resource_rows import members_of, record_of
from grantctl.interop.resource_text import cell_of
from grantctl.interop.strict_json import parse_json, require_sound
from grantctl.store.resource_records import ResourceRecord

PLACE = "line 1"
COLUMNS = ("owner", "type", "access_control", "id", "base", "name")
AT = {name: number for number, name in enumerate(COLUMNS)}
PLAIN = {"type": "model", "id": "a", "access_control": {"read": {"user_ids": ["u", "*"]}}}
ODD = st.sampled_from(
    [
        *(None, "", " ", "a", "*", "model", "model:a", ":", "model:", "x" * 256, "\0", "\u202e"),
        *(1, True, 1.5, [], {}, [None], ["a", "*"], ["a", "a"], [1], {"user_ids": ["a"]}),
        *({"user_ids": "a"}, {"group_ids": ["*"]}, {"read": {"user_ids": ["a"]}}, {"read": []}),
        *({"a b": {}}, {"read": {"user_ids": [["a"]]}}, {"read": {"names": ["a"]}}, float("nan")),
    ]
)
MEMBERS = st.sampled_from([*("type", "id", "name", "owner", "base", "access_control"), "other"])


def strict(text: str) -> PlainRow | None:
    """What the strict way makes of a line; None for a fault."""
    try:
        parsed = parse_json(text)
        if not parsed.is_sound:
            require_sound(parsed.value)
        return plain_of(PLACE, record_of(parsed.value))
    except (InvalidError, ValueError, RecursionError):
        return None


def same(quick: PlainRow, wanted: PlainRow | None) -> bool:
    return wanted is not None and record_of_plain(quick) == record_of_plain(wanted)


@pytest.mark.parametrize("record", [*EXAMPLES, record_of(PLAIN)])
@pytest.mark.parametrize("ascii_only", [False, True])
def test_what_is_plain_is_read_at_once(record: ResourceRecord, ascii_only: bool) -> None:
    members = members_of(record)
    is_plain = json.dumps(members, ensure_ascii=False).isprintable()
    row = QuickReader().line(json.dumps(members, ensure_ascii=ascii_only), PLACE)
    assert (row is not None) == is_plain
    if row is not None:
        assert record_of_plain(row) == record
        assert row[0] == PLACE


@given(records())
def test_any_record_is_read_as_the_strict_way_reads_it(record: ResourceRecord) -> None:
    members = members_of(record)
    text = json.dumps(members)
    row = QuickReader().line(text, PLACE)
    assert row is None or same(row, strict(text))
    control = json.dumps(members.pop("access_control"))
    cells = {name: cell_of(one) for name, one in members.items()} | {"access_control": control}
    row = QuickReader().cells([cells[name] for name in COLUMNS], AT, PLACE)
    assert row is None or record_of_plain(row) == record


@given(st.dictionaries(MEMBERS, ODD), st.booleans())
def test_what_is_odd_is_left_to_the_strict_way(members: dict[str, Any], is_whole: bool) -> None:
    text = json.dumps({**PLAIN, **members} if is_whole else members)
    row = QuickReader().line(text, PLACE)
    assert row is None or same(row, strict(text))


@pytest.mark.parametrize(
    "text",
    [
        '{"type":"model","type":"model","id":"a","access_control":null}',
        '{"type":"model","id":"a","access_control":null,"access_control":{}}',
        '{"type":"model","id":"a","access_control":{"read":{},"read":{}}}',
        '{"type":"model","id":"a","access_control":{"read":{"user_ids":["a"],"user_ids":["b"]}}}',
        '{"type":"model","id":"a","\\u0069d":"b","access_control":null}',
        '{"type":"model","id":"a\\"","access_control":null}',
        '{"type":"model","id":"a","access_control":null} x',
        '["type"]',
        "1",
        "",
        "[" * 5000,
    ],
)
def test_doubt_is_left_to_the_strict_way(text: str) -> None:
    assert QuickReader().line(text, PLACE) is None


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("name", "'=x"),
        ("name", "a\\\\b"),
        ("owner", " "),
        ("id", ""),
        ("access_control", ""),
        ("access_control", '{"read":{},"read":{}}'),
        ("access_control", '{"read":{"user_ids":["\\u0061"]}}'),
        ("access_control", "[]"),
    ],
)
def test_a_doubtful_cell_is_left_to_the_strict_way(cell: str, value: str) -> None:
    cells = {
        "type": "model",
        "id": "a",
        "access_control": "null",
        "name": "",
        "owner": "",
        "base": "",
    }
    reader = QuickReader()
    assert reader.cells([cells[name] for name in COLUMNS], AT, PLACE) is not None
    cells[cell] = value
    assert reader.cells([cells[name] for name in COLUMNS], AT, PLACE) is None
