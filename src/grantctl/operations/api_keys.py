"""API keys: made and replaced. What is kept of one is its hash; the key itself is shown once.

Owns the gates at its making, the same as at its use. Leaves listing and revoking to `tokens`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from shlex import quote

from grantctl import credentials
from grantctl.credentials.reasons import TokenReason
from grantctl.errors import GuardError, InvalidError
from grantctl.evaluation.facts import User
from grantctl.evaluation.token_facts import TokenHolder, TokenKind, TokenSource
from grantctl.model import Role
from grantctl.operations.authentication import API_KEYS_PERMISSION, gate_refusal
from grantctl.operations.changes import Change, Intent, perform
from grantctl.operations.policy_settings import API_KEYS_ENABLED
from grantctl.operations.token_endings import settings_of
from grantctl.operations.token_issue import keep_token, new_token_row
from grantctl.operations.token_rows import IssuedToken, find_token_row, token_facts
from grantctl.operations.user_rows import find_user_row
from grantctl.store.credential_tables import TokenRow
from grantctl.store.database import Database
from grantctl.store.session import reader_of
from grantctl.store.tables import UserRow


def create_key(
    database: Database,
    intent: Intent,
    user: str,
    *,
    name: str = "",
    expires_at: datetime | None = None,
    scope: str | None = None,
) -> IssuedToken:
    """Make an API key for a user, who may have several. Without `expires_at` it lives for ever.

    Raises GuardError where a gate is closed: API keys are off, the user is pending, or lacks the
    permission; NotFoundError, AmbiguousError, InvalidError, DatabaseError.
    """

    def work(change: Change) -> IssuedToken:
        if expires_at is not None and expires_at <= change.now:
            raise InvalidError("the key would have expired before it was made")
        row = find_user_row(change.session, user)
        _require_open_gates(change, row)
        token = new_token_row(change, row, TokenKind.API_KEY, name=name, scope=scope)
        token.expires_at = expires_at
        return _keep(change, token, action="api_key.create")

    return perform(database, intent, work)


def rotate_key(
    database: Database, intent: Intent, token_id: str, *, grace: timedelta = timedelta(0)
) -> IssuedToken:
    """Make a key that replaces another one, with its name, its scope and the length of its life.

    The old one still works for `grace`, by default not at all. Raises NotFoundError, InvalidError
    for a JWT, GuardError for a key that has ended, or where a gate is closed.
    """

    def work(change: Change) -> IssuedToken:
        old = find_token_row(change.session, token_id)
        owner = _require_replaceable(change, old)
        _require_open_gates(change, owner)
        new = new_token_row(change, owner, TokenKind.API_KEY, name=old.name, scope=None)
        new.scope = old.scope
        if old.expires_at is not None:
            new.expires_at = change.now + (old.expires_at - old.issued_at)
        _end(change, old, new.id, grace)
        return _keep(change, new, action="api_key.rotate")

    return perform(database, intent, work)


def _require_replaceable(change: Change, old: TokenRow) -> UserRow:
    if old.kind != TokenKind.API_KEY:
        raise InvalidError(f"`{old.id}` is a JWT, no API key", hint="grantctl tokens issue USER")
    is_over = old.expires_at is not None and old.expires_at <= change.now
    owner = None if old.user_pk is None else change.session.get(UserRow, old.user_pk)
    if old.revoked_at is not None or is_over or owner is None:
        how = "was revoked" if old.revoked_at is not None else "has expired"
        raise GuardError(
            f"the API key `{old.id}` {how}", hint="make a new one: grantctl tokens create-key USER"
        )
    return owner


def _end(change: Change, old: TokenRow, replaced_by: str, grace: timedelta) -> None:
    """The old key's end: now, so it is revoked, or when the grace is over, if it lives so long."""
    before = token_facts(old)
    try:
        end = change.now + max(grace, timedelta(0))
    except OverflowError:
        raise InvalidError("the grace is too long") from None
    if old.expires_at is None or end < old.expires_at:
        old.expires_at = end
    if end == change.now:
        old.revoked_at, old.revoked_by = change.now, change.intent.actor
        old.revoke_reason = "it was replaced by another key"
    change.session.add(old)
    change.session.flush()
    after = token_facts(old) | {"replaced_by": replaced_by}
    change.record("api_key.replace", "token", old.id, before=before, after=after)


def _keep(change: Change, token: TokenRow, *, action: str) -> IssuedToken:
    text = credentials.api_keys.make_api_key()
    token.key_hash = credentials.api_keys.hash_api_key(text)
    token.key_hint = credentials.api_keys.hint(text)
    token.source = TokenSource.GRANTCTL.value
    return keep_token(change, token, text, action=action)


def _require_open_gates(change: Change, row: UserRow) -> None:
    user = User(row.pk, row.id, row.email, row.name, Role(row.role))
    refusal = gate_refusal(
        reader_of(change.session),
        settings_of(change),
        TokenHolder(user, row.tokens_revoked_at),
        now=change.now,
        is_in_transaction=True,
    )
    if refusal is None:
        return
    label = quote(user.label)
    if refusal.reason is TokenReason.API_KEYS_DISABLED:
        raise GuardError(
            "API keys are switched off", hint=f"grantctl config set {API_KEYS_ENABLED} true"
        )
    if refusal.reason is TokenReason.USER_PENDING:
        raise GuardError(
            f"`{user.label}` is pending, so no API key of its would be accepted",
            hint=f"first: grantctl users approve {label}",
        )
    raise GuardError(
        f"`{user.label}` lacks the permission `{API_KEYS_PERMISSION}`",
        hint=f"grantctl explain {label} {API_KEYS_PERMISSION}",
    )
