"""The Python API: the command line's answers, without the command line."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

import grantctl
from grantctl import Authorizer
from grantctl.credentials.reasons import TokenReason
from grantctl.errors import DatabaseError, GuardError, InvalidError, NotFoundError, UsageError
from grantctl.evaluation.decision import Reason
from grantctl.evaluation.scopes import parse_scope
from grantctl.model import ResourceRef
from grantctl.operations.token_revocation import revoke_tokens
from grantctl.operations.tokens import show_token
from tests.conftest import Cli
from tests.integrations.conftest import INTENT, SECRET, World

SLOW = ("sqlalchemy", "sqlmodel", "alembic", "rich", "typer", "yaml", "pwdlib", "argon2")


@pytest.fixture
def authorizer(world: World) -> Iterator[Authorizer]:
    with Authorizer(world.url, secret=SECRET, pool_size=4) as authorizer:
        yield authorizer


def test_it_answers_as_the_command_line_does(
    world: World, authorizer: Authorizer, cli: Cli
) -> None:
    for user in ("ada", "bob", "chen", "dana", "eli"):
        email = f"{user}@example.com"
        for key in ("chat.controls", "workspace.models", "features"):
            assert authorizer.check(email, key) is (cli("check", email, key).code == 0)
        for resource in ("model:gpt-4o", "model:helpdesk", "model:llama3"):
            outcome = cli("check", email, "read", resource)
            assert authorizer.check_access(email, "read", resource) is (outcome.code == 0)


def test_a_decision_says_why(world: World, authorizer: Authorizer) -> None:
    decision = authorizer.decide("dana@example.com", "workspace.models")
    assert (decision.allowed, decision.reason) == (False, Reason.NOT_GRANTED)
    assert decision.remedies
    access = authorizer.decide_access("bob@example.com", "read", ResourceRef("model", "gpt-4o"))
    assert (access.allowed, access.reason.value) == (True, "grant")


def test_a_scope_takes_away(authorizer: Authorizer) -> None:
    scope = parse_scope("read:model:llama* chat.*")
    assert authorizer.check("bob@example.com", "chat.controls", scope=scope)
    assert not authorizer.check("bob@example.com", "workspace.models", scope=scope)
    assert not authorizer.check_access("bob@example.com", "read", "model:gpt-4o", scope=scope)


def test_what_another_process_changes_is_seen_by_the_next_check(
    world: World, authorizer: Authorizer, process: Cli
) -> None:
    environment = {"GRANTCTL_DATABASE": world.url}
    for value in ("false", "true", "false"):
        line = f"permissions set --group engineering workspace.models={value}"
        assert process(*line.split(), env=environment).code == 0
        assert authorizer.check("bob@example.com", "workspace.models") is (value == "true")


def test_a_token_and_its_end(world: World, authorizer: Authorizer) -> None:
    text, token_id = world.issue("bob", scope="chat.*")
    verdict = authorizer.authenticate(text)
    assert verdict.is_active
    assert verdict.user is not None
    assert verdict.user.email == "bob@example.com"
    assert str(verdict.scope) == "chat.*"
    deadline = time.monotonic() + 30
    while show_token(world.database, token_id).token.last_used_at is None:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    revoke_tokens(world.database, INTENT, [token_id])
    assert authorizer.authenticate(text).reason is TokenReason.REVOKED
    assert authorizer.authenticate("nonsense").reason is TokenReason.MALFORMED


def test_threads_share_it(world: World, authorizer: Authorizer) -> None:
    token = world.token("bob")

    def work(number: int) -> tuple[bool, bool, bool]:
        user = "bob@example.com" if number % 2 else "dana@example.com"
        return (
            authorizer.check(user, "workspace.models") is (number % 2 == 1),
            authorizer.check_access(user, "read", "model:gpt-4o") is (number % 2 == 1),
            authorizer.authenticate(token).is_active,
        )

    with ThreadPoolExecutor(12) as threads:
        assert set(threads.map(work, range(120))) == {(True, True, True)}


def test_what_cannot_be_answered_is_an_error(authorizer: Authorizer) -> None:
    with pytest.raises(NotFoundError, match="no user `nobody`"):
        authorizer.check("nobody", "chat")
    with pytest.raises(NotFoundError, match=r"no permission `no\.such`"):
        authorizer.check("bob@example.com", "no.such")
    with pytest.raises(NotFoundError, match="no resource `model:none`"):
        authorizer.check_access("bob@example.com", "read", "model:none")
    with pytest.raises(InvalidError, match="does not name a resource"):
        authorizer.check_access("bob@example.com", "read", "model")
    with pytest.raises(InvalidError, match="is no action"):
        authorizer.check_access("bob@example.com", "", "model:gpt-4o")


def test_a_closed_one_answers_no_more(world: World) -> None:
    with Authorizer(world.url, secret=SECRET) as authorizer:
        assert authorizer.check("ada@example.com", "chat.controls")
    with pytest.raises(DatabaseError, match="are closed"):
        authorizer.check("ada@example.com", "chat.controls")


@pytest.mark.parametrize("engine", ["sqlite"])
def test_without_a_secret_everything_else_works(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("WEBUI_SECRET_KEY", "WEBUI_SECRET_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)
    token, key = world.token("bob"), world.api_key("bob")
    with Authorizer(world.url) as authorizer:
        assert authorizer.authenticate(token).reason is TokenReason.NO_SECRET
        assert authorizer.authenticate(key).is_active
    with Authorizer(world.url, environ={"GRANTCTL_SECRET_KEY": SECRET}) as authorizer:
        assert authorizer.authenticate(token).is_active


def test_what_it_cannot_be_made_of_is_refused_at_once(tmp_path_factory: object) -> None:
    with pytest.raises(UsageError):
        Authorizer("nonsense")
    with pytest.raises(InvalidError, match="32"):
        Authorizer("sqlite:///none.db", secret="short")
    with pytest.raises(InvalidError, match="the size of a pool"):
        Authorizer("sqlite:///none.db", pool_size=0)
    with pytest.raises((GuardError, InvalidError)):
        Authorizer("sqlite:///none.db", environ={"GRANTCTL_SECRET_KEY_FILE": "/none"})
    with (
        Authorizer("sqlite:///none.db", environ={}) as authorizer,
        pytest.raises(DatabaseError, match="there is no database"),
    ):
        authorizer.check("ada@example.com", "chat")


def run(program: str, *arguments: str) -> list[str]:
    """What a program prints as a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_importing_the_package_imports_next_to_nothing() -> None:
    program = (
        "import sys, importlib, typing; before = set(sys.modules); import grantctl; "
        "grantctl.__version__; print(*(set(sys.modules) - before))"
    )
    assert set(run(program)) <= {"grantctl", "__future__"}


@pytest.mark.parametrize("engine", ["sqlite"])
def test_asking_imports_nothing_slow(world: World) -> None:
    program = f"""
import sys
from grantctl import Authorizer
with Authorizer(sys.argv[1], secret=sys.argv[2]) as authorizer:
    assert authorizer.check("bob@example.com", "workspace.models")
    assert authorizer.check_access("bob@example.com", "read", "model:gpt-4o")
    assert authorizer.authenticate(sys.argv[3]).is_active
    slow = {(*SLOW, "psycopg", "fastapi", "jwt")}
    print(*(name for name in slow if name in sys.modules))
    assert authorizer.authenticate(sys.argv[4]).is_active
print("and", *(name for name in {SLOW} if name in sys.modules))
"""
    assert run(program, world.url, SECRET, world.api_key("bob"), world.token("bob")) == ["and"]


def test_there_is_nothing_else_in_the_package() -> None:
    assert grantctl.Authorizer is Authorizer
    with pytest.raises(AttributeError, match="has no attribute `Nothing`"):
        grantctl.Nothing  # noqa: B018


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_the_request_path_imports_no_sqlmodel(world: World) -> None:
    program = f"""
import sys
from fastapi import Request
from grantctl.integrations.fastapi import Grantctl
grantctl = Grantctl(sys.argv[1], secret=sys.argv[2])
for token in sys.argv[3:]:
    scope = {{
        "type": "http", "method": "GET", "path": "/", "query_string": b"",
        "headers": [(b"authorization", b"Bearer " + token.encode())],
        "path_params": {{"model_id": "gpt-4o"}},
    }}
    grantctl.require_permission("workspace.models")(Request(scope))
    grantctl.require_access("model", "read", id="model_id")(Request(scope))
grantctl.authorizer.close()
print(*(name for name in {SLOW} if name in sys.modules))
"""
    found = run(program, world.url, SECRET, world.api_key("bob"), world.token("bob"))
    # FastAPI itself imports others of them where they are installed.
    assert not {"sqlalchemy", "sqlmodel", "alembic", "typer"} & set(found)


PAIRS = [
    (f"{user}@example.com", key)
    for user in ("ada", "bob", "chen", "dana", "eli")
    for key in ("chat.controls", "workspace.models", "features", "chat.share")
]


def test_many_are_answered_in_their_order_as_each_alone(authorizer: Authorizer) -> None:
    expected = [authorizer.check(user, key) for user, key in PAIRS]
    assert True in expected
    assert False in expected
    assert list(authorizer.check_many(PAIRS)) == expected
    assert list(authorizer.check_many(iter(PAIRS * 200))) == expected * 200
    assert list(authorizer.check_many([])) == []
    scope = parse_scope("chat.*")
    scoped = [authorizer.check(user, key, scope=scope) for user, key in PAIRS]
    assert list(authorizer.check_many(PAIRS, scope=scope)) == scoped


def test_many_are_taken_no_further_than_they_may_and_never_held(authorizer: Authorizer) -> None:
    taken = 0

    def endless() -> Iterator[tuple[str, str]]:
        nonlocal taken
        while True:
            taken += 1
            yield "bob@example.com", "workspace.models"

    answers = authorizer.check_many(endless())
    assert next(answers)
    assert taken == 1
    for count in range(2, 5000):
        assert next(answers)
        assert taken <= min(count * 2, count + 1000)


def test_one_of_many_that_cannot_be_answered_is_an_error_when_its_turn_comes(
    authorizer: Authorizer,
) -> None:
    for wrong in (("nobody", "chat"), ("bob@example.com", "no.such"), ("\ud800", "chat")):
        answers = authorizer.check_many([*PAIRS, wrong])
        for _ in PAIRS:
            next(answers)
        with pytest.raises(NotFoundError):
            next(answers)


def test_a_snapshot_is_of_one_moment(world: World, authorizer: Authorizer, process: Cli) -> None:
    user, key = "bob@example.com", "workspace.models"
    with authorizer.snapshot() as snapshot:
        expected = [snapshot.check(user, key) for user, key in PAIRS]
        line = f"permissions set --group engineering {key}=false"
        assert process(*line.split(), env={"GRANTCTL_DATABASE": world.url}).code == 0
        assert not authorizer.check(user, key)
        assert snapshot.check(user, key)
        assert snapshot.decide(user, key).reason is Reason.GROUP
        assert list(snapshot.check_many(PAIRS)) == expected
        assert snapshot.check_access(user, "read", "model:gpt-4o")
        assert not snapshot.check(user, key, scope=parse_scope("chat.*"))
        with pytest.raises(NotFoundError):
            snapshot.check("nobody", key)
        with pytest.raises(NotFoundError):
            next(snapshot.check_many([(user, "no.such")]))
    assert not authorizer.check(user, key)
    with authorizer.snapshot() as snapshot:
        assert not snapshot.check(user, key)


def test_a_snapshot_that_has_ended_answers_no_more(world: World, authorizer: Authorizer) -> None:
    user, key = "bob@example.com", "workspace.models"
    with authorizer.snapshot() as snapshot:
        assert snapshot.check(user, key)
        answers = snapshot.check_many([(user, key)] * 3)
        assert next(answers)
    world.set_flag("engineering", key, False)
    questions: list[Callable[[], object]] = [
        lambda: snapshot.check(user, key),
        lambda: snapshot.decide(user, key),
        lambda: snapshot.check_access(user, "read", "model:gpt-4o"),
        lambda: snapshot.decide_access(user, "read", "model:gpt-4o"),
        lambda: list(snapshot.check_many([(user, key)])),
        lambda: list(answers),
    ]
    for ask in questions:
        with pytest.raises(DatabaseError, match=r"^the snapshot has ended$"):
            ask()
    assert not authorizer.check(user, key)
