"""Open WebUI's databases, of 0.5.20, 0.6.5, 0.6.43, 0.8.12, 0.12.4 and the releases between them.

Owns every fact about how Open WebUI keeps its users, groups, memberships, permissions and
resources, and the rules by which they become ours. Leaves to others what is done with the directory
that comes out. Nothing is ever written to the source.

What a database looks like decides how it is read (`layout`); its schema revision, and at the very
last its stored permissions, decide which release's permission tree it is filled with (`releases`).
"""

from grantctl.interop.openwebui.source import read_directory

__all__ = ["read_directory"]
