"""The table of sub-commands, with their summaries, so that help imports none of them."""

from __future__ import annotations

from functools import partial
from importlib import import_module

from grantctl.cli.noun_group import Click, Loaded, command_of

SECTIONS: dict[str, dict[str, tuple[str, str]]] = {
    "Questions": {
        "check": ("check", "may this user do it? (exit 0 or 3)"),
        "explain": ("explain", "why, and on a denial what would allow it"),
        "who-can": ("who_can", "who may do it, and through what"),
        "access": ("access", "everything that one user may"),
        "graph": ("graph", "the part of the directory that decides, to look at"),
        "test": ("test", "whether what files assert is so, for CI (exit 0 or 3)"),
        "revoke": ("revoke", "plan how to take something away, though true anywhere wins"),
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
        "oauth": ("oauth", "logins from an identity provider: try, carry out, synchronise, check"),
        "whoami": ("whoami", "whom a token stands for; as whom changes are recorded"),
    },
    "Database": {
        "init": ("init", "make the database"),
        "import": ("import_", "bring in an Open WebUI database"),
        "db": ("db", "migrate, describe and check the database"),
        "doctor": ("doctor", "look for everything that may be wrong, and say what helps"),
        "audit": ("audit", "who changed what, and when"),
    },
    "More": {
        "demo": ("demo", "a tour on a small throw-away organisation"),
        "config": ("config", "settings and where they come from"),
        "completion": ("completion", "the completion script of a shell"),
    },
}
COMMANDS = {name: entry for section in SECTIONS.values() for name, entry in section.items()}


def lazy_commands() -> Loaded:
    """The commands by name, each imported when it is asked for."""
    return Loaded({name: partial(_load, name) for name in COMMANDS})


def _load(name: str) -> Click:
    return command_of(import_module(f"grantctl.cli.{COMMANDS[name][0]}").app)
