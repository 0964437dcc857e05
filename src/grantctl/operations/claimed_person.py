"""Who the claims of an identity provider speak of: subject, e-mail address, name.

Owns which claims say it, and what may be taken of them. Leaves role and groups to the evaluator,
and whether there is such a user to `oauth_facts`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from grantctl.errors import InvalidError
from grantctl.evaluation.identity_claims import find_claim
from grantctl.model import MAX_ID_LENGTH, MAX_NAME_LENGTH, normalize_email, require_text
from grantctl.operations.identity_rules import IdentityRules

EMAIL_VERIFIED = "email_verified"  # OpenID Connect Core, 5.1
_MAX_BITS = 64 * 8


@dataclass(frozen=True, slots=True)
class ClaimedPerson:
    """What claims say of a person.

    `issuer` and `subject` are None where they are not said, or not usably. `email` is as ours are
    kept; None with a problem where there is none that could be. `is_email_unproven`: the provider
    says itself that nobody has shown to read mail there. `notes`: what was left out.
    """

    issuer: str | None
    subject: str | None
    subject_problem: str | None
    email: str | None
    email_problem: str | None
    is_email_unproven: bool
    name: str | None
    notes: tuple[str, ...] = ()


def read_person(
    claims: Mapping[str, object], rules: IdentityRules, *, issuer: str | None
) -> ClaimedPerson:
    """Who is spoken of, by an issuer that is known, or that the claims name."""
    notes: list[str] = []
    subject, subject_problem = _subject(claims, rules.sub_claim)
    email, email_problem = _email(claims, rules.email_claim)
    return ClaimedPerson(
        issuer=issuer or _issuer(claims),
        subject=subject,
        subject_problem=subject_problem,
        email=email,
        email_problem=email_problem,
        is_email_unproven=_is_no(claims.get(EMAIL_VERIFIED, True)),
        name=_name(claims, rules.name_claim, notes),
        notes=tuple(notes),
    )


def _issuer(claims: Mapping[str, object]) -> str | None:
    found = claims.get("iss")
    if not isinstance(found, str) or _problem(found, "the issuer", MAX_NAME_LENGTH):
        return None
    return found


def _subject(claims: Mapping[str, object], name: str) -> tuple[str | None, str | None]:
    found = _single(claims, name)
    if found is None:
        return None, f"the claim `{name}` names no subject"
    problem = _problem(found, f"the subject in the claim `{name}`", MAX_ID_LENGTH)
    return (None, problem) if problem else (found, None)


def _email(claims: Mapping[str, object], name: str) -> tuple[str | None, str | None]:
    found = _single(claims, name)
    if found is None or not found.strip():
        return None, f"the claim `{name}` holds no e-mail address"
    try:
        return normalize_email(found), None
    except InvalidError as error:
        return None, f"of the claim `{name}`: {error.message}"


def _name(claims: Mapping[str, object], name: str, notes: list[str]) -> str | None:
    found = _single(claims, name)
    if found is None or not found.strip():
        return None
    found = found.strip()
    problem = _problem(found, f"the name in the claim `{name}`", MAX_NAME_LENGTH)
    if problem:
        notes.append(f"{problem}: it is left out")
        return None
    return found


def _single(claims: Mapping[str, object], name: str) -> str | None:
    """The one text that a claim holds, or a whole number as one; also the only item of a list."""
    found = find_claim(claims, name)
    if isinstance(found, list) and len(found) == 1:
        found = found[0]
    if type(found) is int and found.bit_length() <= _MAX_BITS:
        return str(found)
    return found if isinstance(found, str) else None


def _problem(text: str, what: str, longest: int) -> str | None:
    try:
        require_text(text, what=what, longest=longest)
    except InvalidError as error:
        return error.message
    return None


def _is_no(verified: object) -> bool:
    """Whether it says anything but yes; some providers write that as text."""
    return not (verified is True or (isinstance(verified, str) and verified.lower() == "true"))
