"""Access control as the reference stores it: null, or actions with the ids that may do them.

Owns the shape {action: {"user_ids": [...], "group_ids": [...]}} (specification, "Access Control
Implementation"), both ways. `*` among the user ids stands for everyone, as Open WebUI writes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from grantctl.errors import InvalidError
from grantctl.model import (
    EVERYONE_ID,
    MAX_ID_LENGTH,
    Action,
    PrincipalType,
    action_problem,
    require_text,
)

AccessControl = dict[str, dict[str, list[str]]]

USER_IDS, GROUP_IDS = "user_ids", "group_ids"
_MAX_ECHO = 80
_HINT = 'e.g. null, {} or {"read": {"user_ids": ["u1"], "group_ids": []}}'
_LISTS = {USER_IDS: PrincipalType.USER, GROUP_IDS: PrincipalType.GROUP}


class GrantKey(NamedTuple):
    """One action for one principal, by its public id; that of everyone is `*`."""

    action: str
    principal_type: PrincipalType
    principal_id: str


def access_control_of(is_public: bool, grants: Iterable[GrantKey]) -> AccessControl | None:
    """The JSON of a resource's access control: None where it is public, `{}` where it is private.

    Else `read` and `write`, then the other actions by name; both lists always there, sorted.
    """
    if is_public:
        return None
    control: AccessControl = {}
    keys = set(grants)
    if keys:
        others = {key.action for key in keys} - {*Action}
        control = {
            action: {USER_IDS: [], GROUP_IDS: []}
            for action in (Action.READ.value, Action.WRITE.value, *sorted(others))
        }
    for action, type_, id_ in sorted(keys):
        control[action][GROUP_IDS if type_ is PrincipalType.GROUP else USER_IDS].append(id_)
    for lists in control.values():
        lists[USER_IDS].sort()
    return control


def grants_of(control: object) -> tuple[bool, tuple[GrantKey, ...]]:
    """Whether that JSON means public, and the grants in it, sorted, each once.

    Either list may be left out. Raises InvalidError for anything else than this shape.
    """
    if control is None:
        return True, ()
    keys = {key for action, lists in _items(control, "it") for key in _action_keys(action, lists)}
    return False, tuple(sorted(keys))


def _action_keys(action: str, lists: object) -> Iterator[GrantKey]:
    problem = action_problem(action)
    if problem:
        raise _invalid(f"`{action[:_MAX_ECHO]}` is no action: {problem}")
    for name, ids in _items(lists, f"`{action}`"):
        if name not in _LISTS:
            raise _invalid(f"`{action}` holds `{name[:_MAX_ECHO]}`, not user_ids or group_ids")
        if not isinstance(ids, list):
            raise _invalid(f"`{name}` of `{action}` is no list")
        for id_ in ids:
            yield _key(action, name, id_)


def _key(action: str, name: str, id_: object) -> GrantKey:
    where = f"`{name}` of `{action}`"
    if not isinstance(id_, str):
        raise _invalid(f"{where} holds something that is no text")
    if id_ == EVERYONE_ID:
        if name == GROUP_IDS:
            raise _invalid(f"{where} holds `*`, which stands for every user and no group")
        return GrantKey(action, PrincipalType.EVERYONE, EVERYONE_ID)
    require_text(id_, what=f"an id in {where}", longest=MAX_ID_LENGTH)
    return GrantKey(action, _LISTS[name], id_)


def _items(value: object, what: str) -> Iterator[tuple[str, object]]:
    """The members of a JSON object. Raises InvalidError where it is none."""
    if not isinstance(value, Mapping):
        raise _invalid(f"{what} is no object")
    for name, member in value.items():
        if not isinstance(name, str):
            raise _invalid(f"{what} has a key that is no text")
        yield name, member


def _invalid(problem: str) -> InvalidError:
    return InvalidError(f"this is no access control: {problem}", hint=_HINT)
