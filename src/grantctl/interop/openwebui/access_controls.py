"""The access control of a resource as JSON, as releases before 0.8.0 keep it.

Owns the form {action: {"user_ids": [...], "group_ids": [...]}} and what becomes of values that are
no such thing: nobody gets anything by them. Leaves what null means to whoever calls.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from operator import attrgetter
from typing import NamedTuple

from grantctl.interop.directory import ForeignGrant
from grantctl.interop.openwebui.findings import Subject, quoted
from grantctl.interop.openwebui.trees import spelled
from grantctl.interop.openwebui.values import MalformedError, load_json, principal_problem
from grantctl.model import EVERYONE_ID, Action, PrincipalType, action_problem

_LISTS = {"user_ids": PrincipalType.USER, "group_ids": PrincipalType.GROUP}
_ORDER = attrgetter("action", "principal_type", "principal_id")

problem_of_action = lru_cache(maxsize=4096)(action_problem)


class AccessControl(NamedTuple):
    """Whether there is none, and so everyone may read; else the grants, sorted and unique."""

    is_public: bool
    grants: tuple[ForeignGrant, ...] = ()


READ_BY_EVERYONE = ForeignGrant(Action.READ.value, PrincipalType.EVERYONE, EVERYONE_ID)
WRITTEN_BY_EVERYONE = ForeignGrant(Action.WRITE.value, PrincipalType.EVERYONE, EVERYONE_ID)
PUBLIC = AccessControl(True)
PRIVATE = AccessControl(False)
OPEN = AccessControl(False, (READ_BY_EVERYONE, WRITTEN_BY_EVERYONE))


def granting(grants: Iterable[ForeignGrant]) -> AccessControl:
    """The access control of these grants; public where everyone may read and no more is granted."""
    unique = set(grants)
    if unique == {READ_BY_EVERYONE}:
        return PUBLIC
    return AccessControl(False, tuple(sorted(unique, key=_ORDER))) if unique else PRIVATE


def control_of(stored: object, null: AccessControl, subject: Subject) -> AccessControl:
    """The access control that the column holds; `null` is what it means that there is none."""
    try:
        control = load_json(stored)
    except MalformedError as error:
        subject.rejected(f"what is stored as its access control {error}: kept as private")
        return PRIVATE
    if control is None:
        return null
    if not isinstance(control, dict):
        subject.rejected(f"its access control is {spelled(control)}, no object: kept as private")
        return PRIVATE
    return granting(
        grant for action in sorted(control) for grant in _grants(action, control[action], subject)
    )


def _grants(action: str, lists: object, subject: Subject) -> Iterator[ForeignGrant]:
    problem = problem_of_action(action)
    if problem:
        subject.rejected(f"{quoted(action)} in its access control is no action: {problem}")
        return
    if not isinstance(lists, dict):
        subject.rejected(f"what it grants for {quoted(action)} is {spelled(lists)}, no object")
        return
    for name in sorted(lists.keys() - _LISTS.keys()):
        subject.rejected(f"{quoted(name)} for {quoted(action)} is neither user_ids nor group_ids")
    for name, principal_type in _LISTS.items():
        if name in lists:
            for one in _ids(lists[name], f"{name} for {quoted(action)}", subject):
                yield ForeignGrant(action, principal_type, one)


def _ids(value: object, where: str, subject: Subject) -> list[str]:
    """The ids of one list, each once, those left out that can be nobody's."""
    if value is None:
        subject.adapted(f"{where} is null: taken as empty")
        return []
    if isinstance(value, dict):
        subject.adapted(f"{where} is an object: the names in it are taken")
    elif not isinstance(value, list):
        subject.rejected(f"{where} is {spelled(value)}, no list: left out")
        return []
    ids: dict[str, None] = {}
    left_out: dict[str, int] = {}
    doubled = 0
    for entry in value:
        problem = _entry_problem(entry)
        if problem:
            left_out[problem] = left_out.get(problem, 0) + 1
        elif entry in ids:
            doubled += 1
        else:
            ids[entry] = None
    _tell_of_entries(where, left_out, doubled, subject)
    return list(ids)


def _entry_problem(entry: object) -> str | None:
    if not isinstance(entry, str):
        return "it is no text"
    # Here `*` is nobody's id; ours would read it as everyone's.
    return "nobody has the id `*`" if entry == EVERYONE_ID else principal_problem(entry)


def _tell_of_entries(
    where: str, left_out: Mapping[str, int], doubled: int, subject: Subject
) -> None:
    for problem in sorted(left_out):
        subject.rejected(f"{left_out[problem]} in {where} left out: {problem}")
    if doubled:
        subject.adapted(f"{doubled} in {where} listed more than once: kept once")
