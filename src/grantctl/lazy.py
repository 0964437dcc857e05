"""Submodules that are imported when they are first asked for (PEP 562).

Owns the one way in which this code is lazy beside the root command group: a package names its heavy
submodules, and whoever imports the package pays for none of them.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType


def lazy_submodules(package: str, names: frozenset[str]) -> Callable[[str], ModuleType]:
    """A module `__getattr__` that imports a submodule of that name on first use."""

    def load(name: str) -> ModuleType:
        if name in names:
            # `import_module` does the same, and its own import takes longer than most of ours.
            return __import__(f"{package}.{name}", fromlist=("__name__",))
        raise AttributeError(f"module `{package}` has no attribute `{name}`")

    return load
