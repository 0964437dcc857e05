"""Passwords: the rules of length, hashes of every make, and those that Open WebUI wrote."""

from __future__ import annotations

import json
import re
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import bcrypt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pwdlib.hashers.argon2 import Argon2Hasher

from grantctl.credentials import passwords
from grantctl.credentials.passwords import hash_password, require_password, verify_password
from grantctl.errors import InvalidError
from grantctl.model import normalize_email

FIXTURES = Path(__file__).parents[1] / "fixtures" / "openwebui"
PHC = re.compile(r"\$argon2id\$v=19\$m=65536,t=3,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}")
CHEAP_BCRYPT = "$2b$04$nLTPXRRnrzOKbjalUsU.K.XK8fxn8/UIwCu.q4mlH42P6P8PoBG22"  # of `passwort`


@pytest.mark.parametrize(
    "password",
    [
        "73918264",
        "🔑🔑🔑🔑🔑🔑🔑🔑",
        "        ",
        " pässwörd-Ω ",
        "line\nline",
        "x" * 1024,
        "é" * 512,
    ],
)
def test_a_password_of_eight_characters_to_1024_bytes_may_be_one(password: str) -> None:
    require_password(password)


@pytest.mark.parametrize(
    ("password", "message"),
    [
        ("", "a password must have at least 8 characters"),
        ("1234567", "a password must have at least 8 characters"),
        ("🔑🔑🔑🔑🔑🔑🔑", "a password must have at least 8 characters"),
        ("x" * 1025, "a password may have at most 1024 bytes of UTF-8"),
        ("é" * 513, "a password may have at most 1024 bytes of UTF-8"),
        ("x" * 1_000_000, "a password may have at most 1024 bytes of UTF-8"),
        ("pass\0word", "a password may not hold NUL"),
        ("passw\udcffrd", "the password is not valid text"),
    ],
)
def test_no_other_may_and_the_error_does_not_repeat_it(password: str, message: str) -> None:
    for refuse in (require_password, hash_password):
        with pytest.raises(InvalidError) as error:
            refuse(password)
        assert (error.value.message, error.value.hint) == (message, None)


@pytest.mark.parametrize(
    "password",
    ["password", "PassWord", "12345678", "qwertyuiop", "iloveyou", "TRUSTNO1", "passwort"],
)
def test_a_common_password_is_refused_in_any_letter_case(password: str) -> None:
    for refuse in (require_password, hash_password):
        with pytest.raises(InvalidError) as error:
            refuse(password)
        assert error.value.message == "the password is one of the most common ones"
        assert password not in f"{error.value.hint}"


def test_a_common_password_that_somebody_has_still_fits() -> None:
    assert verify_password("passwort", CHEAP_BCRYPT)[0]


def test_the_list_of_common_passwords_is_long_enough_and_holds_what_could_be_chosen() -> None:
    common = passwords._common_passwords()
    assert len(common) == 10_000
    assert all(
        len(one) >= passwords.MIN_PASSWORD_LENGTH and one == one.casefold() and one.isascii()
        for one in common
    )


def test_a_made_up_password_is_not_common() -> None:
    for password in ("correct horse battery", "password" * 3, "qwertyuiop!X7", "ÄÖÜäöüßẞ"):
        require_password(password)


def test_nobody_is_verified_at_the_price_of_a_new_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    hashes: list[str] = []

    def verify(raw: bytes, hash: str) -> bool:
        hashes.append(hash)
        return False

    assert PHC.fullmatch(passwords._NOBODY)
    monkeypatch.setattr(passwords._ARGON2ID, "verify", verify)
    passwords.verify_nobody("correct horse")
    verify_password("correct horse", hash_password("correct horse staple"))
    assert [PHC.fullmatch(one) is not None for one in hashes] == [True, True]


def test_nobody_takes_as_long_as_somebody() -> None:
    stored = hash_password("correct horse staple")

    def seconds(verify: Callable[[], object]) -> float:
        began = time.process_time()
        verify()
        return time.process_time() - began

    somebody = min(seconds(lambda: verify_password("wrong", stored)) for _ in range(3))
    nobody = min(seconds(lambda: passwords.verify_nobody("wrong")) for _ in range(3))
    assert 0.5 < nobody / somebody < 2


@pytest.mark.parametrize("password", ["", "x" * 2000, "\0", "\udcff", "passwort"])
def test_nobody_never_raises_and_says_nothing(password: str) -> None:
    passwords.verify_nobody(password)
    assert not verify_password(password, passwords._NOBODY)[0]


def test_a_hash_is_argon2id_with_its_own_salt_and_sees_the_whole_password() -> None:
    password = "x" * 1023 + "a"
    first, second = hash_password(password), hash_password(password)
    assert PHC.fullmatch(first)
    assert first != second
    assert verify_password(password, first) == (True, None)
    assert verify_password("x" * 1023 + "b", first) == (False, None)


@pytest.mark.parametrize("prefix", ["2a", "2b", "2y"])
def test_bcrypt_fits_and_is_replaced_by_argon2id(prefix: str) -> None:
    stored = CHEAP_BCRYPT.replace("$2b$", f"${prefix}$")
    fits, replacement = verify_password("passwort", stored)
    assert fits
    assert replacement is not None
    assert PHC.fullmatch(replacement)
    assert verify_password("passwort", replacement) == (True, None)
    assert verify_password("Passwort", stored) == (False, None)


def test_bcrypt_sees_72_bytes_and_its_replacement_sees_all() -> None:
    stored = bcrypt.hashpw(b"x" * 72, bcrypt.gensalt(4)).decode()
    fits, replacement = verify_password("x" * 72 + "tail", stored)
    assert fits
    assert verify_password("x" * 72 + "tail", replacement) == (True, None)
    assert verify_password("x" * 72, replacement) == (False, None)


def _argon2(**parameters: int) -> str:
    parameters = {"parallelism": 1, **parameters}
    return Argon2Hasher(**parameters).hash("correct horse")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("parameters", "is_replaced"),
    [
        ({"memory_cost": 8192, "time_cost": 1, "parallelism": 4}, True),
        ({"memory_cost": 65536, "time_cost": 2}, True),
        ({"memory_cost": 65536, "time_cost": 3, "salt_len": 8}, True),
        ({"memory_cost": 65536, "time_cost": 3, "hash_len": 16}, True),
        ({"memory_cost": 65536, "time_cost": 3, "parallelism": 4}, False),
        ({"memory_cost": 65536, "time_cost": 4, "salt_len": 24}, False),
        ({"memory_cost": 196608, "time_cost": 1}, False),
    ],
)
def test_only_an_argon2_hash_of_weaker_make_is_replaced(
    parameters: dict[str, int], is_replaced: bool
) -> None:
    fits, replacement = verify_password("correct horse", _argon2(**parameters))
    assert fits
    assert (replacement is not None) == is_replaced


@pytest.mark.parametrize(
    "stored",
    [
        None,
        "",
        "passwort",
        CHEAP_BCRYPT + "\n",
        CHEAP_BCRYPT[:-1],
        CHEAP_BCRYPT.replace("$04$", "$03$"),
        CHEAP_BCRYPT.replace("$04$", "$31$"),
        CHEAP_BCRYPT.replace("$2b$", "$2x$"),
        "$argon2id$v=19$m=65536,t=3,p=1$$",
        "$argon2id$v=19$m=65536,t=3,p=1$c2FsdHNhbHRzYWx0",
        "$argon2id$v=19$m=0,t=0,p=0$c2FsdHNhbHRzYWx0$cGFzc3dvcnRwYXNzd29ydA",
        "$argon2id$v=19$m=4294967295,t=3,p=1$c2FsdHNhbHRzYWx0$cGFzc3dvcnRwYXNzd29ydA",
        "$argon2id$v=19$m=64,t=4294967295,p=1$c2FsdHNhbHRzYWx0$cGFzc3dvcnRwYXNzd29ydA",
        "$argon2id$v=19$m=64,t=１,p=1$c2FsdHNhbHRzYWx0$cGFzc3dvcnRwYXNzd29ydA",
        "$5$rounds=5000$usesomesillystri$KqJWpanXZHKq2BOB43TSaYhEWsQ1Lr5QNyPCDH/Tp.6",
    ],
)
def test_what_is_no_hash_or_too_costly_to_try_fits_nothing_at_once(stored: str | None) -> None:
    began = time.process_time()
    for password in ("passwort", "", "x" * 2000, "\0", "\udcff"):
        assert verify_password(password, stored) == (False, None)
    assert time.process_time() - began < 2


@settings(deadline=None, max_examples=30)
@given(password=st.text(max_size=80), stored=st.text(max_size=80))
def test_verifying_never_raises(password: str, stored: str) -> None:
    assert verify_password(password, stored) == (False, None)
    at = len(CHEAP_BCRYPT) - len(stored) % 50
    mangled = CHEAP_BCRYPT[:at] + stored[:3] + CHEAP_BCRYPT[at + 3 :]
    verify_password("passwort", mangled)


# Where grantctl takes a password that the version's own authenticate_user refuses.
EXACT_EMAIL = "its look-up of the e-mail is exact, ours takes no notice of letter case"
ASCII_EMAIL = "its look-up lowers ASCII only on SQLite, ours every letter"
SPACE = "its look-up takes a space before the e-mail for a part of it"
SWITCHED_OFF = "the account is switched off; whether it may be used is the import's to decide"
UPPER_CASED = (
    "ADA@EXAMPLE.COM",
    "root@example.com",
    "fox@example.org",
    "LINE@EXAMPLE.COM",
    "TAB@EXAMPLE.COM",
    "istanbul@example.com",
    "USER27@EXAMPLE.COM",
    "USER36@EXAMPLE.COM",
    "USER45@EXAMPLE.COM",
)
EVERYWHERE = {
    "ñandú@example.com": ASCII_EMAIL,
    " ada@example.com": SPACE,
    "robert@example.com": SWITCHED_OFF,
}
DIFFERENCES: dict[str, dict[str, str]] = {
    "0.5.20": {
        **EVERYWHERE,
        **dict.fromkeys(UPPER_CASED, EXACT_EMAIL),
        "WEIRD54@EXAMPLE.COM": EXACT_EMAIL,  # a password of 73 bytes, cut off by this version
        "user34@example.com": SWITCHED_OFF,
    },
    "0.6.43": {**EVERYWHERE, **dict.fromkeys(UPPER_CASED, EXACT_EMAIL)},
    "0.8.12": {**EVERYWHERE, "ÑANDÚ@Example.com": ASCII_EMAIL},
    "0.12.4": {**EVERYWHERE, "ÑANDÚ@Example.com": ASCII_EMAIL},
}


MAKES = {version: {"$2b$"} for version in DIFFERENCES} | {"0.12.4": {"$2b$", "$arg"}}


@pytest.mark.parametrize("version", DIFFERENCES)
def test_passwords_of_an_open_webui_database_fit_as_they_did_there(
    version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every row of its authenticate_user; a row without account fits nothing in either."""
    cheap = Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords._ARGON2ID, "hash", cheap.hash)  # what replaces is tested above
    answers = json.loads((FIXTURES / version / "answers.json").read_text(encoding="utf-8"))
    rows = answers["auth"]["authenticate_user"]
    stored = _stored_hashes(version)
    asked = {
        index: (row["password"], stored.get(_kept(row["email"]))) for index, row in enumerate(rows)
    }
    with ThreadPoolExecutor() as threads:
        verified = threads.map(lambda one: (one, verify_password(*one)[0]), set(asked.values()))
        fits = dict(verified)
    differences = {
        row["email"]
        for index, row in enumerate(rows)
        if fits[asked[index]] != (row["user"] is not None)
    }
    assert differences == set(DIFFERENCES[version])
    assert {(stored or "")[:4] for (_, stored), fit in fits.items() if fit} == MAKES[version]


def _kept(email: str) -> str:
    """The e-mail as an import keeps it."""
    return normalize_email(email) if email else ""


def _stored_hashes(version: str) -> dict[str, str]:
    """The hash of every account by its e-mail."""
    connection = sqlite3.connect(f"file:{FIXTURES / version / 'webui.db'}?mode=ro", uri=True)
    rows = connection.execute("SELECT email, password FROM auth").fetchall()
    connection.close()
    return {_kept(email): password for email, password in rows}
