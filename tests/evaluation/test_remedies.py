"""What would turn a denial into an allow, as commands that can be run as they stand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grantctl.evaluation.decision import Remedy
from grantctl.evaluation.evaluator import decide
from grantctl.evaluation.facts import Permission
from grantctl.model import Role
from tests.evaluation.directory import ADA, NOW, Directory

Commands = list[str]
PENDING = replace(ADA, role=Role.PENDING)
BY_DEFAULT = "grantctl permissions set --default chat.share=true"


def remedies(directory: Directory, key: str = "chat.share", **asked: bool) -> tuple[Remedy, ...]:
    decision = decide(directory.facts(key), key, now=NOW, **asked)
    for remedy in decision.remedies:
        after = directory.after(remedy.commands)
        assert decide(after.facts(key), key, now=NOW, **asked).allowed, remedy
    return decision.remedies


def commands(directory: Directory, key: str = "chat.share", **asked: bool) -> Commands:
    """Each remedy on a line, its commands behind one another."""
    return [
        " && ".join(" ".join(command) for command in remedy.commands)
        for remedy in remedies(directory, key, **asked)
    ]


def granting(*names: str, **fields: object) -> Directory:
    """Groups that set `chat.share`, none of which the user is in."""
    return Directory(
        groups={f"id-{at}": (name, None) for at, name in enumerate(names)},
        flags={(f"id-{at}", "chat.share"): True for at, _ in enumerate(names)},
        **fields,  # type: ignore[arg-type]
    )


def test_what_is_allowed_needs_no_remedy() -> None:
    assert remedies(Directory(), "chat.tts") == ()


def test_without_any_group_the_default_remains() -> None:
    assert remedies(Directory()) == (
        Remedy(
            "set it for every user",
            (("grantctl", "permissions", "set", "--default", "chat.share=true"),),
        ),
    )


def test_a_group_that_has_it_comes_first_then_the_user_s_own_then_the_default() -> None:
    directory = granting("editors", members={"own": None})
    directory = replace(directory, groups={**directory.groups, "own": ("writers", None)})
    assert [remedy.description for remedy in remedies(directory)] == [
        "add the user to `editors`, which has it",
        "set it for every member of `writers`",
        "set it for every user",
    ]
    assert commands(directory) == [
        "grantctl groups add editors ada@example.com",
        "grantctl permissions set --group=writers chat.share=true",
        BY_DEFAULT,
    ]


def test_three_groups_that_have_it_are_enough() -> None:
    assert commands(granting("d", "b", "c", "a")) == [
        "grantctl groups add a ada@example.com",
        "grantctl groups add b ada@example.com",
        "grantctl groups add c ada@example.com",
        BY_DEFAULT,
    ]


def test_an_expired_membership_that_gave_it_is_renewed_first() -> None:
    directory = granting("a", "z", members={"id-1": NOW})
    [first, second, _] = remedies(directory)
    assert first.description == "renew the expired membership in `z`, which has it"
    assert first.commands == (("grantctl", "groups", "add", "z", "ada@example.com"),)
    assert second.description == "add the user to `a`, which has it"


def test_an_inherited_group_is_not_set_for_all_its_members() -> None:
    directory = Directory(
        groups={"top": ("all", None), "low": ("some", "top")}, members={"low": None}
    )
    assert commands(directory) == [
        "grantctl permissions set --group=some chat.share=true",
        BY_DEFAULT,
    ]


def test_a_pending_user_whom_the_tree_would_allow_is_to_be_approved() -> None:
    assert remedies(Directory(user=PENDING), "chat.tts") == (
        Remedy("approve the user", (("grantctl", "users", "approve", "ada@example.com"),)),
    )


def test_a_pending_user_whom_the_tree_denies_needs_both() -> None:
    directory = granting("editors", user=PENDING)
    approve = "grantctl users approve ada@example.com && "
    assert commands(directory) == [
        approve + "grantctl groups add editors ada@example.com",
        approve + BY_DEFAULT,
    ]
    assert remedies(directory)[0].description == (
        "approve the user and add the user to `editors`, which has it"
    )


def test_ignoring_the_role_nobody_is_to_be_approved() -> None:
    assert commands(Directory(user=PENDING), ignore_role=True) == [BY_DEFAULT]


def test_all_of_a_category_sets_every_leaf_that_is_missing_and_no_other() -> None:
    directory = Directory(groups={"g": ("editors", None)}, members={"g": None})
    missing = "chat.controls=true chat.enforced=true chat.share=true chat.valves=true"
    assert commands(directory, "chat", require_all=True) == [
        f"grantctl permissions set --group=editors {missing}",
        f"grantctl permissions set --default {missing}",
    ]


def test_all_of_a_category_is_given_by_a_group_that_sets_everything_missing() -> None:
    keys = ("chat.controls", "chat.enforced", "chat.share", "chat.valves")
    directory = Directory(
        groups={"part": ("part", None), "whole": ("whole", None)},
        flags={
            ("part", "chat.share"): True,
            **{("whole", key): True for key in keys},
        },
    )
    assert commands(directory, "chat", require_all=True)[0] == (
        "grantctl groups add whole ada@example.com"
    )
    assert "groups add part" not in str(commands(directory, "chat", require_all=True))


def test_of_a_category_one_leaf_is_enough_and_none_that_restricts_or_is_gated() -> None:
    catalogue = {
        "x.a": Permission("x.a", False, restricts=True),
        "x.b": Permission("x.b", False, gated_by="x.c"),
        "x.c": Permission("x.c", False),
    }
    directory = Directory(catalogue=catalogue)
    assert commands(directory, "x") == ["grantctl permissions set --default x.c=true"]
    assert remedies(directory, "x")[0].description == "set one of them, e.g. `x.c`, for every user"
    restricting = replace(directory, catalogue={"x.a": catalogue["x.a"]})
    assert commands(restricting, "x") == ["grantctl permissions set --default x.a=true"]


@pytest.mark.parametrize(
    ("name", "argument"),
    [
        ("R & D", "R & D"),
        ("it's; rm -rf ~", "it's; rm -rf ~"),
        ("a=b", "a=b"),
        ("", "id-0"),
        ("  ", "id-0"),
        ("a\nb", "id-0"),
        ("a\u202eb", "id-0"),
    ],
)
def test_a_group_is_named_by_its_name_if_that_can_be_copied(name: str, argument: str) -> None:
    [remedy, _] = remedies(granting(name))
    assert remedy.commands == (("grantctl", "groups", "add", argument, "ada@example.com"),)


def test_what_looks_like_an_option_stands_behind_two_dashes() -> None:
    directory = granting("--yes", members={"id-1": None})
    directory = replace(directory, groups={**directory.groups, "id-1": ("-x", None)})
    assert commands(directory) == [
        "grantctl groups add -- --yes ada@example.com",
        "grantctl permissions set --group=-x chat.share=true",
        BY_DEFAULT,
    ]
    dashed = replace(Directory(), catalogue={"-x.y": Permission("-x.y", False)})
    assert commands(dashed, "-x.y") == ["grantctl permissions set --default -- -x.y=true"]


def test_a_name_that_names_something_else_too_is_replaced_by_the_id() -> None:
    assert commands(granting("same", "same"))[:2] == [
        "grantctl groups add id-0 ada@example.com",
        "grantctl groups add id-1 ada@example.com",
    ]
    # The second is called like the first one's id, which is looked for before names.
    assert commands(granting("plain", "id-0"))[:2] == [
        "grantctl groups add id-1 ada@example.com",
        "grantctl groups add plain ada@example.com",
    ]


def test_a_user_without_an_e_mail_or_with_one_that_is_another_s_id_is_named_by_id() -> None:
    nameless = Directory(user=replace(PENDING, email=None))
    approve = [(("grantctl", "users", "approve", "u-ada"),)]
    assert [one.commands for one in remedies(nameless, "chat.tts")] == approve
    facts = replace(Directory(user=PENDING).facts(), taken_names=frozenset({"ada@example.com"}))
    decision = decide(facts, "chat.tts", now=NOW)
    assert [one.commands for one in decision.remedies] == approve


def test_where_nobody_looked_for_other_owners_of_a_name_ids_are_used() -> None:
    assert commands(granting("editors", user=PENDING, is_looked_up=False)) == [
        "grantctl users approve u-ada && grantctl groups add id-0 u-ada",
        "grantctl users approve u-ada && " + BY_DEFAULT,
    ]
