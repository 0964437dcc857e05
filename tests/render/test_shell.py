"""Words are quoted as the standard library quotes them."""

from __future__ import annotations

import shlex

from hypothesis import given
from hypothesis import strategies as st

from grantctl.render.shell import shell_line


@given(st.lists(st.text()))
def test_a_line_is_quoted_as_shlex_quotes_it(words: list[str]) -> None:
    assert shell_line(words) == shlex.join(words)
