"""An organisation with tokens, and the example application as a process that serves it."""

from __future__ import annotations

import http.client
import json
import re
import signal
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from grantctl.credentials.secret import HmacSecret, load_secret
from grantctl.operations import api_keys, flags, tokens
from grantctl.operations.changes import Intent
from grantctl.operations.demonstration import make_organisation
from grantctl.store.database import Database
from tests.databases import prepared
from tests.forked import Forked

INTENT = Intent("tester")
SECRET = "wq3Kx0vT9mZr1Lb8Ue5Hy2Pd7Nf4Jc6G"
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Answer:
    """What a server answered."""

    status: int
    challenge: str | None
    body: Any  # whatever JSON holds


@dataclass(frozen=True)
class World:
    """The tour's organisation, in which engineering may make API keys and models."""

    url: str
    database: Database
    secret: HmacSecret
    keys: Path

    def token(self, user: str, *, scope: str | None = None, ttl: int = 600) -> str:
        """A new JWT for the user of that name at example.com."""
        return self.issue(user, scope=scope, ttl=ttl)[0]

    def issue(self, user: str, *, scope: str | None = None, ttl: int = 600) -> tuple[str, str]:
        """A new JWT, and its id."""
        issued = tokens.issue_token(
            self.database,
            INTENT,
            f"{user}@example.com",
            secret=self.secret,
            keys=self.keys,
            ttl=timedelta(seconds=ttl),
            scope=scope,
        )
        return issued.text, issued.token.id

    def api_key(self, user: str) -> str:
        """A new API key."""
        return api_keys.create_key(self.database, INTENT, f"{user}@example.com").text

    def set_flag(self, group: str, key: str, value: bool) -> None:
        """Change a flag, as another process than the server does."""
        flags.set_flags(self.database, INTENT, group, {key: value})

    def session(self, user_id: str, **claims: object) -> str:
        """A session token as Open WebUI makes them."""
        import jwt

        return jwt.encode({"id": user_id, **claims}, self.secret.value, algorithm="HS256")

    def id_of(self, user: str) -> str:
        with self.database.reader() as reader:
            return reader.find_user(f"{user}@example.com").id


@prepared
def _tour(database: Database) -> None:
    make_organisation(database.url)
    granted = {"features.api_keys": True, "workspace.models": True}
    flags.set_flags(database, INTENT, "engineering", granted)


@pytest.fixture
def world(url: str, _tour: Database, tmp_path: Path) -> World:
    secret = load_secret({"GRANTCTL_SECRET_KEY": SECRET})
    assert secret is not None
    return World(url, _tour, secret, tmp_path / "keys")


class Server:
    """The example application in a process of its own."""

    def __init__(self, url: str, log: Path) -> None:
        self.log = log
        environment = {"GRANTCTL_DATABASE": url, "GRANTCTL_SECRET_KEY": SECRET}
        line = ("examples.endpoints:app", "--port", "0")
        self.process = Forked("uvicorn", line, env=environment, cwd=ROOT, log=log)
        self.port = self._find_port()

    def ask(
        self,
        path: str,
        token: str | None = None,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """What it answers, to a bearer of the token if there is one."""
        sent = dict(headers or {})
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, headers=sent)
            answer = connection.getresponse()
            body = json.loads(answer.read())
            return Answer(answer.status, answer.getheader("WWW-Authenticate"), body)
        finally:
            connection.close()

    def refusals(self) -> list[str]:
        """Why it refused, as its log says."""
        return re.findall(r"refused with \d+: reason=(\S+)", self.log.read_text())

    def stop(self) -> int:
        """End it as a service manager does; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)

    def _find_port(self) -> int:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            found = re.search(r"running on http://127\.0\.0\.1:(\d+)", self.log.read_text())
            if found:
                return int(found[1])
            time.sleep(0.05)
        self.process.send_signal(signal.SIGKILL)
        raise AssertionError(self.log.read_text())


@pytest.fixture
def server(world: World, tmp_path: Path) -> Iterator[Server]:
    server = Server(world.url, tmp_path / "server.log")
    yield server
    if server.process.poll() is None:
        server.process.send_signal(signal.SIGKILL)
        server.process.wait(30)


def moment(seconds: float) -> int:
    """So many seconds from now, as a claim has it."""
    return int((datetime.now(UTC) + timedelta(seconds=seconds)).timestamp())
