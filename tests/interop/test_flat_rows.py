"""Files of flat rows: columns and lines of what is sound, the line of what is not."""

from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from grantctl.errors import InvalidError
from grantctl.interop import flat_csv, flat_rows
from grantctl.interop.flat_blocks import RowShape
from grantctl.interop.flat_formats import FlatFormat
from grantctl.interop.flat_rows import open_flat_file

SHAPE = RowShape(members=("email", "name", "role"), required=("email",))
HINT = "a row has email, name, role"
TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=8)

Row = dict[str, str | None]


def read(
    content: bytes | str, *, name: str = "", format: FlatFormat | None = None
) -> list[tuple[int, Row]]:
    """Every row with its line; without the members that are None."""
    raw = content.encode() if isinstance(content, str) else content
    file = open_flat_file(io.BytesIO(raw), SHAPE, name=name, format=format)
    found: list[tuple[int, Row]] = []
    for block in file.blocks():
        for at, line in enumerate(block.lines):
            row = {name: column[at] for name, column in block.columns.items()}
            found.append((line, {name: text for name, text in row.items() if text is not None}))
    return found


def fault(content: bytes | str, **named: object) -> tuple[str, str | None]:
    with pytest.raises(InvalidError) as told:
        read(content, **named)  # type: ignore[arg-type]  # as they came
    return told.value.message, told.value.hint


@pytest.fixture(params=[1 << 17, 7])
def small_blocks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flat_rows, "BLOCK_BYTES", request.param)
    monkeypatch.setattr(flat_csv, "BLOCK_ROWS", 2)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_lines_of_json_are_rows(end: str) -> None:
    lines = [
        '{"email":"a","name":"x"}',
        '{"name":null,"email":"b"}',
        "",
        '  {"email" : "c", "role": "q\\"uo,te"}  ',
        '{"email":"é\\u00e9\\n"}',
    ]
    wanted: list[tuple[int, Row]] = [
        (1, {"email": "a", "name": "x"}),
        (2, {"email": "b"}),
        (4, {"email": "c", "role": 'q"uo,te'}),
        (5, {"email": "éé\n"}),
    ]
    assert read(end.join(lines)) == wanted
    assert read(end.join([*lines, "", ""])) == wanted
    assert read("\ufeff" + end.join(lines)) == wanted


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_records_of_csv_are_rows(end: str) -> None:
    lines = ["name,email", "x,a", ",b", "", '"two\nlines, ""q""",c', "z,d"]
    wanted: list[tuple[int, Row]] = [
        (2, {"email": "a", "name": "x"}),
        (3, {"email": "b"}),
        (5, {"email": "c", "name": 'two\nlines, "q"'}),
        (7, {"email": "d", "name": "z"}),
    ]
    assert read(end.join(lines), format=FlatFormat.CSV) == wanted
    assert read("\ufeff" + end.join(lines) + end, name="x.csv") == wanted


def test_the_format_is_that_of_the_ending_else_of_the_beginning() -> None:
    assert read('{"email":"a"}') == read('{"email":"a"}', name="x.txt") == [(1, {"email": "a"})]
    assert read("email\na", name="x.CSV") == read("email\na") == [(2, {"email": "a"})]
    assert read("") == read("\n\n") == read("", name="x.csv") == read("email\n") == []
    assert fault("nonsense") == (
        "the file is neither lines of JSON nor CSV with a header",
        "say what it is: --format ndjson or csv",
    )
    assert fault("email\na", name="x.jsonl") == ("line 1 is not JSON", None)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        ("{", "line 3 is not JSON", None),
        ('{"email":"a"},{"email":"b"}', "line 3 is not JSON", None),
        ('{"email":"a"}{"email":"b"}', "line 3 is not JSON", None),
        ('{"email":"a"', "line 3 is not JSON", None),
        ('{"email":"a\tb"}', "line 3 is not JSON", None),
        ("[" * 5000, "line 3 is not JSON", None),
        ("[]", "line 3: it is no object", HINT),
        ('"email"', "line 3: it is no object", HINT),
        ("{}", "line 3: `email` is missing", HINT),
        ('{"name":"a"}', "line 3: `email` is missing", HINT),
        ('{"email":null}', "line 3: `email` is missing", HINT),
        ('{"email":"a","mail":"b"}', "line 3: unknown member `mail`", HINT),
        ('{"email":"a","email":"a"}', "line 3: the member `email` stands twice", None),
        ('{"email":"a","\\u0065mail":"b"}', "line 3: the member `email` stands twice", None),
        ('{"email":null,"email":"b"}', "line 3: the member `email` stands twice", None),
        ('{"email":"a","name":1}', "line 3: `name` is no text", None),
        ('{"email":"a","name":true}', "line 3: `name` is no text", None),
        ('{"email":"a","name":["b"]}', "line 3: `name` is no text", None),
        ('{"email":"a","name":{"b":"c"}}', "line 3: `name` is no text", None),
        ('{"email":"a","name":NaN}', "line 3: `NaN` is no JSON", None),
    ],
)
def test_a_line_of_json_that_is_not_a_row_is_a_fault(
    line: str, message: str, hint: str | None
) -> None:
    good = '{"email":"x","name":"y"}'
    for others in (["", ""], [good, good]):
        assert fault("\n".join([*others, line]), format=FlatFormat.NDJSON) == (message, hint)
        content = "\n".join([*others, line, good, good])
        assert fault(content, format=FlatFormat.NDJSON) == (message, hint)


@pytest.mark.parametrize(
    "lines",
    [
        ['{"email":"a"},{"email":"b"', '"name":"x"}'],
        ['{"email":"a"},{"email":"b', 'c"}'],
        ['{"email":"a"},{"email":"b"},{"email":"c","name":[{}', "{}]}"],
        ['{"email":"a"},{"email":"b"', '"name":"x"},{"email":"c"}', ""],
        ['{"email":"a"},[{"email":"b"}', '{"email":"c"}]'],
        ['{"email":"a}', '{b"}', '{"email":"c"},{"email":"d"}'],
    ],
)
def test_lines_are_rows_by_themselves_and_never_together(lines: list[str]) -> None:
    assert fault("\n".join(lines), format=FlatFormat.NDJSON) == ("line 1 is not JSON", None)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize(
    ("content", "message", "hint"),
    [
        ("email,mail\n", "line 1: unknown member `mail`", HINT),
        ("email,email\n", "line 1: a column stands twice", HINT),
        ("name,role\n", "line 1: the column `email` is missing", HINT),
        ("email,name\na,b\nc\n", "line 3: it has 1 cells, not 2", "the first line is: email,name"),
        ('email,name\na,"b\nc"\nd,e,f\n', "line 4: it has 3 cells, not 2", None),
        ("email,name\na,b\n\n,b\n", "line 4: `email` is missing", HINT),
        ('email,name\na,"b\n', "line 2 is not CSV", "quotes are doubled (RFC 4180)"),
        ('email,name\na,"b"c\n', "line 2 is not CSV", "quotes are doubled (RFC 4180)"),
    ],
)
def test_csv_that_is_wrong_is_a_fault(content: str, message: str, hint: str | None) -> None:
    found = fault(content, format=FlatFormat.CSV)
    assert found == (message, hint or "the first line is: email,name")


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("format", FlatFormat)
def test_what_is_not_utf_8_is_a_fault(format: FlatFormat) -> None:
    starts = {
        FlatFormat.NDJSON: b'{"email":"a"}\n{"email":"b"}\n{"email":"\xff"}\n',
        FlatFormat.CSV: b"email\na\n\xff\n",
    }
    assert fault(starts[format], format=format) == ("line 3 is not UTF-8", None)


def test_a_line_that_never_ends_is_a_fault_before_all_of_it_is_read() -> None:
    class Endless(io.BytesIO):
        given = 0

        def read(self, size: int | None = -1) -> bytes:
            assert size is not None
            self.given += size
            assert self.given < 4 << 20
            return b'{"email":"a"}\n' * (self.given == size) + b"x" * size

    with pytest.raises(InvalidError) as told:
        list(open_flat_file(Endless(), SHAPE, format=FlatFormat.NDJSON).blocks())
    assert told.value.message == "line 2 has more than 1 MiB"


ROWS = st.lists(
    st.fixed_dictionaries(
        {"email": TEXTS.filter(bool)},
        optional={"name": TEXTS | st.none(), "role": TEXTS.filter(bool)},
    ),
    max_size=6,
)


def without_none(row: Row) -> Row:
    return {name: text for name, text in row.items() if text is not None}


@given(ROWS, st.booleans(), st.sampled_from(["\n", "\r\n"]))
def test_any_rows_come_out_of_json_as_they_went_in(
    rows: list[Row], ascii_only: bool, end: str
) -> None:
    lines = [json.dumps(row, ensure_ascii=ascii_only) for row in rows]
    assert read(end.join(lines), format=FlatFormat.NDJSON) == [
        (line, without_none(row)) for line, row in enumerate(rows, start=1)
    ]


@given(ROWS, st.sampled_from(["\n", "\r\n"]))
def test_any_rows_come_out_of_csv_as_they_went_in(rows: list[Row], end: str) -> None:
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(
        buffer, ["email", "name", "role"], lineterminator=end, quoting=csv.QUOTE_ALL
    )
    writer.writeheader()
    writer.writerows(rows)
    found = [row for _, row in read(buffer.getvalue(), format=FlatFormat.CSV)]
    assert found == [{name: text for name, text in row.items() if text} for row in rows]


PIECES = st.sampled_from(
    [
        *('{"email":"a"}', '{"email":"b","name":null}', "{", "}", "[", "]", ",", ":", "\n"),
        *('"email"', '"name"', '"', '\\"', "null", "1", "\r\n", " ", '"a"', '{"email":"c"}\n'),
    ]
)


def one_by_one(text: str) -> list[tuple[int, Row]] | None:
    """What a strict reader of single lines makes of a text; None for a fault."""
    found = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue

        def members(pairs: list[tuple[str, object]]) -> dict[str, object]:
            if len(dict(pairs)) < len(pairs):
                raise ValueError
            return dict(pairs)

        try:
            row = json.loads(line, object_pairs_hook=members)
        except ValueError:
            return None
        if not isinstance(row, dict) or not {"email", "name", "role"} >= row.keys():
            return None
        if not all(one is None or isinstance(one, str) for one in row.values()):
            return None
        if row.get("email") is None:
            return None
        found.append((number, without_none(row)))
    return found


@given(st.lists(PIECES, max_size=12).map("".join))
@example('{"email":"a"},\n{"email":"b"}')
def test_blocks_say_what_single_lines_say(text: str) -> None:
    wanted = one_by_one(text)
    if wanted is None:
        fault(text, format=FlatFormat.NDJSON)
    else:
        assert read(text, format=FlatFormat.NDJSON) == wanted
