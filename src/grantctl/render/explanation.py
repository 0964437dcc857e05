"""An explanation that a tired operator reads in five seconds.

Owns the words and the order of `explain` on a terminal or a pipe: the verdict, the cause, then what
was looked at, and on a denial, last, the commands that would grant it, on lines of their own to be
copied.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TextIO

from grantctl.evaluation.assumptions import Assumptions
from grantctl.evaluation.decision import (
    Decision,
    GroupFlag,
    Leaf,
    Reason,
    Remedy,
    Warning,
    WarningCode,
)
from grantctl.evaluation.facts import Membership
from grantctl.evaluation.scopes import Scope
from grantctl.model import Role, Source
from grantctl.render.decisions import path_text
from grantctl.render.escape import escape, fit
from grantctl.render.shell import shell_line
from grantctl.render.style import Style
from grantctl.render.tree import Glyphs, Node, Tone, draw, glyphs_for, paint

# More lines than these that differ in a name only become one, which names the first few.
MAX_ALIKE = 3
MAX_NAMED = 5


def write_explanation(stream: TextIO, decision: Decision, style: Style) -> None:
    """Write the tree and the remedies, in ASCII where the stream takes no more."""
    glyphs = glyphs_for(stream)
    write_lines(stream, explain(decision, glyphs), decision.remedies, style)


def write_lines(stream: TextIO, root: Node, remedies: Sequence[Remedy], style: Style) -> None:
    """Write a tree and, under it, the remedies."""
    lines = [*draw(root, glyphs_for(stream), style.use_color)]
    lines += _remedy_lines(remedies, use_color=style.use_color)
    stream.writelines(fit(line, stream) + "\n" for line in lines)


def explain(decision: Decision, glyphs: Glyphs) -> Node:
    """The tree of a decision."""
    verdict, verb = ("allowed", "may") if decision.allowed else ("denied", "may not")
    extent = " (all of it)" if decision.is_all_asked and decision.is_category else ""
    return Node(
        f"{verdict_words(verdict, decision.assumptions)}: "
        f"{decision.user.label} {verb} {decision.key}{extent}",
        verdict_tone(decision.allowed),
        (
            *assumption_nodes(decision.assumptions),
            Node(f"because {decision.cause}"),
            *scope_nodes(decision.scope, is_deciding=decision.reason is Reason.SCOPE),
            role_node(
                decision.user.role,
                by_role=decision.allowed if decision.is_decided_by_role else None,
                is_ignored=decision.is_role_ignored,
            ),
            *_tree_nodes(decision, glyphs),
            *warning_nodes(decision.warnings),
        ),
    )


def verdict_words(verdict: str, assumptions: Assumptions | None) -> str:
    """The verdict, marked where it is that of a world that is not."""
    return verdict if assumptions is None else f"{verdict} (hypothetical)"


def assumption_nodes(assumptions: Assumptions | None) -> Iterator[Node]:
    """What is assumed, above everything else."""
    if assumptions is not None:
        yield Node(assumptions.headline, Tone.WARNING)


def warning_nodes(warnings: Sequence[Warning]) -> Iterator[Node]:
    """What else the reader should know; what is assumed stands above."""
    for warning in warnings:
        if warning.code is not WarningCode.ASSUMPTION:
            yield Node(warning.message, Tone.WARNING)


def verdict_tone(allowed: bool) -> Tone:
    """How a line is marked that says yes or no."""
    return Tone.YES if allowed else Tone.NO


def role_node(role: Role, *, by_role: bool | None, is_ignored: bool) -> Node:
    """The role's line; `by_role` is the verdict where the role gave it."""
    if by_role is not None:
        return Node(f"role: {role}", verdict_tone(by_role))
    return Node(f"role: {role}, {'not asked' if is_ignored else 'decides nothing'}", Tone.ASIDE)


def scope_nodes(scope: Scope | None, *, is_deciding: bool) -> Iterator[Node]:
    """The scope of the token that stands for the user, where there is one."""
    if scope is not None:
        note = "" if is_deciding else ", decides nothing"
        yield Node(f"scope of the token: {scope}{note}", Tone.NO if is_deciding else Tone.ASIDE)


def _tree_nodes(decision: Decision, glyphs: Glyphs) -> Iterator[Node]:
    if not decision.is_tree_asked:
        yield Node(f"not asked: {_unasked(decision, glyphs)}", Tone.ASIDE)
    elif decision.is_category:
        yield from _category_nodes(decision, glyphs)
    else:
        yield from _group_nodes(decision.leaves[0], decision, glyphs)
        yield _default_node(decision.leaves[0])


def _unasked(decision: Decision, glyphs: Glyphs) -> str:
    """What groups and defaults would say."""
    if not decision.is_category:
        return _leaf_summary(decision.leaves[0], glyphs)
    count = sum(leaf.allowed for leaf in decision.leaves)
    return f"groups and defaults, which allow {count} of {len(decision.leaves)} under it"


def _category_nodes(decision: Decision, glyphs: Glyphs) -> Iterator[Node]:
    """What decides first: of a denial of all of it the denied ones; many alike share one line."""
    keys: dict[tuple[Tone, str], list[str]] = {}
    for leaf in sorted(decision.leaves, key=lambda leaf: leaf.allowed is not decision.allowed):
        line = (verdict_tone(leaf.allowed), _leaf_summary(leaf, glyphs))
        keys.setdefault(line, []).append(leaf.permission.key)
    for (tone, summary), alike in keys.items():
        if len(alike) > MAX_ALIKE:
            yield Node(f"{len(alike)} {summary}: {_listed(alike)}", tone)
        else:
            yield from (Node(f"{key}: {summary}", tone) for key in alike)


def _leaf_summary(leaf: Leaf, glyphs: Glyphs) -> str:
    granting = leaf.granting
    if granting:
        return f"true in {_listed([path_text(held.path, glyphs.up) for held in granting])}"
    if leaf.permission.default:
        return "true by default"
    falses = sum(flag.value is False for flag in leaf.flags)
    groups = f", and in {falses} of {len(leaf.flags)} groups" if falses else ""
    return f"false by default{groups}"


def _group_nodes(leaf: Leaf, decision: Decision, glyphs: Glyphs) -> Iterator[Node]:
    """Those that say true, those that say false, and the rest, folded where they are many."""
    if not leaf.flags:
        gone = len(decision.expired)
        expired = f" ({gone} membership{'s' * (gone > 1)} expired)" if gone else ""
        yield Node(f"groups: none{expired}", Tone.ASIDE)
    for value in (True, False):
        for flag in leaf.flags:
            if flag.value is value:
                membership = _membership_text(flag.held.membership)
                yield _group_node(flag, str(value).lower(), glyphs, membership)
    absent = [flag for flag in leaf.flags if flag.value is None]
    if len(absent) > MAX_ALIKE:
        names = _listed([flag.held.group.name for flag in absent])
        yield Node(f"{len(absent)} groups: absent ({names})", Tone.ASIDE)
    else:
        yield from (_group_node(flag, "absent", glyphs) for flag in absent)


def _group_node(flag: GroupFlag, word: str, glyphs: Glyphs, membership: str = "") -> Node:
    held = flag.held
    way = f", held through {path_text(held.path[:-1], glyphs.up)}" if held.is_inherited else ""
    return Node(
        f"group {held.group.name}: {word}{way}{membership}",
        Tone.YES if flag.is_decisive else Tone.ASIDE,
    )


def _membership_text(membership: Membership) -> str:
    """Since when, through whom and until when; nothing where nothing is known."""
    verb = "imported" if membership.source is Source.IMPORT else "added"
    by = f" by {membership.added_by}" if membership.added_by else ""
    on = f" on {membership.added_at:%Y-%m-%d}" if membership.added_at else ""
    source = " from oauth" if membership.source is Source.OAUTH else ""
    origin = f"{verb}{by}{on}{source}" if by or on or membership.source != Source.MANUAL else ""
    until = f"until {membership.expires_at:%Y-%m-%d %H:%M} UTC" if membership.expires_at else ""
    text = ", ".join(filter(None, (origin, until)))
    return f" ({text})" if text else ""


def _default_node(leaf: Leaf) -> Node:
    if leaf.is_default_decisive:
        return Node("default: true", Tone.YES)
    return Node(f"default: {'true, too' if leaf.permission.default else 'false'}", Tone.ASIDE)


def _remedy_lines(remedies: Sequence[Remedy], *, use_color: bool) -> Iterator[str]:
    """The remedies outside of the tree, so that a command is a line's whole text."""
    if remedies:
        yield "to allow it:" if len(remedies) == 1 else "to allow it, one of these:"
    for remedy in remedies:
        yield f"  {escape(remedy.description)}"
        for command in remedy.commands:
            yield f"    {paint(escape(shell_line(command)), Tone.TITLE, use_color=use_color)}"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
    return ", ".join(names[:MAX_NAMED]) + more
