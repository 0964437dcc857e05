"""The example application over HTTP, on both engines."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from grantctl.credentials.api_keys import make_api_key
from grantctl.model import Role
from grantctl.operations.memberships import remove_members
from grantctl.operations.roles import set_role
from grantctl.operations.token_revocation import revoke_tokens
from grantctl.operations.tokens import show_token
from grantctl.operations.user_deletion import delete_users
from tests.integrations.conftest import INTENT, Answer, Server, World, moment

REALM = 'Bearer realm="grantctl"'
STRANGER = Answer(401, REALM, {"detail": "not authenticated"})
BAD_TOKEN = Answer(401, f'{REALM}, error="invalid_token"', {"detail": "not authenticated"})
DENIED = Answer(403, None, {"detail": "not permitted"})
TOO_NARROW = Answer(403, f'{REALM}, error="insufficient_scope"', {"detail": "not permitted"})
ABSENT = Answer(404, None, {"detail": "not found"})

ME = "/api/users/me"
MODELS = "/api/models"
KEYS = "/api/keys"
ADMIN = "/api/admin/settings"


def test_who_is_not_known_is_told_only_that(world: World, server: Server) -> None:
    good, expired = world.token("bob"), world.token("bob", ttl=1)
    head, _, signature = good.rpartition(".")
    tampered = f"{head}.{signature[:-4]}{'AAAA' if signature[-4:] != 'AAAA' else 'BBBB'}"
    time.sleep(1.1)
    nobody = world.session("nobody", exp=moment(60))
    bearers = {
        "malformed": ["abc", "a.b.c", "x" * 9000, f"{good}="],
        "bad_signature": [tampered],
        "expired": [expired],
        "unknown_token": [make_api_key()],
        "user_deleted": [nobody],
    }
    for path in (ME, "/api/users", MODELS, ADMIN, "/api/models/gpt-4o", "/api/models/none"):
        assert server.ask(path) == STRANGER
        assert server.ask(path, headers={"Authorization": f"Basic {good}"}) == STRANGER
        assert server.ask(path, headers={"Authorization": f"Bearer {good} {good}"}) == BAD_TOKEN
    for texts in bearers.values():
        for text in texts:
            assert server.ask(ME, text) == BAD_TOKEN, text
            assert server.ask(ME, headers={"Cookie": f"token={text}"}) == BAD_TOKEN, text
    assert server.ask(ME, good, headers={"Cookie": f"token={expired}"}) == BAD_TOKEN
    log = server.log.read_text()
    assert set(bearers) <= set(server.refusals())
    for text in (good, expired, tampered, signature, nobody):
        assert text not in log


def test_who_is_known_is_known_by_header_cookie_and_key(world: World, server: Server) -> None:
    token, key = world.token("bob"), world.api_key("bob")
    bob = {"id": world.id_of("bob"), "email": "bob@example.com", "role": "user", "scope": "*"}
    known = Answer(200, None, bob)
    assert server.ask(ME, token) == known
    assert server.ask(ME, key) == known
    assert server.ask(ME, headers={"authorization": f"bEARER {token}"}) == known
    assert server.ask(ME, headers={"Cookie": f"theme=dark; token={token}"}) == known
    assert server.ask(ME, token, headers={"Cookie": f"token={token}"}) == known
    assert server.ask(ME, world.session(bob["id"], exp=moment(60))) == known
    assert server.refusals() == []


def test_a_token_is_refused_from_its_revocation_on(world: World, server: Server) -> None:
    for text, token_id in (world.issue("bob"), world.issue("bob")):
        assert server.ask(ME, text).status == 200
        revoke_tokens(world.database, INTENT, [token_id])
        assert server.ask(ME, text) == BAD_TOKEN
    assert server.refusals() == ["revoked", "revoked"]
    assert f"user='{world.id_of('bob')}' token='{token_id}'" in server.log.read_text()


def test_a_user_who_is_pending_or_deleted_is_let_in_no_more(world: World, server: Server) -> None:
    token, id_ = world.token("chen"), world.id_of("chen")
    session = world.session(id_, exp=moment(600))
    assert [server.ask(ME, text).status for text in (token, session)] == [200, 200]
    set_role(world.database, INTENT, [id_], Role.PENDING)
    assert server.ask(ME, token) == BAD_TOKEN
    assert server.ask(ME, session) == DENIED
    assert server.refusals() == ["revoked", "user_pending"]
    delete_users(world.database, INTENT, [id_])
    assert server.ask(ME, session) == BAD_TOKEN
    assert server.ask(ME, token) == BAD_TOKEN


def test_a_permission_is_asked_anew_with_every_request(world: World, server: Server) -> None:
    bob, dana, ada = (world.token(name) for name in ("bob", "dana", "ada"))
    for path in (MODELS, "/api/users"):
        assert [server.ask(path, one).status for one in (ada, bob)] == [200, 200]
        assert server.ask(path, dana) == DENIED
    world.set_flag("engineering", "workspace.models", False)
    assert server.ask(MODELS, bob) == DENIED
    world.set_flag("support", "workspace.models", True)
    assert server.ask(MODELS, dana).status == 200
    world.set_flag("engineering", "workspace.models", True)
    assert server.ask(MODELS, bob).status == 200
    remove_members(world.database, INTENT, "engineering", ["bob@example.com"])
    assert server.ask(MODELS, bob) == DENIED
    assert server.ask(KEYS, bob, method="POST") == DENIED
    assert server.ask(KEYS, ada, method="POST").status == 200


def test_an_api_key_ends_with_the_permission_to_have_one(world: World, server: Server) -> None:
    key = world.api_key("bob")
    assert server.ask(KEYS, key, method="POST").status == 200
    world.set_flag("engineering", "features.api_keys", False)
    assert server.ask(ME, key) == DENIED
    assert server.refusals() == ["api_keys_not_permitted"]


def test_an_admin_s_endpoint_is_for_admins_with_an_unlimited_token(
    world: World, server: Server
) -> None:
    assert server.ask(ADMIN, world.token("ada")).status == 200
    assert server.ask(ADMIN, world.token("ada", scope="* chat.controls")).status == 200
    assert server.ask(ADMIN, world.token("ada", scope="workspace.*")) == TOO_NARROW
    token = world.token("bob")
    assert server.ask(ADMIN, token) == DENIED
    set_role(world.database, INTENT, ["bob@example.com"], Role.ADMIN)
    fresh = world.token("bob")
    assert server.ask(ADMIN, fresh).status == 200
    set_role(world.database, INTENT, ["bob@example.com"], Role.USER)
    assert server.ask(ADMIN, world.token("bob")) == DENIED
    assert server.ask(ADMIN, fresh).status in (401, 403)


def test_a_token_carries_what_its_scope_covers(world: World, server: Server) -> None:
    narrow = world.token("bob", scope="workspace.models read:model:llama*")
    assert server.ask(ME, narrow).body["scope"] == "read:model:llama* workspace.models"
    assert server.ask(MODELS, narrow).status == 200
    assert server.ask("/api/models/llama3", narrow).status == 200
    assert server.ask("/api/models/gpt-4o", narrow) == TOO_NARROW
    assert server.ask("/api/models/no-such-model", narrow) == TOO_NARROW
    assert server.ask(KEYS, narrow, method="POST") == TOO_NARROW
    other = world.token("ada", scope="chat.*")
    assert server.ask("/api/users", other) == DENIED
    assert server.ask(MODELS, other) == TOO_NARROW


def test_access_to_a_resource(world: World, server: Server) -> None:
    bob, dana = world.token("bob"), world.token("dana")
    read_by = {"model": "gpt-4o", "read_by": world.id_of("bob")}
    assert server.ask("/api/models/gpt-4o", bob) == Answer(200, None, read_by)
    assert server.ask("/api/models/gpt-4o", dana) == DENIED
    assert server.ask("/api/models/helpdesk", world.token("chen")).status == 200
    assert server.ask("/api/models/none/such%2F1", dana) == ABSENT
    assert server.ask("/api/models/a%00b", dana) == ABSENT
    assert server.ask("/api/models/%ED%A0%80", dana) == ABSENT
    assert server.ask(f"/api/models/{'x' * 300}", dana) == ABSENT
    remove_members(world.database, INTENT, "engineering", ["bob@example.com"])
    assert server.ask("/api/models/gpt-4o", bob) == DENIED


def test_what_stands_in_a_path_cannot_forge_the_log(world: World, server: Server) -> None:
    path = "/api/models/a%0Dforged%1B[31m%E2%80%A8forged"
    assert server.ask(path, world.token("dana")) == ABSENT
    log = server.log.read_text()
    assert r"GET '/api/models/a\rforged\x1b[31m\u2028forged' refused with 404" in log
    assert not any(character in log for character in "\r\x1b\u2028")


def test_two_hundred_requests_at_once_are_all_answered_rightly(
    world: World, server: Server
) -> None:
    bob, dana, ada = (world.token(name) for name in ("bob", "dana", "ada"))
    key = world.api_key("bob")
    wanted = [
        (MODELS, bob, 200),
        (MODELS, dana, 403),
        (MODELS, ada, 200),
        (MODELS, None, 401),
        (MODELS, key, 200),
        (ADMIN, ada, 200),
        (ADMIN, bob, 403),
        ("/api/models/gpt-4o", bob, 200),
        ("/api/models/gpt-4o", dana, 403),
        ("/api/models/none", dana, 404),
    ]

    def work(number: int) -> list[tuple[str, int, int]]:
        turned = wanted[number % 10 :] + wanted[: number % 10]
        return [(path, status, server.ask(path, one).status) for path, one, status in turned]

    with ThreadPoolExecutor(20) as threads:
        answered = [one for part in threads.map(work, range(20)) for one in part]
    assert len(answered) == 200
    assert [one for one in answered if one[1] != one[2]] == []
    require_clean_log(server)


def test_the_last_use_of_a_token_is_noted(world: World, server: Server) -> None:
    text, token_id = world.issue("bob")
    assert show_token(world.database, token_id).token.last_used_at is None
    assert server.ask(ME, text).status == 200
    deadline = time.monotonic() + 30
    while show_token(world.database, token_id).token.last_used_at is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("engine", ["postgresql"])
def test_a_server_that_ended_every_connection_is_asked_again(world: World, server: Server) -> None:
    token = world.token("bob")
    for _ in range(3):
        assert server.ask(MODELS, token).status == 200
        with psycopg.connect(world.url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
    assert server.ask(MODELS, token).status == 200
    require_clean_log(server)


@pytest.mark.parametrize("engine", ["sqlite"])
def test_without_its_database_it_asks_to_come_back_later(
    world: World, server: Server, tmp_path: Path
) -> None:
    token, path = world.token("bob"), tmp_path / "grantctl.db"
    assert server.ask(MODELS, token).status == 200
    path.rename(tmp_path / "away.db")
    assert server.ask(MODELS, token) == Answer(503, None, {"detail": "try again later"})
    assert server.ask(MODELS) == STRANGER
    (tmp_path / "away.db").rename(path)
    assert server.ask(MODELS, token).status == 200
    assert "not answered: there is no database at" in server.log.read_text()
    assert "Traceback" not in server.log.read_text()


def test_its_connections_end_with_it(world: World, server: Server, engine: str) -> None:
    assert server.ask(MODELS, world.token("bob")).status == 200
    assert server.stop() in (0, -15)
    require_clean_log(server)
    if engine == "postgresql":
        query = (
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        with psycopg.connect(world.url) as connection:
            assert connection.execute(query).fetchone() == (0,)
    else:
        assert not Path(f"{world.database.url.path}-wal").exists()


def require_clean_log(server: Server) -> None:
    log = server.log.read_text()
    for word in ("Traceback", "ERROR", "Exception", "not answered"):
        assert word not in log, log
