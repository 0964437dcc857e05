"""The SQL that authenticates: one named constant a question, for both engines.

Owns the statements that `token_reader` runs. Values are bound as `:name`; columns are listed in the
order of the fields that they fill. What is written of a request is here too: when a token was used.
"""

from __future__ import annotations

# A token, the hash that it was found by, and its user: null where there is none any more.
FOUND_BY_ID = """
SELECT t.pk, t.id, t.kind, t.user_id, t.name, t.scope, t.audience, t.key_kid, t.key_hint, t.source,
       t.issued_at, t.issued_by, t.expires_at, t.last_used_at, t.revoked_at, t.revoked_by,
       t.revoke_reason, t.key_hash,
       u.pk, u.id, u.email, u.name, u.role, u.tokens_revoked_at
FROM tokens AS t LEFT JOIN users AS u ON u.pk = t.user_pk
WHERE t.id = :token
"""

FOUND_BY_KEY_HASH = """
SELECT t.pk, t.id, t.kind, t.user_id, t.name, t.scope, t.audience, t.key_kid, t.key_hint, t.source,
       t.issued_at, t.issued_by, t.expires_at, t.last_used_at, t.revoked_at, t.revoked_by,
       t.revoke_reason, t.key_hash,
       u.pk, u.id, u.email, u.name, u.role, u.tokens_revoked_at
FROM tokens AS t LEFT JOIN users AS u ON u.pk = t.user_pk
WHERE t.key_hash = :key_hash
"""

HOLDER_BY_ID = """
SELECT pk, id, email, name, role, tokens_revoked_at FROM users WHERE id = :user_id
"""

SIGNING_KEY = """
SELECT kid, algorithm, public_jwk, state, created_at, created_by, ended_at
FROM signing_keys WHERE kid = :kid
"""

ACTIVE_SIGNING_KEY = """
SELECT kid, algorithm, public_jwk, state, created_at, created_by, ended_at
FROM signing_keys WHERE state = 'active'
"""

# All of them: there are a handful, and who authenticates needs several.
POLICIES = "SELECT key, value FROM policy_settings"

POLICY_ROWS = "SELECT key, value, updated_at, updated_by FROM policy_settings ORDER BY key"

NOTE_USE = """
UPDATE tokens SET last_used_at = :now
WHERE pk = :pk AND (last_used_at IS NULL OR last_used_at <= :before)
"""
