"""The secret of HS256 tokens: where it may come from, and what is none."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import pytest

from grantctl.credentials import secret
from grantctl.credentials.secret import load_secret, make_secret, read_private_file
from grantctl.errors import GrantctlError, GuardError, InvalidError

GOOD = "q7Jx-2mVw_9TzLrB4nKc8HsYd1PfGe6A"  # 32 characters
HINT = "grantctl tokens keys generate --algorithm HS256 --to FILE"


def private(folder: Path, content: bytes, name: str = "secret") -> Path:
    path = folder / name
    path.write_bytes(content)
    path.chmod(0o600)
    return path


def test_no_variable_is_no_secret_and_none_is_made() -> None:
    assert load_secret({}) is None
    assert load_secret({"GRANTCTL_SECRET_KEY": "", "WEBUI_SECRET_KEY_FILE": ""}) is None


def test_the_secret_is_the_text_of_the_variable() -> None:
    found = load_secret({"GRANTCTL_SECRET_KEY": GOOD})
    assert found is not None
    assert (found.value, found.origin) == (GOOD.encode(), "GRANTCTL_SECRET_KEY")
    assert found.kid == secret.secret_kid(GOOD.encode())
    assert len(found.kid) == 22


def test_our_own_variable_counts_before_open_webuis() -> None:
    other = GOOD[::-1]
    both = {"GRANTCTL_SECRET_KEY": GOOD, "WEBUI_SECRET_KEY": other}
    assert [
        s.origin for s in (load_secret(both), load_secret({"WEBUI_SECRET_KEY": other})) if s
    ] == [
        "GRANTCTL_SECRET_KEY",
        "WEBUI_SECRET_KEY",
    ]


@pytest.mark.parametrize("variable", ["GRANTCTL_SECRET_KEY", "WEBUI_SECRET_KEY"])
@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_file_loses_the_line_end_behind_its_text(tmp_path: Path, variable: str, end: str) -> None:
    path = private(tmp_path, f"{GOOD}{end}".encode())
    found = load_secret({f"{variable}_FILE": str(path)})
    assert found is not None
    assert (found.value, found.origin) == (GOOD.encode(), f"{variable}_FILE")


def test_a_made_secret_is_good_and_never_the_same() -> None:
    made = {make_secret() for _ in range(200)}
    assert len(made) == 200
    for text in made:
        assert len(text) == 64
        assert load_secret({"GRANTCTL_SECRET_KEY": text}) is not None


@pytest.mark.parametrize("make", [secrets.token_hex, secrets.token_urlsafe])
def test_what_other_generators_make_is_good(make: object) -> None:
    for _ in range(500):
        assert load_secret({"WEBUI_SECRET_KEY": make(32)}) is not None  # type: ignore[operator]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("changeme", "has 8 bytes, and a secret needs 32"),
        ("t0p-s3cr3t", "has 10 bytes, and a secret needs 32"),
        (GOOD[:-1], "has 31 bytes, and a secret needs 32"),
        ("a" * 32, "has fewer than 10 distinct characters: it is not random"),
        ("changeme" * 4, "has fewer than 10 distinct characters: it is not random"),
        ("t0p-s3cr3t" * 4, "has fewer than 10 distinct characters: it is not random"),
        ("12345678" * 4, "has fewer than 10 distinct characters: it is not random"),
        ("please-change-me-before-production-1", "is a placeholder, not a secret"),
        ("CHANGE_ME_CHANGE_ME_CHANGE_ME_1234", "is a placeholder, not a secret"),
        ("your-secret-key-goes-in-here-0123456", "is a placeholder, not a secret"),
        (
            "${WEBUI_SECRET_KEY:?it must be set}",
            "holds white space or NUL: a random secret has none",
        ),
        ("${WEBUI_SECRET_KEY_OF_PRODUCTION_V1}", "is a placeholder, not a secret"),
        ("{{secrets.webui-key-production-0123}}", "is a placeholder, not a secret"),
        ("<put-a-long-random-word-here-01234567>", "is a placeholder, not a secret"),
        (
            "correct horse battery staple and more",
            "holds white space or NUL: a random secret has none",
        ),
        ("correct-horse-battery-staple-and-more", "is made of words: a secret is random"),
        ("Correct_Horse_Battery_Staple_And_More!", "is made of words: a secret is random"),
        (f"{GOOD} ", "holds white space or NUL: a random secret has none"),
        (f"{GOOD}\n", "holds white space or NUL: a random secret has none"),
        (f"{GOOD}\0", "holds white space or NUL: a random secret has none"),
        (
            "-----BEGIN PUBLIC KEY-----AAAAAAAAAAAAAAA",
            "holds a key of another kind, which is no secret for HS256",
        ),
        (
            '{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qz"}',
            "holds a key of another kind, which is no secret for HS256",
        ),
        (
            "ssh-ed25519-AAAAC3NzaC1lZDI1NTE5AAAA",
            "holds a key of another kind, which is no secret for HS256",
        ),
        (GOOD * 200, "has more than 4096 bytes"),
    ],
)
@pytest.mark.parametrize("variable", ["GRANTCTL_SECRET_KEY", "WEBUI_SECRET_KEY"])
def test_a_weak_secret_is_refused_by_the_name_of_its_variable(
    variable: str, text: str, problem: str
) -> None:
    with pytest.raises(InvalidError) as error:
        load_secret({variable: text})
    assert (error.value.message, error.value.hint) == (f"`{variable}` {problem}", HINT)
    assert text not in error.value.message


def test_a_secret_that_is_no_text_is_refused() -> None:
    with pytest.raises(InvalidError) as error:
        load_secret({"GRANTCTL_SECRET_KEY": "\udcff" * 40})
    assert error.value.message == "`GRANTCTL_SECRET_KEY` is not valid text"


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidError) as error:
        load_secret({"GRANTCTL_SECRET_KEY_FILE": str(private(tmp_path, b"\xff" * 40))})
    assert error.value.message == "`GRANTCTL_SECRET_KEY_FILE` is not UTF-8"


def test_a_variable_and_its_file_together_are_refused(tmp_path: Path) -> None:
    path = str(private(tmp_path, GOOD.encode()))
    with pytest.raises(InvalidError) as error:
        load_secret({"WEBUI_SECRET_KEY": GOOD, "WEBUI_SECRET_KEY_FILE": path})
    assert error.value.message == "both `WEBUI_SECRET_KEY` and `WEBUI_SECRET_KEY_FILE` are set"


def refusal(path: Path | str, limit: int = 100) -> GrantctlError:
    with pytest.raises((GuardError, InvalidError)) as error:
        read_private_file(path, what="private key", limit=limit)
    assert error.value.__cause__ is None
    return error.value


def test_a_private_file_is_read_whole(tmp_path: Path) -> None:
    path = private(tmp_path, b"\0x\n")
    assert read_private_file(path, what="private key", limit=3) == b"\0x\n"
    path.chmod(0o400)
    assert read_private_file(str(path), what="private key", limit=3) == b"\0x\n"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o666, 0o610, 0o777])
def test_a_file_that_others_may_use_is_refused(tmp_path: Path, mode: int) -> None:
    path = private(tmp_path, GOOD.encode(), "a key")
    path.chmod(mode)
    found = refusal(path)
    assert isinstance(found, GuardError)
    assert found.message == f"others than its owner may use the private key file `{path}`"
    assert found.hint == f"chmod 600 '{path}'"


def test_a_link_is_refused(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(private(tmp_path, GOOD.encode()))
    found = refusal(link)
    assert isinstance(found, GuardError)
    assert "is a symbolic link" in found.message


def test_what_is_no_regular_file_is_refused_and_never_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, 0o600)
    for path in (pipe, tmp_path, Path("/dev/null")):
        assert refusal(path).message == f"the private key file `{path}` is not a regular file"


def test_a_missing_empty_or_large_file_is_refused(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    assert refusal(missing).message == (
        f"the private key file `{missing}` cannot be read: no such file or directory"
    )
    empty = private(tmp_path, b"")
    assert refusal(empty).message == f"the private key file `{empty}` is empty"
    large = private(tmp_path, b"x" * 101)
    assert refusal(large).message == f"the private key file `{large}` has more than 100 bytes"
    for name in ("a\0b", "\ud800"):
        assert refusal(name).message == (
            "the name of the private key file is not one that a file can have"
        )
