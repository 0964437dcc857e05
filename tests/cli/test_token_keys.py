"""`grantctl tokens keys`: made, replaced, ended and handed out; secrets for HS256."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import jwt as pyjwt
import pytest

from grantctl.credentials.jwk import parse_key_set
from grantctl.errors import ExitCode
from tests.cli.credential_desk import SIGNED, Desk, steady
from tests.conftest import Cli, Outcome
from tests.running import refusal

BOB = "bob@example.com"
ON_SQLITE = pytest.mark.parametrize("engine", ["sqlite"])


def states(cli: Cli | Desk) -> list[str]:
    """Algorithm and state of every key, the newest first."""
    return cli("tokens", "keys", "list", "--fields", "algorithm,state").out.splitlines()


def generate(desk: Desk, *options: str) -> str:
    """The id of a new key."""
    return desk.alone("tokens", "keys", "generate", *options, "-o", "name")


@pytest.mark.parametrize("algorithm", ["EdDSA", "ES256", "rs256"])
def test_a_key_signs_as_soon_as_it_is_made_and_needs_no_secret(desk: Desk, algorithm: str) -> None:
    made = desk.cli("tokens", "keys", "generate", "--algorithm", algorithm)
    assert (made.code, made.err) == (0, "")
    kid = made.out.split()[1]
    name = {"rs256": "RS256"}.get(algorithm, algorithm)
    assert steady(made.out) == (
        f"kid:        {kid}\nalgorithm:  {name}\nstate:      active\n"
        "created_at: TIME\nended_at:\ncreated_by: tester\n"
    )
    token = desk.cli("tokens", "issue", BOB).out
    assert pyjwt.get_unverified_header(token.strip()) == {
        "alg": name,
        "typ": "at+jwt",
        "kid": kid,
    }
    assert desk.cli("tokens", "verify", stdin=token).code == 0


def test_the_private_part_is_a_file_of_its_owner_alone_and_nowhere_else(
    desk: Desk, tmp_path: Path
) -> None:
    folder = tmp_path / "signing keys"
    previous = os.umask(0)
    try:
        made = desk("tokens", "keys", "generate", "-o", "name", GRANTCTL_KEYS=str(folder))
    finally:
        os.umask(previous)
    assert made.code == 0
    file = folder / f"{made.out.strip()}.pem"
    assert [one.name for one in folder.iterdir()] == [file.name]
    assert (stat.S_IMODE(file.stat().st_mode), stat.S_IMODE(folder.stat().st_mode)) == (
        0o600,
        0o700,
    )
    assert desk("tokens", "issue", BOB, GRANTCTL_KEYS=str(folder)).code == 0
    elsewhere = desk("tokens", "issue", BOB, GRANTCTL_KEYS=str(tmp_path / "other"))
    assert elsewhere.code == 4
    assert refusal(elsewhere)[0].startswith("the private part of the signing key `")
    file.chmod(0o640)
    readable = desk("tokens", "issue", BOB, GRANTCTL_KEYS=str(folder))
    assert readable.code == ExitCode.REFUSED
    assert refusal(readable)[1] == f"chmod 600 '{file}'"


def test_rotating_leaves_what_was_signed_valid_and_retiring_ends_it(desk: Desk) -> None:
    first = generate(desk)
    token = desk.issue()
    rotated = desk("tokens", "keys", "rotate", "--algorithm", "es256")
    assert (rotated.code, states(desk)) == (0, ["ES256\tactive", "EdDSA\tpassive"])
    assert desk.verify(token)[0] == 0
    assert pyjwt.get_unverified_header(desk.issue())["alg"] == "ES256"
    second = desk("tokens", "keys", "list", "-o", "name").out.split()[0]
    active = desk("tokens", "keys", "retire", second)
    assert active.code == ExitCode.REFUSED
    assert refusal(active) == (
        f"the key `{second}` is the active one",
        "first: grantctl tokens keys rotate",
    )
    assert desk("tokens", "keys", "retire", first).code == 0
    assert desk.verify(token) == (3, f"invalid: its key `{first}` was retired on TIME")
    assert states(desk) == ["ES256\tactive", "EdDSA\tretired"]


def test_revoking_the_active_key_refuses_its_tokens_and_puts_another_in_its_place(
    desk: Desk,
) -> None:
    kid, token, key = generate(desk), desk.issue(), desk.key()
    asked = desk("tokens", "keys", "revoke", kid)
    assert asked.code == ExitCode.UNCONFIRMED
    assert refusal(asked) == (
        f"refuse every token that the key `{kid}` signed: not confirmed",
        "confirm with --yes",
    )
    assert desk.verify(token)[0] == 0
    done = desk("tokens", "keys", "revoke", kid, "--yes", "--fields", "algorithm,state")
    assert done == Outcome(0, "EdDSA\trevoked\nEdDSA\tactive\n", "")
    assert desk.verify(token) == (3, f"invalid: its key `{kid}` was revoked on TIME")
    assert desk.verify(desk.issue())[0] == desk.verify(key)[0] == 0


def test_a_second_key_waits_unless_it_shall_sign(desk: Desk) -> None:
    generate(desk)
    assert "state:      passive\n" in desk("tokens", "keys", "generate").out
    generate(desk, "--activate", "--algorithm", "ES256")
    assert states(desk) == ["ES256\tactive", "EdDSA\tpassive", "EdDSA\tpassive"]


def test_the_export_is_a_key_set_of_public_parts(desk: Desk) -> None:
    for algorithm in ("EdDSA", "ES256", "RS256"):
        generate(desk, "--activate", "--algorithm", algorithm)
    retired = generate(desk)
    assert desk("tokens", "keys", "retire", retired).code == 0
    outcome = desk("tokens", "keys", "export")
    assert (outcome.code, outcome.err) == (0, "")
    keys = json.loads(outcome.out)["keys"]
    assert [one["alg"] for one in keys] == ["RS256", "ES256", "EdDSA"]
    assert [key.kid for key in parse_key_set(outcome.out)] == [one["kid"] for one in keys]
    private = {"d", "p", "q", "dp", "dq", "qi", "k", "oth"}
    assert not any(private & set(one) for one in keys)
    assert desk("tokens", "keys", "export", "-o", "csv").out == outcome.out


def test_a_dry_run_makes_no_key_and_no_file(desk: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    for command in (("generate",), ("rotate",)):
        outcome = desk("tokens", "keys", *command, "--dry-run", GRANTCTL_KEYS=str(folder))
        assert (outcome.code, outcome.err) == (0, "warning: dry run: nothing was changed\n")
    secret = tmp_path / "secret"
    hmac = ("generate", "--algorithm", "HS256", "--to", str(secret), "--dry-run")
    assert desk("tokens", "keys", *hmac).code == 0
    assert states(desk) == []
    assert not any(one.exists() for one in (folder, secret))


@ON_SQLITE
def test_a_new_secret_is_a_private_file_and_signs(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "the secret"
    outcome = desk.cli("tokens", "keys", "generate", "--algorithm", "hs256", "--to", str(file))
    assert outcome == Outcome(
        0,
        f"file:      {file}\nvariable:  GRANTCTL_SECRET_KEY_FILE\nalgorithm: HS256\n",
        f"hint: to use it: export GRANTCTL_SECRET_KEY_FILE='{file}'\n",
    )
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    secret = file.read_text().rstrip("\n")
    assert len(secret) >= 43
    env = {"GRANTCTL_SECRET_KEY_FILE": str(file)}
    token = desk.cli("tokens", "issue", BOB, env=env).out
    assert desk.cli("tokens", "verify", stdin=token, env=env).code == 0
    assert desk.cli("tokens", "verify", stdin=token, env=SIGNED).code == 3
    missing = desk.cli("tokens", "verify", stdin=token)
    assert missing == Outcome(
        3, "invalid: no secret is set to check it with: GRANTCTL_SECRET_KEY is empty\n", ""
    )
    again = desk.cli("tokens", "keys", "generate", "--algorithm", "HS256", "--to", str(file))
    assert (again.code, refusal(again)) == (
        5,
        (f"`{file}` exists already, and is left as it is", "name a file that does not"),
    )
    assert file.read_text().rstrip("\n") == secret


@ON_SQLITE
@pytest.mark.parametrize("kind", ["link", "dangling link", "folder"])
def test_a_secret_is_never_written_over_something(desk: Desk, tmp_path: Path, kind: str) -> None:
    target, place = tmp_path / "target", tmp_path / "place"
    if kind == "folder":
        place.mkdir()
    else:
        place.symlink_to(target)
    if kind == "link":
        target.write_text("dear")
    outcome = desk("tokens", "keys", "generate", "--algorithm", "HS256", "--to", str(place))
    assert (outcome.code, refusal(outcome)[0]) == (
        5,
        f"`{place}` exists already, and is left as it is",
    )
    assert not target.exists() or target.read_text() == "dear"


@ON_SQLITE
@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("generate", "--algorithm", "HS512"), 2, "no algorithm `HS512`"),
        (("generate", "--algorithm", "none"), 2, "no algorithm `none`"),
        (("generate", "--algorithm", "HS256"), 2, "`--algorithm HS256` makes a secret, which"),
        (("generate", "--to", "x"), 2, "`--to` goes with `--algorithm HS256`"),
        (("generate", "--algorithm", "HS256", "--to", "x", "--activate"), 2, "`--activate` goes"),
        (("generate", "--algorithm", "HS256", "--to", "no/where"), 2, "the secret file `no/where`"),
        (("rotate", "--algorithm", "HS256"), 2, "no algorithm `HS256`"),
        (("retire", "nothing"), 4, "no signing key `nothing`"),
        (("revoke", "../../etc/passwd"), 4, "no signing key `../../etc/passwd`"),
    ],
)
def test_wrong_words_are_one_line_and_the_right_exit_code(
    desk: Desk, arguments: tuple[str, ...], code: int, message: str
) -> None:
    outcome = desk("tokens", "keys", *arguments)
    assert outcome.code == code
    assert refusal(outcome)[0].startswith(message)
