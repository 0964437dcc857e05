"""A directory that takes logins from an identity provider, made once and copied for each test."""

from __future__ import annotations

import shutil
from pathlib import Path

from grantctl.operations.flags import set_flags
from grantctl.operations.groups import create_group
from grantctl.operations.policies import set_policy
from grantctl.operations.users import create_user
from grantctl.store.database import Database
from grantctl.store.url import parse_url
from tests.conftest import INTENT
from tests.credentials.provider import AUDIENCE, ISSUER, key_set, public_member


def make_desk(empty: Path, folder: Path) -> Path:
    """A file with root, a group that sets something, a default group, and a provider's settings."""
    file, keys = folder / "desk.db", folder / "jwks.json"
    shutil.copyfile(empty, file)
    keys.write_bytes(key_set(public_member("EdDSA"), public_member("RS256", use="enc")))
    database = Database(parse_url(f"sqlite:///{file}"))
    create_user(database, INTENT, email="root@example.com")
    for group in ("eng", "everyone", "old"):
        create_group(database, INTENT, name=group)
    set_flags(database, INTENT, "eng", {"workspace.models": True})
    for key, value in (
        ("oauth.issuer", ISSUER),
        ("oauth.audience", AUDIENCE),
        ("oauth.jwks", str(keys)),
        ("oauth.role_management", "true"),
        ("oauth.allowed_roles", "staff"),
        ("oauth.group_management", "true"),
        ("oauth.group_creation", "true"),
        ("users.default_group", "everyone"),
    ):
        set_policy(database, INTENT, key, value)
    return file
