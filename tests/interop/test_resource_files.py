"""Files of resources: what is written is read again, and what is wrong is told with its place."""

from __future__ import annotations

import csv
import json
from io import BytesIO, StringIO
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.interop.resource_examples import (
    AWKWARD,
    EXAMPLES,
    content_of,
    many_records,
    read,
)

from grantctl.errors import InvalidError
from grantctl.interop import resource_files, resource_text
from grantctl.interop.resource_files import open_resource_file
from grantctl.interop.resource_rows import members_of
from grantctl.interop.resource_text import SCHEMA, FileFormat, cell_of, text_of
from grantctl.model import ResourceRef, is_unprintable
from grantctl.render import csv_rows
from grantctl.render.document import write_document
from grantctl.render.json_text import line_json
from grantctl.render.style import Format
from grantctl.store.resource_records import ResourceRecord

FORMATS = st.sampled_from(FileFormat)
ROW = {"type": "model", "id": "a", "access_control": None}
MEMBERS_HINT = "a row has type, id, name, owner, base, access_control"
ACCESS_HINT = "null is public, {} is private: a row has to say which"
CONTROL_HINT = 'e.g. null, {} or {"read": {"user_ids": ["u1"], "group_ids": []}}'
CSV_HINT = "the first line is: type,id,name,owner,base,access_control"
ESCAPE_HINT = r"a backslash is written as \\, a character by its code as \x1b, \u202e"


@given(many_records(), FORMATS, st.booleans())
def test_what_is_written_is_read_again(
    found: list[ResourceRecord], format: FileFormat, ascii_only: bool
) -> None:
    content = content_of(found, format, ascii_only=ascii_only)
    assert [one.record for one in read(content, format)] == found
    assert [one.record for one in read(content)] == found
    assert content.isascii() or not ascii_only


@given(many_records(), FORMATS, st.booleans())
def test_nothing_invisible_is_written(
    found: list[ResourceRecord], format: FileFormat, ascii_only: bool
) -> None:
    content = content_of(found, format, ascii_only=ascii_only).decode()
    assert not any(one not in "\r\n" and is_unprintable(one) for one in content)


@given(many_records())
def test_no_cell_is_run_by_a_spreadsheet(found: list[ResourceRecord]) -> None:
    content = content_of(found, FileFormat.CSV).decode()
    for row in csv.reader(StringIO(content, newline="")):
        assert not any(cell.lstrip(" ").startswith(csv_rows.FORMULA_STARTS) for cell in row)


@given(many_records())
def test_json_is_spelled_as_every_other_answer(found: list[ResourceRecord]) -> None:
    rows = [members_of(record) for record in found]
    document, lines = StringIO(), StringIO()
    write_document(document, rows, schema=SCHEMA, format=Format.JSON)
    lines.writelines(line_json(row, lines) + "\n" for row in rows)
    assert content_of(found, FileFormat.JSON).decode() == document.getvalue()
    assert content_of(found, FileFormat.NDJSON).decode() == lines.getvalue()


def test_what_a_spreadsheet_runs_is_known_alike() -> None:
    assert resource_text.FORMULA_STARTS == csv_rows.FORMULA_STARTS


def test_a_csv_file_looks_so() -> None:
    assert content_of(EXAMPLES, FileFormat.CSV).decode() == (
        "type,id,name,owner,base,access_control\r\n"
        "knowledge,handbook,Handbook,,,{}\r\n"
        'model,gpt-4o,"\'=GPT-4o, \\\\the\\u202e one",u1,model:llama3:8b,'
        '"{""read"":{""user_ids"":[""u1"",""u\\u00ad2""],""group_ids"":[""g1""]},'
        '""write"":{""user_ids"":[],""group_ids"":[]},'
        '""Use"":{""user_ids"":[""*""],""group_ids"":[]}}"\r\n'
        "model,llama3:8b,''Llama ü,,,null\r\n"
    )


@pytest.mark.parametrize("text", AWKWARD)
def test_a_cell_gives_its_text_back(text: str) -> None:
    for ascii_only in (False, True):
        assert text_of(cell_of(text, ascii_only=ascii_only)) == text


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        (None, ""),
        ("plain", "plain"),
        ("=1", "'=1"),
        ("  -1", "'  -1"),
        ("'x", "''x"),
        (" 'x", " 'x"),
        ("a\\b", "a\\\\b"),
        ("\xad\u200b\U000e0001", "\\xad\\u200b\\U000e0001"),
    ],
)
def test_cells_are_spelled_so(text: str | None, cell: str) -> None:
    assert cell_of(text) == cell
    assert text_of(cell) == text


@pytest.mark.parametrize(
    ("row", "message", "hint"),
    [
        ("[]", "it is no object", MEMBERS_HINT),
        ("null", "it is no object", MEMBERS_HINT),
        ({**ROW, "grants": []}, "unknown member `grants`", MEMBERS_HINT),
        ({"id": "a", "access_control": None}, "`type` is missing", MEMBERS_HINT),
        ({"type": "model", "access_control": None}, "`id` is missing", MEMBERS_HINT),
        ({"type": "model", "id": "a"}, "`access_control` is missing", ACCESS_HINT),
        ({**ROW, "id": None}, "`id` is no text", None),
        ({**ROW, "id": 7}, "`id` is no text", None),
        ({**ROW, "name": 7}, "`name` is no text", None),
        ({**ROW, "owner": ["u1"]}, "`owner` is no text", None),
        ({**ROW, "base": {}}, "`base` is no text", None),
        (
            {**ROW, "type": "Model"},
            "`Model` is no type of resource",
            "1 to 40 lower-case letters, digits, `_` or `-`, e.g. model",
        ),
        ({**ROW, "id": ""}, "a resource's id may not be empty", None),
        (
            {**ROW, "id": "x" * 256},
            "a resource's id may have 255 characters at most, not 256",
            None,
        ),
        ({**ROW, "id": "a\0"}, "a resource's id holds the control character U+0000", None),
        ({**ROW, "name": " "}, "a resource's name may not be empty", None),
        (
            {**ROW, "name": "x" * 201},
            "a resource's name may have 200 characters at most, not 201",
            None,
        ),
        ({**ROW, "name": "a\nb"}, "a resource's name holds the control character U+000A", None),
        ({**ROW, "name": "\ud800"}, "a resource's name holds the control character U+D800", None),
        ({**ROW, "owner": ""}, "an owner's id may not be empty", None),
        ({**ROW, "owner": "\ud800"}, "an owner's id holds the control character U+D800", None),
        (
            {**ROW, "base": "llama"},
            "`llama` does not name a resource",
            "TYPE:ID, e.g. model:gpt-4o",
        ),
        (
            {**ROW, "access_control": "public"},
            "this is no access control: it is no object",
            CONTROL_HINT,
        ),
        (
            {**ROW, "access_control": {"read": {"user_ids": "u1"}}},
            "this is no access control: `user_ids` of `read` is no list",
            CONTROL_HINT,
        ),
        (
            {**ROW, "access_control": {"read it": {}}},
            "this is no access control: `read it` is no action: "
            "it holds a space or an invisible character",
            CONTROL_HINT,
        ),
        (
            '{"type":"model","id":"a","id":"b","access_control":null}',
            "the member `id` stands twice",
            None,
        ),
        (
            '{"type":"model","id":"a","access_control":{"read":{},"read":{"user_ids":["*"]}}}',
            "the member `read` stands twice",
            None,
        ),
        ('{"type":"model","id":"a","access_control":NaN}', "`NaN` is no JSON", None),
        (
            '{"type":"model","id":"a","name":-Infinity,"access_control":null}',
            "`-Infinity` is no JSON",
            None,
        ),
    ],
)
def test_a_row_that_is_wrong_is_told(row: object, message: str, hint: str | None) -> None:
    text = row if isinstance(row, str) else json.dumps(row)
    good = json.dumps({**ROW, "id": "good"})
    with pytest.raises(InvalidError) as told:
        read(f"{good}\n\n{text}\n".encode(), FileFormat.NDJSON)
    assert (told.value.message, told.value.hint) == (f"line 3: {message}", hint)
    document = f'{{"schema":"{SCHEMA}","data":[{good},{text}]}}'
    with pytest.raises(InvalidError) as told:
        read(document.encode(), FileFormat.JSON)
    assert (told.value.message, told.value.hint) == (f"row 2: {message}", hint)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b'{"type":"model"', "line 2 is not JSON"),
        (b"{} {}", "line 2 is not JSON"),
        (b'{"id":"a\tb"}', "line 2 is not JSON"),
        (b'{"id":"\xff"}', "line 2 is not UTF-8"),
        (b'{"id":"\xed\xa0\x80"}', "line 2 is not UTF-8"),
        (b"[" * 100_000, "line 2 is not JSON that can be read"),
        (b'{"id":' + b"9" * 5000 + b"}", "line 2 is not JSON that can be read"),
    ],
)
def test_a_line_that_is_no_json_is_told(line: bytes, message: str) -> None:
    good = json.dumps(ROW).encode()
    with pytest.raises(InvalidError) as told:
        read(good + b"\n" + line + b"\n" + good, FileFormat.NDJSON)
    assert told.value.message == message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "line 1 is not JSON"),
        (b"{\n\n", "line 3 is not JSON"),
        (b"[]", "the file is no document of resources"),
        (b'{"data": []}', "the file is no document of resources"),
        (
            b'{"schema": "grantctl.users/v1", "data": []}',
            f"the document's schema is not `{SCHEMA}`",
        ),
        (b'{"schema": "S", "data": {}}', "`data` of the document is no list"),
        (b'{"schema": "S", "data": NaN}', "`data` of the document is no list"),
        (b'{"schema": "S", "data": [], "x": 1}', "the document has an unknown member `x`"),
        (
            b'{"schema": "S", "data": [], "next_cursor": "x"}',
            "the document is only a part: its `next_cursor` says there is more",
        ),
        (
            b'{"schema": "S", "data": [], "data": []}',
            "the document: the member `data` stands twice",
        ),
        (b'{"schema": "S", "data": [], "warnings": NaN}', "the document: `NaN` is no JSON"),
        (b'{\n"schema":\n"\xff"}', "line 3 is not UTF-8"),
        (b"[" * 100_000, "the document is not JSON that can be read"),
    ],
)
def test_a_document_that_is_wrong_is_told(content: bytes, message: str) -> None:
    with pytest.raises(InvalidError) as told:
        read(content.replace(b'"S"', f'"{SCHEMA}"'.encode()), FileFormat.JSON)
    assert told.value.message == message


@pytest.mark.parametrize(
    ("content", "message", "hint"),
    [
        ("", "line 1: `type` is missing", MEMBERS_HINT),
        ("type,id,access_controls\r\n", "line 1: unknown member `access_controls`", MEMBERS_HINT),
        ("type,id\r\nmodel,a\r\n", "line 1: `access_control` is missing", ACCESS_HINT),
        (
            "type;id;access_control\r\n",
            "line 1: unknown member `type;id;access_control`",
            MEMBERS_HINT,
        ),
        ("type,id,id,access_control\r\n", "line 1: a column stands twice", CSV_HINT),
        ("HEADmodel,a\r\n", "line 2: it has 2 cells, not 3", CSV_HINT),
        ("HEADmodel,a,null,\r\n", "line 2: it has 4 cells, not 3", CSV_HINT),
        ("HEADmodel,a,null\r\nmodel,b,\r\n", "line 3: `access_control` is not JSON", ACCESS_HINT),
        ("HEADmodel,a,public\r\n", "line 2: `access_control` is not JSON", ACCESS_HINT),
        ("HEADmodel,a,NaN\r\n", "line 2: `NaN` is no JSON", None),
        (
            'HEADmodel,a,"{""read"":{},""read"":{}}"\r\n',
            "line 2: the member `read` stands twice",
            None,
        ),
        ("HEADmodel,,null\r\n", "line 2: `id` is no text", None),
        ("HEADmodel,a\\,null\r\n", "line 2: `\\` is no escape", ESCAPE_HINT),
        ("HEADmodel,\\q1,null\r\n", "line 2: `\\q1` is no escape", ESCAPE_HINT),
        ("HEADmodel,\\x4,null\r\n", "line 2: `\\x4` is no escape", ESCAPE_HINT),
        ("HEADmodel,\\U00110000,null\r\n", "line 2: `\\U00110000` is no escape", ESCAPE_HINT),
        (
            "HEADmodel,\\ud800,null\r\n",
            "line 2: a resource's id holds the control character U+D800",
            None,
        ),
        (
            "HEADmodel,\\x00,null\r\n",
            "line 2: a resource's id holds the control character U+0000",
            None,
        ),
        (
            "HEADmodel,a\0,null\r\n",
            "line 2: a resource's id holds the control character U+0000",
            None,
        ),
        (
            'HEADmodel,"a\nb",null\r\n',
            "line 3: a resource's id holds the control character U+000A",
            None,
        ),
        ('HEADmodel,"a,null\r\n', "line 2 is not CSV", "quotes are doubled (RFC 4180)"),
        ('HEADmodel,"a"b,null\r\n', "line 2 is not CSV", "quotes are doubled (RFC 4180)"),
    ],
)
def test_a_csv_file_that_is_wrong_is_told(content: str, message: str, hint: str | None) -> None:
    with pytest.raises(InvalidError) as told:
        read(content.replace("HEAD", "type,id,access_control\r\n").encode(), FileFormat.CSV)
    assert (told.value.message, told.value.hint) == (message, hint)


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_a_csv_file_of_another_encoding_is_told(encoding: str) -> None:
    content = "type,id,access_control\r\nmodel,é,null\r\n".encode(encoding)
    with pytest.raises(InvalidError, match=r"^line [12] is not UTF-8$"):
        read(content, FileFormat.CSV)


@pytest.mark.parametrize("format", FileFormat)
def test_a_file_that_is_cut_short_is_wrong_or_ends_between_two_rows(format: FileFormat) -> None:
    content = content_of(EXAMPLES, format)
    for end in range(len(content)):
        try:
            found = [one.record for one in read(content[:end], format)]
        except InvalidError:
            continue
        assert found == EXAMPLES[: len(found)]
        assert format is not FileFormat.JSON or len(found) == len(EXAMPLES)


@pytest.mark.parametrize("format", FileFormat)
def test_the_format_is_told_by_the_ending_or_by_the_text(format: FileFormat) -> None:
    content = content_of(EXAMPLES, format)
    for name in ("", "resources", "resources.txt", "a.b/resources", f"x.{format.value.upper()}"):
        assert open_resource_file(BytesIO(content), name=name).format is format
        assert [one.record for one in read(b"\xef\xbb\xbf" + content, name=name)] == EXAMPLES
    compact = json.dumps(json.loads(content)).encode() if format is FileFormat.JSON else content
    assert [one.record for one in read(compact)] == EXAMPLES
    assert open_resource_file(BytesIO(b"{"), name="x.jsonl").format is FileFormat.NDJSON


def test_a_file_of_another_kind_is_refused() -> None:
    for content in (b"PK\x03\x04", b"hello\n", b"\n\n", b"[]", b"\xff\xfe"):
        with pytest.raises(InvalidError) as told:
            read(content)
        assert told.value.message == "the file is neither JSON nor CSV of resources"
        assert told.value.hint == "say what it is: --format json, ndjson or csv"


def test_an_empty_file_has_no_rows() -> None:
    assert read(b"") == []
    assert read(b"", FileFormat.NDJSON) == []


def test_what_may_be_left_out_is_left_out() -> None:
    expected = ResourceRecord(ResourceRef("model", "a"), "a", is_public=True)
    line = json.dumps(ROW).encode()
    null = json.dumps({**ROW, "name": None, "owner": None, "base": None}).encode()
    table = b"access_control,id,type\r\nnull,a,model\r\n"
    empty = b"name,access_control,id,type,owner,base\n,null,a,model,,"
    for content in (line, null, table, empty):
        assert [one.record for one in read(content)] == [expected]


def test_rows_are_read_one_by_one() -> None:
    for good, bad in ((json.dumps(ROW), "?"), ("type,id,access_control\nmodel,a,null", "?")):
        file = open_resource_file(BytesIO(f"{good}\n{bad}\n".encode()))
        assert [row[2] for row in islice(file.rows(), 1)] == ["a"]


def test_a_file_that_is_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource_files, "MAX_DOCUMENT_BYTES", 1 << 20)
    monkeypatch.setattr(resource_files, "MAX_ROW_BYTES", 1 << 20)
    content = json.dumps({**ROW, "name": "x" * (1 << 20)}).encode()
    with pytest.raises(InvalidError) as told:
        read(content, FileFormat.JSON)
    assert told.value.message == "a JSON document may have 1 MiB at most"
    assert told.value.hint == "longer ones as lines of JSON: -o ndjson, --format ndjson"
    for format in (FileFormat.NDJSON, FileFormat.CSV):
        with pytest.raises(InvalidError, match=r"^line 1 has more than 1 MiB$"):
            read(content, format)
