"""The dependencies one by one, without a server between."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from types import SimpleNamespace

import pytest
from fastapi import FastAPI, HTTPException, Request

from grantctl.errors import InvalidError
from grantctl.integrations import fastapi as dependencies
from grantctl.integrations.endpoints import Grantctl
from grantctl.integrations.request_user import RequestUser
from grantctl.model import Role
from grantctl.operations.roles import set_role
from grantctl.operations.user_deletion import delete_users
from grantctl.operations.users import update_user
from tests.integrations.conftest import INTENT, SECRET, World


@pytest.fixture
def grantctl(world: World) -> Iterator[Grantctl]:
    grantctl = Grantctl(world.url, secret=SECRET)
    yield grantctl
    grantctl.authorizer.close()


def request(
    token: str | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    app: FastAPI | None = None,
    **path_params: object,
) -> Request:
    sent = {**({} if token is None else {"authorization": f"Bearer {token}"}), **(headers or {})}
    return Request(
        {
            "type": "http",
            "method": "GET",
            "path": "/path",
            "query_string": b"key=secret",
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in sent.items()],
            "path_params": path_params,
            "app": app,
        }
    )


def refusal(dependency: object, asked: Request) -> tuple[int, str]:
    assert callable(dependency)
    with pytest.raises(HTTPException) as caught:
        dependency(asked)
    return caught.value.status_code, caught.value.detail


def test_a_user_as_an_endpoint_is_told(world: World, grantctl: Grantctl) -> None:
    text, token_id = world.issue("bob", scope="workspace.*")
    user = grantctl.current_user(request(text))
    assert user == RequestUser(
        id=world.id_of("bob"),
        email="bob@example.com",
        name="Bob Lindqvist",
        role=Role.USER,
        scope=user.scope,
        token_id=token_id,
    )
    assert str(user.scope) == "workspace.*"
    assert user.is_limited
    assert not grantctl.current_user(request(world.token("bob"))).is_limited


def test_an_unknown_permission_is_the_program_s_mistake(
    world: World, grantctl: Grantctl, caplog: pytest.LogCaptureFixture
) -> None:
    dependency = grantctl.require_permission("users.view")
    assert refusal(dependency, request()) == (401, "not authenticated")
    assert refusal(dependency, request(world.token("bob"))) == (500, "internal error")
    assert caplog.messages == ["GET '/path' is set up wrongly: no permission `users.view`"]


@pytest.mark.parametrize("key", ["", "a..b", "a=b", "x" * 300])
def test_what_cannot_be_a_key_is_refused_at_once(key: str, grantctl: Grantctl) -> None:
    for require in (grantctl.require_permission, dependencies.require_permission):
        with pytest.raises(InvalidError):
            require(key)


@pytest.mark.parametrize("words", [("Model", "read"), ("model", "re ad"), ("", "read")])
def test_what_cannot_be_a_type_or_an_action_is_refused_at_once(
    words: tuple[str, str], grantctl: Grantctl
) -> None:
    for require in (grantctl.require_access, dependencies.require_access):
        with pytest.raises(InvalidError):
            require(*words, id="model_id")


def test_the_id_of_a_resource_comes_from_the_path_or_from_a_function(
    world: World, grantctl: Grantctl
) -> None:
    token = world.token("bob")
    by_name = grantctl.require_access("model", "read", id="model_id")
    assert by_name(request(token, model_id="gpt-4o")).email == "bob@example.com"
    assert refusal(by_name, request(token, model_id=7)) == (404, "not found")
    by_header = grantctl.require_access("model", "read", id=lambda one: one.headers["x-model"])
    assert by_header(request(token, headers={"x-model": "gpt-4o"})).email == "bob@example.com"
    assert refusal(by_header, request(token, headers={"x-model": "\xe9"})) == (404, "not found")


def test_a_path_without_the_parameter_is_the_program_s_mistake(
    world: World, grantctl: Grantctl, caplog: pytest.LogCaptureFixture
) -> None:
    dependency = grantctl.require_access("model", "read", id="model_id")
    assert refusal(dependency, request()) == (401, "not authenticated")
    caplog.clear()
    assert refusal(dependency, request(world.token("bob"))) == (500, "internal error")
    assert caplog.messages == [
        "GET '/path' is set up wrongly: the path has no parameter `model_id`"
    ]


def test_an_action_that_nobody_was_given_is_denied(world: World, grantctl: Grantctl) -> None:
    dependency = grantctl.require_access("model", "write", id="model_id")
    assert refusal(dependency, request(world.token("bob"), model_id="llama3"))[0] == 403
    assert dependency(request(world.token("ada"), model_id="llama3")).role is Role.ADMIN


def test_within_an_endpoint_the_same_is_asked(world: World, grantctl: Grantctl) -> None:
    user = grantctl.verified_user(request(world.token("bob")))
    narrow = grantctl.verified_user(request(world.token("bob", scope="read:model:gpt*")))
    assert grantctl.has_permission(user, "workspace.models")
    assert not grantctl.has_permission(narrow, "workspace.models")
    assert grantctl.has_access(user, "read", "model", "gpt-4o")
    assert grantctl.has_access(narrow, "read", "model", "gpt-4o")
    assert not grantctl.has_access(narrow, "read", "model", "llama3")
    assert not grantctl.has_access(user, "write", "model", "gpt-4o")
    for ask, status in (
        (lambda: grantctl.has_permission(user, "no.such.key"), 500),
        (lambda: grantctl.has_access(user, "read", "model", "none"), 404),
    ):
        with pytest.raises(HTTPException) as caught:
            ask()
        assert caught.value.status_code == status


def test_a_user_deleted_between_two_questions_is_not_known(
    world: World, grantctl: Grantctl
) -> None:
    user = grantctl.verified_user(request(world.token("bob")))
    delete_users(world.database, INTENT, [user.id])
    for ask in (
        lambda: grantctl.has_permission(user, "workspace.models"),
        lambda: grantctl.has_access(user, "read", "model", "gpt-4o"),
    ):
        with pytest.raises(HTTPException) as caught:
            ask()
        assert caught.value.status_code == 401


def test_a_name_like_a_deleted_id_is_nobody_else_s(world: World, grantctl: Grantctl) -> None:
    user = grantctl.verified_user(request(world.token("bob")))
    delete_users(world.database, INTENT, [user.id])
    update_user(world.database, INTENT, "ada@example.com", name=user.id)
    with pytest.raises(HTTPException) as caught:
        grantctl.has_permission(user, "workspace.models")
    assert caught.value.status_code == 401


def test_a_user_suspended_between_two_questions_is_denied(world: World, grantctl: Grantctl) -> None:
    user = grantctl.verified_user(request(world.token("bob")))
    set_role(world.database, INTENT, [user.id], Role.PENDING)
    assert not grantctl.has_permission(user, "workspace.models")
    assert not grantctl.has_access(user, "read", "model", "llama3")


@pytest.mark.parametrize("engine", ["sqlite"])
def test_the_log_says_why_and_nothing_secret(
    world: World, grantctl: Grantctl, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "grantctl.integrations")
    text, token_id = world.issue("dana")
    refusal(grantctl.current_user, request())
    refusal(grantctl.current_user, request("no.such.token"))
    refusal(grantctl.admin_user, request(text))
    refusal(grantctl.require_permission("workspace.models"), request(text))
    id_ = world.id_of("dana")
    assert [(one.levelname, one.getMessage()) for one in caplog.records] == [
        ("INFO", "GET '/path' refused with 401: reason=no_credentials user=- token=-"),
        ("WARNING", "GET '/path' refused with 401: reason=malformed user=- token=-"),
        (
            "WARNING",
            f"GET '/path' refused with 403: reason=not_admin user='{id_}' token='{token_id}'",
        ),
        (
            "WARNING",
            f"GET '/path' refused with 403: reason=not_granted user='{id_}' token='{token_id}'",
        ),
    ]


@pytest.mark.parametrize("host", ["[", "a/b?c#d", "\xff"])
@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_garbled_host_changes_neither_answer_nor_log(
    host: str, grantctl: Grantctl, caplog: pytest.LogCaptureFixture
) -> None:
    asked = request("no.such.token", headers={"host": host})
    assert refusal(grantctl.current_user, asked)[0] == 401
    assert caplog.messages == ["GET '/path' refused with 401: reason=malformed user=- token=-"]


@pytest.mark.parametrize("engine", ["sqlite"])
def test_an_audience_of_its_own(world: World) -> None:
    other = Grantctl(world.url, secret=SECRET, audience="billing")
    assert refusal(other.current_user, request(world.token("bob")))[0] == 401
    other.authorizer.close()


@pytest.mark.parametrize("engine", ["sqlite"])
def test_cookies_may_be_renamed_or_left_out(world: World) -> None:
    token = world.token("bob")
    renamed = Grantctl(world.url, secret=SECRET, cookie_name="session")
    without = Grantctl(world.url, secret=SECRET, cookie_name=None)
    asked = request(headers={"cookie": f"session={token}"})
    assert renamed.current_user(asked).email == "bob@example.com"
    assert refusal(without.current_user, asked)[0] == 401
    assert refusal(renamed.current_user, request(headers={"cookie": f"token={token}"}))[0] == 401
    for one in (renamed, without):
        one.authorizer.close()


@pytest.mark.parametrize("engine", ["sqlite"])
def test_the_module_s_dependencies_ask_the_application_s_database(world: World) -> None:
    app = FastAPI()
    grantctl = dependencies.configure(app, database=world.url, secret=SECRET)
    asked = request(world.token("ada"), app=app, model_id="gpt-4o")
    for dependency in (
        dependencies.current_user,
        dependencies.verified_user,
        dependencies.admin_user,
        dependencies.require_permission("workspace.models"),
        dependencies.require_access("model", "read", id="model_id"),
    ):
        assert dependency(asked).email == "ada@example.com"
    grantctl.authorizer.close()


def test_an_application_that_was_not_configured_answers_nobody(
    caplog: pytest.LogCaptureFixture,
) -> None:
    for app in (FastAPI(), SimpleNamespace(state=SimpleNamespace(grantctl="x"))):
        asked = request("abc", app=app)  # type: ignore[arg-type]
        assert refusal(dependencies.current_user, asked) == (500, "internal error")
    assert "call configure(app, database=...)" in caplog.messages[0]
