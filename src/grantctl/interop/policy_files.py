"""Files of policy tests, in TOML and YAML.

Owns telling the two apart, how long a file may be, and taking it apart into assertions. Leaves
what a test may hold to `assertion_fields`, lines to `placed_toml` and `placed_yaml`, and opening
files to the caller.
"""

from __future__ import annotations

from enum import StrEnum

from grantctl.errors import InvalidError
from grantctl.evaluation.assertions import Assertion
from grantctl.interop.assertion_fields import assertions_of
from grantctl.interop.placed import Placed
from grantctl.interop.placed_toml import read_toml
from grantctl.interop.placed_yaml import read_yaml

MAX_FILE_BYTES = 16 * 1024 * 1024

_ENDINGS = {"toml": "toml", "yaml": "yaml", "yml": "yaml"}


class PolicyFormat(StrEnum):
    """The formats of files of policy tests."""

    TOML = "toml"
    YAML = "yaml"


def format_of(name: str) -> PolicyFormat | None:
    """The format that a file's ending tells, if it does."""
    found = _ENDINGS.get(name.rpartition(".")[2].lower()) if "." in name else None
    return None if found is None else PolicyFormat(found)


def read_assertions(content: bytes, *, file: str, format: PolicyFormat) -> list[Assertion]:
    """What a file asserts, in its order; `file` is what its places are called by.

    Raises InvalidError for anything that is amiss, with the place; also where nothing is asserted,
    for a test that cannot fail would pass for ever.
    """
    if len(content) > MAX_FILE_BYTES:
        raise InvalidError(f"{file}: it has more than {MAX_FILE_BYTES >> 20} MiB")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InvalidError(f"{file}:{line}: it is not UTF-8") from None
    found = [one for test in _tests(text, file, format) for one in assertions_of(test)]
    if not found:
        hint = "[[test]]" if format is PolicyFormat.TOML else "tests:"
        raise InvalidError(f"{file}: it holds no tests", hint=f"each begins with {hint}")
    return found


def _tests(text: str, file: str, format: PolicyFormat) -> tuple[Placed, ...]:
    is_toml = format is PolicyFormat.TOML
    document = read_toml(text, file) if is_toml else read_yaml(text, file)
    key = "test" if is_toml else "tests"
    members = document.table("the file", (key,))
    return members[key].items(f"`{key}`") if key in members else ()
