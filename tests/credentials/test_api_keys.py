"""API keys: their form, what is told of one offline, and finding them in a leaked text."""

from __future__ import annotations

import hashlib
import re
import time
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grantctl.credentials import api_keys
from grantctl.credentials.api_keys import (
    find_tokens,
    hash_api_key,
    hint,
    key_problem,
    looks_like_api_key,
    make_api_key,
)
from grantctl.errors import InvalidError
from tests.credentials.forge import CLAIMS, header, signed

KEY = make_api_key()
OPENWEBUI = "sk-0123456789abcdef0123456789abcdef"
TOKEN = signed(header("EdDSA"), CLAIMS)


def test_a_new_key_is_of_the_published_form() -> None:
    made = {make_api_key() for _ in range(1000)}
    assert len(made) == 1000
    for key in made:
        assert re.fullmatch(api_keys.PATTERN, key)
        assert key_problem(key) is None
        assert looks_like_api_key(key)


def test_the_random_part_uses_every_letter_and_digit() -> None:
    letters = "".join(make_api_key()[5:35] for _ in range(500))
    assert len(set(letters)) == 62
    assert max(letters.count(letter) for letter in set(letters)) < 2 * len(letters) / 62


def test_the_checksum_is_crc_32_in_base_62() -> None:
    """Written down, so that keys of today are read tomorrow."""
    body = "gctl_" + "A" * 30
    assert api_keys._checksum(body) == CHECKSUM
    assert key_problem(body + CHECKSUM) is None


CHECKSUM = "0jXIg1"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "an API key begins with `gctl_`"),
        ("GCTL_" + KEY[5:], "an API key begins with `gctl_`"),
        (f" {KEY}", "an API key begins with `gctl_`"),
        (TOKEN, "an API key begins with `gctl_`"),
        (KEY[:-1], "an API key has 41 characters"),
        (f"{KEY}\n", "an API key has 41 characters"),
        (f"{KEY}A", "an API key has 41 characters"),
        ("gctl_" + "x" * 16_000_000, "an API key has 41 characters"),
        (f"{KEY[:-1]}\n", "an API key holds only letters and digits behind its prefix"),
        (f"{KEY[:-1]}\0", "an API key holds only letters and digits behind its prefix"),
        (f"{KEY[:9]}_{KEY[10:]}", "an API key holds only letters and digits behind its prefix"),
        (f"{KEY[:9]}é{KEY[10:]}", "an API key holds only letters and digits behind its prefix"),
        (f"{KEY[:9]}１{KEY[10:]}", "an API key holds only letters and digits behind its prefix"),
        (
            f"{KEY[:9]}\ud800{KEY[10:]}",
            "an API key holds only letters and digits behind its prefix",
        ),
        (f"gctl_{KEY[5:].swapcase()}", "its checksum is wrong: was it mistyped, or cut?"),
        ("gctl_" + "A" * 36, "its checksum is wrong: was it mistyped, or cut?"),
        (OPENWEBUI, None),
        ("sk-anything-that-was-imported", None),
        ("sk-", "it is no API key of open webui"),
        ("sk-a b", "it is no API key of open webui"),
        ("sk-a\n", "it is no API key of open webui"),
        ("sk-\ud800", "it is no API key of open webui"),
        ("sk-" + "a" * 256, "it is no API key of open webui"),
    ],
    ids=count(),  # the keys are new in every process, and one is long
)
def test_what_is_no_key_is_told_without_a_look_up(text: str, problem: str | None) -> None:
    assert key_problem(text) == problem


@given(st.integers(5, 40), st.sampled_from(api_keys._ALPHABET))
def test_any_one_character_that_is_mistyped_is_seen(at: int, character: str) -> None:
    mistyped = KEY[:at] + character + KEY[at + 1 :]
    assert (key_problem(mistyped) is None) == (mistyped == KEY)


@given(st.text(alphabet=st.characters(exclude_categories=())))
def test_any_text_may_be_asked_about(text: str) -> None:
    assert key_problem(text) is not None
    assert len(hash_api_key(text)) == 64
    looks_like_api_key(text)
    hint(text)


def test_the_hash_is_of_the_whole_key_and_exact() -> None:
    assert hash_api_key(KEY) == hashlib.sha256(KEY.encode()).hexdigest()
    assert api_keys.is_same_hash(hash_api_key(KEY), hash_api_key(KEY))
    assert not api_keys.is_same_hash(hash_api_key(KEY), hash_api_key(KEY.swapcase()))


def test_the_hint_shows_four_characters_and_is_no_key() -> None:
    assert hint(KEY) == f"{KEY[:9]}…"
    assert hint(OPENWEBUI) == "sk-0123…"
    assert key_problem(hint(KEY)) is not None
    assert key_problem(hint(OPENWEBUI)) is not None


# Leaked texts.


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "key={}",
        "https://example.com/?key={}&x=1",
        "key%3D{}",
        "Authorization: Bearer {}\r\n",
        '{{"token": "{}"}}',
        "export KEY='{}';",
        "({}).",
        "{}...",
        "a.b.{}",
        "\x1b[1m{}\x1b[0m\0",
    ],
)
@pytest.mark.parametrize("token", [KEY, OPENWEBUI, TOKEN], ids=["ours", "open webui", "jwt"])
def test_a_token_is_found_wherever_it_stands(text: str, token: str) -> None:
    assert [found.text for found in find_tokens(text.format(token))] == [token]


def test_each_is_found_once_in_order() -> None:
    other = make_api_key()
    text = f"{KEY}{other} {TOKEN}\n{KEY}\n{OPENWEBUI},{TOKEN}"
    found = find_tokens(text)
    assert [one.text for one in found] == [KEY, other, TOKEN, OPENWEBUI]
    assert [one.kind for one in found] == ["api_key", "api_key", "jwt", "api_key"]
    assert KEY not in repr(found)
    assert TOKEN not in repr(found)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no token",
        KEY[:-1],
        f"gctl_{KEY[5:].swapcase()}",
        f"{OPENWEBUI[:-1]}g",
        f"task-{OPENWEBUI[3:-1]}",
        "eyJhbGciOiJub25lIn0.eyJ9",
        "www.example.com",
        "1.2.3.4.5",
        "..........",
    ],
    ids=count(),
)
def test_nothing_is_found_where_nothing_is(text: str) -> None:
    assert find_tokens(text) == ()


@pytest.mark.parametrize(
    "unit", ["a", "ey", "eyJ.", ".", "gctl_", "gctl_a", "sk-", "sk-0", "eyJ.eyJ.x"]
)
def test_the_time_grows_with_the_text_only(unit: str) -> None:
    def seconds(length: int) -> float:
        text = (unit * length)[:length]
        began = time.process_time()
        find_tokens(text)
        return time.process_time() - began

    assert seconds(2**20) < 32 * max(seconds(2**17), 0.01)  # 8 times the text: squared it were 64


def test_a_text_over_a_mebibyte_is_refused() -> None:
    with pytest.raises(InvalidError):
        find_tokens("x" * (2**20 + 1))
