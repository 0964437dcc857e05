"""A login from an identity provider, tried and carried out.

Owns both use cases, so that they cannot differ: one plan, made by one function, shown by the one
and done by the other, in the transaction in which it was made. A refusal is kept in the audit log
though nothing else is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from grantctl.credentials.reasons import TokenError, TokenRefusal
from grantctl.errors import ConflictError
from grantctl.operations.changes import Change, Intent, perform
from grantctl.operations.identity_rules import IdentityRules, read_identity_rules
from grantctl.operations.oauth_changes import carry_out, note_login
from grantctl.operations.oauth_plan import LoginPlan, plan_login
from grantctl.operations.oauth_refusals import RefusalReason
from grantctl.operations.oauth_tokens import Expected, read_login, verify_login
from grantctl.operations.user_rows import UserRecord, user_record
from grantctl.store.database import Database
from grantctl.store.session import read_session, reader_of

__all__ = ["Expected", "LoginResult", "login", "simulate_claims", "simulate_token"]


@dataclass(frozen=True, slots=True)
class LoginResult:
    """What a login does, or did. `plan` is None where the token was refused, and `refusal` why.

    `is_verified`: None where there was no token but bare claims. `user`: who logged in, as it is
    now; None where that was only tried, or refused. `key_notes`: which of the provider's keys were
    passed over. `warnings`: what would be said against a token that is not verified.
    """

    plan: LoginPlan | None
    refusal: TokenRefusal | None = None
    is_verified: bool | None = None
    user: UserRecord | None = None
    key_notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def is_refused(self) -> bool:
        return self.plan is None or self.plan.refusal is not None


def simulate_claims(
    database: Database,
    claims: Mapping[str, Any],
    *,
    issuer: str | None = None,
    named: str | None = None,
    now: datetime | None = None,
) -> LoginResult:
    """What these claims would do, whoever vouches for them. Changes nothing.

    `named`: the user whom they are tried on, whoever they speak of. Raises NotFoundError,
    AmbiguousError, DatabaseError.
    """
    with read_session(database) as session:
        rules = read_identity_rules(reader_of(session).tokens)
        plan = plan_login(
            session,
            claims,
            rules,
            issuer=issuer or rules.issuer or None,
            now=now or datetime.now(UTC),
            named=named,
        )
        return LoginResult(plan)


def simulate_token(
    database: Database,
    text: str,
    expected: Expected,
    *,
    named: str | None = None,
    now: datetime | None = None,
) -> LoginResult:
    """What a login with this ID token would do; not verified where there is no key set.

    Changes nothing. Raises NotFoundError, AmbiguousError, DatabaseError, and GuardError and
    InvalidError where it cannot be verified with what is said.
    """
    at = now or datetime.now(UTC)
    rules = _read_rules(database)
    try:
        token = read_login(text, expected, rules, at)
    except TokenError as error:
        return LoginResult(None, error.refusal)
    with read_session(database) as session:
        plan = plan_login(session, token.claims, rules, issuer=token.issuer, now=at, named=named)
    return LoginResult(
        plan,
        is_verified=token.is_verified,
        key_notes=token.key_notes,
        warnings=token.warnings,
    )


def login(
    database: Database,
    intent: Intent,
    text: str,
    expected: Expected,
    *,
    now: datetime | None = None,
) -> LoginResult:
    """Log the holder of this ID token in: make or update the user, as the settings say.

    The token is verified before, and the settings about claims are those of the transaction. Raises
    GuardError and InvalidError where it cannot be verified, ConflictError where the e-mail address
    of somebody new is a user's, DatabaseError.
    """
    rules = _read_rules(database)
    try:
        token = verify_login(text, expected, rules, now or datetime.now(UTC))
    except TokenError as error:
        refusal = error.refusal
        perform(database, intent, lambda change: _record_invalid(change, refusal))
        return LoginResult(None, refusal)

    def work(change: Change) -> LoginResult:
        change = replace(change, now=now or change.now)
        current = read_identity_rules(reader_of(change.session).tokens)
        plan = plan_login(
            change.session, token.claims, current, issuer=token.issuer, now=change.now
        )
        if plan.refusal is not None:
            _record_refusal(change, plan)
            return LoginResult(plan, is_verified=True, key_notes=token.key_notes)
        row = carry_out(change, plan)
        note_login(change, plan, row)
        return LoginResult(plan, is_verified=True, user=user_record(row), key_notes=token.key_notes)

    result = perform(database, intent, work)
    refused = None if result.plan is None else result.plan.refusal
    if refused is not None and refused.reason is RefusalReason.EMAIL_TAKEN:
        raise ConflictError(refused.message, hint=refused.hint)
    return result


def _read_rules(database: Database) -> IdentityRules:
    with database.reader() as reader:
        return read_identity_rules(reader.tokens)


def _record_invalid(change: Change, refusal: TokenRefusal) -> None:
    """Nothing of such a token is known to be true, so that nothing of it is kept."""
    change.record("login.refused", "login", "id_token", after={"reason": refusal.reason.value})


def _record_refusal(change: Change, plan: LoginPlan) -> None:
    assert plan.refusal is not None
    kind, id_ = "login", plan.subject or "unknown"
    if plan.user is not None:
        kind, id_ = "user", plan.user.id
    after = {
        "reason": plan.refusal.reason.value,
        "issuer": plan.issuer,
        "subject": plan.subject,
        "email": plan.email,
    }
    change.record("login.refused", kind, id_, after=after)
