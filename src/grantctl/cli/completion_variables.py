"""The variables in which a shell hands over the line that is being written.

Owns their names, which the completion scripts have in them as well.
"""

from __future__ import annotations

LINE_VARIABLE = "_GRANTCTL_LINE"
BREAKS_VARIABLE = "_GRANTCTL_BREAKS"
SHELL_VARIABLE = "_GRANTCTL_COMPLETE"
FILES_EXIT = 10  # a file is wanted: the shell completes its name itself
