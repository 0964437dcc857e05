"""The SQL that reads an Open WebUI database, one constant a question.

Owns every statement. Columns that only some layouts have make a constant of their own; which one
fits is `layout`'s to say. JSON columns are read as text: one form on both engines and in `json` and
`jsonb` columns alike, and what is malformed or too deep in them is ours to see, not the driver's.
"""

from __future__ import annotations

from typing import Final

COLUMNS_IN_SQLITE: Final = """
SELECT t.name, c.name
FROM sqlite_master AS t JOIN pragma_table_info(t.name) AS c
WHERE t.type = 'table' AND t.name IN (
    'access_grant', 'alembic_version', 'api_key', 'auth', 'calendar', 'channel', 'channel_member',
    'config', 'file', 'folder', 'grantctl_revision', 'group', 'group_member', 'knowledge', 'model',
    'note', 'prompt', 'shared_chat', 'skill', 'tool', 'user')
"""

COLUMNS_IN_POSTGRES: Final = """
SELECT t.relname, c.attname
FROM pg_catalog.pg_class AS t JOIN pg_catalog.pg_attribute AS c ON c.attrelid = t.oid
WHERE t.relkind IN ('r', 'p') AND c.attnum > 0 AND NOT c.attisdropped
    AND pg_catalog.pg_table_is_visible(t.oid) AND t.relname IN (
    'access_grant', 'alembic_version', 'api_key', 'auth', 'calendar', 'channel', 'channel_member',
    'config', 'file', 'folder', 'grantctl_revision', 'group', 'group_member', 'knowledge', 'model',
    'note', 'prompt', 'shared_chat', 'skill', 'tool', 'user')
"""

REVISION: Final = "SELECT version_num FROM alembic_version"

USERS: Final = """
SELECT u.id, u.name, u.email, u.role, u.created_at, a.id, a.password, a.active
FROM "user" AS u LEFT JOIN auth AS a ON a.id = u.id
"""

ACCOUNTS_WITHOUT_USER: Final = """
SELECT a.id FROM auth AS a LEFT JOIN "user" AS u ON u.id = a.id WHERE u.id IS NULL
"""

GROUPS: Final = """
SELECT id, name, description, created_at, CAST(permissions AS TEXT), NULL, NULL FROM "group"
"""

GROUPS_WITH_MEMBERS: Final = """
SELECT id, name, description, created_at, CAST(permissions AS TEXT), NULL,
    CAST(user_ids AS TEXT)
FROM "group"
"""

GROUPS_WITH_PARENTS: Final = """
SELECT id, name, description, created_at, CAST(permissions AS TEXT), parent_group_id, NULL
FROM "group"
"""

MEMBERS: Final = "SELECT group_id, user_id, created_at FROM group_member"

CONFIG_DOCUMENT: Final = "SELECT CAST(data AS TEXT) FROM config ORDER BY id DESC LIMIT 1"

CONFIG_ROW: Final = """
SELECT CAST(value AS TEXT) FROM config WHERE "key" = 'user.permissions'
"""

# By name, so that no secret of a provider is even read.
CONFIG_ROWS: Final = """
SELECT "key", CAST(value AS TEXT) FROM config WHERE "key" IN (
    'ui.default_user_role', 'ui.default_group_id', 'auth.enable_api_keys', 'auth.api_key.enable',
    'oauth.enable_signup', 'oauth.merge_accounts_by_email', 'oauth.client_id', 'oauth.sub_claim',
    'oauth.email_claim', 'oauth.username_claim', 'oauth.group_claim', 'oauth.enable_role_mapping',
    'oauth.enable_group_mapping', 'oauth.enable_group_creation', 'oauth.blocked_groups',
    'oauth.roles_claim', 'oauth.allowed_roles', 'oauth.admin_roles', 'oauth.allowed_domains',
    'oauth.update_name_on_login', 'oauth.update_email_on_login', 'oauth.oidc.client_id',
    'oauth.oidc.sub_claim', 'oauth.oidc.email_claim', 'oauth.oidc.username_claim',
    'oauth.oidc.group_claim')
"""

# Identities at a provider: their user, and JSON, or a text `provider@subject`.

IDENTITIES: Final = """
SELECT id, CAST(oauth AS TEXT) FROM "user" WHERE oauth IS NOT NULL
"""

IDENTITIES_IN_ONE_TEXT: Final = """
SELECT id, oauth_sub FROM "user" WHERE oauth_sub IS NOT NULL
"""

# API keys: their user, the key, its end, its creation. In the user's own row there is one at most.

API_KEYS: Final = 'SELECT user_id, "key", expires_at, created_at FROM api_key'

API_KEYS_OF_USERS: Final = """
SELECT id, api_key, NULL, created_at FROM "user" WHERE api_key IS NOT NULL
"""

# Resources: id, owner, name, creation, base, type of a channel, access control.

MODELS: Final = "SELECT id, user_id, name, created_at, base_model_id, NULL, NULL FROM model"

MODELS_WITH_CONTROL: Final = """
SELECT id, user_id, name, created_at, base_model_id, NULL, CAST(access_control AS TEXT) FROM model
"""

KNOWLEDGE: Final = "SELECT id, user_id, name, created_at, NULL, NULL, NULL FROM knowledge"

KNOWLEDGE_WITH_CONTROL: Final = """
SELECT id, user_id, name, created_at, NULL, NULL, CAST(access_control AS TEXT) FROM knowledge
"""

PROMPTS: Final = "SELECT id, user_id, name, created_at, NULL, NULL, NULL FROM prompt"

PROMPTS_BY_COMMAND: Final = """
SELECT command, user_id, title, "timestamp", NULL, NULL, CAST(access_control AS TEXT) FROM prompt
"""

TOOLS: Final = "SELECT id, user_id, name, created_at, NULL, NULL, NULL FROM tool"

TOOLS_WITH_CONTROL: Final = """
SELECT id, user_id, name, created_at, NULL, NULL, CAST(access_control AS TEXT) FROM tool
"""

CHANNELS: Final = "SELECT id, user_id, name, created_at, NULL, type, NULL FROM channel"

CHANNELS_WITH_CONTROL: Final = """
SELECT id, user_id, name, created_at, NULL, type, CAST(access_control AS TEXT) FROM channel
"""

NOTES: Final = "SELECT id, user_id, title, created_at, NULL, NULL, NULL FROM note"

NOTES_WITH_CONTROL: Final = """
SELECT id, user_id, title, created_at, NULL, NULL, CAST(access_control AS TEXT) FROM note
"""

SKILLS: Final = "SELECT id, user_id, name, created_at, NULL, NULL, NULL FROM skill"

CALENDARS: Final = "SELECT id, user_id, name, created_at, NULL, NULL, NULL FROM calendar"

FOLDERS: Final = "SELECT id, user_id, name, created_at, NULL, NULL, NULL FROM folder"

FILES: Final = "SELECT id, user_id, filename, created_at, NULL, NULL, NULL FROM file"

FILES_WITH_CONTROL: Final = """
SELECT id, user_id, filename, created_at, NULL, NULL, CAST(access_control AS TEXT) FROM file
"""

# Access is granted to the chat, not to its shared copies.
SHARED_CHATS: Final = """
SELECT chat_id, user_id, title, created_at, NULL, NULL, NULL FROM shared_chat
"""

GRANTS: Final = """
SELECT resource_type, resource_id, principal_type, principal_id, permission FROM access_grant
"""

CHANNEL_MEMBERS: Final = """
SELECT channel_id, user_id FROM channel_member WHERE is_active AND user_id IS NOT NULL
"""
