"""The office with a secret and the permission for API keys, and tokens issued by its commands."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlmodel import col, update

from grantctl.evaluation.facts import Permission
from grantctl.store.credential_tables import TokenRow
from grantctl.store.database import Database
from grantctl.store.session import change
from tests.cli.office import CATALOGUE, OFFICE
from tests.conftest import Cli, Outcome

SECRET = "9f8Kq2Lz7Xw4Vt1Bn6Mc3Pd5Rs0Yg8HjQe2Ua4Tz"
OTHER_SECRET = "Zt4Au2eQjH8gY0sR5dP3cM6nB1tV4wX7zL2qK8f9Yy"
SIGNED = {"GRANTCTL_SECRET_KEY": SECRET}
API_KEYS = Permission("features.api_keys", True, "have API keys")
DESK_OFFICE = replace(OFFICE, catalogue={one.key: one for one in (*CATALOGUE, API_KEYS)})
NOTHING = "00000000-0000-4000-8000-000000000000"

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TIME = re.compile(
    r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?Z| \d\d:\d\d(:\d\d)? UTC)|(?<=: )1[78]\d{8}\b"
)


def steady(text: str) -> str:
    """The text with ids and times, which differ from run to run, replaced."""
    return _TIME.sub("TIME", _ID.sub("ID", text))


@dataclass(frozen=True)
class Desk:
    """The command line on the office's database, with a secret to sign with."""

    cli: Cli
    database: Database

    def __call__(
        self, *arguments: str, stdin: str | bytes | None = None, **variables: str
    ) -> Outcome:
        outcome: Outcome = self.cli(*arguments, stdin=stdin, env={**SIGNED, **variables})
        return outcome

    def issue(self, user: str = "bob@example.com", *options: str) -> str:
        """The text of a new token."""
        return self.alone("tokens", "issue", user, *options)

    def key(self, user: str = "bob@example.com", *options: str) -> str:
        """The text of a new API key."""
        return self.alone("tokens", "create-key", user, *options)

    def alone(self, *command: str) -> str:
        """The one line that a command prints, and nothing else on stdout."""
        outcome = self(*command)
        assert outcome.code == 0, outcome
        [line] = outcome.out.splitlines()
        return line

    def data(self, *arguments: str, code: int = 0, stdin: str | None = None) -> Any:
        """The data of the JSON that a command prints."""
        outcome = self(*arguments, "-o", "json", stdin=stdin)
        assert outcome.code == code, outcome
        return json.loads(outcome.out)["data"]

    def id_of(self, token: str) -> str:
        """The id of a valid token."""
        return str(self.data("tokens", "verify", stdin=token)["jti"])

    def verify(self, token: str) -> tuple[int, str]:
        """The exit code, and the line that `verify` prints."""
        outcome = self("tokens", "verify", stdin=token)
        assert outcome.err == ""
        return outcome.code, steady(outcome.out).rstrip("\n")

    def change(self, token_id: str, **values: datetime | None) -> None:
        """Write to a token's row what no command would."""
        change(
            self.database,
            lambda session: session.exec(
                update(TokenRow).where(col(TokenRow.id) == token_id).values(**values)
            ),
            dry_run=False,
        )


def environment(url: str) -> Mapping[str, str]:
    """The variables of a process at the desk."""
    return {**SIGNED, "GRANTCTL_DATABASE": url, "GRANTCTL_ACTOR": "tester"}
