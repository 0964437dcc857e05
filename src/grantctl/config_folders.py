"""The folders where a user's configuration and data are kept.

Owns nothing but a short cut: on Linux the rule of the XDG Base Directory Specification, as
`platformdirs` reads it, to which a test holds it; `platformdirs`, which is asked everywhere else,
takes longer to import than a whole check may take.
"""

# `pathlib` takes longer to import than a whole check.
# ruff: noqa: PTH111

from __future__ import annotations

import os
import sys

_RULES = {
    "user_config_dir": ("XDG_CONFIG_HOME", "~/.config"),
    "user_data_dir": ("XDG_DATA_HOME", "~/.local/share"),
}
_NAME = "grantctl"


def user_folder(kind: str) -> str:
    """The folder for `user_config_dir` or `user_data_dir`. It need not exist."""
    if sys.platform == "linux" and "ANDROID_DATA" not in os.environ:
        variable, otherwise = _RULES[kind]
        chosen = os.environ.get(variable, "")
        if not chosen or (chosen.startswith("/") and chosen == chosen.strip()):
            return f"{chosen or os.path.expanduser(otherwise)}/{_NAME}"
    import platformdirs

    folder: str = getattr(platformdirs, kind)(_NAME)
    return folder
