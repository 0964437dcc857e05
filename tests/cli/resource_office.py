"""The office of `office` with resources, so that whole outputs can be written down."""

from __future__ import annotations

from dataclasses import replace

from grantctl.evaluation.facts import AccessGrant, Group, Resource, User
from grantctl.model import PrincipalType, parse_resource
from tests.cli.office import GROUPS, OFFICE, USERS
from tests.contract.resource_worlds import EVERYONE, ResourceWorld, in_order

_EMPTY = ResourceWorld(OFFICE, ())
STAFF, ENGINEERING, INTERNS, SUPPORT = GROUPS
ADA, BOB, CHEN, DANA, ELI, FLO, GUS = USERS


def _resource(pk: int, ref: str, name: str, owner: User | None = None) -> Resource:
    resource = Resource(pk, parse_resource(ref), name)
    if owner is None:
        return resource
    return replace(resource, owner=owner.pk, owner_id=owner.id, owner_name=owner.label)


def _user(action: str, user: User) -> AccessGrant:
    return _EMPTY.grant_to_user(action, user)


def _group(action: str, group: Group) -> AccessGrant:
    return _EMPTY.grant_to_group(action, group)


RESOURCES = (
    replace(_resource(1, "model:llama3", "Llama 3"), is_public=True),
    replace(
        _resource(2, "model:gpt-4o", "GPT-4o", ADA), grants=in_order((_group("read", ENGINEERING),))
    ),
    replace(
        _resource(3, "model:helper", "Helper", DANA),
        base=parse_resource("model:gpt-4o"),
        is_public=True,
    ),
    replace(
        _resource(4, "model:lost", "Lost", DANA), base=parse_resource("model:gone"), is_public=True
    ),
    replace(
        _resource(5, "tool:calculator", "Calculator", BOB),
        grants=in_order(
            (
                _group("read", STAFF),
                _group("write", SUPPORT),
                _group("read", INTERNS),
                _user("write", FLO),
                AccessGrant("read", PrincipalType.USER, "u-gone"),
                AccessGrant("write", PrincipalType.GROUP, "g-gone"),
            )
        ),
    ),
    replace(
        _resource(6, "tool:whiteboard", "Whiteboard", CHEN),
        grants=(EVERYONE, replace(EVERYONE, action="write")),
    ),
    _resource(7, "knowledge:secrets", "Secrets", ADA),
)
RESOURCE_OFFICE = ResourceWorld(OFFICE, RESOURCES)
