"""The SQL about identities at a provider as a whole: one named constant a question."""

from __future__ import annotations

ISSUERS = "SELECT issuer, count(*) FROM identities GROUP BY issuer"

LINKED_ADMINS = """
SELECT count(*) FROM users AS u
WHERE u.role = 'admin' AND EXISTS (SELECT 1 FROM identities AS i WHERE i.user_pk = u.pk)
"""
