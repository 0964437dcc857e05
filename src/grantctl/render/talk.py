"""What is said on stderr: errors, warnings, hints.

Owns their form: one line each, whatever the data in them, and no credential in any. Leaves printing
and exit codes to the command line.
"""

from __future__ import annotations

from grantctl.errors import GrantctlError
from grantctl.render.escape import escape
from grantctl.render.json_text import ascii_json
from grantctl.render.masking import mask_credentials

MAX_LENGTH = 500
TAIL_LENGTH = 120


def error_lines(error: GrantctlError) -> str:
    """`error: …`, and `hint: …` on a second line if there is one; no line feed at the end."""
    line = f"error: {_one_line(error.message)}"
    return f"{line}\n{hint_line(error.hint)}" if error.hint else line


def error_json(error: GrantctlError) -> str:
    """The error as one line of JSON, all in ASCII, nothing cut."""
    content = {
        "code": error.code,
        "message": mask_credentials(error.message),
        "hint": None if error.hint is None else mask_credentials(error.hint),
        "exit_code": int(error.exit_code),
    }
    return ascii_json({"error": content})


def warning_line(text: str) -> str:
    """`warning: …`"""
    return f"warning: {_one_line(text)}"


def hint_line(text: str) -> str:
    """`hint: …`"""
    return f"hint: {_one_line(text)}"


def _one_line(text: str) -> str:
    """The text escaped, its credentials masked; of one that is too long the middle is left out.

    The end is kept because it often says what is wrong with what stands before it. Cut before
    escaping, so that no escape is cut in two, and after masking, so that no credential is.
    """
    text = mask_credentials(text)
    if len(text) > MAX_LENGTH:
        text = f"{text[: MAX_LENGTH - TAIL_LENGTH]} … {text[-TAIL_LENGTH:]}"
    return escape(text)
