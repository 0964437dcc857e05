"""A database that takes logins from an identity provider, and what a login does to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlmodel import Session, select

from grantctl.evaluation.evaluator import effective_permissions
from grantctl.model import Role
from grantctl.operations.changes import Change, Intent, perform
from grantctl.operations.groups import create_group
from grantctl.operations.identities import link_identity
from grantctl.operations.memberships import add_members
from grantctl.operations.oauth_login import (
    Expected,
    LoginResult,
    login,
    simulate_claims,
)
from grantctl.operations.oauth_plan import LoginPlan
from grantctl.operations.policies import set_policy, write_policy
from grantctl.operations.policy_settings import find_setting
from grantctl.operations.user_rows import UserDetail
from grantctl.operations.users import show_user
from grantctl.store.database import Database
from grantctl.store.identity_tables import IdentityRow
from grantctl.store.session import change, read_session
from grantctl.store.tables import GroupRow, MembershipRow, UserRow
from tests.credentials.provider import AUDIENCE, ISSUER, issued_at, key_set
from tests.operations.directories import INTENT, add_user

ROOT = "root@example.com"


@dataclass(frozen=True)
class Realm:
    """A database with an admin, root, and the settings of one provider."""

    database: Database

    def policy(self, key: str, value: str) -> None:
        set_policy(self.database, INTENT, key, value)

    def policies(self, **values: str) -> None:
        """`oauth.KEY` for each, all at once."""

        def work(change: Change) -> None:
            for key, value in values.items():
                write_policy(change, f"oauth.{key}", find_setting(f"oauth.{key}").parse(value))

        perform(self.database, INTENT, work)

    def plan(self, *, named: str | None = None, **claims: Any) -> LoginPlan:
        """What a simulation of these claims says; None takes one out of the usual ones."""
        result = simulate_claims(self.database, usual(**claims), named=named)
        assert result.plan is not None
        return result.plan

    def login(self, *, intent: Intent = INTENT, **claims: Any) -> LoginResult:
        now = datetime.now(UTC)
        return login(self.database, intent, issued_at(now, **claims), Expected(), now=now)

    def user(self, reference: str) -> UserDetail:
        return show_user(self.database, reference, now=datetime.now(UTC))

    def roles(self) -> dict[str, str]:
        """The role of each user by the part of the address before the @."""
        with read_session(self.database) as session:
            rows = session.exec(select(UserRow.email, UserRow.role)).all()
        return {str(email).partition("@")[0]: role for email, role in rows}

    def state(self) -> dict[str, object]:
        """Everything that a login may change, but the time of it."""
        with read_session(self.database) as session:
            users = session.exec(select(UserRow)).all()
            memberships = session.exec(select(MembershipRow)).all()
            identities = session.exec(select(IdentityRow)).all()
            groups = session.exec(select(GroupRow.id)).all()
            return {
                "users": {row.id: (row.email, row.name, row.role, row.updated_at) for row in users},
                "memberships": sorted(
                    (row.user_pk, row.group_pk, row.source, row.added_by, str(row.expires_at))
                    for row in memberships
                ),
                "identities": sorted((row.user_pk, row.issuer, row.subject) for row in identities),
                "groups": sorted(groups),
            }

    def groups_of(self, reference: str) -> dict[str, str]:
        """The source of each direct membership, by the group's name."""
        found = self.user(reference).memberships
        return {one.group_name: one.source.value for one in found}

    def permissions_of(self, reference: str) -> set[str]:
        """What the user is effectively allowed."""
        with self.database.reader() as reader:
            found = effective_permissions(reader.access_facts(reference), now=datetime.now(UTC))
        return {key for key, allowed in found.items() if allowed}

    def group(self, name: str, *members: str, source: str = "manual") -> str:
        """A group of that name with these members; its id."""
        made = create_group(self.database, INTENT, name=name).group
        if members:
            add_members(self.database, INTENT, made.id, members)
        if source != "manual":
            self._set_source(made.id, source)
        return made.id

    def twin_of(self, name: str) -> None:
        """A second group of a name, as only an import can make one."""
        self.group("twin")

        def work(session: Session) -> None:
            row = session.exec(select(GroupRow).where(GroupRow.name == "twin")).one()
            row.name = name
            session.add(row)

        change(self.database, work, dry_run=False)

    def link(self, user: str, subject: str = "117", issuer: str | None = None) -> None:
        link_identity(self.database, INTENT, user, subject=subject, issuer=issuer)

    def expire(self, group_id: str) -> None:
        """Let every membership in a group have ended."""
        self._each(group_id, expires_at=datetime.now(UTC) - timedelta(days=1))

    def _set_source(self, group_id: str, source: str) -> None:
        self._each(group_id, source=source)

    def _each(self, group_id: str, **values: Any) -> None:
        def work(session: Session) -> None:
            query = select(MembershipRow).join(GroupRow).where(GroupRow.id == group_id)
            for row in session.exec(query):
                for name, value in values.items():
                    setattr(row, name, value)
                session.add(row)

        change(self.database, work, dry_run=False)


def usual(**claims: Any) -> dict[str, Any]:
    """Claims about Ada but for these; None takes one out."""
    ada = {"sub": "117", "email": "ada@example.com", "email_verified": True, "name": "Ada"}
    return {name: value for name, value in {**ada, **claims}.items() if value is not None}


def make_realm(database: Database, folder: Path) -> Realm:
    """The settings of one provider, whose key set lies in the folder."""
    add_user(database, "root", Role.ADMIN)
    keys = folder / "jwks.json"
    keys.write_bytes(key_set())
    realm = Realm(database)
    realm.policies(issuer=ISSUER, audience=AUDIENCE, jwks=str(keys))
    return realm
