"""The users of a database.

Owns how a user and its account become ours. Leaves single values to `values`.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from grantctl.errors import InvalidError
from grantctl.interop.directory import ForeignUser
from grantctl.interop.openwebui import queries
from grantctl.interop.openwebui.findings import Findings, Subject, quoted
from grantctl.interop.openwebui.layout import Layout
from grantctl.interop.openwebui.values import (
    MendedText,
    as_text,
    created_at,
    fitted,
    principal_problem,
)
from grantctl.model import Role, normalize_email
from grantctl.store.connection import Connection, Row

MAX_FOREIGN_NAME_LENGTH = 1000

_HASH = re.compile(
    r"\$2[abxy]?\$\d\d\$[./A-Za-z0-9]{53}"  # bcrypt
    r"|\$argon2(?:id|i|d)\$[\x21-\x7e]{1,500}"
)


class UserRow(NamedTuple):
    """A user as the source has it; `is_off`: it has an account, and that is switched off."""

    created_at: datetime
    id: str
    name: str | None
    email: str | None
    role: str | None
    password: str | None
    is_off: bool


def read_users(
    connection: Connection, layout: Layout, findings: Findings
) -> tuple[ForeignUser, ...]:
    """Every user whose id may be one of ours, those created first at the head."""
    rows: dict[str, UserRow] = {}
    for columns in connection.stream(queries.USERS):
        row = _row(columns, rows.keys(), findings)
        if row is not None:
            rows[row.id] = row
    for (account,) in connection.stream(queries.ACCOUNTS_WITHOUT_USER):
        findings.about("account", as_text(account)).rejected("it belongs to no user")
    by_age = sorted(rows.values(), key=lambda row: (row.created_at, row.id))
    holders: dict[str, str] = {}
    return tuple(_user(row, layout, holders, findings) for row in by_age)


def _row(columns: Row, known: Collection[str], findings: Findings) -> UserRow | None:
    user_id, name, email, role, moment, account_id, password, active = columns
    id_text = as_text(user_id)
    subject = findings.about("user", id_text)
    problem = "another user has its id" if id_text in known else principal_problem(id_text)
    if problem or not id_text:
        subject.rejected(f"{problem}: left out")
        return None
    return UserRow(
        created_at=created_at(moment, subject),
        id=id_text,
        name=as_text(name),
        email=as_text(email),
        role=as_text(role),
        password=as_text(password),
        is_off=account_id is not None and active != 1,
    )


def _user(row: UserRow, layout: Layout, holders: dict[str, str], findings: Findings) -> ForeignUser:
    subject = findings.about("user", row.id)
    if row.name is None:
        subject.adapted("it has no name: kept with an empty one")
    return ForeignUser(
        id=row.id,
        email=_email(row, holders, subject),
        name=fitted(row.name or "", what="name", longest=MAX_FOREIGN_NAME_LENGTH, subject=subject),
        role=_role(row, layout, subject),
        password_hash=_password_hash(row, layout, subject),
        created_at=row.created_at,
    )


def _email(row: UserRow, holders: dict[str, str], subject: Subject) -> str | None:
    """The address as ours are kept; `holders` says which user has which."""
    if not row.email:
        subject.adapted("it has no e-mail address: kept without")
        return None
    email = _normalized(row.email)
    if email is None:
        subject.adapted(f"{quoted(row.email)} is no e-mail address: kept without")
        return None
    holder = holders.setdefault(email, row.id)
    if holder != row.id:
        subject.adapted(
            f"its e-mail address {quoted(email)} is that of user {quoted(holder)}, who was created"
            " first: kept without"
        )
        return None
    if email != row.email:
        form = "in lower case " if email == row.email.lower() else ""
        subject.adapted(f"its e-mail address {quoted(row.email)} kept {form}as {quoted(email)}")
    return email


def _normalized(text: str) -> str | None:
    if isinstance(text, MendedText):
        return None
    try:
        return normalize_email(text)
    except InvalidError:
        return None


def _role(row: UserRow, layout: Layout, subject: Subject) -> Role:
    try:
        role = Role(row.role or "")
    except ValueError:
        which = f"its role {quoted(row.role)} is unknown" if row.role else "it has no role"
        subject.adapted(f"{which}, and Open WebUI lets only user and admin in: kept as pending")
        return Role.PENDING
    if row.is_off and layout.has_session_stamp and role is not Role.PENDING:
        subject.adapted(
            f"its account is switched off, so Open WebUI refuses all its requests: {role} kept as"
            " pending"
        )
        return Role.PENDING
    return role


def _password_hash(row: UserRow, layout: Layout, subject: Subject) -> str | None:
    """The hash, if it is of a kind that we can verify. No finding ever holds it."""
    if not row.password:
        return None
    if not _HASH.fullmatch(row.password):
        subject.adapted("its password hash is neither bcrypt's nor argon2's: kept without password")
        return None
    if row.is_off and not layout.has_session_stamp:
        subject.adapted(
            "its account is switched off, so Open WebUI refuses its login: kept without password"
        )
        return None
    return row.password
