"""The table of sub-commands, with their summaries, so that help imports none of them."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from importlib import import_module
from typing import Any

from typer.main import get_command

SECTIONS: dict[str, dict[str, tuple[str, str]]] = {
    "Questions": {
        "check": ("check", "may this user do it? (exit 0 or 3)"),
        "explain": ("explain", "why, and on a denial what would allow it"),
        "who-can": ("who_can", "who may do it, and through what"),
        "access": ("access", "everything that one user may"),
    },
    "Directory": {
        "users": ("users", "list, make, approve, suspend and delete users"),
        "roles": ("roles", "what roles mean, who holds them, which new users get"),
        "groups": ("groups", "groups, their members and their parents"),
        "resources": ("resources", "resources, their owners, and who may read or write them"),
        "permissions": ("permissions", "the catalogue, and what groups and defaults set"),
    },
    "Credentials": {
        "tokens": ("tokens", "issue, verify, list and revoke tokens and API keys; signing keys"),
        "login": ("login", "exchange a password for a token that lives shortly"),
        "whoami": ("whoami", "whom a token stands for; as whom changes are recorded"),
    },
    "Database": {
        "init": ("init", "make the database"),
        "import": ("import_", "bring in an Open WebUI database"),
        "db": ("db", "migrate, describe and check the database"),
        "audit": ("audit", "who changed what, and when"),
    },
    "More": {
        "demo": ("demo", "a tour on a small throw-away organisation"),
        "config": ("config", "settings and where they come from"),
        "completion": ("completion", "the completion script of a shell"),
    },
}
COMMANDS = {name: entry for section in SECTIONS.values() for name, entry in section.items()}
Click = Any  # Typer carries Click as a private part, whose types it does not name


class LazyCommands(MutableMapping[str, Click]):
    """The commands by name, each imported when it is asked for."""

    def __init__(self) -> None:
        self._loaded: dict[str, Click] = {}

    def __getitem__(self, name: str) -> Click:
        if name not in self._loaded:
            module = import_module(f"grantctl.cli.{COMMANDS[name][0]}")
            loaded = get_command(module.app)
            loaded.name = name
            self._loaded[name] = loaded
        return self._loaded[name]

    def __setitem__(self, name: str, command: Click) -> None:
        self._loaded[name] = command

    def __delitem__(self, name: str) -> None:
        del self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)
