from __future__ import annotations

import io
import sys

import pytest
from hypothesis import given
from tests.render.examples import stream, texts, unhurried

from grantctl.model import is_unprintable
from grantctl.render.escape import escape, escape_lines, fit, is_encodable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("plain é 字 😀", "plain é 字 😀"),
        ("a\tb\nc\rd", r"a\tb\nc\rd"),
        ("\0\x1b[31m\x7f", r"\x00\x1b[31m\x7f"),
        ("\x85\x9b\xad", r"\x85\x9b\xad"),
        ("\u200b\u202e\u2028\u2029\ufeff", r"\u200b\u202e\u2028\u2029\ufeff"),
        ("\ud800", r"\ud800"),
        ("\U000e0001", r"\U000e0001"),
        ("👩\u200d💻", r"👩\u200d💻"),
        ("back\\slash", "back\\slash"),
        ("no\xa0break \ue000", "no\xa0break \ue000"),
    ],
)
def test_what_is_invisible_is_shown(text: str, shown: str) -> None:
    assert escape(text) == shown


def test_every_unprintable_character_is_escaped_and_no_other() -> None:
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        assert (escape(character) != character) == is_unprintable(character), hex(code)


@unhurried
@given(texts)
def test_escaping_twice_is_escaping_once(text: str) -> None:
    assert escape(escape(text)) == escape(text)


def test_line_feeds_of_a_document_stay() -> None:
    assert escape_lines("a\n\x1bb\n") == "a\n\\x1bb\n"


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [("ascii", r"\xe9 \u5b57"), ("latin-1", r"é \u5b57"), ("utf-8", "é 字"), ("utf-16", "é 字")],
)
def test_what_a_stream_cannot_encode_is_shown_with_backslashes(encoding: str, shown: str) -> None:
    assert fit("é 字", stream(encoding)) == shown


def test_a_stream_without_an_encoding_takes_everything() -> None:
    assert is_encodable("字", io.StringIO())
    assert fit("字", io.StringIO()) == "字"
