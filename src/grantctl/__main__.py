"""`python -m grantctl`, and the `grantctl` that is installed.

Owns what comes before and after the command line proper, while its modules are loaded and Python
ends: an interrupt then is one line and exit code 130, too. The hot questions are answered at the
door, the rest by the Typer app.
"""

from __future__ import annotations

import os
import sys

from grantctl.errors import ExitCode


def main() -> None:
    """Run the command line; never returns."""
    if not os.environ.get("GRANTCTL_DEBUG"):
        sys.unraisablehook = lambda _: None  # what fails while Python ends concerns nobody
    try:
        # Loaded here so that an interrupt while it loads is caught: that is most of a short run.
        _answer_at_the_door()
        from importlib import import_module

        import_module("grantctl.cli.main").main()
    except KeyboardInterrupt:
        os.write(2, b"interrupted\n")
        sys.exit(ExitCode.INTERRUPTED)
    finally:
        import signal

        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _answer_at_the_door() -> None:
    """End the process with the answer, if the question is one of the door's."""
    if os.environ.get("GRANTCTL_DEBUG"):
        return
    import gc

    gc.disable()  # so short a run leaves nothing that is worth looking for
    try:
        code = _answer()
    except OSError:  # it could not be written: the Typer app tries again, and says so
        code = None
    finally:
        gc.enable()
    if code is not None:
        os._exit(code)  # everything is written and closed: what is left would only take time


def _answer() -> int | None:
    """The exit code, where the door has an answer. It is loaded only for what is plain."""
    from grantctl.cli.completion_variables import SHELL_VARIABLE
    from grantctl.cli.plain_line import read_plain_line

    is_completion = SHELL_VARIABLE in os.environ
    line = None if is_completion else read_plain_line(sys.argv[1:])
    if line is None and not is_completion:
        return None
    from grantctl.cli.door import answer, answer_line

    return answer(sys.argv[1:], os.environ) if line is None else answer_line(line, os.environ)


if __name__ == "__main__":
    main()
