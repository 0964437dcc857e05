"""FastAPI dependencies: who calls an endpoint, and may they? (docs/endpoints.md)

    from grantctl.integrations.fastapi import RequestUser, configure, require_permission

    app = FastAPI()
    configure(app, database="sqlite:////var/lib/grantctl.db")

    @app.get("/keys")
    def keys(user: Annotated[RequestUser, Depends(require_permission("features.api_keys"))]): ...

Owns the dependencies that ask whatever the application was configured with. A program with several
databases uses a `Grantctl` for each, whose methods are the same dependencies.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from importlib.util import find_spec
from typing import Any

if find_spec("fastapi") is None:
    raise ImportError("FastAPI is not installed: pip install 'grantctl[fastapi]'")

from fastapi import FastAPI, Request

from grantctl.integrations.endpoints import COOKIE, Dependency, Grantctl, IdSource
from grantctl.integrations.pool import DEFAULT_SIZE
from grantctl.integrations.refusals import misconfigured
from grantctl.integrations.request_user import RequestUser
from grantctl.model import require_action, require_key, require_resource_type

__all__ = [
    "Grantctl",
    "RequestUser",
    "admin_user",
    "configure",
    "current_user",
    "require_access",
    "require_permission",
    "verified_user",
]


def configure(
    app: FastAPI,
    *,
    database: str,
    secret: str | None = None,
    environ: Mapping[str, str] | None = None,
    audience: str | None = None,
    cookie_name: str | None = COOKIE,
    pool_size: int = DEFAULT_SIZE,
) -> Grantctl:
    """Have the dependencies of this module ask that database, in this application.

    It is kept as `app.state.grantctl`, and its connections are closed when the application ends.
    Arguments and errors are those of `Grantctl`.
    """
    grantctl = Grantctl(
        database,
        secret=secret,
        environ=environ,
        audience=audience,
        cookie_name=cookie_name,
        pool_size=pool_size,
    )
    app.state.grantctl = grantctl
    inner = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(started: Any) -> AsyncIterator[Any]:  # Any: the state is the application's
        async with grantctl.lifespan(started), inner(started) as state:
            yield state

    app.router.lifespan_context = lifespan
    return grantctl


def current_user(request: Request) -> RequestUser:
    """`Grantctl.current_user` of the application."""
    return _configured(request).current_user(request)


def verified_user(request: Request) -> RequestUser:
    """`Grantctl.verified_user` of the application."""
    return _configured(request).verified_user(request)


def admin_user(request: Request) -> RequestUser:
    """`Grantctl.admin_user` of the application."""
    return _configured(request).admin_user(request)


def require_permission(key: str) -> Dependency:
    """`Grantctl.require_permission` of the application. Raises InvalidError."""
    require_key(key)

    def dependency(request: Request) -> RequestUser:
        return _configured(request).permitted_user(request, key)

    return dependency


def require_access(type_: str, action: str, *, id: IdSource) -> Dependency:
    """`Grantctl.require_access` of the application. Raises InvalidError."""
    require_resource_type(type_)
    require_action(action)

    def dependency(request: Request) -> RequestUser:
        return _configured(request).user_with_access(request, type_, action, id=id)

    return dependency


def _configured(request: Request) -> Grantctl:
    grantctl = getattr(request.app.state, "grantctl", None)
    if not isinstance(grantctl, Grantctl):
        raise misconfigured(request, "call configure(app, database=...) where the app is made")
    return grantctl
