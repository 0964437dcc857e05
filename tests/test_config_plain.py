"""The quick ways to the configuration file give what the libraries give."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import platformdirs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from grantctl.config_folders import user_folder
from grantctl.config_plain import parse_plain

SAMPLE = Path(__file__).parents[1] / "sample-config.toml"
LINES = st.lists(
    st.sampled_from(
        [
            "# a comment",
            "",
            "  \t",
            'output = "json"',
            'output="json"  # why',
            'color = ""',
            "[contexts.prod]",
            "[contexts.stage-2]",
            "[contexts]",
            "[policy]",
            'database = "postgresql://ada@db/x"',
            'actor = "Ådå"',
            'a = "1" b = "2"',
            "a = 1",
            "a.b = 'x'",
            'a = """x"""',
            'a = "\\u0041"',
            'a = "x',
            "[a",
            "[[a]]",
            "[a.]",
            '"a" = "b"',
            'a = "\x07"',
            "a",
            "= 3",
        ]
    ),
    max_size=8,
)


@given(LINES)
@example(["[a]", "[a.b]", "[a]"])
@example(['a = "1"', "[a]"])
@example(["[a.b]", "[a]", 'b = "1"'])
def test_a_plain_file_is_read_as_the_library_reads_it(lines: list[str]) -> None:
    text = "\n".join(lines)
    found = parse_plain(text)
    if found is not None:
        assert found == tomllib.loads(text)


def test_the_sample_is_plain() -> None:
    text = SAMPLE.read_text(encoding="utf-8")
    assert parse_plain(text) == tomllib.loads(text)


@pytest.mark.skipif(sys.platform != "linux", reason="there is a short cut on Linux only")
@pytest.mark.parametrize("value", [None, "", " ", "/etc/xdg", "relative", "/with/slash/"])
def test_the_folders_are_those_of_the_library(
    value: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(variable, raising=False)
        if value is not None:
            monkeypatch.setenv(variable, value)
    for kind in ("user_config_dir", "user_data_dir"):
        assert Path(user_folder(kind)) == Path(getattr(platformdirs, kind)("grantctl"))
