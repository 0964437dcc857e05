"""Trees of lines, on any stream.

Owns the drawing: marks, branches, colours, and their ASCII twins. Leaves the words to `explanation`
and `permissions`.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import TextIO

from grantctl.lean import dataclass, field
from grantctl.render.escape import escape, fit, is_encodable
from grantctl.render.style import Style


class Tone(Enum):
    """What a line is about; its value is the colour."""

    YES = "32"
    NO = "31"
    WARNING = "33"
    ASIDE = "2"
    SKIPPED = "90"
    TITLE = "1"
    PLAIN = ""


@dataclass(frozen=True, slots=True)
class Glyphs:
    """What a tree is drawn with. `up` leads from a group to the one above it."""

    marks: dict[Tone, str]
    branch: str
    corner: str
    trunk: str
    up: str


_UNICODE = Glyphs(
    {
        Tone.YES: "✓ ",
        Tone.NO: "✗ ",
        Tone.WARNING: "! ",
        Tone.ASIDE: "· ",
        Tone.SKIPPED: "– ",
    },
    "├─ ",
    "└─ ",
    "│  ",
    " › ",
)
_ASCII = Glyphs(
    {
        Tone.YES: "+ ",
        Tone.NO: "- ",
        Tone.WARNING: "! ",
        Tone.ASIDE: ". ",
        Tone.SKIPPED: "~ ",
    },
    "|- ",
    "`- ",
    "|  ",
    " > ",
)


@dataclass(frozen=True, slots=True)
class Node:
    """A line of a tree with the lines under it."""

    text: str
    tone: Tone = Tone.PLAIN
    children: tuple[Node, ...] = field(default=())


def glyphs_for(stream: TextIO) -> Glyphs:
    """ASCII where the stream takes no more."""
    return _UNICODE if is_encodable("✓✗·–›├│└─", stream) else _ASCII


def write_tree(stream: TextIO, root: Node, style: Style) -> None:
    """Write the lines of a tree, data escaped."""
    stream.writelines(
        fit(line, stream) + "\n" for line in draw(root, glyphs_for(stream), style.use_color)
    )


def draw(root: Node, glyphs: Glyphs, use_color: bool) -> Iterator[str]:
    """The lines of a tree, without their ends."""
    yield paint(_text(root, glyphs), root.tone, use_color=use_color, is_bold=True)
    yield from _branches(root, "", glyphs, use_color)


def paint(text: str, tone: Tone, *, use_color: bool, is_bold: bool = False) -> str:
    """The text in the tone's colour."""
    codes = ";".join(filter(None, (Tone.TITLE.value if is_bold else "", tone.value)))
    return f"\x1b[{codes}m{text}\x1b[0m" if use_color and codes else text


def _branches(node: Node, indent: str, glyphs: Glyphs, use_color: bool) -> Iterator[str]:
    for at, child in enumerate(node.children, start=1):
        is_last = at == len(node.children)
        text = paint(_text(child, glyphs), child.tone, use_color=use_color)
        yield indent + (glyphs.corner if is_last else glyphs.branch) + text
        below = indent + ("   " if is_last else glyphs.trunk)
        yield from _branches(child, below, glyphs, use_color)


def _text(node: Node, glyphs: Glyphs) -> str:
    return glyphs.marks.get(node.tone, "") + escape(node.text)
