r"""How recorded tests are spelled, so that they are read again as what they were.

Owns TOML and YAML of them, both with texts in double quotes, whose escapes are the same in the two:
`\"`, `\\`, `\u0007`, `\U000e0001`. Leaves reading to `policy_files`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice

from grantctl.evaluation.assertions import ANYTHING, Asked, RecordedTest
from grantctl.interop.policy_files import PolicyFormat

_COMMENT = "# What was so when it was recorded: grantctl test record"
_HIGHEST_SHORT = 0xFFFF


def written(
    tests: Iterable[RecordedTest], format: PolicyFormat, *, is_ascii: bool = False
) -> Iterator[str]:
    """The text of a file, a test at a time; with `is_ascii` everything else is escaped.

    Nothing of it comes before the first test is known.
    """
    found = iter(tests)
    first = list(islice(found, 1))
    yield f"{_COMMENT}\n"
    if format is PolicyFormat.YAML:
        yield "tests:\n"
    write = _toml if format is PolicyFormat.TOML else _yaml
    for test in chain(first, found):
        yield "".join(f"{line}\n" for line in write(test, is_ascii))


def _toml(test: RecordedTest, is_ascii: bool) -> Iterator[str]:
    yield from ("", "[[test]]", f"user = {_quoted(test.user, is_ascii)}")
    if test.through:
        yield f"through = {_through(test, is_ascii)}"
    yield f"{_verb(test)} = ["
    yield from (f"  {_asked(one, ' =', is_ascii)}," for one in test.asked)
    yield "]"


def _yaml(test: RecordedTest, is_ascii: bool) -> Iterator[str]:
    yield f"  - user: {_quoted(test.user, is_ascii)}"
    if test.through:
        yield f"    through: {_through(test, is_ascii)}"
    yield f"    {_verb(test)}:"
    yield from (f"      - {_asked(one, ':', is_ascii)}" for one in test.asked)


def _verb(test: RecordedTest) -> str:
    return "may" if test.allowed else "may_not"


def _through(test: RecordedTest, is_ascii: bool) -> str:
    return f"[{', '.join(_quoted(str(one), is_ascii) for one in test.through)}]"


def _asked(asked: Asked, is_: str, is_ascii: bool) -> str:
    """A text, or a table where the text would be read as something else."""
    key = asked.key
    if key is not None and (key == ANYTHING or ":" in key.partition(" ")[2]):
        return f"{{ permission{is_} {_quoted(key, is_ascii)} }}"
    if asked.ref is not None and asked.ref.id != asked.ref.id.strip():
        members = (("action", asked.action or ""), ("resource", str(asked.ref)))
        pairs = (f"{name}{is_} {_quoted(text, is_ascii)}" for name, text in members)
        return f"{{ {', '.join(pairs)} }}"
    return _quoted(str(asked), is_ascii)


def _quoted(text: str, is_ascii: bool) -> str:
    return f'"{"".join(_characters(text, is_ascii))}"'


def _characters(text: str, is_ascii: bool) -> Iterator[str]:
    for one in text:
        number = ord(one)
        if one in '"\\':
            yield f"\\{one}"
        elif not one.isprintable() or (is_ascii and not one.isascii()):
            yield f"\\u{number:04x}" if number <= _HIGHEST_SHORT else f"\\U{number:08x}"
        else:
            yield one
