"""What the settings about an identity provider are held against when they are looked over.

Owns reading it, over the plain connection, and the shape of a finding. Leaves the findings to
`oauth_lint`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from grantctl.operations import policy_settings as keys
from grantctl.operations.identity_rules import IdentityRules, read_identity_rules
from grantctl.operations.policy_values import stored_value
from grantctl.store import identity_queries as queries
from grantctl.store.connection import Connection
from grantctl.store.member_rows import read_groups
from grantctl.store.token_reader import TokenReader


@dataclass(frozen=True, slots=True)
class LintFinding:
    """One thing: its code, the setting, what is amiss and what helps, a command if one does."""

    code: str
    setting: str
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class LintFacts:
    """What the rules are held against.

    `stored`: the policy settings that somebody chose. `issuers`: of identities, with their number.
    `linked_admin_count`: admins who could log in from a provider.
    """

    rules: IdentityRules
    stored: Mapping[str, object]
    group_names: Collection[str]
    issuers: Mapping[str, int]
    linked_admin_count: int

    @property
    def is_configured(self) -> bool:
        """Whether anybody chose anything about a provider."""
        return any(key.startswith("oauth.") for key in self.stored)

    def is_other_than_default(self, key: str) -> bool:
        """Whether somebody chose it, and not what it would be anyway."""
        default = stored_value(keys.find_setting(key).default)
        return key in self.stored and self.stored[key] != default


def read_lint_facts(connection: Connection) -> LintFacts:
    """The settings, and what they are about. Raises DatabaseError."""
    tokens = TokenReader(connection)
    groups = read_groups(connection).values()
    return LintFacts(
        rules=read_identity_rules(tokens),
        stored=tokens.policies(),
        group_names={group.name for group in groups},
        issuers={str(issuer): int(count) for issuer, count in connection.rows(queries.ISSUERS)},
        linked_admin_count=int(connection.rows(queries.LINKED_ADMINS)[0][0]),
    )
