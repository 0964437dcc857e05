"""What a verdict should not be read without."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from grantctl.evaluation.decision import WarningCode
from grantctl.evaluation.evaluator import decide
from grantctl.evaluation.facts import Permission
from grantctl.model import Role
from tests.evaluation.directory import ADA, NOW, Directory

HOUR = timedelta(hours=1)
EDITOR = Directory(groups={"g": ("editors", None)}, members={"g": None})


def warnings(directory: Directory, key: str, **asked: bool) -> list[tuple[WarningCode, str]]:
    decision = decide(directory.facts(key), key, now=NOW, **asked)
    return [(warning.code, warning.message) for warning in decision.warnings]


def with_flags(directory: Directory, **flags: bool) -> Directory:
    of_group = {("g", name.replace("__", ".")): value for name, value in flags.items()}
    return replace(directory, flags={**directory.flags, **of_group})


GATE_OFF = [
    (
        WarningCode.GATE_OFF,
        "`chat.valves` is gated by `chat.controls`, which the user is denied",
    )
]


def test_a_gate_that_is_off_is_a_warning_and_no_denial() -> None:
    directory = with_flags(EDITOR, chat__valves=True)
    assert decide(directory.facts(), "chat.valves", now=NOW).allowed
    assert warnings(directory, "chat.valves") == GATE_OFF


def test_a_gate_that_is_off_is_told_with_a_denial_too() -> None:
    assert warnings(EDITOR, "chat.valves") == GATE_OFF


def test_a_gate_that_is_on_is_no_warning() -> None:
    by_group = with_flags(EDITOR, chat__valves=True, chat__controls=True)
    assert warnings(by_group, "chat.valves") == []
    gate = Permission("chat.controls", True)
    by_default = replace(EDITOR, catalogue={**EDITOR.catalogue, gate.key: gate})
    assert warnings(with_flags(by_default, chat__valves=True), "chat.valves") == []


def test_a_gate_that_is_not_in_the_catalogue_is_no_warning() -> None:
    lone = Permission("x", True, gated_by="gone")
    assert warnings(replace(EDITOR, catalogue={"x": lone}), "x") == []


def test_of_a_category_the_gated_keys_that_are_allowed_share_a_warning() -> None:
    gated = {
        f"chat.{name}": Permission(f"chat.{name}", name != "e", gated_by="chat.controls")
        for name in "abcde"
    }
    directory = replace(EDITOR, catalogue={**EDITOR.catalogue, **gated})
    assert warnings(directory, "chat") == [
        (
            WarningCode.GATE_OFF,
            "`chat.a`, `chat.b`, `chat.c` and 1 more are gated by `chat.controls`, "
            "which the user is denied",
        )
    ]


def test_a_restricting_flag_that_is_true_is_a_warning() -> None:
    directory = with_flags(EDITOR, chat__enforced=True)
    message = "`chat.enforced` restricts: where it is true, the user may do less"
    assert warnings(directory, "chat.enforced") == [(WarningCode.RESTRICTING_FLAG, message)]
    assert warnings(directory, "chat") == [(WarningCode.RESTRICTING_FLAG, message)]
    assert warnings(EDITOR, "chat.enforced") == []


def test_an_admin_is_warned_of_a_restricting_key_and_of_nothing_else() -> None:
    admin = replace(
        with_flags(EDITOR, chat__valves=True, chat__share=False), user=replace(ADA, role=Role.ADMIN)
    )
    assert [code for code, _ in warnings(admin, "chat.enforced")] == [WarningCode.RESTRICTING_FLAG]
    for key in ("chat", "chat.valves", "chat.share"):
        assert warnings(admin, key) == []


def test_a_pending_user_is_warned_of_nothing() -> None:
    pending = replace(
        with_flags(EDITOR, chat__valves=True, chat__enforced=True),
        user=replace(ADA, role=Role.PENDING),
        members={"g": NOW - HOUR},
    )
    for key in ("chat", "chat.valves", "chat.enforced"):
        assert warnings(pending, key) == []


def test_a_false_without_effect_is_a_warning() -> None:
    directory = with_flags(EDITOR, chat__tts=False)
    message = "`editors` says false for `chat.tts` without effect: true anywhere wins"
    assert warnings(directory, "chat.tts") == [(WarningCode.SHADOWED_FALSE, message)]
    assert warnings(with_flags(EDITOR, chat__share=False), "chat.share") == []


def test_falses_without_effect_in_a_category_are_counted() -> None:
    names = "abcde"
    catalogue = {f"x.{name}": Permission(f"x.{name}", True) for name in names}
    directory = Directory(
        groups={name: (f"group {name}", None) for name in names},
        members=dict.fromkeys(names),
        flags={(group, key): False for group in names for key in catalogue},
        catalogue=catalogue,
    )
    assert warnings(directory, "x") == [
        (
            WarningCode.SHADOWED_FALSE,
            "`group a`, `group b`, `group c` and 2 more say false for 5 of these permissions "
            "without effect: true anywhere wins",
        )
    ]


def test_a_membership_on_which_the_permission_hangs_and_that_will_end_is_a_warning() -> None:
    directory = with_flags(replace(EDITOR, members={"g": NOW + HOUR}), chat__share=True)
    message = "allowed until 2026-06-01 13:00 UTC, when the membership in `editors` expires"
    assert warnings(directory, "chat.share") == [(WarningCode.MEMBERSHIP_EXPIRES, message)]


@pytest.mark.parametrize("key", ["chat.tts", "chat"])
def test_a_membership_that_will_end_is_no_warning_where_another_source_allows(key: str) -> None:
    directory = with_flags(
        replace(EDITOR, members={"g": NOW + HOUR}), chat__tts=True, chat__share=True
    )
    assert warnings(directory, key) == []


def test_the_last_of_several_memberships_that_will_end_is_the_one_to_know() -> None:
    directory = Directory(
        groups={"top": ("top", None), "a": ("a", "top"), "b": ("b", "top"), "c": ("c", "top")},
        members={"a": NOW + HOUR, "b": NOW + 2 * HOUR, "c": NOW + 2 * HOUR},
        flags={("top", "chat.share"): True},
    )
    message = "allowed until 2026-06-01 14:00 UTC, when the memberships in `b`, `c` expire"
    assert warnings(directory, "chat.share") == [(WarningCode.MEMBERSHIP_EXPIRES, message)]


def test_of_all_of_a_category_the_first_to_end_is_the_one_to_know() -> None:
    directory = replace(
        Directory(
            groups={"a": ("a", None), "b": ("b", None)},
            members={"a": NOW + HOUR, "b": NOW + 2 * HOUR},
            flags={("a", "chat.x"): True, ("b", "chat.y"): True},
        ),
        catalogue={key: Permission(key, False) for key in ("chat.x", "chat.y")},
    )
    [(_, of_all)] = warnings(directory, "chat", require_all=True)
    assert of_all.startswith("allowed until 2026-06-01 13:00 UTC, when the membership in `a`")
    [(_, of_any)] = warnings(directory, "chat")
    assert of_any.startswith("allowed until 2026-06-01 14:00 UTC, when the membership in `b`")


def test_on_a_denial_an_expired_membership_is_a_warning() -> None:
    directory = with_flags(replace(EDITOR, members={"g": NOW}), chat__share=True)
    message = "the membership in `editors` expired on 2026-06-01 12:00 UTC and counts no more"
    assert warnings(directory, "chat.share") == [(WarningCode.MEMBERSHIP_EXPIRED, message)]
    assert warnings(directory, "chat.tts") == []


def test_many_expired_memberships_share_a_warning() -> None:
    directory = Directory(
        groups={name: (name, None) for name in "abcde"},
        members={name: NOW - HOUR * at for at, name in enumerate("abcde")},
    )
    message = (
        "the memberships in `a`, `b`, `c` and 2 more expired, the last on 2026-06-01 12:00 UTC, "
        "and count no more"
    )
    assert warnings(directory, "chat.share") == [(WarningCode.MEMBERSHIP_EXPIRED, message)]
