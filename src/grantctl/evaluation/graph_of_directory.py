"""The graphs of a group, of a permission or category, and of a resource: what is stored about it.

Owns which of the facts are shown. Nothing is decided here: who may do what depends on a user, and
`graph_of_user` and `graph_of_access` are about one.
"""

from __future__ import annotations

from grantctl.evaluation.graph import EdgeKind, Graph, Node, NodeKind, Sketch, cut
from grantctl.evaluation.graph_facts import (
    GroupSurroundings,
    KeySurroundings,
    ResourceSurroundings,
    below,
    groups_of_leaves,
    lineage,
    shown_leaves,
)
from grantctl.evaluation.graph_nodes import (
    category_node,
    default_node,
    everyone_node,
    group_node,
    join_parents,
    membership_words,
    missing_node,
    owner_node,
    permission_node,
    principal_node,
    resource_node,
    user_node,
)
from grantctl.model import Action, PrincipalType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from grantctl.evaluation.facts import (
        Group,
        Resource,
    )


def graph_of_group(facts: GroupSurroundings, *, now: datetime, limit: int) -> Graph:
    """The group's members, the groups above and below, what they set, and what is granted.

    At most `limit` members, groups below, permissions and grants are shown; the rest is counted.
    """
    sketch, group = Sketch(limit), facts.group
    root = sketch.add(group_node(group, facts.counts.get(group.pk), is_subject=True))
    for user, membership in facts.members[:limit]:
        sketch.join(
            sketch.add(user_node(user)), root, EdgeKind.MEMBER, membership_words(membership, now)
        )
    hidden = facts.counts.get(group.pk, 0) - len(facts.members[:limit])
    sketch.leave_out(root, hidden, one="member", many="members")
    above = lineage(group, facts.groups)
    for one in above:
        sketch.add(group_node(one, facts.counts.get(one.pk)))
    children, more = cut(below([group.pk], facts.groups, without=above), limit)
    for one in children:
        sketch.add(group_node(one, facts.counts.get(one.pk)))
    join_parents(sketch, (*above, *children), facts.groups)
    sketch.leave_out(root, more, one="group below", many="groups below")
    _add_flags(sketch, facts, above)
    names = {one.pk: f"group:{one.id}" for one in above}
    for pk, ref, name, action in facts.grants[:limit]:
        words = "" if name in (ref.id, str(ref)) else name
        node = Node(f"resource:{ref}", NodeKind.RESOURCE, str(ref), words)
        sketch.join(names[pk], sketch.add(node), EdgeKind.GRANT, action)
    hidden = facts.grant_count - len(facts.grants[:limit])
    sketch.leave_out(root, hidden, one="grant", many="grants")
    return sketch.finish(group.name)


def _add_flags(sketch: Sketch, facts: GroupSurroundings, above: tuple[Group, ...]) -> None:
    keys = sorted({key for _, key in facts.flags if key in facts.catalogue})
    listed, more = cut(keys, sketch.limit)
    for key in listed:
        target = sketch.add(permission_node(facts.catalogue[key]))
        for one in above:
            _join_flag(sketch, one, target, facts.flags.get((one.pk, key)))
    sketch.leave_out(sketch.root, more, one="permission", many="permissions")


def _join_flag(sketch: Sketch, group: Group, target: str, value: bool | None) -> None:
    if value is not None:
        kind = EdgeKind.ALLOWS if value else EdgeKind.DENIES
        sketch.join(f"group:{group.id}", target, kind)


def graph_of_key(facts: KeySurroundings, *, limit: int) -> Graph:
    """The groups that set the permission or a category's leaves, those below, and the default.

    At most `limit` leaves, as many groups that set one of those, and as many below those that set
    one of them true.
    """
    sketch = Sketch(limit)
    leaves = shown_leaves(facts, limit)
    is_category = facts.leaves[0].key != facts.key
    if is_category:
        count = len(facts.leaves)
        words = "1 permission" if count == 1 else f"{count:,} permissions"
        sketch.add(category_node(facts.key, words))
    for leaf in leaves:
        target = sketch.add(permission_node(leaf, is_subject=not is_category))
        if is_category:
            sketch.join(target, sketch.root, EdgeKind.CONTAINS)
        if leaf.default:
            sketch.join(sketch.add(default_node()), target, EdgeKind.ALLOWS)
        if leaf.gated_by is not None and leaf.gated_by in facts.catalogue:
            gate = sketch.add(permission_node(facts.catalogue[leaf.gated_by]))
            sketch.join(gate, target, EdgeKind.GATES, "gates")
    hidden = len(facts.leaves) - len(leaves)
    sketch.leave_out(sketch.root, hidden, one="permission", many="permissions")
    every = groups_of_leaves(facts, leaves)
    setting, more = cut(every, limit)
    for group in setting:
        sketch.add(group_node(group, facts.counts.get(group.pk)))
        for leaf in leaves:
            target = f"permission:{leaf.key}"
            _join_flag(sketch, group, target, facts.flags.get((group.pk, leaf.key)))
    sketch.leave_out(sketch.root, more, one="group that sets it", many="groups that set it")
    granting = [
        one for one in setting if any(facts.flags.get((one.pk, leaf.key)) for leaf in leaves)
    ]
    _add_below(sketch, [one.pk for one in granting], setting, facts, without=every)
    return sketch.finish(facts.key)


def _add_below(
    sketch: Sketch,
    tops: Iterable[int],
    shown: Iterable[Group],
    facts: KeySurroundings | ResourceSurroundings,
    *,
    without: Iterable[Group] = (),
) -> None:
    """The groups below, since their members hold what these give, and the ways between all."""
    lower, more = cut(below(tops, facts.groups, without=without), sketch.limit)
    for one in lower:
        sketch.add(group_node(one, facts.counts.get(one.pk)))
    join_parents(sketch, {one.pk: one for one in (*shown, *lower)}.values(), facts.groups)
    sketch.leave_out(sketch.root, more, one="group below", many="groups below")


def graph_of_resource(facts: ResourceSurroundings, *, limit: int) -> Graph:
    """The resource and what it is made of: owners, grants of every action, groups below.

    At most `limit` grants of each resource, and as many groups below those that are granted one.
    """
    sketch = Sketch(limit)
    granted: dict[int, Group] = {}
    for at, resource in enumerate(facts.chain):
        target = sketch.add(resource_node(resource, is_subject=at == 0))
        if at:
            before = f"resource:{facts.chain[at - 1].ref}"
            sketch.join(before, target, EdgeKind.BASE, "made of")
        owner = owner_node(resource)
        if owner is not None:
            sketch.join(sketch.add(owner), target, EdgeKind.OWNER, "owner")
        if resource.is_public:
            sketch.join(sketch.add(everyone_node()), target, EdgeKind.GRANT, Action.READ)
        granted |= _add_grants(sketch, facts, resource, target)
    broken = facts.chain[-1].base
    if broken is not None:
        known = f"resource:{broken}"
        again = known if known in sketch else sketch.add(missing_node("base", str(broken)))
        sketch.join(f"resource:{facts.chain[-1].ref}", again, EdgeKind.BASE, "made of")
    _add_below(sketch, granted, granted.values(), facts)
    return sketch.finish(str(facts.chain[0].ref))


def _add_grants(
    sketch: Sketch, facts: ResourceSurroundings, resource: Resource, target: str
) -> dict[int, Group]:
    """The grants of a resource; the groups among those to whom one of the shown gives something."""
    found: dict[int, Group] = {}
    listed, more = cut(resource.grants, sketch.limit)
    for grant in listed:
        group = None
        if grant.principal_type is PrincipalType.GROUP and grant.principal is not None:
            group = facts.groups.get(grant.principal)
        if group is None:
            source = sketch.add(principal_node(grant, facts.groups))
        else:
            found[group.pk] = group
            source = sketch.add(group_node(group, facts.counts.get(group.pk)))
        sketch.join(source, target, EdgeKind.GRANT, grant.action)
    sketch.leave_out(target, more, one="grant", many="grants")
    return found
