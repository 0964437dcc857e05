"""Who is asking? Passwords.

Submodules load on first use: hashing needs libraries that most commands do not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from grantctl.lazy import lazy_submodules

if TYPE_CHECKING:
    from grantctl.credentials import passwords as passwords

__getattr__ = lazy_submodules(__name__, frozenset({"passwords"}))
