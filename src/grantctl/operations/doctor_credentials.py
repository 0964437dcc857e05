"""What `doctor` finds of what signs tokens: the secret, the private keys; and of tokens.

Leaves the rules of secrets and key files to `credentials.secret` and `key_files`, and never shows
one.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from shlex import quote

from grantctl.credentials.secret import HmacSecret, load_secret
from grantctl.errors import GuardError, InvalidError, NotFoundError
from grantctl.evaluation.token_facts import KeyState
from grantctl.operations.doctor_findings import (
    DoctorFinding,
    counted,
    failure,
    note,
    ok,
    skipped,
    warning,
)
from grantctl.operations.doctor_visit import Visit
from grantctl.operations.import_state import microseconds
from grantctl.operations.key_files import load_key
from grantctl.store import doctor_queries as queries
from grantctl.store.token_queries import ACTIVE_SIGNING_KEY

# What `tokens prune` takes away unless it is told otherwise.
PRUNED_AFTER = timedelta(days=30, minutes=1)
GENERATED_NAME = ".webui_secret_key"  # as Open WebUI's start script names the file that it makes

_PASSING_FOLDERS = ("/tmp", "/var/tmp", "/dev/shm", "/run", "/var/run")  # noqa: S108
_KEPT_FOLDERS = ("/run/secrets", "/run/credentials", "/var/run/secrets")  # made anew, content kept
_ELSEWHERE = "put it where it stays, and name it: GRANTCTL_SECRET_KEY_FILE=PATH"
_GENERATE = "grantctl tokens keys generate"


def secret(visit: Visit) -> Iterator[DoctorFinding]:
    """The secret of HS256 tokens: sound, lasting, and there where nothing else signs."""
    try:
        found = load_secret(visit.environ)
    except (GuardError, InvalidError) as error:
        yield failure(error.message, "", error.hint or "")
        return
    if found is not None:
        yield _lasting(found, visit.environ)
    elif visit.opened.is_attached:
        yield ok("there is none, nor is it needed: for an attached database no token is issued")
    elif not visit.opened.is_usable:
        yield skipped("there is none, and whether a key signs instead cannot be looked up")
    elif not visit.rows(ACTIVE_SIGNING_KEY):
        yield warning("neither a secret nor a signing key: no token can be issued", "", _GENERATE)
    else:
        yield ok("there is none, nor is it needed: a signing key signs")


def _lasting(found: HmacSecret, environ: Mapping[str, str]) -> DoctorFinding:
    """Whether the file that it comes from is one that stays."""
    name = environ.get(found.origin, "") if found.origin.endswith("_FILE") else ""
    if not name:
        return ok("strong enough to sign", found.origin)
    path = Path(name).absolute()
    if path.name == GENERATED_NAME:
        message = "Open WebUI makes this file anew for a new container, and all tokens end"
        return warning(message, name, _ELSEWHERE)
    if is_passing(path):
        message = "its folder is emptied at a restart, and with the secret all tokens end"
        return warning(message, name, _ELSEWHERE)
    return ok("strong enough to sign, in a file of its owner's alone", name)


def is_passing(path: Path) -> bool:
    if any(path.is_relative_to(folder) for folder in _KEPT_FOLDERS):
        return False
    folders = (*_PASSING_FOLDERS, tempfile.gettempdir())
    return any(path.is_relative_to(folder) for folder in folders)


def signing_keys(visit: Visit) -> Iterator[DoctorFinding]:
    """The private part of each key that verifies: there for the active one, private for all."""
    keys = visit.loaded.settings.keys_folder
    rows = visit.rows(queries.VERIFYING_KEYS)
    found = [one for kid, state in rows for one in _key(keys, str(kid), str(state))]
    if os.name == "posix" and keys.is_dir() and keys.stat().st_mode & _WRITABLE:
        message = "others may write into the folder of the signing keys, and put theirs there"
        found.insert(0, failure(message, str(keys), f"chmod 700 {quote(str(keys))}"))
    yield from found or [ok("there is none")]


_WRITABLE = stat.S_IWGRP | stat.S_IWOTH


def _key(keys: Path, kid: str, state: str) -> Iterator[DoctorFinding]:
    try:
        load_key(keys, kid)
    except NotFoundError:
        if state == KeyState.ACTIVE:
            message = f"its private part is not in `{keys}`: no token can be issued from this host"
            advice = "copy it from the host that made it, or: grantctl tokens keys rotate"
            yield warning(message, kid, advice)
        return  # one that only verifies needs none
    except (GuardError, InvalidError) as error:
        yield failure(error.message, kid, error.hint or "grantctl tokens keys rotate")
        return
    yield ok(f"{state}, its private part is its owner's alone", kid)


def expired_tokens(visit: Visit) -> Iterator[DoctorFinding]:
    """Tokens that are kept for nothing."""
    before = microseconds(visit.clock() - PRUNED_AFTER)
    count = int(visit.rows(queries.PRUNABLE_TOKENS, before=before)[0][0])
    if count:
        expired = f"{counted(count, 'token')} expired over 30 days ago"
        yield note(f"{expired}, and can be forgotten", "", "grantctl tokens prune")
    else:
        yield ok("none expired over 30 days ago")
