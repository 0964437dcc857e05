"""Nodes of the things that graphs are about, each made the same wherever it is drawn.

Owns their ids and words. Leaves which of them belong together to the graphs.
"""

from __future__ import annotations

from grantctl.evaluation.access_decision import state_of
from grantctl.evaluation.facts import AccessGrant, Group, Permission, Resource, User
from grantctl.evaluation.graph import EdgeKind, Node, NodeKind, Sketch
from grantctl.model import PrincipalType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from grantctl.evaluation.facts import Membership


def verdict_words(verdict: bool) -> str:
    """What was decided about a node."""
    return "allowed" if verdict else "denied"


def user_node(user: User, *, is_subject: bool = False) -> Node:
    """A user, with the role where it is not the plain one."""
    named = "" if user.name == user.label else user.name
    detail = ", ".join(filter(None, (named, user.role.value)))
    return Node(f"user:{user.id}", NodeKind.USER, user.label, detail, is_subject=is_subject)


def role_node(user: User) -> Node:
    """The user's role, where it decides something."""
    return Node(f"role:{user.role.value}", NodeKind.ROLE, f"role {user.role.value}")


def role_words(verdict: bool) -> str:
    """What a role that decides gives."""
    return "everything" if verdict else "nothing"


def group_node(group: Group, members: int | None = None, *, is_subject: bool = False) -> Node:
    """A group; `members`: how many are in it directly, None where nobody has counted."""
    detail = ""
    if members is not None:
        detail = "1 member" if members == 1 else f"{members:,} members"
    return Node(
        f"group:{group.id}", NodeKind.GROUP, group.name or group.id, detail, is_subject=is_subject
    )


def permission_node(
    permission: Permission, verdict: bool | None = None, *, is_subject: bool = False
) -> Node:
    """A leaf of the catalogue, with what was decided about it."""
    decided = "" if verdict is None else verdict_words(verdict)
    detail = ", ".join(filter(None, (decided, "restricts" * permission.restricts)))
    id_ = permission_id(permission.key)
    return Node(id_, NodeKind.PERMISSION, permission.key, detail, verdict, is_subject)


def permission_id(key: str) -> str:
    """The id of a permission's node."""
    return f"permission:{key}"


def category_node(key: str, detail: str, verdict: bool | None = None) -> Node:
    """A category that the graph is about."""
    return Node(f"category:{key}", NodeKind.CATEGORY, key, detail, verdict, is_subject=True)


def default_node() -> Node:
    """The default, which everybody has."""
    return Node("default", NodeKind.DEFAULT, "default", "for everyone")


def everyone_node() -> Node:
    """Every verified user."""
    return Node("everyone", NodeKind.EVERYONE, "everyone", "every verified user")


def resource_node(
    resource: Resource, verdict: bool | None = None, *, is_subject: bool = False
) -> Node:
    """A resource, with its name, the state of its access control, and what was decided."""
    name = "" if resource.name in (resource.ref.id, str(resource.ref)) else resource.name
    decided = "" if verdict is None else verdict_words(verdict)
    detail = ", ".join(filter(None, (name, state_of(resource).value, decided)))
    label = str(resource.ref)
    return Node(f"resource:{label}", NodeKind.RESOURCE, label, detail, verdict, is_subject)


def missing_node(kind: str, id_: str) -> Node:
    """What is named and does not exist."""
    return Node(f"missing:{kind}:{id_}", NodeKind.MISSING, id_, f"no such {kind}")


def principal_node(grant: AccessGrant, groups: Mapping[int, Group]) -> Node:
    """To whom a grant gives something."""
    if grant.principal_type is PrincipalType.EVERYONE:
        return everyone_node()
    if grant.principal is None:
        return missing_node(grant.principal_type.value, grant.principal_id)
    if grant.principal_type is PrincipalType.GROUP:
        group = groups.get(grant.principal)
        label = (grant.name if group is None else group.name) or grant.principal_id
        return Node(f"group:{grant.principal_id}", NodeKind.GROUP, label)
    label = grant.name or grant.principal_id
    return Node(f"user:{grant.principal_id}", NodeKind.USER, label)


def owner_node(resource: Resource) -> Node | None:
    """Who owns the resource, if anybody does."""
    if resource.owner_id is None:
        return None
    if resource.owner is None:
        return missing_node("user", resource.owner_id)
    label = resource.owner_name or resource.owner_id
    return Node(f"user:{resource.owner_id}", NodeKind.USER, label)


def join_parents(sketch: Sketch, groups: Iterable[Group], by_pk: Mapping[int, Group]) -> None:
    """The edges from each of the groups to the one above it, where both are shown."""
    for group in groups:
        parent = None if group.parent is None else by_pk.get(group.parent)
        if parent is not None and f"group:{group.id}" in sketch and f"group:{parent.id}" in sketch:
            sketch.join(f"group:{group.id}", f"group:{parent.id}", EdgeKind.PARENT)


def membership_words(membership: Membership, now: datetime) -> str:
    """What is to be said on the way into a group: when it ends, or that it has."""
    if membership.expires_at is None:
        return ""
    verb = "ended" if membership.is_expired(now) else "until"
    return f"{verb} {membership.expires_at.date().isoformat()}"
