"""An application whose endpoints are guarded by grantctl.

From a clone, on the database of the tour:

    pip install -q '.[fastapi]' uvicorn
    grantctl demo --keep tour
    export GRANTCTL_DATABASE=sqlite:///tour/demo.db
    export GRANTCTL_SECRET_KEY=$(openssl rand -hex 32)
    uvicorn examples.endpoints:app

and, in another terminal with the same two variables:

    token=$(grantctl tokens issue bob@example.com)
    curl -i -H "Authorization: Bearer $token" localhost:8000/api/users/me

Only the `Depends` of an endpoint says who may call it. What is refused to a caller in a word stands
with its reason in the log; `grantctl explain` tells the rest.
"""

from __future__ import annotations

import os
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException

from grantctl.integrations.fastapi import (
    RequestUser,
    admin_user,
    configure,
    current_user,
    require_access,
    require_permission,
    verified_user,
)

app = FastAPI(title="Guarded by grantctl")
grantctl = configure(app, database=os.environ["GRANTCTL_DATABASE"])

Current = Annotated[RequestUser, Depends(current_user)]
Verified = Annotated[RequestUser, Depends(verified_user)]
Admin = Annotated[RequestUser, Depends(admin_user)]
KeyHolder = Annotated[RequestUser, Depends(require_permission("features.api_keys"))]
ModelReader = Annotated[RequestUser, Depends(require_access("model", "read", id="model_id"))]


@app.get("/api/users/me")
def read_me(user: Current) -> dict[str, str | None]:
    """Whoever is known may see who that is."""
    return {"id": user.id, "email": user.email, "role": user.role, "scope": str(user.scope or "*")}


@app.get("/api/users")
def list_users(user: Verified) -> dict[str, object]:
    """The specification's diagram: a verified user, and then a permission, asked inside."""
    if not grantctl.has_permission(user, "workspace.models"):
        raise HTTPException(403, "not permitted")
    return {"users": [], "asked_by": user.id}


@app.get("/api/models", dependencies=[Depends(require_permission("workspace.models"))])
def list_models() -> dict[str, list[str]]:
    """A permission as a condition: 403 without it."""
    return {"models": []}


@app.get("/api/models/{model_id:path}")
def read_model(model_id: str, user: ModelReader) -> dict[str, str]:
    """Access to one resource, whose id stands in the path."""
    return {"model": model_id, "read_by": user.id}


@app.post("/api/keys")
def make_key(user: KeyHolder) -> dict[str, str]:
    """What Open WebUI asks before an API key is made."""
    return {"owner": user.id}


@app.get("/api/admin/settings")
def read_settings(user: Admin) -> dict[str, str]:
    """For admins, by a credential without limit."""
    return {"read_by": user.id}
