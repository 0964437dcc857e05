"""Tokens and keys for the tests of operations."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt as pyjwt
from sqlmodel import select

from grantctl.credentials.secret import HmacSecret, secret_kid
from grantctl.operations.api_keys import create_key
from grantctl.operations.authentication import TokenVerdict, authenticate
from grantctl.operations.flags import set_flags
from grantctl.operations.policies import set_policy
from grantctl.operations.tokens import IssuedToken, issue_token
from grantctl.store.credential_tables import LoginFailureRow, SigningKeyRow, TokenRow
from grantctl.store.database import Database
from grantctl.store.session import change
from grantctl.store.tables import AuditEventRow, PolicySettingRow, UserRow
from tests.operations.directories import INTENT

SECRET = HmacSecret(
    b"k" * 20 + b"0123456789abcdef", secret_kid(b"k" * 20 + b"0123456789abcdef"), "test"
)
PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Desk:
    """A database with an admin, ada, and a user, bob; and where its private keys are."""

    database: Database
    keys: Path

    def issue(self, user: str = "bob@example.com", **named: Any) -> IssuedToken:
        options = {"secret": SECRET, "keys": self.keys, **named}
        return issue_token(self.database, INTENT, user, **options)

    def key(self, user: str = "bob@example.com", **named: Any) -> IssuedToken:
        return create_key(self.database, INTENT, user, **named)

    def verdict(self, text: str, *, later: timedelta = timedelta(0), **named: Any) -> TokenVerdict:
        options = {"secret": SECRET, "now": datetime.now(UTC) + later, **named}
        with self.database.reader() as reader:
            return authenticate(reader, text, **options)

    def reason(self, text: str, **named: Any) -> str:
        return self.verdict(text, **named).reason.value

    def policy(self, key: str, value: str) -> None:
        set_policy(self.database, INTENT, key, value)

    def let_everybody_have_keys(self) -> None:
        set_flags(self.database, INTENT, None, {"features.api_keys": True})


def session_token(user_id: str, secret: HmacSecret = SECRET, **claims: Any) -> str:
    """What Open WebUI's own code makes of a login."""
    return pyjwt.encode({"id": user_id, **claims}, secret.value, algorithm="HS256")


def user_id_of(database: Database, email: str) -> str:
    with database.reader() as reader:
        return reader.find_user(email).id


def all_text(database: Database) -> str:
    """Every value of every table that could hold a secret, as one text."""
    tables = (TokenRow, SigningKeyRow, LoginFailureRow, AuditEventRow, PolicySettingRow, UserRow)
    found: list[str] = []

    def work(session: Any) -> None:
        for table in tables:
            for row in session.exec(select(table)):
                found.append(json.dumps(row.model_dump(), default=str))

    change(database, work, dry_run=True)
    return "\n".join(found)


def twin(text: str) -> str:
    """The same token with its last character changed."""
    return text[:-1] + ("A" if text[-1] != "A" else "B")


def dry(intent: Any = INTENT) -> Any:
    return replace(intent, dry_run=True)
