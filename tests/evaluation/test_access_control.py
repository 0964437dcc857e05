"""Access control as JSON: written, read back, and refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grantctl.errors import InvalidError
from grantctl.evaluation.access_control import GrantKey, access_control_of, grants_of
from grantctl.model import EVERYONE_ID, PrincipalType, action_problem

USER, GROUP, EVERYONE = PrincipalType.USER, PrincipalType.GROUP, PrincipalType.EVERYONE
PREFIX = "this is no access control: "

_LETTERS = st.characters(exclude_categories=("Cc", "Cs"))
_ids = st.text(_LETTERS, min_size=1, max_size=8).filter(
    lambda text: bool(text.strip()) and text != EVERYONE_ID
)
_actions = st.sampled_from(["read", "write", "use", "Read"]) | st.text(
    _LETTERS, min_size=1, max_size=8
).filter(lambda text: action_problem(text) is None)
_keys = st.builds(GrantKey, _actions, st.sampled_from([USER, GROUP]), _ids) | st.builds(
    GrantKey, _actions, st.just(EVERYONE), st.just(EVERYONE_ID)
)


@given(st.sets(_keys))
def test_what_is_written_is_read_back_without_loss(keys: set[GrantKey]) -> None:
    control = json.loads(json.dumps(access_control_of(False, keys)))
    assert grants_of(control) == (False, tuple(sorted(keys)))
    assert access_control_of(*grants_of(control)) == control


@given(st.lists(_keys, unique=True).flatmap(lambda keys: st.tuples(*[st.permutations(keys)] * 2)))
def test_the_order_of_grants_changes_nothing_in_what_is_written(
    orders: tuple[list[GrantKey], list[GrantKey]],
) -> None:
    one, other = (json.dumps(access_control_of(False, keys)) for keys in orders)
    assert one == other


def test_public_is_null_and_private_is_empty() -> None:
    assert access_control_of(True, ()) is None
    assert grants_of(None) == (True, ())
    assert access_control_of(False, ()) == {}
    assert grants_of({}) == (False, ())


def test_read_and_write_come_first_and_ids_are_sorted() -> None:
    control = access_control_of(
        False,
        [
            GrantKey("use", GROUP, "g2"),
            GrantKey("use", GROUP, "g1"),
            GrantKey("annotate", USER, "u1"),
            GrantKey("read", USER, "u9"),
            GrantKey("read", EVERYONE, EVERYONE_ID),
            GrantKey("read", USER, "!first"),
        ],
    )
    assert json.dumps(control) == (
        '{"read": {"user_ids": ["!first", "*", "u9"], "group_ids": []}, '
        '"write": {"user_ids": [], "group_ids": []}, '
        '"annotate": {"user_ids": ["u1"], "group_ids": []}, '
        '"use": {"user_ids": [], "group_ids": ["g1", "g2"]}}'
    )


def test_either_list_may_be_left_out_or_name_an_id_twice() -> None:
    assert grants_of({"read": {"group_ids": ["g", "g"]}, "write": {}}) == (
        False,
        (GrantKey("read", GROUP, "g"),),
    )


@pytest.mark.parametrize(
    ("control", "problem"),
    [
        ("null", "it is no object"),
        ([], "it is no object"),
        (False, "it is no object"),
        ({1: {}}, "it has a key that is no text"),
        ({"read": None}, "`read` is no object"),
        ({"read": ["u1"]}, "`read` is no object"),
        ({"read": {1: []}}, "`read` has a key that is no text"),
        ({"": {}}, "`` is no action: it is empty"),
        ({"a b": {}}, "`a b` is no action: it holds a space or an invisible character"),
        ({"read": {"users": []}}, "`read` holds `users`, not user_ids or group_ids"),
        ({"read": {"user_ids": None}}, "`user_ids` of `read` is no list"),
        ({"read": {"user_ids": "u1"}}, "`user_ids` of `read` is no list"),
        ({"read": {"user_ids": [1]}}, "`user_ids` of `read` holds something that is no text"),
        ({"read": {"group_ids": [None]}}, "`group_ids` of `read` holds something that is no text"),
        (
            {"read": {"group_ids": ["*"]}},
            "`group_ids` of `read` holds `*`, which stands for every user and no group",
        ),
    ],
)
def test_what_is_no_access_control_is_refused(control: object, problem: str) -> None:
    with pytest.raises(InvalidError) as raised:
        grants_of(control)
    assert raised.value.message == PREFIX + problem
    assert raised.value.hint == 'e.g. null, {} or {"read": {"user_ids": ["u1"], "group_ids": []}}'


@pytest.mark.parametrize(
    ("id_", "message"),
    [
        ("", "an id in `user_ids` of `read` may not be empty"),
        ("a\0b", "an id in `user_ids` of `read` holds the control character U+0000"),
        ("\ud800", "an id in `user_ids` of `read` holds the control character U+D800"),
        ("x" * 256, "an id in `user_ids` of `read` may have 255 characters at most, not 256"),
    ],
)
def test_an_id_that_no_database_could_hold_is_refused(id_: str, message: str) -> None:
    with pytest.raises(InvalidError) as raised:
        grants_of({"read": {"user_ids": [id_]}})
    assert raised.value.message == message
