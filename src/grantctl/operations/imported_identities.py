"""What an import makes of identities at a provider.

Owns their matching with what is here: by provider and subject, exactly. One that is a user's here
already stays that user's.
"""

from __future__ import annotations

from collections.abc import Mapping

from grantctl.interop.directory import Finding, FindingKind
from grantctl.operations.import_state import Taking, Tally
from grantctl.store import directory_queries as queries


def take_identities(taking: Taking, users: Mapping[str, int]) -> None:
    """The identities of the source, each for its user here; `users` are all of those, id → pk."""
    rows = taking.connection.rows(queries.IDENTITIES)
    holders = {(issuer, subject): user for user, issuer, subject in rows}
    foreign = {(one.provider, one.subject) for one in taking.directory.identities}
    tally = taking.tallies.setdefault("identities", Tally(only_here=len(holders.keys() - foreign)))
    new = []
    for one in taking.directory.identities:
        holder, user = holders.get((one.provider, one.subject)), users[one.user_id]
        if holder is None:
            new.append(
                {
                    "user_pk": user,
                    "issuer": one.provider,
                    "subject": one.subject,
                    "now": taking.now,
                    "created_by": taking.actor,
                }
            )
            continue
        tally.unchanged += 1
        if holder != user:
            reason = f"`{one.subject}` of `{one.provider}` is another user's here, and stays that"
            taking.findings.append(Finding(FindingKind.REJECTED, "identity", one.user_id, reason))
    tally.created = len(new)
    taking.connection.run_many(queries.INSERT_IDENTITY, new)
