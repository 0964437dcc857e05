"""Who is not let in by an identity provider, and why.

Owns the reasons that have nothing to do with roles, and the words of all of them. Leaves to the
evaluator whom no role fits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from shlex import quote

from sqlmodel import Session

from grantctl.evaluation.identity import RoleDecision
from grantctl.evaluation.identity_words import role_sentence
from grantctl.operations import policy_settings as keys
from grantctl.operations.claimed_person import ClaimedPerson
from grantctl.operations.identity_rules import IdentityRules
from grantctl.operations.oauth_facts import Match, MatchedBy, holder_of_email


class RefusalReason(StrEnum):
    """Why nobody is let in."""

    NO_SUBJECT = "no_subject"
    OTHER_ISSUER = "other_issuer"
    DOMAIN_NOT_ALLOWED = "domain_not_allowed"
    SIGNUP_OFF = "signup_off"
    EMAIL_UNUSABLE = "email_unusable"
    EMAIL_UNPROVEN = "email_unproven"
    EMAIL_TAKEN = "email_taken"
    ROLE_REFUSED = "role_refused"


@dataclass(frozen=True, slots=True)
class LoginRefusal:
    """The reason, its sentence, and what the operator may do about it."""

    reason: RefusalReason
    message: str
    hint: str | None = None


def find_refusal(
    session: Session,
    claims: Mapping[str, object],
    person: ClaimedPerson,
    rules: IdentityRules,
    match: Match,
) -> LoginRefusal | None:
    """Why these claims let nobody in, whatever the role that they give; None where they do."""
    said = claims.get("iss")
    if said is not None and said != person.issuer:
        return LoginRefusal(
            RefusalReason.OTHER_ISSUER,
            "the claims are of another issuer than the one whose logins are taken",
            f"grantctl config get {keys.OAUTH_ISSUER}",
        )
    if match.by is not MatchedBy.NAMED and person.subject is None:
        return LoginRefusal(
            RefusalReason.NO_SUBJECT,
            person.subject_problem or "there is no subject",
            f"which claim names it: grantctl config get {keys.OAUTH_SUB_CLAIM}",
        )
    refusal = _refused_domain(person, rules, match)
    if refusal is None and match.user is None:
        return _refused_signup(session, person, rules)
    return refusal


def refused_role(role: RoleDecision, rules: IdentityRules) -> LoginRefusal:
    """The refusal of somebody whom no role fits."""
    return LoginRefusal(
        RefusalReason.ROLE_REFUSED,
        role_sentence(role, rules.claims),
        f"grantctl config get {keys.OAUTH_ALLOWED_ROLES}",
    )


def _refused_domain(
    person: ClaimedPerson, rules: IdentityRules, match: Match
) -> LoginRefusal | None:
    email = person.email or (match.user.email if match.user else None)
    if rules.allows_domain(email):
        return None
    where = f"`{keys.OAUTH_ALLOWED_DOMAINS}`"
    message = f"the domain of `{email}` is not among {where}"
    if email is None:
        message = f"{where} lets in addresses of some domains only; {person.email_problem}"
    hint = f"grantctl config get {keys.OAUTH_ALLOWED_DOMAINS}"
    return LoginRefusal(RefusalReason.DOMAIN_NOT_ALLOWED, message, hint)


def _refused_signup(
    session: Session, person: ClaimedPerson, rules: IdentityRules
) -> LoginRefusal | None:
    """Why no user is made. An address that is taken comes first: it tells what is amiss."""
    holder = holder_of_email(session, person.email) if person.email else None
    if holder is not None:
        return LoginRefusal(
            RefusalReason.EMAIL_TAKEN,
            f"`{person.email}` is a user's whom this subject does not stand for",
            f"if it is the same person: {_link_command(person, holder.id)}",
        )
    if not rules.signup:
        return LoginRefusal(
            RefusalReason.SIGNUP_OFF,
            f"there is no such user, and `{keys.OAUTH_SIGNUP}` is off",
            f"have the subject stand for a user: {_link_command(person, 'USER')}",
        )
    if person.email is None:
        return LoginRefusal(
            RefusalReason.EMAIL_UNUSABLE,
            f"a new user needs an e-mail address; {person.email_problem}",
            f"which claim holds it: grantctl config get {keys.OAUTH_EMAIL_CLAIM}",
        )
    if person.is_email_unproven:
        return LoginRefusal(
            RefusalReason.EMAIL_UNPROVEN,
            f"a new user needs an e-mail address that is verified, and `{person.email}` is not",
            "have the provider verify it first",
        )
    return None


def _link_command(person: ClaimedPerson, user: str) -> str:
    issuer, subject = quote(person.issuer or "URL"), quote(person.subject or "SUBJECT")
    return f"grantctl oauth link {quote(user)} --issuer {issuer} --subject {subject}"
