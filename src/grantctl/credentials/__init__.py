"""Who is asking? Tokens, API keys, keys that sign, passwords.

Owns what can be said of a credential without a database; what is stored of it, and what its user
may, are left to `store` and `evaluation`. Submodules load on first use: several need libraries that
most commands do not.
"""

from __future__ import annotations

from grantctl.lazy import lazy_submodules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from grantctl.credentials import api_keys as api_keys
    from grantctl.credentials import compact as compact
    from grantctl.credentials import id_token as id_token
    from grantctl.credentials import inspection as inspection
    from grantctl.credentials import jwk as jwk
    from grantctl.credentials import jwt as jwt
    from grantctl.credentials import passwords as passwords
    from grantctl.credentials import provider_keys as provider_keys
    from grantctl.credentials import reasons as reasons
    from grantctl.credentials import secret as secret
    from grantctl.credentials import signing as signing

__getattr__ = lazy_submodules(
    __name__,
    frozenset(
        {
            "api_keys",
            "compact",
            "id_token",
            "inspection",
            "jwk",
            "jwt",
            "passwords",
            "provider_keys",
            "reasons",
            "secret",
            "signing",
        },
    ),
)
