"""The end of a user's tokens, in the same transaction as what ends them.

Owns the cut: what was issued until then counts no more, what is issued afterwards does. Exact
whatever the clocks of several hosts say, because issuing and ending happen under the writers' lock:
the cut is never before a token that is already stored, and no later token before the cut.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, update
from sqlmodel import col, select

from grantctl.evaluation.token_facts import TokenKind
from grantctl.operations.changes import Change
from grantctl.operations.token_settings import TokenSettings, read_token_settings
from grantctl.store.credential_tables import TokenRow
from grantctl.store.session import reader_of
from grantctl.store.tables import UserRow

_TICK = timedelta(microseconds=1)


def end_tokens(change: Change, row: UserRow, why: str, *, api_keys: bool) -> int:
    """End every JWT of the user, and the API keys too if that is said; how many that were.

    The audit entry is the caller's, whose operation it belongs to.
    """
    session = change.session
    issued = select(func.max(col(TokenRow.issued_at))).where(TokenRow.user_pk == row.pk)
    times = (change.now, row.tokens_revoked_at, session.exec(issued).one())
    row.tokens_revoked_at = max(one for one in times if one is not None)
    session.add(row)
    session.flush()
    ending = (
        update(TokenRow)
        .where(col(TokenRow.user_pk) == row.pk, col(TokenRow.revoked_at).is_(None))
        .values(revoked_at=change.now, revoked_by=change.intent.actor, revoke_reason=why)
    )
    if not api_keys:
        ending = ending.where(col(TokenRow.kind) == TokenKind.JWT.value)
    return int(session.exec(ending).rowcount)


def issue_time(now: datetime, row: UserRow) -> datetime:
    """The time of a token that is issued now: after the last cut, whatever this clock says."""
    cut = row.tokens_revoked_at
    return now if cut is None or now > cut else cut + _TICK


def settings_of(change: Change) -> TokenSettings:
    """The policy settings about tokens, as this transaction sees them. Raises DatabaseError."""
    return read_token_settings(reader_of(change.session).tokens)
