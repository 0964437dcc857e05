"""Lines of a TOML text: the search finds what was written there, and never fails."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from grantctl.config_lines import find_line

PARTS = st.one_of(
    st.sampled_from(["a", "database", "x-y", "1"]),
    st.text("ab.=[]#'é ", min_size=1, max_size=5).filter(lambda text: "'''" not in text),
)


def quoted(part: str) -> str:
    return part if part.replace("-", "").isalnum() and part.isascii() else json.dumps(part)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(PARTS, unique=True, min_size=1, max_size=4),
    st.lists(st.lists(PARTS, unique=True, min_size=1, max_size=3), min_size=1, max_size=4),
    st.sampled_from(["1", '"#"', "[\n1,\n]", "{x = 1}", '"""\na = 1\n[b]\n"""', "'''\n'''"]),
)
def test_every_key_is_found_on_the_line_that_sets_it(
    tables: list[str], keys: list[list[str]], value: str
) -> None:
    lines, wanted = ["# a = 1", ""], {}
    for table in tables:
        wanted[(table,)] = sum(line.count("\n") + 1 for line in lines) + 1
        lines.append(f"[{quoted(table)}]  # comment")
        for number, key in enumerate(keys):
            path = (table, *key, f"leaf{number}")
            wanted[path] = sum(line.count("\n") + 1 for line in lines) + 1
            lines.append(" . ".join([*map(quoted, key), f"leaf{number}"]) + f" = {value}")
    text = "\n".join(lines)
    assert {path: find_line(text, path) for path in wanted} == wanted
    assert find_line(text, ("nowhere", "a")) is None


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=80), st.lists(st.text(max_size=5), max_size=3).map(tuple))
def test_no_text_makes_the_search_fail(text: str, path: tuple[str, ...]) -> None:
    found = find_line(text, path)
    assert found is None or 1 <= found <= text.count("\n") + 1


def test_what_an_inline_table_holds_is_on_the_line_where_that_one_begins() -> None:
    assert find_line("x = 1\ncontexts = {prod = {output = 1}}", ("contexts", "prod", "output")) == 2
