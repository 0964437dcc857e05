"""The graph of one user: groups, the groups above, what they set, the role and the default.

Owns which part of a user's facts is shown, for all permissions or for the one that a decision is
about. Every verdict in it is the evaluator's: a leaf's, or the decision's.
"""

from __future__ import annotations

from grantctl.evaluation.evaluator import has_permission
from grantctl.evaluation.graph import EdgeKind, Graph, Sketch, cut
from grantctl.evaluation.graph_nodes import (
    category_node,
    default_node,
    group_node,
    join_parents,
    membership_words,
    permission_id,
    permission_node,
    role_node,
    role_words,
    user_node,
    verdict_words,
)
from grantctl.evaluation.rules import expired_groups, held_groups, role_verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from grantctl.evaluation.decision import Decision, HeldGroup, Leaf
    from grantctl.evaluation.facts import MemberFacts, PermissionFacts


def graph_of_user(
    facts: PermissionFacts, *, now: datetime, limit: int, ignore_role: bool = False
) -> Graph:
    """The user's groups, and every permission that one of them sets.

    Permissions that no group of the user sets are those of the default alone: they are left to
    `grantctl access`. At most `limit` groups and as many permissions are shown.
    """
    sketch = Sketch(limit)
    user = facts.user
    root = sketch.add(user_node(user, is_subject=True))
    held = held_groups(facts, now)
    _add_expired(sketch, facts, now)
    shown = _add_groups(sketch, facts, held, now)
    sketch.leave_out(root, len(held) - len(shown), one="group", many="groups")
    keys = sorted({key for group, key in facts.flags if group in shown and key in facts.catalogue})
    if role_verdict(user.role, ignore_role=ignore_role) is not None:
        sketch.join(root, sketch.add(role_node(user)), EdgeKind.ROLE, decides=True)
    listed, more = cut(keys, limit)
    for key in listed:
        verdict = has_permission(facts, key, now=now, ignore_role=ignore_role)
        target = sketch.add(permission_node(facts.catalogue[key], verdict))
        if role_verdict(user.role, ignore_role=ignore_role) is not None:
            kind = EdgeKind.ALLOWS if verdict else EdgeKind.DENIES
            sketch.join(role_node(user).id, target, kind, role_words(verdict), decides=True)
        for pk in sorted(shown):
            value = facts.flags.get((pk, key))
            if value is not None:
                source = f"group:{facts.groups[pk].id}"
                sketch.join(source, target, EdgeKind.ALLOWS if value else EdgeKind.DENIES)
        if facts.catalogue[key].default:
            _join_default(sketch, root, target)
    sketch.leave_out(root, more, one="permission", many="permissions")
    return sketch.finish(user.label)


def graph_of_decision(facts: PermissionFacts, decision: Decision, *, limit: int) -> Graph:
    """What was looked at to decide about one user and one permission, or a category's leaves.

    The groups that set one of them, with the way to each; those that set none are counted only.
    The edges by which the decision came about are marked.
    """
    sketch, now, user = Sketch(limit), decision.decided_at, decision.user
    root = sketch.add(user_node(user, is_subject=True))
    leaves, more = cut(_allowed_first(decision.leaves), limit)
    _add_expired(sketch, facts, now)
    speaking = _speaking(leaves, decision.held)
    shown = _add_groups(sketch, facts, speaking, now)
    hidden = sum(held.group.pk not in shown for held in speaking)
    sketch.leave_out(root, hidden, one="group", many="groups")
    silent = sum(held.group.pk not in shown and held not in speaking for held in decision.held)
    if silent:
        sketch.sum_up(
            root, f"{silent:,} {'group sets' if silent == 1 else 'groups set'} nothing here"
        )
    for leaf in leaves:
        verdict = _leaf_verdict(decision, leaf)
        target = sketch.add(
            permission_node(leaf.permission, verdict, is_subject=not decision.is_category)
        )
        _join_leaf(sketch, leaf, target, shown, now)
        if decision.is_category:
            words = verdict_words(decision.allowed)
            category = sketch.add(category_node(decision.key, words, decision.allowed))
            decides = decision.is_tree_asked and leaf.allowed is decision.allowed
            sketch.join(target, category, EdgeKind.CONTAINS, decides=decides)
    subject = f"category:{decision.key}" if decision.is_category else permission_id(decision.key)
    sketch.leave_out(subject, more, one="permission", many="permissions")
    if decision.is_decided_by_role:
        sketch.join(root, sketch.add(role_node(user)), EdgeKind.ROLE, decides=True)
        kind = EdgeKind.ALLOWS if decision.allowed else EdgeKind.DENIES
        sketch.join(role_node(user).id, subject, kind, role_words(decision.allowed), decides=True)
    title = f"{user.label}: {decision.key}"
    return sketch.finish(title, verdict=decision.allowed, cause=decision.cause)


def _speaking(leaves: Iterable[Leaf], held: tuple[HeldGroup, ...]) -> tuple[HeldGroup, ...]:
    """The groups that set one of the leaves, those that set one true first."""
    values: dict[int, bool] = {}
    for leaf in leaves:
        for flag in leaf.flags:
            if flag.value is not None:
                pk = flag.held.group.pk
                values[pk] = values.get(pk, False) or flag.value
    speaking = (one for one in held if one.group.pk in values)
    return tuple(sorted(speaking, key=lambda one: not values[one.group.pk]))


def _allowed_first(leaves: tuple[Leaf, ...]) -> tuple[Leaf, ...]:
    """The leaves that are allowed first, so that no limit hides what decided."""
    return tuple(sorted(leaves, key=lambda leaf: (not leaf.allowed, leaf.permission.key)))


def _leaf_verdict(decision: Decision, leaf: Leaf) -> bool:
    """What was decided about a leaf: all the same where the role or a scope decided."""
    return leaf.allowed if decision.is_tree_asked else decision.allowed


def _join_leaf(sketch: Sketch, leaf: Leaf, target: str, shown: set[int], now: datetime) -> None:
    for flag in leaf.flags:
        if flag.value is None or flag.held.group.pk not in shown:
            continue
        kind = EdgeKind.ALLOWS if flag.value else EdgeKind.DENIES
        sketch.join(f"group:{flag.held.group.id}", target, kind, decides=flag.is_decisive)
        if flag.is_decisive:
            mark_way(sketch, flag.held, now)
    if leaf.permission.default:
        _join_default(sketch, sketch.root, target, decides=leaf.is_default_decisive)


def _join_default(sketch: Sketch, root: str, target: str, *, decides: bool = False) -> None:
    default = sketch.add(default_node())
    sketch.join(root, default, EdgeKind.COUNTS, decides=decides)
    sketch.join(default, target, EdgeKind.ALLOWS, decides=decides)


def _add_groups(
    sketch: Sketch, facts: MemberFacts, held: tuple[HeldGroup, ...], now: datetime
) -> set[int]:
    """Add as many of the groups as the limit lets, with the way to each; the pks of the shown."""
    shown: dict[int, None] = {}
    room = sketch.limit
    for one in held:
        fresh = [group for group in one.path if f"group:{group.id}" not in sketch]
        if len(fresh) > room and room < sketch.limit:
            continue  # but the first is shown whatever its way is
        room -= len(fresh)
        for group in one.path:
            shown[group.pk] = None
            sketch.add(group_node(group))
    add_ways(sketch, facts, shown, now)
    return set(shown)


def add_ways(sketch: Sketch, facts: MemberFacts, shown: Iterable[int], now: datetime) -> None:
    """The memberships in these groups, and the edges from each of them to the one above."""
    user = sketch.root
    pks = list(shown)
    for membership in facts.memberships:
        if membership.group in pks and not membership.is_expired(now):
            group = f"group:{facts.groups[membership.group].id}"
            sketch.join(user, group, EdgeKind.MEMBER, membership_words(membership, now))
    join_parents(sketch, [facts.groups[pk] for pk in pks], facts.groups)


def mark_way(sketch: Sketch, held: HeldGroup, now: datetime) -> None:
    """Mark the edges by which the user holds the group as deciding."""
    words = membership_words(held.membership, now)
    sketch.join(sketch.root, f"group:{held.path[0].id}", EdgeKind.MEMBER, words, decides=True)
    for below, above in zip(held.path, held.path[1:], strict=False):
        ends = (f"group:{below.id}", f"group:{above.id}")
        sketch.join(*ends, EdgeKind.PARENT, decides=True)


def _add_expired(sketch: Sketch, facts: MemberFacts, now: datetime) -> None:
    user = sketch.root
    gone = {group.pk for group in expired_groups(facts, now)}
    listed, more = cut([one for one in facts.memberships if one.group in gone], sketch.limit)
    for membership in listed:
        group = sketch.add(group_node(facts.groups[membership.group]))
        sketch.join(user, group, EdgeKind.EXPIRED, membership_words(membership, now))
    sketch.leave_out(user, more, one="ended membership", many="ended memberships")
