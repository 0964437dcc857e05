"""A graph of the part of a directory that decides: nodes, edges, and how they are put together.

Owns the shapes that every drawing and every list of edges reads. Leaves which facts become which
nodes to `graph_of_user`, `graph_of_access` and `graph_of_directory`, and the verdict to the
decisions that these are made of: a graph never decides anything itself.

INVARIANTS: both ends of an edge are nodes of the graph; no id and no edge is there twice; the same
facts make the same graph, in the same order.
"""

from __future__ import annotations

from grantctl.lean import StrEnum, dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeVar

    T = TypeVar("T")


class NodeKind(StrEnum):
    """What a node stands for. `missing` is an id that nobody has, `more` what was left out."""

    USER = "user"
    ROLE = "role"
    GROUP = "group"
    EVERYONE = "everyone"
    DEFAULT = "default"
    PERMISSION = "permission"
    CATEGORY = "category"
    RESOURCE = "resource"
    MISSING = "missing"
    MORE = "more"


class EdgeKind(StrEnum):
    """What leads from one node to another, in the direction in which something is given.

    A user is a `member` of a group, or was (`expired`); a group has a `parent`; a user has a
    `role`; a role, a group or the default `allows` or `denies` a permission, where denying alone
    is no more than not allowing; who owns a resource is its `owner`; a `grant` gives an action; a
    resource is made of its `base`; a category `contains` a permission, and a permission `gates`
    another one. `counts` is the way to a default that everybody has; `more` to what was left out.
    """

    MEMBER = "member"
    EXPIRED = "expired"
    PARENT = "parent"
    ROLE = "role"
    ALLOWS = "allows"
    DENIES = "denies"
    OWNER = "owner"
    GRANT = "grant"
    BASE = "base"
    CONTAINS = "contains"
    GATES = "gates"
    COUNTS = "counts"
    MORE = "more"


GIVES_NOTHING = frozenset({EdgeKind.DENIES, EdgeKind.EXPIRED, EdgeKind.MORE})  # drawn dashed


@dataclass(frozen=True, slots=True)
class Node:
    """A user, a group, a permission and so on.

    `id`: unique in the graph and stable, e.g. `group:g-eng` or `permission:chat.controls`.
    `label` and `detail`: what a person calls it, and a few words besides; both may hold data.
    `verdict`: what was decided about it, None where nothing was.
    `is_subject`: whether the graph was asked for about it.
    """

    id: str
    kind: NodeKind
    label: str
    detail: str = ""
    verdict: bool | None = None
    is_subject: bool = False


@dataclass(frozen=True, slots=True)
class Edge:
    """A way from one node to another; `decides` marks those by which a decision came about."""

    source: str
    target: str
    kind: EdgeKind
    label: str = ""
    decides: bool = False


@dataclass(frozen=True, slots=True)
class Graph:
    """What is drawn. `cause` is the decision's own, empty where nothing was decided.

    `left_out`: how many members, groups, permissions or grants the limit left out.
    """

    title: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    verdict: bool | None = None
    cause: str = ""
    left_out: int = 0

    @property
    def decided(self) -> str:
        """The verdict with its cause in words, nothing where nothing was decided."""
        if self.verdict is None:
            return ""
        return f"{'allowed' if self.verdict else 'denied'}: {self.cause}"


def is_denying(graph: Graph, edge: Edge) -> bool:
    """Whether the edge, where it decides, speaks for a denial."""
    follows = edge.kind in (EdgeKind.ROLE, EdgeKind.BASE, EdgeKind.CONTAINS)
    return edge.kind is EdgeKind.DENIES or (follows and graph.verdict is False)


_FLAG_WORDS = {EdgeKind.ALLOWS: "true", EdgeKind.DENIES: "false"}


class Sketch:
    """A graph while it is made: what is added twice is kept once, an edge as the deciding one."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._nodes: dict[str, Node] = {}
        self._edges: dict[tuple[str, str, EdgeKind, str], Edge] = {}
        self._left_out = 0

    @property
    def root(self) -> str:
        """The id of the node that was added first."""
        return next(iter(self._nodes))

    def __contains__(self, id_: str) -> bool:
        return id_ in self._nodes

    def add(self, node: Node) -> str:
        """Add a node unless one of its id is there; the id."""
        self._nodes.setdefault(node.id, node)
        return node.id

    def join(
        self, source: str, target: str, kind: EdgeKind, label: str = "", *, decides: bool = False
    ) -> None:
        """Add an edge between two nodes that are there; a flag's is called by its value."""
        label = label or _FLAG_WORDS.get(kind, "")
        key = (source, target, kind, label)
        known = self._edges.get(key)
        decides = decides or (known is not None and known.decides)
        self._edges[key] = Edge(source, target, kind, label, decides)

    def leave_out(self, source: str, count: int, *, one: str, many: str) -> None:
        """Say that the limit hides so many of a kind, if it hides any."""
        if count <= 0:
            return
        self.sum_up(source, f"and {count:,} more {one if count == 1 else many}")
        self._left_out += count

    def sum_up(self, source: str, words: str) -> None:
        """Say something instead of showing what it is about."""
        more = self.add(Node(f"more:{source}:{words}", NodeKind.MORE, words))
        self.join(source, more, EdgeKind.MORE)

    def finish(self, title: str, *, verdict: bool | None = None, cause: str = "") -> Graph:
        """The graph."""
        nodes, edges = tuple(self._nodes.values()), tuple(self._edges.values())
        return Graph(title, nodes, edges, verdict, cause, self._left_out)


def cut(items: Sequence[T], limit: int) -> tuple[Sequence[T], int]:
    """The first so many, and how many more there are."""
    return items[:limit], max(len(items) - limit, 0)
