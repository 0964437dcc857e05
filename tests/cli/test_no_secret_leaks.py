"""No token, key, password or secret is anywhere that it should not be.

Commands run as processes of their own. What they print, what they leave in the database, in the
folders of their user and in the list of processes is searched for every secret that was handed out
or handed over.
"""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from grantctl.store.database import Database
from tests.cli.credential_desk import SECRET
from tests.conftest import Cli, Outcome

BOB, PASSWORD = "bob@example.com", "pässwörd-Ω-nobody-guesses"
ON_SQLITE = pytest.mark.parametrize("engine", ["sqlite"])


@dataclass
class Vault:
    """The commands as processes, and every secret that they were given or gave."""

    process: Cli
    environment: dict[str, str]
    database: Path
    home: Path
    secrets: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: str, stdin: str = "", **variables: str) -> Outcome:
        outcome: Outcome = self.process(
            *arguments, stdin=stdin, env={**self.environment, **variables}
        )
        return outcome

    def hand_out(self, name: str, *arguments: str, stdin: str = "") -> str:
        """Run a command that prints a secret, and remember it."""
        outcome = self.run(*arguments, stdin=stdin)
        assert outcome.code == 0, outcome
        self.secrets[name] = outcome.out.strip()
        assert self.found_in(outcome.err.encode()) == []
        return self.secrets[name]

    def found_in(self, raw: bytes) -> list[str]:
        """Which secrets are in there, whole, in base64, or of a token only its signature."""
        return [name for name, text in self.secrets.items() if any(p in raw for p in forms(text))]


def forms(secret: str) -> Iterator[bytes]:
    raw = secret.encode()
    yield raw
    yield base64.b64encode(raw)[:-4]
    yield raw.hex().encode()
    yield repr(secret)[1:-1].encode()
    if secret.count(".") == 2:
        yield secret.rpartition(".")[2].encode()


@pytest.fixture
def vault(url: str, _desk_office: Database, forked: Cli, tmp_path: Path) -> Vault:
    """A desk whose commands are processes, its secret in a private file."""
    home, secret = tmp_path / "home", tmp_path / "secret"
    home.mkdir(exist_ok=True)
    secret.write_text(SECRET)
    secret.chmod(0o600)
    environment = {
        "GRANTCTL_DATABASE": url,
        "GRANTCTL_ACTOR": "tester",
        "GRANTCTL_SECRET_KEY_FILE": str(secret),
    }
    vault = Vault(forked, environment, tmp_path / "grantctl.db", home)
    vault.secrets |= {"secret": SECRET, "password": PASSWORD}
    return vault


def files(folder: Path) -> Iterator[tuple[Path, bytes]]:
    for path in folder.rglob("*"):
        if path.is_file():
            yield path, path.read_bytes()


@ON_SQLITE
def test_nothing_that_is_kept_or_listed_holds_a_secret(vault: Vault) -> None:
    assert vault.run("users", "set-password", BOB, "--stdin", stdin=PASSWORD).code == 0
    token = vault.hand_out("token", "tokens", "issue", BOB, "--name", "ci")
    key = vault.hand_out("key", "tokens", "create-key", BOB, "--name", "ci")
    vault.hand_out("login", "login", BOB, "--stdin", stdin=PASSWORD)
    assert vault.run("tokens", "keys", "generate").code == 0
    vault.hand_out("signed", "tokens", "issue", BOB)
    assert vault.run("tokens", "revoke", "--token", "-", stdin=key).code == 0
    assert vault.run("tokens", "revoke", "--token", "-", stdin=token).code == 0
    listed = [
        vault.run(*line.split(), "-o", "json")
        for line in ("audit list", "tokens list", "tokens keys list", "config show", "whoami")
    ]
    assert [one.code for one in listed] == [0] * 5
    assert vault.found_in("".join(one.out + one.err for one in listed).encode()) == []
    kept = list(vault.database.parent.glob("grantctl.db*"))
    assert vault.database in kept
    for path in kept:
        assert vault.found_in(path.read_bytes()) == []
    pems = [path for path, raw in files(vault.home) if vault.found_in(raw) or b"PRIVATE" in raw]
    assert [path.suffix for path in pems] == [".pem"]
    private = pems[0].read_bytes().splitlines()[1]
    assert private not in vault.database.read_bytes()


@ON_SQLITE
def test_no_failure_repeats_a_secret(vault: Vault, tmp_path: Path) -> None:
    token = vault.hand_out("token", "tokens", "issue", BOB)
    key = vault.hand_out("key", "tokens", "create-key", BOB)
    foreign = tmp_path / "foreign.db"
    foreign.write_bytes(b"no database" * 500)
    broken = {"GRANTCTL_DATABASE": f"sqlite:///{foreign}"}
    failures: list[tuple[tuple[str, ...], str, Mapping[str, str]]] = [
        ((token,), "", {}),
        (("tokens", key), "", {}),
        (("tokens", "verify", token), "", {}),
        (("tokens", "verify", f"--file={key}"), "", {}),
        (("tokens", "inspect", key), "", {}),
        (("tokens", "show", token), "", {}),
        (("tokens", "revoke", key), "", {}),
        (("tokens", "revoke", "--token", token), "", {}),
        (("tokens", "revoke", "--leaked", key), "", {}),
        (("tokens", "issue", token), "", {}),
        (("tokens", "issue", BOB, "--scope", token), "", {}),
        (("tokens", "issue", BOB, "--ttl", key), "", {}),
        (("tokens", "issue", BOB, "--nam", token), "", {}),
        (("check", "--token", token, "chat"), "", {}),
        (("check", token, "chat"), "", {}),
        (("check", BOB, key), "", {}),
        (("check", BOB, "read", key), "", {}),
        (("explain", BOB, "read", token), "", {}),
        (("whoami", "--token-file", token), "", {}),
        (("login", BOB, PASSWORD), "", {}),
        (("login", BOB, "--stdin"), PASSWORD, {}),
        (("login", "nobody@example.com", "--stdin"), PASSWORD, {}),
        (("login", BOB, "--stdin"), PASSWORD * 100, {}),
        (("tokens", "verify"), token, broken),
        (("check", "--token", "-", "no.key"), key, {}),
        (("whoami", "--token", "-"), token + token, {}),
        (("tokens", "verify"), token, {"GRANTCTL_SECRET_KEY": SECRET}),
        (("tokens", "issue", BOB), "", {"GRANTCTL_SECRET_KEY_FILE": SECRET}),
        (("tokens", "issue", BOB), "", {"GRANTCTL_SECRET_KEY_FILE": "", "WEBUI_SECRET_KEY": "x"}),
        (("users", "set-password", BOB, PASSWORD), "", {}),
    ]
    for number, (arguments, stdin, variables) in enumerate(failures):
        form = {"GRANTCTL_DEBUG": "1", "GRANTCTL_OUTPUT": ("table", "json")[number % 2]}
        outcome = vault.run(*arguments, stdin=stdin, **variables, **form)
        assert outcome.code not in (0, 1), (arguments, outcome)
        found = vault.found_in((outcome.out + outcome.err).encode())
        if "GRANTCTL_SECRET_KEY_FILE" in variables:
            found = [one for one in found if one != "secret"]  # there it is a file's name
        assert found == [], (arguments[:2], outcome)


@contextmanager
def waiting(vault: Vault, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """The command, while it waits for its stdin to end."""
    child = subprocess.Popen(
        [sys.executable, "-m", "grantctl", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **vault.environment},
        cwd=vault.home,
    )
    try:
        yield child
    finally:
        child.kill()
        child.communicate()


@ON_SQLITE
@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="there is no /proc")
def test_no_other_process_can_see_a_secret_in_the_command_line_or_environment(
    vault: Vault,
) -> None:
    token = vault.hand_out("token", "tokens", "issue", BOB)
    for arguments, text in (
        (("tokens", "verify", "-"), token),
        (("check", "--token", "-", "chat.controls"), token),
        (("tokens", "revoke", "--token", "-"), token),
        (("login", BOB, "--stdin"), PASSWORD),
    ):
        with waiting(vault, *arguments) as child:
            assert child.stdin is not None
            child.stdin.write(text.encode())
            child.stdin.flush()
            time.sleep(1)
            assert child.poll() is None
            for part in ("cmdline", "environ"):
                for process in Path("/proc").glob(f"[0-9]*/{part}"):
                    if process.parent.name in (str(child.pid), *children_of(child.pid)):
                        assert vault.found_in(process.read_bytes()) == []


def children_of(pid: int) -> list[str]:
    found = Path(f"/proc/{pid}/task/{pid}/children")
    return found.read_text().split() if found.exists() else []


@ON_SQLITE
def test_the_home_of_the_user_holds_no_secret_afterwards(vault: Vault) -> None:
    assert vault.run("users", "set-password", BOB, "--stdin", stdin=PASSWORD).code == 0
    token = vault.hand_out("token", "tokens", "issue", BOB)
    vault.hand_out("key", "tokens", "create-key", BOB)
    vault.hand_out("login", "login", BOB, "--stdin", stdin=PASSWORD)
    assert vault.run("check", "--token", "-", "chat.controls", stdin=token).code == 0
    assert [path for path, raw in files(vault.home) if vault.found_in(raw)] == []


@ON_SQLITE
def test_completion_offers_no_secret(vault: Vault) -> None:
    token = vault.hand_out("token", "tokens", "issue", BOB)
    for line in ("tokens show ", "tokens revoke ", "tokens verify ", "check --token ", token[:20]):
        outcome = vault.run(_GRANTCTL_COMPLETE="bash", _GRANTCTL_LINE=f"grantctl {line}")
        assert vault.found_in((outcome.out + outcome.err).encode()) == []
