"""An explanation: a tree that a tired operator reads in five seconds.

Owns the words and the order of `explain` on a terminal or a pipe: the verdict, the cause, then what
was looked at, and on a denial, last, the commands that would grant it. The tree is data; `draw` is
its printer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from shlex import join
from typing import TextIO

from grantctl.evaluation.decision import Decision, GroupFlag, Leaf, Reason
from grantctl.render.decisions import path_text
from grantctl.render.escape import escape, fit, is_encodable
from grantctl.render.style import Style

_COLORS = {"allow": "32", "deny": "31", "warn": "33", "dim": "2"}
_ASCII = str.maketrans({"✓": "+", "✗": "-", "·": ".", "!": "!", "›": ">", "│": "|", "└": "`"})


@dataclass(frozen=True, slots=True)
class Node:
    """A line of the tree with the lines under it; `tone` colours its mark."""

    text: str
    mark: str = ""
    tone: str = ""
    children: tuple[Node, ...] = field(default=())


def write_explanation(stream: TextIO, decision: Decision, style: Style) -> None:
    """Write the tree, in ASCII where the stream takes no more."""
    stream.writelines(tree_lines(explain(decision), stream, style))


def tree_lines(root: Node, stream: TextIO, style: Style) -> Iterator[str]:
    """The lines of a tree with their ends, in ASCII where the stream takes no more."""
    use_ascii = not is_encodable("✓✗·›├│└─", stream)
    for line in draw(root, use_color=style.use_color):
        yield fit(_in_ascii(line) if use_ascii else line, stream) + "\n"


def explain(decision: Decision) -> Node:
    """The tree of a decision."""
    user, key = decision.user, decision.key
    verb = "may" if decision.allowed else "may not"
    extent = " (all of it)" if decision.is_all_asked else ""
    return Node(
        f"{_verdict(decision)}: {user.label} {verb} {key}{extent}",
        mark="✓" if decision.allowed else "✗",
        tone=_tone(decision.allowed),
        children=(
            Node(f"because {decision.cause}"),
            _role_node(decision),
            *_leaf_nodes(decision),
            *(Node(f"{warning.message}", "!", "warn") for warning in decision.warnings),
            *_remedy_nodes(decision),
        ),
    )


def draw(node: Node, *, use_color: bool) -> Iterator[str]:
    """The lines of a tree, data escaped."""
    yield _line(node, use_color=use_color, is_bold=True)
    yield from _draw_children(node, "", use_color=use_color)


def _draw_children(node: Node, indent: str, *, use_color: bool) -> Iterator[str]:
    for at, child in enumerate(node.children, start=1):
        is_last = at == len(node.children)
        yield f"{indent}{'└─' if is_last else '├─'} {_line(child, use_color=use_color)}"
        below = indent + ("   " if is_last else "│  ")
        yield from _draw_children(child, below, use_color=use_color)


def _line(node: Node, *, use_color: bool, is_bold: bool = False) -> str:
    text = escape(f"{node.mark} {node.text}".strip())
    if not use_color or not (node.tone or is_bold):
        return text
    codes = ";".join(code for code in ("1" if is_bold else "", _COLORS.get(node.tone, "")) if code)
    return f"\x1b[{codes}m{text}\x1b[0m"


def _in_ascii(line: str) -> str:
    return line.replace("├─", "|-").replace("└─", "`-").translate(_ASCII)


def _verdict(decision: Decision) -> str:
    return "allowed" if decision.allowed else "denied"


def _tone(allowed: bool) -> str:
    return "allow" if allowed else "deny"


def _role_node(decision: Decision) -> Node:
    role = decision.user.role.value
    if decision.is_role_ignored:
        return Node(f"role {role}: not asked, the permission tree alone decides", "·", "dim")
    if decision.reason is Reason.ADMIN:
        return Node(f"role {role}: allowed everything", "✓", "allow")
    if decision.reason is Reason.PENDING:
        return Node(f"role {role}: denied everything until approved", "✗", "deny")
    return Node(f"role {role}: neither allows nor denies", "·", "dim")


def _leaf_nodes(decision: Decision) -> Iterator[Node]:
    is_asked = decision.reason not in (Reason.ADMIN, Reason.PENDING)
    if not decision.is_category:
        yield from _source_nodes(decision.leaves[0], is_asked=is_asked)
        return
    for leaf in decision.leaves:
        yield Node(
            f"{leaf.permission.key}: {_leaf_summary(leaf)}",
            "✓" if leaf.allowed else "✗",
            _tone(leaf.allowed) if is_asked else "dim",
        )


def _leaf_summary(leaf: Leaf) -> str:
    granting = leaf.granting
    if granting:
        names = ", ".join(path_text(held.path) for held in granting)
        return f"true in {names}"
    if leaf.permission.default:
        return "default true"
    falses = sum(flag.value is False for flag in leaf.flags)
    return "default false" + (f", false in {falses} of {len(leaf.flags)} groups" if falses else "")


def _source_nodes(leaf: Leaf, *, is_asked: bool) -> Iterator[Node]:
    for flag in leaf.flags:
        yield _group_node(flag)
    if not leaf.flags:
        yield Node("groups: none", "·", "dim")
    default = "true" if leaf.permission.default else "false"
    mark = "✓" if leaf.is_default_decisive else "·"
    tone = "allow" if leaf.is_default_decisive else "dim"
    note = "" if is_asked else ", not asked"
    if leaf.permission.default and is_asked and not leaf.is_default_decisive:
        note = ", too"
    yield Node(f"default: {default}{note}", mark, tone)


def _group_node(flag: GroupFlag) -> Node:
    word = "absent" if flag.value is None else str(flag.value).lower()
    held = flag.held
    way = f" (held through {path_text(held.path[:-1])})" if held.is_inherited else ""
    return Node(
        f"group {held.group.name}: {word}{way}, {_membership_text(flag)}",
        "✓" if flag.is_decisive else "·",
        "allow" if flag.is_decisive else "dim",
    )


def _membership_text(flag: GroupFlag) -> str:
    membership = flag.held.membership
    by = f" by {membership.added_by}" if membership.added_by else ""
    on = f" on {membership.added_at:%Y-%m-%d}" if membership.added_at else ""
    until = f", until {membership.expires_at:%Y-%m-%d %H:%M} UTC" if membership.expires_at else ""
    return f"added{by}{on} ({membership.source.value}){until}"


def _remedy_nodes(decision: Decision) -> Iterator[Node]:
    if not decision.remedies:
        return
    yield Node(
        "to allow it" if len(decision.remedies) == 1 else "to allow it, one of these",
        children=tuple(
            Node(
                remedy.description,
                children=tuple(Node(join(command)) for command in remedy.commands),
            )
            for remedy in decision.remedies
        ),
    )
