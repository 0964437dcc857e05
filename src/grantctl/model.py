"""The words every room shares: roles, sources of membership, permission keys, resources, actions.

Owns the enumerations and the grammar of names, keys and references. Leaves to `evaluation` what
they mean together, and to `store` how they are kept.
"""

from __future__ import annotations

from grantctl.errors import InvalidError
from grantctl.lean import StrEnum, dataclass

MAX_EMAIL_LENGTH = 254
MAX_NAME_LENGTH = 200
MAX_ID_LENGTH = 255
MAX_DESCRIPTION_LENGTH = 2000
MAX_KEY_LENGTH = 255
MAX_KEY_PART_LENGTH = 64
MAX_KEY_LEVELS = 8
MAX_ACTION_LENGTH = 64
EVERYONE_ID = "*"  # as Open WebUI writes "every user" where a user's id stands

_WORST_CATEGORIES = frozenset({"Cc", "Cs"})
_MAX_TYPE_LENGTH = 40
_TYPE_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_-")


class Role(StrEnum):
    """What a user is (specification, "User Roles and Status")."""

    ADMIN = "admin"
    USER = "user"
    PENDING = "pending"


class Source(StrEnum):
    """Where a membership comes from."""

    MANUAL = "manual"
    OAUTH = "oauth"
    IMPORT = "import"


class Action(StrEnum):
    """The actions that are built in. Others are text of the form of `action_problem`."""

    READ = "read"
    WRITE = "write"


class PrincipalType(StrEnum):
    """To whom an access grant gives something."""

    USER = "user"
    GROUP = "group"
    EVERYONE = "everyone"


@dataclass(frozen=True, slots=True, order=True)
class ResourceRef:
    """What names a resource everywhere: `model:gpt-4o`."""

    type: str
    id: str

    def __str__(self) -> str:
        return f"{self.type}:{self.id}"


def is_unprintable(character: str) -> bool:
    """Whether a character must not reach a terminal as it is.

    Controls (C0, DEL, C1), format characters (bidirectional, zero-width), line and paragraph
    separators, surrogates.
    """
    if character.isprintable():  # which says less, but is always true of the harmless
        return False
    return category_of(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}


def parse_role(text: str) -> Role:
    """The role of that name. Raises InvalidError."""
    try:
        return Role(text)
    except ValueError:
        raise InvalidError(
            f"no role `{text[:80]}`", hint="roles are admin, user and pending: grantctl roles list"
        ) from None


def folded_email(text: str) -> str:
    """The words as e-mail addresses are kept and compared: NFC, lower case.

    INVARIANT: of what it gave it gives the same, so that what is kept is found by its own words.
    """
    if text.isascii():
        return text.lower()
    from unicodedata import normalize  # here, as in `category_of`

    # Twice: J with a caron is two characters, and in lower case one.
    return normalize("NFC", normalize("NFC", text).lower())


def normalize_email(text: str) -> str:
    """The e-mail address as it is kept: NFC, lower case, no surrounding space.

    Raises InvalidError where it is empty, over 254 characters, not of the form local@domain, or
    holds a control or invisible character.
    """
    email = folded_email(text.strip())
    if len(email) > MAX_EMAIL_LENGTH:
        raise InvalidError(f"an e-mail address may have {MAX_EMAIL_LENGTH} characters at most")
    local, _, domain = email.partition("@")
    if (
        not (local and domain)
        or "@" in domain
        or any(one.isspace() or is_unprintable(one) for one in email)
    ):
        raise InvalidError(f"`{email}` is not an e-mail address", hint="e.g. ada@example.com")
    return email


def require_text(text: str, *, what: str, longest: int, empty: bool = False) -> str:
    """The text itself, if it may be stored.

    Raises InvalidError for NUL, other control characters and lone surrogates (Postgres takes none
    of the first and the last), for a text that is too long, and for an empty one unless allowed.
    """
    if len(text) > longest:
        raise InvalidError(f"{what} may have {longest} characters at most, not {len(text)}")
    if not empty and not text.strip():
        raise InvalidError(f"{what} may not be empty")
    if text.isprintable():  # what follows would find nothing, and bulk imports come here often
        return text
    for character in text:
        if category_of(character) in _WORST_CATEGORIES:
            raise InvalidError(f"{what} holds the control character U+{ord(character):04X}")
    return text


def key_problem(key: str) -> str | None:
    """Why this is not a permission key, or None where it is one.

    A key has one to eight parts between dots; a part has 1 to 64 printable characters, no space at
    its ends, and is not of the form `__name__`.
    """
    if len(key) > MAX_KEY_LENGTH:
        return f"it has more than {MAX_KEY_LENGTH} characters"
    parts = key.split(".")
    if len(parts) > MAX_KEY_LEVELS:
        return f"it has more than {MAX_KEY_LEVELS} levels"
    for part in parts:
        if not part:
            return "a part between the dots is empty"
        if len(part) > MAX_KEY_PART_LENGTH:
            return f"a part has more than {MAX_KEY_PART_LENGTH} characters"
        if part != part.strip():
            return "a part begins or ends with a space"
        if any(is_unprintable(character) for character in part):
            return "it holds a control or invisible character"
        if part.startswith("__") and part.endswith("__"):
            return f"`{part}` is a reserved name"
        if "=" in part:
            return "it holds `=`"
    return None


def require_key(key: str) -> str:
    """The permission key itself. Raises InvalidError where `key_problem` finds one."""
    problem = key_problem(key)
    if problem:
        raise InvalidError(
            f"`{key[:80]}` is no permission key: {problem}", hint="e.g. chat.controls"
        )
    return key


def is_below(key: str, category: str) -> bool:
    """Whether a key lies under a category: `chat.controls` does under `chat`."""
    return key.startswith(category + ".")


def parse_resource(text: str) -> ResourceRef:
    """The resource that `TYPE:ID` names; an id may hold colons. Raises InvalidError."""
    type_, colon, id_ = text.partition(":")
    if not colon or not id_:
        raise InvalidError(
            f"`{text[:80]}` does not name a resource", hint="TYPE:ID, e.g. model:gpt-4o"
        )
    return ResourceRef(require_resource_type(type_), require_resource_id(id_))


def require_resource_type(text: str) -> str:
    """The type itself: 1 to 40 of a-z, 0-9, `_` and `-`, a letter first. Raises InvalidError."""
    is_type = 0 < len(text) <= _MAX_TYPE_LENGTH and _TYPE_CHARACTERS.issuperset(text)
    if not is_type or text[0] in "0123456789_-":
        raise InvalidError(
            f"`{text[:80]}` is no type of resource",
            hint="1 to 40 lower-case letters, digits, `_` or `-`, e.g. model",
        )
    return text


def require_resource_id(text: str) -> str:
    """The id itself. Raises InvalidError where it is empty, too long, or holds a control."""
    return require_text(text, what="a resource's id", longest=MAX_ID_LENGTH)


def action_problem(action: str) -> str | None:
    """Why this cannot be an action, or None where it can.

    An action has 1 to 64 printable characters without spaces, none of `:`, `=`, `,`, `*` and `?`,
    and no dash at its beginning. Letter case counts, as in Open WebUI.
    """
    if not action:
        return "it is empty"
    if len(action) > MAX_ACTION_LENGTH:
        return f"it has more than {MAX_ACTION_LENGTH} characters"
    if any(one.isspace() or is_unprintable(one) for one in action):
        return "it holds a space or an invisible character"
    if any(one in ":=,*?" for one in action):
        return "it holds one of `:=,*?`"
    return "it begins with a dash" if action.startswith("-") else None


def require_action(action: str) -> str:
    """The action itself. Raises InvalidError where `action_problem` finds one."""
    problem = action_problem(action)
    if problem:
        raise InvalidError(f"`{action[:80]}` is no action: {problem}", hint="e.g. read or write")
    return action


def category_of(character: str) -> str:
    """The Unicode category of a character."""
    # Loaded here because almost every text is printable, and the table is large.
    from unicodedata import category

    return category(character)
