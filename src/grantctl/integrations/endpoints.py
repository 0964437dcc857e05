"""Who calls an endpoint, and may they? The class that answers it for FastAPI.

Owns the statuses: 401 where it is not known who asks, 403 where it is and they may not, 404 for a
resource that does not exist, 503 where the database cannot tell, 500 where the program asks for
what cannot be answered. Leaves the verdicts to `Authorizer`, words and headers to `refusals`.

INVARIANT: whoever is not known learns nothing but that; the order is credential, role, scope, then
whether what is asked about exists.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TypeVar

from fastapi import FastAPI, HTTPException, Request
from starlette.concurrency import run_in_threadpool

from grantctl.credentials.reasons import TokenClass
from grantctl.errors import AmbiguousError, DatabaseError, InvalidError, NotFoundError
from grantctl.evaluation.access_decision import AccessDecision, AccessReason
from grantctl.evaluation.decision import Decision, Reason
from grantctl.integrations.authorizer import Authorizer
from grantctl.integrations.bearer import presented_credential
from grantctl.integrations.pool import DEFAULT_SIZE
from grantctl.integrations.refusals import (
    forbidden,
    misconfigured,
    not_found,
    unauthenticated,
    unavailable,
)
from grantctl.integrations.request_user import RequestUser, user_of
from grantctl.model import (
    ResourceRef,
    Role,
    require_action,
    require_key,
    require_resource_id,
    require_resource_type,
)

COOKIE = "token"

Dependency = Callable[[Request], RequestUser]
IdSource = str | Callable[[Request], str]
AnyDecision = TypeVar("AnyDecision", Decision, AccessDecision)
Missing = Callable[[str], HTTPException]


class Grantctl:
    """The dependencies of one application, for one database.

    They are plain functions and no coroutines: reading a database blocks, so FastAPI shall run them
    in its threads. Each asks the database anew, whatever was answered a moment before.
    """

    def __init__(
        self,
        database_url: str,
        *,
        secret: str | None = None,
        environ: Mapping[str, str] | None = None,
        audience: str | None = None,
        cookie_name: str | None = COOKIE,
        pool_size: int = DEFAULT_SIZE,
    ) -> None:
        """As `Authorizer`; `cookie_name`: where a browser keeps the token, None for nowhere."""
        self.authorizer = Authorizer(
            database_url, secret=secret, environ=environ, audience=audience, pool_size=pool_size
        )
        self._cookie_name = cookie_name

    def current_user(self, request: Request) -> RequestUser:
        """The user for whom the request's credential stands (specification, `get_current_user`)."""
        presented = presented_credential(
            request.headers.getlist("authorization"),
            request.headers.getlist("cookie"),
            cookie_name=self._cookie_name,
        )
        if presented.problem is not None:
            is_shown = not presented.problem.is_absence
            raise unauthenticated(request, presented.problem, is_token_shown=is_shown)
        try:
            verdict = self.authorizer.authenticate(presented.text)
        except DatabaseError as error:
            raise unavailable(request, error.message) from None
        if verdict.refusal is None:
            return user_of(verdict)
        token = verdict.token
        refuse = (
            forbidden if verdict.refusal.token_class is TokenClass.FORBIDDEN else unauthenticated
        )
        raise refuse(
            request,
            verdict.reason,
            user_id=None if token is None else token.user_id,
            token_id=None if token is None else token.id,
        )

    def verified_user(self, request: Request) -> RequestUser:
        """The current user, who is no pending one (specification, `get_verified_user`)."""
        user = self.current_user(request)
        if user.role is Role.PENDING:
            raise _forbidden(request, user, Reason.PENDING)
        return user

    def admin_user(self, request: Request) -> RequestUser:
        """The current user, an admin with a credential without limit (`get_admin_user`)."""
        user = self.verified_user(request)
        if user.role is not Role.ADMIN:
            raise _forbidden(request, user, "not_admin")
        if user.is_limited:
            raise _forbidden(request, user, Reason.SCOPE)
        return user

    def require_permission(self, key: str) -> Dependency:
        """A dependency: the verified user, who has the permission, or any under a category.

        Raises InvalidError for what cannot be a key. One that the database does not know is found
        by the first request, which is answered with 500.
        """
        require_key(key)

        def dependency(request: Request) -> RequestUser:
            return self.permitted_user(request, key)

        return dependency

    def require_access(self, type_: str, action: str, *, id: IdSource) -> Dependency:
        """A dependency: the verified user, who may do this to the resource.

        `id`: the path parameter that holds the resource's id, or what finds it in a request. Raises
        InvalidError for what can be neither a type nor an action.
        """
        require_resource_type(type_)
        require_action(action)

        def dependency(request: Request) -> RequestUser:
            return self.user_with_access(request, type_, action, id=id)

        return dependency

    def permitted_user(self, request: Request, key: str) -> RequestUser:
        """What the dependency of `require_permission` does."""
        user = self.verified_user(request)
        decision = self._decide(request, user, key)
        if not decision.allowed:
            raise _forbidden(request, user, decision.reason)
        return user

    def user_with_access(
        self, request: Request, type_: str, action: str, *, id: IdSource
    ) -> RequestUser:
        """What the dependency of `require_access` does."""
        user = self.verified_user(request)
        ref = ResourceRef(type_, _resource_id(request, id))
        # Asked before the resource is looked for, so that a limited token explores nothing.
        if user.scope is not None and not user.scope.covers_access(action, ref):
            raise _forbidden(request, user, AccessReason.SCOPE)
        decision = self._decide_access(request, user, action, ref)
        if not decision.allowed:
            raise _forbidden(request, user, decision.reason)
        return user

    def has_permission(self, user: RequestUser, key: str) -> bool:
        """Whether the user has it, and the credential carries it; for use within an endpoint.

        Raises HTTPException as the dependencies do, where this cannot be answered.
        """
        return self._decide(None, user, key).allowed

    def has_access(self, user: RequestUser, action: str, type_: str, id_: str) -> bool:
        """Whether the user may do this to the resource by this credential, as `has_permission`."""
        return self._decide_access(None, user, action, ResourceRef(type_, id_)).allowed

    @asynccontextmanager
    async def lifespan(self, app: FastAPI) -> AsyncIterator[None]:  # noqa: ARG002
        """For `FastAPI(lifespan=...)`: closes every connection when the application ends."""
        self.authorizer.open()
        try:
            yield
        finally:
            await run_in_threadpool(self.authorizer.close)

    def _decide(self, request: Request | None, user: RequestUser, key: str) -> Decision:
        return self._answered(
            request,
            user,
            lambda: self.authorizer.decide(user.id, key, scope=user.scope),
            lambda problem: misconfigured(request, problem),
        )

    def _decide_access(
        self, request: Request | None, user: RequestUser, action: str, ref: ResourceRef
    ) -> AccessDecision:
        def ask() -> AccessDecision:
            require_resource_id(ref.id)
            return self.authorizer.decide_access(user.id, action, ref, scope=user.scope)

        def missing(problem: str) -> HTTPException:
            return not_found(request, problem, user_id=user.id, token_id=user.token_id)

        return self._answered(request, user, ask, missing)

    def _answered(
        self,
        request: Request | None,
        user: RequestUser,
        ask: Callable[[], AnyDecision],
        missing: Missing,
    ) -> AnyDecision:
        """The decision about this very user, who may have been deleted a moment ago.

        A name like the deleted id would then be taken for it, as on the command line.
        """
        try:
            try:
                decision = ask()
                if decision.user.id == user.id:
                    return decision
            except (NotFoundError, AmbiguousError, InvalidError) as error:
                if self.authorizer.knows(user.id):
                    raise missing(error.message) from None
        except DatabaseError as error:
            raise unavailable(request, error.message) from None
        raise unauthenticated(request, "user_deleted", user_id=user.id, token_id=user.token_id)


def _resource_id(request: Request, source: IdSource) -> str:
    if callable(source):
        return source(request)
    if source not in request.path_params:
        raise misconfigured(request, f"the path has no parameter `{source}`")
    return str(request.path_params[source])


def _forbidden(request: Request, user: RequestUser, reason: str) -> HTTPException:
    return forbidden(
        request,
        reason,
        user_id=user.id,
        token_id=user.token_id,
        is_scope=reason == Reason.SCOPE,
    )
