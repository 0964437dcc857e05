"""Commands in this process, for tests that need no database of the usual kind."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.commands import Outcome, invoke


def run(*arguments: str, env: Mapping[str, str] | None = None, stdin: str = "") -> Outcome:
    """Run a command as `grantctl` does."""
    variables = {"GRANTCTL_ACTOR": "tester", **(env or {})}
    return invoke(arguments, env=variables, stdin=stdin)


def refusal(outcome: Outcome) -> tuple[str, str | None]:
    """The error's message and hint, of an outcome that is nothing but one error in plain form."""
    lines = outcome.err.splitlines()
    assert outcome.out == "", outcome
    assert lines, outcome
    assert lines[0].startswith("error: "), outcome
    assert len(lines) <= 2, outcome
    if len(lines) == 1:
        return lines[0].removeprefix("error: "), None
    assert lines[1].startswith("hint: "), outcome
    return lines[0].removeprefix("error: "), lines[1].removeprefix("hint: ")


def json_refusal(outcome: Outcome) -> dict[str, Any]:
    """The error of an outcome that is nothing but one error in JSON."""
    assert outcome.out == "", outcome
    document = json.loads(outcome.err)
    assert list(document) == ["error"]
    assert document["error"]["exit_code"] == outcome.code
    return dict(document["error"])
