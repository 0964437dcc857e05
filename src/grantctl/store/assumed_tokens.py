"""Rows to facts about tokens, under assumptions: the users for whom they stand, as they would be.

Owns nothing but that. A token itself is as it is stored: what is assumed of the time is for whoever
asks.
"""

from __future__ import annotations

from grantctl.evaluation.assumptions import Assumptions
from grantctl.evaluation.token_facts import TokenHolder
from grantctl.lean import replace
from grantctl.store.connection import Connection
from grantctl.store.token_reader import FoundToken, TokenReader


class AssumedTokenReader(TokenReader):
    """Reads facts about tokens of users whose role may be assumed."""

    def __init__(self, connection: Connection, assumptions: Assumptions) -> None:
        super().__init__(connection)
        self._assumed = assumptions

    def by_id(self, token_id: str) -> FoundToken | None:
        """The token of that id, a JWT's `jti`, with its user as it would be."""
        return self._as_it_would_be(super().by_id(token_id))

    def by_key_hash(self, key_hash: str) -> FoundToken | None:
        """The token of that API key, with its user as it would be."""
        return self._as_it_would_be(super().by_key_hash(key_hash))

    def holder(self, user_id: str) -> TokenHolder | None:
        """The user of exactly that id, as it would be."""
        found = super().holder(user_id)
        return None if found is None else self._changed(found)

    def _as_it_would_be(self, found: FoundToken | None) -> FoundToken | None:
        if found is None or found.holder is None:
            return found
        return found._replace(holder=self._changed(found.holder))

    def _changed(self, holder: TokenHolder) -> TokenHolder:
        return replace(holder, user=self._assumed.user_of(holder.user))
