"""What `permissions set`, `permissions unset` and `permissions impact` read, and what they say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from grantctl.cli.call import Call
from grantctl.cli.complete import complete_group
from grantctl.errors import ConflictError, UsageError
from grantctl.render.columns import Column

if TYPE_CHECKING:
    from grantctl.operations.effects import FlagEffect
    from grantctl.operations.flags import FlagChange, FlagsChanged

Value = TypeVar("Value", bound="bool | None")

GROUP = Annotated[
    str | None,
    typer.Option(
        "--group", metavar="GROUP", help="set it for a group", autocompletion=complete_group
    ),
]
DEFAULT = Annotated[bool, typer.Option("--default", help="set it for every user")]
MAX_REASONS = 3
MAX_KEYS = 3

COLUMNS = (
    Column("key", "Permission", is_name=True),
    Column("before", "Before"),
    Column("after", "After"),
    Column("users", "Users", justify="right"),
    Column("gained", "Gain it", justify="right"),
    Column("lost", "Lose it", justify="right"),
    Column("still_allowed", "Still allowed", is_extra=True),
    Column("still_denied", "Still denied", is_extra=True),
)


def parse_assignments(texts: Sequence[str]) -> dict[str, bool]:
    """The values of `KEY=true` and `KEY=false`. Raises UsageError, ConflictError."""
    hint = "grantctl permissions set --group editors chat.controls=true"
    return _parse(texts, {"true": True, "false": False}, "KEY=true or KEY=false", hint)


def parse_supposed(texts: Sequence[str]) -> dict[str, bool | None]:
    """The same, and None of `KEY=unset`."""
    words = {"true": True, "false": False, "unset": None}
    hint = "grantctl permissions impact --group editors chat.controls=true"
    return _parse(texts, words, "KEY=true, KEY=false or KEY=unset", hint)


def _parse(
    texts: Sequence[str], words: Mapping[str, Value], form: str, hint: str
) -> dict[str, Value]:
    values: dict[str, Value] = {}
    for text in texts:
        key, equals, word = text.rpartition("=")
        if not equals or word.lower() not in words:
            raise UsageError(f"`{text}` is not of the form {form}", hint=hint)
        value = words[word.lower()]
        if values.setdefault(key, value) is not value:
            raise ConflictError(f"`{key}` is given two values", hint="name it once")
    return values


def require_scope(group: str | None, default: bool) -> None:
    """Raise UsageError unless it is said for whom, once."""
    if (group is None) != default:
        raise UsageError(
            "say for whom: `--group GROUP` or `--default`, and not both",
            hint="grantctl permissions set --group editors chat.controls=true",
        )


def show_flag_changes(call: Call, changed: FlagsChanged) -> None:
    """Print what was set, for how many it changes something, and warn of what it does not do."""
    rows = [
        {
            "key": change.key,
            "before": change.before,
            "after": change.after,
            "users": change.effect.user_count,
            "gained": change.effect.gained,
            "lost": change.effect.lost,
            "still_allowed": change.effect.still_allowed,
            "still_denied": change.effect.still_denied,
        }
        for change in changed.changes
    ]
    call.show_rows("permission-changes", rows, COLUMNS, warnings=[*_warnings(changed)])
    call.say_dry_run()


def _warnings(changed: FlagsChanged) -> Iterator[str]:
    for category, leaves in changed.expanded.items():
        yield f"`{category}` stands for {len(leaves)} permissions: {', '.join(leaves)}"
    restricting = [one.key for one in changed.changes if one.restricts and one.after]
    if restricting:
        restrict = "restricts" if len(restricting) == 1 else "restrict"
        yield f"{_keys(restricting)} {restrict}: where it is true, a user may do less"
    if changed.group is not None and not changed.changes[0].effect.user_count:
        yield f"`{changed.group.name}` has no members"
        return
    noun = "user" if changed.group is None else "member"
    for words, keys in _without_effect(changed.changes, noun).items():
        yield f"{_keys(keys)} {words}"


def _without_effect(changes: Sequence[FlagChange], noun: str) -> Mapping[str, list[str]]:
    """Keys that were to be taken from users who still have them, by what is to be said of them."""
    keys_by_words: dict[str, list[str]] = {}
    for change in changes:
        is_taken = change.after is False or (change.after is None and change.before is True)
        if is_taken and change.effect.still_allowed:
            what = "unset" if change.after is None else "false"
            words = f"{what} has no effect for {_whom(change.effect, noun)}"
            keys_by_words.setdefault(words, []).append(change.key)
    return keys_by_words


def _whom(effect: FlagEffect, noun: str) -> str:
    count, total = effect.still_allowed_count, effect.user_count
    if total == 1:
        whom = f"its one {noun}" if noun == "member" else f"the one {noun}"
    else:
        whom = f"any of {total} {noun}s" if count == total else f"{count} of {total} {noun}s"
    reasons = [*effect.still_allowed.items()]
    said = "; ".join(f"{reason} ({users})" for reason, users in reasons[:MAX_REASONS])
    rest = sum(users for _, users in reasons[MAX_REASONS:])
    return f"{whom}: {said}" + (f"; other reasons ({rest})" if rest else "")


def _keys(keys: Sequence[str]) -> str:
    more = f" and {len(keys) - MAX_KEYS} more" if len(keys) > MAX_KEYS else ""
    return ", ".join(f"`{key}`" for key in keys[:MAX_KEYS]) + more
