"""What did others write? Foreign databases, read as plain values of our own words.

Submodules load on first use: a question to grantctl's own database needs none of them.
"""

from __future__ import annotations

from grantctl.lazy import lazy_submodules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from grantctl.interop import openwebui as openwebui
    from grantctl.interop import policy_files as policy_files
    from grantctl.interop import recorded_text as recorded_text

__getattr__ = lazy_submodules(__name__, frozenset({"openwebui", "policy_files", "recorded_text"}))
