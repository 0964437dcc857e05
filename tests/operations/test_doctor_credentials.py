"""What `doctor` says of the secret, of the private keys, and of tokens."""

from __future__ import annotations

import shlex
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from grantctl.operations import doctor_credentials
from grantctl.operations.changes import Intent
from grantctl.operations.signing_keys import generate_key
from grantctl.operations.tokens import issue_token
from grantctl.store.database import Database
from tests.cli.credential_desk import SECRET, SIGNED
from tests.conftest import Cli
from tests.operations.health import Row, amiss, look, make_healthy, write_past

INTENT = Intent("tester")
MAKE = "grantctl tokens keys generate --algorithm HS256 --to FILE"
ELSEWHERE = "put it where it stays, and name it: GRANTCTL_SECRET_KEY_FILE=PATH"

pytestmark = pytest.mark.parametrize("engine", ["sqlite"])


@pytest.fixture
def healthy(database: Database) -> Database:
    """A database in which nothing is wrong."""
    make_healthy(database)
    return database


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """The folder of the private keys."""
    return tmp_path / "keys"


@pytest.fixture
def secret_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A private file with a secret, in a folder that is taken for one that stays."""
    monkeypatch.setattr(doctor_credentials, "_PASSING_FOLDERS", ())
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "elsewhere"))
    path = tmp_path / "secret"
    path.touch(0o600)
    path.write_text(SECRET)
    return path


def told(check: str, url: str, environ: Mapping[str, str], keys: Path) -> list[Row]:
    variables = {**environ, "GRANTCTL_KEYS": str(keys)}
    return [row for row in look(url, variables) if row[1] == check]


@pytest.mark.parametrize(
    ("variables", "message", "advice"),
    [
        (
            {"WEBUI_SECRET_KEY": "t0p-s3cr3t"},
            "`WEBUI_SECRET_KEY` has 10 bytes, and a secret needs 32",
            MAKE,
        ),
        (
            {"GRANTCTL_SECRET_KEY": "please-change-me-to-something-longer-than-this"},
            "`GRANTCTL_SECRET_KEY` is a placeholder, not a secret",
            MAKE,
        ),
        (
            {"GRANTCTL_SECRET_KEY": SECRET, "GRANTCTL_SECRET_KEY_FILE": "/run/secrets/key"},
            "both `GRANTCTL_SECRET_KEY` and `GRANTCTL_SECRET_KEY_FILE` are set",
            "unset one",
        ),
        (
            {"GRANTCTL_SECRET_KEY_FILE": "/no/such/file"},
            "the GRANTCTL_SECRET_KEY_FILE file `/no/such/file` cannot be read:"
            " no such file or directory",
            "",
        ),
    ],
)
def test_a_secret_that_is_refused_is_a_failure_and_never_shown(
    variables: Mapping[str, str], message: str, advice: str, healthy: Database, url: str, keys: Path
) -> None:
    assert told("secret", url, variables, keys) == [("failure", "secret", "", message, advice)]


def test_without_a_secret_a_signing_key_is_needed(
    healthy: Database, url: str, keys: Path, cli: Cli
) -> None:
    message = "neither a secret nor a signing key: no token can be issued"
    row = ("warning", "secret", "", message, "grantctl tokens keys generate")
    assert told("secret", url, {}, keys) == [row]
    assert told("signing_keys", url, {}, keys) == [("ok", "signing_keys", "", "there is none", "")]
    assert cli("tokens", "keys", "generate", env={"GRANTCTL_KEYS": str(keys)}).code == 0
    assert amiss(look(url, {"GRANTCTL_KEYS": str(keys)})) == []
    message = "there is none, nor is it needed: a signing key signs"
    assert told("secret", url, {}, keys) == [("ok", "secret", "", message, "")]


def test_whether_a_missing_secret_is_needed_a_database_that_is_not_there_cannot_say(
    url: str, keys: Path
) -> None:
    message = "there is none, and whether a key signs instead cannot be looked up"
    assert told("secret", "sqlite:////no/such.db", {}, keys) == [
        ("skipped", "secret", "", message, "")
    ]


def test_a_file_that_others_may_read_is_a_failure_and_chmod_mends_it(
    healthy: Database, url: str, keys: Path, secret_file: Path
) -> None:
    variables = {"WEBUI_SECRET_KEY_FILE": str(secret_file)}
    secret_file.chmod(0o644)
    [row] = told("secret", url, variables, keys)
    message = f"others than its owner may use the WEBUI_SECRET_KEY_FILE file `{secret_file}`"
    assert row == ("failure", "secret", "", message, f"chmod 600 {secret_file}")
    subprocess.run(shlex.split(row[4]), check=True)
    message = "strong enough to sign, in a file of its owner's alone"
    assert told("secret", url, variables, keys) == [("ok", "secret", str(secret_file), message, "")]


def test_a_file_that_goes_away_by_itself_is_a_warning(
    healthy: Database, url: str, keys: Path, secret_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(secret_file.parent))
    variables = {"GRANTCTL_SECRET_KEY_FILE": str(secret_file)}
    message = "its folder is emptied at a restart, and with the secret all tokens end"
    assert told("secret", url, variables, keys) == [
        ("warning", "secret", str(secret_file), message, ELSEWHERE)
    ]
    generated = secret_file.rename(secret_file.with_name(".webui_secret_key"))
    variables = {"WEBUI_SECRET_KEY_FILE": str(generated)}
    message = "Open WebUI makes this file anew for a new container, and all tokens end"
    assert told("secret", url, variables, keys) == [
        ("warning", "secret", str(generated), message, ELSEWHERE)
    ]


@pytest.mark.parametrize(
    ("name", "is_passing"),
    [
        ("/tmp/secret", True),
        ("/var/tmp/deep/secret", True),
        ("/dev/shm/secret", True),
        ("/run/grantctl/secret", True),
        ("/run/secrets/grantctl", False),
        ("/var/run/secrets/grantctl", False),
        ("/run/credentials/grantctl.service/secret", False),
        ("/etc/grantctl/secret", False),
        ("/tmpfiles/secret", False),
    ],
)
def test_folders_that_a_restart_empties_are_known(engine: str, name: str, is_passing: bool) -> None:
    assert doctor_credentials.is_passing(Path(name)) is is_passing


def test_a_private_key_is_to_be_on_this_host_and_its_owners_alone(
    healthy: Database, url: str, keys: Path
) -> None:
    kid = generate_key(healthy, INTENT, keys=keys).kid
    path = keys / f"{kid}.pem"
    well = ("ok", "signing_keys", kid, "active, its private part is its owner's alone", "")
    assert told("signing_keys", url, {}, keys) == [well]

    path.chmod(0o640)
    message = f"others than its owner may use the signing key file `{path}`"
    [row] = told("signing_keys", url, {}, keys)
    assert row == ("failure", "signing_keys", kid, message, f"chmod 600 {path}")
    subprocess.run(shlex.split(row[4]), check=True)

    keys.chmod(0o777)
    rows = told("signing_keys", url, {}, keys)
    message = "others may write into the folder of the signing keys, and put theirs there"
    assert rows == [("failure", "signing_keys", str(keys), message, f"chmod 700 {keys}"), well]
    subprocess.run(shlex.split(rows[0][4]), check=True)
    assert told("signing_keys", url, {}, keys) == [well]

    path.write_text("-----BEGIN NONSENSE-----")
    [row] = told("signing_keys", url, {}, keys)
    assert (row[0], row[2]) == ("failure", kid)
    path.unlink()
    message = f"its private part is not in `{keys}`: no token can be issued from this host"
    advice = "copy it from the host that made it, or: grantctl tokens keys rotate"
    assert told("signing_keys", url, {}, keys) == [
        ("warning", "signing_keys", kid, message, advice)
    ]


def test_a_key_that_only_verifies_needs_no_private_part_but_a_private_one_if_any(
    healthy: Database, url: str, keys: Path
) -> None:
    active = generate_key(healthy, INTENT, keys=keys).kid
    passive = generate_key(healthy, INTENT, keys=keys).kid
    path = keys / f"{passive}.pem"
    path.chmod(0o644)
    rows = told("signing_keys", url, {}, keys)
    assert [(row[0], row[2]) for row in rows] == [("ok", active), ("failure", passive)]
    path.unlink()
    rows = told("signing_keys", url, {}, keys)
    assert [(row[0], row[2]) for row in rows] == [("ok", active)]


def test_tokens_that_expired_long_ago_are_a_note_and_pruning_mends_it(
    healthy: Database, url: str, keys: Path, cli: Cli
) -> None:
    secret = doctor_credentials.load_secret(SIGNED)
    for _ in range(2):
        issue_token(healthy, INTENT, "bob@example.com", secret=secret, keys=keys)
    assert amiss(look(url)) == []
    write_past(healthy, "UPDATE tokens SET expires_at = 1")
    [row] = amiss(look(url))
    message = "2 tokens expired over 30 days ago, and can be forgotten"
    assert row == ("note", "tokens_expired", "", message, "grantctl tokens prune")
    assert cli(*row[4].split()[1:]).code == 0
    assert amiss(look(url)) == []
