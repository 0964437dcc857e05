"""Tokens as the commands print them: columns, rows and records.

Owns the names of the JSON contracts `grantctl.tokens/v1`, `grantctl.token/v1` and
`grantctl.issued-token/v1`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from grantctl.render.columns import Column

if TYPE_CHECKING:
    from grantctl.evaluation.token_facts import StoredToken
    from grantctl.operations.token_rows import IssuedToken, TokenRecord

COLUMNS = (
    Column("id", "Id", is_name=True),
    Column("user", "User"),
    Column("kind", "Kind"),
    Column("name", "Name"),
    Column("state", "State"),
    Column("expires_at", "Expires"),
    Column("scope", "Scope"),
    Column("user_id", "User id", is_extra=True),
    Column("audience", "Audience", is_extra=True),
    Column("key", "Signed by", is_extra=True),
    Column("hint", "Begins with", is_extra=True),
    Column("source", "Source", is_extra=True),
    Column("issued_at", "Issued", is_extra=True),
    Column("issued_by", "Issued by", is_extra=True),
    Column("last_used_at", "Last used", is_extra=True),
    Column("revoked_at", "Revoked", is_extra=True),
    Column("revoked_by", "Revoked by", is_extra=True),
    Column("revoke_reason", "Why", is_extra=True),
)


def token_row(record: TokenRecord) -> dict[str, object]:
    """A token as lists and `show` print one; `key` is the id of the key that signed it."""
    token = record.token
    return {
        "id": token.id,
        "user": record.user,
        "kind": token.kind.value,
        "name": token.name or None,
        "state": record.state.value,
        "expires_at": token.expires_at,
        "scope": token.scope or None,
        "user_id": token.user_id,
        "audience": token.audience,
        "key": token.kid,
        "hint": token.hint,
        "source": token.source.value,
        "issued_at": token.issued_at,
        "issued_by": token.issued_by,
        "last_used_at": token.last_used_at,
        "revoked_at": token.revoked_at,
        "revoked_by": token.revoked_by,
        "revoke_reason": token.revoke_reason,
    }


def issued_document(issued: IssuedToken) -> dict[str, object]:
    """A new token with its text, which is shown this once."""
    token: StoredToken = issued.token
    return {
        "token": issued.text,
        "id": token.id,
        "kind": token.kind.value,
        "user_id": token.user_id,
        "name": token.name or None,
        "scope": token.scope or None,
        "audience": token.audience,
        "key": token.kid,
        "issued_at": token.issued_at,
        "expires_at": token.expires_at,
    }
