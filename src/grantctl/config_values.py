"""Values of client settings: what each may be.

Owns the rules and the words of their errors. Leaves where a value comes from to `config`.
"""

from __future__ import annotations

from grantctl.errors import UsageError
from grantctl.model import MAX_NAME_LENGTH, category_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

OUTPUTS = ("table", "json", "ndjson", "yaml", "csv", "name")
COLORS = ("auto", "always", "never")
MAX_CONTEXT_LENGTH = 64
MAX_ECHO = 60

_CHOICES = {"output": OUTPUTS, "color": COLORS}
_PLACEHOLDERS = ("changeme", "change-me")


def choices_hint(text: str, choices: Sequence[str]) -> str:
    """The hint after a word that is none of the choices: the nearest one, and all of them."""
    # Loaded here because only a mistake needs it, and start-up is what a short command consists of.
    from difflib import get_close_matches

    matches = get_close_matches(text[:MAX_ECHO].lower(), choices, n=1)
    listed = f"one of {', '.join(choices)}"
    return f"did you mean `{matches[0]}`? {listed}" if matches else listed


def check_value(key: str, subject: str, value: str) -> None:
    """Raise UsageError, which begins with the subject, for what cannot be meant.

    The value is repeated only where it cannot be a secret.
    """
    for character in "" if value.isprintable() else value:
        kind = category_of(character)
        if kind == "Cs":
            raise UsageError(f"{subject} is not UTF-8")
        if kind == "Cc":
            raise UsageError(f"{subject} holds the control character U+{ord(character):04X}")
    if _is_placeholder(value):
        raise UsageError(f"{subject} is still a placeholder", hint="put the value in its place")
    choices = _CHOICES.get(key)
    if choices and value not in choices:
        raise UsageError(
            f"{subject} may not be `{value[:MAX_ECHO]}`", hint=choices_hint(value, choices)
        )
    if key == "actor" and (not value.strip() or len(value) > MAX_NAME_LENGTH):
        raise UsageError(f"{subject} may have 1 to {MAX_NAME_LENGTH} characters, not all spaces")
    problem = context_name_problem(value) if key == "context" else None
    if problem:
        raise UsageError(f"{subject} may not be `{value[:MAX_ECHO]}`: a context's name {problem}")


def context_name_problem(name: str) -> str | None:
    """Why this cannot name a context, or None where it can."""
    if not 0 < len(name) <= MAX_CONTEXT_LENGTH:
        return f"has 1 to {MAX_CONTEXT_LENGTH} characters"
    if not name.isprintable() or name != name.strip() or name.startswith("-"):
        return "has printable characters, no space at its ends, and no dash at its beginning"
    return None


def _is_placeholder(value: str) -> bool:
    """Whether it is `${…}` or `{{…}}`, or holds one; `<…>`, or `changeme`."""
    for begin, end in (("${", "}"), ("{{", "}}")):
        at = value.find(begin)
        if at >= 0 and value.find(end, at + len(begin)) >= 0:
            return True
    is_bracketed = len(value) > 1 and value.startswith("<") and value.endswith(">")
    return is_bracketed or value.lower() in _PLACEHOLDERS
