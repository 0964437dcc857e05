"""`python -m grantctl`, and the `grantctl` that is installed.

Owns what comes before and after the command line proper, while its modules are loaded and Python
ends: an interrupt then is one line and exit code 130, too.
"""

from __future__ import annotations

import os
import signal
import sys
from importlib import import_module

from grantctl.errors import ExitCode


def main() -> None:
    """Run the command line; never returns."""
    if not os.environ.get("GRANTCTL_DEBUG"):
        sys.unraisablehook = lambda _: None  # what fails while Python ends concerns nobody
    try:
        # Loaded here so that an interrupt while it loads is caught: that is most of a short run.
        import_module("grantctl.cli.main").main()
    except KeyboardInterrupt:
        os.write(2, b"interrupted\n")
        sys.exit(ExitCode.INTERRUPTED)
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


if __name__ == "__main__":
    main()
