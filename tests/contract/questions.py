"""What is asked of a database in the tests of its states, about `demonstration`'s organisation."""

from __future__ import annotations

from pathlib import Path

from grantctl.store.url import file_url
from tests.conftest import Outcome
from tests.running import run

ALLOWED, DENIED = "bob@example.com", "dana@example.com"
KEY = "chat.controls"
CHANGE = ("permissions", "set", "--default", f"{KEY}=true")
QUESTIONS = (
    ("check", ALLOWED, KEY),
    ("explain", ALLOWED, KEY),
    ("who-can", KEY),
    ("access", ALLOWED),
    ("users", "list"),
    ("audit", "list"),
)


def ask(path: Path, *command: str) -> Outcome:
    return run(*command, env={"GRANTCTL_DATABASE": str(file_url(str(path)))})
