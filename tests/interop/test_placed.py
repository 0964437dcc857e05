"""Values with their lines, from TOML and YAML: the same values as others read, and right lines."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from grantctl.errors import InvalidError
from grantctl.interop import placed_yaml
from grantctl.interop.placed import Placed
from grantctl.interop.placed_toml import read_toml
from grantctl.interop.placed_yaml import MAX_DEPTH, read_yaml

LAID_OUT_TOML = """\
# [[test]] in a comment = "no"
title = '''
[[test]]
name = "no"
'''

[[test]]
"na.me" = "a # [[b]] = c"
may = [ # [
  "x",  # "y",
  'z',

  { a = [1], b = "]" }, "w",
]
deep.er = true
[test.given]
set = { "a:b.c" = "}" }

[[test]]
name = \"""
[[test]]
\\"\""" # \"""
[[test.part]]
name = "\\""
[[test.part]]
[other . "quoted table"]
at = 2030-01-01T00:00:00Z
"""
LINES_OF_TOML = {
    ("title",): 2,
    ("test",): 7,
    ("test", 0): 7,
    ("test", 0, "na.me"): 8,
    ("test", 0, "may"): 9,
    ("test", 0, "may", 0): 10,
    ("test", 0, "may", 1): 11,
    ("test", 0, "may", 2): 13,
    ("test", 0, "may", 2, "a"): 13,
    ("test", 0, "may", 2, "a", 0): 13,
    ("test", 0, "may", 2, "b"): 13,
    ("test", 0, "may", 3): 13,
    ("test", 0, "deep"): 15,
    ("test", 0, "deep", "er"): 15,
    ("test", 0, "given"): 16,
    ("test", 0, "given", "set"): 17,
    ("test", 0, "given", "set", "a:b.c"): 17,
    ("test", 1): 19,
    ("test", 1, "name"): 20,
    ("test", 1, "part"): 23,
    ("test", 1, "part", 0): 23,
    ("test", 1, "part", 0, "name"): 24,
    ("test", 1, "part", 1): 25,
    ("other",): 26,
    ("other", "quoted table"): 26,
    ("other", "quoted table", "at"): 27,
}
LAID_OUT_YAML = """\
# a comment
tests:
  - name: |
      several
      lines
    may: [x,
      "y"]
  -
    who:
      role: pending
    on: yes
"""
LINES_OF_YAML = {
    ("tests",): 2,
    ("tests", 0): 3,
    ("tests", 0, "name"): 3,
    ("tests", 0, "may"): 6,
    ("tests", 0, "may", 0): 6,
    ("tests", 0, "may", 1): 7,
    ("tests", 1): 9,
    ("tests", 1, "who"): 9,
    ("tests", 1, "who", "role"): 10,
    ("tests", 1, "on"): 11,
}


def lines_of(placed: Placed, path: tuple[str | int, ...] = ()) -> dict[tuple[str | int, ...], int]:
    found = {path: placed.line} if path else {}
    if isinstance(placed.value, Mapping):
        for key, one in placed.value.items():
            found |= lines_of(one, (*path, key))
    elif isinstance(placed.value, tuple):
        for at, one in enumerate(placed.value):
            found |= lines_of(one, (*path, at))
    return found


def plain(placed: Placed) -> Any:
    if isinstance(placed.value, Mapping):
        return {key: plain(one) for key, one in placed.value.items()}
    if isinstance(placed.value, tuple):
        return [plain(one) for one in placed.value]
    return placed.value


def test_every_key_of_toml_and_every_part_of_a_list_has_its_line() -> None:
    assert lines_of(read_toml(LAID_OUT_TOML, "f")) == LINES_OF_TOML


def test_every_key_of_yaml_and_every_part_of_a_list_has_its_line() -> None:
    placed = read_yaml(LAID_OUT_YAML, "f")
    assert lines_of(placed) == LINES_OF_YAML
    assert plain(placed)["tests"][1] == {"who": {"role": "pending"}, "on": True}


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufeff"), max_size=20)
values = st.recursive(
    st.booleans() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


def toml_of(value: Any) -> str:
    """The value as TOML on one line; JSON's escapes are TOML's, but for those of surrogates."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{toml_of(key)} = {toml_of(one)}' for key, one in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(toml_of, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


@given(st.lists(st.tuples(texts, values), max_size=5, unique_by=lambda pair: pair[0]))
def test_toml_means_what_the_standard_library_says_and_lines_are_counted_whatever_stands_in_it(
    pairs: list[tuple[str, Any]],
) -> None:
    text = "".join(f"# ]\n\n{toml_of(key)} = {toml_of(value)} # [\n" for key, value in pairs)
    placed = read_toml(text, "f")
    assert plain(placed) == tomllib.loads(text) == dict(pairs)
    assert isinstance(placed.value, Mapping)
    assert [one.line for one in placed.value.values()] == [3 * at + 3 for at in range(len(pairs))]


@given(st.dictionaries(texts, values, max_size=4))
def test_yaml_means_what_pyyaml_says(members: dict[str, Any]) -> None:
    text = yaml.safe_dump(members)
    assert plain(read_yaml(text, "f")) == yaml.safe_load(text) == members


@given(st.text(max_size=60) | st.text(" \n[]{}=\"'#.a-:&*!|>?", max_size=60))
def test_whatever_a_file_holds_it_is_read_or_refused_with_its_name(text: str) -> None:
    for read in (read_toml, read_yaml):
        try:
            read(text.replace("\r", ""), "file")
        except InvalidError as error:
            assert error.message.startswith("file:")


BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"
REFUSED: list[tuple[Callable[[str, str], Placed], str, str]] = [
    (read_toml, "a = 1\nb = \n", "f:2: invalid value"),
    (read_toml, "a = 1\na = 2\n", "f:2: cannot overwrite a value"),
    (read_toml, "x", "f:1: expected '=' after a key in a key/value pair"),
    (read_toml, f"a = {'[' * 9000}", "f: it is nested too deeply"),
    (read_toml, f"a = {'9' * 5000}", "f: it is not valid TOML"),
    (read_yaml, "a: b\nc: *d\n", "f:2: anchors and aliases are not allowed"),
    (read_yaml, BOMB, "f:1: anchors and aliases are not allowed"),
    (read_yaml, "a: !!python/name:os.system x\n", "f:1: the tag `tag:yaml.org,2002:python/name:"),
    (read_yaml, "a: b\nc: d\na: e\n", "f:3: the key `a` stands twice"),
    (read_yaml, "a: b\n---\nc: d\n", "f:2: it holds more than one document"),
    (read_yaml, "a: [\n", "f:2: did not find expected node content"),
    (read_yaml, "[1]: x\n", "f:1: a key is not text"),
    (read_yaml, "3: x\n", "f:1: a key is not text"),
    (read_yaml, "a: \x07\n", "f: it holds a character that YAML does not have"),
    (read_yaml, f"{'[' * (MAX_DEPTH + 1)}{']' * (MAX_DEPTH + 1)}", "f:1: it has more than 20 "),
    (read_yaml, "[" * 100_000, "f:1: "),
    (read_yaml, "<<: {a: b}\n", "f:1: a key is not text"),
]


@pytest.mark.parametrize(("read", "text", "message"), REFUSED)
def test_what_is_refused_is_so_with_file_and_line(
    read: Callable[[str, str], Placed], text: str, message: str
) -> None:
    with pytest.raises(InvalidError) as caught:
        read(text, "f")
    assert caught.value.message.startswith(message)


def test_yaml_is_read_alike_where_pyyaml_was_built_without_c(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert placed_yaml._Loader is yaml.CSafeLoader
    monkeypatch.setattr(placed_yaml, "_Loader", yaml.SafeLoader)
    assert lines_of(read_yaml(LAID_OUT_YAML, "f")) == LINES_OF_YAML
    for read, text, message in REFUSED:
        if read is read_yaml:
            with pytest.raises(InvalidError, match=f"^{message.split()[0]}"):
                read(text, "f")
