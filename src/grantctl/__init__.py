"""grantctl: who can do what, and why. The library under the command line of that name.

`Authorizer` is loaded when it is first asked for: importing the package costs next to nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from grantctl.integrations.authorizer import Authorizer as Authorizer

__version__ = "0.1.0"
__all__ = ["Authorizer", "__version__"]

_PLACES = {"Authorizer": "grantctl.integrations.authorizer"}


def __getattr__(name: str) -> Any:  # Any: whatever the name stands for
    if name in _PLACES:
        from importlib import import_module

        return getattr(import_module(_PLACES[name]), name)
    raise AttributeError(f"module `{__name__}` has no attribute `{name}`")
