"""What may change, and what may be asked? One use case a function.

Submodules load on first use: most of them import SQLModel, and `--help` needs none.
"""

from __future__ import annotations

from grantctl.lazy import lazy_submodules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from grantctl.operations import access_grants as access_grants
    from grantctl.operations import access_questions as access_questions
    from grantctl.operations import api_keys as api_keys
    from grantctl.operations import attaching as attaching
    from grantctl.operations import audit as audit
    from grantctl.operations import authentication as authentication
    from grantctl.operations import batches as batches
    from grantctl.operations import catalogue as catalogue
    from grantctl.operations import changes as changes
    from grantctl.operations import claims_files as claims_files
    from grantctl.operations import config_files as config_files
    from grantctl.operations import databases as databases
    from grantctl.operations import demonstration as demonstration
    from grantctl.operations import doctor as doctor
    from grantctl.operations import durations as durations
    from grantctl.operations import effects as effects
    from grantctl.operations import flags as flags
    from grantctl.operations import groups as groups
    from grantctl.operations import identities as identities
    from grantctl.operations import importing as importing
    from grantctl.operations import integrity as integrity
    from grantctl.operations import list_batches as list_batches
    from grantctl.operations import logins as logins
    from grantctl.operations import member_transfer as member_transfer
    from grantctl.operations import memberships as memberships
    from grantctl.operations import oauth_lint as oauth_lint
    from grantctl.operations import oauth_lint_samples as oauth_lint_samples
    from grantctl.operations import oauth_login as oauth_login
    from grantctl.operations import oauth_sync as oauth_sync
    from grantctl.operations import pages as pages
    from grantctl.operations import policies as policies
    from grantctl.operations import policy_overview as policy_overview
    from grantctl.operations import policy_seeds as policy_seeds
    from grantctl.operations import policy_settings as policy_settings
    from grantctl.operations import policy_values as policy_values
    from grantctl.operations import questions as questions
    from grantctl.operations import resource_selection as resource_selection
    from grantctl.operations import resource_transfer as resource_transfer
    from grantctl.operations import resources as resources
    from grantctl.operations import roles as roles
    from grantctl.operations import seeding as seeding
    from grantctl.operations import signing_keys as signing_keys
    from grantctl.operations import tokens as tokens
    from grantctl.operations import user_transfer as user_transfer
    from grantctl.operations import users as users

__getattr__ = lazy_submodules(
    __name__,
    frozenset(
        {
            "access_grants",
            "access_questions",
            "api_keys",
            "attaching",
            "audit",
            "authentication",
            "batches",
            "catalogue",
            "changes",
            "config_files",
            "claims_files",
            "databases",
            "demonstration",
            "doctor",
            "durations",
            "effects",
            "flags",
            "groups",
            "identities",
            "importing",
            "integrity",
            "list_batches",
            "logins",
            "member_transfer",
            "memberships",
            "oauth_lint",
            "oauth_lint_samples",
            "oauth_login",
            "oauth_sync",
            "pages",
            "policies",
            "policy_overview",
            "policy_seeds",
            "policy_settings",
            "policy_values",
            "questions",
            "resource_selection",
            "resource_transfer",
            "resources",
            "roles",
            "seeding",
            "signing_keys",
            "tokens",
            "user_transfer",
            "users",
        }
    ),
)
